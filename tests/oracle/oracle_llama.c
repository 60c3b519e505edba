/* Asks a prebuilt llama.cpp what it makes of a model, a text or a row of numbers. Built by `fetch`
 * at test time against the library it downloads; not part of ingle's build.
 *
 *   oracle_llama logits MODEL N_CTX KV     token ids on stdin, float32 rows of n_vocab on stdout,
 *                                          one per position; KV is f16 or f32
 *   oracle_llama greedy MODEL N_CTX N      ids on stdin; N further ids, one a line
 *   oracle_llama embed MODEL N_CTX POOLING ids on stdin; one float32 vector: 1 mean, 2 the first's,
 *                                          3 the last's
 *   oracle_llama tokens VOCAB FLAGS        texts on stdin, each a u32 length and its bytes; for
 *                                          each a line of ids. FLAGS: 1 add_special,
 *                                          2 parse_special
 *   oracle_llama ends VOCAB                the ids that end an answer, one a line
 *   oracle_llama grammar VOCAB             grammars on stdin, each a u32 length and its bytes, a
 * u32 number of texts, and each text in the same way; for each grammar a line: E if it is none, T
 * if some time was not enough, else a digit a text: 0 it may not stand, 1 it may go on, 2 it may
 * end as well. Texts are tried character by character, which must all be tokens oracle_llama
 * quantize TYPE N           float32 rows of N on stdin, blocks on stdout oracle_llama dequant TYPE
 * N            blocks on stdin, float32 rows of N on stdout oracle_llama version which CPU back end
 * was chosen
 *
 * Pinned, so that answers can be repeated: 2 threads, one batch of the whole prompt. With an F16
 * cache, flash attention is what llama.cpp itself chooses; with an F32 cache it is off, so that
 * nothing at all is rounded. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ggml-backend.h"
#include "ggml.h"
#include "llama.h"

#define N_THREADS 2

static void die(const char *what, const char *name) {
    fprintf(stderr, "oracle_llama: %s %s\n", what, name);
    exit(1);
}

static void quiet(enum ggml_log_level level, const char *text, void *user) {
    (void)user;
    if (level == GGML_LOG_LEVEL_ERROR) fputs(text, stderr);
}

static void *need(void *p) {
    if (!p) die("out of memory", "");
    return p;
}

/* The CPU back ends lie beside libllama, in lib/ next to this program. */
static void load_backends(const char *program) {
    char dir[4096];
    const char *slash = strrchr(program, '/');
    snprintf(dir, sizeof dir, "%.*s/lib", slash ? (int)(slash - program) : 1,
             slash ? program : ".");
    llama_log_set(quiet, NULL);
    ggml_backend_load_all_from_path(dir);
    llama_backend_init();
}

static struct llama_model *open_model(const char *path, bool vocab_only) {
    struct llama_model_params params = llama_model_default_params();
    params.n_gpu_layers = 0;
    params.vocab_only = vocab_only;
    struct llama_model *model = llama_model_load_from_file(path, params);
    if (!model) die("cannot load", path);
    return model;
}

static struct llama_context *open_context(struct llama_model *model, int n_ctx, const char *kv) {
    struct llama_context_params params = llama_context_default_params();
    params.n_ctx = (uint32_t)n_ctx;
    params.n_batch = params.n_ubatch = (uint32_t)n_ctx;
    params.n_threads = params.n_threads_batch = N_THREADS;
    bool exact = strcmp(kv, "f32") == 0;
    params.flash_attn_type = exact ? LLAMA_FLASH_ATTN_TYPE_DISABLED : LLAMA_FLASH_ATTN_TYPE_AUTO;
    params.type_k = params.type_v = exact ? GGML_TYPE_F32 : GGML_TYPE_F16;
    struct llama_context *ctx = llama_init_from_model(model, params);
    if (!ctx) die("cannot make a context of", kv);
    return ctx;
}

