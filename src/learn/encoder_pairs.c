#include "learn/encoder_pairs.h"

#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/json_tree.h"
#include "base/size.h"

#define MAX_ITEMS ((size_t)1 << 31)
#define MAX_LINE ((size_t)64 << 20)

/* Room for one more than n elements of a growing array. */
static ingle_status grow(void *array, size_t n, size_t *cap, size_t size, ingle_error *err) {
    void **at = array;
    if (n < *cap) return INGLE_OK;
    size_t more = *cap ? *cap * 2 : 1024, bytes;
    if (more > MAX_ITEMS || !mul_size(&bytes, more, size)) {
        return status_set(err, INGLE_LIMIT, 0, "The pairs have more words than can be learned.");
    }
    void *grown = mem_realloc(*at, bytes);
    if (!grown) return status_no_memory(err, "the pairs", bytes);
    *at = grown;
    *cap = more;
    return INGLE_OK;
}

/* Where the hash is, or would be. */
static uint32_t *find_slot(const struct encoder_pairs *p, uint32_t hash) {
    size_t i = hash & (p->n_slots - 1);
    while (p->slots[i] && p->vocab[p->slots[i] - 1].hash != hash) i = (i + 1) & (p->n_slots - 1);
    return &p->slots[i];
}

static ingle_status grow_slots(struct encoder_pairs *p, ingle_error *err) {
    if (p->n_vocab * 2 < p->n_slots) return INGLE_OK;
    size_t n = p->n_slots ? p->n_slots * 2 : 4096;
    uint32_t *slots = mem_calloc(n, sizeof *slots);
    if (!slots) return status_no_memory(err, "the words", n * sizeof *slots);
    mem_free(p->slots);
    p->slots = slots;
    p->n_slots = n;
    for (size_t i = 0; i < p->n_vocab; i++) *find_slot(p, p->vocab[i].hash) = (uint32_t)i + 1;
    return INGLE_OK;
}

static ingle_status add_to_vocab(struct encoder_pairs *p, const struct encoder_word *word,
                                 uint32_t hash, ingle_error *err) {
    uint32_t pieces[ENCODER_MAX_PIECES];
    struct pair_word w = {.hash = hash, .first_piece = (uint32_t)p->n_pieces};
    INGLE_TRY(grow(&p->vocab, p->n_vocab, &p->vocab_cap, sizeof *p->vocab, err));
    w.n_pieces = (uint32_t)encoder_pieces(word, pieces);
    for (size_t i = 0; i < w.n_pieces; i++) {
        INGLE_TRY(grow(&p->pieces, p->n_pieces, &p->pieces_cap, sizeof *p->pieces, err));
        p->pieces[p->n_pieces++] = pieces[i];
    }
    p->vocab[p->n_vocab++] = w;
    return INGLE_OK;
}

static ingle_status add_text(struct encoder_pairs *p, size_t text, const struct json_text *value,
                             ingle_error *err) {
    struct encoder_word word;
    uint64_t sum = 0;
    size_t n = 0;
    for (size_t at = 0; n < PAIR_MAX_WORDS; n++) {
        if (!encoder_next_word(value->data, value->len, &at, &word)) break;
        uint32_t hash = encoder_word_hash(&word);
        INGLE_TRY(grow_slots(p, err));
        uint32_t *slot = find_slot(p, hash);
        if (!*slot) {
            INGLE_TRY(add_to_vocab(p, &word, hash, err));
            *slot = (uint32_t)p->n_vocab;
        }
        p->vocab[*slot - 1].count++;
        INGLE_TRY(grow(&p->words, p->n_words, &p->words_cap, sizeof *p->words, err));
        p->words[p->n_words++] = *slot - 1;
        sum = hash_u64(sum, hash);
    }
    p->starts[text + 1] = (uint32_t)p->n_words;
    p->sums[text] = (uint32_t)(sum >> 32);
    return INGLE_OK;
}

