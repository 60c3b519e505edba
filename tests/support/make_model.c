#include "support/make_model.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "engine/kern/dequant.h"
#include "engine/kern/quant.h"
#include "support/gguf_stream.h"

#define MAX_TENSORS 1024
#define MAX_POOLS 16
#define POOLED_FROM (256u << 10) /* bytes of a tensor that is written from a pool */
#define POOL_SIZE (1u << 20)
#define TAU 6.283185307179586

enum role { ROLE_MATRIX, ROLE_NORM, ROLE_BIAS, ROLE_FACTORS };

struct tensor {
    char name[64];
    enum role role;
    enum kern_type type;
    int n_cols, n_rows;
    float spread;         /* deviation of a matrix's or bias's values */
    const float *factors; /* ROLE_FACTORS */
};

struct pool {
    enum kern_type type;
    int n_cols, n_rows;
    size_t size;
    uint8_t *rows;
};

struct maker {
    struct make_model_spec s;
    struct gguf_stream out;
    struct rng rng;
    struct tensor tensors[MAX_TENSORS];
    int n_tensors;
    struct pool pools[MAX_POOLS];
    int n_pools;
    float factors[2][512];
    const char *wrong; /* what made it fail */
};

static void set_default(int *value, int otherwise) {
    if (*value == 0) *value = otherwise;
}

static bool is_arch(const struct maker *m, const char *arch) {
    return strcmp(m->s.arch, arch) == 0;
}

static void fill_spec(struct maker *m) {
    struct make_model_spec *s = &m->s;
    if (!s->arch) s->arch = "llama";
    if (!s->type) s->type = "f32";
    set_default(&s->n_layer, is_arch(m, "smollm3") ? 5 : 3);
    set_default(&s->n_embd, 64);
    set_default(&s->n_ff, 128);
    set_default(&s->n_head, 4);
    set_default(&s->n_head_kv, 2);
    set_default(&s->head_dim, s->n_embd / s->n_head);
    set_default(&s->n_rot, s->head_dim);
    set_default(&s->n_vocab, 320);
    set_default(&s->n_ctx_train, 512);
    set_default(&s->n_ctx_orig, s->n_ctx_train / 4);
    if (s->rope_base == 0) s->rope_base = 10000.0f;
    if (s->rope_factor == 0) s->rope_factor = 4.0f;
    if (is_arch(m, "phi3")) s->fused = true;
}

/* ---- types ---- */

static bool same_word(const char *a, const char *b) {
    while (*a && tolower((unsigned char)*a) == tolower((unsigned char)*b)) a++, b++;
    return *a == *b;
}

static enum kern_type find_type(struct maker *m, const char *name) {
    for (uint32_t id = 0; id < KERN_TYPE_MAX; id++) {
        const struct kern_type_info *info = kern_type_info(id);
        if (info && same_word(info->name, name)) return (enum kern_type)id;
    }
    m->wrong = "there is no such type";
    return KERN_F32;
}

/* What the published quantiser takes where a 256-block does not divide the row. */
static enum kern_type fallback(enum kern_type type, int n_cols) {
    if (n_cols % kern_type_info(type)->block_elems == 0) return type;
    if (n_cols % 32 != 0) return KERN_F16;
    switch (type) {
    case KERN_Q4_K:
        return KERN_Q5_0;
    case KERN_Q5_K:
        return KERN_Q5_1;
    case KERN_Q6_K:
        return KERN_Q8_0;
    case KERN_IQ4_XS:
        return KERN_IQ4_NL;
    default:
        return KERN_Q4_0;
    }
}

static bool is_type(const struct maker *m, const char *name) {
    return same_word(m->s.type, name);
}

/* The layers that a mixture of K-quants spends more bits on. */
static bool is_favoured(const struct maker *m, int layer) {
    int n = m->s.n_layer;
    return layer >= 0 && (layer < n / 8 || layer >= 7 * n / 8 || (layer - n / 8) % 3 == 2);
}

