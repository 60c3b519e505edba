#include "daemon/serve/serve.h"

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "base/address.h"
#include "base/clock.h"
#include "daemon/api/access.h"
#include "daemon/api/api.h"
#include "daemon/http/http.h"
#include "daemon/serve/dialects.h"
#include "daemon/serve/tls.h"

#define DRAIN_S 10    /* from the first signal to the end */
#define GIVE_UP_S 9.5 /* when those that have no answer yet are told that they get none */
#define IDLE_LOOK_S 1

/* Whoever asks for these need not show a token: whether it lives, and the page, which has no secret
 * in it. */
static const char *const public_paths[] = {"/",       "/health",      "/v1/health",
                                           "/page/*", "/favicon.ico", NULL};

struct serving {
    struct api api;
    const struct serve_options *opt;
    struct event *signals[2];
    struct event *idle, *give_up;
    struct ssl_ctx_st *tls; /* NULL = none */
    double busy_s;          /* when it last had something to do, base/clock.h */
    bool is_draining;
    ingle_error error; /* why the service ends; code OK */
};

/* ---- its end ---- */

static void on_drained(void *serving) {
    struct serving *s = serving;
    event_base_loopbreak(s->api.base);
}

static void on_give_up(evutil_socket_t fd, short what, void *serving) {
    static const ingle_error why = {.code = INGLE_FAILED, .msg = "The service was ended."};
    struct serving *s = serving;
    (void)fd;
    (void)what;
    service_end_jobs(s->api.service, &why);
}

static void drain(struct serving *s) {
    struct timeval limit = {.tv_sec = DRAIN_S};
    struct timeval give_up = {.tv_sec = (time_t)GIVE_UP_S,
                              .tv_usec = (suseconds_t)(1e6 * (GIVE_UP_S - (time_t)GIVE_UP_S))};
    s->is_draining = true;
    event_base_loopexit(s->api.base, &limit);
    event_add(s->give_up, &give_up); /* else they are cut off with the connections */
    http_server_drain(s->api.server, on_drained, s);
}

static void on_signal(evutil_socket_t number, short what, void *serving) {
    struct serving *s = serving;
    (void)number;
    (void)what;
    if (s->is_draining) {
        event_base_loopbreak(s->api.base);
    } else {
        drain(s);
    }
}

/* With their events the old meaning of signals comes back: one more would end the process in the
 * middle of tidying up, as if it had failed. They wait for ever instead. */
static void hold_signals(void) {
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &both, NULL);
}

/* Sockets of a service manager start it again when somebody asks. */
static void on_idle(evutil_socket_t fd, short what, void *serving) {
    struct serving *s = serving;
    struct http_server_info info;
    double now = 1e-3 * clock_ms();
    (void)fd;
    (void)what;
    http_server_info(s->api.server, &info);
    if (info.connections > 0 || !service_is_idle(s->api.service)) s->busy_s = now;
    if (!s->is_draining && now - s->busy_s >= s->opt->idle_exit_s) drain(s);
}

/* ---- its life ---- */

/* A model that nobody could load is a reason not to start; later, others may still be served. */
static void on_trouble(const char *id, bool was_loaded, const ingle_error *err, void *serving) {
    struct serving *s = serving;
    char sentence[sizeof err->msg + 128];
    const struct service_model *first = service_model_at(s->api.service, 0);
    if (first && first->id == id && !was_loaded) {
        s->error = *err;
        event_base_loopbreak(s->api.base);
        return;
    }
    snprintf(sentence, sizeof sentence, "%.100s: %s", id, err->msg);
    if (s->opt->on_trouble) s->opt->on_trouble(sentence, s->opt->user);
}

static bool authorize(const struct http_request *r, uint64_t *client, void *api) {
    return access_authorize(r, client, ((struct api *)api)->access);
}

