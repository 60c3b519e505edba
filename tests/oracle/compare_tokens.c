/* Compares the token ids of ingle with those of llama.cpp, for one vocabulary after the other:
 *
 *     compare_tokens ORACLE_DIR SHARED_DIR
 *
 * INGLE_TEST_SEED repeats the texts of an earlier run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "ingle/ingle.h"
#include "oracle/ask.h"
#include "oracle/tokens_texts.h"

#define MAX_SHOWN 5
#define MAX_IDS 200000

static const struct vocabulary {
    const char *name;
    bool is_spm;
} vocabs[] = {{"llama-bpe", false}, {"llama-spm", true},  {"phi-3", true},   {"qwen2", false},
              {"gpt-2", false},     {"starcoder", false}, {"gemma-4", false}};

/* What a vocabulary gives to the texts. */
struct strings {
    ingle_bytes *controls, *pieces;
    size_t n_controls, n_pieces;
};

static struct strings strings_of(const ingle_model *model) {
    size_t n = (size_t)ingle_model_get_info(model).n_vocab;
    struct strings s = {calloc(n, sizeof *s.controls), calloc(n, sizeof *s.pieces), 0, 0};
    if (!s.controls || !s.pieces) ask_fail("Out of memory.");
    for (size_t id = 0; id < n; id++) {
        size_t len;
        const char *data = ingle_token_bytes(model, (ingle_token)id, true, &len);
        ingle_bytes text = {data, len};
        s.pieces[s.n_pieces++] = text;
        bool tag = len > 2 && data[0] == '<' && data[len - 1] == '>';
        if (tag || ingle_token_is_control(model, (ingle_token)id))
            s.controls[s.n_controls++] = text;
    }
    return s;
}

static void print_ids(const char *who, const int32_t *ids, size_t n, size_t from) {
    printf("  %-10s %zu tokens, from %zu:", who, n, from);
    for (size_t i = from; i < n && i < from + 12; i++) printf(" %d", ids[i]);
    putchar('\n');
}

static void print_text(ingle_bytes text) {
    printf("  \"");
    for (size_t i = 0; i < text.len && i < 400; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c >= ' ' && c < 0x7f && c != '"' && c != '\\')
            putchar(c);
        else
            printf("\\x%02x", c);
    }
    printf("\"%s\n", text.len > 400 ? "..." : "");
}

/* Reads a line of ids; returns what follows it. */
static const char *read_line(const char *at, int32_t *ids, size_t *n) {
    *n = 0;
    while (*at && *at != '\n') {
        char *end;
        if (*n == MAX_IDS) ask_fail("llama.cpp gave more than %d ids.", MAX_IDS);
        ids[(*n)++] = (int32_t)strtol(at, &end, 10);
        if (end == at) ask_fail("llama.cpp printed '%.20s'.", at);
        at = *end == ' ' ? end + 1 : end;
    }
    if (*at != '\n') ask_fail("llama.cpp answered too few texts.");
    return at + 1;
}

struct tally {
    size_t n_texts, n_tokens, n_different;
};

static void compare_flags(const ingle_model *model, const char *path, unsigned flags,
                          const struct texts *texts, struct tally *tally) {
    static int32_t ours[MAX_IDS], theirs[MAX_IDS];
    char number[8];
    size_t size;
    snprintf(number, sizeof number, "%u", flags);
    char *out = ask_oracle((const char *const[4]){"tokens", path, number, NULL}, texts->bytes.data,
                           texts->bytes.size, &size);
    const char *at = out;
    for (size_t i = 0; i < texts->n; i++) {
        size_t n_ours, n_theirs, same = 0;
        ingle_error err;
        at = read_line(at, theirs, &n_theirs);
        if (ingle_tokenize(model, texts->at[i].data, texts->at[i].len, flags, ours, MAX_IDS,
                           &n_ours, &err) != INGLE_OK)
            ask_fail("ingle: %s", err.msg);
        tally->n_texts++;
        tally->n_tokens += n_ours;
        while (same < n_ours && same < n_theirs && ours[same] == theirs[same]) same++;
        if (same == n_ours && same == n_theirs) continue;
        if (tally->n_different++ >= MAX_SHOWN) continue;
        printf("Text %zu (%s), flags %u:\n", i, texts_kind(texts->kind[i]), flags);
        print_text(texts->at[i]);
        print_ids("ingle", ours, n_ours, same);
        print_ids("llama.cpp", theirs, n_theirs, same);
    }
    free(out);
}

static bool compare_vocab(const char *shared, const struct vocabulary *vocab, uint64_t seed) {
    char path[4096], folder[4096];
    snprintf(path, sizeof path, "%s/models/vocab/ggml-vocab-%s.gguf", shared, vocab->name);
    snprintf(folder, sizeof folder, "%s/data/text", shared);
    if (access(path, R_OK) != 0) ask_fail("'%s' is missing.", path);
    ingle_model *model;
    ingle_model_options opt = ingle_model_options_default();
    ingle_error err;
    opt.vocab_only = true;
    if (ingle_model_open(&model, path, &opt, &err) != INGLE_OK) ask_fail("ingle: %s", err.msg);
    struct strings s = strings_of(model);
    struct texts texts;
    texts_make(&texts, seed,
               &(struct text_sources){.folder = folder,
                                      .controls = s.controls,
                                      .pieces = s.pieces,
                                      .n_controls = s.n_controls,
                                      .n_pieces = s.n_pieces,
                                      .no_crash = !vocab->is_spm});
    struct tally tally = {0};
    for (unsigned flags = 0; flags < 4; flags++) compare_flags(model, path, flags, &texts, &tally);
    printf("| %s | %zu | %zu | %zu |\n", vocab->name, tally.n_texts, tally.n_tokens,
           tally.n_different);
    texts_clear(&texts);
    free(s.controls);
    free(s.pieces);
    ingle_model_close(model);
    return tally.n_different == 0;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: compare_tokens ORACLE_DIR SHARED_DIR [VOCABULARY]\n");
        return 2;
    }
    ask_init(argv[1]);
    uint64_t seed = texts_seed();
    printf("seed %llu (INGLE_TEST_SEED=%llu repeats this)\n\n", (unsigned long long)seed,
           (unsigned long long)seed);
    printf("| vocabulary | texts | tokens | differences |\n|---|---|---|---|\n");
    int n_failed = 0;
    for (size_t i = 0; i < BASE_COUNT(vocabs); i++) {
        if (argc > 3 && strcmp(argv[3], vocabs[i].name) != 0) continue;
        n_failed += !compare_vocab(argv[2], &vocabs[i], seed);
    }
    return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
