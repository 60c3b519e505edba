#include "ingle/tokenizer.h"

#include <string.h>

#include "engine/api/api.h"

typedef ingle_status (*encode_fn)(const struct tokenizer *t, const char *text, size_t len,
                                  bool add_special, bool parse_special, int32_t *ids, size_t cap,
                                  size_t *n_ids, ingle_error *err);

static ingle_status tokenize(encode_fn encode, const ingle_model *model, const char *text,
                             size_t len, unsigned flags, ingle_token *ids, size_t cap,
                             size_t *n_tokens, ingle_error *err) {
    INGLE_TRY(api_need(model, "model", err));
    INGLE_TRY(api_need(n_tokens, "n_tokens", err));
    *n_tokens = 0;
    if (len > 0) INGLE_TRY(api_need(text, "text", err));
    if (cap > 0) INGLE_TRY(api_need(ids, "ids", err));
    const unsigned known = INGLE_TOKENIZE_ADD_SPECIAL | INGLE_TOKENIZE_PARSE_SPECIAL;
    if (flags & ~known) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "The flags 0x%x have unknown bits.", flags);
    }
    INGLE_TRY(encode(model->tokenizer, len ? text : "", len,
                     (flags & INGLE_TOKENIZE_ADD_SPECIAL) != 0,
                     (flags & INGLE_TOKENIZE_PARSE_SPECIAL) != 0, ids, cap, n_tokens, err));
    if (*n_tokens <= cap || cap == 0) return INGLE_OK;
    return status_set(err, INGLE_LIMIT, 0, "The text has %zu tokens; there is room for %zu.",
                      *n_tokens, cap);
}

ingle_status ingle_tokenize(const ingle_model *model, const char *text, size_t len, unsigned flags,
                            ingle_token *ids, size_t cap, size_t *n_tokens, ingle_error *err) {
    return tokenize(tokenizer_encode, model, text, len, flags, ids, cap, n_tokens, err);
}

ingle_status ingle_tokenize_stable(const ingle_model *model, const char *text, size_t len,
                                   unsigned flags, ingle_token *ids, size_t cap, size_t *n_tokens,
                                   ingle_error *err) {
    return tokenize(tokenizer_encode_stable, model, text, len, flags, ids, cap, n_tokens, err);
}

static bool is_known(const ingle_model *model, ingle_token id) {
    return model && id >= 0 && id < tokenizer_n_vocab(model->tokenizer);
}

const char *ingle_token_bytes(const ingle_model *model, ingle_token id, bool special, size_t *len) {
    if (len) *len = 0;
    if (!len || !is_known(model, id)) return NULL;
    struct gguf_str piece = tokenizer_piece(model->tokenizer, id, special);
    *len = piece.len;
    return piece.data ? piece.data : "";
}

ingle_status ingle_detokenize(const ingle_model *model, const ingle_token *ids, size_t n,
                              bool special, char *text, size_t cap, size_t *len, ingle_error *err) {
    INGLE_TRY(api_need(model, "model", err));
    INGLE_TRY(api_need(len, "len", err));
    *len = 0;
    if (n > 0) INGLE_TRY(api_need(ids, "ids", err));
    if (cap > 0) INGLE_TRY(api_need(text, "text", err));
    for (size_t i = 0; i < n; i++) {
        if (is_known(model, ids[i])) continue;
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "Token %zu is %d; the vocabulary has 0 to %d.", i, ids[i],
                          tokenizer_n_vocab(model->tokenizer) - 1);
    }
    bool strip = tokenizer_strips_first_space(model->tokenizer);
    size_t total = 0;
    for (size_t i = 0; i < n; i++) {
        struct gguf_str piece = tokenizer_piece(model->tokenizer, ids[i], special);
        if (!tokenizer_is_control(model->tokenizer, ids[i]) && piece.len) {
            if (strip && piece.data[0] == ' ') {
                piece.data++;
                piece.len--;
            }
            strip = false;
        }
        if (piece.len && total < cap && piece.len <= cap - total) {
            memcpy(text + total, piece.data, piece.len);
        }
        total += piece.len;
    }
    *len = total;
    if (total < cap) text[total] = '\0';
    if (total <= cap) return INGLE_OK;
    return status_set(err, INGLE_LIMIT, 0, "The text has %zu bytes; there is room for %zu.", total,
                      cap);
}

bool ingle_token_is_end(const ingle_model *model, ingle_token id) {
    return is_known(model, id) && tokenizer_is_end(model->tokenizer, id);
}

bool ingle_token_is_control(const ingle_model *model, ingle_token id) {
    return is_known(model, id) && tokenizer_is_control(model->tokenizer, id);
}

ingle_token ingle_token_bos(const ingle_model *model) {
    return model ? tokenizer_bos(model->tokenizer) : INGLE_TOKEN_NONE;
}

ingle_token ingle_token_eos(const ingle_model *model) {
    return model ? tokenizer_eos(model->tokenizer) : INGLE_TOKEN_NONE;
}

ingle_token ingle_token_fim(const ingle_model *model, ingle_fim_part part) {
    return model ? tokenizer_fim(model->tokenizer, (int)part) : INGLE_TOKEN_NONE;
}
