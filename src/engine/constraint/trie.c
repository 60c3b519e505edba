#include "engine/constraint/trie.h"

#include <string.h>

#include "base/alloc.h"
#include "engine/constraint/machine.h"
#include "engine/text/unicode.h"

/* A token on its way into the tree. */
struct path {
    uint64_t head; /* the first 8 bytes as a number that orders as they do */
    const uint8_t *bytes;
    uint32_t len;
    int32_t id;
};

struct builder {
    const struct tokenizer *t;
    struct trie *trie;
    struct path *paths; /* [n]: plain ones from the front, the others from the back */
    struct path *spare; /* [n] for sorting */
    size_t n_plain, n_rest;
    uint8_t *controls; /* bytes of the control tokens' paths */
    size_t controls_used;
};

static bool is_utf8_bytes(struct gguf_str text) {
    for (size_t i = 0; i < text.len; i++) {
        if ((uint8_t)text.data[i] >= MACHINE_CONTROL_END) return false;
    }
    return true;
}

static bool is_plain(struct gguf_str text) {
    const uint8_t *bytes = (const uint8_t *)text.data;
    if (text.len > LEXER_FAR) return false;
    for (size_t i = 0, n; i < text.len; i += n) {
        uint32_t cp;
        n = unicode_decode(bytes + i, text.len - i, &cp);
        if (n == 0 || n != unicode_encoded_len(cp) || (cp >= 0xd800 && cp < 0xe000)) return false;
        if (n == 1 && !trie_is_plain(bytes[i])) return false;
    }
    return true;
}

static uint64_t head_of(const uint8_t *bytes, size_t len) {
    uint64_t head = 0;
    for (size_t i = 0; i < 8; i++) head = head << 8 | (i < len ? bytes[i] : 0);
    return head;
}

static void add_path(struct builder *b, int32_t id, const uint8_t *bytes, size_t len, bool plain) {
    size_t at = plain ? b->n_plain++ : (size_t)b->trie->n_vocab - ++b->n_rest;
    b->paths[at] = (struct path){head_of(bytes, len), bytes, (uint32_t)len, id};
}

static void add_control(struct builder *b, int32_t id, struct gguf_str text) {
    if (text.len + 2 > TRIE_MAX_LEN) return;
    uint8_t *bytes = b->controls + b->controls_used;
    bytes[0] = MACHINE_CONTROL;
    memcpy(bytes + 1, text.data, text.len);
    bytes[text.len + 1] = MACHINE_CONTROL_END;
    b->controls_used += text.len + 2;
    add_path(b, id, bytes, text.len + 2, false);
}

static void collect(struct builder *b) {
    for (int32_t id = 0; id < b->trie->n_vocab; id++) {
        struct gguf_str text = tokenizer_piece(b->t, id, true);
        if (tokenizer_is_end(b->t, id)) {
            b->trie->ends[b->trie->n_ends++] = id;
            continue;
        }
        if (text.len == 0 || tokenizer_is_unused(b->t, id) || !is_utf8_bytes(text)) continue;
        if (tokenizer_is_control(b->t, id)) {
            add_control(b, id, text);
        } else if (text.len <= TRIE_MAX_LEN) {
            add_path(b, id, (const uint8_t *)text.data, text.len, is_plain(text));
        }
    }
}

/* Room for the ends and the control tokens' paths. */
static ingle_status take_room(struct builder *b, ingle_error *err) {
    size_t n = (size_t)b->trie->n_vocab, n_ends = 0, size = 0;
    for (int32_t id = 0; id < b->trie->n_vocab; id++) {
        n_ends += tokenizer_is_end(b->t, id);
        struct gguf_str text = tokenizer_piece(b->t, id, true);
        if (tokenizer_is_control(b->t, id) && text.len <= TRIE_MAX_LEN) size += text.len + 2;
    }
    b->paths = mem_calloc(n, sizeof *b->paths);
    b->spare = mem_calloc(n, sizeof *b->spare);
    b->controls = mem_alloc(size + 1);
    b->trie->ends = mem_calloc(n_ends + 1, sizeof *b->trie->ends);
    b->trie->plain_bits =
        mem_calloc((LEXER_FAR + 1) * b->trie->n_words, sizeof *b->trie->plain_bits);
    if (b->paths && b->spare && b->controls && b->trie->ends && b->trie->plain_bits) {
        return INGLE_OK;
    }
    return status_no_memory(err, "the tree of tokens", n * sizeof *b->paths);
}

static bool comes_before(const struct path *a, const struct path *b) {
    if (a->head != b->head) return a->head < b->head;
    uint32_t len = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->bytes, b->bytes, len);
    if (order != 0) return order < 0;
    return a->len != b->len ? a->len < b->len : a->id < b->id;
}

