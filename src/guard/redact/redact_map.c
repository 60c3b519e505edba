#include "guard/redact/redact_map.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "guard/redact/redact_fold.h"
#include "guard/redact/redact_map_internal.h"

#define MAX_MEMORY ((size_t)512 << 20)
#define MAX_KINDS 128

/* ---- the map ---- */

static uint64_t hash_of(uint64_t seed, const char *data, size_t len) {
    return hash_bytes(seed, data, len) | 1; /* 0 is no hash */
}

ingle_status redact_map_new(struct redact_map **out, ingle_error *err) {
    struct redact_map *map = *out = mem_calloc(1, sizeof *map);
    if (!map) return status_no_memory(err, "a map", sizeof *map);
    arena_init(&map->arena, MAX_MEMORY);
    map->seed = hash_seed(map);
    return INGLE_OK;
}

void redact_map_free(struct redact_map *map) {
    if (!map) return;
    arena_clear(&map->arena);
    redact_index_clear(&map->by_placeholder);
    mem_free(map->entries);
    mem_free(map);
}

size_t redact_map_count(const struct redact_map *map) {
    return map->n;
}

static ingle_status no_room(const struct redact_map *map, ingle_error *err) {
    if (map->arena.total < map->arena.max / 2) {
        return status_no_memory(err, "the map", map->arena.total);
    }
    return status_set(err, INGLE_LIMIT, 0,
                      "There is more personal data in the text than a map can hold (%zu MiB).",
                      map->arena.max >> 20);
}

struct redact_entry *redact_map_find(const struct redact_map *map, const char *placeholder,
                                     size_t len) {
    uint32_t i;
    if (!redact_index_find(&map->by_placeholder, hash_of(map->seed, placeholder, len), &i))
        return NULL;
    struct redact_entry *e = &map->entries[i];
    bool is_it = e->placeholder_len == len && memcmp(e->placeholder, placeholder, len) == 0;
    return is_it ? e : NULL;
}

ingle_status redact_map_add(struct redact_map *map, const struct redact_entry *entry,
                            ingle_error *err) {
    if (map->n == map->cap) {
        size_t cap = map->cap ? map->cap * 2 : 64;
        struct redact_entry *grown = mem_realloc(map->entries, cap * sizeof *grown);
        if (!grown) return status_no_memory(err, "the map", cap * sizeof *grown);
        map->entries = grown;
        map->cap = cap;
    }
    struct redact_entry e = *entry;
    e.placeholder = arena_copy(&map->arena, entry->placeholder, entry->placeholder_len);
    e.kind = arena_copy(&map->arena, entry->kind, strlen(entry->kind));
    e.text = arena_copy(&map->arena, entry->text, entry->len);
    e.others = e.last = NULL;
    if (!e.placeholder || !e.kind || !e.text) return no_room(map, err);
    INGLE_TRY(redact_index_add(&map->by_placeholder,
                               hash_of(map->seed, e.placeholder, e.placeholder_len),
                               (uint32_t)map->n, err));
    map->entries[map->n++] = e;
    return INGLE_OK;
}

ingle_status redact_map_add_spelling(struct redact_map *map, struct redact_entry *e,
                                     uint64_t occurrence, const char *text, size_t len,
                                     ingle_error *err) {
    struct redact_spelling *s = arena_alloc(&map->arena, sizeof *s);
    if (s) s->text = arena_copy(&map->arena, text, len);
    if (!s || !s->text) return no_room(map, err);
    s->occurrence = occurrence;
    s->len = len;
    if (e->last) {
        e->last->next = s;
    } else {
        e->others = s;
    }
    e->last = s;
    return INGLE_OK;
}

size_t redact_placeholder_len(const char *text, size_t len) {
    size_t i = 1, digits = 0;
    if (len < 5 || text[0] != '[' || text[1] < 'A' || text[1] > 'Z') return 0;
    for (; i < len && i < REDACT_MAX_PLACEHOLDER; i++) {
        char c = text[i];
        bool is_digit = c >= '0' && c <= '9';
        if (c == ']') return digits && text[i - digits - 1] == '_' ? i + 1 : 0;
        if (!is_digit && c != '_' && (c < 'A' || c > 'Z')) return 0;
        digits = is_digit ? digits + 1 : 0;
    }
    return 0;
}

