/* What encoding one text takes along: the ids so far, scratch, and what parts of the text became,
 * so that one that comes again need not be merged again. */
#ifndef INGLE_ENGINE_TEXT_PARTS_H
#define INGLE_ENGINE_TEXT_PARTS_H

#include "base/buf.h"
#include "base/status.h"
#include "engine/format/name_index.h"
#include "engine/text/merge.h"

/* Token ids as they are found: at most cap are kept, all are counted. */
struct id_sink {
    int32_t *ids;
    size_t cap, n;
};

static inline void id_sink_put(struct id_sink *sink, int32_t id) {
    if (sink->n < sink->cap) sink->ids[sink->n] = id;
    sink->n++;
}

#define PART_IDS 10

/* A cache line. Of two parts that belong in one place the later takes it. */
struct part {
    struct name_key key; /* of the bytes; zeroed = empty */
    uint32_t fragment;   /* the one that a part longer than a key stands in, */
    uint32_t start;      /* and where */
    uint32_t n;          /* ids */
    int32_t ids[PART_IDS];
};

/* Of one call of the tokenizer. Zeroed is valid but for the maximum of buf. */
struct text_scratch {
    struct merger merger;
    struct buf buf;   /* holds the fragment where the algorithm wants it otherwise */
    const char *text; /* the fragment that is encoded now, [len] */
    size_t len;
    bool open;          /* the text may go on: what that could change is left out */
    uint32_t fragment;  /* its number */
    struct part *parts; /* [1 << (64 - part_shift)]; NULL for a short text */
    unsigned part_shift;
};

/* Makes room to remember parts of a text of len bytes; false if out of memory. */
BASE_NODISCARD bool scratch_init(struct text_scratch *s, size_t len);
void scratch_clear(struct text_scratch *s);

static inline void scratch_begin(struct text_scratch *s, const char *text, size_t len) {
    s->text = text;
    s->len = len;
    s->fragment++;
}

/* Of text[start..start + len) of the current fragment. */
static inline struct name_key scratch_key(const struct text_scratch *s,
                                          const struct name_index *index, size_t start,
                                          size_t len) {
    if (s->len - start < NAME_KEY_READS) return name_key_of(index, s->text + start, len);
    return name_key_of_padded(index, s->text + start, len);
}

/* Merges text[start..end) of the current fragment. The ids depend on these bytes alone. */
typedef ingle_status (*merge_part_fn)(const void *rules, struct text_scratch *s, size_t start,
                                      size_t end, struct id_sink *out, ingle_error *err);

/* The ids of text[start..end) of the current fragment, remembered or merged. */
BASE_NODISCARD ingle_status scratch_put_part(struct text_scratch *s, const struct name_index *index,
                                             merge_part_fn merge, const void *rules, size_t start,
                                             size_t end, struct id_sink *out, ingle_error *err);

#endif
