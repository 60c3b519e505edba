#include "oracle/tokens_texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/rng.h"
#include "engine/text/unicode.h"
#include "oracle/ask.h"
#include "oracle/tokens_samples.h"

#define MAX_BYTES ((size_t)64 << 20)
#define MAX_TEXTS 20000

/* The text under construction, and what it is made from. */
struct maker {
    struct rng rng;
    struct buf text;
    const struct text_sources *from;
    ingle_bytes real[8]; /* whole files, owned */
    size_t n_real;
    uint32_t column; /* the next of blocks() */
};

static uint32_t below(struct maker *m, uint32_t n) {
    return rng_below(&m->rng, n);
}

static void put(struct maker *m, const char *text) {
    buf_add_str(&m->text, text);
}

static void put_cp(struct maker *m, uint32_t cp) {
    uint8_t utf8[4];
    if (cp >= 0xd800 && cp <= 0xdfff) cp = 'x';
    buf_add(&m->text, utf8, unicode_encode(cp, utf8));
}

static void put_byte(struct maker *m, uint32_t byte) {
    uint8_t b = (uint8_t)byte;
    buf_add(&m->text, &b, 1);
}

static void put_sample(struct maker *m, const struct samples *s) {
    put(m, s->at[below(m, (uint32_t)s->n)]);
}

static void put_bytes(struct maker *m, ingle_bytes bytes) {
    buf_add(&m->text, bytes.data, bytes.len);
}

/* Lengths: mostly short, now and then around a power of two. */
static uint32_t run_len(struct maker *m) {
    if (below(m, 4)) return 1 + below(m, 12);
    return (8u << below(m, 6)) + below(m, 3) - 1;
}

/* ---- kinds ---- */

static void code(struct maker *m) {
    for (uint32_t n = 1 + below(m, 8); n > 0; n--) {
        for (uint32_t tabs = below(m, 5); tabs > 0; tabs--) put(m, below(m, 3) ? "    " : "\t");
        put_sample(m, &samples_code);
        put(m, below(m, 6) ? "\n" : below(m, 2) ? "\r\n" : "\n\n");
    }
}

static void prose(struct maker *m) {
    for (uint32_t n = 1 + below(m, 6); n > 0; n--) {
        put_sample(m, &samples_prose);
        put(m, below(m, 2) ? " " : below(m, 2) ? "\n" : "  ");
    }
}

/* Some of every sixteen characters, in order, until there are none left; then from anywhere. Every
 * block begins at a multiple of sixteen, and the planes between U+34000 and U+E0000 are empty. */
static void blocks(struct maker *m) {
    for (uint32_t n = 16; n > 0; n--) {
        if (m->column == 0x34000) m->column = 0xe0000;
        uint32_t column = m->column < 0xe0200 ? m->column : below(m, 0x11000) * 16;
        for (uint32_t k = 1 + below(m, 4); k > 0; k--) put_cp(m, column + below(m, 16));
        if (below(m, 3) == 0) put(m, " ");
        m->column += 16;
    }
}

/* One character of each kind that a pattern tells apart, in every order. */
static void classes(struct maker *m) {
    for (uint32_t n = 1 + below(m, 24); n > 0; n--) put_sample(m, &samples_class);
}

static void emoji(struct maker *m) {
    for (uint32_t n = 1 + below(m, 8); n > 0; n--) {
        put_sample(m, &samples_emoji);
        if (below(m, 2) == 0) put_sample(m, &samples_joiner);
    }
}

static void marks(struct maker *m) {
    for (uint32_t n = 1 + below(m, 10); n > 0; n--) {
        put_sample(m, &samples_class);
        for (uint32_t k = below(m, 4); k > 0; k--) put_cp(m, 0x300 + below(m, 0x70));
        if (below(m, 3) == 0) put_cp(m, 0x900 + below(m, 0x80)); /* spacing marks too */
    }
}

static void spaces(struct maker *m) {
    for (uint32_t n = 1 + below(m, 6); n > 0; n--) {
        const char *one = samples_space.at[below(m, (uint32_t)samples_space.n)];
        for (uint32_t k = run_len(m); k > 0; k--) {
            if (below(m, 20) == 0) one = samples_space.at[below(m, 6)];
            put(m, one);
        }
        if (below(m, 3)) put_sample(m, &samples_class);
    }
}

