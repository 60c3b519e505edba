#include "task/complete_prompt.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/compiler.h"

/* A character that merges with nothing: what follows it is spelt as inside of a text. */
#define GUARD "\xe2\x98\xba"

static bool is_named(const ingle_model *model, ingle_token id, const char *name) {
    size_t len;
    const char *bytes = ingle_token_bytes(model, id, true, &len);
    return bytes && len == strlen(name) && memcmp(bytes, name, len) == 0;
}

/* Whether the vocabulary begins a text with a token, and with a space. */
static ingle_status look_at_vocabulary(struct fim_prompt *p, ingle_error *err) {
    ingle_token ids[4];
    size_t n, len = 0;
    const unsigned flags = INGLE_TOKENIZE_ADD_SPECIAL;
    INGLE_TRY(ingle_tokenize(p->model, "", 0, flags, ids, BASE_COUNT(ids), &n, err));
    p->begin = n > 0 && ids[0] == ingle_token_bos(p->model) ? ids[0] : INGLE_TOKEN_NONE;
    INGLE_TRY(ingle_tokenize(p->model, "x", 1, 0, ids, BASE_COUNT(ids), &n, err));
    const char *bytes = n > 0 ? ingle_token_bytes(p->model, ids[0], false, &len) : "";
    p->adds_space = len > 0 && bytes[0] == ' ';
    return INGLE_OK;
}

ingle_status fim_prompt_init(struct fim_prompt *p, const ingle_model *model, ingle_error *err) {
    *p = (struct fim_prompt){
        .model = model,
        .prefix = ingle_token_fim(model, INGLE_FIM_PREFIX),
        .suffix = ingle_token_fim(model, INGLE_FIM_SUFFIX),
        .middle = ingle_token_fim(model, INGLE_FIM_MIDDLE),
        .repository = ingle_token_fim(model, INGLE_FIM_REPOSITORY),
        .file = ingle_token_fim(model, INGLE_FIM_FILE),
    };
    p->suffix_first = is_named(model, p->prefix, "[PREFIX]");
    if (p->suffix_first) p->middle = INGLE_TOKEN_NONE;
    p->fills = p->prefix != INGLE_TOKEN_NONE && p->suffix != INGLE_TOKEN_NONE &&
               (p->middle != INGLE_TOKEN_NONE || p->suffix_first);
    return look_at_vocabulary(p, err);
}

void fim_prompt_clear(struct fim_prompt *p) {
    mem_free(p->ids);
    p->ids = NULL;
    p->n = p->cap = 0;
}

static ingle_status make_room(struct fim_prompt *p, size_t more, ingle_error *err) {
    if (more <= p->cap - p->n) return INGLE_OK;
    size_t cap = p->cap * 2 > p->n + more ? p->cap * 2 : p->n + more;
    ingle_token *ids = cap < SIZE_MAX / sizeof *ids ? mem_realloc(p->ids, cap * sizeof *ids) : NULL;
    if (!ids) return status_no_memory(err, "the prompt", (uint64_t)cap * sizeof *ids);
    p->ids = ids;
    p->cap = cap;
    return INGLE_OK;
}

static ingle_status add_token(struct fim_prompt *p, ingle_token id, ingle_error *err) {
    if (id == INGLE_TOKEN_NONE) return INGLE_OK;
    INGLE_TRY(make_room(p, 1, err));
    p->ids[p->n++] = id;
    return INGLE_OK;
}

static ingle_status add_text(struct fim_prompt *p, const char *text, size_t len, ingle_error *err) {
    size_t n;
    INGLE_TRY(make_room(p, len + 3, err));
    INGLE_TRY(ingle_tokenize(p->model, text, len, 0, p->ids + p->n, p->cap - p->n, &n, err));
    p->n += n;
    return INGLE_OK;
}

/* The same without the space that the vocabulary would put before it. */
static ingle_status add_inner_text(struct fim_prompt *p, const char *text, size_t len,
                                   ingle_error *err) {
    if (!p->adds_space || len == 0) return add_text(p, text, len, err);
    ingle_token guard[8];
    size_t n_guard, first = p->n;
    INGLE_TRY(ingle_tokenize(p->model, GUARD, strlen(GUARD), 0, guard, 8, &n_guard, err));
    struct buf guarded;
    buf_init(&guarded, SIZE_MAX / 2);
    buf_add_str(&guarded, GUARD);
    buf_add(&guarded, text, len);
    ingle_status status = buf_failed(&guarded) ? status_no_memory(err, "the prompt", len)
                                               : add_text(p, guarded.data, guarded.size, err);
    buf_clear(&guarded);
    INGLE_TRY(status);
    if (p->n - first >= n_guard && memcmp(p->ids + first, guard, n_guard * sizeof guard[0]) == 0) {
        p->n -= n_guard;
        memmove(p->ids + first, p->ids + first + n_guard, (p->n - first) * sizeof guard[0]);
        return INGLE_OK;
    }
    p->n = first; /* it merges after all: then with the space */
    return add_text(p, text, len, err);
}

