/* The fields of /completion, and of /infill as far as they are the same. */
#include <limits.h>

#include "daemon/llamacpp/llamacpp.h"

/* ---- what the text must be ---- */

static void read_constraint(struct fields *f, struct arena *arena, struct msg_constraint *m) {
    const struct json_value *schema = field_get(f, "json_schema");
    struct json_text grammar = {0};
    if (field_text(f, "grammar", &grammar) && grammar.len > 0) {
        *m = (struct msg_constraint){.kind = CONSTRAINT_GRAMMAR,
                                     .text = {grammar.data, grammar.len}};
    }
    if (!schema) return;
    if (grammar.len > 0) {
        field_fail(f, "grammar", "'grammar' and 'json_schema' are both there; give one.");
    }
    m->kind = CONSTRAINT_SCHEMA;
    m->text.data = api_text_of(arena, schema, &m->text.len);
    if (!m->text.data) field_no_memory(f, "json_schema");
}

/* What would cut the text is not to break what it must be. */
static void check_constraint(struct fields *f, struct llama_request *r) {
    if (r->m.constraint.kind == CONSTRAINT_NONE) return;
    if (r->n_indent > 0) {
        field_fail(f, "n_indent", "'n_indent' would cut what 'grammar' or 'json_schema' asks for.");
    }
    if (r->m.ignore_end) {
        field_fail(f, "ignore_eos", "'ignore_eos' does not go with 'grammar' or 'json_schema'.");
    }
    r->m.max_ms = r->max_predict_ms; /* then it is closed in time, wherever its lines end */
    r->max_predict_ms = 0;
}

/* ---- how long it may be ---- */

static void read_limits(struct fields *f, struct llama_request *r) {
    static const char *const names[] = {"max_completion_tokens", "max_tokens", "n_predict"};
    for (size_t i = 0; i < BASE_COUNT(names); i++) { /* the last one wins */
        field_int32(f, names[i], -2, INT_MAX, &r->n_predict);
    }
    r->m.max_tokens = r->n_predict < 0 ? -1 : r->n_predict;
    r->m.warm = r->n_predict == 0;
    field_int32(f, "n_indent", 0, INT_MAX, &r->n_indent);
    int max_ms = 0;
    field_int32(f, "t_max_predict_ms", -1, INT_MAX, &max_ms);
    r->max_predict_ms = max_ms > 0 ? max_ms : 0;
}

static void read_stops(struct fields *f, struct arena *arena, struct msg_generate *m) {
    const char *const *stops;
    size_t n;
    if (!field_strings(f, "stop", FIELD_MAX_STOPS, arena, &stops, &n)) return;
    const char **kept = arena_array(arena, n + 1, sizeof *kept);
    for (size_t i = 0; kept && i < n; i++) {
        if (stops[i][0]) kept[m->n_stops++] = stops[i]; /* "" stops nothing */
    }
    m->stops = kept;
    if (!kept) field_no_memory(f, "stop");
}

/* ---- what is told of it ---- */

static void read_reports(struct fields *f, struct arena *arena, struct llama_request *r) {
    field_bool(f, "stream", &r->streams);
    field_int32(f, "n_probs", 0, INGLE_TOP_MAX, &r->n_probs);
    field_bool(f, "return_tokens", &r->return_tokens);
    field_bool(f, "timings_per_token", &r->timings_per_token);
    field_strings(f, "response_fields", LLAMA_MAX_LIST, arena, &r->response_fields,
                  &r->n_response_fields);
    field_int32(f, "id_slot", -1, INT_MAX, &r->id_slot);
    if (r->n_probs > 0 || r->return_tokens || r->streams) r->m.n_logprobs = r->n_probs;
}

static void refuse(struct fields *f) {
    field_refuse(f, "post_sampling_probs",
                 "probabilities are the model's own, before sampling changes them.");
    field_refuse(f, "lora", "ingle loads no LoRA adapters.");
    field_refuse(f, "image_data", "ingle reads text only.");
    field_refuse(f, "grammar_lazy", "a grammar holds from the first token.");
    field_refuse(f, "grammar_triggers", "a grammar holds from the first token.");
    field_refuse(f, "preserved_tokens", "control tokens are no part of the text.");
    field_refuse(f, "system_prompt", "the prompt is all that the model sees.");
}