/* Q4_K_M and Q5_K_M: more bits for V and the way down of some layers. */
static enum kern_type mixed_k(const struct maker *m, const char *name, int layer) {
    bool more = is_favoured(m, layer);
    if (more && (strstr(name, "attn_v") || strstr(name, "ffn_down"))) return KERN_Q6_K;
    if (more && strstr(name, "attn_qkv")) return KERN_Q5_K;
    return is_type(m, "q4_k_m") ? KERN_Q4_K : KERN_Q5_K;
}

/* IQ4_XS: more bits for V where many heads share it, and for the way down of the first layers. */
static enum kern_type mixed_iq4(const struct maker *m, const char *name, int layer) {
    bool shared = m->s.n_head >= 4 * m->s.n_head_kv, first = layer < m->s.n_layer / 8;
    if (shared && strstr(name, "attn_v")) return KERN_Q5_K;
    return first && strstr(name, "ffn_down") ? KERN_Q5_K : KERN_IQ4_XS;
}

/* The type of a matrix under the file's type. Every mixture spends more bits on the head. */
static enum kern_type matrix_type(struct maker *m, const char *name, int layer) {
    bool iq4 = is_type(m, "iq4_xs_mix");
    if (!iq4 && !is_type(m, "q4_k_m") && !is_type(m, "q5_k_m")) return find_type(m, m->s.type);
    if (strcmp(name, m->s.tied ? "token_embd.weight" : "output.weight") == 0) return KERN_Q6_K;
    return iq4 ? mixed_iq4(m, name, layer) : mixed_k(m, name, layer);
}

/* ---- the list of tensors ---- */

static struct tensor *add(struct maker *m, enum role role, int layer, const char *name, int n_cols,
                          int n_rows) {
    if (m->n_tensors == MAX_TENSORS) {
        m->wrong = "it has too many tensors";
        m->n_tensors--;
    }
    struct tensor *t = &m->tensors[m->n_tensors++];
    *t = (struct tensor){.role = role, .n_cols = n_cols, .n_rows = n_rows, .spread = 0.1f};
    if (layer < 0)
        snprintf(t->name, sizeof t->name, "%s", name);
    else
        snprintf(t->name, sizeof t->name, "blk.%d.%s", layer, name);
    return t;
}

/* gain: the size of the output, for an input of size 1. */
static void add_matrix(struct maker *m, int layer, const char *name, int n_cols, int n_rows,
                       double gain) {
    struct tensor *t = add(m, ROLE_MATRIX, layer, name, n_cols, n_rows);
    t->spread = (float)(gain / sqrt((double)n_cols));
    t->type = fallback(matrix_type(m, name, layer), n_cols);
}

static void add_factors(struct maker *m, const char *name, int which) {
    add(m, ROLE_FACTORS, -1, name, m->s.n_rot / 2, 1)->factors = m->factors[which];
}

static void list_globals(struct maker *m) {
    const struct make_model_spec *s = &m->s;
    /* Logits of deviation 3: a head on a normalised state. The embedding, when it is not the head,
     * only has to be of size 1, which sqrt(n_cols) undoes. */
    add_matrix(m, -1, "token_embd.weight", s->n_embd, s->n_vocab,
               s->tied ? 3.0 : sqrt((double)s->n_embd));
    if (!s->tied) add_matrix(m, -1, "output.weight", s->n_embd, s->n_vocab, 3.0);
    add(m, ROLE_NORM, -1, "output_norm.weight", s->n_embd, 1);
    if (s->rope == MAKE_ROPE_LLAMA3) add_factors(m, "rope_freqs.weight", 0);
    if (s->rope == MAKE_ROPE_LONGROPE) {
        add_factors(m, "rope_factors_long.weight", 0);
        add_factors(m, "rope_factors_short.weight", 1);
    }
}

