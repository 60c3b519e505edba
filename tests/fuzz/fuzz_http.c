/* Any bytes as a request: its head, what the gate says of it, its body. Cut in two at a place that
 * the first byte names, it is understood as it is in one piece; and what is understood keeps the
 * promises of the headers. */
#include <string.h>

#include "base/utf8.h"
#include "daemon/http/http_body.h"
#include "daemon/http/http_gate.h"
#include "fuzz/fuzz.h"

#define BODY_MAX 4096

static void check_text(struct http_text text) {
    FUZZ_REQUIRE(strlen(text.data) == text.len);
}

static void check_head(const struct http_head *head) {
    const struct http_request *r = &head->request;
    check_text(r->path);
    check_text(r->raw_path);
    check_text(r->query);
    FUZZ_REQUIRE(utf8_is_valid(r->path.data, r->path.len));
    FUZZ_REQUIRE(r->n_headers <= HTTP_N_FIELDS_MAX && head->host);
    FUZZ_REQUIRE(!(head->is_chunked && head->has_length));
    int n_hosts = 0;
    for (size_t i = 0; i < r->n_headers; i++) {
        n_hosts += strcmp(r->headers[i].name, "host") == 0;
        FUZZ_REQUIRE(!strpbrk(r->headers[i].name, " \t:ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
        FUZZ_REQUIRE(r->headers[i].name[0] && !strpbrk(r->headers[i].value, "\r\n"));
    }
    FUZZ_REQUIRE(n_hosts == 1);
}

static void check_gate(const struct http_head *head) {
    static const char *const origins[] = {"https://app.example", NULL};
    static const struct http_site sites[] = {
        {.port = 80}, {.is_unix = true}, {.port = 443, .is_tls = true, .origins = origins}};
    struct http_verdict v;
    for (size_t i = 0; i < BASE_COUNT(sites); i++) {
        http_gate_judge(&v, &sites[i], head);
        if (v.refusal.status != 0) continue;
        FUZZ_REQUIRE(strlen(head->host) < 16 && (!v.allow_origin || sites[i].origins));
    }
}

struct outcome {
    enum http_scan_result scanned;
    enum http_chunks_result chunked;
    int status;
    size_t head_size, body_used;
    struct buf body;
};

static void take_body(struct outcome *o, const char *data, size_t size, size_t cut) {
    struct http_chunks chunks = {0};
    struct http_refusal why = {0};
    size_t used, first = cut < size ? cut : size;
    o->chunked = http_chunks_take(&chunks, data, first, &o->body_used, &o->body, &why);
    if (o->chunked == HTTP_CHUNKS_MORE) {
        FUZZ_REQUIRE(o->body_used == first);
        o->chunked = http_chunks_take(&chunks, data + first, size - first, &used, &o->body, &why);
        o->body_used += used;
    }
    FUZZ_REQUIRE(o->body_used <= size && o->body.size <= BODY_MAX);
    o->status = why.status;
}

static struct outcome take(const char *data, size_t size, size_t cut) {
    struct outcome o = {0};
    struct http_scan scan = {0};
    struct http_refusal why = {0};
    buf_init(&o.body, BODY_MAX);
    o.scanned = http_head_scan(&scan, data, cut, &why);
    if (o.scanned == HTTP_SCAN_MORE) o.scanned = http_head_scan(&scan, data, size, &why);
    o.head_size = scan.pos;
    FUZZ_REQUIRE(scan.pos <= size && scan.pos <= HTTP_HEAD_MAX);
    if (o.scanned == HTTP_SCAN_DONE) {
        struct arena arena;
        struct http_head head;
        arena_init(&arena, 1 << 20);
        bool ok = http_head_parse(&head, &arena, data, scan.pos, &why);
        FUZZ_REQUIRE(ok == (why.status == 0));
        if (ok) {
            check_head(&head);
            check_gate(&head);
        }
        arena_clear(&arena);
        size_t left = cut > scan.pos ? cut - scan.pos : 0;
        o.status = why.status;
        if (ok && head.is_chunked) take_body(&o, data + scan.pos, size - scan.pos, left);
    } else {
        FUZZ_REQUIRE((o.scanned == HTTP_SCAN_BAD) == (why.status != 0));
        o.status = why.status;
    }
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    const char *text = (const char *)data + 1;
    size_t cut = data[0] * (size - 1) / 255;
    struct outcome whole = take(text, size - 1, 0), parts = take(text, size - 1, cut);
    FUZZ_REQUIRE(whole.scanned == parts.scanned && whole.head_size == parts.head_size);
    FUZZ_REQUIRE(whole.status == parts.status && whole.chunked == parts.chunked);
    FUZZ_REQUIRE(whole.body_used == parts.body_used && whole.body.size == parts.body.size);
    FUZZ_REQUIRE(whole.body.size == 0 ||
                 memcmp(whole.body.data, parts.body.data, whole.body.size) == 0);
    buf_clear(&whole.body);
    buf_clear(&parts.body);
    return 0;
}
