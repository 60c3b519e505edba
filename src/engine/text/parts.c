#include "engine/text/parts.h"

#include "base/alloc.h"

/* Zeroing a line of cache for sixteen bytes of text costs next to nothing beside encoding them. */
#define LEAST_TEXT 512
#define BYTES_A_PART 16
#define MAX_BITS 12     /* 256 KiB: stays in a second-level cache */
#define MAX_PART_LEN 64 /* longer ones hardly come again */

bool scratch_init(struct text_scratch *s, size_t len) {
    unsigned bits = 0;
    buf_init(&s->buf, 3 * len + 1);
    if (len < LEAST_TEXT) return true;
    while (bits < MAX_BITS && ((size_t)BYTES_A_PART << bits) < len) bits++;
    s->part_shift = 64 - bits;
    s->parts = mem_calloc((size_t)1 << bits, sizeof *s->parts);
    return s->parts != NULL;
}

void scratch_clear(struct text_scratch *s) {
    merger_clear(&s->merger);
    buf_clear(&s->buf);
    mem_free(s->parts);
    s->parts = NULL;
}

static struct part *place_of(const struct text_scratch *s, struct name_key key) {
    uint64_t h = (key.head ^ (uint64_t)key.tail << 32) * 0x9e3779b97f4a7c15u;
    return &s->parts[h >> s->part_shift];
}

static bool is(const struct text_scratch *s, const struct part *part, struct name_key key,
               size_t start, size_t len) {
    if (part->key.head != key.head || part->key.tail != key.tail) return false;
    if (len <= NAME_KEY_MAX) return true;
    return part->fragment == s->fragment &&
           memcmp(s->text + part->start, s->text + start, len) == 0;
}

/* Merges a part into its place. False in *fits if the ids are too many for that. */
static ingle_status remember(struct text_scratch *s, struct part *part, merge_part_fn merge,
                             const void *rules, size_t start, size_t end, bool *fits,
                             ingle_error *err) {
    struct id_sink ids = {.ids = part->ids, .cap = PART_IDS};
    part->key.tail = 0;
    INGLE_TRY(merge(rules, s, start, end, &ids, err));
    *fits = ids.n <= PART_IDS;
    part->fragment = s->fragment;
    part->start = (uint32_t)start;
    part->n = (uint32_t)ids.n;
    return INGLE_OK;
}

ingle_status scratch_put_part(struct text_scratch *s, const struct name_index *index,
                              merge_part_fn merge, const void *rules, size_t start, size_t end,
                              struct id_sink *out, ingle_error *err) {
    size_t len = end - start;
    if (!s->parts || len > MAX_PART_LEN) return merge(rules, s, start, end, out, err);
    struct name_key key = scratch_key(s, index, start, len);
    struct part *part = place_of(s, key);
    if (!is(s, part, key, start, len)) {
        bool fits;
        INGLE_TRY(remember(s, part, merge, rules, start, end, &fits, err));
        if (!fits) return merge(rules, s, start, end, out, err);
        part->key = key;
    }
    for (uint32_t i = 0; i < part->n; i++) id_sink_put(out, part->ids[i]);
    return INGLE_OK;
}
