/* The encoder: a table of vectors of words, and one of pieces of words for those that are not in
 * it. The vector of a text is the sum of its words', brought to length 1: what a word means and how
 * much it counts are one row, learned together (learn/encoder.h). Layout, version 1, n_dims from
 * the tensors:
 *
 *   encoder.word_hash    I32 [n_words]           hashes of the words, ascending as unsigned numbers
 *   encoder.word         I8  [n_words][n_dims]   row of a word
 *   encoder.word_scale   F32 [n_words]           what its row is multiplied by
 *   encoder.piece        I8  [n_pieces][n_dims]  row of a piece's hash modulo n_pieces
 *   encoder.piece_scale  F32 [n_pieces]          a word's vector is the mean of its pieces */
#include "engine/pack/encoder.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/size.h"
#include "engine/pack/encoder_text.h"

#define MIN_DIMS 8
#define DIMS_STEP 8
#define MAX_DIMS 1024
#define MAX_ROWS (1 << 24)
#define MAX_SCALE 1e6f /* sums of rows stay far from infinity */

/* Words are found by the high bits of their hash first. */
#define N_SHELVES 4096
#define SHELF_BITS 12

struct entry {
    uint32_t hash;
    float scale;
};

struct encoder {
    const int8_t *words, *pieces; /* [n][n_dims], borrowed from the file */
    struct entry *entries;        /* [n_words] owned */
    float *piece_scales;          /* [n_pieces] owned */
    size_t n_words, n_pieces;
    uint32_t shelves[N_SHELVES + 1]; /* the first entry whose hash has these high bits */
};

/* Rows and columns of a table of bytes. */
static ingle_status find_table(const struct ingle_pack *p, const char *name, size_t *n_cols,
                               size_t *n_rows, const int8_t **data, ingle_error *err) {
    const struct gguf_tensor *t = gguf_find_tensor(p->file, name);
    if (!t || t->type != ENCODER_TYPE_I8 || t->dims[0] < MIN_DIMS || t->dims[0] > MAX_DIMS ||
        t->dims[0] % DIMS_STEP != 0 || t->dims[1] > MAX_ROWS || t->dims[2] != 1 ||
        t->dims[3] != 1) {
        return status_set(
            err, INGLE_INVALID, t ? t->where : 0,
            "The tensor %s of the pack '%s' must be I8 of %d to %d, a multiple of %d, "
            "x 1 to %d.",
            name, gguf_path(p->file), MIN_DIMS, MAX_DIMS, DIMS_STEP, MAX_ROWS);
    }
    *n_cols = (size_t)t->dims[0];
    *n_rows = (size_t)t->dims[1];
    *data = (const int8_t *)t->data;
    return INGLE_OK;
}

static bool is_scale(float x) {
    return x >= 0.0f && x <= MAX_SCALE;
}

static ingle_status refuse(const struct ingle_pack *p, const char *name, const char *rule,
                           ingle_error *err) {
    return status_set(err, INGLE_INVALID, 0, "The tensor %s of the pack '%s' %s.", name,
                      gguf_path(p->file), rule);
}

static ingle_status read_words(const struct ingle_pack *p, struct encoder *e, ingle_error *err) {
    const void *hashes, *scales;
    INGLE_TRY(pack_tensor(p, ENCODER_WORD_HASH, ENCODER_TYPE_I32, e->n_words, 1, &hashes, err));
    INGLE_TRY(pack_tensor(p, ENCODER_WORD_SCALE, ENCODER_TYPE_F32, e->n_words, 1, &scales, err));
    e->entries = mem_calloc(e->n_words, sizeof *e->entries);
    if (!e->entries) return status_no_memory(err, "the words", e->n_words * sizeof *e->entries);
    for (size_t i = 0; i < e->n_words; i++) {
        struct entry *entry = &e->entries[i];
        memcpy(&entry->hash, (const char *)hashes + i * sizeof entry->hash, sizeof entry->hash);
        memcpy(&entry->scale, (const char *)scales + i * sizeof entry->scale, sizeof entry->scale);
        if (!is_scale(entry->scale)) {
            return refuse(p, ENCODER_WORD_SCALE, "must hold numbers from 0 to 1e6", err);
        }
        if (i > 0 && entry->hash <= entry[-1].hash) {
            return refuse(p, ENCODER_WORD_HASH, "must ascend", err);
        }
    }
    size_t i = 0;
    for (uint32_t shelf = 0; shelf < N_SHELVES; shelf++) {
        while (i < e->n_words && e->entries[i].hash >> (32 - SHELF_BITS) < shelf) i++;
        e->shelves[shelf] = (uint32_t)i;
    }
    e->shelves[N_SHELVES] = (uint32_t)e->n_words;
    return INGLE_OK;
}

