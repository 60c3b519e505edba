/* Writes the seed inputs of the fuzz targets: make_corpus FOLDER writes FOLDER/<target>/<name>.
 * The corpus is committed; run it again only to add seeds. */
#include <stdio.h>
#include <string.h>

#include "base/compiler.h"
#include "base/rng.h"
#include "engine/format/gguf_write.h"
#include "engine/model/packed_header.h"
#include "fuzz/tiny_vocab.h"
#include "support/classifier_pack.h"

static const char *root;

static void save(const char *target, const char *name, const void *data, size_t size) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s/%s", root, target, name);
    if (!save_bytes(path, data, size)) fprintf(stderr, "cannot write %s\n", path);
}

static void save_gguf(struct gguf_writer *w, const char *name) {
    struct buf bytes;
    buf_init(&bytes, 1 << 20);
    gguf_writer_bytes(w, &bytes);
    save("gguf", name, bytes.data, bytes.size);
    buf_clear(&bytes);
    gguf_writer_clear(w);
}

static void every_type(struct gguf_writer *w) {
    static const uint8_t sizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    for (uint32_t type = 0; type < GGUF_N_VALUE_TYPES; type++) {
        char key[16];
        snprintf(key, sizeof key, "k%u", type);
        if (type == GGUF_STRING) gguf_writer_str(w, key, "text");
        if (sizes[type] == 0) continue;
        gguf_writer_key(w, key, type);
        put_zeros(&w->kvs, sizes[type]);
        key[0] = 'a';
        gguf_writer_array(w, key, type, 2);
        put_zeros(&w->kvs, 2 * sizes[type]);
    }
}

static void gguf_seeds(void) {
    struct gguf_writer w;
    save("gguf", "empty-file", "", 0);
    save("gguf", "magic", "GGUF", 4);
    gguf_writer_init(&w);
    save_gguf(&w, "no-keys");
    gguf_writer_init(&w);
    w.version = 2;
    every_type(&w);
    save_gguf(&w, "every-type-v2");
    gguf_writer_init(&w);
    gguf_writer_array(&w, "words", GGUF_STRING, 3);
    put_str(&w.kvs, "a"), put_str(&w.kvs, ""), put_str(&w.kvs, "ccc");
    gguf_writer_tensor(&w, "t", 1, (uint64_t[]){3}, 0);
    gguf_writer_tensor(&w, "q", 2, (uint64_t[]){32, 2}, 2);
    save_gguf(&w, "tensors");
    gguf_writer_init(&w);
    w.alignment = 64;
    gguf_writer_u32(&w, "general.alignment", 64);
    gguf_writer_tensor(&w, "k", 4, (uint64_t[]){256, 1, 2, 1}, 12);
    save_gguf(&w, "alignment-64");
    gguf_writer_init(&w);
    gguf_writer_info(&w, "huge", 2, (uint64_t[]){(uint64_t)1 << 32, (uint64_t)1 << 32}, 0, 0);
    put_zeros(&w.data, 32);
    save_gguf(&w, "wrapping-product");
    gguf_writer_init(&w);
    w.n_kvs = (uint64_t)1 << 60;
    save_gguf(&w, "too-many-keys");
    gguf_writer_init(&w);
    gguf_writer_array(&w, "nested", GGUF_ARRAY, 1);
    put_u32(&w.kvs, GGUF_U8), put_u64(&w.kvs, 1), put_u8(&w.kvs, 0);
    save_gguf(&w, "nested-array");
    gguf_writer_init(&w);
    gguf_writer_key(&w, "long", GGUF_STRING), put_u64(&w.kvs, UINT64_MAX);
    put_zeros(&w.kvs, 16);
    save_gguf(&w, "long-string");
    gguf_writer_init(&w);
    gguf_writer_info(&w, "a", 1, (uint64_t[]){16}, 0, 0);
    gguf_writer_info(&w, "b", 1, (uint64_t[]){16}, 0, 32);
    put_zeros(&w.data, 96);
    save_gguf(&w, "overlap");
    gguf_writer_init(&w);
    gguf_writer_u32(&w, "split.count", 2);
    save_gguf(&w, "split");
    gguf_writer_init(&w);
    gguf_writer_str(&w, "general.architecture", "llama");
    gguf_writer_str(&w, "tokenizer.ggml.model", "gpt2");
    gguf_writer_str(&w, "tokenizer.ggml.pre", "gpt-2");
    gguf_writer_array(&w, "tokenizer.ggml.tokens", GGUF_STRING, 3);
    put_str(&w.kvs, "a"), put_str(&w.kvs, "b"), put_str(&w.kvs, "ab");
    gguf_writer_array(&w, "tokenizer.ggml.merges", GGUF_STRING, 1);
    put_str(&w.kvs, "a b");
    gguf_writer_u32(&w, "llama.context_length", 8);
    gguf_writer_u32(&w, "llama.embedding_length", 4);
    gguf_writer_u32(&w, "llama.block_count", 1);
    gguf_writer_u32(&w, "llama.feed_forward_length", 4);
    gguf_writer_u32(&w, "llama.attention.head_count", 1);
    gguf_writer_key(&w, "llama.attention.layer_norm_rms_epsilon", GGUF_F32);
    put_f32(&w.kvs, 1e-5f);
    static const char *const vectors[] = {"output_norm.weight", "blk.0.attn_norm.weight",
                                          "blk.0.ffn_norm.weight"};
    static const char *const matrices[] = {"attn_q", "attn_k",   "attn_v",  "attn_output",
                                           "ffn_up", "ffn_gate", "ffn_down"};
    gguf_writer_tensor(&w, "token_embd.weight", 2, (uint64_t[]){4, 3}, 0);
    for (size_t i = 0; i < BASE_COUNT(vectors); i++)
        gguf_writer_tensor(&w, vectors[i], 1, (uint64_t[]){4}, 0);
    for (size_t i = 0; i < BASE_COUNT(matrices); i++) {
        char name[64];
        snprintf(name, sizeof name, "blk.0.%s.weight", matrices[i]);
        gguf_writer_tensor(&w, name, 2, (uint64_t[]){4, 4}, 0);
    }
    put_u8(&w.data, 0); /* an odd size: the target opens it whole, not the vocabulary only */
    save_gguf(&w, "whole-model");
}

