/* Prompts as llama.cpp's clients write them: text, tokens, or a row of both. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "daemon/llamacpp/llamacpp.h"

static void say_shape(struct fields *f, const char *name) {
    field_fail(f, name, "'%s' must be a string, tokens, or an array of both.", name);
}

static bool read_token(const struct json_value *v, ingle_token *out) {
    char *end;
    errno = 0;
    long long id = strtoll(v->text.data, &end, 10);
    if (v->kind != JSON_NUMBER || *end || errno != 0 || id < 0 || id > INT_MAX) return false;
    *out = (ingle_token)id;
    return true;
}

static bool read_part(const struct json_value *v, struct llama_part *part) {
    if (v->kind == JSON_STRING) {
        *part = (struct llama_part){.text = v->text};
        return true;
    }
    part->is_token = true;
    return v->kind == JSON_NUMBER && read_token(v, &part->token);
}

void llama_read_mixed(struct fields *f, const char *name, const struct json_value *v,
                      struct arena *arena, struct llama_prompt *out) {
    const struct json_value *items = v->kind == JSON_ARRAY ? v->items : v;
    size_t n = v->kind == JSON_ARRAY ? v->n : 1;
    struct llama_part *parts = arena_array(arena, n + 1, sizeof *parts);
    *out = (struct llama_prompt){0};
    if (!parts) {
        field_no_memory(f, name);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (!read_part(&items[i], &parts[i])) {
            say_shape(f, name);
            return;
        }
    }
    *out = (struct llama_prompt){parts, n};
}

/* {"prompt_string", "multimodal_data"} */
static const struct json_value *open_object(struct fields *f, const char *name,
                                            const struct json_value *v) {
    if (v->kind != JSON_OBJECT) return v;
    const struct json_value *text = json_member(v, "prompt_string");
    const struct json_value *media = json_member(v, "multimodal_data");
    if (media && media->kind != JSON_NULL && media->n > 0) {
        field_fail(f, name, "'multimodal_data' is not supported: ingle reads text only.");
    }
    if (!text || text->kind != JSON_STRING) {
        field_fail(f, name, "'%s' is an object without a string 'prompt_string'.", name);
        return NULL;
    }
    return text;
}

/* An array of strings alone, or with an array or an object in it, is one of prompts. */
static bool is_list(const struct json_value *v) {
    bool has_number = false;
    if (v->kind != JSON_ARRAY || v->n == 0) return false;
    for (size_t i = 0; i < v->n; i++) has_number = has_number || v->items[i].kind == JSON_NUMBER;
    return !has_number;
}

void llama_read_prompts(struct fields *f, const char *name, struct arena *arena,
                        struct llama_prompt **out, size_t *n) {
    field_need(f, name);
    const struct json_value *v = field_get(f, name);
    if (!v) return;
    bool lists = is_list(v);
    const struct json_value *items = lists ? v->items : v;
    *n = lists ? v->n : 1;
    if (*n > LLAMA_MAX_ANSWERS) {
        field_fail(f, name, "'%s' has more than %d prompts.", name, LLAMA_MAX_ANSWERS);
        return;
    }
    *out = arena_array(arena, *n, sizeof **out);
    for (size_t i = 0; *out && i < *n; i++) {
        const struct json_value *one = open_object(f, name, &items[i]);
        if (one) llama_read_mixed(f, name, one, arena, &(*out)[i]);
    }
    if (!*out) field_no_memory(f, name);
}

bool llama_is_text(const struct llama_prompt *p) {
    return p->n == 1 && !p->parts[0].is_token;
}

/* ---- their tokens ---- */

struct tokenizing {
    struct llama_prompt prompt;
    struct llama_tokenizing how;
    struct llama_tokens made;
    size_t cap, at; /* at: the part that is next */
    void (*end)(struct api_call *c, const struct llama_tokens *tokens, void *user);
    void *user;
};

static void go_on(struct api_call *c, struct tokenizing *t);

static bool add(struct tokenizing *t, struct arena *arena, const struct msg_tokens_item *items,
                size_t n) {
    if (t->made.n + n > t->cap) {
        size_t cap = 2 * t->cap + n;
        struct msg_tokens_item *more = arena_array(arena, cap, sizeof *more);
        if (!more) return false;
        for (size_t i = 0; i < t->made.n; i++) more[i] = t->made.items[i];
        t->made.items = more;
        t->cap = cap;
    }
    for (size_t i = 0; i < n; i++) t->made.items[t->made.n++] = items[i];
    return true;
}

static void on_tokens(struct errand *e, ingle_status status, const ingle_error *err) {
    struct tokenizing *t = e->user;
    if (status == INGLE_OK && !add(t, e->call.arena, e->items, e->n_items)) {
        status = INGLE_NO_MEMORY;
        err = NULL;
    }
    if (status != INGLE_OK) {
        api_fail(&e->call, status, err, NULL);
        return;
    }
    go_on(&e->call, t);
}

/* Tokens stand for themselves; the next text is asked for. */
static void go_on(struct api_call *c, struct tokenizing *t) {
    for (; t->at < t->prompt.n && t->prompt.parts[t->at].is_token; t->at++) {
        struct msg_tokens_item item = {.id = t->prompt.parts[t->at].token, .bytes = {.data = ""}};
        if (!add(t, c->arena, &item, 1)) {
            api_fail(c, INGLE_NO_MEMORY, NULL, NULL);
            return;
        }
    }
    if (t->at == t->prompt.n) {
        t->end(c, &t->made, t->user);
        return;
    }
    const struct json_text *text = &t->prompt.parts[t->at].text;
    struct msg_tokenize m = {.text = {text->data, text->len},
                             .no_bos = !t->how.adds_special || t->at > 0,
                             .parse_special = t->how.parses_special,
                             .wants_bytes = t->how.wants_bytes};
    struct service_ask ask = {
        .model = t->how.model, .type = MSG_TOKENIZE, .visit = msg_tokenize, .request = &m};
    t->at++;
    errand_start(c, &ask, on_tokens, t);
}

void llama_tokenize(struct api_call *c, const struct llama_prompt *p,
                    const struct llama_tokenizing *how,
                    void (*end)(struct api_call *c, const struct llama_tokens *tokens, void *user),
                    void *user) {
    struct tokenizing *t = arena_alloc(c->arena, sizeof *t);
    if (!t) {
        api_fail(c, INGLE_NO_MEMORY, NULL, NULL);
        return;
    }
    *t = (struct tokenizing){.prompt = *p, .how = *how, .end = end, .user = user};
    go_on(c, t);
}
