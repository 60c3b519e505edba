#include "worker/wire/wire.h"

#include <string.h>

static bool is_reading(const struct wire *w) {
    return !w->out;
}

static void put(struct wire *w, const void *data, size_t size) {
    if (w->failed) return;
    if (size && !buf_add(w->out, data, size)) w->failed = true;
}

static bool take(struct wire *w, void *out, size_t size) {
    if (!w->failed && bytes_read(&w->in, out, size)) return true;
    w->failed = true;
    memset(out, 0, size);
    return false;
}

/* Both ends are the same machine; the order of bytes is written out all the same, since the fuzz
 * corpus is not. */
void wire_u64(struct wire *w, uint64_t *value) {
    uint8_t raw[8];
    if (is_reading(w)) {
        *value = 0;
        if (!take(w, raw, sizeof raw)) return;
        for (int i = 0; i < 8; i++) *value |= (uint64_t)raw[i] << 8 * i;
    } else {
        for (int i = 0; i < 8; i++) raw[i] = (uint8_t)(*value >> 8 * i);
        put(w, raw, sizeof raw);
    }
}

void wire_u32(struct wire *w, uint32_t *value) {
    uint8_t raw[4];
    if (is_reading(w)) {
        *value = 0;
        if (!take(w, raw, sizeof raw)) return;
        for (int i = 0; i < 4; i++) *value |= (uint32_t)raw[i] << 8 * i;
    } else {
        for (int i = 0; i < 4; i++) raw[i] = (uint8_t)(*value >> 8 * i);
        put(w, raw, sizeof raw);
    }
}

void wire_size(struct wire *w, size_t *value) {
    uint64_t wide = *value;
    wire_u64(w, &wide);
    if (!is_reading(w)) return;
    if (wide > SIZE_MAX) w->failed = true;
    *value = w->failed ? 0 : (size_t)wide;
}

void wire_int(struct wire *w, int *value, int min, int max) {
    uint32_t raw = (uint32_t)*value;
    wire_u32(w, &raw);
    if (!is_reading(w)) return;
    int64_t wide = raw <= INT32_MAX ? (int64_t)raw : (int64_t)raw - ((int64_t)1 << 32);
    if (wide < min || wide > max) w->failed = true;
    *value = w->failed ? min : (int)wide;
}

void wire_bool(struct wire *w, bool *value) {
    uint8_t raw = *value;
    if (!is_reading(w)) {
        put(w, &raw, 1);
        return;
    }
    if (take(w, &raw, 1) && raw > 1) w->failed = true;
    *value = raw == 1;
}

void wire_float(struct wire *w, float *value) {
    uint32_t bits;
    memcpy(&bits, value, sizeof bits);
    wire_u32(w, &bits);
    if (is_reading(w)) memcpy(value, &bits, sizeof bits);
}

void wire_double(struct wire *w, double *value) {
    uint64_t bits;
    memcpy(&bits, value, sizeof bits);
    wire_u64(w, &bits);
    if (is_reading(w)) memcpy(value, &bits, sizeof bits);
}

/* Reading: the length, and that many bytes borrowed from the body. */
static bool take_bytes(struct wire *w, size_t max, const uint8_t **data, size_t *len) {
    *len = 0;
    wire_size(w, len);
    if (*len > max || w->failed || !bytes_take(&w->in, *len, data)) w->failed = true;
    if (w->failed) *len = 0;
    return !w->failed;
}

static void put_bytes(struct wire *w, const char *data, size_t len, size_t max) {
    if (len > max) w->failed = true;
    wire_size(w, &len);
    put(w, data, len);
}

void wire_text(struct wire *w, struct wire_text *text, size_t max) {
    if (!is_reading(w)) {
        put_bytes(w, text->data, text->len, max);
        return;
    }
    const uint8_t *data;
    *text = (struct wire_text){.data = ""};
    size_t len;
    if (!take_bytes(w, max, &data, &len)) return;
    char *copy = arena_copy(w->arena, data, len);
    if (copy) *text = (struct wire_text){copy, len};
    if (!copy) w->failed = true;
}

