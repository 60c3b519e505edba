# The header of sd-bus, for `ingle notify --watch` alone: the library itself is loaded when that is
# used (docs/decisions/dbus.md). A build without it has to be asked for, since it cannot listen.
if(INGLE_DBUS)
    find_path(SD_BUS_INCLUDE_DIR systemd/sd-bus.h)
    if(NOT SD_BUS_INCLUDE_DIR)
        message(FATAL_ERROR "sd-bus is missing: scripts/setup build, or cmake -DINGLE_DBUS=OFF.")
    endif()
endif()