/* All ids on stdin, at most cap. */
static int read_ids(llama_token *ids, int cap) {
    int n = 0;
    while (n < cap && scanf("%d", &ids[n]) == 1) n++;
    if (n == 0) die("no token ids on", "stdin");
    return n;
}

static void decode(struct llama_context *ctx, const llama_token *ids, int n, int pos, bool all) {
    struct llama_batch batch = llama_batch_init(n, 0, 1);
    batch.n_tokens = n;
    for (int i = 0; i < n; i++) {
        batch.token[i] = ids[i];
        batch.pos[i] = pos + i;
        batch.n_seq_id[i] = 1;
        batch.seq_id[i][0] = 0;
        batch.logits[i] = all || i == n - 1;
    }
    if (llama_decode(ctx, batch) != 0) die("cannot decode", "the batch");
    llama_batch_free(batch);
}

static int cmd_logits(const char *path, int n_ctx, const char *kv) {
    struct llama_model *model = open_model(path, false);
    struct llama_context *ctx = open_context(model, n_ctx, kv);
    llama_token *ids = need(calloc((size_t)n_ctx, sizeof *ids));
    int n = read_ids(ids, n_ctx);
    size_t n_vocab = (size_t)llama_vocab_n_tokens(llama_model_get_vocab(model));
    decode(ctx, ids, n, 0, true);
    for (int i = 0; i < n; i++) fwrite(llama_get_logits_ith(ctx, i), 4, n_vocab, stdout);
    return 0;
}

static int cmd_embed(const char *path, int n_ctx, int pooling) {
    struct llama_model *model = open_model(path, false);
    struct llama_context_params params = llama_context_default_params();
    params.n_ctx = params.n_batch = params.n_ubatch = (uint32_t)n_ctx;
    params.n_threads = params.n_threads_batch = N_THREADS;
    params.embeddings = true;
    params.pooling_type = (enum llama_pooling_type)pooling;
    struct llama_context *ctx = llama_init_from_model(model, params);
    if (!ctx) die("cannot make a context for", path);
    llama_token *ids = need(calloc((size_t)n_ctx, sizeof *ids));
    int n = read_ids(ids, n_ctx);
    decode(ctx, ids, n, 0, true);
    const float *vector = llama_get_embeddings_seq(ctx, 0);
    if (!vector) die("no vector from", path);
    fwrite(vector, 4, (size_t)llama_model_n_embd(model), stdout);
    return 0;
}

static int cmd_greedy(const char *path, int n_ctx, int n_new) {
    struct llama_model *model = open_model(path, false);
    struct llama_context *ctx = open_context(model, n_ctx, "f16");
    llama_token *ids = need(calloc((size_t)n_ctx, sizeof *ids));
    int n = read_ids(ids, n_ctx), n_vocab = llama_vocab_n_tokens(llama_model_get_vocab(model));
    decode(ctx, ids, n, 0, false);
    for (int i = 0; i < n_new; i++) {
        const float *logits = llama_get_logits_ith(ctx, -1);
        llama_token best = 0;
        for (int id = 1; id < n_vocab; id++) {
            if (logits[id] > logits[best]) best = id;
        }
        printf("%d\n", best);
        if (i + 1 < n_new) decode(ctx, &best, 1, n + i, false);
    }
    return 0;
}

static int cmd_tokens(const char *path, int flags) {
    const struct llama_vocab *vocab = llama_model_get_vocab(open_model(path, true));
    uint32_t len;
    while (fread(&len, 4, 1, stdin) == 1) {
        char *text = need(malloc((size_t)len + 1));
        llama_token *ids = need(calloc((size_t)len + 16, sizeof *ids));
        if (fread(text, 1, len, stdin) != len) die("a text is cut off on", "stdin");
        int n = llama_tokenize(vocab, text, (int32_t)len, ids, (int32_t)len + 16, (flags & 1) != 0,
                               (flags & 2) != 0);
        if (n < 0) die("more tokens than bytes from", path);
        for (int i = 0; i < n; i++) printf("%s%d", i ? " " : "", ids[i]);
        putchar('\n');
        free(text);
        free(ids);
    }
    return 0;
}

