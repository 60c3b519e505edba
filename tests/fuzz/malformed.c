/* Opens thousands of GGUF files, each made from a tiny valid model by breaking one rule, and
 * demands of each a refusal that says why, fast, within 16 MiB and with nothing left behind.
 *
 *     malformed [FOLDER [list]]     where to write the file of each case, default /tmp; list:
 *                                   print each case and the sentence that refused it
 *
 * Every case is a splice into the head of the valid file: replace some bytes of it, then pad the
 * head again and append the data unchanged. The file of a failed case stays for a look. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "ingle/model.h"
#include "support/gguf_writer.h"
#include "support/make_model.h"
#include "support/sanitized.h"

#define MAX_MS (SANITIZED ? 1000.0 : 50.0) /* of processor time */
#define N_TRIES 5
#define MAX_MEMORY ((size_t)16 << 20)
#define MAX_FILE ((size_t)8 << 20)
#define MAX_REPORTS 40

struct suite {
    char path[256];
    const char *arch;
    bool list;
    struct gguf *g; /* of the valid file */
    struct buf valid, head, file;
    size_t head_size;  /* of the valid file, without padding */
    size_t data_start; /* in it */
    size_t data_end;   /* without the last padding */
    int n_cases, n_wrong;
    double slowest_ms;
};

/* ---- one case ---- */

static double cpu_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static void wrong(struct suite *s, const char *family, const char *what, const char *why) {
    s->n_wrong++;
    if (s->n_wrong > MAX_REPORTS) return;
    fprintf(stderr, "%s %s: %s: %s\n", s->arch, family, what, why);
    char kept[300];
    snprintf(kept, sizeof kept, "%s.%d", s->path, s->n_wrong);
    save_bytes(kept, s->file.data, s->file.size);
}

static bool is_sentence(const char *msg) {
    size_t len = strlen(msg);
    return len > 10 && (msg[len - 1] == '.' || len >= sizeof((ingle_error *)0)->msg - 1) &&
           !strchr(msg, '\n');
}

/* Opens the file at path. What is slow is tried again and *ms is of the quickest: a machine that is
 * emulated, or not always there, takes its time at times. */
static ingle_status open_timed(ingle_model **model, const char *path, double *ms,
                               ingle_error *err) {
    ingle_model_options opt = ingle_model_options_default();
    ingle_status status = INGLE_OK;
    opt.n_threads = 1;
    double least = 1e9;
    *model = NULL;
    for (int i = 0; i < N_TRIES && least > MAX_MS && !*model; i++) {
        double start = cpu_ms();
        status = ingle_model_open(model, path, &opt, err);
        double taken = cpu_ms() - start;
        if (taken < least) least = taken;
    }
    *ms = least;
    return status;
}

/* Opens s->file, which must be refused. */
static void expect_refusal(struct suite *s, const char *family, const char *what) {
    s->n_cases++;
    if (buf_failed(&s->file) || !save_bytes(s->path, s->file.data, s->file.size)) {
        wrong(s, family, what, "the case cannot be written");
        return;
    }
    ingle_model *model;
    ingle_error err = {0};
    uint64_t before = mem_live();
    double ms;
    ingle_status status = open_timed(&model, s->path, &ms, &err);
    if (ms > s->slowest_ms) s->slowest_ms = ms;
    char why[400];
    snprintf(why, sizeof why, "%s: %s", ingle_status_name(status), err.msg);
    if (s->list) printf("%s %s: %s: %s\n", s->arch, family, what, why);
    if (status == INGLE_OK) {
        wrong(s, family, what, "was accepted");
        ingle_model_close(model);
    } else if (status != INGLE_INVALID && status != INGLE_UNSUPPORTED) {
        wrong(s, family, what, why);
    } else if (status != err.code || model || !is_sentence(err.msg)) {
        wrong(s, family, what, "has no sentence, another code in it, or a model");
    }
    if (ms > MAX_MS) wrong(s, family, what, "took too long");
    if (mem_live() != before) wrong(s, family, what, "left memory behind");
}

/* Starts a case with the valid head, s->head; returns its bytes. */
static uint8_t *fresh(struct suite *s) {
    buf_reset(&s->head);
    buf_add(&s->head, s->valid.data, s->head_size);
    return (uint8_t *)s->head.data;
}

