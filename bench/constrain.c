/* What masks cost: random texts under schemas, token by token.
 *
 *   constrain VOCABULARY.gguf SCHEMAS [ROUNDS [SEED]]     SCHEMAS: a line a schema, "name {...}"
 *
 * Tokens are drawn from those that may follow, the earlier ones of the vocabulary more often: byte
 * pair merges are numbered by how often they helped. Cold is the first text under a constraint that
 * has just been made, warm are the ROUNDS - 1 texts after it. Times are of mask_of(), by the clock.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "engine/constraint/constraint.h"
#include "engine/constraint/json_machine.h"
#include "engine/constraint/schema.h"

#define MAX_TOKENS 400 /* of a text; then it is left as it is */
#define MAX_TRIES 300

struct times {
    float *us;
    size_t n, cap;
};

struct bench {
    struct gguf *gguf;
    struct tokenizer *tokenizer;
    struct trie *trie;
    struct rng rng;
    int32_t quote; /* the token " */
    int rounds;
    struct times cold, warm, compile;
    const char *worst_name;
    float worst;
};

static void die(const char *what) {
    fprintf(stderr, "constrain: %s\n", what);
    exit(1);
}

static void need(ingle_status status, const ingle_error *err) {
    if (status != INGLE_OK) die(err->msg);
}

static void add_time(struct times *t, double us) {
    if (t->n == t->cap) {
        t->cap = t->cap ? 2 * t->cap : 4096;
        t->us = mem_realloc(t->us, t->cap * sizeof *t->us);
        if (!t->us) die("out of memory");
    }
    t->us[t->n++] = (float)us;
}

static double cpu_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static bool bit(const struct mask_row *row, int32_t id) {
    return row->bits[id / 64] >> id % 64 & 1;
}

static bool is_blank(const struct bench *b, int32_t id) {
    struct gguf_str text = tokenizer_piece(b->tokenizer, id, true);
    for (size_t i = 0; i < text.len; i++) {
        if (!strchr(" \t\r\n", text.data[i])) return false;
    }
    return true;
}

/* Low ids are likelier, about as the frequencies of words fall off; white space alone is rare, and
 * a quote, which is most likely to end a string, comes after some words. */
static int32_t draw(struct bench *b, const struct mask_row *row) {
    uint32_t n = (uint32_t)b->trie->n_vocab;
    if (bit(row, b->quote) && rng_below(&b->rng, 10) == 0) return b->quote;
    for (int i = 0; i < MAX_TRIES; i++) {
        uint32_t id = rng_below(&b->rng, 1 + rng_below(&b->rng, 1 + rng_below(&b->rng, n)));
        if (!bit(row, (int32_t)id)) continue;
        if (!is_blank(b, (int32_t)id) || rng_below(&b->rng, 20) == 0) return (int32_t)id;
    }
    uint32_t left = rng_below(&b->rng, (uint32_t)row->n_allowed);
    for (uint32_t id = 0; id < n; id++) {
        if (bit(row, (int32_t)id) && left-- == 0) return (int32_t)id;
    }
    die("a mask without tokens");
    return 0;
}

/* One text. Returns false if it was not finished. */
static bool generate(struct bench *b, const char *name, struct constraint *c, struct times *times) {
    machine_state state = c->machine->start;
    for (int i = 0; i < MAX_TOKENS; i++) {
        struct mask_row row;
        ingle_error err;
        double start = cpu_us();
        need(mask_of(c->mask, &state, false, &row, &err), &err);
        double us = cpu_us() - start;
        add_time(times, us);
        if (us > (double)b->worst) {
            b->worst = (float)us;
            b->worst_name = name;
        }
        if (row.accepts && rng_below(&b->rng, 2) == 0) return true;
        int32_t id = draw(b, &row);
        if (tokenizer_is_end(b->tokenizer, id)) return true;
        state = mask_step(c->mask, state, id, false);
    }
    return false;
}

static void free_table(void *table) {
    shape_table_free(table);
}

