/* The tokenizer as a runner for bench/reach: every line "N_MB" on its input is answered with the
 * seconds that so many megabytes of TEXT, again and again, took to become ids, and their number.
 *
 *   runner_tokenizer VOCAB TEXT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ingle/ingle.h"

static void die(const char *what) {
    fprintf(stderr, "runner_tokenizer: %s\n", what);
    exit(1);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static char *read_text(const char *path, size_t *len) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) die("cannot read the text");
    *len = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(*len);
    if (*len == 0 || !text || fread(text, 1, *len, file) != *len) die("cannot read the text");
    fclose(file);
    return text;
}

#define SPARE 64 /* ids for a character that the last copy of the text cuts off */

/* Touched before the clock runs: the pages of the answer are not the tokenizer's work. */
static void sample(const ingle_model *model, const char *text, size_t len, size_t size) {
    ingle_error err;
    size_t n_tokens;
    char *all = malloc(size);
    ingle_token *ids = malloc((size + SPARE) * sizeof *ids);
    if (!all || !ids) die("memory is short");
    memset(ids, 0xff, (size + SPARE) * sizeof *ids);
    for (size_t at = 0; at < size; at += len)
        memcpy(all + at, text, size - at < len ? size - at : len);
    double start = now();
    if (ingle_tokenize(model, all, size, 0, ids, size + SPARE, &n_tokens, &err) != INGLE_OK)
        die(err.msg);
    printf("%.6f %zu\n", now() - start, n_tokens);
    fflush(stdout);
    free(ids);
    free(all);
}

int main(int argc, char **argv) {
    if (argc != 3) die("usage: runner_tokenizer VOCAB TEXT");
    ingle_error err;
    ingle_model *model;
    ingle_model_options mo = ingle_model_options_default();
    mo.vocab_only = true;
    if (ingle_model_open(&model, argv[1], &mo, &err) != INGLE_OK) die(err.msg);
    size_t len;
    char *text = read_text(argv[2], &len), line[64];
    puts("ready 0");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin))
        sample(model, text, len, (size_t)strtoul(line, NULL, 10) * 1000000);
    free(text);
    ingle_model_close(model);
    return 0;
}
