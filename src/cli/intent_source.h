/* What `ingle intent` asks: a pack (intent_pack.c), or whatever else can say which of its labels a
 * text deserves. */
#ifndef INGLE_CLI_INTENT_SOURCE_H
#define INGLE_CLI_INTENT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

#define INTENT_MAX_TOP 1000

struct intent_guess {
    const char *label; /* borrowed from the source */
    float confidence;
};

struct intent_answer {
    bool is_none;     /* none of the labels */
    float confidence; /* that the answer is right */
    size_t n;         /* guesses, the likeliest first; 1 at least */
    struct intent_guess top[INTENT_MAX_TOP];
};

struct intent_source {
    void *self;
    /* The n_top likeliest labels. */
    ingle_status (*ask)(void *self, const char *text, size_t len, size_t n_top,
                        struct intent_answer *out, ingle_error *err);
    void (*close)(void *self);
};

/* path NULL: the built-in pack. Zeroed by the caller, and closed by it, also after a failure. */
BASE_NODISCARD ingle_status intent_source_pack(struct intent_source *s, const char *path,
                                               ingle_error *err);
static inline void intent_source_close(struct intent_source *s) {
    if (s->close) s->close(s->self);
    *s = (struct intent_source){0};
}

#endif
