#include "engine/chat/chat.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "engine/chat/builtin.h"

#define VARS_MAX ((size_t)64 << 20)

/* ---- settings ---- */

static void settings_clear(struct chat_settings *s) {
    family_clear(&s->family);
    tool_set_free(s->tools);
    arena_clear(&s->arena);
    *s = (struct chat_settings){0};
}

static ingle_status read_vars(struct chat_settings *s, const char *text, ingle_error *err) {
    if (!text) return INGLE_OK;
    INGLE_TRY(json_tree_parse(&s->vars, &s->arena, text, strlen(text),
                              "The text of the template's variables", err));
    if (s->vars->kind == JSON_OBJECT) return INGLE_OK;
    return status_set(err, INGLE_INVALID, s->vars->where,
                      "The template's variables must be a JSON object.");
}

static ingle_status read_tools(struct chat_settings *s, const struct chat_options *o,
                               ingle_error *err) {
    if (o->tools) INGLE_TRY(tool_set_read(&s->tools, o->tools, strlen(o->tools), err));
    bool has_any = s->tools && s->tools->n > 0;
    if (o->choice == CHOICE_NAMED && has_any && o->tool_name) {
        s->only = tool_find(s->tools, o->tool_name, strlen(o->tool_name));
    }
    if (o->choice == CHOICE_NAMED && !s->only) {
        return status_set(err, INGLE_INVALID, 0,
                          "The tool '%.60s' is to be called, but no tool of that name is declared.",
                          o->tool_name ? o->tool_name : "");
    }
    if (o->choice == CHOICE_REQUIRED && !has_any) {
        return status_set(err, INGLE_INVALID, 0,
                          "A call of a tool is required, but no tool is declared.");
    }
    return INGLE_OK;
}

static ingle_status read_template(struct chat *c, struct chat_settings *s,
                                  const struct chat_options *o, ingle_error *err) {
    const struct chat_model *m = &c->model;
    bool shows_tools = s->tools && s->tools->n > 0 && o->choice != CHOICE_NONE;
    struct json_text source = m->template_text;
    s->template_from = "the model";
    if (o->template_text) {
        source = (struct json_text){o->template_text, strlen(o->template_text)};
        s->template_from = "the options";
    } else if (shows_tools && m->tool_template.data) {
        source = m->tool_template;
        s->template_from = "the model (tool_use)";
    } else if (!source.data) {
        const struct builtin_template *builtin = builtin_template_for(m->tokenizer);
        source = (struct json_text){builtin->source, strlen(builtin->source)};
        s->template_from = builtin->name;
    }
    return family_init(&s->family, source.data, source.len, &c->family_model, err);
}

/* SmolLM3's template has two ways to show tools; a variable chooses the other one. */
static bool wants_code(const struct chat_settings *s) {
    const struct json_value *python = s->vars ? json_member(s->vars, "python_tools") : NULL;
    return python && python->kind == JSON_TRUE &&
           template_reads(s->family.template, "python_tools");
}

static ingle_status read_settings(struct chat *c, struct chat_settings *s,
                                  const struct chat_options *o, ingle_error *err) {
    arena_init(&s->arena, VARS_MAX);
    INGLE_TRY(read_vars(s, o->variables, err));
    INGLE_TRY(read_tools(s, o, err));
    INGLE_TRY(read_template(c, s, o, err));
    s->choice = o->choice;
    s->calls = wants_code(s) ? CALLS_CODE : s->family.calls;
    s->has_many = !o->one_call && s->family.takes_many_calls;
    s->free_tools = o->free_tools;
    s->think = o->think;
    s->think_budget = o->think_budget;
    s->now = o->now;
    if (o->think_budget < -1) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The option think_budget is %d; it must be -1 or more.", o->think_budget);
    }
    if (o->think == THINK_ON && !s->family.can_think) {
        return status_set(err, INGLE_REFUSED, 0,
                          "Thinking cannot be on: the chat template of this model knows none.");
    }
    return INGLE_OK;
}

ingle_status chat_configure(struct chat *c, const struct chat_options *options, ingle_error *err) {
    struct chat_settings s = {0};
    ingle_status status = read_settings(c, &s, options, err);
    if (status != INGLE_OK) {
        settings_clear(&s);
        return status;
    }
    settings_clear(&c->settings);
    rendered_clear(&c->rendered);
    c->settings = s;
    c->ids.are_short = s.calls == CALLS_MISTRAL || s.calls == CALLS_MINISTRAL;
    rng_init(&c->ids.rng, options->id_seed ? options->id_seed : (uint64_t)clock_date_ns());
    return INGLE_OK;
}

static struct json_text token_text(const struct tokenizer *t, int32_t id) {
    if (id == TOKENIZER_NONE) return (struct json_text){"", 0};
    struct gguf_str text = tokenizer_piece(t, id, true);
    return (struct json_text){text.data, text.len};
}

ingle_status chat_init(struct chat *c, const struct chat_model *model,
                       const struct chat_options *options, ingle_error *err) {
    const struct tokenizer *t = model->tokenizer;
    c->model = *model;
    c->texts[0] = (struct template_text){"bos_token", token_text(t, tokenizer_bos(t))};
    c->texts[1] = (struct template_text){"eos_token", token_text(t, tokenizer_eos(t))};
    c->family_model =
        (struct family_model){.tokenizer = t, .name = model->name, .texts = c->texts, .n_texts = 2};
    return chat_configure(c, options, err);
}

