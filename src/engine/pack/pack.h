/* A pack as the library holds it: a GGUF file of architecture "ingle-pack" and what its kind makes
 * of it. Each kind is one file (classifier.c, tagger.c, encoder.c) behind struct pack_kind; who
 * opens, closes and describes packs is pack.c, and nothing here knows of training. */
#ifndef INGLE_ENGINE_PACK_PACK_H
#define INGLE_ENGINE_PACK_PACK_H

#include "base/status.h"
#include "engine/format/gguf.h"
#include "ingle/pack.h"

/* Metadata that every pack has:
 *   general.architecture  "ingle-pack"
 *   general.name, general.license, ingle.attribution   strings; optional
 *   ingle.kind            "classifier", "tagger" or "encoder"
 *   ingle.version         u32, of the kind's own layout
 *   ingle.labels          array of strings; classifier and tagger */
#define PACK_ARCHITECTURE "ingle-pack"
#define PACK_MAX_LABELS 65536

struct ingle_pack {
    struct gguf *file;
    const struct pack_kind *kind;
    void *model;   /* the kind's own */
    char *strings; /* owned: name, licence, attribution and labels, NUL-terminated */
    const char *name, *licence, *attribution;
    const char **labels; /* [n_labels] owned array */
    size_t n_labels, n_dims;
};

struct pack_kind {
    ingle_pack_kind id;
    const char *name;
    uint32_t version;
    bool has_labels;
    /* Sets p->model (and n_dims) from p->file; everything in it is checked. On failure
     * close() is called all the same. */
    ingle_status (*open)(struct ingle_pack *p, ingle_error *err);
    void (*close)(struct ingle_pack *p);
};

extern const struct pack_kind pack_classifier, pack_tagger, pack_encoder;

/* What the kinds need when they open: a tensor of the type and dims, its data; INVALID names it. */
BASE_NODISCARD ingle_status pack_tensor(const struct ingle_pack *p, const char *name, uint32_t type,
                                        uint64_t n_cols, uint64_t n_rows, const void **data,
                                        ingle_error *err);
/* An integer in [min, max] / a finite number. */
BASE_NODISCARD ingle_status pack_int(const struct ingle_pack *p, const char *key, int64_t min,
                                     int64_t max, int64_t *out, ingle_error *err);
BASE_NODISCARD ingle_status pack_float(const struct ingle_pack *p, const char *key, float *out,
                                       ingle_error *err);

/* Owns `file` from now on, also on failure. */
BASE_NODISCARD ingle_status pack_open(struct ingle_pack **out, struct gguf *file, ingle_error *err);
void pack_close(struct ingle_pack *p);

/* BAD_ARGUMENT if the pack is not of this kind. */
BASE_NODISCARD ingle_status pack_expect(const struct ingle_pack *p, const struct pack_kind *kind,
                                        ingle_error *err);

#endif
