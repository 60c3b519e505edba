/* Compares token ids with tiktoken's, for the vocabularies that Phi-4 and Phi-4-mini share with
 * OpenAI's models, made from their ranks:
 *
 *     compare_tiktoken ORACLE_DIR SHARED_DIR SCRIPT
 *
 * SCRIPT is tiktoken.js. tiktoken takes well-formed UTF-8 only. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/compiler.h"
#include "oracle/ask.h"
#include "oracle/tokens_compare.h"

static const struct encoding {
    const char *name, *pre, *config;
} encodings[] = {{"cl100k_base", "dbrx", "phi-4-base"}, {"o200k_base", "gpt-4o", "phi-4-mini"}};

struct places {
    const char *shared, *script;
    char package[4096];
};

static void make_vocab(const struct places *p, const struct encoding *e, const char *config,
                       const char *path) {
    char ranks[4096];
    size_t size;
    snprintf(ranks, sizeof ranks, "%s/data/tokenizers/%s.tiktoken", p->shared, e->name);
    char *bytes =
        ask_program("node", (const char *const[]){p->script, "vocab", ranks, config, e->pre, NULL},
                    "", 0, &size);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, size, f) != size || fclose(f) != 0)
        ask_fail("Cannot write '%s'.", path);
    free(bytes);
}

static struct tokens_tally compare(const struct places *p, const struct encoding *e,
                                   uint64_t seed) {
    char config[4096], folder[4096];
    const char *path = ask_scratch(e->name);
    snprintf(config, sizeof config, "%s/data/tokenizers/%s.tokenizer_config.json", p->shared,
             e->config);
    snprintf(folder, sizeof folder, "%s/data/text", p->shared);
    make_vocab(p, e, config, path);
    ingle_model *model = tokens_open(path);
    struct text_sources sources = {.folder = folder, .utf8_only = true};
    struct texts texts;
    struct tokens_tally tally = {0};
    tokens_sources(model, &sources);
    texts_make(&texts, seed, &sources);
    for (unsigned parse = 0; parse < 2; parse++) {
        size_t size;
        char *lines = ask_program("node",
                                  (const char *const[]){p->script, "encode", p->package, e->name,
                                                        config, parse ? "1" : "0", NULL},
                                  texts.bytes.data, texts.bytes.size, &size);
        unsigned flags = parse ? INGLE_TOKENIZE_PARSE_SPECIAL : 0;
        tokens_compare(model, flags, &texts, "tiktoken", lines, &tally);
        /* These models put nothing around a text. */
        tokens_compare(model, flags | INGLE_TOKENIZE_ADD_SPECIAL, &texts, "tiktoken", lines,
                       &tally);
        free(lines);
    }
    texts_clear(&texts);
    tokens_clear(&sources);
    ingle_model_close(model);
    return tally;
}

/* Ends the program as skipped unless both sides are there. */
static void find(struct places *p, const char *dir) {
    const char *override = getenv("INGLE_ORACLE_DIR"), *require = getenv("INGLE_REQUIRE_ORACLE");
    char ranks[4096];
    snprintf(p->package, sizeof p->package, "%s/tiktoken/package",
             override && *override ? override : dir);
    snprintf(ranks, sizeof ranks, "%s/data/tokenizers/%s.tiktoken", p->shared, encodings[0].name);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (access(ranks, R_OK) != 0) {
        printf("skipped: %s is not here\n", ranks);
        exit(EXIT_SKIPPED);
    }
    if (access(p->package, R_OK) == 0) return;
    if (require && *require == '1') ask_fail("INGLE_REQUIRE_ORACLE is set; no %s.", p->package);
    printf("skipped: no tiktoken to compare with (%s is missing)\n", p->package);
    exit(EXIT_SKIPPED);
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: compare_tiktoken ORACLE_DIR SHARED_DIR SCRIPT\n");
        return 2;
    }
    struct places places = {.shared = argv[2], .script = argv[3]};
    struct tokens_tally tallies[BASE_COUNT(encodings)];
    find(&places, argv[1]);
    uint64_t seed = tokens_seed();
    for (size_t i = 0; i < BASE_COUNT(encodings); i++)
        tallies[i] = compare(&places, &encodings[i], seed);
    bool failed = false;
    printf("\n| encoding | texts | tokens | texts that differ |\n|---|---|---|---|\n");
    for (size_t i = 0; i < BASE_COUNT(encodings); i++) {
        const struct tokens_tally *t = &tallies[i];
        printf("| %s | %zu | %zu | %zu |\n", encodings[i].name, t->n_texts, t->n_tokens,
               t->n_different);
        failed |= t->n_different > 0;
    }
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
