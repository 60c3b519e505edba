#include "engine/text/merge_table.h"

#include "base/alloc.h"
#include "base/hash.h"

/* Merges are looked up a block at a time: where there are hundreds of thousands, the tables are
 * larger than the caches, and a block waits for memory three times instead of each merge. */
#define BLOCK 32
#define FIRST_TEXT 4096

struct merge {
    struct gguf_str spelt;  /* "left right" */
    char *text;             /* the two, decoded, one after the other */
    size_t n_left, n_right; /* bytes; 0 if it cannot be decoded */
    struct name_key left_key, right_key;
    int32_t left, right;
};

struct reader {
    struct merge_table *table;
    const struct vocab *v;
    const struct gguf_kv *kv;
    size_t cursor;
    uint32_t rank;  /* of the block's first */
    int32_t made;   /* by the merge before */
    bool malformed; /* the merge after the block */
    char *text;     /* of the block's merges; a key may read past it */
    size_t cap;
    int n;
    struct merge block[BLOCK];
};

static ingle_status grow_text(struct reader *r, size_t cap, ingle_error *err) {
    mem_free(r->text);
    r->text = mem_alloc(cap + VOCAB_DECODE_PADDING);
    r->cap = r->text ? cap : 0;
    return r->text ? INGLE_OK : status_no_memory(err, "the merges", cap);
}

/* Decodes a token's name and sends for its slot. */
static size_t decode_name(const struct reader *r, const char *spelt, size_t len, char *text,
                          struct name_key *key) {
    bool ok;
    const char *end = (const char *)r->kv->data + r->kv->size;
    size_t n = vocab_decode(r->v->spelling, spelt, len, end, text, &ok);
    *key = name_key_of_padded(&r->v->index, text, n);
    name_index_prefetch(&r->v->index, *key);
    return n;
}

/* Splits at the first space that has something before it. False if that leaves nothing. */
static bool decode(const struct reader *r, struct merge *m) {
    struct gguf_str spelt = m->spelt;
    size_t left_len = 1;
    while (left_len < spelt.len && spelt.data[left_len] != ' ') left_len++;
    if (left_len + 1 >= spelt.len) return false;
    const char *right = spelt.data + left_len + 1;
    size_t right_len = spelt.len - left_len - 1;
    m->n_left = decode_name(r, spelt.data, left_len, m->text, &m->left_key);
    m->n_right = decode_name(r, right, right_len, m->text + m->n_left, &m->right_key);
    return true;
}

/* The next merges, decoded, while the slots of their tokens are on their way. */
static ingle_status fill_block(struct reader *r, ingle_error *err) {
    size_t used = 0, cursor = r->cursor;
    struct gguf_str spelt;
    for (r->n = 0; r->n < BLOCK && gguf_next_str(r->kv, &cursor, &spelt); r->n++) {
        if (spelt.len > r->cap - used) {
            if (r->n > 0) break;
            INGLE_TRY(grow_text(r, spelt.len > FIRST_TEXT ? spelt.len : FIRST_TEXT, err));
        }
        struct merge *m = &r->block[r->n];
        m->spelt = spelt;
        m->text = r->text + used;
        if (!decode(r, m)) {
            r->malformed = true;
            break;
        }
        used += m->n_left + m->n_right;
        r->cursor = cursor;
    }
    return INGLE_OK;
}

/* Token ids of the two; an empty name is no token's. */
static ingle_status find_tokens(struct reader *r, ingle_error *err) {
    const struct name_index *index = &r->v->index;
    for (int i = 0; i < r->n; i++) {
        struct merge *m = &r->block[i];
        uint32_t left = name_index_find_key(index, m->left_key, m->text, m->n_left);
        uint32_t right = name_index_find_key(index, m->right_key, m->text + m->n_left, m->n_right);
        if (left == NAME_INDEX_NONE || right == NAME_INDEX_NONE) {
            return status_set(err, INGLE_INVALID, r->kv->where,
                              "Merge %u of tokenizer.ggml.merges, '%.*s', joins what is no token.",
                              r->rank + (uint32_t)i, (int)(m->spelt.len < 80 ? m->spelt.len : 80),
                              m->spelt.data);
        }
        m->left = (int32_t)left;
        m->right = (int32_t)right;
        BASE_PREFETCH(merge_table_start(r->table, merge_key(m->left, m->right)));
    }
    return INGLE_OK;
}