/* ---- redacting ---- */

struct applying {
    struct redact_map *map;
    struct redact_index by_value; /* of kind and normalised value, to entries */
    struct redact_index taken;    /* placeholders that the text has in it */
    struct buf value;             /* the normalised one */
    const char *kinds[MAX_KINDS];
    uint64_t n_given[MAX_KINDS]; /* numbers given or passed over */
    size_t n_kinds;
};

/* Letters small, white space one blank. */
static void normalise(struct buf *out, const char *kind, const char *text, size_t len) {
    uint32_t last = 0;
    buf_reset(out);
    buf_add_str(out, kind);
    buf_add(out, "\0", 1);
    for (size_t i = 0, n; i < len; i += n) {
        char bytes[4];
        uint32_t c = redact_fold(text + i, len - i, &n);
        if (c == ' ' && last == ' ') continue;
        last = c;
        if (c == UTF8_REPLACEMENT) { /* or bytes that are no character */
            buf_add(out, text + i, n);
        } else {
            buf_add(out, bytes, utf8_put(bytes, c));
        }
    }
}

static ingle_status find_taken(struct applying *a, const char *text, size_t len, ingle_error *err) {
    for (size_t i = 0; i < len; i++) {
        const char *bracket = memchr(text + i, '[', len - i);
        if (!bracket) return INGLE_OK;
        i = (size_t)(bracket - text);
        size_t n = redact_placeholder_len(bracket, len - i);
        if (n) INGLE_TRY(redact_index_add(&a->taken, hash_of(a->map->seed, bracket, n), 0, err));
    }
    return INGLE_OK;
}

static ingle_status next_number(struct applying *a, const char *kind, char *placeholder,
                                ingle_error *err) {
    size_t k = 0;
    while (k < a->n_kinds && strcmp(a->kinds[k], kind) != 0) k++;
    if (k == MAX_KINDS) {
        return status_set(err, INGLE_LIMIT, 0, "There are more than %d kinds of personal data.",
                          MAX_KINDS);
    }
    if (k == a->n_kinds) a->kinds[a->n_kinds++] = kind;
    uint32_t ignored;
    int n;
    do {
        n = snprintf(placeholder, REDACT_MAX_PLACEHOLDER, "[%.*s_%" PRIu64 "]", REDACT_MAX_KIND,
                     kind, ++a->n_given[k]);
    } while (redact_index_find(&a->taken, hash_of(a->map->seed, placeholder, (size_t)n), &ignored));
    return INGLE_OK;
}

static ingle_status entry_for(struct applying *a, const struct redact_span *span, const char *text,
                              uint32_t *out, ingle_error *err) {
    struct redact_map *map = a->map;
    size_t len = span->to - span->from;
    normalise(&a->value, span->kind, text + span->from, len);
    if (buf_failed(&a->value)) return status_no_memory(err, "a value", len);
    uint64_t hash = hash_of(map->seed, a->value.data, a->value.size);
    uint32_t i = (uint32_t)map->n;
    if (!redact_index_find(&a->by_value, hash, &i)) {
        char placeholder[REDACT_MAX_PLACEHOLDER + 1];
        INGLE_TRY(next_number(a, span->kind, placeholder, err));
        struct redact_entry e = {.placeholder = placeholder,
                                 .placeholder_len = strlen(placeholder),
                                 .kind = span->kind,
                                 .text = text + span->from,
                                 .len = len};
        i = (uint32_t)map->n;
        INGLE_TRY(redact_map_add(map, &e, err));
        INGLE_TRY(redact_index_add(&a->by_value, hash, i, err));
    }
    *out = i;
    struct redact_entry *e = &map->entries[i];
    e->n++;
    if (e->len == len && memcmp(e->text, text + span->from, len) == 0) return INGLE_OK;
    return redact_map_add_spelling(map, e, e->n, text + span->from, len, err);
}