static void tokenizer_seeds(void) {
    static const char *const texts[] = {"",
                                        "the thing in the hall, aaaaaaa 12 123 1234's",
                                        "  two  spaces\n\n\ttabs \r\n end ",
                                        "<|begin|>hello<|end|><tool><s></s><unk>",
                                        "café naïve 中文 😀\u200d👩",
                                        "\x80\xff\xc3\xe2\x82\xed\xa0\x80\xf4\x90\x80\x80 bad",
                                        "▁the▁▁ a"};
    for (int i = 0; i < 21; i++) {
        char name[32], first = (char)(i % 8 + (i % 4) * 8 + (i < 14 ? 0 : 32));
        struct buf input;
        buf_init(&input, 256);
        buf_add(&input, &first, 1);
        buf_add_str(&input, texts[(size_t)i % BASE_COUNT(texts)]);
        snprintf(name, sizeof name, "seed-%02d", i);
        save("tokenizer", name, input.data, input.size);
        buf_clear(&input);
    }
}

static void sampler_seeds(void) {
    char name[32];
    for (int i = 0; i < 16; i++) {
        uint8_t input[400];
        struct rng r;
        rng_init(&r, (uint64_t)i);
        for (size_t k = 0; k < sizeof input; k++)
            input[k] = (uint8_t)rng_below(&r, i < 8 ? 100 : 256);
        /* Options that are mostly in range: see next_float() and next_int(). */
        static const uint8_t fine[] = {40, 7, 0,  0, 0, 0, 0, 0, 0, 1,  20, 3,
                                       7,  1, 30, 5, 0, 2, 1, 5, 2, 50, 0};
        if (i < 12) memcpy(input, fine, sizeof fine);
        input[9] = (uint8_t)i;
        snprintf(name, sizeof name, "seed-%02d", i);
        save("sampler", name, input, sizeof input - (size_t)i * 20);
    }
}

/* See fuzz_json_machine.c: the seed of the shapes, then a text. */
static void json_machine_seeds(void) {
    static const char *const texts[] = {"{\"a\":1,\"b\":[1,2],\"ab\":\"a\"}",
                                        "[10,1.5,-0,1e1,2.50]",
                                        "[\"a\",\"\\u0061b\",\"\\ud83d\\ude00\"]",
                                        " [ null , {\"\":true} ] ",
                                        "{\"\\u0061\":{\"a\":{}}}",
                                        "\"\xc3\xa9\\n\"",
                                        "-1",
                                        "[[[]],[{}],\"\",0]"};
    for (int i = 0; i < 32; i++) {
        char name[32], head[2] = {(char)(i * 7), (char)(i / 8)};
        struct buf input;
        buf_init(&input, 256);
        buf_add(&input, head, 2);
        buf_add_str(&input, texts[(size_t)i % BASE_COUNT(texts)]);
        snprintf(name, sizeof name, "seed-%02d", i);
        save("json_machine", name, input.data, input.size);
        buf_clear(&input);
    }
}

/* A file's head with so much data after it; what is wrong with it is the seed's number. */
static void packed_seed(int i, uint8_t flags, size_t size, uint64_t data_size) {
    uint8_t input[1 + 4096 + 64] = {flags};
    const uint64_t sums[2] = {1, 2};
    struct packed_header h = {.key = {.model = 1, .layout = 2, .data_size = data_size}};
    char name[32];
    packed_header_seal(&h, sums);
    if (i == 3) h.source_sum++;
    struct packed_seen seen = packed_seen_make(&h, 5);
    memcpy(input + 1, &h, sizeof h);
    memcpy(input + 1 + PACKED_SEEN_AT, &seen, sizeof seen);
    memcpy(input + 1 + PACKED_SUMS_AT, sums, sizeof sums);
    snprintf(name, sizeof name, "seed-%02d", i);
    save("packed", name, input, size);
}