static ingle_status watch(struct serving *s, ingle_error *err) {
    static const int numbers[] = {SIGINT, SIGTERM};
    struct timeval often = {.tv_sec = IDLE_LOOK_S};
    bool is_fine = true;
    for (size_t i = 0; i < BASE_COUNT(numbers); i++) {
        s->signals[i] = evsignal_new(s->api.base, numbers[i], on_signal, s);
        is_fine = is_fine && s->signals[i] && event_add(s->signals[i], NULL) == 0;
    }
    s->busy_s = 1e-3 * clock_ms();
    s->give_up = event_new(s->api.base, -1, 0, on_give_up, s);
    is_fine = is_fine && s->give_up;
    if (s->opt->idle_exit_s > 0) {
        s->idle = event_new(s->api.base, -1, EV_PERSIST, on_idle, s);
        is_fine = is_fine && s->idle && event_add(s->idle, &often) == 0;
    }
    return is_fine ? INGLE_OK : status_no_memory(err, "the event loop", 0);
}

static ingle_status listen_all(struct serving *s, ingle_error *err) {
    const struct serve_options *opt = s->opt;
    struct http_options http = http_options_default();
    http.base = s->api.base;
    http.name = opt->name;
    http.origins = opt->origins;
    http.public_paths = public_paths;
    http.authorize = authorize;
    http.on_request = api_serve;
    http.make_error = api_make_error;
    http.user = &s->api;
    INGLE_TRY(http_server_new(&s->api.server, &http, err));
    for (size_t i = 0; i < opt->n_sockets; i++) {
        bool is_path = address_reach(opt->sockets[i]) == ADDRESS_PATH;
        struct http_listener_options listener = {.tls = is_path ? NULL : s->tls};
        INGLE_TRY(http_server_listen(s->api.server, opt->sockets[i], &listener, err));
    }
    return INGLE_OK;
}

static ingle_status start(struct serving *s, ingle_error *err) {
    struct service_options service = s->opt->service;
    service.base = s->api.base = event_base_new();
    service.on_trouble = on_trouble;
    service.user = s;
    if (!s->api.base) return status_no_memory(err, "the event loop", 0);
    INGLE_TRY(watch(s, err));
    INGLE_TRY(access_new(&s->api.access, s->opt->token, err));
    INGLE_TRY(service_new(&s->api.service, &service, err));
    if (s->opt->tls_cert) INGLE_TRY(tls_new(&s->tls, s->opt->tls_cert, s->opt->tls_key, err));
    INGLE_TRY(listen_all(s, err));
    if (s->opt->confine) INGLE_TRY(s->opt->confine(&s->api.front, s->opt->user, err));
    INGLE_TRY(service_load(s->api.service, NULL, err));
    if (s->opt->on_ready) s->opt->on_ready(access_link_key(s->api.access), s->opt->user);
    return INGLE_OK;
}

static void tell_end(const struct serving *s) {
    struct http_server_info info;
    if (!s->api.server || !s->api.access || !s->opt->on_end) return;
    http_server_info(s->api.server, &info);
    struct serve_end end = {info.requests, access_n_refused(s->api.access)};
    s->opt->on_end(&end, s->opt->user);
}

ingle_status serve_run(const struct serve_options *opt, ingle_error *err) {
    struct serving s = {.api = {.started_s = (int64_t)time(NULL)}, .opt = opt};
    dialects_set(&s.api);
    ingle_status status = start(&s, err);
    if (status == INGLE_OK && event_base_dispatch(s.api.base) < 0) {
        status = status_set(err, INGLE_FAILED, 0, "The event loop failed.");
    }
    if (status == INGLE_OK && s.error.code != INGLE_OK) {
        status = s.error.code;
        if (err) *err = s.error;
    }
    hold_signals();
    tell_end(&s);
    http_server_free(s.api.server);
    service_free(s.api.service);
    response_store_clear(&s.api.responses);
    access_free(s.api.access);
    tls_free(s.tls);
    for (size_t i = 0; i < BASE_COUNT(s.signals); i++) {
        if (s.signals[i]) event_free(s.signals[i]);
    }
    if (s.idle) event_free(s.idle);
    if (s.give_up) event_free(s.give_up);
    if (s.api.base) event_base_free(s.api.base);
    return status;
}
