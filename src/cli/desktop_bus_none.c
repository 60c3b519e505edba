/* A build without sd-bus (-DINGLE_DBUS=OFF). */
#include "cli/desktop_bus.h"

ingle_status desktop_bus_open(struct desktop_bus **out, struct desktop_welcome *welcome,
                              ingle_error *err) {
    (void)welcome;
    *out = NULL;
    return status_set(err, INGLE_REFUSED, 0,
                      "This ingle was built without D-Bus (INGLE_DBUS=OFF) and cannot listen.");
}

void desktop_bus_close(struct desktop_bus *bus) {
    (void)bus;
}

ingle_status desktop_bus_next(struct desktop_bus *bus, struct desktop_event *event, bool *has_event,
                              ingle_error *err) {
    (void)bus, (void)event;
    *has_event = false;
    return status_set(err, INGLE_REFUSED, 0, "There is no bus.");
}

ingle_status desktop_bus_wait(struct desktop_bus *bus, int64_t timeout_ms, const sigset_t *mask,
                              ingle_error *err) {
    (void)bus, (void)timeout_ms, (void)mask;
    return status_set(err, INGLE_REFUSED, 0, "There is no bus.");
}