/* Replaces size bytes at `at` of the head by others. */
static void splice(struct suite *s, size_t at, size_t size, const void *bytes, size_t n) {
    struct buf tail;
    buf_init(&tail, MAX_FILE);
    buf_add(&tail, s->head.data + at + size, s->head.size - at - size);
    s->head.size = at;
    buf_add(&s->head, bytes, n);
    buf_add(&s->head, tail.data, tail.size);
    buf_clear(&tail);
}

static void add_to_u64(struct suite *s, size_t at, int64_t delta) {
    uint64_t value;
    memcpy(&value, s->head.data + at, sizeof value);
    value += (uint64_t)delta;
    memcpy(s->head.data + at, &value, sizeof value);
}

static void run_head(struct suite *s, const char *family, const char *what) {
    buf_reset(&s->file);
    buf_add(&s->file, s->head.data, s->head.size);
    put_zeros(&s->file, (32 - s->head.size % 32) % 32);
    buf_add(&s->file, s->valid.data + s->data_start, s->valid.size - s->data_start);
    expect_refusal(s, family, what);
}

/* The valid head with some bytes replaced. */
static void run_splice(struct suite *s, const char *family, const char *what, size_t at,
                       size_t size, const void *bytes, size_t n) {
    fresh(s);
    splice(s, at, size, bytes, n);
    run_head(s, family, what);
}

static void run_u32(struct suite *s, const char *family, const char *name, size_t at,
                    uint32_t value) {
    char what[200];
    snprintf(what, sizeof what, "%.120s = %" PRIu32, name, value);
    run_splice(s, family, what, at, 4, &value, 4);
}

static void run_u64(struct suite *s, const char *family, const char *name, size_t at,
                    uint64_t value) {
    char what[200];
    snprintf(what, sizeof what, "%.120s = %" PRIu64, name, value);
    run_splice(s, family, what, at, 8, &value, 8);
}

/* ---- where things are ---- */

static void name_of(struct gguf_str name, char out[100]) {
    snprintf(out, 100, "%.*s", (int)name.len, name.data);
}

static size_t kv_type_at(const struct gguf_kv *kv) {
    return (size_t)kv->where + 8 + kv->key.len;
}

static size_t kv_value_at(const struct gguf_kv *kv) {
    return kv_type_at(kv) + (kv->is_array ? 16 : 4);
}

static size_t kv_end(const struct gguf_kv *kv) {
    return kv_value_at(kv) + kv->size;
}

static size_t dims_at(const struct gguf_tensor *t) {
    return (size_t)t->where + 8 + t->name.len;
}

static size_t tensor_type_at(const struct gguf_tensor *t) {
    return dims_at(t) + 4 + 8 * (size_t)t->n_dims;
}

static size_t tensor_end(const struct gguf_tensor *t) {
    return tensor_type_at(t) + 12;
}

/* ---- families ---- */

static void cut(struct suite *s, size_t size) {
    char what[40];
    snprintf(what, sizeof what, "%zu bytes", size);
    buf_reset(&s->file);
    buf_add(&s->file, s->valid.data, size);
    expect_refusal(s, "truncation", what);
}

static void truncations(struct suite *s) {
    for (size_t size = 0; size < 64; size++) cut(s, size);
    for (size_t i = 0; i < gguf_n_kvs(s->g); i++) {
        const struct gguf_kv *kv = gguf_kv_at(s->g, i);
        const size_t at[] = {(size_t)kv->where + 8, kv_type_at(kv) - 1, kv_type_at(kv),
                             kv_type_at(kv) + 3,    kv_value_at(kv),    kv_value_at(kv) + 1,
                             kv_end(kv) - 1,        kv_end(kv)};
        for (size_t k = 0; k < BASE_COUNT(at); k++) cut(s, at[k]);
        for (size_t size = kv_value_at(kv) + 100; size < kv_end(kv); size += 101) cut(s, size);
    }
    for (size_t i = 0; i < gguf_n_tensors(s->g); i++) {
        const struct gguf_tensor *t = gguf_tensor_at(s->g, i);
        const size_t at[] = {
            (size_t)t->where + 7, dims_at(t) - 1,        dims_at(t),
            dims_at(t) + 4,       tensor_type_at(t) - 1, tensor_type_at(t),
            tensor_end(t) - 8,    tensor_end(t) - 1,     tensor_end(t),
            (size_t)t->offset,    (size_t)t->offset + 1, (size_t)t->offset + t->size - 1};
        for (size_t k = 0; k < BASE_COUNT(at); k++) cut(s, at[k]);
    }
    cut(s, s->data_end - 1);
}