static void numbers(struct maker *m) {
    for (uint32_t n = 1 + below(m, 8); n > 0; n--) {
        uint32_t zero = below(m, 2) ? '0' : samples_zero[below(m, (uint32_t)samples_n_zero)];
        for (uint32_t k = run_len(m); k > 0; k--) put_cp(m, zero + below(m, 10));
        put_sample(m, &samples_number);
    }
}

static void contractions(struct maker *m) {
    for (uint32_t n = 1 + below(m, 6); n > 0; n--) {
        put_sample(m, &samples_class);
        if (below(m, 3) == 0) put(m, below(m, 2) ? " " : "don");
        put(m, below(m, 5) ? "'" : "\xe2\x80\x99");
        put_sample(m, &samples_contraction);
        if (below(m, 2)) put_sample(m, &samples_class);
    }
}

static void long_words(struct maker *m) {
    uint32_t which = below(m, 6), n = 1000 + below(m, 6000);
    for (uint32_t i = 0; i < n; i++) {
        if (which == 0) put(m, "a");
        if (which == 1) put(m, i % 2 ? "a" : "A");
        if (which == 2) put_byte(m, 'a' + below(m, 26));
        if (which == 3) put_cp(m, 0x4e00 + below(m, 0x5000));
        if (which == 4) put(m, "\xc3\xa9");
        if (which == 5) put_byte(m, '!' + below(m, 15));
    }
}

static void control_tokens(struct maker *m) {
    const struct text_sources *from = m->from;
    for (uint32_t n = 1 + below(m, 5); n > 0; n--) {
        if (below(m, 2)) put_sample(m, &samples_class);
        if (below(m, 4) == 0) put_sample(m, &samples_space);
        if (from->n_controls == 0 || below(m, 6) == 0) {
            put_sample(m, &samples_control);
        } else {
            ingle_bytes c = from->controls[below(m, (uint32_t)from->n_controls)];
            if (below(m, 8) == 0) c.len = below(m, (uint32_t)c.len + 1);
            put_bytes(m, c);
        }
        if (below(m, 4) == 0) put_sample(m, &samples_space);
        if (below(m, 4) == 0) put_sample(m, &samples_prose);
    }
}

static void pieces(struct maker *m) {
    if (m->from->n_pieces == 0) return;
    for (uint32_t n = 1 + below(m, 30); n > 0; n--) {
        put_bytes(m, m->from->pieces[below(m, (uint32_t)m->from->n_pieces)]);
    }
}

static void ill_formed(struct maker *m) {
    for (uint32_t n = 1 + below(m, 6); n > 0; n--) {
        struct sample_bytes bad = samples_ill_formed[below(m, (uint32_t)samples_n_ill_formed)];
        if (below(m, 2)) put_sample(m, &samples_class);
        buf_add(&m->text, bad.data, bad.len);
        if (below(m, 2)) put_sample(m, &samples_class);
    }
}

static void random_bytes(struct maker *m) {
    uint32_t least = below(m, 3) ? 0 : 0x80;
    for (uint32_t n = 1 + below(m, 80); n > 0; n--) put_byte(m, least + below(m, 256 - least));
}

/* A slice of a real text, of whole characters. */
static void real_text(struct maker *m) {
    if (m->n_real == 0) return;
    ingle_bytes all = m->real[below(m, (uint32_t)m->n_real)];
    size_t start = below(m, (uint32_t)all.len), len = 1 + below(m, below(m, 8) ? 300 : 20000);
    while (start > 0 && (all.data[start] & 0xc0) == 0x80) start--;
    if (len > all.len - start) len = all.len - start;
    while (start + len < all.len && (all.data[start + len] & 0xc0) == 0x80) len++;
    buf_add(&m->text, all.data + start, len);
}