static void list_attention(struct maker *m, int il) {
    const struct make_model_spec *s = &m->s;
    int n_q = s->n_head * s->head_dim, n_kv = s->n_head_kv * s->head_dim;
    bool qkv_bias = s->biases || is_arch(m, "qwen2");
    add(m, ROLE_NORM, il, "attn_norm.weight", s->n_embd, 1);
    if (s->fused) {
        add_matrix(m, il, "attn_qkv.weight", s->n_embd, n_q + 2 * n_kv, 1.0);
        if (qkv_bias) add(m, ROLE_BIAS, il, "attn_qkv.bias", n_q + 2 * n_kv, 1);
    } else {
        add_matrix(m, il, "attn_q.weight", s->n_embd, n_q, 1.0);
        add_matrix(m, il, "attn_k.weight", s->n_embd, n_kv, 1.0);
        add_matrix(m, il, "attn_v.weight", s->n_embd, n_kv, 1.0);
        if (qkv_bias) {
            add(m, ROLE_BIAS, il, "attn_q.bias", n_q, 1);
            add(m, ROLE_BIAS, il, "attn_k.bias", n_kv, 1);
            add(m, ROLE_BIAS, il, "attn_v.bias", n_kv, 1);
        }
    }
    if (is_arch(m, "qwen3")) {
        add(m, ROLE_NORM, il, "attn_q_norm.weight", s->head_dim, 1);
        add(m, ROLE_NORM, il, "attn_k_norm.weight", s->head_dim, 1);
    }
    add_matrix(m, il, "attn_output.weight", n_q, s->n_embd, 1.0);
    if (s->biases) add(m, ROLE_BIAS, il, "attn_output.bias", s->n_embd, 1);
}

static void list_tensors(struct maker *m) {
    const struct make_model_spec *s = &m->s;
    list_globals(m);
    for (int il = 0; il < s->n_layer; il++) {
        list_attention(m, il);
        add(m, ROLE_NORM, il, "ffn_norm.weight", s->n_embd, 1);
        if (is_arch(m, "phi3")) {
            add_matrix(m, il, "ffn_up.weight", s->n_embd, 2 * s->n_ff, 1.0);
        } else {
            add_matrix(m, il, "ffn_gate.weight", s->n_embd, s->n_ff, 1.0);
            add_matrix(m, il, "ffn_up.weight", s->n_embd, s->n_ff, 1.0);
        }
        add_matrix(m, il, "ffn_down.weight", s->n_ff, s->n_embd, 1.0);
    }
}

/* ---- rope factors ---- */

/* Divisors of the angles as Llama 3.1 defines them: slow pairs by the factor, fast ones by 1. */
static float llama3_divisor(const struct make_model_spec *s, int i) {
    double wavelen = TAU * pow((double)s->rope_base, 2.0 * i / s->n_rot);
    double low = 1, high = 4, orig = s->n_ctx_orig, factor = (double)s->rope_factor;
    if (wavelen < orig / high) return 1.0f;
    if (wavelen > orig / low) return (float)factor;
    double smooth = (orig / wavelen - low) / (high - low);
    return (float)(1.0 / ((1.0 - smooth) / factor + smooth));
}

static void fill_factors(struct maker *m) {
    int n = m->s.n_rot / 2;
    if (n > 512) {
        m->wrong = "its heads are too wide";
        return;
    }
    for (int i = 0; i < n; i++) {
        if (m->s.rope == MAKE_ROPE_LLAMA3) {
            m->factors[0][i] = llama3_divisor(&m->s, i);
        } else {
            m->factors[0][i] = 1.0f + m->s.rope_factor * (float)i / (float)n;
            m->factors[1][i] = 1.0f + 0.25f * (float)i / (float)n;
        }
    }
}

/* ---- keys ---- */

static void put_u32(struct maker *m, const char *name, int value) {
    char key[96];
    snprintf(key, sizeof key, "%s.%s", m->s.arch, name);
    gguf_stream_u32(&m->out, key, (uint32_t)value);
}

static void put_f32(struct maker *m, const char *name, float value) {
    char key[96];
    snprintf(key, sizeof key, "%s.%s", m->s.arch, name);
    gguf_stream_f32(&m->out, key, value);
}

