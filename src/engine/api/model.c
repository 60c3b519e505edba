#include "ingle/model.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/api/api.h"

#define NAME_MAX_LEN 256

ingle_model_options ingle_model_options_default(void) {
    return (ingle_model_options){.size = sizeof(ingle_model_options)};
}

ingle_model_files ingle_model_files_default(void) {
    return (ingle_model_files){
        .size = sizeof(ingle_model_files), .name = "the model", .packed = -1, .packed_new = -1};
}

/* What an open is to be of: a path, or files that are open already. */
struct opening {
    const char *path;
    const ingle_model_files *files; /* NULL = by path */
    ingle_model_options opt;
};

static ingle_status open_gguf(struct gguf **out, const struct opening *o, ingle_error *err) {
    if (!o->files) return gguf_open(out, o->path, err);
    return gguf_open_files(out, o->files->fds, o->files->n_fds, o->files->name, err);
}

static ingle_status choose_tier(enum cpu_tier *tier, const char *name, ingle_error *err) {
    *tier = cpu_tier_detect();
    if (!name) return INGLE_OK;
    if (!cpu_tier_parse(name, tier)) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "'%.40s' is not the name of a kernel tier.",
                          name);
    }
    if (!cpu_tier_available(*tier)) {
        return status_set(
            err, INGLE_BAD_ARGUMENT, 0,
            "The kernel tier '%s' is not available on this machine; the best is '%s'.", name,
            cpu_tier_name(cpu_tier_detect()));
    }
    return INGLE_OK;
}

/* A copy of a string key with a NUL; "" if the key is missing or no string. NULL: no memory. */
static char *copy_key(const struct gguf *g, const char *key) {
    const struct gguf_kv *kv = gguf_find(g, key);
    struct gguf_str text = {.data = "", .len = 0};
    if (kv && !gguf_get_str(kv, &text)) text.len = 0;
    return mem_strndup(text.data, text.len < NAME_MAX_LEN ? text.len : NAME_MAX_LEN);
}

static ingle_status check_vocab(const struct ingle_model *m, ingle_error *err) {
    int n_tokens = tokenizer_n_vocab(m->tokenizer), n_rows = m->model->hp.n_vocab;
    if (n_tokens <= n_rows) return INGLE_OK;
    return status_set(err, INGLE_INVALID, 0,
                      "'%.120s' has %d tokens in its vocabulary but rows for %d in its weights.",
                      gguf_path(m->gguf), n_tokens, n_rows);
}

static ingle_status open_weights(struct ingle_model *m, const struct opening *o, ingle_error *err) {
    struct packed_files packed;
    struct model_options opt = {
        .tier = m->tier, .n_threads = o->opt.n_threads, .cache_dir = o->opt.cache_dir};
    if (o->files) {
        packed = (struct packed_files){.old = o->files->packed, .fresh = o->files->packed_new};
        opt.files = &packed;
    }
    if (opt.n_threads == 0) opt.n_threads = api_default_threads(cpu_topology());
    INGLE_TRY(model_open(&m->model, m->gguf, &opt, err));
    gguf_done_reading(m->gguf);
    return check_vocab(m, err);
}

static ingle_status open_parts(struct ingle_model *m, const struct opening *o, ingle_error *err) {
    INGLE_TRY(open_gguf(&m->gguf, o, err));
    INGLE_TRY(tokenizer_open(&m->tokenizer, m->gguf, err));
    m->trie = mem_calloc(1, sizeof *m->trie);
    if (!m->trie) return status_no_memory(err, "the model", sizeof *m->trie);
    pthread_mutex_init(&m->trie->lock, NULL);
    m->architecture = copy_key(m->gguf, "general.architecture");
    m->name = copy_key(m->gguf, "general.name");
    if (!m->architecture || !m->name) return status_no_memory(err, "the model", NAME_MAX_LEN);
    return o->opt.vocab_only ? INGLE_OK : open_weights(m, o, err);
}