static int compare(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void report(const char *what, struct times *t) {
    if (t->n == 0) return;
    double sum = 0;
    for (size_t i = 0; i < t->n; i++) sum += (double)t->us[i];
    qsort(t->us, t->n, sizeof *t->us, compare);
    printf("%-8s %7zu  mean %8.1f  p50 %8.1f  p99 %8.1f  p99.9 %8.1f  max %8.1f us\n", what, t->n,
           sum / (double)t->n, (double)t->us[t->n / 2], (double)t->us[t->n * 99 / 100],
           (double)t->us[t->n * 999 / 1000], (double)t->us[t->n - 1]);
}

static double mean_since(const struct times *t, size_t first) {
    double sum = 0;
    for (size_t i = first; i < t->n; i++) sum += (double)t->us[i];
    return t->n > first ? sum / (double)(t->n - first) : 0;
}

static void run_schema(struct bench *b, char *line) {
    char *space = strchr(line, ' ');
    if (!space) die("a line of the schemas has no name");
    *space = '\0';
    const char *schema = space + 1;
    struct shape_table *table;
    struct machine *m;
    struct constraint c;
    ingle_error err;
    double start = cpu_us();
    need(schema_compile(&table, schema, strlen(schema), &err), &err);
    need(json_machine_new(&m, table, &err), &err);
    need(constraint_init(&c, m, table, free_table, b->trie, b->trie->n_vocab, &err), &err);
    double compile_us = cpu_us() - start;
    add_time(&b->compile, compile_us);
    size_t cold = b->cold.n, warm = b->warm.n;
    int n_done = generate(b, line, &c, &b->cold);
    for (int i = 1; i < b->rounds; i++) n_done += generate(b, line, &c, &b->warm);
    printf(
        "  %-28s compiled in %7.2f ms  cold %7.1f us  warm %7.1f us  %5zu tokens, %d of %d done\n",
        line, compile_us * 1e-3, mean_since(&b->cold, cold), mean_since(&b->warm, warm),
        b->cold.n - cold + b->warm.n - warm, n_done, b->rounds);
    constraint_clear(&c);
}

static void run_file(struct bench *b, const char *path) {
    FILE *f = fopen(path, "re");
    if (!f) die("the schemas cannot be read");
    static char line[65536];
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] && line[0] != '#') run_schema(b, line);
    }
    fclose(f);
}

int main(int argc, char **argv) {
    if (argc < 3 || argc > 5) {
        fputs("usage: constrain VOCABULARY.gguf SCHEMAS [ROUNDS [SEED]]\n", stderr);
        return 2;
    }
    struct bench b = {.rounds = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 10};
    ingle_error err;
    rng_init(&b.rng, argc > 4 ? strtoull(argv[4], NULL, 10) : 1);
    need(gguf_open(&b.gguf, argv[1], &err), &err);
    need(tokenizer_open(&b.tokenizer, b.gguf, &err), &err);
    double start = cpu_us();
    need(trie_new(&b.trie, b.tokenizer, &err), &err);
    double built = (cpu_us() - start) * 1e-3;
    size_t used;
    b.quote = trie_longest(b.trie, (const uint8_t *)"\"", 1, &used);
    if (b.quote < 0) die("the vocabulary has no quote");
    run_file(&b, argv[2]);
    printf("%d tokens, tree of %u nodes (%u plain) built in %.1f ms\n", b.trie->n_vocab,
           b.trie->n_nodes, b.trie->n_plain, built);
    report("compile", &b.compile);
    report("cold", &b.cold);
    report("warm", &b.warm);
    for (size_t i = 0; i < b.cold.n; i++) add_time(&b.warm, (double)b.cold.us[i]);
    report("all", &b.warm);
    printf("worst: %.1f us, %s\n", (double)b.worst, b.worst_name);
    mem_free(b.cold.us);
    mem_free(b.warm.us);
    mem_free(b.compile.us);
    trie_free(b.trie);
    tokenizer_close(b.tokenizer);
    gguf_close(b.gguf);
    return 0;
}