static void put_rope(struct maker *m) {
    const struct make_model_spec *s = &m->s;
    put_u32(m, "rope.dimension_count", s->n_rot);
    put_f32(m, "rope.freq_base", s->rope_base);
    if (s->rope == MAKE_ROPE_LINEAR || s->rope == MAKE_ROPE_YARN) {
        char key[96];
        snprintf(key, sizeof key, "%s.rope.scaling.type", s->arch);
        gguf_stream_str(&m->out, key, s->rope == MAKE_ROPE_YARN ? "yarn" : "linear");
        put_f32(m, "rope.scaling.factor", s->rope_factor);
    }
    if (s->rope == MAKE_ROPE_YARN || is_arch(m, "phi3")) {
        put_u32(m, "rope.scaling.original_context_length",
                s->rope == MAKE_ROPE_PLAIN ? s->n_ctx_train : s->n_ctx_orig);
    }
    if (s->attn_factor != 0) put_f32(m, "rope.scaling.attn_factor", s->attn_factor);
    if (s->pooling != 0) put_u32(m, "pooling_type", s->pooling);
    if (is_arch(m, "phi3")) put_u32(m, "attention.sliding_window", 0);
}

static void put_keys(struct maker *m) {
    const struct make_model_spec *s = &m->s;
    gguf_stream_str(&m->out, "general.architecture", s->arch);
    /* A name that says phi-3 would make llama.cpp look for that model's own control tokens. */
    gguf_stream_str(&m->out, "general.name", "random weights");
    gguf_stream_u32(&m->out, "general.quantization_version", 2);
    put_u32(m, "block_count", s->n_layer);
    put_u32(m, "context_length", s->n_ctx_train);
    put_u32(m, "embedding_length", s->n_embd);
    put_u32(m, "feed_forward_length", s->n_ff);
    put_u32(m, "attention.head_count", s->n_head);
    put_u32(m, "attention.head_count_kv", s->n_head_kv);
    put_u32(m, "attention.key_length", s->head_dim);
    put_u32(m, "attention.value_length", s->head_dim);
    put_f32(m, "attention.layer_norm_rms_epsilon", 1e-5f);
    put_u32(m, "vocab_size", s->n_vocab);
    put_rope(m);
}

/* The printable stand-in of a byte in byte-level BPE vocabularies, as UTF-8. Bytes that print as
 * themselves stand for themselves, the others for U+0100 on, in order. */
static void byte_token(int byte, char out[3]) {
    int c = 0x100, b = 0;
    for (;; b++) {
        bool prints = (b > 32 && b < 127) || (b > 160 && b != 173);
        if (b == byte && prints) c = byte;
        if (b == byte) break;
        c += !prints;
    }
    snprintf(out, 3, c < 0x80 ? "%c" : "%c%c", c < 0x80 ? c : 0xc0 | c >> 6, 0x80 | (c & 0x3f));
}

/* The tokens of a vocabulary, some under the names that s.controls gives them. */
static void copy_tokens(struct maker *m, const struct gguf_kv *tokens) {
    const char *const *controls = m->s.controls;
    struct gguf_str token;
    size_t cursor = 0;
    gguf_stream_strs(&m->out, "tokenizer.ggml.tokens", tokens->count);
    for (size_t id = 0; gguf_next_str(tokens, &cursor, &token); id++) {
        char text[1024];
        int len = snprintf(text, sizeof text, "%.*s", (int)token.len, token.data);
        if (len != (int)token.len || len >= (int)sizeof text) m->wrong = "a token is no text";
        bool is_renamed = id > 0 && *controls;
        gguf_stream_element(&m->out, is_renamed ? *controls++ : text);
    }
}

/* Everything that a file says of its tokenizer. */
static void copy_vocab(struct maker *m) {
    const struct gguf_kv *tokens = gguf_find(m->s.vocab, "tokenizer.ggml.tokens");
    if (!tokens || tokens->count != (uint64_t)m->s.n_vocab) {
        m->wrong = "the vocabulary has another number of tokens";
        return;
    }
    for (size_t i = 0; i < gguf_n_kvs(m->s.vocab); i++) {
        const struct gguf_kv *kv = gguf_kv_at(m->s.vocab, i);
        if (kv == tokens && m->s.controls) {
            copy_tokens(m, tokens);
        } else if (kv->key.len > 10 && memcmp(kv->key.data, "tokenizer.", 10) == 0) {
            gguf_stream_copy(&m->out, kv);
        }
    }
}

