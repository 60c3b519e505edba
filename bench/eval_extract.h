/* Extractive summaries beside lead-k, random choice, tf-idf centroids and LexRank. */
#ifndef INGLE_BENCH_EVAL_EXTRACT_H
#define INGLE_BENCH_EVAL_EXTRACT_H

#include "ingle/pack.h"

void eval_extract(const char *data, const ingle_pack *encoder);

#endif
