#include "fuzz/tiny_vocab.h"

#include <stdio.h>

#include "base/compiler.h"

enum { NORMAL = 1, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE };

/* Pre-tokenizers of the byte-level ones; then come two of SentencePiece and one of Gemma 4. */
static const char *const pres[] = {"gpt-2", "llama-bpe", "qwen2", "smollm", "gpt-4o", "tekken"};

struct tokens {
    struct buf names, types, scores;
    uint32_t n;
};

static void add(struct tokens *t, const char *name, uint32_t type, float score) {
    put_str(&t->names, name);
    put_u32(&t->types, type);
    put_f32(&t->scores, score);
    t->n++;
}

static void write_tokens(struct gguf_writer *w, struct tokens *t, bool with_scores) {
    gguf_writer_array(w, "tokenizer.ggml.tokens", GGUF_STRING, t->n);
    buf_add(&w->kvs, t->names.data, t->names.size);
    gguf_writer_array(w, "tokenizer.ggml.token_type", GGUF_I32, t->n);
    buf_add(&w->kvs, t->types.data, t->types.size);
    if (with_scores) {
        gguf_writer_array(w, "tokenizer.ggml.scores", GGUF_F32, t->n);
        buf_add(&w->kvs, t->scores.data, t->scores.size);
    }
    buf_clear(&t->names);
    buf_clear(&t->types);
    buf_clear(&t->scores);
}

/* Bytes that print stand for themselves, the others for U+0100 on, in order. */
static void byte_name(unsigned byte, char out[4]) {
    unsigned next = 0x100, c = byte;
    for (unsigned b = 0; b <= byte; b++) {
        bool prints = (b > 32 && b < 127) || (b > 160 && b != 173);
        c = prints ? b : next++;
    }
    if (c < 0x80)
        snprintf(out, 4, "%c", (int)c);
    else
        snprintf(out, 4, "%c%c", (int)(0xc0 | c >> 6), (int)(0x80 | (c & 0x3f)));
}

static void write_bytes(struct gguf_writer *w, const char *pre) {
    static const char *const merged[][2] = {{"in", "i n"},
                                            {"he", "h e"},
                                            {"the", "t he"},
                                            {"\xc4\xa0t", "\xc4\xa0 t"},
                                            {"ll", "l l"},
                                            {"aa", "a a"},
                                            {"aaaa", "aa aa"},
                                            {"\xc4\xa0the", "\xc4\xa0t he"},
                                            {"\xc3\xa3\xc4\xa3", "\xc3\xa3 \xc4\xa3"},
                                            {"12", "1 2"}};
    struct tokens t = {.names.max = 1 << 16, .types.max = 1 << 16, .scores.max = 1 << 16};
    for (unsigned byte = 0; byte < 256; byte++) {
        char name[4];
        byte_name(byte, name);
        add(&t, name, NORMAL, 0);
    }
    for (size_t i = 0; i < BASE_COUNT(merged); i++) add(&t, merged[i][0], NORMAL, 0);
    add(&t, "<|begin|>", CONTROL, 0);
    add(&t, "<|end|>", CONTROL, 0);
    add(&t, "<tool>", USER_DEFINED, 0);
    gguf_writer_str(w, "tokenizer.ggml.model", "gpt2");
    gguf_writer_str(w, "tokenizer.ggml.pre", pre);
    write_tokens(w, &t, false);
    gguf_writer_array(w, "tokenizer.ggml.merges", GGUF_STRING, BASE_COUNT(merged));
    for (size_t i = 0; i < BASE_COUNT(merged); i++) put_str(&w->kvs, merged[i][1]);
    gguf_writer_u32(w, "tokenizer.ggml.bos_token_id", 256 + BASE_COUNT(merged));
    gguf_writer_u32(w, "tokenizer.ggml.eos_token_id", 257 + BASE_COUNT(merged));
}

static void add_byte_tokens(struct tokens *t) {
    for (unsigned byte = 0; byte < 256; byte++) {
        char name[8];
        snprintf(name, sizeof name, "<0x%02X>", byte);
        add(t, name, BYTE, 0);
    }
}

static void write_spaces(struct gguf_writer *w, bool space_first) {
    static const char *const pieces[] = {"▁",    "a",  "b",    "e",  "h",       "n",
                                         "t",    " ",  "he",   "th", "▁t",      "the",
                                         "▁the", "aa", "aaaa", "▁▁", "\xc3\xa9"};
    struct tokens t = {.names.max = 1 << 16, .types.max = 1 << 16, .scores.max = 1 << 16};
    add(&t, "<unk>", UNKNOWN, 0);
    add(&t, "<s>", CONTROL, 0);
    add(&t, "</s>", CONTROL, 0);
    add_byte_tokens(&t);
    for (size_t i = 0; i < BASE_COUNT(pieces); i++) add(&t, pieces[i], NORMAL, -(float)i);
    add(&t, "<tool>", USER_DEFINED, 0);
    gguf_writer_str(w, "tokenizer.ggml.model", "llama");
    write_tokens(w, &t, true);
    gguf_writer_u32(w, "tokenizer.ggml.bos_token_id", 1);
    gguf_writer_u32(w, "tokenizer.ggml.eos_token_id", 2);
    gguf_writer_u32(w, "tokenizer.ggml.unknown_token_id", 0);
    gguf_writer_key(w, "tokenizer.ggml.add_space_prefix", GGUF_BOOL);
    put_u8(&w->kvs, space_first);
}

static void write_gemma4(struct gguf_writer *w) {
    static const char *const pieces[] = {"▁", "a", "b", "e", "h", "t", "\n", "\xc3\xa9"};
    static const char *const merged[][2] = {{"th", "t h"},    {"the", "th e"}, {"aa", "a a"},
                                            {"▁t", "▁ t"},    {"▁▁", "▁ ▁"},   {"e▁", "e ▁"},
                                            {"\n\n", "\n \n"}};
    struct tokens t = {.names.max = 1 << 16, .types.max = 1 << 16, .scores.max = 1 << 16};
    add(&t, "<eos>", CONTROL, 0);
    add(&t, "<bos>", CONTROL, 0);
    add(&t, "<unk>", UNKNOWN, 0);
    add_byte_tokens(&t);
    for (size_t i = 0; i < BASE_COUNT(pieces); i++) add(&t, pieces[i], NORMAL, 0);
    for (size_t i = 0; i < BASE_COUNT(merged); i++) add(&t, merged[i][0], NORMAL, 0);
    add(&t, "\n\n\n", NORMAL, 0); /* a run of newlines, whole */
    add(&t, "<tool>", USER_DEFINED, 0);
    gguf_writer_str(w, "tokenizer.ggml.model", "gemma4");
    write_tokens(w, &t, false);
    gguf_writer_array(w, "tokenizer.ggml.merges", GGUF_STRING, BASE_COUNT(merged));
    for (size_t i = 0; i < BASE_COUNT(merged); i++) put_str(&w->kvs, merged[i][1]);
    gguf_writer_u32(w, "tokenizer.ggml.bos_token_id", 1);
    gguf_writer_u32(w, "tokenizer.ggml.eos_token_id", 0);
}

bool tiny_vocab_is_bytes(int which) {
    return (size_t)which < BASE_COUNT(pres);
}

void tiny_vocab_write(struct gguf_writer *w, int which) {
    if (tiny_vocab_is_bytes(which))
        write_bytes(w, pres[which]);
    else if (which < TINY_VOCABS - 1)
        write_spaces(w, which % 2 == 0);
    else
        write_gemma4(w);
}