void chat_clear(struct chat *c) {
    settings_clear(&c->settings);
    message_list_clear(&c->messages);
    rendered_clear(&c->rendered);
    message_free(c->parsed);
    *c = (struct chat){0};
}

/* ---- what the model is given ---- */

struct tool_set *chat_tools(const struct chat *c) {
    const struct chat_settings *s = &c->settings;
    return s->choice != CHOICE_NONE && s->tools && s->tools->n > 0 ? s->tools : NULL;
}

/* Local time would be read from the environment: who wants it adds its offset. */
static ingle_status read_clock(int64_t now, struct tm *out, ingle_error *err) {
    time_t seconds = (time_t)(now ? now : clock_date_ns() / 1000000000);
    if (gmtime_r(&seconds, out)) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0, "The option now is %lld, which is no time.",
                      (long long)now);
}

ingle_status chat_render(struct chat *c, ingle_error *err) {
    const struct chat_settings *s = &c->settings;
    struct render_input input = {.family = &s->family,
                                 .model = &c->family_model,
                                 .messages = &c->messages,
                                 .tools = chat_tools(c),
                                 .vars = s->vars,
                                 .calls = s->calls,
                                 .think = s->think,
                                 .has_many_calls = s->has_many};
    INGLE_TRY(read_clock(s->now, &input.now, err));
    return render_messages(&c->rendered, &input, err);
}

ingle_status chat_encode(const struct chat *c, int32_t *ids, size_t cap, size_t *n,
                         ingle_error *err) {
    const struct tokenizer *t = c->model.tokenizer;
    const struct rendered *r = &c->rendered;
    const char *text = r->text.data ? r->text.data : "";
    size_t start = 0;
    *n = 0;
    /* Many templates write the BOS that the tokenizer adds. */
    if (tokenizer_adds_bos(t)) {
        const struct json_text *bos = &c->texts[0].text;
        bool is_written = r->n_ranges > 0 && r->ranges[0].start == 0 &&
                          r->ranges[0].len >= bos->len && r->text.size >= bos->len &&
                          memcmp(text, bos->data, bos->len) == 0;
        if (!is_written) {
            if (cap > 0) ids[0] = tokenizer_bos(t);
            start = 1;
        }
    }
    size_t room = cap > start ? cap - start : 0;
    INGLE_TRY(tokenizer_encode_ranges(t, text, r->text.size, r->ranges, r->n_ranges,
                                      room ? ids + start : NULL, room, n, err));
    *n += start;
    return INGLE_OK;
}

/* ---- the answer ---- */

struct split_options chat_split_options(struct chat *c) {
    const struct chat_settings *s = &c->settings;
    return (struct split_options){
        .format = s->calls,
        .tools = chat_tools(c),
        .think = think_style(s->family.think),
        .in_thinking = c->rendered.in_thinking,
        .streams_arguments = !s->free_tools && call_format_info(s->calls)->syntax != SYNTAX_REGION,
        .ids = &c->ids,
    };
}

struct answer_spec chat_answer_spec(const struct chat *c) {
    const struct chat_settings *s = &c->settings;
    bool is_held = !s->free_tools;
    return (struct answer_spec){
        .tokenizer = c->model.tokenizer,
        .think = think_style(s->family.think),
        .may_think = s->think != THINK_OFF && s->family.can_think,
        .forbids_thinking = s->think == THINK_OFF,
        .calls = s->calls,
        .tools = is_held ? chat_tools(c) : NULL,
        .only = s->only,
        .is_required = s->choice == CHOICE_REQUIRED || s->choice == CHOICE_NAMED,
        .has_many = s->has_many,
        .no_markers = s->choice == CHOICE_NONE && s->tools && s->tools->n > 0,
    };
}

static bool put(const struct split_event *event, void *user) {
    answer_put(user, event);
    return true;
}

static ingle_status parse(struct chat *c, struct split *split, const struct answer *answer,
                          const char *text, size_t len, ingle_error *err) {
    INGLE_TRY(split_feed(split, text, len, err));
    INGLE_TRY(split_finish(split, true, err));
    return answer_message(&c->parsed, answer, c->messages.n, err);
}

static const char *find(const char *text, size_t len, const char *word) {
    return word ? memmem(text, len, word, strlen(word)) : NULL;
}

/* Of a complete answer, whose beginning the prompt may have written: it ends thinking that it did
 * not begin. */
static bool begins_in_thinking(const struct chat *c, const char *text, size_t len) {
    const struct think_style *style = think_style(c->settings.family.think);
    if (!style) return false;
    const char *open = find(text, len, style->open), *close = find(text, len, style->close);
    if (!close) return !open && c->rendered.in_thinking;
    return !open || close < open;
}

ingle_status chat_parse(struct chat *c, const char *text, size_t len, ingle_error *err) {
    struct answer answer;
    struct split split;
    answer_init(&answer);
    message_free(c->parsed);
    c->parsed = NULL;
    struct split_options options = chat_split_options(c);
    options.in_thinking = begins_in_thinking(c, text, len);
    options.streams_arguments = false;
    options.put = put;
    options.user = &answer;
    split_init(&split, &options);
    ingle_status status = parse(c, &split, &answer, text, len, err);
    split_clear(&split);
    answer_clear(&answer);
    return status;
}
