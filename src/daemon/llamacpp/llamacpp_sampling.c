/* How the fields of llama.cpp's own requests say that tokens are chosen. Its steps and ours run in
 * the same order; `samplers` says which of them run at all. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/llamacpp/llamacpp.h"

#define MAX_LOOK_BACK (1 << 20) /* tokens, of ingle_sampling_options */
#define INFILL_MIN_P 0.2f       /* docs/decisions/infill.md */
#define RANDOM_SEED 0xffffffffu /* asks for one, as -1 does */

const char *const llama_sampler_names[] = {"penalties", "dry",    "top_k",       "typ_p", "top_p",
                                           "min_p",     "infill", "temperature", NULL};

/* ---- samplers ---- */

static const struct {
    const char *name;
    enum llama_sampler sampler;
} other_names[] = {{"top-k", LLAMA_TOP_K},       {"top-p", LLAMA_TOP_P},
                   {"nucleus", LLAMA_TOP_P},     {"typical-p", LLAMA_TYPICAL},
                   {"typical_p", LLAMA_TYPICAL}, {"typical", LLAMA_TYPICAL},
                   {"typ-p", LLAMA_TYPICAL},     {"typ", LLAMA_TYPICAL},
                   {"min-p", LLAMA_MIN_P},       {"temp", LLAMA_TEMPERATURE}};

/* Those that ingle has no equal of, and which do nothing unless a field of theirs says so: that is
 * refused where it is read. */
static const char *const absent[] = {"top_n_sigma", "top-n-sigma", "xtc",
                                     "adaptive_p",  "adaptive-p",  NULL};

static bool is_one_of(const char *name, const char *const *names, int *at) {
    for (int i = 0; names[i]; i++) {
        if (strcmp(name, names[i]) != 0) continue;
        if (at) *at = i;
        return true;
    }
    return false;
}

static bool find_sampler(const char *name, int *out) {
    if (is_one_of(name, llama_sampler_names, out)) return true;
    for (size_t i = 0; i < BASE_COUNT(other_names); i++) {
        if (strcmp(name, other_names[i].name) != 0) continue;
        *out = (int)other_names[i].sampler;
        return true;
    }
    return false;
}

/* Does the step do anything, as its fields are? */
static bool is_at_work(enum llama_sampler s, const ingle_sampling_options *o) {
    switch (s) {
    case LLAMA_PENALTIES:
        return o->penalty_last_n != 0 && (o->repetition_penalty != 1 || o->presence_penalty != 0 ||
                                          o->frequency_penalty != 0);
    case LLAMA_DRY:
        return o->dry_multiplier > 0;
    case LLAMA_TOP_K:
        return o->top_k > 0;
    case LLAMA_TYPICAL:
        return o->typical_p < 1;
    case LLAMA_TOP_P:
        return o->top_p < 1;
    case LLAMA_MIN_P:
        return o->min_p > 0;
    case LLAMA_INFILL:
        return true;
    case LLAMA_TEMPERATURE:
        return o->temperature != 1;
    }
    return false;
}

static void turn_off(enum llama_sampler s, ingle_sampling_options *o) {
    switch (s) {
    case LLAMA_PENALTIES:
        o->penalty_last_n = 0;
        break;
    case LLAMA_DRY:
        o->dry_multiplier = 0;
        break;
    case LLAMA_TOP_K:
        o->top_k = 0;
        break;
    case LLAMA_TYPICAL:
        o->typical_p = 1;
        break;
    case LLAMA_TOP_P:
        o->top_p = 1;
        break;
    case LLAMA_MIN_P:
        o->min_p = 0;
        break;
    case LLAMA_TEMPERATURE:
        o->temperature = 1;
        break;
    case LLAMA_INFILL:
        break;
    }
}

static void read_names(struct fields *f, const char *const *names, size_t n,
                       struct llama_request *r) {
    const char *before = "";
    int last = -1, s = 0;
    memset(r->samples, 0, sizeof r->samples);
    for (size_t i = 0; i < n; i++) {
        if (is_one_of(names[i], absent, NULL)) continue;
        if (!find_sampler(names[i], &s)) {
            field_fail(f, "samplers", "'samplers' has '%.40s', which ingle does not know.",
                       names[i]);
            return;
        }
        r->samples[s] = true;
        if (!is_at_work((enum llama_sampler)s, &r->m.sampling)) continue;
        if (s < last) {
            field_fail(f, "samplers",
                       "'samplers' has '%.40s' after '%s'; ingle runs them in the order penalties, "
                       "dry, top_k, typ_p, top_p, min_p, temperature.",
                       names[i], before);
            return;
        }
        last = s;
        before = names[i];
    }
}

static void read_samplers(struct fields *f, struct arena *arena, struct llama_request *r) {
    ingle_sampling_options *o = &r->m.sampling;
    const char *const *names;
    size_t n;
    for (int s = 0; llama_sampler_names[s]; s++) r->samples[s] = s != LLAMA_INFILL;
    if (!field_strings(f, "samplers", LLAMA_MAX_LIST, arena, &names, &n)) return;
    read_names(f, names, n, r);
    for (int s = 0; llama_sampler_names[s]; s++) {
        if (!r->samples[s]) turn_off((enum llama_sampler)s, o);
    }
    if (r->samples[LLAMA_INFILL] && o->min_p < INFILL_MIN_P) o->min_p = INFILL_MIN_P;
}

/* ---- numbers ---- */

static void refuse_number(struct fields *f, const char *name, double most, const char *why) {
    double value = 0;
    if (field_number(f, name, -HUGE_VAL, HUGE_VAL, &value) && value > most) {
        field_fail(f, name, "'%s' is not supported: %s", name, why);
    }
}

