#include "engine/pack/pack.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"

static const struct pack_kind *const kinds[] = {&pack_classifier, &pack_tagger, &pack_encoder};

ingle_status pack_int(const struct ingle_pack *p, const char *key, int64_t min, int64_t max,
                      int64_t *out, ingle_error *err) {
    const struct gguf_kv *kv = gguf_find(p->file, key);
    if (kv && !kv->is_array && gguf_get_int(kv, 0, out) && *out >= min && *out <= max) {
        return INGLE_OK;
    }
    return status_set(err, INGLE_INVALID, kv ? kv->where : 0,
                      "%s of the pack '%s' must be an integer from %" PRId64 " to %" PRId64 ".",
                      key, gguf_path(p->file), min, max);
}

ingle_status pack_float(const struct ingle_pack *p, const char *key, float *out, ingle_error *err) {
    const struct gguf_kv *kv = gguf_find(p->file, key);
    double value;
    if (kv && !kv->is_array && gguf_get_float(kv, 0, &value) && isfinite((float)value)) {
        *out = (float)value;
        return INGLE_OK;
    }
    return status_set(err, INGLE_INVALID, kv ? kv->where : 0,
                      "%s of the pack '%s' must be a finite number.", key, gguf_path(p->file));
}

ingle_status pack_tensor(const struct ingle_pack *p, const char *name, uint32_t type,
                         uint64_t n_cols, uint64_t n_rows, const void **data, ingle_error *err) {
    const struct gguf_tensor *t = gguf_find_tensor(p->file, name);
    if (!t || t->type != type || t->dims[0] != n_cols || t->dims[1] != n_rows || t->dims[2] != 1 ||
        t->dims[3] != 1) {
        return status_set(err, INGLE_INVALID, t ? t->where : 0,
                          "The tensor %s of the pack '%s' must be %s of %" PRIu64 " x %" PRIu64 ".",
                          name, gguf_path(p->file), gguf_type_info(type).name, n_cols, n_rows);
    }
    *data = t->data;
    return INGLE_OK;
}

/* The string of a key; "" if there is none. */
static ingle_status find_string(const struct gguf *file, const char *key, struct gguf_str *out,
                                ingle_error *err) {
    *out = (struct gguf_str){"", 0};
    const struct gguf_kv *kv = gguf_find(file, key);
    if (!kv || (gguf_get_str(kv, out) && !memchr(out->data, '\0', out->len))) return INGLE_OK;
    return status_set(err, INGLE_INVALID, kv->where, "%s of the pack '%s' must be a string.", key,
                      gguf_path(file));
}

static ingle_status choose_kind(struct ingle_pack *p, ingle_error *err) {
    struct gguf_str arch, name;
    INGLE_TRY(find_string(p->file, "general.architecture", &arch, err));
    if (arch.len != strlen(PACK_ARCHITECTURE) ||
        memcmp(arch.data, PACK_ARCHITECTURE, arch.len) != 0) {
        return status_set(err, INGLE_UNSUPPORTED, 0,
                          "'%s' is no pack: its architecture is '%.*s', not '" PACK_ARCHITECTURE
                          "'.",
                          gguf_path(p->file), (int)(arch.len > 40 ? 40 : arch.len), arch.data);
    }
    INGLE_TRY(find_string(p->file, "ingle.kind", &name, err));
    for (size_t i = 0; i < BASE_COUNT(kinds); i++) {
        if (name.len != strlen(kinds[i]->name) ||
            memcmp(name.data, kinds[i]->name, name.len) != 0) {
            continue;
        }
        int64_t version = 0;
        INGLE_TRY(pack_int(p, "ingle.version", 1, INT32_MAX, &version, err));
        if (version != kinds[i]->version) {
            return status_set(err, INGLE_UNSUPPORTED, 0,
                              "'%s' is a %s of version %" PRId64 "; this ingle reads version %u.",
                              gguf_path(p->file), kinds[i]->name, version, kinds[i]->version);
        }
        p->kind = kinds[i];
        return INGLE_OK;
    }
    return status_set(err, INGLE_UNSUPPORTED, 0,
                      "'%s' is a pack of a kind that is not known: '%.*s'.", gguf_path(p->file),
                      (int)(name.len > 40 ? 40 : name.len), name.data);
}

