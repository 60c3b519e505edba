/* Finds stop strings in a stream of text and holds back only what could still become one.
 * The match that is complete first ends the text; of several complete at the same byte, the
 * longest. So the answer never depends on how the text is cut into pieces.
 * Generation calls it; it knows nothing of tokens. */
#ifndef INGLE_ENGINE_RUN_STOP_H
#define INGLE_ENGINE_RUN_STOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define STOP_MAX_STRINGS 256
#define STOP_MAX_LEN 4096

/* Takes text that is certain, in order. Returns false to end the stream. */
typedef bool (*stop_sink_fn)(const char *text, size_t len, void *user);

struct stop_string {
    const char *text; /* borrowed */
    uint32_t len;
    uint32_t matched; /* bytes of text that the stream ends with */
    uint32_t *border; /* [len] border[i]: longest proper prefix of text[0..i] that ends it too */
};

struct stop {
    struct stop_string *strings; /* [n] */
    uint32_t *borders;
    size_t n;
    size_t longest; /* index of the string with most bytes matched, if any has; after STOP_FOUND of
                       the one that was found */
    size_t n_held;  /* its matched bytes: the end of the stream, not yet delivered */
};

enum stop_outcome { STOP_MORE, STOP_FOUND, STOP_SINK_ENDED };

/* The texts (NUL-terminated UTF-8, not empty) must outlive *s. BAD_ARGUMENT names the string that
 * is not allowed. */
BASE_NODISCARD ingle_status stop_init(struct stop *s, const char *const *texts, size_t n,
                                      ingle_error *err);
void stop_clear(struct stop *s);

/* Passes on what has become certain. After STOP_FOUND the stream is over: the stop string and
 * what follows it are dropped. Never allocates; linear in len for a given set of strings. */
enum stop_outcome stop_feed(struct stop *s, const char *text, size_t len, stop_sink_fn sink,
                            void *user);

/* End of the stream: passes on what is held back. False if the sink ended it. */
bool stop_flush(struct stop *s, stop_sink_fn sink, void *user);

#endif
