# libevent's core (loop, timers, listeners) and OpenSSL, for src/daemon/http alone. A build without
# them has to be asked for, since it cannot serve.
if(INGLE_SERVE)
    find_path(EVENT_INCLUDE_DIR event2/event.h)
    find_library(EVENT_LIBRARY event_core)
    find_package(OpenSSL)
    if(NOT EVENT_INCLUDE_DIR OR NOT EVENT_LIBRARY)
        message(FATAL_ERROR "libevent is missing: scripts/setup build, or cmake -DINGLE_SERVE=OFF.")
    endif()
    if(NOT OPENSSL_FOUND)
        message(FATAL_ERROR "OpenSSL is missing: scripts/setup build, or cmake -DINGLE_SERVE=OFF.")
    endif()
    add_library(event UNKNOWN IMPORTED)
    set_target_properties(event PROPERTIES IMPORTED_LOCATION ${EVENT_LIBRARY}
        INTERFACE_INCLUDE_DIRECTORIES ${EVENT_INCLUDE_DIR})
endif()
