/* Tokens with a role: which ids the keys name, and which strings have a role whatever the keys and
 * types say. The list of strings is what published models use. */
#include <ctype.h>
#include <string.h>

#include "base/compiler.h"
#include "engine/text/vocab.h"

enum role { ROLE_END = 1, ROLE_CONTROL = 2, ROLE_EATS_NOTHING = 4 };

static const struct {
    const char *text;
    unsigned roles;
} known[] = {
    {"<|eot_id|>", ROLE_END | ROLE_CONTROL},
    {"<|im_end|>", ROLE_END | ROLE_CONTROL},
    {"<|end|>", ROLE_END | ROLE_CONTROL},
    {"<|return|>", ROLE_END | ROLE_CONTROL},
    {"<|call|>", ROLE_END | ROLE_CONTROL},
    {"<|flush|>", ROLE_END | ROLE_CONTROL},
    {"<|calls|>", ROLE_END | ROLE_CONTROL},
    {"<end_of_turn>", ROLE_END | ROLE_CONTROL},
    {"<|endoftext|>", ROLE_END | ROLE_CONTROL | ROLE_EATS_NOTHING},
    {"</s>", ROLE_END | ROLE_CONTROL},
    {"<|eom_id|>", ROLE_END | ROLE_CONTROL},
    {"<EOT>", ROLE_END | ROLE_CONTROL},
    {"_<EOT>", ROLE_END | ROLE_CONTROL},
    {"[EOT]", ROLE_END | ROLE_CONTROL},
    {"[EOS]", ROLE_END | ROLE_CONTROL},
    {"<|end_of_text|>", ROLE_END | ROLE_CONTROL},
    {"<end_of_utterance>", ROLE_END | ROLE_CONTROL},
    {"<eos>", ROLE_END | ROLE_CONTROL},
    {"<turn|>", ROLE_END | ROLE_CONTROL},
    {"<|tool_response>", ROLE_END | ROLE_CONTROL},
    {"<｜end▁of▁sentence｜>", ROLE_END | ROLE_CONTROL},
    {"[e~[", ROLE_END | ROLE_CONTROL},
    {"<s>", ROLE_EATS_NOTHING},
    {"<unk>", ROLE_EATS_NOTHING},
};

/* Filling in the middle: found by a key, which once had another name, or without one by text. Where
 * they end an answer, a model that emits one has left the file it was completing. */
static const struct {
    const char *key, *old_key;
    bool ends;
    const char *texts[8];
    const char *also[3]; /* only where the file says that it is a control token or a literal */
} fim[VOCAB_N_FIM] = {
    {"tokenizer.ggml.fim_pre_token_id",
     "tokenizer.ggml.prefix_token_id",
     false,
     {"<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>", "<｜fim▁begin｜>", "<PRE>", " <PRE>",
      "<|code_prefix|>", "<|prefix|>"},
     {"[PREFIX]"}},
    {"tokenizer.ggml.fim_suf_token_id",
     "tokenizer.ggml.suffix_token_id",
     false,
     {"<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>", "<｜fim▁hole｜>", "<SUF>", " <SUF>",
      "<|code_suffix|>", "<|suffix|>"},
     {"[SUFFIX]"}},
    {"tokenizer.ggml.fim_mid_token_id",
     "tokenizer.ggml.middle_token_id",
     false,
     {"<|fim_middle|>", "<fim-middle>", "<fim_middle>", "<｜fim▁end｜>", "<MID>", " <MID>",
      "<|code_middle|>", "<|middle|>"},
     {"[MIDDLE]"}},
    {"tokenizer.ggml.fim_pad_token_id",
     NULL,
     true,
     {"<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]"},
     {NULL}},
    {"tokenizer.ggml.fim_rep_token_id",
     NULL,
     true,
     {"<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>"},
     {"<repo_name>"}},
    {"tokenizer.ggml.fim_sep_token_id",
     NULL,
     true,
     {"<|file_sep|>"},
     {"<file_sep>", "<|file_separator|>", "<filename>"}},
};

