/* Log-probabilities of tokens, in the two shapes that the OpenAI dialect has. */
#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "daemon/openai/openai_answer.h"

/* ---- which tokens a piece is made of ---- */

/* Are these tokens, from `skip` bytes into the first one, what the text begins with? Bytes that are
 * no character it shows as one that stands for them. */
static bool begins_at(const struct turn *t, size_t first, size_t skip, const char *text,
                      size_t len) {
    static const char replacement[3] = "\xef\xbf\xbd";
    size_t at = 0;
    bool was_replaced = false;
    for (size_t i = first; i < t->n_tokens; i++, skip = 0) {
        const struct wire_text *bytes = &t->tokens[i]->chosen.bytes;
        size_t n = t->tokens[i]->is_shown ? bytes->len : 0;
        for (size_t k = skip; k < n && at < len; k++) {
            bool is_high = (unsigned char)bytes->data[k] >= 0x80;
            if (bytes->data[k] == text[at]) {
                at++;
                was_replaced = false;
            } else if (is_high && len - at >= sizeof replacement &&
                       memcmp(text + at, replacement, sizeof replacement) == 0) {
                at += sizeof replacement;
                was_replaced = true;
            } else if (!is_high || !was_replaced) {
                return false;
            }
        }
    }
    return at == len;
}

/* The same, where blanks before the text may have been left out. */
static bool may_begin_at(const struct turn *t, size_t first, const char *text, size_t len) {
    const struct wire_text *bytes = &t->tokens[first]->chosen.bytes;
    size_t n_blank = 0;
    while (n_blank < bytes->len && ascii_is_space(bytes->data[n_blank])) n_blank++;
    if (begins_at(t, first, 0, text, len)) return true;
    return n_blank > 0 && n_blank < bytes->len && begins_at(t, first, n_blank, text, len);
}

/* Text that follows something else has only its own tokens: what stood between (the marker that
 * ends thinking, say) belongs to neither. A stop string that it might have become may have held it
 * back, so that more tokens have come than the piece is long. */
static size_t first_of_text(const struct turn *t, size_t from, const char *text, size_t len) {
    for (size_t i = from; i < t->n_tokens; i++) {
        if (t->tokens[i]->is_shown && may_begin_at(t, i, text, len)) return i;
    }
    size_t first = t->n_tokens, covered = 0;
    while (first > from && covered < len) covered += t->tokens[--first]->chosen.bytes.len;
    return first;
}

void openai_take_tokens(struct openai_choice *c, const ingle_chat_event *e) {
    struct turn *t = c->turn;
    bool is_text = e->kind == INGLE_CHAT_TEXT;
    size_t first = t->n_tokens;
    if (is_text && c->in_text) first = c->n_told;
    if (is_text && !c->in_text) first = first_of_text(t, c->n_told, e->text, e->len);
    for (size_t i = c->n_told; i < t->n_tokens; i++) {
        if (i < first || !t->tokens[i]->is_shown) t->tokens[i] = NULL;
    }
    c->n_told = t->n_tokens;
    c->in_text = is_text;
}

/* ---- chat ---- */

void openai_put_chat_logprobs(struct openai_choice *c, size_t from, struct json *j) {
    const struct turn *t = c->turn;
    json_begin(j, '{');
    json_open(j, "content", '[');
    for (size_t i = from; i < t->n_tokens; i++) {
        const struct msg_token *m = t->tokens[i];
        if (!m) continue;
        json_begin(j, '{');
        turn_put_choice(j, &m->chosen);
        json_open(j, "top_logprobs", '[');
        for (size_t k = 0; k < m->n_top; k++) {
            json_begin(j, '{');
            turn_put_choice(j, &m->top[k]);
            json_end(j, '}');
        }
        json_end(j, ']');
        json_end(j, '}');
    }
    json_end(j, ']');
    json_put_null(j, "refusal");
    json_end(j, '}');
}

/* ---- completions ---- */

/* As a key or an item: its text, or if that is no text alone "bytes:\xe2\x80". */
static const char *name_of(struct arena *arena, const struct wire_text *bytes, size_t *len) {
    *len = bytes->len;
    if (utf8_is_valid(bytes->data, bytes->len)) return bytes->data;
    static const char digits[] = "0123456789abcdef", prefix[] = "bytes:";
    char *name = arena_alloc(arena, sizeof prefix + 4 * bytes->len);
    *len = 0;
    if (!name) return "";
    memcpy(name, prefix, sizeof prefix - 1);
    char *at = name + sizeof prefix - 1;
    for (size_t i = 0; i < bytes->len; i++) {
        unsigned char b = (unsigned char)bytes->data[i];
        *at++ = '\\';
        *at++ = 'x';
        *at++ = digits[b >> 4];
        *at++ = digits[b & 15];
    }
    *len = (size_t)(at - name);
    return name;
}

static size_t n_chars(const struct wire_text *bytes) {
    size_t n = 0;
    for (size_t i = 0; i < bytes->len; i++) n += ((unsigned char)bytes->data[i] & 0xc0) != 0x80;
    return n;
}

/* Two tokens may have one text; the likelier one has come first. */
static bool is_among(const struct msg_token *m, size_t n_top, const struct wire_text *mine) {
    for (size_t i = 0; i < n_top; i++) {
        const struct wire_text *other = &m->top[i].bytes;
        if (other->len == mine->len && memcmp(other->data, mine->data, mine->len) == 0) return true;
    }
    return false;
}

static void put_named(struct json *j, struct arena *arena, const struct msg_token_choice *c) {
    size_t len;
    const char *name = name_of(arena, &c->bytes, &len);
    json_key_text(j, name, len);
    json_number(j, turn_logprob(c), 8);
}

/* The likeliest, and the chosen one if it is none of them. */
static void put_top(struct json *j, struct arena *arena, const struct msg_token *m) {
    json_begin(j, '{');
    for (size_t k = 0; k < m->n_top; k++) {
        if (!is_among(m, k, &m->top[k].bytes)) put_named(j, arena, &m->top[k]);
    }
    if (!is_among(m, m->n_top, &m->chosen.bytes)) put_named(j, arena, &m->chosen);
    json_end(j, '}');
}

void openai_put_old_logprobs(struct openai_choice *c, size_t from, struct json *j) {
    struct turn *t = c->turn;
    json_begin(j, '{');
    json_open(j, "tokens", '[');
    for (size_t i = from; i < t->n_tokens; i++) {
        size_t len;
        if (!t->tokens[i]) continue;
        const char *name = name_of(&t->arena, &t->tokens[i]->chosen.bytes, &len);
        json_text(j, name, len);
    }
    json_end(j, ']');
    json_open(j, "token_logprobs", '[');
    for (size_t i = from; i < t->n_tokens; i++) {
        if (t->tokens[i]) json_number(j, turn_logprob(&t->tokens[i]->chosen), 8);
    }
    json_end(j, ']');
    json_open(j, "top_logprobs", '[');
    for (size_t i = from; i < t->n_tokens; i++) {
        if (t->tokens[i]) put_top(j, &t->arena, t->tokens[i]);
    }
    json_end(j, ']');
    json_open(j, "text_offset", '[');
    for (size_t i = from; i < t->n_tokens; i++) {
        if (!t->tokens[i]) continue;
        json_uint(j, c->n_chars);
        c->n_chars += n_chars(&t->tokens[i]->chosen.bytes);
    }
    json_end(j, ']');
    json_end(j, '}');
}