static void packed_seeds(void) {
    packed_seed(0, 2, 1 + 4096 + 64, 64); /* in order */
    packed_seed(1, 0, 100, 64);
    packed_seed(2, 2, 1 + 4096 + 32, 64);
    packed_seed(3, 2, 1 + 4096 + 64, 64);
    packed_seed(4, 3, 1 + 4096 + 64, 64);
    packed_seed(5, 2, 1 + 4096 + 64, PACKED_CHUNK + 1);
    packed_seed(6, 1, 1, 64);
}

/* See fuzz_sealed.c: kind of file, piece, wish; chunks: size, count; then changes. */
static void sealed_seeds(void) {
    static const struct {
        const char *name;
        uint8_t bytes[32];
        size_t size;
    } seeds[] = {
        {"one-short-chunk", {0, 0, 40, 100, 0, 1, 100, 44, 1, 100, 40}, 11},
        {"one-full-chunk", {0, 255, 255, 100, 0, 1, 0, 1, 0}, 9},
        {"three-chunks", {0, 16, 0, 100, 2, 1, 0, 1, 0, 0, 1, 0, 210, 2, 4, 1, 210, 2, 0}, 19},
        {"padding", {0, 9, 0, 100, 2, 1, 0, 1, 0, 0, 1, 100, 7, 100, 250, 1, 100, 0}, 18},
        {"data-after-the-end", {0, 9, 0, 232, 1, 1, 0, 1, 100, 9, 100, 50, 1, 100, 9}, 15},
        {"no-last-chunk", {0, 0, 9, 100, 1, 0, 0, 1, 0, 0, 1, 0}, 12},
        {"huge-count", {0, 0, 9, 100, 0, 1, 100, 44, 0, 3}, 10},
        {"tiny-chunk", {0, 0, 9, 100, 0, 1, 100, 3, 1, 100, 0}, 11},
        {"wants-less", {0, 0, 40, 5, 0, 1, 100, 44, 1, 100, 40}, 11},
        {"wants-more", {0, 0, 40, 230, 0, 1, 100, 44, 1, 100, 40}, 11},
        {"flipped", {0, 0, 4, 99, 0, 1, 100, 44, 1, 100, 40, 0, 8, 0, 0, 70, 0, 0, 0}, 19},
        {"cut", {0, 0, 4, 99, 0, 1, 100, 44, 1, 100, 40, 1, 0, 0, 0, 90, 0, 0, 0}, 19},
        {"longer", {0, 0, 4, 99, 0, 1, 0, 1, 0, 2, 200, 0, 0, 0, 0, 0, 0}, 17},
        {"moved", {0, 0, 4, 99, 1, 1, 0, 1, 0, 0, 1, 0, 3, 255, 1, 0, 81, 0, 0, 64}, 20},
        {"raw-header", {7, 0, 4, 9, 'I', 'N', 'G', 'L', 'S', 'E', 'A', 'L', 1, 0, 0, 0, 1}, 32},
        {"raw-magic", {7, 0, 4, 9, 'I', 'N', 'G', 'L', 'S', 'E', 'A', 'L'}, 12},
    };
    for (size_t i = 0; i < BASE_COUNT(seeds); i++) {
        save("sealed", seeds[i].name, seeds[i].bytes, seeds[i].size);
    }
    uint8_t raw[200];
    struct rng r;
    rng_init(&r, 1);
    for (size_t k = 0; k < sizeof raw; k++) raw[k] = (uint8_t)rng_below(&r, 256);
    static const uint8_t head[] = {7,   0,   4, 9, 'I', 'N', 'G', 'L', 'S', 'E',
                                   'A', 'L', 1, 0, 0,   0,   1,   0,   0,   0};
    memcpy(raw, head, sizeof head);
    save("sealed", "raw-chunk", raw, sizeof raw);
}

/* See fuzz_audit.c: what the rest is taken for, then that. */
static void audit_seeds(void) {
    static const char record[] =
        "{\"seq\":1,\"time\":\"2026-11-27T09:30:00.123456Z\",\"boot\":\"0-1\",\"up\":9,\"pid\":7,"
        "\"kind\":\"start\",\"fields\":{\"format\":1,\"key\":"
        "\"0000000000000000000000000000000000000000000000000000000000000000\"},\"prev\":"
        "\"0000000000000000000000000000000000000000000000000000000000000000\",\"hash\":"
        "\"0000000000000000000000000000000000000000000000000000000000000000\"}";
    static const char export_begin[] =
        "\2{\"ingle_audit\":1,\"key\":"
        "\"0000000000000000000000000000000000000000000000000000000000000000\",\"head\":{},"
        "\"records\":[\n]}\n";
    static const struct {
        const char *name;
        uint8_t bytes[16];
        size_t size;
    } changes[] = {
        {"nothing", {3}, 1},
        {"byte", {3, 100, 1, 0, 'x'}, 5},
        {"cut-end", {3, 200, 1, 1, 255, 200, 1, 1, 255}, 9},
        {"left-out", {3, 0, 0, 1, 255, 0, 0, 1, 200}, 9},
        {"put-in", {3, 10, 0, 2, '\n'}, 5},
        {"same-byte", {3, 0, 0, 0, '{'}, 5},
        {"head-byte", {4, 7, 0, '9'}, 4},
        {"head-newer", {4, 5, 4, '9', 5, 0, '9'}, 7},
    };
    char text[sizeof record + 1];
    for (int i = 0; i < 2; i++) {
        int n = snprintf(text, sizeof text, "%c%s", i, record);
        save("audit", i ? "log" : "record", (const uint8_t *)text, (size_t)n);
    }
    save("audit", "export", (const uint8_t *)export_begin, sizeof export_begin - 1);
    for (size_t i = 0; i < BASE_COUNT(changes); i++) {
        save("audit", changes[i].name, changes[i].bytes, changes[i].size);
    }
}

