/* POST /v1/completions: texts continued, as clients of the time before chat want it. */
#include <limits.h>
#include <string.h>

#include "daemon/api/embed.h"
#include "daemon/openai/openai_answer.h"
#include "worker/wire/msg_fill.h"

#define DEFAULT_MAX_TOKENS 16

struct request {
    const char *model;
    struct msg_generate ask;               /* without its prompt */
    const struct msg_embed_input *prompts; /* [n_prompts] texts or tokens */
    size_t n_prompts;
    struct json_text suffix; /* what follows the answer; data NULL = nothing is said of it */
    int n;                   /* choices of each */
    bool echoes, streams, wants_usage;
};

static const struct msg_embed_input *prompt_of(const struct openai_choice *c) {
    const struct request *r = c->answer->request;
    return &r->prompts[c->index / (size_t)r->n];
}

/* ---- answers ---- */

static bool put_text(struct buf *to, const char *text, size_t len) {
    struct json j;
    json_init_buf(&j, to);
    buf_add_str(to, "\"text\":");
    json_text(&j, text, len);
    return !buf_failed(to);
}

static bool put_begin(const struct openai_choice *c, struct buf *to) {
    const struct request *r = c->answer->request;
    const struct wire_text *prompt = &prompt_of(c)->text;
    return r->echoes && put_text(to, prompt->data, prompt->len);
}

static bool put_piece(const struct openai_choice *c, const ingle_chat_event *e, struct buf *to) {
    (void)c;
    return put_text(to, e->text, e->len);
}

static void put_whole(const struct openai_choice *c, struct json *j) {
    const struct request *r = c->answer->request;
    const struct turn *t = c->turn;
    struct buf both;
    buf_init_secret(&both, API_MAX_ANSWER);
    if (r->echoes) buf_add(&both, prompt_of(c)->text.data, prompt_of(c)->text.len);
    if (t->text.size > 0) buf_add(&both, t->text.data, t->text.size);
    json_put_text(j, "text", both.data ? both.data : "", both.size);
    if (buf_failed(&both)) c->answer->choices[c->index].json.failed = true;
    buf_clear(&both);
}

/* ---- the request ---- */

static void read_prompts(struct fields *f, struct arena *arena, struct request *r) {
    embed_read_inputs(f, "prompt", OPENAI_MAX_CHOICES, arena, &r->prompts, &r->n_prompts);
    field_text(f, "suffix", &r->suffix);
    field_bool(f, "echo", &r->echoes);
    for (size_t i = 0; i < r->n_prompts && !f->bad; i++) {
        if (r->prompts[i].n_ids == 0) continue;
        if (r->echoes) field_fail(f, "echo", "'echo' needs a prompt that is a text.");
        if (r->suffix.data) field_fail(f, "suffix", "'suffix' needs a prompt that is a text.");
    }
    if (r->echoes && r->suffix.data) {
        field_fail(f, "echo", "'echo' with 'suffix' is not supported.");
    }
}

static void read_numbers(struct fields *f, struct request *r) {
    int best_of = r->n;
    field_int32(f, "n", 1, OPENAI_MAX_N, &r->n);
    if (field_int32(f, "best_of", 1, INT_MAX, &best_of) && best_of != 1 && best_of != r->n) {
        field_fail(f, "best_of", "'best_of' is %d; it must be 1 or 'n': all choices are answered.",
                   best_of);
    }
    if (r->n_prompts > OPENAI_MAX_CHOICES / (size_t)r->n) {
        field_fail(f, "prompt", "%zu prompts with %d choices each are more than %d choices.",
                   r->n_prompts, r->n, OPENAI_MAX_CHOICES);
    }
    field_int32(f, "logprobs", 0, OPENAI_TOP_LOGPROBS, &r->ask.n_logprobs);
    if (r->echoes && r->ask.n_logprobs >= 0) {
        field_fail(f, "echo", "'echo' with 'logprobs' is not supported.");
    }
}

static void read_request(struct fields *f, struct arena *arena, struct request *r) {
    struct msg_generate *m = &r->ask;
    *r = (struct request){.n = 1};
    *m = (struct msg_generate){.parse_special = true,
                               .sampling = turn_sampling_default(),
                               .max_tokens = DEFAULT_MAX_TOKENS,
                               .stop_loops = true,
                               .n_logprobs = -1};
    field_string(f, "model", &r->model);
    read_prompts(f, arena, r);
    read_numbers(f, r);
    openai_read_sampling(f, arena, &m->sampling);
    openai_read_constraint(f, arena, &m->constraint);
    openai_read_max_tokens(f, "max_tokens", &m->max_tokens);
    field_stops(f, "stop", arena, &m->stops, &m->n_stops);
    openai_read_stream(f, &r->streams, &r->wants_usage);
    openai_refuse(f);
}

/* Between two texts. */
static ingle_status ask_fill(struct openai_choice *c, const struct msg_generate *rest,
                             ingle_error *err) {
    const struct request *r = c->answer->request;
    struct msg_fill m = {
        .rest = *rest, .prefix = prompt_of(c)->text, .suffix = {r->suffix.data, r->suffix.len}};
    m.rest.prompt = (struct wire_text){"", 0};
    return turn_ask(c->turn, MSG_FILL, msg_fill, &m, URGENCY_INTERACTIVE, err);
}

static ingle_status ask(struct openai_choice *c, ingle_error *err) {
    const struct request *r = c->answer->request;
    struct msg_generate m = r->ask;
    m.sampling.seed += c->index % (size_t)r->n;
    if (r->suffix.data) return ask_fill(c, &m, err);
    m.prompt = prompt_of(c)->text;
    m.ids = prompt_of(c)->ids;
    m.n_ids = prompt_of(c)->n_ids;
    return turn_ask(c->turn, MSG_GENERATE, msg_generate, &m, URGENCY_INTERACTIVE, err);
}

void openai_completions(struct api_call *c) {
    static const struct openai_shape shape = {.id_prefix = "cmpl-",
                                              .object = "text_completion",
                                              .chunk_object = "text_completion",
                                              .input_name = "prompt",
                                              .empty = "\"text\":\"\"",
                                              .ask = ask,
                                              .put_begin = put_begin,
                                              .put_piece = put_piece,
                                              .put_whole = put_whole,
                                              .put_logprobs = openai_put_old_logprobs};
    struct fields f = {.object = c->body};
    struct request *r = arena_alloc(c->arena, sizeof *r);
    if (r) read_request(&f, c->arena, r);
    if (!r || f.bad) {
        api_fail_fields(c, &f);
        return;
    }
    struct openai_answer *a = openai_answer_new(c, &shape, r->model, r->n_prompts * (size_t)r->n);
    if (!a) return;
    a->request = r;
    a->streams = r->streams;
    a->wants_usage = r->wants_usage;
    a->n_logprobs = r->ask.n_logprobs;
    a->n_per_prompt = (size_t)r->n;
    openai_answer_start(a);
}