static void headers(struct suite *s) {
    static const uint64_t counts[] = {0,
                                      1,
                                      65536,
                                      65537,
                                      (uint64_t)1 << 31,
                                      (uint64_t)1 << 32,
                                      (uint64_t)1 << 60,
                                      INT64_MAX,
                                      (uint64_t)1 << 63,
                                      UINT64_MAX};
    static const uint32_t versions[] = {0, 1, 4, 255, 0x02000000, 0x03000000, UINT32_MAX};
    for (size_t i = 0; i < BASE_COUNT(counts); i++) {
        run_u64(s, "header", "n_tensors", 8, counts[i]);
        run_u64(s, "header", "n_kvs", 16, counts[i]);
        fresh(s);
        memcpy(s->head.data + 8, &counts[i], 8);
        memcpy(s->head.data + 16, &counts[i], 8);
        run_head(s, "header", "both counts");
    }
    for (int delta = -2; delta <= 2; delta++) {
        if (delta == 0) continue;
        fresh(s);
        add_to_u64(s, 8, delta);
        run_head(s, "header", "n_tensors off by a few");
        fresh(s);
        add_to_u64(s, 16, delta);
        run_head(s, "header", "n_kvs off by a few");
    }
    for (size_t i = 0; i < BASE_COUNT(versions); i++)
        run_u32(s, "header", "version", 4, versions[i]);
    for (size_t i = 0; i < 4; i++) run_splice(s, "header", "magic", i, 1, "x", 1);
}

static const uint64_t long_lens[] = {0xffffffff,        (uint64_t)1 << 31, (uint64_t)1 << 32,
                                     (uint64_t)1 << 61, INT64_MAX,         (uint64_t)1 << 63,
                                     UINT64_MAX - 7,    UINT64_MAX};

static void keys(struct suite *s) {
    static const uint32_t types[] = {9, 13, 14, 255, 1u << 31, UINT32_MAX};
    for (size_t i = 0; i < gguf_n_kvs(s->g); i++) {
        const struct gguf_kv *kv = gguf_kv_at(s->g, i);
        char name[100];
        name_of(kv->key, name);
        size_t at = (size_t)kv->where, size = kv_end(kv) - at;
        run_u64(s, "key length", name, at, 0);
        run_u64(s, "key length", name, at, s->valid.size);
        for (size_t k = 0; k < BASE_COUNT(long_lens); k++)
            run_u64(s, "key length", name, at, long_lens[k]);
        for (size_t k = kv->is_array || kv->type == GGUF_U32; k < BASE_COUNT(types); k++)
            run_u32(s, "value type", name, kv_type_at(kv), types[k]);
        fresh(s);
        splice(s, at, 0, s->valid.data + at, size);
        add_to_u64(s, 16, 1);
        run_head(s, "key twice", name);
        if (kv->is_array) {
            for (size_t k = 0; k < BASE_COUNT(types); k++)
                run_u32(s, "element type", name, kv_type_at(kv) + 4, types[k]);
            for (size_t k = 0; k < BASE_COUNT(long_lens); k++)
                run_u64(s, "array count", name, kv_type_at(kv) + 8, long_lens[k]);
        }
        if (kv->type == GGUF_STRING) {
            run_u64(s, "string length", name, kv_value_at(kv), s->valid.size);
            for (size_t k = 0; k < BASE_COUNT(long_lens); k++)
                run_u64(s, "string length", name, kv_value_at(kv), long_lens[k]);
        }
    }
    fresh(s);
    static const uint8_t empty_key[13] = {[8] = GGUF_U8};
    splice(s, 24, 0, empty_key, sizeof empty_key);
    add_to_u64(s, 16, 1);
    run_head(s, "empty key", "");
}

