/* Bytes as sampling options, a vocabulary's size, a history and logits: options are refused by
 * name, or every choice is a token that may be chosen, and the same seed replays it. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "engine/run/sampler.h"
#include "fuzz/fuzz.h"

#define MAX_VOCAB 300
#define MAX_BIASES 4
#define N_DRAWS 8

struct input {
    const uint8_t *data;
    size_t size, pos;
};

/* Zeros once the input has ended. */
static void next(struct input *in, void *out, size_t size) {
    size_t n = size < in->size - in->pos ? size : in->size - in->pos;
    memset(out, 0, size);
    if (n) memcpy(out, in->data + in->pos, n);
    in->pos += n;
}

static uint8_t next_byte(struct input *in) {
    uint8_t byte;
    next(in, &byte, 1);
    return byte;
}

/* Often a value that means something, at times any bits. */
static float next_float(struct input *in) {
    static const float usual[] = {0, 1, 0.5f, 0.95f, 2, 1.75f, -1, 0.05f, 1e30f, 1e-30f, 100};
    uint8_t kind = next_byte(in);
    float value;
    if (kind < 100) return usual[kind % BASE_COUNT(usual)];
    if (kind < 200) return (float)next_byte(in) / 128.0f;
    next(in, &value, sizeof value);
    return value;
}

/* Small, with the odd -1 and the odd extreme. */
static int next_int(struct input *in) {
    uint8_t kind = next_byte(in);
    int value;
    if (kind < 200) return kind - 1;
    next(in, &value, sizeof value);
    return kind < 240 ? value % 1000 : value;
}

static const char *name_of(const void *ctx, int32_t id, size_t *len) {
    (void)ctx;
    static const char *const names[] = {"a", "b", "\n", ":", "ab", "\"", "", "* x"};
    const char *name = names[(size_t)id % BASE_COUNT(names)];
    *len = strlen(name);
    return name;
}

static void read_options(struct input *in, ingle_sampling_options *opt,
                         ingle_logit_bias biases[MAX_BIASES]) {
    *opt = sampler_default_options();
    next(in, &opt->seed, sizeof opt->seed);
    opt->temperature = next_float(in);
    opt->top_k = next_int(in);
    opt->top_p = next_float(in);
    opt->min_p = next_float(in);
    opt->typical_p = next_float(in);
    opt->penalty_last_n = next_int(in);
    opt->repetition_penalty = next_float(in);
    opt->presence_penalty = next_float(in);
    opt->frequency_penalty = next_float(in);
    opt->dry_multiplier = next_float(in);
    opt->dry_base = next_float(in);
    opt->dry_allowed_length = next_int(in);
    opt->dry_last_n = next_int(in);
    opt->logit_bias = biases;
    opt->n_logit_bias = next_byte(in) % (MAX_BIASES + 1);
    for (size_t i = 0; i < opt->n_logit_bias; i++) {
        biases[i].token = next_int(in);
        biases[i].bias = next_byte(in) % 8 ? next_float(in) : -INFINITY;
    }
}

static void read_logits(struct input *in, float *logits, int n_vocab) {
    uint8_t kind = next_byte(in);
    for (int i = 0; i < n_vocab; i++) {
        if (kind % 2 && in->pos < in->size)
            next(in, &logits[i], sizeof logits[i]);
        else
            logits[i] = (float)(int8_t)next_byte(in) / 8.0f;
    }
}

static bool allowed(const ingle_sampling_options *opt, const float *logits, int32_t id) {
    if (isnan(logits[id]) || logits[id] == -INFINITY) return false;
    for (size_t i = 0; i < opt->n_logit_bias; i++) {
        if (opt->logit_bias[i].token == id && opt->logit_bias[i].bias == -INFINITY) return false;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static float logits[MAX_VOCAB], copy[MAX_VOCAB];
    struct input in = {.data = data, .size = size};
    struct sampler a, b;
    ingle_sampling_options opt;
    ingle_logit_bias biases[MAX_BIASES] = {0};
    struct kern_ops ops;
    kern_ops_init(&ops, CPU_TIER_REF);
    struct sampler_vocab vocab = {
        .n_vocab = 1 + next_byte(&in), .bytes = name_of, .peaks = ops.peaks};
    uint64_t live = mem_live();
    ingle_error err = {0};
    read_options(&in, &opt, biases);
    ingle_status status = sampler_init(&a, &vocab, &opt, &err);
    if (status != INGLE_OK) {
        FUZZ_REQUIRE(status == INGLE_BAD_ARGUMENT && err.code == status);
        FUZZ_REQUIRE(strlen(err.msg) > 10);
        FUZZ_REQUIRE(mem_live() == live);
        return 0;
    }
    FUZZ_REQUIRE(sampler_init(&b, &vocab, &opt, &err) == INGLE_OK);
    for (int n = 0; n < N_DRAWS; n++) {
        read_logits(&in, logits, vocab.n_vocab);
        memcpy(copy, logits, sizeof copy);
        int32_t id = sampler_sample(&a, logits);
        FUZZ_REQUIRE(memcmp((const void *)copy, (const void *)logits, sizeof copy) == 0); /* bits */
        FUZZ_REQUIRE(id == sampler_sample(&b, logits));
        FUZZ_REQUIRE(id == INGLE_TOKEN_NONE || (id >= 0 && id < vocab.n_vocab));
        if (id != INGLE_TOKEN_NONE) FUZZ_REQUIRE(allowed(&opt, logits, id));
        int32_t said = next_byte(&in) % 4 ? id : next_int(&in);
        sampler_accept(&a, said);
        sampler_accept(&b, said);
    }
    sampler_clear(&a);
    sampler_clear(&b);
    FUZZ_REQUIRE(mem_live() == live);
    return 0;
}
