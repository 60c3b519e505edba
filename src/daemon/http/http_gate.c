#include "daemon/http/http_gate.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"

static void refuse(struct http_verdict *v, int status, const char *message) {
    if (v->refusal.status == 0) v->refusal = (struct http_refusal){status, message};
}

static bool is_host(const char *text, size_t len, const char *name) {
    if (!name || strlen(name) != len) return false;
    for (size_t i = 0; i < len; i++) {
        if (ascii_lower(text[i]) != ascii_lower(name[i])) return false;
    }
    return true;
}

/* The port behind a host: ours, or none where it is the scheme's own. A Unix socket has no port. */
static bool is_port(const struct http_site *site, const char *text) {
    char own[16];
    unsigned usual = site->is_tls ? 443 : 80;
    if (site->is_unix) return *text == '\0';
    if (*text == '\0') return site->port == usual;
    snprintf(own, sizeof own, ":%u", site->port);
    return strcmp(text, own) == 0;
}

/* "localhost:8080": one of our names, and our port. A name that somebody else has pointed at this
 * machine (DNS rebinding) is none of them. */
static bool is_ours(const struct http_site *site, const char *host) {
    static const char *const local[] = {"localhost", "127.0.0.1", "[::1]"};
    size_t len = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    if (len > strlen(host)) return false;
    bool is_known = is_host(host, len, site->name);
    for (size_t i = 0; i < BASE_COUNT(local); i++) is_known |= is_host(host, len, local[i]);
    return is_known && is_port(site, host + len);
}

static void judge_host(struct http_verdict *v, const struct http_site *site,
                       const struct http_head *head) {
    if (head->authority.data &&
        (!http_same(head->authority.data, head->host) || head->target_is_https != site->is_tls)) {
        refuse(v, 400, "The target of the request names another host than Host.");
    }
    if (!is_ours(site, head->host)) {
        refuse(v, 403, "Host names another server; this one is localhost, with its port.");
    }
}

/* Is it the page that this very host has delivered? */
static bool is_own_origin(const struct http_site *site, const char *host, const char *origin) {
    const char *scheme = site->is_tls ? "https://" : "http://";
    size_t len = strlen(scheme);
    return strncmp(origin, scheme, len) == 0 && http_same(origin + len, host);
}

static void judge_origin(struct http_verdict *v, const struct http_site *site,
                         const struct http_head *head) {
    const char *origin = NULL;
    for (size_t i = 0; i < head->request.n_headers; i++) {
        const struct http_header *h = &head->request.headers[i];
        if (strcmp(h->name, "origin") != 0) continue;
        if (origin) refuse(v, 403, "The request has two Origins.");
        origin = h->value;
    }
    for (size_t i = 0; origin && site->origins && site->origins[i]; i++) {
        if (strcmp(origin, site->origins[i]) == 0) v->allow_origin = site->origins[i];
    }
    if (v->allow_origin) return;
    if (origin && !is_own_origin(site, head->host, origin)) {
        refuse(v, 403, "Pages of this Origin may not call this server.");
    }
    const char *from = http_request_header(&head->request, "sec-fetch-site");
    if (from && strcmp(from, "same-origin") != 0 && strcmp(from, "none") != 0) {
        refuse(v, 403, "Pages of another site may not call this server (Sec-Fetch-Site).");
    }
}

bool http_paths_name(const char *const *paths, struct http_text path) {
    for (size_t i = 0; paths && paths[i]; i++) {
        size_t len = strlen(paths[i]);
        bool is_prefix = len > 0 && paths[i][len - 1] == '*';
        if (is_prefix) len--;
        if (is_prefix ? path.len >= len : path.len == len) {
            if (memcmp(path.data, paths[i], len) == 0) return true;
        }
    }
    return false;
}

/* "application/json", perhaps with parameters, of which charset can only be utf-8. */
static bool is_json(const char *type) {
    static const char json[] = "application/json";
    size_t len = strcspn(type, "; \t");
    if (!is_host(type, len, json)) return false;
    const char *p = type + len;
    while (*p == ' ' || *p == '\t') p++;
    if (*p == '\0') return true;
    if (*p++ != ';') return false;
    while (*p == ' ' || *p == '\t') p++;
    static const char charset[] = "charset=";
    for (size_t i = 0; charset[i]; i++) {
        if (ascii_lower(p[i]) != charset[i]) return true;
    }
    p += strlen(charset);
    return http_same(p, "utf-8") || http_same(p, "\"utf-8\"");
}

/* Forms, beacons and `no-cors` requests of foreign pages have a type of their own. A request that
 * carries nothing needs none. */
static void judge_type(struct http_verdict *v, const struct http_site *site,
                       const struct http_head *head) {
    const struct http_request *r = &head->request;
    const char *type = http_request_header(r, "content-type");
    bool has_body = head->is_chunked || head->length > 0;
    if (r->method == HTTP_GET || r->method == HTTP_HEAD || r->method == HTTP_OPTIONS) return;
    if ((!type && !has_body) || http_paths_name(site->any_type_paths, r->path)) return;
    if (!type || !is_json(type)) {
        refuse(v, 415, "The body must be JSON in UTF-8, with 'Content-Type: application/json'.");
    } else if (http_request_header(r, "content-encoding")) {
        refuse(v, 415, "The body must not be compressed (Content-Encoding).");
    }
}

void http_gate_judge(struct http_verdict *verdict, const struct http_site *site,
                     const struct http_head *head) {
    *verdict = (struct http_verdict){0};
    judge_host(verdict, site, head);
    judge_origin(verdict, site, head);
    if (verdict->refusal.status != 0) return;
    verdict->is_preflight = head->request.method == HTTP_OPTIONS;
    judge_type(verdict, site, head);
}