static void one_tensor(struct suite *s, const struct gguf_tensor *t, const char *name) {
    static const uint32_t dims[] = {0, 5, 255, 1u << 31, UINT32_MAX};
    static const uint64_t wrong_dims[] = {
        0,         (uint64_t)1 << 32, (uint64_t)1 << 62, ((uint64_t)1 << 62) + 1,
        INT64_MAX, (uint64_t)1 << 63, UINT64_MAX - 255,  UINT64_MAX};
    static const uint32_t types[] = {4,  5,  31, 32,  33,  36,  37,   43,
                                     96, 97, 99, 133, 158, 200, 1000, UINT32_MAX};
    static const uint64_t offsets[] = {(uint64_t)1 << 62, INT64_MAX - 31, (uint64_t)1 << 63,
                                       UINT64_MAX - 31};
    for (size_t k = 0; k < BASE_COUNT(dims); k++) run_u32(s, "n_dims", name, dims_at(t), dims[k]);
    for (int d = 0; d < t->n_dims; d++) {
        size_t at = dims_at(t) + 4 + 8 * (size_t)d;
        for (size_t k = 0; k < BASE_COUNT(wrong_dims); k++)
            run_u64(s, "dimension", name, at, wrong_dims[k]);
        run_u64(s, "dimension", name, at, t->dims[d] + 1);
        run_u64(s, "dimension", name, at, t->dims[d] * 2);
    }
    for (size_t k = 0; k < BASE_COUNT(types); k++)
        run_u32(s, "tensor type", name, tensor_type_at(t), types[k]);
    size_t at = tensor_end(t) - 8;
    uint64_t offset = t->offset - s->data_start;
    for (size_t k = 0; k < BASE_COUNT(offsets); k++) run_u64(s, "offset", name, at, offsets[k]);
    run_u64(s, "offset", name, at, offset + 1);
    run_u64(s, "offset", name, at, offset + 16);
    run_u64(s, "offset", name, at, s->valid.size / 32 * 32);
    run_u64(s, "offset", name, at, offset ? 0 : t->size / 32 * 32 + 32);
}

static void tensors(struct suite *s) {
    size_t n = gguf_n_tensors(s->g);
    for (size_t i = 0; i < n; i++) {
        const struct gguf_tensor *t = gguf_tensor_at(s->g, i);
        const struct gguf_tensor *other = gguf_tensor_at(s->g, (i + 1) % n);
        char name[100];
        name_of(t->name, name);
        size_t at = (size_t)t->where;
        one_tensor(s, t, name);
        run_u64(s, "tensor name length", name, at, 0);
        run_u64(s, "tensor name length", name, at, 64);
        for (size_t k = 0; k < BASE_COUNT(long_lens); k++)
            run_u64(s, "tensor name length", name, at, long_lens[k]);
        run_splice(s, "tensor renamed", name, at + 8, 1, "X", 1);
        run_splice(s, "tensor name twice", name, at, 8 + t->name.len, s->valid.data + other->where,
                   8 + other->name.len);
        fresh(s);
        splice(s, at, tensor_end(t) - at, "", 0);
        add_to_u64(s, 8, -1);
        run_head(s, "tensor missing", name);
    }
}

/* Replaces a key (which may be absent) by one of another type and value; size 0 removes it. */
static void run_value(struct suite *s, const char *family, const char *key, uint32_t type,
                      const void *value, size_t size) {
    struct gguf_writer w;
    gguf_writer_init(&w);
    const struct gguf_kv *kv = gguf_find(s->g, key);
    fresh(s);
    if (kv) {
        splice(s, (size_t)kv->where, kv_end(kv) - (size_t)kv->where, "", 0);
        add_to_u64(s, 16, -1);
    }
    if (size) {
        gguf_writer_key(&w, key, type);
        buf_add(&w.kvs, value, size);
        splice(s, 24, 0, w.kvs.data, w.kvs.size);
        add_to_u64(s, 16, 1);
    }
    char what[200];
    snprintf(what, sizeof what, "%.120s, type %u, %zu bytes", key, type, size);
    run_head(s, family, what);
    gguf_writer_clear(&w);
}

static void run_text(struct suite *s, const char *family, const char *key, const char *text) {
    struct buf value;
    buf_init(&value, 1000);
    put_str(&value, text);
    run_value(s, family, key, GGUF_STRING, value.data, value.size);
    buf_clear(&value);
}