/* A page as fuzz_prefix_snapshot.c reads it: of one layer, one head of two dims, f16. */
static void put_page(struct buf *b, uint32_t depth, uint32_t n_tokens, uint32_t first_token) {
    put_u32(b, depth), put_u32(b, n_tokens);
    for (uint32_t i = 0; i < n_tokens; i++) put_u32(b, (first_token + i) % 64);
    put_zeros(b, n_tokens == 64 ? 4096 : (n_tokens + 15) / 16 * 64 + n_tokens * 4);
}

static void prefix_snapshot_seeds(void) {
    static const uint32_t trees[][4][3] = {
        /* depth, tokens, the first of them */
        {{0}},
        {{1, 1, 5}},
        {{1, 64, 0}, {2, 17, 9}},
        {{1, 64, 0}, {2, 64, 1}, {3, 5, 2}, {2, 5, 40}},
        {{1, 10, 0}, {1, 20, 0}, {1, 64, 0}, {1, 20, 0}},
        {{1, 64, 0}, {1, 64, 0}, {2, 1, 1}, {2, 1, 1}},
        {{1, 5, 0}, {2, 1, 1}},
        {{2, 64, 0}},
        {{1, 70, 0}},
    };
    for (size_t i = 0; i < BASE_COUNT(trees); i++) {
        struct buf input;
        char name[32];
        buf_init(&input, 1 << 16);
        uint8_t n = 0;
        while (n < 4 && trees[i][n][0] > 0) n++;
        put_u8(&input, n);
        for (int k = 0; k < n; k++) {
            put_page(&input, trees[i][k][0], trees[i][k][1], trees[i][k][2]);
        }
        snprintf(name, sizeof name, "seed-%02zu", i);
        save("prefix_snapshot", name, input.data, input.size);
        buf_clear(&input);
    }
}

static void schema_seeds(void) {
    static const char *const seeds[][2] = {
        {"any", "true"},
        {"scalars", "{\"type\":[\"integer\",\"string\"],\"minimum\":-1,\"multipleOf\":0.5,"
                    "\"maxLength\":2,\"not\":{\"pattern\":\"^a\"}}"},
        {"object", "{\"properties\":{\"a\":{\"enum\":[1,\"a\",null]}},\"required\":[\"a\"],"
                   "\"patternProperties\":{\"b$\":{\"minItems\":1}},\"additionalProperties\":"
                   "{\"type\":\"boolean\"},\"dependentRequired\":{\"b\":[\"c\"]}}"},
        {"array", "{\"prefixItems\":[{\"const\":[]}],\"items\":{\"type\":\"number\"},\"contains\":"
                  "{\"minimum\":2},\"maxContains\":1,\"uniqueItems\":true}"},
        {"one-of", "{\"oneOf\":[{\"required\":[\"a\"]},{\"required\":[\"b\"]},{\"minItems\":2}]}"},
        {"unevaluated", "{\"anyOf\":[{\"properties\":{\"a\":true},\"required\":[\"a\"]},{\"if\":"
                        "{\"minProperties\":1},\"then\":{\"properties\":{\"b\":{}}}}],"
                        "\"unevaluatedProperties\":false}"},
        {"references", "{\"$id\":\"http://a/b\",\"$ref\":\"c#/$defs/~1\",\"$defs\":{\"x\":{\"$id\":"
                       "\"c\",\"$defs\":{\"/\":{\"items\":{\"$ref\":\"b\"}}}}}}"},
        {"draft-04", "{\"$schema\":\"http://json-schema.org/draft-04/schema#\",\"id\":\"#a\","
                     "\"minimum\":1,\"exclusiveMinimum\":true,\"items\":[{\"$ref\":\"#a\"}]}"},
        {"endless", "{\"$ref\":\"#\"}"},
    };
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        save("schema", seeds[i][0], seeds[i][1], strlen(seeds[i][1]));
    }
}

