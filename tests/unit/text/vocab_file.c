#include "unit/text/vocab_file.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "fuzz/tiny_vocab.h"
#include "support/sanitized.h"

#define MAX_BYTES ((size_t)1 << 22)
#define MAX_IDS 4096

void vocab_file_init(struct vocab_file *f, const char *model, const char *pre) {
    *f = (struct vocab_file){0};
    gguf_writer_init(&f->w);
    buf_init(&f->tokens, MAX_BYTES);
    buf_init(&f->types, MAX_BYTES);
    buf_init(&f->scores, MAX_BYTES);
    buf_init(&f->merges, MAX_BYTES);
    gguf_writer_str(&f->w, "tokenizer.ggml.model", model);
    if (pre) gguf_writer_str(&f->w, "tokenizer.ggml.pre", pre);
}

int32_t vocab_file_add_scored(struct vocab_file *f, const char *text, uint32_t type, float score) {
    put_str(&f->tokens, text);
    put_u32(&f->types, type);
    put_f32(&f->scores, score);
    return (int32_t)f->n_tokens++;
}

int32_t vocab_file_add(struct vocab_file *f, const char *text, uint32_t type) {
    return vocab_file_add_scored(f, text, type, 0);
}

void vocab_file_add_alphabet(struct vocab_file *f) {
    for (unsigned byte = 0, next = 0x100; byte < 256; byte++) {
        bool prints = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte != 0xad);
        unsigned cp = prints ? byte : next++;
        char letter[3] = {(char)cp};
        if (cp >= 0x80) {
            letter[0] = (char)(0xc0 | cp >> 6);
            letter[1] = (char)(0x80 | (cp & 0x3f));
        }
        vocab_file_add(f, letter, NORMAL);
    }
}

void vocab_file_add_byte_names(struct vocab_file *f) {
    for (unsigned byte = 0; byte < 256; byte++) {
        char name[8];
        snprintf(name, sizeof name, "<0x%02X>", byte);
        vocab_file_add(f, name, BYTE);
    }
}

void vocab_file_merge(struct vocab_file *f, const char *merge) {
    put_str(&f->merges, merge);
    f->n_merges++;
}

int32_t vocab_file_add_merged(struct vocab_file *f, const char *left, const char *right) {
    char text[256];
    snprintf(text, sizeof text, "%s %s", left, right);
    vocab_file_merge(f, text);
    snprintf(text, sizeof text, "%s%s", left, right);
    return vocab_file_add(f, text, NORMAL);
}

static void put_array(struct gguf_writer *w, const char *key, uint32_t type, uint64_t n,
                      struct buf *elements) {
    gguf_writer_array(w, key, type, n);
    buf_add(&w->kvs, elements->data, elements->size);
}

