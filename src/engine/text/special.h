/* Finding tokens that are written out in a text: control tokens where the caller allows it,
 * user-defined ones always. Longest token first over the whole text, leftmost first among those
 * of one length. */
#ifndef INGLE_ENGINE_TEXT_SPECIAL_H
#define INGLE_ENGINE_TEXT_SPECIAL_H

#include "engine/text/text_range.h"
#include "engine/text/vocab.h"

/* All tokens of one length. */
struct special_group {
    size_t len;
    size_t first, n; /* in sorted, of those with this length */
    struct name_index index;
    uint8_t starts[32];         /* bit set of first bytes */
    uint8_t literal_starts[32]; /* of user-defined tokens only */
    bool has_literals;
    bool one_start; /* all begin with the same byte, as they mostly do */
};

struct special_token {
    struct gguf_str text;
    int32_t id;
};

struct special {
    struct special_token *sorted; /* [n], longest first */
    size_t n;
    struct special_group *groups;
    size_t n_groups;
};

/* A stretch of the text: a token found there, or raw text (id VOCAB_NONE), which never follows raw
 * text. */
struct fragment {
    size_t start, len;
    int32_t id;
    int32_t next; /* -1 = last */
};

/* A list that begins at element 0; zeroed is a valid empty one. */
struct fragments {
    struct fragment *at;
    size_t n, cap;
};

/* Zeroed by the caller, cleared by it also after a failure. */
BASE_NODISCARD ingle_status special_init(struct special *s, const struct vocab *v,
                                         ingle_error *err);
void special_clear(struct special *s);

/* Where control tokens are looked for: everywhere, or only where all of a token lies in one of the
 * ranges, which are in order and do not touch. */
struct special_where {
    bool everywhere;
    const struct text_range *ranges;
    size_t n_ranges;
};

/* Splits text[0..len), len > 0 and at most INT32_MAX. False if out of memory. Time: len times the
 * number of different lengths. */
BASE_NODISCARD bool special_split(const struct special *s, const struct vocab *v, const char *text,
                                  size_t len, const struct special_where *where,
                                  struct fragments *out);
/* How much of text[0..len) is split in the same way whatever follows it. */
size_t special_stable_len(const struct special *s, const struct vocab *v, const char *text,
                          size_t len, bool controls);
void fragments_clear(struct fragments *f);

#endif