static int32_t find(const struct vocab *v, const char *text) {
    return vocab_find(v, text, strlen(text));
}

static void make_control(struct vocab *v, int32_t id) {
    v->flags[id] &= (uint8_t) ~(VOCAB_TEXT | VOCAB_LITERAL);
    v->flags[id] |= VOCAB_CONTROL;
}

/* *id from a key; left alone if the key is absent. Converters write -1 for none. */
static ingle_status read_id(const struct vocab *v, const struct gguf *g, const char *key,
                            int32_t *id, ingle_error *err) {
    const struct gguf_kv *kv = gguf_find(g, key);
    if (!kv) return INGLE_OK;
    int64_t value;
    if (kv->is_array || !gguf_get_int(kv, 0, &value)) {
        return status_set(err, INGLE_INVALID, kv->where, "The key %s must be a whole number.", key);
    }
    if (value == -1 || value == UINT32_MAX) {
        *id = VOCAB_NONE;
        return INGLE_OK;
    }
    if (value < 0 || value >= v->n) {
        return status_set(err, INGLE_INVALID, kv->where,
                          "The key %s is %lld; the vocabulary has tokens 0 to %d.", key,
                          (long long)value, v->n - 1);
    }
    *id = (int32_t)value;
    return INGLE_OK;
}

ingle_status vocab_read_bool(const struct gguf *g, const char *key, bool *out, ingle_error *err) {
    const struct gguf_kv *kv = gguf_find(g, key);
    if (!kv) return INGLE_OK;
    int64_t value;
    if (kv->is_array || !gguf_get_int(kv, 0, &value) || (value != 0 && value != 1)) {
        return status_set(err, INGLE_INVALID, kv->where, "The key %s must be true or false.", key);
    }
    *out = value == 1;
    return INGLE_OK;
}

static ingle_status find_fim(struct vocab *v, const struct gguf *g, ingle_error *err) {
    for (size_t i = 0; i < BASE_COUNT(fim); i++) {
        int32_t id = VOCAB_NONE;
        INGLE_TRY(read_id(v, g, fim[i].key, &id, err));
        if (fim[i].old_key) INGLE_TRY(read_id(v, g, fim[i].old_key, &id, err));
        for (size_t j = 0; j < BASE_COUNT(fim[i].texts) && fim[i].texts[j]; j++) {
            if (id != VOCAB_NONE) break;
            id = find(v, fim[i].texts[j]);
            if (id != VOCAB_NONE) make_control(v, id);
        }
        if (id != VOCAB_NONE && fim[i].ends) v->flags[id] |= VOCAB_END;
        for (size_t j = 0; j < BASE_COUNT(fim[i].also) && fim[i].also[j]; j++) {
            if (id != VOCAB_NONE) break;
            id = find(v, fim[i].also[j]);
            if (id != VOCAB_NONE && !(v->flags[id] & (VOCAB_CONTROL | VOCAB_LITERAL))) {
                id = VOCAB_NONE;
            }
        }
        /* Text that looks like one is text, as with all control tokens. */
        if (id != VOCAB_NONE && (v->flags[id] & VOCAB_LITERAL)) make_control(v, id);
        v->fim[i] = id;
    }
    return INGLE_OK;
}

/* The channel tags of gpt-oss are literals; beside its own ends, <|end|> only parts messages. */
static void adjust_channels(struct vocab *v) {
    static const char *const literals[] = {"<|channel|>", "<|message|>", "<|start|>",
                                           "<|constrain|>"};
    for (size_t i = 0; i < BASE_COUNT(literals); i++) {
        int32_t id = find(v, literals[i]);
        if (id == VOCAB_NONE) continue;
        v->flags[id] &= VOCAB_END;
        v->flags[id] |= VOCAB_TEXT | VOCAB_LITERAL;
    }
    int32_t end = find(v, "<|end|>"), s = find(v, "</s>");
    bool calls = find(v, "<|call|>") >= 0 || find(v, "<|calls|>") >= 0;
    bool own_ends = calls && (find(v, "<|return|>") >= 0 || find(v, "<|flush|>") >= 0);
    if (own_ends && end != VOCAB_NONE) v->flags[end] = VOCAB_TEXT | VOCAB_LITERAL;
    if (find(v, "<|tool_response>") >= 0 && s != VOCAB_NONE) v->flags[s] = VOCAB_TEXT;
}