static void run_int(struct suite *s, const char *family, const char *key, uint64_t value) {
    run_value(s, family, key, GGUF_U64, &value, sizeof value);
}

static void run_float(struct suite *s, const char *family, const char *key, float value) {
    run_value(s, family, key, GGUF_F32, &value, sizeof value);
}

static void one_integer(struct suite *s, const char *name, bool required, bool off_by_one) {
    static const char family[] = "hyper-parameter";
    static const uint64_t values[] = {0,
                                      INT32_MAX,
                                      (uint64_t)1 << 31,
                                      UINT32_MAX,
                                      (uint64_t)1 << 32,
                                      (uint64_t)1 << 62,
                                      (uint64_t)1 << 63,
                                      UINT64_MAX};
    static const uint8_t array_head[] = {GGUF_U32, 0, 0, 0, 2, 0, 0, 0, 0, 0,
                                         0,        0, 1, 0, 0, 0, 2, 0, 0, 0};
    static const uint8_t no_elements[12] = {GGUF_U32};
    char key[100];
    snprintf(key, sizeof key, "%s.%s", s->arch, name);
    for (size_t i = 0; i < BASE_COUNT(values); i++) run_int(s, family, key, values[i]);
    const int32_t minus_one = -1;
    run_value(s, family, key, GGUF_I32, &minus_one, 4);
    run_float(s, family, key, 1.5f);
    run_float(s, family, key, (float)0x7fc00000 / 0.0f);
    run_text(s, family, key, "4");
    run_value(s, family, key, GGUF_ARRAY, array_head, sizeof array_head);
    run_value(s, family, key, GGUF_ARRAY, no_elements, sizeof no_elements);
    if (required) run_value(s, family, key, GGUF_U32, "", 0);
    if (off_by_one) {
        int64_t value = 0;
        const struct gguf_kv *kv = gguf_find(s->g, key);
        if (!kv || !gguf_get_int(kv, 0, &value)) wrong(s, family, key, "is not in the model");
        run_int(s, family, key, (uint64_t)value + 1);
        if (value > 1) run_int(s, family, key, (uint64_t)value - 1);
    }
}

static void one_float(struct suite *s, const char *name, bool zero_is_wrong) {
    static const char family[] = "hyper-parameter";
    static const uint32_t bits[] = {0x7fc00000, 0xffc00000, 0x7f800000, 0xff800000,
                                    0xbf800000, 0x7f7fffff, 0xff7fffff};
    char key[100];
    snprintf(key, sizeof key, "%s.%s", s->arch, name);
    for (size_t i = 0; i < BASE_COUNT(bits); i++)
        run_value(s, family, key, GGUF_F32, &bits[i], sizeof bits[i]);
    if (zero_is_wrong) run_float(s, family, key, 0);
    run_text(s, family, key, "0.5");
}

static void hyper_parameters(struct suite *s) {
    one_integer(s, "context_length", true, false);
    one_integer(s, "embedding_length", true, true);
    one_integer(s, "block_count", true, true);
    one_integer(s, "feed_forward_length", true, true);
    one_integer(s, "attention.head_count", true, true);
    one_integer(s, "attention.head_count_kv", false, false);
    one_integer(s, "attention.key_length", false, true);
    one_integer(s, "attention.value_length", false, true);
    one_integer(s, "rope.dimension_count", false, true);
    one_integer(s, "rope.scaling.original_context_length", false, false);
    one_float(s, "attention.layer_norm_rms_epsilon", true);
    one_float(s, "rope.freq_base", true);
    one_float(s, "rope.scaling.factor", false);
    one_float(s, "rope.scaling.attn_factor", true);
    char key[100];
    snprintf(key, sizeof key, "%s.rope.scaling.type", s->arch);
    run_text(s, "hyper-parameter", key, "bogus");
    run_text(s, "hyper-parameter", key, "");
    run_int(s, "hyper-parameter", key, 1);
    snprintf(key, sizeof key, "%s.expert_count", s->arch);
    run_int(s, "hyper-parameter", key, 8);
    run_text(s, "architecture", "general.architecture", "");
    run_text(s, "architecture", "general.architecture", "mamba17");
    run_text(s, "architecture", "general.architecture", "LLAMA");
    run_int(s, "architecture", "general.architecture", 1);
    run_value(s, "architecture", "general.architecture", 0, "", 0);
}

