/* The page that people open in a browser: GET / and what it loads. It has no secret in it, so that
 * nobody needs a token to read it; what it asks for, it asks with one (web/api.js). */
#include "daemon/page/page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "daemon/ollama/ollama.h"
#include "daemon/openai/openai.h"
#include "daemon/page/page_files.h"

/* Nothing comes from elsewhere, nothing goes elsewhere, nobody frames it, and no word of a model
 * can become a script: there are no inline ones at all. */
static const char *const headers[][2] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
     "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"X-DNS-Prefetch-Control", "off"},
    {"Permissions-Policy",
     "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
     "magnetometer=(), microphone=(), midi=(), payment=(), usb=()"},
    {"Cache-Control", "no-cache"}, /* asks each time, by the ETag: the program may be a newer one */
};

/* Is this version among those that the browser has? "W/" and "*" are of no use to it here. */
static bool is_known(const struct http_request *r, const char *tag) {
    const char *known = http_request_header(r, "if-none-match");
    return known && strstr(known, tag);
}

static void reply(struct api_call *c, const struct page_file *file) {
    size_t size = (size_t)(file->end - file->data);
    char tag[24];
    snprintf(tag, sizeof tag, "\"%016" PRIx64 "\"", hash_bytes(0, file->data, size));
    for (size_t i = 0; i < BASE_COUNT(headers); i++) {
        (void)http_add_header(c->x, headers[i][0], headers[i][1]);
    }
    (void)http_add_header(c->x, "ETag", tag);
    if (is_known(c->request, tag)) {
        http_reply(c->x, 304, NULL, NULL, 0);
    } else {
        http_reply(c->x, 200, file->type, file->data, size);
    }
}

static void reply_named(struct api_call *c, const char *name) {
    const struct page_file *file = page_file_find(name);
    if (file) {
        reply(c, file);
        return;
    }
    ingle_error err = {0};
    ingle_status status =
        status_set(&err, INGLE_NOT_FOUND, 0, "The page has no file '%.60s'.", name);
    api_fail(c, status, &err, NULL);
}

/* Browsers get the page; Ollama's clients, which ask whether somebody is here, its words. */
static void root(struct api_call *c) {
    const char *accept = http_request_header(c->request, "accept");
    (void)http_add_header(c->x, "Vary", "Accept");
    if (accept && strstr(accept, "text/html")) {
        reply_named(c, "index.html");
    } else {
        ollama_root(c);
    }
}

static void part(struct api_call *c) {
    reply_named(c, c->rest);
}

static void icon(struct api_call *c) {
    reply_named(c, "icon.svg");
}

static const struct api_route routes[] = {
    {HTTP_GET, "/", root},
    {HTTP_GET, "/page/*", part},
    {HTTP_GET, "/favicon.ico", icon},
};

const struct api_dialect api_page = {.routes = routes,
                                     .n_routes = BASE_COUNT(routes),
                                     .fail = openai_fail,
                                     .put_error = openai_put_error};