static int cmd_ends(const char *path) {
    const struct llama_vocab *vocab = llama_model_get_vocab(open_model(path, true));
    for (llama_token id = 0; id < llama_vocab_n_tokens(vocab); id++) {
        if (llama_vocab_is_eog(vocab, id)) printf("%d\n", id);
    }
    return 0;
}

/* A length and that many bytes on stdin, NUL-terminated; NULL at the end. */
static char *read_text(uint32_t *len) {
    if (fread(len, 4, 1, stdin) != 1) return NULL;
    char *text = need(calloc((size_t)*len + 1, 1));
    if (fread(text, 1, *len, stdin) != *len) die("a text is cut off on", "stdin");
    return text;
}

static bool is_allowed(struct llama_sampler *grammar, llama_token id) {
    llama_token_data one = {.id = id, .logit = 1.0f};
    llama_token_data_array list = {.data = &one, .size = 1, .selected = -1};
    llama_sampler_apply(grammar, &list);
    return isfinite(one.logit);
}

/* Tokens of one character: by their bytes as a number. */
struct character {
    uint32_t bytes;
    llama_token id;
};

static struct character characters[1 << 16];
static size_t n_characters;

static size_t character_length(const char *text) {
    unsigned char c = (unsigned char)text[0];
    return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

static uint32_t character_bytes(const char *text) {
    uint32_t bytes = 0;
    memcpy(&bytes, text, strnlen(text, character_length(text)));
    return bytes;
}

static void find_characters(const struct llama_vocab *vocab) {
    for (llama_token id = 0; id < llama_vocab_n_tokens(vocab); id++) {
        char piece[512] = "";
        int n = llama_token_to_piece(vocab, id, piece, sizeof piece - 1, 0, false);
        if (n < 1 || (size_t)n != character_length(piece) || n_characters == 1 << 16) continue;
        characters[n_characters++] = (struct character){character_bytes(piece), id};
    }
}

static llama_token character_token(const char *text) {
    uint32_t bytes = character_bytes(text);
    for (size_t i = 0; i < n_characters; i++) {
        if (characters[i].bytes == bytes) return characters[i].id;
    }
    die("no token is the character at the beginning of", text);
    return -1;
}

static int judge_text(const struct llama_sampler *start, llama_token end, const char *text) {
    struct llama_sampler *grammar = llama_sampler_clone(start);
    int verdict = 1;
    for (; *text && verdict; text += character_length(text)) {
        llama_token id = character_token(text);
        verdict = is_allowed(grammar, id);
        if (verdict) llama_sampler_accept(grammar, id);
    }
    if (verdict) verdict = is_allowed(grammar, end) ? 2 : 1;
    llama_sampler_free(grammar);
    return verdict;
}

/* In a process of its own: there are grammars that llama.cpp never finishes with. */
static void judge_texts(const struct llama_vocab *vocab, llama_token end, const char *grammar,
                        char *const *texts, uint32_t n) {
    char *line = need(calloc((size_t)n + 2, 1));
    const rlim_t seconds = 1 + n / 20; /* of the processor, which others use, too */
    (void)setrlimit(RLIMIT_CPU, &(struct rlimit){seconds, seconds});
    struct llama_sampler *start = llama_sampler_init_grammar(vocab, grammar, "root");
    if (!start) line[0] = 'E';
    for (uint32_t i = 0; start && i < n; i++) {
        line[i] = (char)('0' + judge_text(start, end, texts[i]));
    }
    fputs(line, stdout);
    fflush(stdout);
    _exit(0);
}

static int cmd_grammar(const char *path) {
    const struct llama_vocab *vocab = llama_model_get_vocab(open_model(path, true));
    llama_token end = llama_vocab_eos(vocab);
    find_characters(vocab);
    char *text;
    uint32_t len, n;
    while ((text = read_text(&len))) {
        if (fread(&n, 4, 1, stdin) != 1) die("a number is missing on", "stdin");
        char **texts = need(calloc((size_t)n + 1, sizeof *texts));
        for (uint32_t i = 0; i < n; i++) texts[i] = need(read_text(&len));
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) judge_texts(vocab, end, text, texts, n);
        int status = -1;
        if (child < 0 || waitpid(child, &status, 0) != child) die("cannot start", "a process");
        puts(status == 0 ? "" : "T");
        for (uint32_t i = 0; i < n; i++) free(texts[i]);
        free(texts);
        free(text);
    }
    return 0;
}

