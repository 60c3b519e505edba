#include "daemon/serve/serve.h"

#include <event2/event.h>
#include <signal.h>
#include <time.h>

#include "daemon/api/api.h"
#include "daemon/http/http.h"

#define DRAIN_S 10

struct serving {
    struct api api;
    struct event *signals[2];
    bool is_draining;
};

static void on_drained(void *serving) {
    struct serving *s = serving;
    event_base_loopbreak(s->api.base);
}

static void on_signal(evutil_socket_t number, short what, void *serving) {
    struct serving *s = serving;
    struct timeval limit = {.tv_sec = DRAIN_S};
    (void)number;
    (void)what;
    if (s->is_draining) {
        event_base_loopbreak(s->api.base);
        return;
    }
    s->is_draining = true;
    event_base_loopexit(s->api.base, &limit);
    http_server_drain(s->api.server, on_drained, s);
}

static ingle_status start(struct serving *s, const struct serve_options *opt, ingle_error *err) {
    static const int numbers[] = {SIGINT, SIGTERM};
    struct service_options service = opt->service;
    struct http_options http = http_options_default();
    service.base = http.base = s->api.base = event_base_new();
    if (!s->api.base) return status_no_memory(err, "the event loop", 0);
    for (size_t i = 0; i < BASE_COUNT(numbers); i++) {
        s->signals[i] = evsignal_new(s->api.base, numbers[i], on_signal, s);
        if (!s->signals[i] || event_add(s->signals[i], NULL) != 0) {
            return status_no_memory(err, "the event loop", 0);
        }
    }
    INGLE_TRY(service_new(&s->api.service, &service, err));
    http.on_request = api_serve;
    http.user = &s->api;
    INGLE_TRY(http_server_new(&s->api.server, &http, err));
    for (size_t i = 0; i < opt->n_sockets; i++) {
        INGLE_TRY(http_server_listen(s->api.server, opt->sockets[i], NULL, err));
    }
    return INGLE_OK;
}

ingle_status serve_run(const struct serve_options *opt, ingle_error *err) {
    struct serving s = {.api = {.started_s = (int64_t)time(NULL)}};
    ingle_status status = start(&s, opt, err);
    if (status == INGLE_OK && event_base_dispatch(s.api.base) < 0) {
        status = status_set(err, INGLE_FAILED, 0, "The event loop failed.");
    }
    http_server_free(s.api.server);
    service_free(s.api.service);
    for (size_t i = 0; i < BASE_COUNT(s.signals); i++) {
        if (s.signals[i]) event_free(s.signals[i]);
    }
    if (s.api.base) event_base_free(s.api.base);
    return status;
}
