/* Packs: models made for one task, small enough to be part of a program. A pack is a GGUF file of
 * ingle's own kinds (docs/packs.md): a classifier says which of its labels a text deserves, a
 * tagger finds personal data in a text, an encoder turns a text into a vector. Results come in
 * microseconds; no session is needed. A pack never changes: any number of threads may use one. */
#ifndef INGLE_PACK_H
#define INGLE_PACK_H

#include <stdbool.h>
#include <stddef.h>

#include "ingle/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ingle_pack ingle_pack;

typedef enum ingle_pack_kind {
    INGLE_PACK_CLASSIFIER,
    INGLE_PACK_TAGGER,
    INGLE_PACK_ENCODER
} ingle_pack_kind;

/* Opens the pack in a file / in memory that stays unchanged until the pack is closed. `name` stands
 * for the memory in messages. INVALID, with the place, for bytes that are no pack; UNSUPPORTED for
 * a GGUF file of another kind or version. */
INGLE_API INGLE_NODISCARD ingle_status ingle_pack_open(ingle_pack **out, const char *path,
                                                       ingle_error *err);
INGLE_API INGLE_NODISCARD ingle_status ingle_pack_open_memory(ingle_pack **out, const void *data,
                                                              size_t size, const char *name,
                                                              ingle_error *err);
INGLE_API void ingle_pack_close(ingle_pack *pack); /* NULL is fine */

/* Strings are borrowed from the pack; "" where the file says nothing. */
typedef struct ingle_pack_info {
    ingle_pack_kind kind;
    const char *name;        /* general.name */
    const char *licence;     /* general.license */
    const char *attribution; /* what it was trained on, and whose that is */
    size_t n_labels;         /* of a classifier or tagger */
    size_t n_dims;           /* of an encoder */
} ingle_pack_info;

INGLE_API ingle_pack_info ingle_pack_get_info(const ingle_pack *pack);

/* Label i < n_labels, NUL-terminated, borrowed; NULL if there is none. */
INGLE_API const char *ingle_pack_label(const ingle_pack *pack, size_t i);

/* ---- classifiers ---- */

typedef struct ingle_class {
    size_t label;     /* its number */
    float confidence; /* calibrated: the share of such answers that are right */
} ingle_class;

typedef struct ingle_classification {
    bool is_none;     /* none of the labels: the text is out of scope */
    float confidence; /* that the answer (the first label, or none) is right */
    size_t n;         /* labels written to top */
} ingle_classification;

/* The n_top likeliest labels, the likeliest first, whether or not the text is out of scope.
 * BAD_ARGUMENT for a pack of another kind. Any bytes; what is no UTF-8 counts as U+FFFD, and of a
 * text longer than 8 KiB the first 8 KiB count. */
INGLE_API INGLE_NODISCARD ingle_status ingle_classify(const ingle_pack *pack, const char *text,
                                                      size_t len, ingle_class *top, size_t n_top,
                                                      ingle_classification *out, ingle_error *err);

/* ---- taggers ---- */

typedef struct ingle_span {
    size_t from, to; /* bytes of the text */
    size_t label;    /* its number */
    float confidence;
} ingle_span;

/* Receives a span; spans come in order and do not overlap. Returns false to stop. */
typedef bool (*ingle_span_fn)(const ingle_span *span, void *user);

/* Finds what the tagger's labels name. A text of any length, which must be UTF-8 (INVALID). */
INGLE_API INGLE_NODISCARD ingle_status ingle_tag(const ingle_pack *pack, const char *text,
                                                 size_t len, ingle_span_fn on_span, void *user,
                                                 ingle_error *err);

/* ---- encoders ---- */

/* vector[n_dims] of length 1: the nearer two texts in meaning, the greater their dot product. A
 * text in which the encoder knows nothing gives zeros. */
INGLE_API INGLE_NODISCARD ingle_status ingle_encode(const ingle_pack *pack, const char *text,
                                                    size_t len, float *vector, ingle_error *err);

#ifdef __cplusplus
}
#endif

#endif
