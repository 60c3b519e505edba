/* Compares what texts fit a grammar with llama.cpp: its own grammar files, and random grammars.
 *
 *     compare_grammar ORACLE_DIR SHARED_DIR [SEED]
 *
 * Texts are walks through our machine, whole or cut off, and such walks with bytes changed; each is
 * dead, alive or may end. llama.cpp is asked with one token a character, because of a token that is
 * part of one it cannot always tell; so only characters that are tokens occur. All rules have
 * finite texts, because llama.cpp calls alive what cannot be finished. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/rng.h"
#include "engine/constraint/grammar.h"
#include "oracle/ask.h"

#define N_RANDOM 600
#define N_TEXTS 40
#define N_FILE_TEXTS 1000
#define MAX_FILES 64
#define MAX_TEXT 256

struct grammar_case {
    struct buf text;
    char name[256];
    int n_texts;
    char (*texts)[MAX_TEXT];
    size_t lens[N_FILE_TEXTS];
    char verdicts[N_FILE_TEXTS + 1];
};

struct tally {
    size_t grammars, none, texts, verdicts[3], different;
};

/* Beyond ASCII; each is a token of the vocabulary. */
static const char *const characters[] = {
    "\xc3\xa9",     "\xc3\xbc",     "\xce\xb1",        "\xd1\x8f",     "\xe2\x82\xac",
    "\xe2\x80\x94", "\xe3\x81\xae", "\xe3\x81\x81",    "\xe3\x82\xa2", "\xe6\x97\xa5",
    "\xe6\x9c\xac", "\xe3\x80\x82", "\xf0\x9f\x98\x80"};

/* ---- random grammars ---- */

static void put_item(struct buf *b, struct rng *rng, int n_rules, int depth);

static void put_choice(struct buf *b, struct rng *rng, int n_rules, int depth) {
    for (uint32_t n = 1 + rng_below(rng, 3); n > 0; n--) {
        if (rng_below(rng, 8) == 0) {
            buf_add_str(b, n > 1 ? "\"\" | " : "\"\"");
            continue;
        }
        for (uint32_t k = 1 + rng_below(rng, 3); k > 0; k--) put_item(b, rng, n_rules, depth);
        if (n > 1) buf_add_str(b, " | ");
    }
}

static void put_item(struct buf *b, struct rng *rng, int n_rules, int depth) {
    static const char *const atoms[] = {"\"a\"",
                                        "\"b\"",
                                        "\"ab\"",
                                        "\"\\\"\"",
                                        "\"\\n\"",
                                        "\"\xc3\xa9\"",
                                        "\"x\xe2\x82\xac\"",
                                        "[ab]",
                                        "[a-c]",
                                        "[^a]",
                                        "[^a-c\\n]",
                                        "[^\xc3\xa9]",
                                        "[^b\xc3\xa0-\xe3\x81\x81]",
                                        "[\xc3\xa0-\xc3\xa9]",
                                        "[a-z\xe2\x82\xa0-\xe2\x82\xaf]",
                                        ".",
                                        "[\\x61-\\u0063]",
                                        "\"\\U0001f600\"",
                                        "[-a]",
                                        "[b-]",
                                        "[\\]\\\\]"};
    static const char *const repeats[] = {"*",     "+",    "?",     "{2}",
                                          "{1,3}", "{2,}", "{0,2}", "{ 1 , 2 }"};
    uint32_t kind = rng_below(rng, 8);
    if (kind == 0 && depth > 0) {
        buf_add_str(b, rng_below(rng, 4) ? "(" : "(\n  ");
        put_choice(b, rng, n_rules, depth - 1);
        buf_add_str(b, ")");
    } else if (kind < 3) {
        buf_addf(b, "rule-%u", rng_below(rng, (uint32_t)n_rules));
    } else {
        buf_add_str(b, atoms[rng_below(rng, BASE_COUNT(atoms))]);
    }
    if (rng_below(rng, 4) == 0) buf_add_str(b, repeats[rng_below(rng, BASE_COUNT(repeats))]);
    buf_add_str(b, " ");
}

/* Every rule has a text of its own, so that all can be finished. */
static void put_grammar(struct buf *b, struct rng *rng) {
    int n_rules = 1 + (int)rng_below(rng, 4);
    buf_add_str(b, "# random\nroot ::= ");
    put_choice(b, rng, n_rules, 2);
    for (int r = 0; r < n_rules; r++) {
        buf_addf(b, "\nrule-%d ::= ", r);
        put_choice(b, rng, n_rules, 2);
        buf_addf(b, "| %s # end", rng_below(rng, 3) ? "\"q\"" : "\"\"");
    }
    buf_add_str(b, "\n");
}

/* ---- texts ---- */