ingle_status fim_prompt_count(void *prompt, const char *text, size_t len, size_t *n,
                              ingle_error *err) {
    const struct fim_prompt *p = prompt;
    ingle_status status = ingle_tokenize(p->model, text, len, 0, NULL, 0, n, err);
    return status == INGLE_LIMIT ? INGLE_OK : status;
}

/* ---- pieces ---- */

/* "name\n" after the token for a file, or a comment. */
static ingle_status make_head(const struct fim_prompt *p, const char *comment, const char *name,
                              struct buf *head, ingle_error *err) {
    buf_init(head, 1 << 16);
    if (p->file == INGLE_TOKEN_NONE) buf_addf(head, "%s ", comment ? comment : "#");
    buf_addf(head, "%s\n", name);
    return buf_failed(head) ? status_no_memory(err, "the prompt", head->size) : INGLE_OK;
}

ingle_status fim_prompt_count_head(struct fim_prompt *p, const char *comment, const char *name,
                                   size_t *n, ingle_error *err) {
    struct buf head;
    ingle_status status = make_head(p, comment, name, &head, err);
    if (status == INGLE_OK) status = fim_prompt_count(p, head.data, head.size, n, err);
    buf_clear(&head);
    *n += 2; /* the token for a file, the newline behind a piece */
    return status;
}

static ingle_status add_head(struct fim_prompt *p, const struct fim_parts *parts, const char *name,
                             ingle_error *err) {
    struct buf head;
    ingle_status status = make_head(p, parts->comment, name, &head, err);
    if (status == INGLE_OK) status = add_token(p, p->file, err);
    if (status == INGLE_OK) status = add_text(p, head.data, head.size, err);
    buf_clear(&head);
    return status;
}

static ingle_status add_piece(struct fim_prompt *p, const struct fim_parts *parts,
                              struct fim_piece *piece, ingle_error *err) {
    size_t first = p->n;
    INGLE_TRY(add_head(p, parts, piece->name, err));
    INGLE_TRY(add_text(p, piece->text, piece->len, err));
    if (piece->len == 0 || piece->text[piece->len - 1] != '\n') {
        INGLE_TRY(add_text(p, "\n", 1, err));
    }
    piece->n_tokens = p->n - first;
    return INGLE_OK;
}

static ingle_status add_pieces(struct fim_prompt *p, const struct fim_parts *parts,
                               ingle_error *err) {
    if (parts->n_pieces == 0) return INGLE_OK;
    if (parts->repository && p->repository != INGLE_TOKEN_NONE && p->file != INGLE_TOKEN_NONE) {
        INGLE_TRY(add_token(p, p->repository, err));
        INGLE_TRY(add_text(p, parts->repository, strlen(parts->repository), err));
        INGLE_TRY(add_text(p, "\n", 1, err));
    }
    for (size_t i = 0; i < parts->n_pieces; i++) {
        INGLE_TRY(add_piece(p, parts, &parts->pieces[i], err));
    }
    return parts->name ? add_head(p, parts, parts->name, err) : INGLE_OK;
}

ingle_status fim_prompt_make(struct fim_prompt *p, const struct fim_parts *parts,
                             ingle_error *err) {
    p->n = 0;
    INGLE_TRY(add_token(p, p->begin, err));
    if (!p->fills) return add_text(p, parts->before, parts->before_len, err);
    bool own_files = p->file != INGLE_TOKEN_NONE;
    if (own_files) INGLE_TRY(add_pieces(p, parts, err));
    if (p->suffix_first) {
        INGLE_TRY(add_token(p, p->suffix, err));
        INGLE_TRY(add_inner_text(p, parts->after, parts->after_len, err));
    }
    INGLE_TRY(add_token(p, p->prefix, err));
    if (!own_files) INGLE_TRY(add_pieces(p, parts, err));
    INGLE_TRY(add_text(p, parts->before, parts->before_len, err));
    if (!p->suffix_first) {
        INGLE_TRY(add_token(p, p->suffix, err));
        INGLE_TRY(add_inner_text(p, parts->after, parts->after_len, err));
    }
    return add_token(p, p->middle, err);
}

ingle_status fim_prompt_begin_middle(struct fim_prompt *p, const char *text, size_t len,
                                     ingle_error *err) {
    return add_inner_text(p, text, len, err);
}