/* The file has no name: the map keeps it. */
static struct gguf *open_written(struct gguf_writer *w) {
    char path[64];
    struct gguf *g = NULL;
    ingle_error err = {0};
    int fd = memfd_create("vocabulary", MFD_CLOEXEC);
    assert_true(fd >= 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    assert_true(gguf_writer_save(w, path));
    if (gguf_open(&g, path, &err) != INGLE_OK) fail_msg("%s", err.msg);
    close(fd);
    return g;
}

struct gguf *vocab_file_open(struct vocab_file *f) {
    struct gguf_writer *w = &f->w;
    if (f->n_tokens) {
        put_array(w, "tokenizer.ggml.tokens", GGUF_STRING, f->n_tokens, &f->tokens);
        if (!f->no_types)
            put_array(w, "tokenizer.ggml.token_type", GGUF_I32, f->n_tokens, &f->types);
        if (!f->no_scores) put_array(w, "tokenizer.ggml.scores", GGUF_F32, f->n_tokens, &f->scores);
    }
    if (!f->no_merges) put_array(w, "tokenizer.ggml.merges", GGUF_STRING, f->n_merges, &f->merges);
    buf_clear(&f->tokens);
    buf_clear(&f->types);
    buf_clear(&f->scores);
    buf_clear(&f->merges);
    return open_written(w);
}

struct vocab_in_file vocab_in_file_open(struct vocab_file *f, enum vocab_spelling spelling,
                                        struct vocab_defaults defaults) {
    struct vocab_in_file in = {.gguf = vocab_file_open(f)};
    ingle_error err = {0};
    if (vocab_init(&in.vocab, in.gguf, spelling, &err) != INGLE_OK ||
        vocab_find_special(&in.vocab, in.gguf, defaults, &err) != INGLE_OK)
        fail_msg("%s", err.msg);
    return in;
}

void vocab_in_file_close(struct vocab_in_file *in) {
    vocab_clear(&in->vocab);
    gguf_close(in->gguf);
}

static struct tokenizer_file open_over(struct gguf *g) {
    struct tokenizer_file file = {.gguf = g};
    ingle_error err = {0};
    if (tokenizer_open(&file.t, g, &err) != INGLE_OK) fail_msg("%s", err.msg);
    return file;
}

struct tokenizer_file tokenizer_file_open(struct vocab_file *f) {
    return open_over(vocab_file_open(f));
}

struct tokenizer_file tokenizer_file_tiny(int which) {
    struct gguf_writer w;
    gguf_writer_init(&w);
    tiny_vocab_write(&w, which);
    return open_over(open_written(&w));
}

void tokenizer_file_close(struct tokenizer_file *file) {
    tokenizer_close(file->t);
    gguf_close(file->gguf);
    *file = (struct tokenizer_file){0};
}

void expect_refused(struct gguf *g, ingle_status code, const char *saying) {
    struct tokenizer *t = (struct tokenizer *)&code; /* anything but NULL */
    ingle_error err = {0};
    uint64_t live = mem_live();
    ingle_status status = tokenizer_open(&t, g, &err);
    if (status != code) fail_msg("status %d, not %d: %s", status, code, err.msg);
    assert_int_equal(err.code, code);
    assert_null(t);
    if (!strstr(err.msg, saying)) fail_msg("'%s' does not say '%s'.", err.msg, saying);
    assert_int_equal(err.msg[strlen(err.msg) - 1], '.');
    assert_int_equal(mem_live(), live);
    gguf_close(g);
}

const char *ids_of(const struct tokenizer *t, const char *text, size_t len, bool add_special,
                   bool parse_special) {
    static char out[MAX_IDS * 12];
    static int32_t ids[MAX_IDS];
    size_t n, at = 0;
    ingle_error err = {0};
    if (tokenizer_encode(t, text, len, add_special, parse_special, ids, MAX_IDS, &n, &err) !=
        INGLE_OK)
        fail_msg("%s", err.msg);
    assert_true(n <= MAX_IDS);
    out[0] = '\0';
    for (size_t i = 0; i < n; i++)
        at += (size_t)snprintf(out + at, sizeof out - at, "%s%d", i ? " " : "", ids[i]);
    return out;
}

const char *ids_plain(const struct tokenizer *t, const char *text) {
    return ids_of(t, text, strlen(text), false, false);
}

const char *ids_parsed(const struct tokenizer *t, const char *text) {
    return ids_of(t, text, strlen(text), false, true);
}

const char *ids_whole(const struct tokenizer *t, const char *text) {
    return ids_of(t, text, strlen(text), true, true);
}

/* ---- long texts ---- */

#define STACK ((size_t)(SANITIZED ? 512 : 64) << 10)

struct encoding {
    const struct tokenizer *t;
    char *text;
    size_t len;
    ingle_status status;
    double seconds;
};

static void *encode(void *user) {
    struct encoding *e = user;
    struct timespec before, after;
    size_t n;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    e->status = tokenizer_encode(e->t, e->text, e->len, true, true, NULL, 0, &n, NULL);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    e->seconds =
        (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) * 1e-9;
    return NULL;
}

double encode_on_a_small_stack(const struct tokenizer *t, const char *unit, size_t len) {
    struct encoding e = {.t = t, .text = malloc(len), .len = len};
    pthread_attr_t attr;
    pthread_t thread;
    assert_non_null(e.text);
    for (size_t i = 0, n = strlen(unit); i < len; i++) e.text[i] = unit[i % n];
    pthread_attr_init(&attr);
    assert_int_equal(pthread_attr_setstacksize(&attr, STACK), 0);
    assert_int_equal(pthread_create(&thread, &attr, encode, &e), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attr);
    free(e.text);
    assert_int_equal(e.status, INGLE_OK);
    return e.seconds;
}

const char *hostile_unit(size_t i) {
    static const char *const units[] = {
        "A",    " ", "\n",    "é", "\xe2\x80\x8d", "0", "aA", "\xf4\x8f\xbf\xbf",
        "\x80", "a", "\xc3 ", "<"};
    return i < BASE_COUNT(units) ? units[i] : NULL;
}
