# What `cmake --install` puts where: the command, the library, its headers, and the two ways a
# build system finds it (pkg-config, find_package).
include(CMakePackageConfigHelpers)

install(TARGETS ingle RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS ingle_shared ingle_static EXPORT ingleTargets)
# The built-in packs, for programs that use the library; the command has them inside.
install(DIRECTORY models/ DESTINATION ${CMAKE_INSTALL_DATADIR}/ingle FILES_MATCHING PATTERN "*.gguf"
    PATTERN "recipe" EXCLUDE)
install(DIRECTORY include/ingle DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

# The installed tree may be moved: ingle.pc finds its prefix from where it lies itself.
file(RELATIVE_PATH pc_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/ingle.pc.in ingle.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/ingle.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/ingle)
install(EXPORT ingleTargets NAMESPACE ingle:: DESTINATION ${package_dir})
configure_file(cmake/ingleConfig.cmake.in ingleConfig.cmake @ONLY)
write_basic_package_version_file(ingleConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/ingleConfig.cmake ${CMAKE_BINARY_DIR}/ingleConfigVersion.cmake
    DESTINATION ${package_dir})

# Units for the systemd of each user, where it looks for them below any prefix.
set(INGLE_SYSTEMD_USER_DIR lib/systemd/user CACHE STRING "Where user units of systemd go")
configure_file(systemd/ingle-notify.service.in ingle-notify.service @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/ingle-notify.service DESTINATION ${INGLE_SYSTEMD_USER_DIR})
if(INGLE_SERVE)
    configure_file(systemd/ingle.service.in ingle.service @ONLY)
    install(FILES ${CMAKE_BINARY_DIR}/ingle.service systemd/ingle.socket
        DESTINATION ${INGLE_SYSTEMD_USER_DIR})
endif()

if(EXISTS ${CMAKE_SOURCE_DIR}/docs/man)
    install(DIRECTORY docs/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 FILES_MATCHING PATTERN "*.1")
endif()
