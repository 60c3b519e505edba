/* A trained model end to end: the ids of a prompt, 200 greedily chosen tokens, their text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ingle/ingle.h"
#include "oracle/ask.h"

#define PROMPT "Once upon a time"
#define N_NEW 200
#define N_CTX 512
#define MAX_IDS 64

static int parse_ids(const char *text, int32_t *ids) {
    int n = 0;
    for (char *end; n < MAX_IDS; text = end, n++) {
        ids[n] = (int32_t)strtol(text, &end, 10);
        if (end == text) break;
    }
    return n;
}

static int oracle_prompt(const char *model, int32_t *ids) {
    char in[4 + sizeof PROMPT];
    uint32_t len = sizeof PROMPT - 1;
    memcpy(in, &len, 4);
    memcpy(in + 4, PROMPT, len);
    size_t size;
    char *out = ask_oracle((const char *const[4]){"tokens", model, "1", NULL}, in, 4 + len, &size);
    int n = parse_ids(out, ids);
    free(out);
    return n;
}

static void compare_prompt(const ingle_model *model, const int32_t *ids, int n) {
    int32_t ours[MAX_IDS];
    size_t n_ours;
    ingle_error err;
    if (ingle_tokenize(model, PROMPT, sizeof PROMPT - 1, INGLE_TOKENIZE_ADD_SPECIAL, ours, MAX_IDS,
                       &n_ours, &err) != INGLE_OK)
        ask_fail("ingle: %s", err.msg);
    if ((int)n_ours != n || memcmp(ours, ids, (size_t)n * sizeof *ids) != 0)
        ask_fail("The prompt has %zu tokens in ingle, %d other ones in llama.cpp.", n_ours, n);
}

static void print_text(const ingle_model *model, const int32_t *ids, int n) {
    char text[8192];
    size_t len;
    ingle_error err;
    if (ingle_detokenize(model, ids, (size_t)n, false, text, sizeof text, &len, &err) != INGLE_OK)
        ask_fail("ingle: %s", err.msg);
    printf("%s%s\n", PROMPT, text);
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: compare_story ORACLE_DIR MODEL\n");
        return 2;
    }
    ask_init(argv[1]);
    const char *path = argv[2], *tier;
    if (access(path, R_OK) != 0) {
        printf("skipped: %s is not here\n", path);
        return EXIT_SKIPPED;
    }
    ingle_model *model;
    ingle_error err;
    if (ingle_model_open(&model, path, NULL, &err) != INGLE_OK) ask_fail("ingle: %s", err.msg);
    int32_t ids[MAX_IDS];
    int n = oracle_prompt(path, ids), n_failed = 0;
    compare_prompt(model, ids, n);
    int32_t *theirs = ask_oracle_greedy(path, N_CTX, ids, n, N_NEW);
    print_text(model, theirs, N_NEW);
    for (size_t t = 0; (tier = ask_tier(t)); t++) {
        int32_t *ours = ask_ingle_greedy(path, tier, N_CTX, ids, n, N_NEW);
        int same = 0;
        while (same < N_NEW && ours[same] == theirs[same]) same++;
        printf("%s: %d of %d tokens alike\n", tier, same, N_NEW);
        n_failed += same < N_NEW;
        free(ours);
    }
    free(theirs);
    ingle_model_close(model);
    return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
