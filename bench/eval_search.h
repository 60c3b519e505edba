/* Search by an encoder beside BM25 and tf-idf. */
#ifndef INGLE_BENCH_EVAL_SEARCH_H
#define INGLE_BENCH_EVAL_SEARCH_H

#include "ingle/pack.h"

void eval_search(const char *data, const ingle_pack *encoder);

/* A line of `make eval`; asked and reached may be "". */
void eval_line(const char *what, const char *asked, const char *reached, const char *verdict);

#endif
