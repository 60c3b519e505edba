/* Listening to the desktop's notifications on the session bus (freedesktop.org's Desktop
 * Notifications Specification 1.2): nothing is ever sent but the wish to listen. Through sd-bus of
 * libsystemd, which is loaded when this is first used (docs/decisions/dbus.md). */
#ifndef INGLE_CLI_DESKTOP_BUS_H
#define INGLE_CLI_DESKTOP_BUS_H

#include <signal.h>

#include "base/status.h"
#include "ingle/digest.h"

struct desktop_bus;

enum desktop_event_kind {
    DESKTOP_NOTIFY, /* an app shows a notification */
    DESKTOP_ID,     /* the desktop says which id a notification got */
    DESKTOP_CLOSE   /* an app withdraws a notification */
};

/* Strings are borrowed until the next call. */
struct desktop_event {
    enum desktop_event_kind kind;
    uint64_t call; /* NOTIFY, ID: which call it was, or answers */
    const char *app, *title, *body;
    ingle_urgency urgency;
    uint32_t id; /* NOTIFY: what it replaces, or 0; else the id */
};

/* How one is received. */
struct desktop_welcome {
    bool is_monitor;   /* else it eavesdrops, because of */
    char refusal[200]; /* the bus's answer */
    bool has_desktop;  /* else nothing shows notifications yet, and the bus passes none on */
};

/* Connects and becomes a monitor or, where the bus refuses that, eavesdrops. NOT_FOUND without a
 * bus or without libsystemd; REFUSED if the bus lets nobody listen. */
BASE_NODISCARD ingle_status desktop_bus_open(struct desktop_bus **out,
                                             struct desktop_welcome *welcome, ingle_error *err);
void desktop_bus_close(struct desktop_bus *bus);

/* The next event that is there already; *has_event is false if there is none. FAILED once the bus
 * has gone away. */
BASE_NODISCARD ingle_status desktop_bus_next(struct desktop_bus *bus, struct desktop_event *event,
                                             bool *has_event, ingle_error *err);

/* Waits until there may be one, for timeout_ms at most, or until a signal comes; those of the mask
 * are blocked meanwhile. */
BASE_NODISCARD ingle_status desktop_bus_wait(struct desktop_bus *bus, int64_t timeout_ms,
                                             const sigset_t *mask, ingle_error *err);

#endif
