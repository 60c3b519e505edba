/* How good the built-in encoder and the extractive summaries are: eval_summaries DATA [INGLE
 * [PACK]] prints lines of four columns: what, asked, reached, and met, missed or nothing. To choose
 * weights: EVAL_EVEN asks the queries with an even number, EVAL_TUNE the texts that are not held
 * out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builtin/builtin.h"
#include "eval_extract.h"
#include "eval_search.h"

void eval_line(const char *what, const char *asked, const char *reached, const char *verdict) {
    printf("%s\t%s\t%s\t%s\n", what, asked, reached, verdict);
    fflush(stdout);
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
    ingle_pack_close(pack);
    return 0;
}
