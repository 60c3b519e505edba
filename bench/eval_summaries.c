/* How good the built-in encoder and the extractive summaries are: eval_summaries DATA [INGLE
 * [PACK]] prints lines of four columns: what, asked, reached, and met, missed or nothing. To choose
 * weights: EVAL_EVEN asks the queries with an even number, EVAL_TUNE the texts that are not held
 * out. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "builtin/builtin.h"
#include "eval_extract.h"
#include "eval_search.h"
#include "eval_text.h"
#include "task/sentences.h"

void eval_line(const char *what, const char *asked, const char *reached, const char *verdict) {
    printf("%s\t%s\t%s\t%s\n", what, asked, reached, verdict);
    fflush(stdout);
}

/* Processor time for the sentences of a book. */
static void eval_speed(const char *data, const ingle_pack *pack) {
    size_t size, n = 0;
    char *text = eval_read(data, "text/rust_book.txt", &size), reached[40], what[80];
    float *vector = eval_alloc(ingle_pack_get_info(pack).n_dims, sizeof *vector);
    struct sentences walk;
    struct sentence one;
    clock_t start = clock();
    sentences_init(&walk, text, size);
    for (; sentences_next(&walk, &one); n++) {
        size_t len = one.range.to - one.range.from;
        if (ingle_encode(pack, text + one.range.from, len, vector, NULL) != INGLE_OK) exit(1);
    }
    double us = 1e6 * (double)(clock() - start) / CLOCKS_PER_SEC / (double)n;
    snprintf(what, sizeof what, "a sentence cut out and encoded (%.0f bytes)",
             (double)size / (double)n);
    snprintf(reached, sizeof reached, "%.1f us", us);
    eval_line(what, "", reached, "");
    free(vector);
    free(text);
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: eval_summaries DATA [INGLE [PACK]]\n");
        return 2;
    }
    ingle_pack *pack = NULL;
    ingle_error err = {0};
    struct builtin_bytes own = builtin_bytes(BUILTIN_ENCODER);
    ingle_status status = argc > 3
                              ? ingle_pack_open(&pack, argv[3], &err)
                              : ingle_pack_open_memory(&pack, own.data, own.size, own.name, &err);
    if (status != INGLE_OK) {
        fprintf(stderr, "eval_summaries: %s\n", err.msg);
        return 1;
    }
    if (!getenv("EVAL_TUNE")) eval_search(argv[1], pack);
    eval_extract(argv[1], pack);
    eval_speed(argv[1], pack);
    ingle_pack_close(pack);
    return 0;
}