static void alignments(struct suite *s) {
    static const uint32_t values[] = {0,  1,  2,   3,    8,        16,       24,
                                      31, 33, 100, 8192, 1u << 30, 1u << 31, UINT32_MAX};
    static const char key[] = "general.alignment", family[] = "alignment";
    for (size_t i = 0; i < BASE_COUNT(values); i++) {
        run_value(s, family, key, GGUF_U32, &values[i], 4);
        run_int(s, family, key, values[i]);
        run_value(s, family, key, GGUF_I32, &values[i], 4);
    }
    run_text(s, family, key, "32");
    run_float(s, family, key, 32);
    static const char split[] = "split.count";
    static const uint64_t counts[] = {2, 3, 1024, 1025, 65535, INT32_MAX, UINT64_MAX};
    for (size_t i = 0; i < BASE_COUNT(counts); i++) run_int(s, "split", split, counts[i]);
    run_text(s, "split", split, "1");
    run_float(s, "split", split, 1.5f);
}

/* An array of n elements of `type`, all zero, or of strings that are all alike. */
static void run_array(struct suite *s, const char *key, uint32_t type, uint64_t n,
                      const char *text) {
    static const uint8_t sizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    struct buf value;
    buf_init(&value, MAX_FILE);
    put_u32(&value, type);
    put_u64(&value, n);
    if (type == GGUF_STRING)
        for (uint64_t i = 0; i < n; i++) put_str(&value, text);
    else
        put_zeros(&value, n * sizes[type]);
    run_value(s, "tokenizer array", key, GGUF_ARRAY, value.data, value.size);
    buf_clear(&value);
}

static void tokenizers(struct suite *s) {
    static const char tokens[] = "tokenizer.ggml.tokens", merges[] = "tokenizer.ggml.merges";
    static const char types[] = "tokenizer.ggml.token_type", scores[] = "tokenizer.ggml.scores";
    static const char *const ids[] = {"tokenizer.ggml.bos_token_id", "tokenizer.ggml.eos_token_id",
                                      "tokenizer.ggml.unknown_token_id",
                                      "tokenizer.ggml.eot_token_id"};
    static const char *const bad_merges[] = {"", " ", "a", "ab", "a ", " b", "zzz qqq"};
    uint64_t n = gguf_find(s->g, tokens)->count;
    for (uint32_t type = 0; type < GGUF_N_VALUE_TYPES; type++) {
        if (type == GGUF_STRING || type == GGUF_ARRAY) continue;
        run_array(s, tokens, type, n, "");
        run_array(s, merges, type, n, "");
        run_array(s, types, type, n - 1, "");
        run_array(s, scores, type, n - 1, "");
        run_array(s, types, type, 0, "");
    }
    run_array(s, types, GGUF_STRING, n, "1");
    run_array(s, scores, GGUF_STRING, n, "1");
    run_array(s, tokens, GGUF_STRING, n, "same");
    run_array(s, tokens, GGUF_STRING, 0, "");
    run_array(s, tokens, GGUF_STRING, n + 1, "");
    for (size_t i = 0; i < BASE_COUNT(bad_merges); i++)
        run_array(s, merges, GGUF_STRING, 1, bad_merges[i]);
    static const char *const all[] = {tokens, merges, types, scores};
    for (size_t i = 0; i < BASE_COUNT(all); i++) {
        run_text(s, "tokenizer array", all[i], "not an array");
        run_int(s, "tokenizer array", all[i], 7);
    }
    run_value(s, "tokenizer array", tokens, 0, "", 0);
    run_value(s, "tokenizer array", merges, 0, "", 0);
    for (size_t i = 0; i < BASE_COUNT(ids); i++) {
        run_int(s, "special token", ids[i], n);
        run_int(s, "special token", ids[i], INT32_MAX);
        run_int(s, "special token", ids[i], (uint64_t)1 << 63);
        run_text(s, "special token", ids[i], "<s>");
        run_float(s, "special token", ids[i], 1.5f);
    }
    run_text(s, "special token", "tokenizer.ggml.add_bos_token", "true");
    run_int(s, "special token", "tokenizer.ggml.add_bos_token", 2);
    run_text(s, "tokenizer model", "tokenizer.ggml.model", "bogus");
    run_text(s, "tokenizer model", "tokenizer.ggml.model", "");
    run_int(s, "tokenizer model", "tokenizer.ggml.model", 1);
    run_value(s, "tokenizer model", "tokenizer.ggml.model", 0, "", 0);
    run_text(s, "tokenizer model", "tokenizer.ggml.pre", "bogus");
    run_int(s, "tokenizer model", "tokenizer.ggml.pre", 1);
}

