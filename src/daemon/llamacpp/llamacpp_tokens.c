/* POST /tokenize and /detokenize. */
#include "daemon/llamacpp/llamacpp.h"

/* ---- /tokenize ---- */

struct asked {
    bool with_pieces;
};

static void reply_tokens(struct api_call *c, const struct llama_tokens *tokens, void *user) {
    const struct asked *a = user;
    struct buf b;
    struct json j;
    buf_init_secret(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    json_open(&j, "tokens", '[');
    for (size_t i = 0; i < tokens->n; i++) {
        const struct msg_tokens_item *t = &tokens->items[i];
        if (!a->with_pieces) {
            json_int(&j, t->id);
            continue;
        }
        json_begin(&j, '{');
        json_put_int(&j, "id", t->id);
        json_put_bytes(&j, "piece", t->bytes.data, t->bytes.len);
        json_end(&j, '}');
    }
    json_end(&j, ']');
    json_end(&j, '}');
    api_reply_json(c->x, 200, &b);
}

/* Tokens that stand among the texts have no pieces: nobody has looked them up. */
static void check_pieces(struct fields *f, const struct llama_prompt *p, bool with_pieces) {
    for (size_t i = 0; with_pieces && i < p->n; i++) {
        if (p->parts[i].is_token) {
            field_fail(f, "with_pieces", "'with_pieces' is for texts; 'content' has tokens.");
        }
    }
}

void llamacpp_tokenize(struct api_call *c) {
    struct fields f = {.object = c->body};
    struct llama_tokenizing how = {.parses_special = true};
    struct llama_prompt content = {0};
    struct asked *a = arena_alloc(c->arena, sizeof *a);
    const struct json_value *v = field_get(&f, "content");
    if (!a) {
        api_fail(c, INGLE_NO_MEMORY, NULL, NULL);
        return;
    }
    if (v) llama_read_mixed(&f, "content", v, c->arena, &content);
    field_bool(&f, "add_special", &how.adds_special);
    field_bool(&f, "parse_special", &how.parses_special);
    field_bool(&f, "with_pieces", &a->with_pieces);
    field_string(&f, "model", &how.model);
    how.wants_bytes = a->with_pieces;
    check_pieces(&f, &content, a->with_pieces);
    if (f.bad) {
        api_fail_fields(c, &f);
        return;
    }
    llama_tokenize(c, &content, &how, reply_tokens, a);
}

/* ---- /detokenize ---- */

void llama_reply_text(struct errand *e, ingle_status status, const ingle_error *err) {
    struct buf b;
    struct json j;
    if (status != INGLE_OK) {
        api_fail(&e->call, status, err, NULL);
        return;
    }
    buf_init_secret(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    json_put_text(&j, e->user, e->text.data ? e->text.data : "", e->text.size);
    json_end(&j, '}');
    api_reply_json(e->call.x, 200, &b);
}

static ingle_token *read_ids(struct fields *f, struct arena *arena, size_t *n) {
    const struct json_value *v;
    struct llama_prompt p = {0};
    if (field_array(f, "tokens", &v)) llama_read_mixed(f, "tokens", v, arena, &p);
    ingle_token *ids = arena_array(arena, p.n + 1, sizeof *ids);
    for (size_t i = 0; ids && i < p.n; i++) {
        if (!p.parts[i].is_token) field_fail(f, "tokens", "'tokens' must be an array of tokens.");
        ids[i] = p.parts[i].token;
    }
    *n = p.n;
    return ids;
}

void llamacpp_detokenize(struct api_call *c) {
    static char key[] = "content";
    struct fields f = {.object = c->body};
    struct msg_detokenize m = {0};
    struct service_ask ask = {.type = MSG_DETOKENIZE, .visit = msg_detokenize, .request = &m};
    m.ids = read_ids(&f, c->arena, &m.n);
    field_string(&f, "model", &ask.model);
    if (f.bad || !m.ids) {
        api_fail_fields(c, &f);
        return;
    }
    errand_start(c, &ask, llama_reply_text, key);
}
