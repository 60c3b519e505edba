/* Who may ask at all: what a browser on a foreign page, or a name that was made to point at this
 * machine, must not reach (docs/decisions/http.md). Pure functions over a head; decided before a
 * body is read. */
#ifndef INGLE_DAEMON_HTTP_HTTP_GATE_H
#define INGLE_DAEMON_HTTP_HTTP_GATE_H

#include "daemon/http/http_head.h"

/* As what a listener is reached. */
struct http_site {
    bool is_unix, is_tls;
    unsigned port;
    const char *name;           /* a host besides the local ones, or NULL */
    const char *const *origins; /* as in http_options, each or NULL */
    const char *const *any_type_paths;
};

struct http_verdict {
    struct http_refusal refusal; /* status 0: it may pass */
    bool is_preflight;           /* to be answered by the core, with what is allowed */
    const char *allow_origin;    /* the configured origin that asks, or NULL */
};

void http_gate_judge(struct http_verdict *verdict, const struct http_site *site,
                     const struct http_head *head);

/* Whether the list names the path; "/x*" names whatever begins with "/x". */
bool http_paths_name(const char *const *paths, struct http_text path);

#endif