/* ---- suites ---- */

static bool read_valid(struct suite *s) {
    ingle_error err;
    ingle_model *model;
    if (ingle_model_open(&model, s->path, NULL, &err) != INGLE_OK ||
        gguf_open(&s->g, s->path, &err) != INGLE_OK) {
        fprintf(stderr, "the valid %s model is refused: %s\n", s->arch, err.msg);
        return false;
    }
    ingle_model_close(model);
    const struct gguf_tensor *first = gguf_tensor_at(s->g, 0);
    const struct gguf_tensor *last = gguf_tensor_at(s->g, gguf_n_tensors(s->g) - 1);
    s->head_size = tensor_end(last);
    s->data_start = (size_t)first->offset;
    s->data_end = (size_t)last->offset + last->size;
    buf_init(&s->valid, MAX_FILE);
    buf_init(&s->head, MAX_FILE);
    buf_init(&s->file, MAX_FILE);
    buf_add(&s->valid, first->data - first->offset, (size_t)gguf_file_size(s->g));
    return !buf_failed(&s->valid);
}

static bool run_suite(const char *folder, bool list, const char *arch, int *n_cases) {
    struct suite s = {.arch = arch, .list = list};
    snprintf(s.path, sizeof s.path, "%s/ingle-malformed-%ld-%s.gguf", folder, (long)getpid(), arch);
    const struct make_model_spec spec = {.arch = arch,
                                         .type = "q8_0",
                                         .seed = 1,
                                         .n_layer = 2,
                                         .n_embd = 32,
                                         .n_ff = 32,
                                         .n_head = 2,
                                         .n_head_kv = 1,
                                         .n_vocab = 270,
                                         .tied = true,
                                         .head_dim = 16};
    if (!make_model_write(s.path, &spec) || !read_valid(&s)) return false;
    /* The valid file itself is mapped by now; a case maps its own. */
    char valid[300];
    snprintf(valid, sizeof valid, "%s.valid", s.path);
    rename(s.path, valid);
    truncations(&s);
    headers(&s);
    keys(&s);
    tensors(&s);
    alignments(&s);
    hyper_parameters(&s);
    tokenizers(&s);
    unlink(s.path);
    unlink(valid);
    gguf_close(s.g);
    buf_clear(&s.valid);
    buf_clear(&s.head);
    buf_clear(&s.file);
    printf("%-8s %5d files, %d wrong, slowest %.2f ms\n", arch, s.n_cases, s.n_wrong, s.slowest_ms);
    *n_cases += s.n_cases;
    return s.n_wrong == 0;
}

/* What the process may map more than it has now. */
static bool limit_memory(size_t more) {
    if (SANITIZED) return true;
    char text[32] = "";
    FILE *file = fopen("/proc/self/statm", "r");
    bool ok = file && fgets(text, sizeof text, file);
    unsigned long pages = strtoul(text, NULL, 10);
    if (file) fclose(file);
    rlim_t limit = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + more;
    return ok && setrlimit(RLIMIT_AS, &(struct rlimit){limit, limit}) == 0;
}

int main(int argc, char **argv) {
    static const char *const archs[] = {"llama", "smollm3", "phi3", "qwen2", "qwen3"};
    const char *folder = argc > 1 ? argv[1] : "/tmp";
    bool ok = true, list = argc > 2 && strcmp(argv[2], "list") == 0;
    int n_cases = 0;
    /* The writer's and the checker's own tables take some MiB beside the model's. */
    if (!limit_memory(2 * MAX_MEMORY)) {
        fputs("cannot limit the memory\n", stderr);
        return 1;
    }
    for (size_t i = 0; i < BASE_COUNT(archs); i++)
        ok &= run_suite(folder, list, archs[i], &n_cases);
    printf("%d files\n", n_cases);
    return ok && n_cases >= 2000 ? 0 : 1;
}