static void tool_call_seeds(void) {
    static const struct {
        const char *name;
        uint8_t family, arrival;
        const char *text;
    } seeds[] = {
        {"generic", 0x00, 0x00, "{\"tool_calls\": [{\"name\": \"f\", \"arguments\": {\"a\": 1}}]}"},
        {"generic_text", 0x00, 0x09, "{\"response\": \"a\\n\\ud83d\\ude00\"}"},
        {"tagged", 0x11, 0x00,
         "<think>\nHm.\n</think>\n\nSo.\n<tool_call>\n{\"name\": \"f\", \"arguments\": "
         "{\"a\": 1, \"c\": [null]}}\n</tool_call>\n<tool_call>{\"name\": \"g\"}"},
        {"code", 0x02, 0x08, "<code>\nf(a=1, b='x')\ng()\n</code>"},
        {"llama3", 0x03, 0x01,
         "{\"name\": \"f\", \"parameters\": {\"a\": 1}}; {\"name\": \"g\", "
         "\"parameters\": {}}"},
        {"llama3_text", 0x03, 0x00, "{\"name\": \"Ann\"}"},
        {"phi4", 0x04, 0x18,
         "<|tool_call|>[{\"name\": \"f\", \"arguments\": {\"a\": 1}}]<|/tool_call|>"},
        {"mistral", 0x05, 0x00,
         "[TOOL_CALLS][{\"name\": \"g\", \"arguments\": {}, \"id\": \"abcdefghi\"}]"},
        {"ministral", 0x26, 0x02,
         "Hm.[/THINK]Well.[TOOL_CALLS]f[ARGS]{\"a\": 1}[TOOL_CALLS]g[ARGS]{}"},
        {"granite3", 0x47, 0x00,
         "<think>a</think><response>b</response><|tool_call|>[{\"name\": \"g\", \"arguments\": "
         "\"{}\"}]"},
        {"lfm2", 0x08, 0x00,
         "<|tool_call_start|>[f(a=-1, c={'x': [True, None, 1.5]}), g()]<|tool_call_end|>."},
        {"gemma4", 0x39, 0x04,
         "<|channel>thought\na<channel|><|tool_call>call:f{a:1,b:<|\"|>x<|\"|>,c:[{d:null}]}<tool_"
         "call|>"},
        {"xml", 0x0a, 0x00,
         "<tool_call>\n<function=f>\n<parameter=a>\n1\n</parameter>\n<parameter=c>\n[1]\n"
         "</parameter>\n</function>\n</tool_call>"},
    };
    for (size_t i = 0; i < BASE_COUNT(seeds); i++) {
        struct buf input;
        buf_init(&input, 4096);
        put_u8(&input, seeds[i].family);
        put_u8(&input, seeds[i].arrival);
        buf_add_str(&input, seeds[i].text);
        save("tool_calls", seeds[i].name, input.data, input.size);
        buf_clear(&input);
    }
}

/* A template and, behind a NUL, its variables. */
static void template_seeds(void) {
    static const char vars[] =
        "{\"messages\": [{\"role\": \"user\", \"content\": \"h\\u00e9 <|x|>\"}, {\"role\": "
        "\"assistant\", \"tool_calls\": [{\"function\": {\"name\": \"f\", \"arguments\": "
        "\"{\\\"a\\\": 1}\"}}]}], \"tools\": [{\"a\": [1, 2.5, null, true]}], \"s\": "
        "\"a,b\"}";
    static const struct {
        const char *name, *source;
    } seeds[] = {
        {"text", "plain text\n"},
        {"chat", "{%- for m in messages %}\n<|{{ m.role }}|>{{ m.content|trim }}\n{%- endfor %}"},
        {"tools", "{{ tools|tojson(indent=2) }}{{ tools }}{{ tools|string|length }}"},
        {"calls", "{% for c in messages[1].tool_calls %}{{ c.function.arguments|dictsort "
                  "}}{% endfor %}"},
        {"macro", "{% macro m(a, b=2) %}{{ a ~ b ~ varargs ~ kwargs }}{{ caller() }}{% endmacro %}"
                  "{% call m(1, 2, 3, k=4) %}x{% endcall %}"},
        {"loop", "{% for x in range(9) if x is odd %}{{ loop.index }}{{ loop.last }}{% if x > 5 %}"
                 "{% break %}{% endif %}{% else %}e{% endfor %}"},
        {"recursive", "{% for x in [1, [2]] recursive %}{{ loop(x) if x is iterable else x "
                      "}}{% endfor %}"},
        {"namespace",
         "{% set ns = namespace(n=0) %}{% set ns.n, y = 1, 2 %}{{ ns.n + y }}{{ ns }}"},
        {"blocks", "{% set x | upper %}a{% endset %}{% filter indent(2) %}{{ x }}{% endfilter %}"
                   "{% with q = x %}{{ q }}{% endwith %}{% generation %}g{% endgeneration %}"},
        {"strings", "{{ s.split(',')[::-1]|join('-')|replace('a', 'bc') ~ 'x' * 3 }}"
                    "{{ '%5.2f|%-5s|%x' % (1.5, s, 255) }}{{ '{:>5}{0[0]}'.format(s) }}"},
        {"numbers",
         "{{ 7 // 2 - 2 ** 3 % 5 / 2.5 }}{{ 1e20 }}{{ '0x1f'|int(0, 16) }}{{ 2.5|round }}"},
        {"lists", "{{ [3, 1, 2]|sort(reverse=true) }}{{ "
                  "messages|map(attribute='role')|unique|list }}"
                  "{{ messages|groupby('role')|list }}{{ {'a': 1, 2: (3,)}.items() }}"},
        {"tests", "{{ s is string and tools is sequence and x is not defined and 4 is "
                  "divisibleby 2 }}"
                  "{{ 1 < 2 <= 2 != 3 in [3] }}{{ 'a' if s else 'b' }}"},
        {"white-space",
         " {%- raw -%} {{ x }} {%- endraw +%}\n{#- c -#}\n  {%+ if 1 %}\n{% endif %}"},
        {"time", "{{ strftime_now('%d %b %Y %H:%M') }}{{ raise_exception('no ' ~ s) }}"},
        {"broken", "{% for x in %}{{ 'a"},
    };
    for (size_t i = 0; i < BASE_COUNT(seeds); i++) {
        struct buf input;
        buf_init(&input, 1 << 16);
        buf_add(&input, seeds[i].source, strlen(seeds[i].source) + 1);
        buf_add_str(&input, vars);
        save("template", seeds[i].name, input.data, input.size);
        buf_clear(&input);
    }
}

