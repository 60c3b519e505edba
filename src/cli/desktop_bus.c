#include "cli/desktop_bus.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <time.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/hash.h"

#define LIBRARY "libsystemd.so.0"
#define NOTIFICATIONS "org.freedesktop.Notifications"

/* The functions of sd-bus that are used, under their names without "sd_bus_". */
#define SD_BUS_FUNCTIONS(X)                                                                        \
    X(new)                                                                                         \
    X(set_address)                                                                                 \
    X(set_bus_client)                                                                              \
    X(set_monitor)                                                                                 \
    X(start)                                                                                       \
    X(flush_close_unref)                                                                           \
    X(process)                                                                                     \
    X(get_fd)                                                                                      \
    X(get_events)                                                                                  \
    X(get_timeout)                                                                                 \
    X(call)                                                                                        \
    X(error_free)                                                                                  \
    X(message_new_method_call)                                                                     \
    X(message_append)                                                                              \
    X(message_unref)                                                                               \
    X(message_get_type)                                                                            \
    X(message_is_method_call)                                                                      \
    X(message_get_sender)                                                                          \
    X(message_get_destination)                                                                     \
    X(message_get_cookie)                                                                          \
    X(message_get_reply_cookie)                                                                    \
    X(message_read)                                                                                \
    X(message_skip)                                                                                \
    X(message_enter_container)                                                                     \
    X(message_exit_container)

struct sd_bus_api {
#define SD_BUS_FIELD(name) __typeof__(sd_bus_##name) *name;
    SD_BUS_FUNCTIONS(SD_BUS_FIELD)
#undef SD_BUS_FIELD
};

struct desktop_bus {
    struct sd_bus_api api;
    void *library;
    sd_bus *bus;
    sd_bus_message *message; /* the one whose strings are lent */
};

static ingle_status load(struct desktop_bus *b, ingle_error *err) {
    b->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!b->library) {
        return status_set(err, INGLE_NOT_FOUND, 0,
                          "Listening needs %s, which is not installed (Debian: libsystemd0).",
                          LIBRARY);
    }
