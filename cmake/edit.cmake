# libedit, for the prompt of `ingle chat` alone. A build without it has to be asked for, since its
# prompt knows no cursor keys and no history.
if(INGLE_EDIT)
    find_path(EDIT_INCLUDE_DIR histedit.h)
    find_library(EDIT_LIBRARY edit)
    if(NOT EDIT_INCLUDE_DIR OR NOT EDIT_LIBRARY)
        message(FATAL_ERROR "libedit is missing: scripts/setup build, or cmake -DINGLE_EDIT=OFF.")
    endif()
    add_library(edit UNKNOWN IMPORTED)
    set_target_properties(edit PROPERTIES IMPORTED_LOCATION ${EDIT_LIBRARY}
        INTERFACE_INCLUDE_DIRECTORIES ${EDIT_INCLUDE_DIR})
endif()