/* Phi-3's files do not say that its tokens take the whitespace after them along; its name does, or
 * its tags in a SentencePiece vocabulary. */
static bool is_phi3(const struct vocab *v, const struct gguf *g) {
    if (v->spelling == VOCAB_SPACES && find(v, "<|user|>") >= 0 && find(v, "<|end|>") >= 0 &&
        find(v, "<|assistant|>") >= 0) {
        return true;
    }
    const struct gguf_kv *kv = gguf_find(g, "general.name");
    struct gguf_str name;
    if (!kv || !gguf_get_str(kv, &name)) return false;
    for (size_t i = 0; i + 4 <= name.len; i++) {
        char word[6] = {0};
        for (size_t j = 0; j < 5 && i + j < name.len; j++) {
            word[j] = (char)tolower((unsigned char)name.data[i + j]);
        }
        if (memcmp(word, "phi3", 4) == 0 || memcmp(word, "phi-3", 5) == 0) return true;
    }
    return false;
}

static void flag_known(struct vocab *v, bool phi3) {
    for (size_t i = 0; i < BASE_COUNT(known); i++) {
        int32_t id = find(v, known[i].text);
        if (id == VOCAB_NONE) continue;
        if (known[i].roles & ROLE_END) v->flags[id] |= VOCAB_END;
        if (known[i].roles & ROLE_CONTROL) make_control(v, id);
    }
    for (int id = 0; phi3 && id < v->n; id++) {
        if (v->flags[id] & (VOCAB_CONTROL | VOCAB_LITERAL)) v->flags[id] |= VOCAB_EATS_SPACE;
    }
    for (size_t i = 0; i < BASE_COUNT(known); i++) {
        int32_t id = find(v, known[i].text);
        if (id == VOCAB_NONE || !(known[i].roles & ROLE_EATS_NOTHING)) continue;
        v->flags[id] &= (uint8_t)~VOCAB_EATS_SPACE;
    }
}

ingle_status vocab_find_special(struct vocab *v, const struct gguf *g,
                                struct vocab_defaults defaults, ingle_error *err) {
    v->bos = defaults.bos < v->n ? defaults.bos : VOCAB_NONE;
    v->eos = defaults.eos < v->n ? defaults.eos : VOCAB_NONE;
    v->unk = defaults.unk;
    v->add_bos = defaults.add_bos;
    int32_t eot = VOCAB_NONE, eom = VOCAB_NONE;
    INGLE_TRY(read_id(v, g, "tokenizer.ggml.bos_token_id", &v->bos, err));
    INGLE_TRY(read_id(v, g, "tokenizer.ggml.eos_token_id", &v->eos, err));
    INGLE_TRY(read_id(v, g, "tokenizer.ggml.unknown_token_id", &v->unk, err));
    INGLE_TRY(read_id(v, g, "tokenizer.ggml.eot_token_id", &eot, err));
    INGLE_TRY(read_id(v, g, "tokenizer.ggml.eom_token_id", &eom, err));
    INGLE_TRY(vocab_read_bool(g, "tokenizer.ggml.add_bos_token", &v->add_bos, err));
    INGLE_TRY(vocab_read_bool(g, "tokenizer.ggml.add_eos_token", &v->add_eos, err));
    INGLE_TRY(find_fim(v, g, err));
    flag_known(v, is_phi3(v, g));
    const int32_t ends[] = {v->eos, eot, eom};
    for (size_t i = 0; i < BASE_COUNT(ends); i++) {
        if (ends[i] != VOCAB_NONE) v->flags[ends[i]] |= VOCAB_END;
    }
    adjust_channels(v);
    return INGLE_OK;
}