/* A random character that may follow, ASCII four times of five; empty if there is none. */
static const char *random_character(struct machine *m, machine_state state, struct rng *rng) {
    static char plain[128][2];
    const char *found[128 + BASE_COUNT(characters)];
    uint32_t n = 0, n_plain;
    for (int byte = 1; byte < 128; byte++) {
        plain[byte][0] = (char)byte;
        if (m->ops->step(m, state, (uint8_t)byte) != MACHINE_DEAD) found[n++] = plain[byte];
    }
    n_plain = n;
    for (size_t i = 0; i < BASE_COUNT(characters); i++) {
        const char *c = characters[i];
        if (machine_steps(m, state, c, strlen(c)) != MACHINE_DEAD) found[n++] = c;
    }
    if (n_plain && (n == n_plain || rng_below(rng, 5))) return found[rng_below(rng, n_plain)];
    return n ? found[n_plain + rng_below(rng, n - n_plain)] : "";
}

/* The text up to what is no token. */
static size_t known_part(const char *text, size_t len) {
    for (size_t i = 0, n; i < len; i += n) {
        bool known = (text[i] & 0x80) == 0;
        n = 1;
        for (size_t k = 0; k < BASE_COUNT(characters) && !known; k++) {
            n = strlen(characters[k]);
            known = n <= len - i && memcmp(text + i, characters[k], n) == 0;
        }
        if (!known) return i;
    }
    return len;
}

static size_t walk(struct machine *m, char *text, struct rng *rng, uint32_t max_steps) {
    machine_state state = m->start;
    size_t len = 0;
    for (uint32_t steps = rng_below(rng, max_steps); steps > 0 && len < MAX_TEXT - 4; steps--) {
        const char *c = random_character(m, state, rng);
        state = machine_steps(m, state, c, strlen(c));
        while (*c) text[len++] = *c++;
    }
    for (int byte; len < MAX_TEXT && (byte = m->ops->finish(m, state)) >= 0; len++) {
        text[len] = (char)byte;
        state = m->ops->step(m, state, (uint8_t)byte);
    }
    return known_part(text, len);
}

/* Changes one byte of ASCII, cuts the text off, or puts a character in. */
static size_t spoil(char *text, size_t len, struct rng *rng) {
    static const char bytes[] = "ab\"q{}[],:0 \n.x(";
    if (len == 0) return 0;
    size_t at = rng_below(rng, (uint32_t)len);
    char byte = bytes[rng_below(rng, sizeof bytes - 1)];
    if (text[at] & 0x80) return len;
    if (rng_below(rng, 3) == 0) return at;
    if (rng_below(rng, 2) || len == MAX_TEXT) {
        text[at] = byte;
        return len;
    }
    memmove(text + at + 1, text + at, len - at);
    text[at] = byte;
    return len + 1;
}

static char verdict(struct machine *m, const char *text, size_t len) {
    machine_state state = machine_steps(m, m->start, text, len);
    if (m->failed) ask_fail("A machine has failed.");
    if (state == MACHINE_DEAD) return '0';
    return m->ops->accepts(m, state) ? '2' : '1';
}

/* False if it is no grammar to us. */
static bool judge(struct grammar_case *c, struct rng *rng, int n_texts, uint32_t max_steps) {
    struct machine *m;
    ingle_error err = {0};
    if (grammar_machine_new(&m, c->text.data, c->text.size, &err) != INGLE_OK) {
        if (err.code != INGLE_REFUSED) ask_fail("%s: %s", c->name, err.msg);
        return false;
    }
    c->n_texts = n_texts;
    c->texts = calloc((size_t)n_texts, sizeof *c->texts);
    if (!c->texts) ask_fail("Out of memory.");
    for (int i = 0; i < n_texts; i++) {
        size_t len = walk(m, c->texts[i], rng, max_steps);
        for (int k = i % 3; k > 0; k--) len = spoil(c->texts[i], len, rng);
        c->lens[i] = len;
        c->verdicts[i] = verdict(m, c->texts[i], len);
    }
    machine_free(m);
    return true;
}

/* ---- the comparison ---- */

static void put_bytes(struct buf *b, const void *data, size_t len) {
    uint32_t size = (uint32_t)len;
    buf_add(b, &size, sizeof size);
    buf_add(b, data, len);
}

static void put_case(struct buf *input, const struct grammar_case *c) {
    uint32_t n = (uint32_t)c->n_texts;
    put_bytes(input, c->text.data, c->text.size);
    buf_add(input, &n, sizeof n);
    for (int i = 0; i < c->n_texts; i++) put_bytes(input, c->texts[i], c->lens[i]);
}