/* vocab_find_text() of what merge m makes. Merges mostly come in the order of the tokens that they
 * make, so the token is looked for where the last one was. Of those that are nothing but ordinary
 * no two have the same text, and the index has them all. */
static int32_t find_made(struct reader *r, const struct merge *m) {
    const struct vocab *v = r->v;
    size_t len = m->n_left + m->n_right;
    for (int32_t id = r->made; id < v->n && id < r->made + 2; id++) {
        if (v->text[id].len != len || !vocab_is_ordinary(v, id)) continue;
        if (memcmp(v->text[id].data, m->text, len) == 0) return r->made = id;
    }
    int32_t id = vocab_find_text(v, m->text, len);
    if (id != VOCAB_NONE) r->made = id;
    return id;
}

/* Merges of the tokens that bytes of a text become. */
static void add_bytes(struct reader *r, const struct merge *m, const struct merge_slot *slot) {
    uint8_t left = (uint8_t)m->text[0], right = (uint8_t)m->text[1];
    if (!r->table->bytes || m->n_left != 1 || m->n_right != 1) return;
    if (r->v->byte_id[left] != m->left || r->v->byte_id[right] != m->right) return;
    r->table->bytes[left << 8 | right] = (struct merge_of_bytes){slot->rank + 1, slot->id};
}

static void add_block(struct reader *r) {
    for (int i = 0; i < r->n; i++) {
        const struct merge *m = &r->block[i];
        struct merge_slot *slot = merge_table_find(r->table, m->left, m->right);
        joints_add(&r->table->joints, m->text + m->n_left, m->n_left, m->n_right);
        if (slot->key != 0) continue; /* the first one counts */
        int32_t rank = (int32_t)r->rank + i, id = find_made(r, m);
        if (id == VOCAB_NONE) id = r->v->n + rank;
        *slot = (struct merge_slot){merge_key(m->left, m->right), rank, id};
        add_bytes(r, m, slot);
    }
    r->rank += (uint32_t)r->n;
}

static ingle_status read_merges(struct reader *r, ingle_error *err) {
    do {
        INGLE_TRY(fill_block(r, err));
        INGLE_TRY(find_tokens(r, err));
        add_block(r);
    } while (r->n > 0 && !r->malformed);
    if (!r->malformed) return INGLE_OK;
    return status_set(err, INGLE_INVALID, r->kv->where,
                      "Merge %u of tokenizer.ggml.merges is not two strings and a space.", r->rank);
}

static bool make_tables(struct merge_table *t, const struct vocab *v, uint64_t n_merges) {
    size_t n_slots = 16;
    t->shift = 60;
    for (; n_slots * 3 < n_merges * 4; n_slots *= 2) t->shift--;
    t->mask = n_slots - 1;
    t->slots = mem_table(n_slots, sizeof *t->slots);
    if (!t->slots) return false;
    if (v->spelling == VOCAB_BYTES) {
        t->bytes = mem_calloc((size_t)1 << 16, sizeof *t->bytes);
        if (!t->bytes) return false;
    }
    uint64_t seed = hash_seed(t->slots);
    for (uint64_t i = 0; i < BASE_COUNT(t->secret); i++) t->secret[i] = hash_u64(seed, i) | 1;
    return true;
}

ingle_status merge_table_init(struct merge_table *t, const struct vocab *v, const struct gguf *g,
                              ingle_error *err) {
    const struct gguf_kv *merges = gguf_find(g, "tokenizer.ggml.merges");
    if (!merges || !merges->is_array || merges->type != GGUF_STRING ||
        merges->count > (uint64_t)(INT32_MAX - v->n)) {
        return status_set(err, INGLE_INVALID, merges ? merges->where : 0,
                          "The key tokenizer.ggml.merges must be an array of strings.");
    }
    if (!make_tables(t, v, merges->count)) {
        return status_no_memory(err, "the merges", merges->count * sizeof *t->slots);
    }
    struct reader r = {.table = t, .v = v, .kv = merges};
    ingle_status status = read_merges(&r, err);
    mem_free(r.text);
    return status;
}

void merge_table_clear(struct merge_table *t) {
    mem_free(t->slots);
    mem_free(t->bytes);
    *t = (struct merge_table){0};
}