void llama_read_request(struct fields *f, struct arena *arena, struct llama_request *r) {
    *r = (struct llama_request){.n_predict = -1,
                                .n_cmpl = 1,
                                .m = {.prompt = {.data = ""},
                                      .parse_special = true,
                                      .sampling = turn_sampling_default(),
                                      .stop_loops = true,
                                      .n_logprobs = -1}};
    bool is_hint;
    field_string(f, "model", &r->model);
    read_limits(f, r);
    read_stops(f, arena, &r->m);
    field_bool(f, "ignore_eos", &r->m.ignore_end);
    field_bool(f, "cache_prompt", &is_hint);
    field_int32(f, "n", 1, LLAMA_MAX_ANSWERS, &r->n_cmpl);
    field_int32(f, "n_cmpl", 1, LLAMA_MAX_ANSWERS, &r->n_cmpl);
    read_reports(f, arena, r);
    llama_read_sampling(f, arena, r);
    read_constraint(f, arena, &r->m.constraint);
    check_constraint(f, r);
    refuse(f);
}

/* ---- what it was, for the answer ---- */

static void put_sampling(struct json *j, const ingle_sampling_options *o, uint64_t seed) {
    json_put_uint(j, "seed", seed);
    json_put_number(j, "temperature", (double)o->temperature, 6);
    json_put_int(j, "top_k", o->top_k);
    json_put_number(j, "top_p", (double)o->top_p, 6);
    json_put_number(j, "min_p", (double)o->min_p, 6);
    json_put_number(j, "typical_p", (double)o->typical_p, 6);
    json_put_int(j, "repeat_last_n", o->penalty_last_n);
    json_put_number(j, "repeat_penalty", (double)o->repetition_penalty, 6);
    json_put_number(j, "presence_penalty", (double)o->presence_penalty, 6);
    json_put_number(j, "frequency_penalty", (double)o->frequency_penalty, 6);
    json_put_number(j, "dry_multiplier", (double)o->dry_multiplier, 6);
    json_put_number(j, "dry_base", (double)o->dry_base, 6);
    json_put_int(j, "dry_allowed_length", o->dry_allowed_length);
    json_put_int(j, "dry_penalty_last_n", o->dry_last_n);
    json_put_int(j, "mirostat", 0);
    json_put_int(j, "xtc_probability", 0);
    json_put_int(j, "dynatemp_range", 0);
}

void llama_put_settings(struct json *j, const struct llama_request *r, uint64_t seed) {
    json_begin(j, '{');
    put_sampling(j, &r->m.sampling, seed);
    json_put_int(j, "n_predict", r->n_predict);
    json_put_int(j, "max_tokens", r->n_predict);
    json_put_bool(j, "ignore_eos", r->m.ignore_end);
    json_put_bool(j, "stream", r->streams);
    json_put_int(j, "n_probs", r->n_probs);
    json_put_bool(j, "timings_per_token", r->timings_per_token);
    json_put_bool(j, "post_sampling_probs", false);
    json_open(j, "stop", '[');
    for (size_t i = 0; i < r->m.n_stops; i++) json_str(j, r->m.stops[i]);
    json_end(j, ']');
    json_open(j, "samplers", '[');
    for (int s = 0; llama_sampler_names[s]; s++) {
        if (r->samples[s]) json_str(j, llama_sampler_names[s]);
    }
    json_end(j, ']');
    bool is_grammar = r->m.constraint.kind == CONSTRAINT_GRAMMAR;
    json_put_text(j, "grammar", is_grammar ? r->m.constraint.text.data : "",
                  is_grammar ? r->m.constraint.text.len : 0);
    json_open(j, "lora", '[');
    json_end(j, ']');
    json_end(j, '}');
}
