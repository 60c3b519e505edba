/* Texts that a random model generates under random schemas, for an independent validator:
 *
 *   constrained FOLDER FIRST N     a line a text: {"seed": .., "schema": .., "text": ".."}
 *
 * Schemas that are refused are counted on standard error; N texts are written all the same. The
 * model's file lies in FOLDER while this runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/rng.h"
#include "ingle/ingle.h"
#include "support/make_model.h"
#include "support/random_schema.h"

#define N_CTX 700
#define TEXTS_PER_SCHEMA 2

struct state {
    ingle_model *model;
    ingle_session *session;
    struct buf schema, text;
    long n_texts, n_refused, n_closed, n_tokens, n_forced;
};

static void die(const char *what) {
    fprintf(stderr, "constrained: %s\n", what);
    exit(1);
}

static void need(ingle_status status, const ingle_error *err) {
    if (status != INGLE_OK) die(err->msg);
}

static bool on_text(const char *text, size_t len, void *user) {
    struct state *s = user;
    return buf_add(&s->text, text, len);
}

static void put_string(const struct buf *text) {
    putchar('"');
    for (size_t i = 0; i < text->size; i++) {
        unsigned char c = (unsigned char)text->data[i];
        if (c == '"' || c == '\\' || c < 0x20) {
            printf("\\u%04x", c);
        } else {
            putchar(c);
        }
    }
    putchar('"');
}

static ingle_sampler *make_sampler(struct state *s, struct rng *rng) {
    ingle_sampling_options options = ingle_sampling_options_default();
    ingle_sampler *sampler;
    ingle_error err;
    options.seed = rng_u32(rng);
    options.temperature = 0.5f + (float)rng_below(rng, 4);
    options.top_k = 0;
    options.top_p = 1;
    options.min_p = 0;
    /* White space is everywhere allowed: a model that knows nothing would write little else. */
    static const ingle_logit_bias bias[] = {{'\t', -4}, {'\r', -4}, {'\n', -4}, {' ', -2}};
    options.logit_bias = bias;
    options.n_logit_bias = 4;
    need(ingle_sampler_new(&sampler, s->model, &options, &err), &err);
    return sampler;
}

static void generate(struct state *s, ingle_constraint *constraint, uint64_t seed,
                     struct rng *rng) {
    ingle_generate_options options = ingle_generate_options_default();
    ingle_generate_result result;
    ingle_error err;
    ingle_token first = (ingle_token)rng_below(rng, 256);
    ingle_sampler *sampler = make_sampler(s, rng);
    need(ingle_session_truncate(s->session, 0, &err), &err);
    need(ingle_session_eval(s->session, &first, 1, NULL, &err), &err);
    options.constraint = constraint;
    options.on_text = on_text;
    options.user = s;
    options.max_tokens = 40 + (int)rng_below(rng, 400);
    buf_reset(&s->text);
    ingle_status status = ingle_session_generate(s->session, sampler, &options, &result, &err);
    ingle_sampler_free(sampler);
    if (status == INGLE_REFUSED) return; /* no text is so short */
    if (status != INGLE_OK) {
        fprintf(stderr, "constrained: seed %llu: %.*s\n", (unsigned long long)seed,
                (int)s->schema.size, s->schema.data);
        die(err.msg);
    }
    s->n_closed += result.was_closed;
    s->n_tokens += result.n_tokens;
    s->n_forced += result.n_forced;
    s->n_texts++;
    printf("{\"seed\":%llu,\"schema\":%.*s,\"text\":", (unsigned long long)seed,
           (int)s->schema.size, s->schema.data);
    put_string(&s->text);
    puts("}");
}

static void try_seed(struct state *s, uint64_t seed) {
    struct rng rng;
    ingle_constraint *constraint;
    ingle_error err;
    rng_init(&rng, seed);
    buf_reset(&s->schema);
    random_schema(&s->schema, &rng);
    ingle_status status =
        ingle_constraint_new_schema(&constraint, s->model, s->schema.data, s->schema.size, &err);
    if (status == INGLE_REFUSED) {
        s->n_refused++;
        if (getenv("VERBOSE")) {
            fprintf(stderr, "refused: %s\n  %.*s\n", err.msg, (int)s->schema.size, s->schema.data);
        }
        return;
    }
    if (status != INGLE_OK) {
        fprintf(stderr, "constrained: seed %llu: %.*s\n", (unsigned long long)seed,
                (int)s->schema.size, s->schema.data);
    }
    need(status, &err);
    for (int i = 0; i < TEXTS_PER_SCHEMA; i++) generate(s, constraint, seed, &rng);
    ingle_constraint_free(constraint);
}

int main(int argc, char **argv) {
    if (argc != 4) die("usage: constrained FOLDER FIRST N");
    char path[4096];
    snprintf(path, sizeof path, "%s/constrained-%d.gguf", argv[1], (int)getpid());
    const struct make_model_spec spec = {
        .n_layer = 1, .n_embd = 32, .n_ff = 32, .n_head = 2, .n_head_kv = 1, .n_ctx_train = N_CTX};
    if (!make_model_write(path, &spec)) return 1;
    struct state s = {.schema.max = 1 << 20, .text.max = 1 << 20};
    ingle_session_options options = ingle_session_options_default();
    ingle_error err;
    options.n_ctx = N_CTX;
    options.n_threads = 1;
    ingle_status status = ingle_model_open(&s.model, path, NULL, &err);
    unlink(path);
    need(status, &err);
    need(ingle_session_new(&s.session, s.model, &options, &err), &err);
    uint64_t first = strtoull(argv[2], NULL, 10);
    long n = strtol(argv[3], NULL, 10);
    for (uint64_t seed = first; s.n_texts < n; seed++) try_seed(&s, seed);
    fprintf(stderr,
            "constrained: %ld texts of %ld tokens (%ld forced, %ld texts closed); "
            "%ld schemas refused\n",
            s.n_texts, s.n_tokens, s.n_forced, s.n_closed, s.n_refused);
    buf_clear(&s.schema);
    buf_clear(&s.text);
    ingle_session_free(s.session);
    ingle_model_close(s.model);
    return 0;
}
