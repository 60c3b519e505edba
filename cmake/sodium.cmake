# libsodium, for src/guard alone: the command is linked with it, libingle never. A build without it
# has to be asked for, since it can keep nothing on disk that has to be sealed.
if(INGLE_VAULT)
    find_path(SODIUM_INCLUDE_DIR sodium.h)
    find_library(SODIUM_LIBRARY sodium)
    if(NOT SODIUM_INCLUDE_DIR OR NOT SODIUM_LIBRARY)
        message(FATAL_ERROR "libsodium is missing: scripts/setup build, or cmake -DINGLE_VAULT=OFF.")
    endif()
    add_library(sodium UNKNOWN IMPORTED)
    set_target_properties(sodium PROPERTIES IMPORTED_LOCATION ${SODIUM_LIBRARY}
        INTERFACE_INCLUDE_DIRECTORIES ${SODIUM_INCLUDE_DIR})
endif()