static ingle_status grow_pairs(struct encoder_pairs *p, ingle_error *err) {
    if (p->n_pairs < p->pairs_cap) return INGLE_OK;
    /* Arrays that grow together; pairs_cap counts only when all of them have. */
    size_t want = p->pairs_cap ? p->pairs_cap * 2 : 1024;
    if (want > MAX_ITEMS / 4) {
        return status_set(err, INGLE_LIMIT, 0, "There are more pairs than can be learned.");
    }
    struct {
        uint32_t **array;
        size_t count;
    } arrays[] = {{&p->starts, 2 * want + 1}, {&p->sums, 2 * want}, {&p->topics, want}};
    for (size_t i = 0; i < BASE_COUNT(arrays); i++) {
        uint32_t *grown = mem_realloc(*arrays[i].array, arrays[i].count * sizeof *grown);
        if (!grown) return status_no_memory(err, "the pairs", arrays[i].count * sizeof *grown);
        *arrays[i].array = grown;
    }
    if (p->pairs_cap == 0) p->starts[0] = 0;
    p->pairs_cap = want;
    return INGLE_OK;
}

/* A member that must be a text with a word in it. */
static ingle_status add_member(struct encoder_pairs *p, size_t text, const struct json_value *line,
                               const char *member, ingle_error *err) {
    const struct json_value *value = json_member(line, member);
    if (!value || value->kind != JSON_STRING) {
        return status_set(err, INGLE_INVALID, 0, "\"%s\" must be a string", member);
    }
    INGLE_TRY(add_text(p, text, &value->text, err));
    if (p->starts[text + 1] > p->starts[text]) return INGLE_OK;
    return status_set(err, INGLE_INVALID, 0, "\"%s\" has no word", member);
}

static ingle_status add_line(struct encoder_pairs *p, const char *text, size_t len,
                             struct arena *arena, ingle_error *err) {
    const struct json_value *line;
    INGLE_TRY(json_tree_parse(&line, arena, text, len, "the line", err));
    if (line->kind != JSON_OBJECT) {
        return status_set(err, INGLE_INVALID, 0, "it must be an object");
    }
    for (size_t i = 0; i < line->n; i++) {
        const struct json_text *name = &line->members[i].name;
        if (json_text_is(name, "a") || json_text_is(name, "b") || json_text_is(name, "topic")) {
            continue;
        }
        return status_set(err, INGLE_INVALID, 0, "\"a\", \"b\" and \"topic\" are all it may have");
    }
    INGLE_TRY(grow_pairs(p, err));
    INGLE_TRY(add_member(p, 2 * p->n_pairs, line, "a", err));
    INGLE_TRY(add_member(p, 2 * p->n_pairs + 1, line, "b", err));
    const struct json_value *topic = json_member(line, "topic");
    if (topic && topic->kind != JSON_STRING) {
        return status_set(err, INGLE_INVALID, 0, "\"topic\" must be a string");
    }
    p->topics[p->n_pairs] =
        topic ? (uint32_t)hash_bytes(1, topic->text.data, topic->text.len) | 1 : 0;
    p->n_pairs++;
    return INGLE_OK;
}

ingle_status encoder_pairs_read(struct encoder_pairs *p, const char *jsonl, size_t len,
                                const char *name, ingle_error *err) {
    size_t n_lines = 0;
    for (size_t at = 0; at < len;) {
        const char *newline = memchr(jsonl + at, '\n', len - at);
        size_t end = newline ? (size_t)(newline - jsonl) : len, from = at;
        n_lines++;
        at = end + 1;
        while (from < end && json_is_space(jsonl[from])) from++;
        if (from == end) continue;
        struct arena arena;
        ingle_error why = {0};
        arena_init(&arena, MAX_LINE);
        ingle_status status = add_line(p, jsonl + from, end - from, &arena, &why);
        arena_clear(&arena);
        if (status == INGLE_OK) continue;
        if (status != INGLE_INVALID) return status_set(err, status, why.where, "%s", why.msg);
        size_t n = strlen(why.msg);
        return status_set(err, INGLE_INVALID, from + why.where, "Line %zu of '%s': %s%s", n_lines,
                          name, why.msg, n > 0 && why.msg[n - 1] == '.' ? "" : ".");
    }
    return INGLE_OK;
}

void encoder_pairs_clear(struct encoder_pairs *p) {
    mem_free(p->words);
    mem_free(p->starts);
    mem_free(p->sums);
    mem_free(p->topics);
    mem_free(p->vocab);
    mem_free(p->pieces);
    mem_free(p->slots);
    *p = (struct encoder_pairs){0};
}
