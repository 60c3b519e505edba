/* Compares token ids with llama.cpp's, for one vocabulary after the other:
 *
 *     compare_tokens ORACLE_DIR SHARED_DIR */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "oracle/ask.h"
#include "oracle/tokens_compare.h"

static const struct vocabulary {
    const char *name;
    bool is_spm;
} vocabs[] = {{"llama-bpe", false}, {"llama-spm", true},  {"phi-3", true},   {"qwen2", false},
              {"gpt-2", false},     {"starcoder", false}, {"gemma-4", false}};

static const char *path_of(const char *shared, const char *name) {
    static char path[4096];
    snprintf(path, sizeof path, "%s/models/vocab/ggml-vocab-%s.gguf", shared, name);
    return path;
}

static struct tokens_tally compare(const char *shared, const struct vocabulary *vocab,
                                   uint64_t seed) {
    const char *path = path_of(shared, vocab->name);
    char folder[4096], number[4];
    snprintf(folder, sizeof folder, "%s/data/text", shared);
    ingle_model *model = tokens_open(path);
    struct text_sources sources = {.folder = folder, .no_crash = !vocab->is_spm};
    struct texts texts;
    struct tokens_tally tally = {0};
    tokens_sources(model, &sources);
    texts_make(&texts, seed, &sources);
    for (unsigned flags = 0; flags < 4; flags++) {
        size_t size;
        snprintf(number, sizeof number, "%u", flags);
        char *lines = ask_oracle((const char *const[4]){"tokens", path, number, NULL},
                                 texts.bytes.data, texts.bytes.size, &size);
        tokens_compare(model, flags, &texts, "llama.cpp", lines, &tally);
        free(lines);
    }
    texts_clear(&texts);
    tokens_clear(&sources);
    ingle_model_close(model);
    return tally;
}

/* Whether the same tokens end an answer; prints them. */
static bool same_ends(const char *shared, const struct vocabulary *vocab) {
    const char *path = path_of(shared, vocab->name);
    size_t size;
    char *lines = ask_oracle((const char *const[4]){"ends", path, NULL, NULL}, "", 0, &size);
    ingle_model *model = tokens_open(path);
    char *at = lines;
    bool same = true;
    printf("%s ends with", vocab->name);
    for (ingle_token id = 0; id < ingle_model_get_info(model).n_vocab; id++) {
        char *end;
        bool theirs = strtol(at, &end, 10) == id && end != at, ours = ingle_token_is_end(model, id);
        if (theirs) at = end;
        if (theirs || ours) printf(" %d%s", id, theirs == ours ? "" : " (FAILED)");
        same &= theirs == ours;
    }
    putchar('\n');
    ingle_model_close(model);
    free(lines);
    return same;
}

/* WordPiece is no tokenizer of ours: refused, and by its name. */
static bool refuses_wordpiece(const char *shared) {
    ingle_model *model;
    ingle_model_options opt = ingle_model_options_default();
    ingle_error err;
    opt.vocab_only = true;
    ingle_status status = ingle_model_open(&model, path_of(shared, "bert-bge"), &opt, &err);
    if (status == INGLE_OK) ask_fail("A WordPiece vocabulary was opened.");
    printf("bert-bge: %s\n", err.msg);
    return status == INGLE_UNSUPPORTED && strstr(err.msg, "'bert'");
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: compare_tokens ORACLE_DIR SHARED_DIR\n");
        return 2;
    }
    ask_init(argv[1]);
    const char *shared = argv[2];
    if (access(path_of(shared, vocabs[0].name), R_OK) != 0) {
        printf("skipped: %s is not here\n", path_of(shared, vocabs[0].name));
        return EXIT_SKIPPED;
    }
    struct tokens_tally tallies[BASE_COUNT(vocabs)];
    bool failed = !refuses_wordpiece(shared);
    for (size_t i = 0; i < BASE_COUNT(vocabs); i++) failed |= !same_ends(shared, &vocabs[i]);
    uint64_t seed = tokens_seed();
    for (size_t i = 0; i < BASE_COUNT(vocabs); i++) tallies[i] = compare(shared, &vocabs[i], seed);
    printf("\n| vocabulary | texts | tokens | texts that differ |\n|---|---|---|---|\n");
    for (size_t i = 0; i < BASE_COUNT(vocabs); i++) {
        const struct tokens_tally *t = &tallies[i];
        printf("| %s | %zu | %zu | %zu |\n", vocabs[i].name, t->n_texts, t->n_tokens,
               t->n_different);
        failed |= t->n_different > 0;
    }
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