static void regex_seeds(void) {
    static const struct {
        const char *name, *bytes;
        size_t size;
    } seeds[] = {
#define SEED(name, bytes) {name, bytes, sizeof(bytes) - 1}
        SEED("empty", ""),
        SEED("password", "1^(?=.*\\d)(?=.*[a-z])(?!.*x{2}).{4,}$\0abc1"),
        SEED("classes", "0[^\\w\\-\\u{1f600}-\\u{1f64f}]|\\p{Lu}\\P{scx=Grek}[]\0A\xce\xb1"),
        SEED("counts", "0(?:a{2,3}|b*?c+){0,2}(?<n>d)?\0aabcd"),
        SEED("edges", "1\\bfoo\\B|^$|\\ud83d\\ude00\\cJ\\x41\0a foo_"),
        SEED("nested", "1(?:(?=a(?!b(?=c)))a|\\B.)*\0aab"),
        SEED("refused", "0(a)\\1(?<=b)(?i:c)"),
        SEED("broken", "0a{2,1}[z-a](?<1>)\\u{110000}"),
    };
    for (size_t i = 0; i < BASE_COUNT(seeds); i++) {
        save("regex", seeds[i].name, seeds[i].bytes, seeds[i].size);
    }
}

static void labels_seeds(void) {
    static const struct {
        const char *name, *bytes;
        size_t size;
    } seeds[] = {
        SEED("right", "pay_bill: pay a bill\n  my rent is due\nweather\tthe sky\nsmall talk\n"),
        SEED("twice", "a\nb\na: x\n"),
        SEED("bytes", "  x\na\nb\xff\n"),
    };
    for (size_t i = 0; i < BASE_COUNT(seeds); i++) {
        save("labels", seeds[i].name, seeds[i].bytes, seeds[i].size);
    }
}

static void grammar_seeds(void) {
    static const struct {
        const char *name, *bytes;
        size_t size;
    } seeds[] = {
        SEED("json", "root ::= v\nv ::= \"{\" (s \":\" v (\",\" s \":\" v)*)? \"}\" | \"[\" v* "
                     "\"]\" | s\n"
                     "s ::= \"\\\"\" ([^\"\\\\\\x00-\\x1f] | \"\\\\\" [bn])* "
                     "\"\\\"\"\n\0{\"a\":[\"b\\n\"]"),
        SEED("counts", "# c\nroot ::= ([a-c]{2,3} | \"\\u00e9\"?){1,} .\n\0abc\xc3\xa9z"),
        SEED("ambiguous", "root ::= a a\na ::= \"x\" a | \"x\" a \"y\" | \"\"\0xxyx"),
        SEED("left", "root ::= e\ne ::= (\"\" | e) \"+\""),
        SEED("endless", "root ::= \"a\" root | <think>"),
        SEED("broken", "root ::= (\"a\" | [z-a]{2,1} \\q"),
#undef SEED
    };
    for (size_t i = 0; i < BASE_COUNT(seeds); i++) {
        save("grammar", seeds[i].name, seeds[i].bytes, seeds[i].size);
    }
}

static void sentence_seeds(void) {
    static const char markdown[] =
        "3# Title\n\nMr. Smith (see p. 5. Or not.) paid $1.50 at 5 p.m. \"Go.\" He went...\n"
        "- one\n2. two\n> quoted. Yes\n```\na. B\n```\n| a | b |\n\nEnd!";
    static const char scripts[] = "\xff\xe4\xbb\x8a\xe3\x80\x82\xe3\x80\x8c\xe6\x98\x8e\xe3\x80\x82"
                                  "\xe3\x80\x8d\xd0\x94\xd0\xb0. \xe0\xa4\xb9\xe0\xa5\xa4 x\xff";
    save("sentences", "markdown", markdown, sizeof markdown - 1);
    save("sentences", "scripts", scripts, sizeof scripts - 1);
    save("sentences", "nothing", "1\n\n---\n", 7);
}