static enum ggml_type find_type(const char *name) {
    for (int t = 0; t < GGML_TYPE_COUNT; t++) {
        const char *known = ggml_type_name((enum ggml_type)t);
        if (known && strcmp(known, name) == 0) return (enum ggml_type)t;
    }
    die("llama.cpp has no type", name);
    return GGML_TYPE_COUNT;
}

static int cmd_blocks(const char *type_name, int n, bool quantize) {
    enum ggml_type type = find_type(type_name);
    size_t size = ggml_row_size(type, n);
    float *row = need(calloc((size_t)n, sizeof *row));
    void *blocks = need(malloc(size));
    if (quantize) {
        while (fread(row, 4, (size_t)n, stdin) == (size_t)n) {
            ggml_quantize_chunk(type, row, blocks, 0, 1, n, NULL);
            fwrite(blocks, 1, size, stdout);
        }
        return 0;
    }
    const struct ggml_type_traits *traits = ggml_get_type_traits(type);
    while (fread(blocks, 1, size, stdin) == size) {
        if (type == GGML_TYPE_F32)
            memcpy(row, blocks, size);
        else
            traits->to_float(blocks, row, n);
        fwrite(row, 4, (size_t)n, stdout);
    }
    return 0;
}

static int cmd_version(void) {
    for (size_t i = 0; i < ggml_backend_dev_count(); i++) {
        ggml_backend_dev_t dev = ggml_backend_dev_get(i);
        printf("%s (%s)\n", ggml_backend_dev_name(dev), ggml_backend_dev_description(dev));
    }
    printf("%s", llama_print_system_info());
    return 0;
}

int main(int argc, char **argv) {
    load_backends(argv[0]);
    const char *cmd = argc > 1 ? argv[1] : "";
    if (argc == 5 && strcmp(cmd, "logits") == 0) return cmd_logits(argv[2], atoi(argv[3]), argv[4]);
    if (argc == 5 && strcmp(cmd, "greedy") == 0)
        return cmd_greedy(argv[2], atoi(argv[3]), atoi(argv[4]));
    if (argc == 5 && strcmp(cmd, "embed") == 0)
        return cmd_embed(argv[2], atoi(argv[3]), atoi(argv[4]));
    if (argc == 4 && strcmp(cmd, "tokens") == 0) return cmd_tokens(argv[2], atoi(argv[3]));
    if (argc == 3 && strcmp(cmd, "ends") == 0) return cmd_ends(argv[2]);
    if (argc == 3 && strcmp(cmd, "grammar") == 0) return cmd_grammar(argv[2]);
    if (argc == 4 && strcmp(cmd, "quantize") == 0) return cmd_blocks(argv[2], atoi(argv[3]), true);
    if (argc == 4 && strcmp(cmd, "dequant") == 0) return cmd_blocks(argv[2], atoi(argv[3]), false);
    if (argc == 2 && strcmp(cmd, "version") == 0) return cmd_version();
    die("usage: logits|greedy|embed|tokens|ends|grammar|quantize|dequant|version ..., not", cmd);
    return 2;
}
