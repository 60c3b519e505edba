/* Texts with marked spans, as a tagger learns from them: JSON lines
 *     {"text": "Call Ada.", "spans": [{"from": 5, "to": 8, "label": "PERSON"}]}
 * with offsets in bytes of the text as UTF-8. Order of the spans does not matter. */
#ifndef INGLE_LEARN_TAGGER_DATA_H
#define INGLE_LEARN_TAGGER_DATA_H

#include "base/arena.h"
#include "base/status.h"

struct tagged_span {
    size_t from, to;
    size_t label;
};

struct tagged_text {
    const char *text;
    size_t len;
    const struct tagged_span *spans; /* in order */
    size_t n_spans;
};

struct tagger_data {
    struct arena arena;
    struct tagged_text *texts; /* owned array */
    size_t n_texts, texts_cap;
    const char **labels; /* owned array; in order of first use */
    size_t n_labels;
};

/* Adds the texts of all lines to *d, which is zeroed at first; empty lines are passed over. INVALID
 * names the line and what is wrong with it; LIMIT for more than TAG_MAX_LABELS labels or too much
 * text. *d is cleared by the caller, after a failure too. */
BASE_NODISCARD ingle_status tagger_data_read(struct tagger_data *d, const char *jsonl, size_t len,
                                             const char *name, ingle_error *err);
void tagger_data_clear(struct tagger_data *d);

#endif