/* Merges from the bottom up: n log n whatever the file holds, and the stack is constant. */
static void sort(struct path *paths, struct path *spare, size_t n) {
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t start = 0; start < n; start += 2 * width) {
            size_t middle = start + width < n ? start + width : n;
            size_t end = middle + width < n ? middle + width : n, i = start, k = middle;
            for (size_t at = start; at < end; at++) {
                bool left = i < middle && (k == end || !comes_before(&paths[k], &paths[i]));
                spare[at] = left ? paths[i++] : paths[k++];
            }
        }
        memcpy(paths, spare, n * sizeof *paths);
    }
}

static uint32_t common_len(const struct path *a, const struct path *b) {
    uint32_t len = a->len < b->len ? a->len : b->len, i = 0;
    while (i < len && a->bytes[i] == b->bytes[i]) i++;
    return i;
}

/* How much of path i is in the tree by the one before it. Of equal paths each has a node of its
 * own; the last one's has the children. */
static uint32_t shared_len(const struct path *paths, size_t i) {
    if (i == 0) return 0;
    uint32_t shared = common_len(&paths[i - 1], &paths[i]);
    return shared < paths[i].len ? shared : shared - 1;
}

static size_t count_nodes(const struct path *paths, size_t n) {
    size_t n_nodes = 0;
    for (size_t i = 0; i < n; i++) n_nodes += paths[i].len - shared_len(paths, i);
    return n_nodes;
}

/* Appends the tree of sorted paths. */
static void put_tree(struct trie *trie, const struct path *paths, size_t n) {
    uint32_t open[TRIE_MAX_LEN + 1] = {0}; /* by depth: nodes whose subtree goes on */
    uint32_t depth = 0;
    for (size_t i = 0; i <= n; i++) {
        uint32_t shared = i < n ? shared_len(paths, i) : 0;
        for (; depth > shared; depth--) {
            trie->nodes[open[depth]].size = (trie->n_nodes - open[depth]) & 0xffffff;
        }
        if (i == n) return;
        while (depth < paths[i].len) {
            uint8_t byte = paths[i].bytes[depth++];
            open[depth] = trie->n_nodes;
            trie->nodes[trie->n_nodes++] =
                (struct trie_node){.byte = byte, .token = TRIE_NO_TOKEN, .depth = (uint8_t)depth};
        }
        trie->nodes[trie->n_nodes - 1].token = (uint32_t)paths[i].id & 0xffffff;
    }
}

/* From the end, so that what lies below a node is known. */
static void note_below(struct trie *trie) {
    for (uint32_t i = trie->n_plain; i-- > 0;) {
        uint32_t end = i + trie->nodes[i].size;
        for (uint32_t k = i + 1; k < end; k += trie->nodes[k].size) {
            uint8_t byte = (uint8_t)trie->nodes[k].byte;
            trie->below[i] |= trie->below[k] | (byte < 0x80 ? trie_ascii_bit(byte) : 0);
        }
    }
}

static void note_plain(struct trie *trie, const struct path *paths, size_t n) {
    for (size_t i = 0; i < n; i++) {
        size_t n_characters = 0;
        for (uint32_t k = 0; k < paths[i].len; k++) {
            n_characters += (paths[i].bytes[k] & 0xc0) != 0x80;
        }
        trie->plain_bits[n_characters * trie->n_words + (size_t)paths[i].id / 64] |=
            UINT64_C(1) << paths[i].id % 64;
    }
    for (size_t i = trie->n_words; i < (LEXER_FAR + 1) * trie->n_words; i++) {
        trie->plain_bits[i] |= trie->plain_bits[i - trie->n_words];
    }
}

static ingle_status build(struct builder *b, ingle_error *err) {
    struct trie *trie = b->trie;
    INGLE_TRY(take_room(b, err));
    collect(b);
    struct path *rest = b->paths + ((size_t)trie->n_vocab - b->n_rest);
    sort(b->paths, b->spare, b->n_plain);
    sort(rest, b->spare, b->n_rest);
    size_t n_nodes = count_nodes(b->paths, b->n_plain) + count_nodes(rest, b->n_rest);
    if (n_nodes >= TRIE_NO_TOKEN) {
        return status_set(err, INGLE_LIMIT, 0,
                          "The vocabulary's tokens have too many bytes (%zu) for a constraint.",
                          n_nodes);
    }
    trie->nodes = mem_calloc(n_nodes + 1, sizeof *trie->nodes);
    trie->below = mem_calloc(count_nodes(b->paths, b->n_plain) + 1, sizeof *trie->below);
    if (!trie->nodes || !trie->below) {
        return status_no_memory(err, "the tree of tokens", n_nodes * sizeof *trie->nodes);
    }
    put_tree(trie, b->paths, b->n_plain);
    trie->n_plain = trie->n_nodes;
    put_tree(trie, rest, b->n_rest);
    note_below(trie);
    note_plain(trie, b->paths, b->n_plain);
    return INGLE_OK;
}