static bool is_control(int id, int n_controls) {
    return id >= MAKE_MODEL_CONTROLS && id < MAKE_MODEL_CONTROLS + n_controls;
}

static void make_vocab(struct maker *m) {
    static const char *const merged[][2] = {
        {"he", "h e"}, {"th", "t h"}, {"the", "t he"}, {"in", "i n"}, {"\xc4\xa0t", "\xc4\xa0 t"}};
    const int n_merged = (int)(sizeof merged / sizeof merged[0]), first_merged = 258;
    struct gguf_stream *out = &m->out;
    int n_vocab = m->s.n_vocab, n_controls = 0;
    while (m->s.controls && m->s.controls[n_controls]) n_controls++;
    gguf_stream_str(out, "tokenizer.ggml.model", "gpt2");
    gguf_stream_str(out, "tokenizer.ggml.pre", "gpt-2");
    gguf_stream_strs(out, "tokenizer.ggml.tokens", (uint64_t)n_vocab);
    for (int i = 0; i < n_vocab; i++) {
        char text[24];
        snprintf(text, sizeof text, "<|%d|>", i);
        if (i < 256) byte_token(i, text);
        if (i >= first_merged && i < first_merged + n_merged)
            snprintf(text, sizeof text, "%s", merged[i - first_merged][0]);
        if (is_control(i, n_controls))
            snprintf(text, sizeof text, "%s", m->s.controls[i - MAKE_MODEL_CONTROLS]);
        gguf_stream_element(out, text);
    }
    int32_t *types = mem_calloc((size_t)n_vocab, sizeof *types);
    if (!types) {
        m->wrong = "memory is short";
        return;
    }
    for (int i = 0; i < n_vocab; i++) {
        bool ends = i == 256 || i == 257;
        types[i] = ends || is_control(i, n_controls) ? 3 : 1; /* 3 = control */
    }
    gguf_stream_i32s(out, "tokenizer.ggml.token_type", types, (uint64_t)n_vocab);
    mem_free(types);
    gguf_stream_strs(out, "tokenizer.ggml.merges", (uint64_t)n_merged);
    for (int i = 0; i < n_merged; i++) gguf_stream_element(out, merged[i][1]);
    gguf_stream_u32(out, "tokenizer.ggml.bos_token_id", 256);
    if (!m->s.endless) gguf_stream_u32(out, "tokenizer.ggml.eos_token_id", 257);
    gguf_stream_bool(out, "tokenizer.ggml.add_bos_token", false);
}

/* ---- data ---- */

static void random_row(struct maker *m, const struct tensor *t, float *row) {
    for (int i = 0; i < t->n_cols; i++) {
        switch (t->role) {
        case ROLE_MATRIX:
            row[i] = t->spread * rng_normal(&m->rng);
            break;
        case ROLE_NORM:
            row[i] = 1.0f + 0.1f * rng_normal(&m->rng);
            break;
        case ROLE_BIAS:
            row[i] = t->spread * rng_normal(&m->rng);
            break;
        case ROLE_FACTORS:
            row[i] = t->factors[i];
            break;
        }
    }
}

/* One row of blocks; as F32 of their values if the model is to be exact. */
static void round_row(const struct maker *m, const struct tensor *t, float *row, uint8_t *blocks) {
    kern_quant_row(t->type, row, blocks, t->n_cols);
    if (m->s.exact) kern_dequant_row(t->type, blocks, row, t->n_cols);
}

static void write_rows(struct maker *m, const struct tensor *t, float *row, uint8_t *blocks) {
    bool as_f32 = t->role != ROLE_MATRIX || m->s.exact || t->type == KERN_F32;
    for (int r = 0; r < t->n_rows; r++) {
        random_row(m, t, row);
        if (t->role == ROLE_MATRIX && t->type != KERN_F32) round_row(m, t, row, blocks);
        if (as_f32)
            gguf_stream_data(&m->out, row, (size_t)t->n_cols * sizeof *row);
        else
            gguf_stream_data(&m->out, blocks, kern_row_size(t->type, t->n_cols));
    }
}

