# libseccomp, for src/guard/seal alone: the command is linked with it, libingle never. A build
# without it has to be asked for, since it cannot seal: every worker then needs --unsealed.
if(INGLE_SEAL)
    find_path(SECCOMP_INCLUDE_DIR seccomp.h)
    find_library(SECCOMP_LIBRARY seccomp)
    if(NOT SECCOMP_INCLUDE_DIR OR NOT SECCOMP_LIBRARY)
        message(FATAL_ERROR "libseccomp is missing: scripts/setup build, or cmake -DINGLE_SEAL=OFF.")
    endif()
    add_library(seccomp UNKNOWN IMPORTED)
    set_target_properties(seccomp PROPERTIES IMPORTED_LOCATION ${SECCOMP_LIBRARY}
        INTERFACE_INCLUDE_DIRECTORIES ${SECCOMP_INCLUDE_DIR})
endif()
