#include "daemon/api/access.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/hash.h"

#define MAX_SESSIONS 32

/* Sessions are opened without one. */
static const char session_path[] = "/ingle/session";

struct access {
    bool needs_token;
    struct secret token, link_key;
    struct secret sessions[MAX_SESSIONS];
    size_t n_sessions; /* ever */
    uint64_t n_refused;
    uint64_t salt; /* of clients' numbers, so that nobody can choose one */
};

ingle_status access_new(struct access **out, const struct secret *token, ingle_error *err) {
    *out = NULL;
    struct access *a = mem_calloc(1, sizeof *a);
    if (!a) return status_no_memory(err, "the service", sizeof *a);
    a->needs_token = token != NULL;
    if (token) a->token = *token;
    struct secret salt;
    ingle_status status = secret_make(&a->link_key, err);
    if (status == INGLE_OK) status = secret_make(&salt, err);
    if (status != INGLE_OK) {
        access_free(a);
        return status;
    }
    a->salt = hash_bytes(0, &salt, sizeof salt);
    secret_wipe(&salt);
    *out = a;
    return INGLE_OK;
}

void access_free(struct access *a) {
    if (!a) return;
    explicit_bzero(a, sizeof *a);
    mem_free(a);
}

bool access_needs_token(const struct access *a) {
    return a->needs_token;
}

const char *access_link_key(const struct access *a) {
    return a->link_key.text;
}

bool access_open_session(struct access *a, const char *key, struct secret *session) {
    bool is_link = secret_is(&a->link_key, key), is_token = secret_is(&a->token, key);
    if ((!is_link && !is_token) || secret_make(session, NULL) != INGLE_OK) return false;
    if (is_link) secret_wipe(&a->link_key);
    a->sessions[a->n_sessions++ % MAX_SESSIONS] = *session;
    return true;
}

uint64_t access_n_refused(const struct access *a) {
    return a->n_refused;
}

/* What stands behind "Bearer"; NULL if nothing. */
static const char *bearer(const struct http_request *r) {
    static const char scheme[] = "bearer ";
    const char *header = http_request_header(r, "authorization");
    if (!header || strncasecmp(header, scheme, sizeof scheme - 1) != 0) return NULL;
    header += sizeof scheme - 1;
    while (*header == ' ') header++;
    return header;
}

static bool is_known(const struct access *a, const char *shown) {
    bool is = secret_is(&a->token, shown);
    for (size_t i = 0; i < MAX_SESSIONS; i++) is |= secret_is(&a->sessions[i], shown);
    return is;
}

/* Programs of one user that share a token are told apart by what they call themselves. */
static uint64_t number_of(const struct access *a, const struct http_request *r, const char *shown) {
    const char *agent = http_request_header(r, "user-agent");
    uint64_t n = hash_bytes(a->salt, shown, strlen(shown));
    if (agent) n = hash_bytes(n, agent, strlen(agent));
    return n ? n : 1;
}

/* What the request shows that is known. A client that always sends one of the headers, with
 * whatever it has, may show the token in the other. */
static const char *credential(const struct access *a, const struct http_request *r) {
    const char *shown[] = {bearer(r), http_request_header(r, "x-api-key")};
    for (size_t i = 0; i < BASE_COUNT(shown); i++) {
        if (shown[i] && is_known(a, shown[i])) return shown[i];
    }
    return NULL;
}

bool access_authorize(const struct http_request *r, uint64_t *client, struct access *a) {
    const char *shown = credential(a, r);
    bool is_free = !a->needs_token || r->peer.is_unix ||
                   (r->method == HTTP_POST && strcmp(r->path.data, session_path) == 0);
    if (!is_free && !shown) {
        a->n_refused++;
        return false;
    }
    *client = number_of(a, r, shown ? shown : "");
    return true;
}