static const struct pool *get_pool(struct maker *m, const struct tensor *t, float *row) {
    for (int i = 0; i < m->n_pools; i++) {
        if (m->pools[i].type == t->type && m->pools[i].n_cols == t->n_cols) return &m->pools[i];
    }
    if (m->n_pools == MAX_POOLS) return NULL;
    struct pool *p = &m->pools[m->n_pools];
    size_t row_size = kern_row_size(t->type, t->n_cols);
    *p = (struct pool){.type = t->type, .n_cols = t->n_cols, .n_rows = (int)(POOL_SIZE / row_size)};
    p->size = row_size * (size_t)p->n_rows;
    p->rows = mem_alloc(p->size);
    if (!p->rows) return NULL;
    m->n_pools++;
    for (int r = 0; r < p->n_rows; r++) {
        random_row(m, t, row);
        kern_quant_row(t->type, row, p->rows + (size_t)r * row_size, t->n_cols);
    }
    return p;
}

/* The pool again and again, from a row of its own for every tensor. */
static bool write_pooled(struct maker *m, const struct tensor *t, float *row) {
    const struct pool *p = get_pool(m, t, row);
    if (!p) return false;
    size_t left = kern_row_size(t->type, t->n_cols) * (size_t)t->n_rows;
    size_t at = kern_row_size(t->type, t->n_cols) * rng_below(&m->rng, (uint32_t)p->n_rows);
    while (left > 0) {
        size_t n = p->size - at < left ? p->size - at : left;
        gguf_stream_data(&m->out, p->rows + at, n);
        left -= n;
        at = 0;
    }
    return true;
}

static void write_tensor(struct maker *m, const struct tensor *t) {
    float *row = mem_calloc((size_t)t->n_cols, sizeof *row);
    uint8_t *blocks = mem_alloc(kern_row_size(t->type, t->n_cols));
    if (!row || !blocks) {
        m->wrong = "memory is short";
    } else {
        size_t size = kern_row_size(t->type, t->n_cols) * (size_t)t->n_rows;
        bool pooled = m->s.pooled && t->role == ROLE_MATRIX && size > POOLED_FROM;
        if (!pooled || !write_pooled(m, t, row)) write_rows(m, t, row, blocks);
    }
    gguf_stream_end_tensor(&m->out);
    mem_free(row);
    mem_free(blocks);
}

static void write_file(struct maker *m) {
    put_keys(m);
    if (m->s.vocab)
        copy_vocab(m);
    else
        make_vocab(m);
    if (m->s.chat_template) {
        gguf_stream_str(&m->out, "tokenizer.chat_template", m->s.chat_template);
    }
    for (int i = 0; i < m->n_tensors; i++) {
        const struct tensor *t = &m->tensors[i];
        enum kern_type type = m->s.exact ? KERN_F32 : t->type;
        gguf_stream_tensor(&m->out, t->name, type, (uint64_t)t->n_cols, (uint64_t)t->n_rows,
                           kern_row_size(type, t->n_cols));
    }
    gguf_stream_begin_data(&m->out);
    for (int i = 0; i < m->n_tensors && !m->wrong; i++) write_tensor(m, &m->tensors[i]);
}

bool make_model_write(const char *path, const struct make_model_spec *spec) {
    struct maker *m = mem_calloc(1, sizeof *m);
    if (!m) return false;
    m->s = *spec;
    fill_spec(m);
    rng_init(&m->rng, m->s.seed);
    fill_factors(m);
    list_tensors(m);
    if (!m->wrong) {
        gguf_stream_open(&m->out, path);
        write_file(m);
        if (!gguf_stream_close(&m->out)) m->wrong = "the file cannot be written";
    }
    if (m->wrong)
        fprintf(stderr, "Cannot make the %s %s model '%s': %s.\n", m->s.type, m->s.arch, path,
                m->wrong);
    bool ok = !m->wrong;
    for (int i = 0; i < m->n_pools; i++) mem_free(m->pools[i].rows);
    mem_free(m);
    return ok;
}
