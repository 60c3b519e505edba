#include "engine/model/model.h"

#include "base/alloc.h"
#include "base/size.h"
#include "engine/model/arch.h"
#include "engine/model/bind.h"
#include "engine/model/weights.h"

/* A fused bias is bound once for each of its three parts. */
#define MAX_BINDS_PER_VECTOR 3

/* Vectors are few and small: one allocation for all of them, sized from the file's own tensors. */
static ingle_status reserve_vectors(struct model *m, const struct gguf *g, ingle_error *err) {
    size_t n = 0;
    for (size_t i = 0; i < gguf_n_tensors(g); i++) {
        const struct gguf_tensor *t = gguf_tensor_at(g, i);
        if (t->dims[1] == 1 && t->dims[2] == 1 && t->dims[3] == 1 &&
            (t->dims[0] > SIZE_MAX || !add_size(&n, n, (size_t)t->dims[0]))) {
            return status_no_memory(err, "the model's vectors", UINT64_MAX);
        }
    }
    if (!mul_size(&m->vectors_cap, n, MAX_BINDS_PER_VECTOR)) m->vectors_cap = SIZE_MAX;
    m->vectors = mem_calloc(m->vectors_cap, sizeof *m->vectors);
    if (!m->vectors) return status_no_memory(err, "the model's vectors", m->vectors_cap);
    return INGLE_OK;
}

static ingle_status find_arch(struct model *m, const struct gguf *g, ingle_error *err) {
    const struct gguf_kv *kv = gguf_find(g, "general.architecture");
    struct gguf_str name;
    if (!kv || !gguf_get_str(kv, &name)) {
        return status_set(err, INGLE_INVALID, 0, "'%s' does not name its architecture.",
                          gguf_path(g));
    }
    m->arch = model_arch_find(name);
    if (!m->arch) {
        return status_set(err, INGLE_UNSUPPORTED, kv->where,
                          "The architecture '%.*s' of '%s' is not supported; ingle runs %s.",
                          (int)(name.len > 40 ? 40 : name.len), name.data, gguf_path(g),
                          model_arch_names());
    }
    return INGLE_OK;
}

static ingle_status bind_all(struct model *m, const struct gguf *g, ingle_error *err) {
    struct binder b = {.model = m, .g = g, .err = err};
    m->layers = mem_calloc((size_t)m->hp.n_layer, sizeof *m->layers);
    b.used = mem_calloc(gguf_n_tensors(g), 1);
    if (!m->layers || !b.used) {
        mem_free(b.used);
        return status_no_memory(err, "the model's layers",
                                (size_t)m->hp.n_layer * sizeof *m->layers);
    }
    ingle_status status = m->arch->bind(&b);
    if (status == INGLE_OK) status = bind_finish(&b);
    mem_free(b.used);
    return status;
}

static ingle_status open_into(struct model *m, const struct gguf *g,
                              const struct model_options *opt, ingle_error *err) {
    INGLE_TRY(find_arch(m, g, err));
    INGLE_TRY(hparams_read(&m->hp, g, m->arch->name, err));
    INGLE_TRY(reserve_vectors(m, g, err));
    INGLE_TRY(bind_all(m, g, err));
    return weights_open(m, g, opt, err);
}

static uint64_t count_params(const struct gguf *g) {
    uint64_t n = 0;
    for (size_t i = 0; i < gguf_n_tensors(g); i++) {
        const struct gguf_tensor *t = gguf_tensor_at(g, i);
        n += t->dims[0] * t->dims[1] * t->dims[2] * t->dims[3];
    }
    return n;
}

ingle_status model_open(struct model **out, const struct gguf *g, const struct model_options *opt,
                        ingle_error *err) {
    *out = NULL;
    struct model *m = mem_calloc(1, sizeof *m);
    if (!m) return status_no_memory(err, "the model", sizeof *m);
    kern_ops_init(&m->ops, opt->tier);
    m->n_params = count_params(g);
    ingle_status status = open_into(m, g, opt, err);
    if (status != INGLE_OK) {
        model_close(m);
        return status;
    }
    *out = m;
    return INGLE_OK;
}

void model_close(struct model *m) {
    if (!m) return;
    weights_close(&m->weights);
    mem_free(m->layers);
    mem_free(m->vectors);
    mem_free(m);
}