static void pair_seeds(void) {
    static const char good[] = "{\"a\": \"One two\", \"b\": \"three\", \"topic\": \"t\"}\n\n"
                               "{\"b\": \"\xc3\xa9t\xc3\xa9\", \"a\": \"two\"}";
    static const char bad[] = "{\"a\": \"One\", \"b\": \"...\"}\n{\"a\": 1}";
    save("pairs", "good", good, sizeof good - 1);
    save("pairs", "bad", bad, sizeof bad - 1);
}

static void encoder_seeds(void) {
    static const uint32_t hashes[] = {5, 0x80000000u};
    static const float scales[] = {1.0f, 0.5f};
    static const int8_t rows[2][8] = {{1, 2, 3}, {-4, 5}};
    for (int damage = 0; damage < 3; damage++) {
        struct gguf_write w;
        struct buf bytes;
        gguf_write_init(&w, 1 << 16);
        gguf_write_str(&w, "general.architecture", "ingle-pack");
        gguf_write_str(&w, "ingle.kind", "encoder");
        gguf_write_u32(&w, "ingle.version", 1);
        gguf_write_tensor(&w, "encoder.word_hash", 26, 2, 0, hashes);
        gguf_write_tensor(&w, "encoder.word", 24, 8, 2, rows);
        gguf_write_tensor(&w, "encoder.word_scale", 0, damage == 1 ? 1 : 2, 0, scales);
        gguf_write_tensor(&w, "encoder.piece", 24, 8, damage == 2 ? 1 : 2, rows);
        gguf_write_tensor(&w, "encoder.piece_scale", 0, 2, 0, scales);
        buf_init(&bytes, 1 << 16);
        if (gguf_write_finish(&w, &bytes, NULL) == INGLE_OK) {
            static const char *const names[] = {"good", "scales", "pieces"};
            save("encoder", names[damage], bytes.data, bytes.size);
        }
        buf_clear(&bytes);
    }
}

static void digest_seeds(void) {
    static const char *const seeds[] = {
        "{\"app\": \"Signal\", \"title\": \"Anna (2)\", \"body\": \"Your code is 482-913\", "
        "\"time\": \"2026-11-27T09:30:00Z\", \"urgency\": \"low\", \"id\": 7}\n"
        "{\"app\": \"Signal\", \"summary\": \"Anna\", \"body\": \"42 % done\", \"replaces\": "
        "\"7\"}\n",
        "{\"body\": \"password is hunter2, <b>PIN</b> 4821 &amp; "
        "https://x.example/reset?token=abc123\"}",
        "{\"title\": \"\\u001b[2J\", \"time\": 1795771800, \"thread\": \"a/b#1\", \"urgency\": "
        "2}\nbad\n[]",
        "<img src='x' alt='code 4821'/> <a href=\"y\">4111 1111 1111 1111</a> &#x202e;&#27; "
        "G-123456",
        "Recovery phrase: legal winner thank year wave sausage worth useful legal winner thank "
        "yellow",
        "Bearer abcd1234efgh5678 ghp_16C7e42F292c6912E7710c838347Ae178B4a login: a@b / Hunter22!",
    };
    for (size_t i = 0; i < BASE_COUNT(seeds); i++) {
        char name[16];
        snprintf(name, sizeof name, "seed-%zu", i);
        save("digest", name, seeds[i], strlen(seeds[i]));
    }
}

/* The first byte is the kind, as an index of the target's names. */
static void document_seeds(void) {
    static const struct {
        const char *name, *bytes;
    } seeds[] = {
        {"html",
         "0<!DOCTYPE html><title>A &amp; b</title><style>p{}</style><h1>Head</h1><p>One<br>two "
         "<b>three</b><ul><li>a<li hidden>b</ul><table><tr><td>1<td>2</table><pre>x\n y</pre>"},
        {"html-latin",
         "0<meta charset=iso-8859-2><p style='display:none'>no</p>caf\xe9 &#233;&eacute;"},
        {"markdown",
         "1---\ntitle: x\n---\n# Head\n\nOne *two* `three` [four](http://x) ![p](q)\n\n- a\n- b"
         "\n\n```\ncode\n```\n| a | b |\n|---|---|\n> said[^1]\n<!-- no -->\n[r]: x\n"},
        {"mail",
         "2From: =?utf-8?q?Caf=C3=A9?= <a@x>\nSubject: =?koi8-r?B?8PLJ?=\nContent-Type: "
         "multipart/mixed; boundary=\"b\"\n\n--b\nContent-Transfer-Encoding: quoted-printable\n\n"
         "caf=C3=A9 so=\n ft\n> old\n-- \nsig\n--b\nContent-Type: text/html; charset=gb18030\n"
         "Content-Transfer-Encoding: base64\n\nPHA+YTwvcD4=\n--b\nContent-Type: x/y; "
         "name*=utf-8''a%41\n\n--b--\n"},
        {"mbox",
         "9From a Mon\nFrom: a\nTo: b\n\nOne.\n\nFrom b Mon\nFrom: b\nTo: a\n\nTwo.\n\nOn x, a "
         "wrote:\n> One.\n"},
        {"text", "3one\r\ntwo\fthree \xff\xfe"},
        {"utf-16", "3\xff\xfeh\1i\1"},
        {"c", "4/* Says. */\nint f(int a,\n      int b) { // no\n}\n\"/*\""},
        {"python", "5\"\"\"Doc.\"\"\"\n# Why.\nclass A:\n    def f(self):\n        pass\n"},
        {"pages", "31\nHEAD\nIt goes\n1\n\fHEAD\non here.\n2\n\fHEAD\nEnd.\n3\n\f"},
    };
    for (size_t i = 0; i < BASE_COUNT(seeds); i++) {
        char bytes[1024];
        size_t size = strlen(seeds[i].bytes);
        memcpy(bytes, seeds[i].bytes, size);
        bytes[0] = (char)(bytes[0] - '0');
        save("document", seeds[i].name, bytes, size);
    }
}

