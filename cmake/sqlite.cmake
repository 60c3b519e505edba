# SQLite, for src/guard/vault alone: the command is linked with it, libingle never.
if(INGLE_VAULT)
    find_path(SQLITE_INCLUDE_DIR sqlite3.h)
    find_library(SQLITE_LIBRARY sqlite3)
    if(NOT SQLITE_INCLUDE_DIR OR NOT SQLITE_LIBRARY)
        message(FATAL_ERROR "SQLite is missing: scripts/setup build, or cmake -DINGLE_VAULT=OFF.")
    endif()
    add_library(sqlite UNKNOWN IMPORTED)
    set_target_properties(sqlite PROPERTIES IMPORTED_LOCATION ${SQLITE_LIBRARY}
        INTERFACE_INCLUDE_DIRECTORIES ${SQLITE_INCLUDE_DIR})
endif()