static void compare(const struct grammar_case *c, const char *line, struct tally *tally) {
    tally->grammars++;
    /* It takes repetitions of what may be empty for left recursion, or never ends. */
    if (*line == 'E' || *line == 'T') {
        tally->none++;
        if (strcmp(c->name, "random") != 0) ask_fail("llama.cpp cannot read %s.", c->name);
        return;
    }
    bool differs = false;
    for (int i = 0; i < c->n_texts; i++) {
        tally->texts++;
        tally->verdicts[c->verdicts[i] - '0']++;
        if (line[i] == c->verdicts[i]) continue;
        if (!differs && tally->different < 10) printf("%s\n%s", c->name, c->text.data);
        if (tally->different < 10) {
            printf("  '%.*s': llama.cpp %c, ingle %c\n", (int)c->lens[i], c->texts[i], line[i],
                   c->verdicts[i]);
        }
        differs = true;
    }
    tally->different += differs;
}

static void ask(const char *vocab, struct grammar_case *cases, size_t n, struct tally *tally) {
    struct buf input;
    size_t size;
    buf_init(&input, (size_t)1 << 30);
    for (size_t i = 0; i < n; i++) put_case(&input, &cases[i]);
    if (buf_failed(&input)) ask_fail("Out of memory.");
    char *lines =
        ask_oracle((const char *const[4]){"grammar", vocab}, input.data, input.size, &size);
    const char *line = lines;
    for (size_t i = 0; i < n; i++) {
        compare(&cases[i], line, tally);
        line += strcspn(line, "\n") + 1;
        free(cases[i].texts);
        buf_clear(&cases[i].text);
    }
    free(lines);
    buf_clear(&input);
}

static void read_file(struct buf *out, const char *path) {
    char piece[4096];
    size_t n;
    FILE *f = fopen(path, "rb");
    if (!f) ask_fail("Cannot read '%s'.", path);
    while ((n = fread(piece, 1, sizeof piece, f)) > 0) buf_add(out, piece, n);
    fclose(f);
}

static size_t read_files(const char *folder, struct grammar_case *cases, struct rng *rng) {
    size_t n = 0;
    DIR *dir = opendir(folder);
    struct dirent *entry;
    if (!dir) ask_fail("Cannot read the folder '%s'.", folder);
    while ((entry = readdir(dir)) && n < MAX_FILES) {
        const char *dot = strrchr(entry->d_name, '.');
        char path[4400];
        if (!dot || strcmp(dot, ".gbnf") != 0) continue;
        struct grammar_case *c = &cases[n++];
        snprintf(c->name, sizeof c->name, "%s", entry->d_name);
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        buf_init(&c->text, 1 << 20);
        read_file(&c->text, path);
        if (!judge(c, rng, N_FILE_TEXTS, 120)) ask_fail("%s is refused.", c->name);
    }
    closedir(dir);
    if (n == 0) ask_fail("There is no grammar in '%s'.", folder);
    return n;
}

static size_t make_random(struct grammar_case *cases, struct rng *rng) {
    size_t n = 0;
    while (n < N_RANDOM) {
        struct grammar_case *c = &cases[n];
        snprintf(c->name, sizeof c->name, "random");
        buf_init(&c->text, 1 << 20);
        put_grammar(&c->text, rng);
        if (judge(c, rng, N_TEXTS, 14)) {
            n++;
        } else {
            buf_clear(&c->text);
        }
    }
    return n;
}

static void report(const char *what, const struct tally *t) {
    printf("%s: %zu grammars (%zu that llama.cpp cannot read), %zu texts: %zu dead, %zu alive, "
           "%zu whole; %zu grammars differ\n",
           what, t->grammars, t->none, t->texts, t->verdicts[0], t->verdicts[1], t->verdicts[2],
           t->different);
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: compare_grammar ORACLE_DIR SHARED_DIR [SEED]\n");
        return 2;
    }
    const char *override = getenv("INGLE_ORACLE_DIR");
    char folder[4096], vocab[4096];
    struct tally files = {0}, random = {0};
    struct rng rng;
    ask_init(argv[1]);
    snprintf(folder, sizeof folder, "%s/grammars", override && *override ? override : argv[1]);
    snprintf(vocab, sizeof vocab, "%s/models/vocab/ggml-vocab-qwen2.gguf", argv[2]);
    if (access(vocab, R_OK) != 0) {
        printf("skipped: %s is not here\n", vocab);
        return EXIT_SKIPPED;
    }
    struct grammar_case *cases = calloc(N_RANDOM, sizeof *cases);
    if (!cases) ask_fail("Out of memory.");
    rng_init(&rng, argc > 3 ? strtoull(argv[3], NULL, 10) : 1);
    ask(vocab, cases, read_files(folder, cases, &rng), &files);
    memset(cases, 0, N_RANDOM * sizeof *cases);
    ask(vocab, cases, make_random(cases, &rng), &random);
    free(cases);
    report("llama.cpp's files", &files);
    report("random grammars", &random);
    return files.different || random.different ? EXIT_FAILURE : EXIT_SUCCESS;
}