#define SD_BUS_LOAD(name)                                                                          \
    {                                                                                              \
        void *symbol = dlsym(b->library, "sd_bus_" #name);                                         \
        if (!symbol) {                                                                             \
            return status_set(err, INGLE_NOT_FOUND, 0, "%s lacks %s.", LIBRARY, "sd_bus_" #name);  \
        }                                                                                          \
        memcpy(&b->api.name, &symbol, sizeof symbol);                                              \
    }
    SD_BUS_FUNCTIONS(SD_BUS_LOAD)
#undef SD_BUS_LOAD
    return INGLE_OK;
}

/* ---- connecting ---- */

/* The address of the session bus: what the environment says, else the user's bus. In an address,
 * all but a few characters of a path are written as %xx (D-Bus Specification, "Server Addresses").
 */
static bool make_address(char *out, size_t cap) {
    const char *given = getenv("DBUS_SESSION_BUS_ADDRESS");
    if (given && given[0]) return snprintf(out, cap, "%s", given) < (int)cap;
    const char *folder = getenv("XDG_RUNTIME_DIR");
    if (!folder || folder[0] != '/') return false;
    size_t n = (size_t)snprintf(out, cap, "unix:path=");
    for (const char *c = folder; *c && n + 8 < cap; c++) {
        bool is_plain = (*c >= '0' && *c <= '9') || ((*c | 0x20) >= 'a' && (*c | 0x20) <= 'z') ||
                        strchr("-_/.\\", *c);
        n += (size_t)snprintf(out + n, cap - n, is_plain ? "%c" : "%%%02x", (unsigned char)*c);
    }
    return snprintf(out + n, cap - n, "/bus") < (int)(cap - n);
}

static ingle_status no_bus(int error, ingle_error *err) {
    return status_set(err, INGLE_NOT_FOUND, 0, "Cannot reach the session bus: %s.",
                      strerror(error < 0 ? -error : error));
}

static ingle_status connect_bus(struct desktop_bus *b, ingle_error *err) {
    char address[4096];
    if (!make_address(address, sizeof address)) {
        return status_set(err, INGLE_NOT_FOUND, 0,
                          "There is no session bus: neither DBUS_SESSION_BUS_ADDRESS nor "
                          "XDG_RUNTIME_DIR names one.");
    }
    int r = b->api.new(&b->bus);
    /* A monitor is shown calls that are not for it; without this, sd-bus would answer them. */
    if (r >= 0) r = b->api.set_monitor(b->bus, 1);
    if (r >= 0) r = b->api.set_bus_client(b->bus, 1);
    if (r >= 0) r = b->api.set_address(b->bus, address);
    if (r >= 0) r = b->api.start(b->bus);
    return r >= 0 ? INGLE_OK : no_bus(r, err);
}

/* What there is to hear; the first is what this is all about. */
static const char *const rules[] = {
    "type='method_call',interface='" NOTIFICATIONS "',member='Notify'",
    "type='method_call',interface='" NOTIFICATIONS "',member='CloseNotification'",
    "type='method_return',sender='" NOTIFICATIONS "'",
};

/* Calls a method of the bus itself with the message's arguments; r is that of making them. The
 * answer, if it is asked for, is the caller's to unref. */
static int call_bus(struct desktop_bus *b, sd_bus_message *m, int r, sd_bus_message **answer,
                    char *refusal, size_t size) {
    sd_bus_error error = SD_BUS_ERROR_NULL;
    if (r >= 0) r = b->api.call(b->bus, m, 0, &error, answer);
    if (r < 0) { /* the details of dbus-daemon come after a semicolon */
        const char *why = error.message ? error.message : strerror(-r);
        snprintf(refusal, size, "%.*s", (int)strcspn(why, ";.\n"), why);
    }
    b->api.error_free(&error);
    b->api.message_unref(m);
    return r;
}

/* Does anything show notifications? If not, the bus refuses them before a monitor sees them. */
static int has_desktop(struct desktop_bus *b, bool *has) {
    sd_bus_message *m = NULL, *answer = NULL;
    char refusal[8];
    int yes = 0;
    int r =
        b->api.message_new_method_call(b->bus, &m, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                       "org.freedesktop.DBus", "NameHasOwner");
    if (r >= 0) r = b->api.message_append(m, "s", NOTIFICATIONS);
    r = call_bus(b, m, r, &answer, refusal, sizeof refusal);
    if (r >= 0) r = b->api.message_read(answer, "b", &yes);
    if (answer) b->api.message_unref(answer);
    *has = yes;
    return r;
}

static int become_monitor(struct desktop_bus *b, char *refusal, size_t size) {
    sd_bus_message *m = NULL;
    int r =
        b->api.message_new_method_call(b->bus, &m, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                       "org.freedesktop.DBus.Monitoring", "BecomeMonitor");
    if (r >= 0) {
        r = b->api.message_append(m, "asu", 3, rules[0], rules[1], rules[2], (uint32_t)0);
    }
    return call_bus(b, m, r, NULL, refusal, size);
}

static int eavesdrop(struct desktop_bus *b, char *refusal, size_t size) {
    for (size_t i = 0; i < BASE_COUNT(rules); i++) {
        char rule[256];
        snprintf(rule, sizeof rule, "eavesdrop='true',%s", rules[i]);
        sd_bus_message *m = NULL;
        int r = b->api.message_new_method_call(b->bus, &m, "org.freedesktop.DBus",
                                               "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                               "AddMatch");
        if (r >= 0) r = b->api.message_append(m, "s", rule);
        r = call_bus(b, m, r, NULL, refusal, size);
        if (r < 0) return r;
    }
    return 0;
}

static bool is_gone(int r) {
    return r == -ECONNRESET || r == -ENOTCONN || r == -EPIPE || r == -ESHUTDOWN ||
           r == -ECONNREFUSED || r == -ENOENT;
}

static ingle_status listen_to(struct desktop_bus *b, struct desktop_welcome *welcome,
                              ingle_error *err) {
    int r = has_desktop(b, &welcome->has_desktop);
    if (is_gone(r)) return no_bus(r, err);
    r = become_monitor(b, welcome->refusal, sizeof welcome->refusal);
    welcome->is_monitor = r >= 0;
    if (r >= 0) return INGLE_OK;
    if (is_gone(r)) return no_bus(r, err);
    char second[200] = "";
    r = eavesdrop(b, second, sizeof second);
    if (r >= 0) return INGLE_OK;
    if (is_gone(r)) return no_bus(r, err);
    return status_set(err, INGLE_REFUSED, 0, "The session bus lets nobody listen: %.150s.", second);
}

ingle_status desktop_bus_open(struct desktop_bus **out, struct desktop_welcome *welcome,
                              ingle_error *err) {
    *out = NULL;
    *welcome = (struct desktop_welcome){0};
    struct desktop_bus *b = mem_calloc(1, sizeof *b);
    if (!b) return status_no_memory(err, "the bus", sizeof *b);
    ingle_status status = load(b, err);
    if (status == INGLE_OK) status = connect_bus(b, err);
    if (status == INGLE_OK) status = listen_to(b, welcome, err);
    if (status == INGLE_OK) {
        *out = b;
        return INGLE_OK;
    }
    desktop_bus_close(b);
    return status;
}

void desktop_bus_close(struct desktop_bus *b) {
    if (!b) return;
    if (b->message) b->api.message_unref(b->message);
    if (b->bus) b->api.flush_close_unref(b->bus);
    if (b->library) (void)dlclose(b->library);
    mem_free(b);
}

/* ---- what comes ---- */

static uint64_t call_of(const char *caller, uint64_t cookie) {
    return hash_u64(hash_bytes(1, caller ? caller : "", caller ? strlen(caller) : 0), cookie);
}

/* The hints, a{sv}: of these, how urgent it is. */
static int read_hints(struct desktop_bus *b, sd_bus_message *m, ingle_urgency *urgency) {
    int r = b->api.message_enter_container(m, 'a', "{sv}");
    if (r < 0) return r;
    while ((r = b->api.message_enter_container(m, 'e', "sv")) > 0) {
        const char *name;
        uint8_t value = 1;
        if ((r = b->api.message_read(m, "s", &name)) < 0) return r;
        bool is_urgency = strcmp(name, "urgency") == 0;
        r = is_urgency ? b->api.message_read(m, "v", "y", &value) : -ENXIO;
        if (is_urgency && r >= 0 && value <= 2) *urgency = (ingle_urgency)value;
        if (r < 0 && (r = b->api.message_skip(m, "v")) < 0) return r;
        if ((r = b->api.message_exit_container(m)) < 0) return r;
    }
    return r;
}

/* app_name s, replaces_id u, app_icon s, summary s, body s, actions as, hints a{sv}, timeout i. */
static bool read_notify(struct desktop_bus *b, sd_bus_message *m, struct desktop_event *event) {
    const char *icon;
    if (b->api.message_read(m, "susss", &event->app, &event->id, &icon, &event->title,
                            &event->body) <= 0) {
        return false;
    }
    event->kind = DESKTOP_NOTIFY;
    event->urgency = INGLE_URGENCY_NORMAL;
    uint64_t cookie = 0;
    if (b->api.message_get_cookie(m, &cookie) >= 0) {
        event->call = call_of(b->api.message_get_sender(m), cookie);
    }
    if (b->api.message_skip(m, "as") >= 0) (void)read_hints(b, m, &event->urgency);
    return true;
}

static bool read_event(struct desktop_bus *b, sd_bus_message *m, struct desktop_event *event) {
    *event = (struct desktop_event){0};
    if (b->api.message_is_method_call(m, NOTIFICATIONS, "Notify") > 0) {
        return read_notify(b, m, event);
    }
    if (b->api.message_is_method_call(m, NOTIFICATIONS, "CloseNotification") > 0) {
        event->kind = DESKTOP_CLOSE;
        return b->api.message_read(m, "u", &event->id) > 0;
    }
    uint8_t type = 0;
    uint64_t cookie = 0;
    if (b->api.message_get_type(m, &type) < 0 || type != SD_BUS_MESSAGE_METHOD_RETURN) return false;
    if (b->api.message_get_reply_cookie(m, &cookie) < 0) return false;
    event->kind = DESKTOP_ID;
    event->call = call_of(b->api.message_get_destination(m), cookie);
    return b->api.message_read(m, "u", &event->id) > 0;
}

ingle_status desktop_bus_next(struct desktop_bus *b, struct desktop_event *event, bool *has_event,
                              ingle_error *err) {
    *has_event = false;
    for (;;) {
        if (b->message) b->api.message_unref(b->message);
        b->message = NULL;
        int r = b->api.process(b->bus, &b->message);
        if (r < 0) {
            return status_set(err, INGLE_FAILED, 0,
                              "The session bus has gone away: what came since is not known.");
        }
        if (r == 0) return INGLE_OK;
        if (!b->message || !read_event(b, b->message, event)) continue;
        *has_event = true;
        return INGLE_OK;
    }
}

ingle_status desktop_bus_wait(struct desktop_bus *b, int64_t timeout_ms, const sigset_t *mask,
                              ingle_error *err) {
    int events = b->api.get_events(b->bus);
    struct pollfd fd = {.fd = b->api.get_fd(b->bus),
                        .events = (short)(events < 0 ? POLLIN : events)};
    uint64_t due_us;
    if (b->api.get_timeout(b->bus, &due_us) >= 0 && due_us != UINT64_MAX) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        int64_t now_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
        int64_t left_ms = (int64_t)due_us > now_us ? ((int64_t)due_us - now_us) / 1000 + 1 : 0;
        if (left_ms < timeout_ms) timeout_ms = left_ms;
    }
    struct timespec limit = {.tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1000000};
    if (ppoll(&fd, 1, &limit, mask) >= 0 || errno == EINTR) return INGLE_OK;
    return status_errno(err, errno, "wait for", "the session bus");
}