ingle_status trie_new(struct trie **out, const struct tokenizer *t, ingle_error *err) {
    *out = NULL;
    int n_vocab = tokenizer_n_vocab(t);
    if (n_vocab >= (int)TRIE_NO_TOKEN) {
        return status_set(err, INGLE_LIMIT, 0, "%d tokens are too many for a constraint.", n_vocab);
    }
    struct trie *trie = mem_calloc(1, sizeof *trie);
    if (!trie) return status_no_memory(err, "the tree of tokens", sizeof *trie);
    trie->tokenizer = t;
    trie->n_vocab = n_vocab;
    trie->n_words = (size_t)n_vocab / 64 + 1;
    struct builder b = {.t = t, .trie = trie};
    ingle_status status = build(&b, err);
    mem_free(b.paths);
    mem_free(b.spare);
    mem_free(b.controls);
    if (status != INGLE_OK) {
        trie_free(trie);
        return status;
    }
    *out = trie;
    return INGLE_OK;
}

void trie_free(struct trie *trie) {
    if (!trie) return;
    mem_free(trie->nodes);
    mem_free(trie->below);
    mem_free(trie->plain_bits);
    mem_free(trie->ends);
    mem_free(trie);
}

/* The longest in nodes[i..end). */
static int32_t longest_in(const struct trie *trie, uint32_t i, uint32_t end, const uint8_t *bytes,
                          size_t len, size_t *used) {
    int32_t found = TOKENIZER_NONE;
    size_t depth = 0;
    *used = 0;
    while (i < end && depth < len) {
        const struct trie_node *node = &trie->nodes[i];
        if (node->byte != bytes[depth]) {
            i += node->size;
            continue;
        }
        if (node->token != TRIE_NO_TOKEN) {
            found = (int32_t)node->token;
            *used = node->depth;
        }
        /* The next of equal ones has the children. */
        if (node->size == 1 && i + 1 < end && trie->nodes[i + 1].depth == node->depth &&
            trie->nodes[i + 1].byte == node->byte) {
            i++;
            continue;
        }
        end = i + node->size;
        i++;
        depth++;
    }
    return found;
}

int32_t trie_longest(const struct trie *trie, const uint8_t *bytes, size_t len, size_t *used) {
    size_t plain_len, rest_len;
    int32_t plain = longest_in(trie, 0, trie->n_plain, bytes, len, &plain_len);
    int32_t rest = longest_in(trie, trie->n_plain, trie->n_nodes, bytes, len, &rest_len);
    *used = plain_len > rest_len ? plain_len : rest_len;
    return plain_len > rest_len ? plain : rest;
}

/* Marks where tokens that begin at text[at] end. */
static void mark_ends(const struct trie *trie, uint32_t i, uint32_t end, const char *text,
                      size_t len, uint8_t *reached) {
    for (size_t depth = 0; i < end && depth < len;) {
        const struct trie_node *node = &trie->nodes[i];
        if (node->byte != (uint8_t)text[depth]) {
            i += node->size;
            continue;
        }
        if (node->token != TRIE_NO_TOKEN) reached[node->depth] = 1;
        bool again = node->size == 1 && i + 1 < end && trie->nodes[i + 1].depth == node->depth;
        if (!again) { /* else perhaps an equal token, which has the children */
            end = i + node->size;
            depth++;
        }
        i++;
    }
}

/* Has every byte of the text a token of its own, as mostly? */
static bool has_bytes(const struct trie *trie, const char *text, size_t len) {
    bool has[256] = {false};
    for (uint32_t i = 0; i < trie->n_nodes; i += trie->nodes[i].size) {
        if (trie->nodes[i].token != TRIE_NO_TOKEN) has[trie->nodes[i].byte] = true;
    }
    for (size_t i = 0; i < len; i++) {
        if (!has[(uint8_t)text[i]]) return false;
    }
    return true;
}

ingle_status trie_spells(const struct trie *trie, const char *text, size_t len, bool *spelt,
                         ingle_error *err) {
    *spelt = has_bytes(trie, text, len);
    if (*spelt) return INGLE_OK;
    uint8_t *reached = mem_calloc(len + 1, 1);
    if (!reached) return status_no_memory(err, "a text to be judged", len);
    reached[0] = 1;
    for (size_t at = 0; at < len; at++) {
        if (!reached[at]) continue;
        mark_ends(trie, 0, trie->n_plain, text + at, len - at, reached + at);
        mark_ends(trie, trie->n_plain, trie->n_nodes, text + at, len - at, reached + at);
    }
    *spelt = reached[len];
    mem_free(reached);
    return INGLE_OK;
}