static ingle_status read_pieces(const struct ingle_pack *p, struct encoder *e, ingle_error *err) {
    const void *scales;
    INGLE_TRY(pack_tensor(p, ENCODER_PIECE_SCALE, ENCODER_TYPE_F32, e->n_pieces, 1, &scales, err));
    e->piece_scales = mem_calloc(e->n_pieces, sizeof *e->piece_scales);
    if (!e->piece_scales) {
        return status_no_memory(err, "the pieces", e->n_pieces * sizeof *e->piece_scales);
    }
    memcpy(e->piece_scales, scales, e->n_pieces * sizeof *e->piece_scales);
    for (size_t i = 0; i < e->n_pieces; i++) {
        if (!is_scale(e->piece_scales[i])) {
            return refuse(p, ENCODER_PIECE_SCALE, "must hold numbers from 0 to 1e6", err);
        }
    }
    return INGLE_OK;
}

static ingle_status open_encoder(struct ingle_pack *p, ingle_error *err) {
    struct encoder *e = p->model = mem_calloc(1, sizeof *e);
    if (!e) return status_no_memory(err, "an encoder", sizeof *e);
    size_t n_dims = 0;
    INGLE_TRY(find_table(p, ENCODER_WORD, &p->n_dims, &e->n_words, &e->words, err));
    INGLE_TRY(find_table(p, ENCODER_PIECE, &n_dims, &e->n_pieces, &e->pieces, err));
    if (n_dims != p->n_dims) {
        return refuse(p, ENCODER_PIECE, "must have rows as long as those of encoder.word", err);
    }
    INGLE_TRY(read_words(p, e, err));
    return read_pieces(p, e, err);
}

static void close_encoder(struct ingle_pack *p) {
    struct encoder *e = p->model;
    if (!e) return;
    mem_free(e->entries);
    mem_free(e->piece_scales);
    mem_free(e);
}

const struct pack_kind pack_encoder = {
    .id = INGLE_PACK_ENCODER,
    .name = "encoder",
    .version = 1,
    .has_labels = false,
    .open = open_encoder,
    .close = close_encoder,
};

/* In steps of a known size, which a compiler turns into vectors. */
static void add_row(float *sum, const int8_t *row, float scale, size_t n_dims) {
    for (size_t d = 0; d < n_dims; d += DIMS_STEP) {
        for (size_t k = 0; k < DIMS_STEP; k++) sum[d + k] += scale * (float)row[d + k];
    }
}

static void add_word(const struct encoder *e, const struct encoder_word *word, float *sum,
                     size_t n_dims) {
    uint32_t hash = encoder_word_hash(word), pieces[ENCODER_MAX_PIECES];
    uint32_t shelf = hash >> (32 - SHELF_BITS);
    size_t low = e->shelves[shelf], high = e->shelves[shelf + 1];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (e->entries[middle].hash < hash) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < e->n_words && e->entries[low].hash == hash) {
        add_row(sum, e->words + low * n_dims, e->entries[low].scale, n_dims);
        return;
    }
    size_t n = encoder_pieces(word, pieces);
    for (size_t i = 0; i < n; i++) {
        size_t row = pieces[i] % e->n_pieces;
        add_row(sum, e->pieces + row * n_dims, e->piece_scales[row] / (float)n, n_dims);
    }
}

ingle_status encoder_run(const struct ingle_pack *p, const char *text, size_t len, float *vector,
                         ingle_error *err) {
    (void)err;
    struct encoder_word word;
    memset(vector, 0, p->n_dims * sizeof *vector);
    for (size_t at = 0; encoder_next_word(text, len, &at, &word);) {
        add_word(p->model, &word, vector, p->n_dims);
    }
    double square = 0;
    for (size_t d = 0; d < p->n_dims; d++) square += (double)vector[d] * (double)vector[d];
    float scale = square > 1e-20 ? (float)(1.0 / sqrt(square)) : 0.0f;
    for (size_t d = 0; d < p->n_dims; d++) vector[d] *= scale;
    return INGLE_OK;
}
