/* The bodies of messages: a visitor that writes a struct's fields into a buffer or reads them back,
 * so that one function describes a message for both sides and they cannot disagree.
 *
 *     void msg_greeting(struct wire *w, struct msg_greeting *m) {
 *         wire_u32(w, &m->n);
 *         wire_text(w, &m->words, GREETING_MAX);
 *     }
 *
 * All is little-endian and packed; there are no pointers and no paths. What is read is checked
 * against the bounds that the visitor names: one value outside fails the whole message. Texts and
 * lists that were read borrow from the body or from the arena. */
#ifndef INGLE_WORKER_WIRE_WIRE_H
#define INGLE_WORKER_WIRE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"

struct wire {
    struct buf *out;     /* writing; NULL = reading */
    struct bytes in;     /* reading */
    struct arena *arena; /* reading: of lists, and of texts that need a NUL behind them */
    bool failed;         /* sticky */
};

/* The visitor of a message, or of an item of a list. When it writes it changes nothing. */
typedef void (*wire_fn)(struct wire *w, void *message);

/* Bytes that belong to somebody else. */
struct wire_text {
    const char *data; /* [len]; a NUL behind them that does not count */
    size_t len;
};

void wire_u32(struct wire *w, uint32_t *value);
void wire_u64(struct wire *w, uint64_t *value);
void wire_size(struct wire *w, size_t *value); /* as 64 bits */
void wire_int(struct wire *w, int *value, int min, int max);
void wire_bool(struct wire *w, bool *value);
void wire_float(struct wire *w, float *value);
void wire_double(struct wire *w, double *value);
void wire_text(struct wire *w, struct wire_text *text, size_t max);
/* The same without the NUL: borrowed from the body, never copied. */
void wire_view(struct wire *w, struct wire_text *text, size_t max);
/* A string with a NUL of its own, none inside; NULL is told apart from "". */
void wire_string(struct wire *w, const char **text, size_t max);
void wire_some_string(struct wire *w, const char **text,
                      size_t max);                        /* not NULL; that is written as "" */
void wire_fixed(struct wire *w, void *data, size_t size); /* bytes that are always as many */
void wire_chars(struct wire *w, char *text, size_t cap);  /* a string in a field of cap bytes */
/* A list of structs, each written or read by `visit`. items: the address of a pointer to the first
 * of *n of item_size bytes; reading, they are made. */
void wire_list(struct wire *w, void *items, size_t *n, size_t item_size, size_t max, wire_fn visit);
void wire_strings(struct wire *w, const char *const **items, size_t *n, size_t max,
                  size_t max_each);

/* A field of an enum whose values are 0 to max. */
#define WIRE_ENUM(w, field, max)                                                                   \
    do {                                                                                           \
        int wire_value = (int)(field);                                                             \
        wire_int((w), &wire_value, 0, (int)(max));                                                 \
        if (!(w)->out) (field) = (__typeof__(field))wire_value;                                    \
    } while (0)

/* Adds the message's bytes to *out. LIMIT if that is more than out->max, or than there is memory.
 */
BASE_NODISCARD ingle_status wire_write(struct buf *out, wire_fn visit, const void *message,
                                       ingle_error *err);

/* Fills *message, which is zeroed first up to size. INVALID if the bytes are no such message:
 * all of them must have been read. */
BASE_NODISCARD ingle_status wire_read(void *message, size_t size, wire_fn visit, const void *data,
                                      size_t data_size, struct arena *arena, ingle_error *err);

#endif