/* Copies a string behind `*at`, with a NUL. */
static const char *keep(char **at, struct gguf_str s) {
    char *start = *at;
    if (s.len) memcpy(start, s.data, s.len);
    start[s.len] = '\0';
    *at = start + s.len + 1;
    return start;
}

static ingle_status find_labels(const struct ingle_pack *p, const struct gguf_kv **out,
                                size_t *size, ingle_error *err) {
    *out = gguf_find(p->file, "ingle.labels");
    *size = 0;
    const struct gguf_kv *kv = *out;
    bool good = kv && kv->is_array && kv->type == GGUF_STRING && kv->count > 0 &&
                kv->count <= PACK_MAX_LABELS;
    struct gguf_str label;
    for (size_t cursor = 0; good && gguf_next_str(kv, &cursor, &label);) {
        good = label.len > 0 && !memchr(label.data, '\0', label.len);
        *size += label.len + 1;
    }
    if (good) return INGLE_OK;
    return status_set(err, INGLE_INVALID, kv ? kv->where : 0,
                      "ingle.labels of the pack '%s' must be 1 to %d strings, none of them empty.",
                      gguf_path(p->file), PACK_MAX_LABELS);
}

/* What the file says of the pack, as strings of C. */
static ingle_status read_strings(struct ingle_pack *p, ingle_error *err) {
    static const char *const keys[] = {"general.name", "general.license", "ingle.attribution"};
    struct gguf_str found[BASE_COUNT(keys)];
    size_t size = 0;
    for (size_t i = 0; i < BASE_COUNT(keys); i++) {
        INGLE_TRY(find_string(p->file, keys[i], &found[i], err));
        size += found[i].len + 1;
    }
    const struct gguf_kv *labels = NULL;
    if (p->kind->has_labels) {
        size_t more;
        INGLE_TRY(find_labels(p, &labels, &more, err));
        size += more;
        p->labels = mem_calloc((size_t)labels->count, sizeof *p->labels);
        if (!p->labels) return status_no_memory(err, "the labels", labels->count);
    }
    char *at = p->strings = mem_alloc(size);
    if (!at) return status_no_memory(err, "the labels", size);
    p->name = keep(&at, found[0]);
    p->licence = keep(&at, found[1]);
    p->attribution = keep(&at, found[2]);
    struct gguf_str label;
    for (size_t cursor = 0; labels && gguf_next_str(labels, &cursor, &label);) {
        p->labels[p->n_labels++] = keep(&at, label);
    }
    return INGLE_OK;
}

ingle_status pack_open(struct ingle_pack **out, struct gguf *file, ingle_error *err) {
    *out = NULL;
    struct ingle_pack *p = mem_calloc(1, sizeof *p);
    if (!p) {
        gguf_close(file);
        return status_no_memory(err, "a pack", sizeof *p);
    }
    p->file = file;
    ingle_status status = choose_kind(p, err);
    if (status == INGLE_OK) status = read_strings(p, err);
    if (status == INGLE_OK) status = p->kind->open(p, err);
    if (status != INGLE_OK) {
        pack_close(p);
        return status;
    }
    *out = p;
    return INGLE_OK;
}

void pack_close(struct ingle_pack *p) {
    if (!p) return;
    if (p->kind) p->kind->close(p);
    mem_free(p->labels);
    mem_free(p->strings);
    gguf_close(p->file);
    mem_free(p);
}

ingle_status pack_expect(const struct ingle_pack *p, const struct pack_kind *kind,
                         ingle_error *err) {
    if (p && p->kind == kind) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0, "A pack of kind %s is needed%s%s.", kind->name,
                      p ? "; this one is a " : "", p ? p->kind->name : "");
}
