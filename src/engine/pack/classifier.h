/* The classifier of a pack: several small networks that see the same words and are averaged.
 *
 *     a word        sum of the rows of its grams / sqrt(how many)           [dim]
 *     a window      of 1, 2 or 3 words, times the filters of that width     [filters] each
 *     the text      the greatest value of every filter, + bias, at least 0  [3 * filters]
 *     the labels    times `out`, + bias, as logarithms of probabilities     [outputs]
 *
 *     the bag       all grams, and the pairs of neighbours, of the text: each times its weight,
 *                   words and pairs brought to length 1, parts of words too; the sum of their rows
 *                   times that, + bias, at least 0                          [bag]
 *     the labels    times `bag.out`, + bias, as logarithms                  [outputs]
 *
 * The mean of all these logarithms, divided by a temperature, gives the probabilities. A text is
 * out of scope if the likeliest label has less than the threshold. How often an answer with that
 * probability is right is a logistic function of it. docs/packs.md has the layout. */
#ifndef INGLE_ENGINE_PACK_CLASSIFIER_H
#define INGLE_ENGINE_PACK_CLASSIFIER_H

#include "engine/pack/pack.h"

#define CLASSIFIER_VERSION 1
#define CLASSIFIER_WIDTHS 3 /* of windows: 1, 2 and 3 words */
#define CLASSIFIER_MAX_DIM 1024
#define CLASSIFIER_MAX_FILTERS 4096
#define CLASSIFIER_MAX_MEMBERS 64

/* Metadata. */
#define CLASSIFIER_DIM "ingle.classifier.dim"         /* multiple of 32 */
#define CLASSIFIER_FILTERS "ingle.classifier.filters" /* of a width; multiple of 32 */
#define CLASSIFIER_BAG "ingle.classifier.bag"         /* values; multiple of 32 */
#define CLASSIFIER_MEMBERS "ingle.classifier.members"
#define CLASSIFIER_HAS_NONE "ingle.classifier.has_none" /* 1: an output more than labels */
#define CLASSIFIER_TEMPERATURE "ingle.classifier.temperature"
#define CLASSIFIER_THRESHOLD "ingle.classifier.threshold"
#define CLASSIFIER_SLOPE "ingle.classifier.confidence.slope" /* confidence = */
#define CLASSIFIER_SHIFT                                                                           \
    "ingle.classifier.confidence.shift" /* logistic(slope logit(p) + shift)                        \
                                         */
/* Tensors. */
#define CLASSIFIER_GRAMS "grams"              /* I32 [grams], rising as unsigned numbers */
#define CLASSIFIER_ROWS "rows"                /* Q4_0 [grams][members * dim] */
#define CLASSIFIER_FILTERS_OF "filters.%d"    /* Q8_0 [members * filters][width * dim] */
#define CLASSIFIER_FILTER_BIAS "filters.bias" /* F32 [members][3 * filters] */
#define CLASSIFIER_OUT "out"                  /* Q8_0 [members * outputs][3 * filters] */
#define CLASSIFIER_OUT_BIAS "out.bias"        /* F32 [members][outputs] */

#define CLASSIFIER_PAIRS "pairs"               /* I32 [pairs], rising */
#define CLASSIFIER_WEIGHTS "weights"           /* F32 [grams + pairs] */
#define CLASSIFIER_BAG_ROWS "bag.rows"         /* Q4_0 [grams + pairs][members * bag] */
#define CLASSIFIER_BAG_BIAS "bag.bias"         /* F32 [members][bag] */
#define CLASSIFIER_BAG_OUT "bag.out"           /* Q8_0 [members * outputs][bag] */
#define CLASSIFIER_BAG_OUT_BIAS "bag.out.bias" /* F32 [members][outputs] */

/* How an answer is made of what the members say; training decides by the same code. */
struct class_decision {
    float temperature, threshold, slope, shift;
};

/* The label that the mean of logarithms z[n_labels + has_none] makes likeliest; z becomes
 * probabilities and *confidence that label's, as it stands. */
size_t class_decide(float *z, size_t n_labels, size_t n_out, const struct class_decision *d,
                    float *probability);

/* The share of answers of this probability that are right. */
float class_confidence(const struct class_decision *d, float probability);

/* ingle_classify(), arguments checked. */
BASE_NODISCARD ingle_status classifier_run(const struct ingle_pack *p, const char *text, size_t len,
                                           ingle_class *top, size_t n_top,
                                           ingle_classification *out, ingle_error *err);

#endif