static const struct kind {
    const char *name;
    void (*make)(struct maker *m);
    int n;
    bool ill_formed;
} kinds[] = {
    {"code", code, 250, false},
    {"prose in many scripts", prose, 250, false},
    {"characters of every block", blocks, 1000, false},
    {"every order of classes", classes, 4000, false},
    {"emoji", emoji, 300, false},
    {"combining marks", marks, 300, false},
    {"whitespace", spaces, 500, false},
    {"numbers", numbers, 300, false},
    {"contractions", contractions, 500, false},
    {"long words", long_words, 20, false},
    {"control tokens", control_tokens, 600, false},
    {"slices of real texts", real_text, 250, false},
    {"tokens in a row", pieces, 1000, true},
    {"ill-formed UTF-8", ill_formed, 500, true},
    {"random bytes", random_bytes, 300, true},
};

const char *texts_kind(int kind) {
    return (size_t)kind < BASE_COUNT(kinds) ? kinds[kind].name : NULL;
}

/* ---- all of them ---- */

static void read_real(struct maker *m) {
    static const char *const names[] = {"rust_book.txt", "tldr_pages.txt",
                                        "taskmaster4_utterances.jsonl",
                                        "frequency_dictionary_en_82_765.txt"};
    for (size_t i = 0; m->from->folder && i < BASE_COUNT(names); i++) {
        struct buf path = {.max = 4096};
        buf_addf(&path, "%s/%s", m->from->folder, names[i]);
        FILE *f = fopen(path.data, "rb");
        buf_clear(&path);
        if (!f) continue;
        char *data = malloc(MAX_BYTES);
        if (!data) ask_fail("Out of memory.");
        size_t len = fread(data, 1, MAX_BYTES, f);
        fclose(f);
        m->real[m->n_real++] = (ingle_bytes){data, len};
    }
}

static void add_text(struct texts *t, struct maker *m, int kind) {
    uint32_t len = (uint32_t)m->text.size;
    buf_add(&t->bytes, &len, sizeof len);
    buf_add(&t->bytes, m->text.data, len);
    if (buf_failed(&t->bytes) || buf_failed(&m->text)) ask_fail("The texts are too long.");
    t->at[t->n].len = len;
    t->kind[t->n++] = kind;
}

/* What llama.cpp's BPE does not survive: a character past U+10FFFF, a space in a longer form. */
static bool would_crash(const struct buf *text) {
    for (size_t i = 0; i + 1 < text->size; i++) {
        uint8_t s[4] = {0};
        memcpy(s, text->data + i, text->size - i < 4 ? text->size - i : 4);
        uint32_t form = (uint32_t)s[0] << 24 | (uint32_t)s[1] << 16 | (uint32_t)s[2] << 8 | s[3];
        bool four = (form & 0xf8c0c0c0) == 0xf0808080;
        if (four && (form & 0x073f3f3f) > 0x040f3f3f) return true;
        if (form == 0xf08080a0 || form >> 8 == 0xe080a0 || form >> 16 == 0xc0a0) return true;
    }
    return false;
}

static void make_text(struct maker *m, const struct kind *kind) {
    do {
        buf_reset(&m->text);
        kind->make(m);
    } while (m->from->no_crash && would_crash(&m->text));
}

void texts_make(struct texts *t, uint64_t seed, const struct text_sources *from) {
    struct maker m = {.from = from};
    rng_init(&m.rng, seed);
    buf_init(&m.text, MAX_BYTES);
    buf_init(&t->bytes, MAX_BYTES);
    t->n = 0;
    t->at = calloc(MAX_TEXTS, sizeof *t->at);
    t->kind = calloc(MAX_TEXTS, sizeof *t->kind);
    if (!t->at || !t->kind) ask_fail("Out of memory.");
    read_real(&m);
    for (int k = 0; (size_t)k < BASE_COUNT(kinds); k++) {
        if (from->utf8_only && kinds[k].ill_formed) continue;
        for (int i = 0; i < kinds[k].n; i++) {
            make_text(&m, &kinds[k]);
            add_text(t, &m, k);
        }
    }
    /* Only now the bytes stay where they are. */
    size_t at = 0;
    for (size_t i = 0; i < t->n; i++) {
        t->at[i].data = t->bytes.data + at + sizeof(uint32_t);
        at += sizeof(uint32_t) + t->at[i].len;
    }
    buf_clear(&m.text);
    for (size_t i = 0; i < m.n_real; i++) free((void *)(uintptr_t)m.real[i].data);
}

void texts_clear(struct texts *t) {
    buf_clear(&t->bytes);
    free(t->at);
    free(t->kind);
    *t = (struct texts){0};
}