static void refuse_samplers(struct fields *f) {
    refuse_number(f, "mirostat", 0, "ingle has no Mirostat.");
    refuse_number(f, "xtc_probability", 0, "ingle has no XTC.");
    refuse_number(f, "dynatemp_range", 0, "ingle keeps one temperature.");
    refuse_number(f, "top_n_sigma", 0, "ingle has no top-n-sigma.");
    refuse_number(f, "adaptive_target", -1e-9, "ingle has no adaptive-p.");
    refuse_number(f, "min_keep", 1, "each step keeps at least one token, and no more by force.");
}

static void read_dry(struct fields *f, struct arena *arena, ingle_sampling_options *o) {
    field_float(f, "dry_multiplier", 0, 1000, &o->dry_multiplier);
    field_float(f, "dry_base", 1.0001, 1000, &o->dry_base);
    field_int32(f, "dry_allowed_length", 0, MAX_LOOK_BACK, &o->dry_allowed_length);
    field_int32(f, "dry_penalty_last_n", -1, MAX_LOOK_BACK, &o->dry_last_n);
    bool is_there =
        field_strings(f, "dry_sequence_breakers", 256, arena, &o->dry_breakers, &o->n_dry_breakers);
    if (is_there && o->n_dry_breakers == 0) {
        field_fail(f, "dry_sequence_breakers",
                   "'dry_sequence_breakers' is empty; leave it out for the usual ones.");
    }
}

static void read_numbers(struct fields *f, ingle_sampling_options *o) {
    int64_t seed;
    o->seed &= 0x7fffffff; /* that every client can write it */
    field_float(f, "temperature", -1000, 1000, &o->temperature);
    if (o->temperature < 0) o->temperature = 0;
    field_int32(f, "top_k", INT_MIN, INT_MAX, &o->top_k);
    if (o->top_k < 0) o->top_k = 0;
    field_float(f, "top_p", 0, 1, &o->top_p);
    field_float(f, "min_p", 0, 1, &o->min_p);
    field_float(f, "typical_p", 0, 1, &o->typical_p);
    field_int32(f, "repeat_last_n", -1, MAX_LOOK_BACK, &o->penalty_last_n);
    field_float(f, "repeat_penalty", 0.001, 1000, &o->repetition_penalty);
    field_float(f, "presence_penalty", -1000, 1000, &o->presence_penalty);
    field_float(f, "frequency_penalty", -1000, 1000, &o->frequency_penalty);
    if (field_int(f, "seed", -1, INT64_MAX, &seed) && seed >= 0 && seed != RANDOM_SEED) {
        o->seed = (uint64_t)seed;
    }
}

/* ---- logit_bias ---- */

/* A number, or false: never. */
static bool read_strength(const struct json_value *v, float *bias) {
    if (v->kind == JSON_FALSE) {
        *bias = -INFINITY;
        return true;
    }
    double value = v->kind == JSON_NUMBER ? strtod(v->text.data, NULL) : NAN;
    *bias = (float)value;
    return isfinite(*bias);
}

/* The key of an object: a token's number, or a text. */
static bool read_key(const struct json_text *key, struct llama_part *part) {
    char *end;
    errno = 0;
    long long id = strtoll(key->data, &end, 10);
    *part = (struct llama_part){.text = *key};
    if (key->len == 0 || key->data[0] < '0' || key->data[0] > '9' || *end) return true;
    if (errno != 0 || id > INT_MAX) return false;
    part->is_token = true;
    part->token = (ingle_token)id;
    return true;
}

static bool read_pair(const struct json_value *v, struct llama_part *part, float *bias) {
    if (v->kind != JSON_ARRAY || v->n != 2 || !read_strength(&v->items[1], bias)) return false;
    *part = (struct llama_part){.text = v->items[0].text};
    if (v->items[0].kind == JSON_STRING) return true;
    char *end;
    errno = 0;
    long long id = v->items[0].kind == JSON_NUMBER ? strtoll(part->text.data, &end, 10) : -1;
    if (id < 0 || id > INT_MAX || errno != 0 || *end) return false;
    part->is_token = true;
    part->token = (ingle_token)id;
    return true;
}

static void read_biases(struct fields *f, struct arena *arena, struct llama_request *r) {
    static const char name[] = "logit_bias";
    const struct json_value *v = field_get(f, name);
    if (!v) return;
    bool is_fine = (v->kind == JSON_ARRAY || v->kind == JSON_OBJECT) && v->n <= LLAMA_MAX_LIST;
    size_t n = is_fine ? v->n : 0;
    struct llama_part *parts = arena_array(arena, n + 1, sizeof *parts);
    r->biases = arena_array(arena, n + 1, sizeof *r->biases);
    for (size_t i = 0; is_fine && parts && r->biases && i < n; i++) {
        struct llama_bias *b = &r->biases[i];
        is_fine = v->kind == JSON_ARRAY ? read_pair(&v->items[i], &parts[i], &b->bias)
                                        : read_key(&v->members[i].name, &parts[i]) &&
                                              read_strength(&v->members[i].value, &b->bias);
        b->of = (struct llama_prompt){&parts[i], 1};
    }
    r->n_biases = n;
    if (!is_fine) {
        field_fail(f, name,
                   "'logit_bias' must be an array of pairs, or an object, of tokens or texts and "
                   "numbers or false.");
    }
}

/* ---- all of it ---- */

void llama_read_sampling(struct fields *f, struct arena *arena, struct llama_request *r) {
    read_numbers(f, &r->m.sampling);
    read_dry(f, arena, &r->m.sampling);
    read_samplers(f, arena, r);
    read_biases(f, arena, r);
    refuse_samplers(f);
}