/* A source, a zero byte, an output. */
static void faithful_seeds(void) {
    static const char facts[] =
        "Due on 2024-03-05 at 3 pm: $1,250.00 or 20 % of 1.2k, half of it by Maria da Silva "
        "(NASA, GPT-4, v1.2.3) to maria@example.com. \"We will not go\", she wrote.\0"
        "On Tuesday, March 5th, 2024 at 15:00, 1250 dollars or one fifth of twelve hundred are not "
        "due. J. Silva, see example.com/a: \"we will not stay\".";
    static const char foreign[] = "Die Rechnung \xc3\xbc"
                                  "ber 20 Euro ist offen.\0"
                                  "Zurbar\xc3\xa1n \xe2\x80\x9c"
                                  "a b c\xe2\x80\x9d 1\xc2\xbd 5\xe2\x80\x93"
                                  "7 March";
    save("faithful", "facts", facts, sizeof facts - 1);
    save("faithful", "foreign", foreign, sizeof foreign - 1);
    save("faithful", "empty", "", 0);
}

/* A byte for the manner, a text, a zero byte, an answer. */
static void rewrite_seeds(void) {
    static const char markdown[] =
        "\1---\ntitle: x\n---\n# A heading\n\n> A long line that was wrapped at this place, see\n"
        "> the [docs](a.md) and `code` there.\n\n- one item\n\n    indented code\n\n| a | b |\n"
        "|---|---|\n```\ncode\n```\nBest regards,\nAna\0Subject: A thing\n\nDear Ana,\n\nThe "
        "`code` cost 20 euros on [date].\n\nBest,\nJohn";
    static const char thread[] =
        "\3From: Ana Silva <ana@example.com>\nSubject: Re: Lunch\n\nWhen?\0"
        "Here is the reply:\n\n\"At noon.\"\n";
    save("rewrite", "markdown", markdown, sizeof markdown - 1);
    save("rewrite", "thread", thread, sizeof thread - 1);
    save("rewrite", "empty", "\0", 1);
}

static void classifier_seeds(void) {
    static const char *const damages[] = {NULL, "rows", "filters.2", "bag.out"};
    static const char *const names[] = {"whole", "rows", "filters", "bag-out"};
    for (size_t i = 0; i < BASE_COUNT(damages); i++) {
        struct classifier_pack p = classifier_pack_default();
        struct buf bytes;
        p.members = 1;
        p.shorter = damages[i];
        buf_init(&bytes, 1 << 24);
        classifier_pack_write(&p, &bytes);
        save("classifier", names[i], bytes.data, bytes.size);
        buf_clear(&bytes);
    }
}

static void examples_seeds(void) {
    static const char *const texts[] = {
        "{\"text\": \"a\", \"label\": \"x\"}\n{\"text\": \"b\", \"label\": null}\n"
        "{\"text\": \"c\", \"label\": \"x\"}\n{\"text\": \"d\", \"label\": \"y\"}\n"
        "{\"text\": \"e\", \"label\": \"y\"}\n",
        "text,label\r\n\"a, \"\"b\"\"\nc\",x\r\nd,x\r\ne,y\r\nf,y\r\ng,\r\n",
        "\xef\xbb\xbf"
        "a,x\na,y\nb,x\nb,x\n"};
    static const char *const names[] = {"json", "csv", "contradictory"};
    for (size_t i = 0; i < BASE_COUNT(texts); i++) {
        save("examples", names[i], texts[i], strlen(texts[i]));
    }
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    root = argv[1];
    digest_seeds();
    gguf_seeds();
    tokenizer_seeds();
    tool_call_seeds();
    sampler_seeds();
    json_machine_seeds();
    packed_seeds();
    sealed_seeds();
    audit_seeds();
    prefix_snapshot_seeds();
    schema_seeds();
    regex_seeds();
    labels_seeds();
    grammar_seeds();
    template_seeds();
    sentence_seeds();
    pair_seeds();
    encoder_seeds();
    classifier_seeds();
    examples_seeds();
    document_seeds();
    faithful_seeds();
    rewrite_seeds();
    return 0;
}