static ingle_status tell(redact_piece_fn on_piece, void *user, const char *data, size_t len,
                         const char *kind, ingle_error *err) {
    if (len == 0 || on_piece(data, len, kind, user)) return INGLE_OK;
    return status_set(err, INGLE_CANCELLED, 0, "Interrupted.");
}

static ingle_status apply(struct applying *a, const char *text, size_t len,
                          const struct redact_spans *spans, redact_piece_fn on_piece, void *user,
                          ingle_error *err) {
    size_t at = 0;
    INGLE_TRY(find_taken(a, text, len, err));
    for (size_t i = 0; i < spans->n; i++) {
        const struct redact_span *span = &spans->items[i];
        uint32_t number = 0;
        INGLE_TRY(entry_for(a, span, text, &number, err));
        const struct redact_entry *e = &a->map->entries[number];
        INGLE_TRY(tell(on_piece, user, text + at, span->from - at, NULL, err));
        INGLE_TRY(tell(on_piece, user, e->placeholder, e->placeholder_len, span->kind, err));
        at = span->to;
    }
    return tell(on_piece, user, text + at, len - at, NULL, err);
}

ingle_status redact_apply(struct redact_map *map, const char *text, size_t len,
                          const struct redact_spans *spans, redact_piece_fn on_piece, void *user,
                          ingle_error *err) {
    struct applying a = {.map = map};
    buf_init(&a.value, MAX_MEMORY);
    ingle_status status = apply(&a, text, len, spans, on_piece, user, err);
    buf_clear(&a.value);
    redact_index_clear(&a.by_value);
    redact_index_clear(&a.taken);
    return status;
}

/* ---- restoring ---- */

struct occurrence {
    uint64_t n;                         /* of the placeholder so far */
    const struct redact_spelling *next; /* the next other spelling */
};

/* Calls with each placeholder of the map that the text has. */
static size_t next_placeholder(const struct redact_map *map, const char *text, size_t len,
                               size_t at, struct redact_entry **e) {
    for (; at < len; at++) {
        const char *bracket = memchr(text + at, '[', len - at);
        if (!bracket) break;
        at = (size_t)(bracket - text);
        size_t n = redact_placeholder_len(bracket, len - at);
        *e = n ? redact_map_find(map, bracket, n) : NULL;
        if (*e) return at;
    }
    *e = NULL;
    return len;
}

static ingle_status restore(const struct redact_map *map, const char *text, size_t len,
                            struct occurrence *seen, redact_piece_fn on_piece, void *user,
                            ingle_error *err) {
    struct redact_entry *e;
    for (size_t at = next_placeholder(map, text, len, 0, &e); e;) {
        seen[e - map->entries].n++;
        at = next_placeholder(map, text, len, at + e->placeholder_len, &e);
    }
    for (size_t i = 0; i < map->n; i++) {
        bool is_as_it_was = seen[i].n == map->entries[i].n;
        seen[i] = (struct occurrence){0, is_as_it_was ? map->entries[i].others : NULL};
    }
    for (size_t from = 0;;) {
        size_t at = next_placeholder(map, text, len, from, &e);
        INGLE_TRY(tell(on_piece, user, text + from, at - from, NULL, err));
        if (!e) return INGLE_OK;
        struct occurrence *o = &seen[e - map->entries];
        const struct redact_spelling *other = o->next;
        bool is_other = other && other->occurrence == ++o->n;
        if (!other) o->n++;
        if (is_other) o->next = other->next;
        INGLE_TRY(tell(on_piece, user, is_other ? other->text : e->text,
                       is_other ? other->len : e->len, e->kind, err));
        from = at + e->placeholder_len;
    }
}

ingle_status redact_restore(const struct redact_map *map, const char *text, size_t len,
                            redact_piece_fn on_piece, void *user, ingle_error *err) {
    struct occurrence *seen = mem_calloc(map->n + 1, sizeof *seen);
    if (!seen) return status_no_memory(err, "the placeholders", (map->n + 1) * sizeof *seen);
    ingle_status status = restore(map, text, len, seen, on_piece, user, err);
    mem_free(seen);
    return status;
}