static ingle_status open_model(ingle_model **out, const struct opening *o, ingle_error *err) {
    enum cpu_tier tier;
    INGLE_TRY(choose_tier(&tier, o->opt.tier, err));
    struct ingle_model *m = mem_calloc(1, sizeof *m);
    if (!m) return status_no_memory(err, "the model", sizeof *m);
    m->tier = tier;
    double start = clock_ms();
    ingle_status status = open_parts(m, o, err);
    if (status != INGLE_OK) {
        ingle_model_close(m);
        return status;
    }
    m->open_ms = clock_ms() - start - (m->model ? m->model->weights.open_ms : 0);
    *out = m;
    return INGLE_OK;
}

static ingle_status read_options(ingle_model_options *full, const ingle_model_options *opt,
                                 ingle_error *err) {
    static const size_t known[] = {offsetof(ingle_model_options, cache_dir),
                                   sizeof(ingle_model_options)};
    *full = ingle_model_options_default();
    INGLE_TRY(api_read_options(full, opt, "ingle_model_options", known, BASE_COUNT(known), err));
    if (full->n_threads >= 0 && full->n_threads <= POOL_MAX_THREADS) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0,
                      "The model option n_threads is %d; it must be from 0 to %d.", full->n_threads,
                      POOL_MAX_THREADS);
}

ingle_status ingle_model_open(ingle_model **out, const char *path, const ingle_model_options *opt,
                              ingle_error *err) {
    INGLE_TRY(api_need(out, "out", err));
    *out = NULL;
    INGLE_TRY(api_need(path, "path", err));
    struct opening o = {.path = path};
    INGLE_TRY(read_options(&o.opt, opt, err));
    return open_model(out, &o, err);
}

ingle_status ingle_model_open_files(ingle_model **out, const ingle_model_files *files,
                                    const ingle_model_options *opt, ingle_error *err) {
    INGLE_TRY(api_need(out, "out", err));
    *out = NULL;
    ingle_model_files full;
    INGLE_TRY(api_read_files(&full, files, err));
    struct opening o = {.files = &full};
    INGLE_TRY(read_options(&o.opt, opt, err));
    if (o.opt.cache_dir) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The model option cache_dir is for models that are opened by a path.");
    }
    return open_model(out, &o, err);
}

void ingle_model_close(ingle_model *model) {
    if (!model) return;
    model_close(model->model);
    if (model->trie) {
        trie_free(model->trie->trie);
        pthread_mutex_destroy(&model->trie->lock);
        mem_free(model->trie);
    }
    tokenizer_close(model->tokenizer);
    gguf_close(model->gguf);
    mem_free(model->architecture);
    mem_free(model->name);
    mem_free(model);
}

ingle_model_info ingle_model_get_info(const ingle_model *model) {
    if (!model) {
        return (ingle_model_info){
            .architecture = "", .name = "", .tier = "", .cache_file = "", .cache_note = ""};
    }
    ingle_model_info info = {
        .architecture = model->architecture,
        .name = model->name,
        .tier = cpu_tier_name(model->tier),
        .n_vocab = api_n_vocab(model),
        .file_size = gguf_file_size(model->gguf),
        .open_ms = model->open_ms,
        .cache_file = "",
        .cache_note = "",
    };
    if (!model->model) return info;
    const struct hparams *hp = &model->model->hp;
    info.n_embd = hp->n_embd;
    info.n_layer = hp->n_layer;
    info.n_head = hp->n_head;
    info.n_head_kv = hp->n_head_kv;
    info.head_dim = hp->head_dim;
    info.n_ff = hp->n_ff;
    info.n_ctx_train = hp->n_ctx_train;
    info.n_params = model->model->n_params;
    const struct weights *weights = &model->model->weights;
    info.packed_size = weights->size;
    info.pack_ms = weights->open_ms;
    info.weights_from = (ingle_weights_from)weights->from;
    info.cache_file = weights->path ? weights->path : "";
    info.cache_note = weights->note.msg;
    return info;
}