void wire_view(struct wire *w, struct wire_text *text, size_t max) {
    if (!is_reading(w)) {
        put_bytes(w, text->data, text->len, max);
        return;
    }
    const uint8_t *data;
    size_t len;
    bool is_there = take_bytes(w, max, &data, &len);
    *text = is_there ? (struct wire_text){(const char *)data, len} : (struct wire_text){.data = ""};
}

void wire_string(struct wire *w, const char **text, size_t max) {
    bool reads = is_reading(w), is_there = !reads && *text;
    struct wire_text bytes = {.data = ""};
    if (is_there) bytes = (struct wire_text){*text, strlen(*text)};
    if (reads) *text = NULL;
    wire_bool(w, &is_there);
    if (!is_there) return;
    wire_text(w, &bytes, max);
    if (!reads) return;
    if (memchr(bytes.data, '\0', bytes.len)) w->failed = true;
    *text = w->failed ? NULL : bytes.data;
}

void wire_some_string(struct wire *w, const char **text, size_t max) {
    const char *there = *text ? *text : "";
    if (is_reading(w)) {
        wire_string(w, text, max);
        if (!*text) w->failed = true;
        if (!*text) *text = "";
    } else {
        wire_string(w, &there, max);
    }
}

void wire_fixed(struct wire *w, void *data, size_t size) {
    if (!is_reading(w)) {
        put(w, data, size);
    } else if (!take(w, data, size)) {
        memset(data, 0, size);
    }
}

void wire_chars(struct wire *w, char *text, size_t cap) {
    struct wire_text bytes = {text, strnlen(text, cap)};
    bool reads = is_reading(w);
    wire_text(w, &bytes, cap - 1);
    if (!reads) return;
    if (memchr(bytes.data, '\0', bytes.len)) w->failed = true;
    if (w->failed) bytes.len = 0;
    memcpy(text, bytes.data, bytes.len);
    text[bytes.len] = '\0';
}

/* How many items follow; reading, with room for them at *items. */
static void begin_list(struct wire *w, void **items, size_t *n, size_t item_size, size_t max) {
    wire_size(w, n);
    if (*n > max) w->failed = true;
    if (!is_reading(w)) return;
    /* An item takes a byte at least: no more is promised than could follow. */
    if (*n > bytes_left(&w->in)) w->failed = true;
    *items = w->failed ? NULL : arena_array(w->arena, *n, item_size);
    if (!*items) w->failed = true;
    if (w->failed) *n = 0;
}

void wire_list(struct wire *w, void *items, size_t *n, size_t item_size, size_t max,
               wire_fn visit) {
    void *made;
    memcpy(&made, items, sizeof made);
    begin_list(w, &made, n, item_size, max);
    if (is_reading(w)) memcpy(items, &made, sizeof made);
    char *first = made;
    for (size_t i = 0; i < *n && !w->failed; i++) visit(w, first + i * item_size);
}

void wire_strings(struct wire *w, const char *const **items, size_t *n, size_t max,
                  size_t max_each) {
    void *made = (void *)(uintptr_t)*items;
    begin_list(w, &made, n, sizeof **items, max);
    const char **list = made;
    if (is_reading(w)) *items = list;
    for (size_t i = 0; i < *n && !w->failed; i++) {
        wire_string(w, &list[i], max_each);
        if (is_reading(w) && !list[i]) w->failed = true;
    }
}

ingle_status wire_write(struct buf *out, wire_fn visit, const void *message, ingle_error *err) {
    struct wire w = {.out = out};
    visit(&w, (void *)(uintptr_t)message);
    if (!w.failed && !buf_failed(out)) return INGLE_OK;
    return status_set(
        err, INGLE_LIMIT, 0,
        "This is too much for one message to or from a worker, which may have %zu MiB.",
        out->max >> 20);
}

ingle_status wire_read(void *message, size_t size, wire_fn visit, const void *data,
                       size_t data_size, struct arena *arena, ingle_error *err) {
    struct wire w = {.in = {.data = data, .size = data_size}, .arena = arena};
    memset(message, 0, size);
    visit(&w, message);
    if (arena->failed) return status_no_memory(err, "a message", data_size);
    if (!w.failed && bytes_left(&w.in) == 0) return INGLE_OK;
    return status_set(err, INGLE_INVALID, w.in.pos,
                      "The process at the other end sent a malformed message.");
}
