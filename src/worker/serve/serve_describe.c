/* MSG_DESCRIBE: the model's file is looked into once more, which takes no session. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "worker/serve/serve.h"
#include "worker/wire/msg_describe.h"

struct describing {
    struct request *request;
    ingle_file *file;
    ingle_chat *chat;
    struct msg_described told;
};

/* ---- its metadata ---- */

static ingle_status take_value(struct msg_fact *fact, ingle_file *file, size_t i,
                               ingle_error *err) {
    ingle_value v;
    if (ingle_file_get_value(file, i, 0, &v) != INGLE_OK) {
        return status_set(err, INGLE_INVALID, 0, "Key %zu of the model cannot be read.", i);
    }
    fact->kind = v.kind;
    fact->number = v.kind == INGLE_VALUE_INT ? (uint64_t)v.i : v.u;
    fact->real = v.f;
    if (v.kind == INGLE_VALUE_STRING && v.s.len > MSG_FACT_TEXT) {
        fact->is_array = true;
    } else if (v.kind == INGLE_VALUE_STRING) {
        fact->text = (struct wire_text){v.s.data, v.s.len};
    }
    return INGLE_OK;
}

static ingle_status take_facts(struct describing *d, ingle_error *err) {
    size_t n = ingle_file_n_keys(d->file);
    struct msg_fact *facts = arena_array(d->request->arena, n, sizeof *facts);
    if (!facts) return status_no_memory(err, "the metadata", n * sizeof *facts);
    for (size_t i = 0; i < n; i++) {
        ingle_file_key key;
        INGLE_TRY(ingle_file_get_key(d->file, i, &key));
        facts[i] = (struct msg_fact){.key = {key.key.data, key.key.len},
                                     .is_array = key.is_array,
                                     .count = key.count,
                                     .text = {"", 0}};
        if (!key.is_array) INGLE_TRY(take_value(&facts[i], d->file, i, err));
    }
    d->told.facts = facts;
    d->told.n_facts = n;
    return INGLE_OK;
}

/* ---- its weights ---- */

/* general.file_type as llama.cpp numbers it; NULL for numbers that nobody uses (any more). */
static const char *file_type_name(uint64_t number) {
    static const char *const names[] = {
        "F32",    "F16",    "Q4_0",  "Q4_1",    NULL,     NULL,     NULL,     "Q8_0",
        "Q5_0",   "Q5_1",   "Q2_K",  "Q3_K_S",  "Q3_K_M", "Q3_K_L", "Q4_K_S", "Q4_K_M",
        "Q5_K_S", "Q5_K_M", "Q6_K",  "IQ2_XXS", "IQ2_XS", "Q2_K_S", "IQ3_XS", "IQ3_XXS",
        "IQ1_S",  "IQ4_NL", "IQ3_S", "IQ3_M",   "IQ2_S",  "IQ2_M",  "IQ4_XS", "IQ1_M",
        "BF16",   NULL,     NULL,    NULL,      "TQ1_0",  "TQ2_0",  "MXFP4",
    };
    return number < BASE_COUNT(names) ? names[number] : NULL;
}

#define MAX_TYPES 64

struct type_use {
    const char *type;
    uint64_t size;
};

/* The file's tensors are within it, so that these sums are no larger than what it could hold. */
static void add_tensor(struct describing *d, struct type_use *uses, const ingle_file_tensor *t) {
    uint64_t n = 1;
    for (int k = 0; k < t->n_dims; k++) n *= t->dims[k];
    d->told.n_params += n;
    for (size_t i = 0; i < MAX_TYPES; i++) {
        if (uses[i].type && strcmp(uses[i].type, t->type) != 0) continue;
        uses[i].type = t->type;
        uses[i].size += t->size;
        return;
    }
}

static ingle_status take_weights(struct describing *d, ingle_error *err) {
    struct type_use uses[MAX_TYPES] = {{NULL, 0}}, *most = &uses[0];
    for (size_t i = 0; i < ingle_file_n_tensors(d->file); i++) {
        ingle_file_tensor t;
        if (ingle_file_get_tensor(d->file, i, &t) != INGLE_OK) {
            return status_set(err, INGLE_INVALID, 0, "Tensor %zu of the model cannot be read.", i);
        }
        add_tensor(d, uses, &t);
    }
    for (size_t i = 1; i < MAX_TYPES; i++) {
        if (uses[i].size > most->size) most = &uses[i];
    }
    const struct msg_fact *type = msg_fact_find(&d->told, "general.file_type");
    const char *name = type && type->kind == INGLE_VALUE_UINT ? file_type_name(type->number) : NULL;
    d->told.quantization = name ? name : most->type ? most->type : "";
    return INGLE_OK;
}

/* ---- what ingle can do with it ---- */

static void take_abilities(struct describing *d) {
    const ingle_model *model = d->request->server->model;
    struct msg_described *told = &d->told;
    told->fills_middle = ingle_token_fim(model, INGLE_FIM_PREFIX) != INGLE_TOKEN_NONE;
    told->template_from = told->tool_format = "";
    /* A template that is broken says so to who chats with it; here the model has no chat. */
    if (ingle_chat_new(&d->chat, model, NULL, NULL) != INGLE_OK) return;
    ingle_chat_info info = ingle_chat_get_info(d->chat);
    static const char own[] = "the model";
    told->has_template = strncmp(info.template_from, own, sizeof own - 1) == 0;
    told->template_from = info.template_from;
    told->tool_format = info.tool_format;
    told->can_think = info.can_think;
    told->thinks = info.thinks;
    told->has_system = info.has_system;
}

static int context_length(const struct msg_described *m) {
    char key[256];
    snprintf(key, sizeof key, "%.200s.context_length", m->architecture);
    const struct msg_fact *f = msg_fact_find(m, key);
    return f && f->kind == INGLE_VALUE_UINT && f->number <= INT_MAX ? (int)f->number : 0;
}

static ingle_status describe(struct describing *d, ingle_error *err) {
    const struct msg_start *start = &d->request->server->start;
    int fds[WORKER_MAX_FILES];
    for (int i = 0; i < start->n_shards; i++) fds[i] = WORKER_FILES + i;
    ingle_model_files files = ingle_model_files_default();
    files.fds = fds;
    files.n_fds = (size_t)start->n_shards;
    files.name = start->model_name ? start->model_name : "the model";
    INGLE_TRY(ingle_file_open_files(&d->file, &files, err));
    INGLE_TRY(take_facts(d, err));
    INGLE_TRY(take_weights(d, err));
    ingle_model_info info = ingle_model_get_info(d->request->server->model);
    d->told.architecture = info.architecture;
    d->told.name = info.name;
    d->told.n_ctx_train = context_length(&d->told);
    d->told.file_size = info.file_size;
    take_abilities(d);
    return serve_result(d->request, msg_described, &d->told, err);
}

ingle_status serve_describe(struct request *r, ingle_error *err) {
    struct describing d = {.request = r};
    INGLE_TRY(serve_need_model(r->server, err));
    struct msg_described nothing;
    INGLE_TRY(serve_read(r, &nothing, sizeof nothing, msg_empty, err));
    ingle_status status = describe(&d, err);
    ingle_chat_free(d.chat);
    ingle_file_close(d.file);
    return status;
}
