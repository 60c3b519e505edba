/* How good the built-in intents are, and those that `ingle learn intents` makes: eval_intents DATA
 * INGLE [PACK] prints lines of four columns: what, asked, reached, and met, missed or nothing. */
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/json_tree.h"
#include "base/map.h"
#include "builtin/builtin.h"
#include "ingle/pack.h"

#define MAX_QUERIES 16384
#define N_EXECS 20
#define N_BINS 10 /* of the calibration error */

static void fail(const char *what) {
    fprintf(stderr, "eval_intents: %s\n", what);
    exit(1);
}

static void line(const char *what, const char *asked, const char *reached, const char *verdict) {
    printf("%s\t%s\t%s\t%s\n", what, asked, reached, verdict);
    fflush(stdout);
}

static void line_share(const char *what, const char *asked, double share, double least) {
    char reached[64];
    snprintf(reached, sizeof reached, "%.1f %%", 100 * share);
    line(what, asked, reached, least <= 0 ? "" : share >= least ? "met" : "missed");
}

static void line_ms(const char *what, const char *asked, double ms, double most) {
    char reached[64];
    snprintf(reached, sizeof reached, "%.3f ms", ms);
    line(what, asked, reached, ms < most ? "met" : "missed");
}

/* ---- queries ---- */

struct query {
    char *text;
    char *label; /* NULL: out of scope */
    bool is_right, is_none;
    float confidence; /* of the answer */
    float in_scope;   /* confidence of the likeliest label */
    double ms;
};

struct queries {
    struct query *items;
    size_t n;
};

static void add_query(struct queries *q, const char *text, size_t len, const char *label,
                      size_t label_len) {
    if (q->n == MAX_QUERIES) fail("too many queries");
    struct query *x = &q->items[q->n++];
    *x = (struct query){.text = mem_strndup(text, len)};
    if (label) x->label = mem_strndup(label, label_len);
    if (!x->text || (label && !x->label)) fail("out of memory");
}

static void queries_init(struct queries *q) {
    *q = (struct queries){.items = mem_calloc(MAX_QUERIES, sizeof *q->items)};
    if (!q->items) fail("out of memory");
}

static void queries_clear(struct queries *q) {
    for (size_t i = 0; i < q->n; i++) {
        mem_free(q->items[i].text);
        mem_free(q->items[i].label);
    }
    mem_free(q->items);
}

static void read_clinc(struct queries *q, const char *data) {
    static const char *const parts[] = {"test", "oos_test"};
    char path[4096];
    struct file_map map;
    struct arena arena;
    const struct json_value *root;
    ingle_error err = {0};
    snprintf(path, sizeof path, "%s/intents/clinc150/data_full.json", data);
    if (file_map_open(&map, path, &err) != INGLE_OK) fail(err.msg);
    arena_init(&arena, (size_t)1 << 30);
    if (json_tree_parse(&root, &arena, (const char *)map.data, map.size, path, &err) != INGLE_OK) {
        fail(err.msg);
    }
    queries_init(q);
    for (size_t p = 0; p < BASE_COUNT(parts); p++) {
        const struct json_value *part = json_member(root, parts[p]);
        for (size_t i = 0; part && i < part->n; i++) {
            const struct json_text *text = &part->items[i].items[0].text;
            const struct json_text *label = &part->items[i].items[1].text;
            add_query(q, text->data, text->len, p ? NULL : label->data, label->len);
        }
    }
    arena_clear(&arena);
    file_map_close(&map);
}

/* The next line of a file that is mapped. */
static bool next_line(const struct file_map *map, size_t *at, const char **text, size_t *len) {
    if (*at >= map->size) return false;
    *text = (const char *)map->data + *at;
    const char *end = memchr(*text, '\n', map->size - *at);
    *len = end ? (size_t)(end - *text) : map->size - *at;
    *at += *len + 1;
    return true;
}

static void read_hwu(struct queries *q, const char *data, const char *part) {
    char path[4096];
    struct file_map texts, labels;
    ingle_error err = {0};
    snprintf(path, sizeof path, "%s/intents/hwu64/%s/seq.in", data, part);
    if (file_map_open(&texts, path, &err) != INGLE_OK) fail(err.msg);
    snprintf(path, sizeof path, "%s/intents/hwu64/%s/label", data, part);
    if (file_map_open(&labels, path, &err) != INGLE_OK) fail(err.msg);
    const char *text, *label;
    size_t len, label_len, at = 0, label_at = 0;
    while (next_line(&texts, &at, &text, &len) &&
           next_line(&labels, &label_at, &label, &label_len)) {
        if (q->n == MAX_QUERIES) fail("too many queries");
        add_query(q, text, len, label, label_len);
    }
    file_map_close(&texts);
    file_map_close(&labels);
}

/* ---- answers ---- */

static void answer(const ingle_pack *pack, struct queries *q) {
    ingle_error err = {0};
    for (size_t i = 0; i < q->n; i++) {
        struct query *x = &q->items[i];
        ingle_class top;
        ingle_classification c;
        double start = clock_ms();
        if (ingle_classify(pack, x->text, strlen(x->text), &top, 1, &c, &err) != INGLE_OK) {
            fail(err.msg);
        }
        x->ms = clock_ms() - start;
        x->is_none = c.is_none;
        x->confidence = c.confidence;
        x->in_scope = top.confidence;
        const char *label = ingle_pack_label(pack, top.label);
        x->is_right = x->label ? !c.is_none && strcmp(label, x->label) == 0 : c.is_none;
    }
}

static double share_right(const struct queries *q, bool in_scope) {
    size_t right = 0, n = 0;
    for (size_t i = 0; i < q->n; i++) {
        if ((q->items[i].label != NULL) != in_scope) continue;
        right += q->items[i].is_right;
        n++;
    }
    return n ? (double)right / (double)n : 0;
}

/* That a query in scope has more confidence than one out of scope. */
static double area(const struct queries *q) {
    double above = 0, n = 0;
    for (size_t i = 0; i < q->n; i++) {
        if (!q->items[i].label) continue;
        for (size_t j = 0; j < q->n; j++) {
            if (q->items[j].label) continue;
            float a = q->items[i].in_scope, b = q->items[j].in_scope;
            above += a > b ? 1 : a == b ? 0.5 : 0;
            n++;
        }
    }
    return above / n;
}

/* How far confidence is from the share of right answers, in bins, weighed by their size. */
static double calibration_error(const struct queries *q) {
    double sum[N_BINS] = {0}, right[N_BINS] = {0}, error = 0;
    for (size_t i = 0; i < q->n; i++) {
        int bin = (int)(q->items[i].confidence * N_BINS);
        bin = bin >= N_BINS ? N_BINS - 1 : bin;
        sum[bin] += (double)q->items[i].confidence;
        right[bin] += q->items[i].is_right;
    }
    for (int i = 0; i < N_BINS; i++) error += fabs(sum[i] - right[i]);
    return error / (double)q->n;
}

static int by_value(const void *a, const void *b) {
    const double *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static void latency(const struct queries *q) {
    double *ms = mem_alloc(q->n * sizeof *ms);
    if (!ms) fail("out of memory");
    for (size_t i = 0; i < q->n; i++) ms[i] = q->items[i].ms;
    qsort(ms, q->n, sizeof *ms, by_value);
    line_ms("a query in the process, median", "< 0.5 ms", ms[q->n / 2], 0.5);
    line_ms("a query in the process, 99th percentile", "< 1 ms", ms[q->n * 99 / 100], 1);
    mem_free(ms);
}

/* ---- the command ---- */

static int run_command(char *const *argv) {
    pid_t child;
    int state;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int error = posix_spawn(&child, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0 || waitpid(child, &state, 0) != child) return -1;
    return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

static void whole_command(const char *ingle, const char *pack) {
    char *argv[] = {(char *)(uintptr_t)ingle, "intent", "wake me up at seven", NULL, NULL, NULL};
    if (pack) {
        argv[3] = "--pack";
        argv[4] = (char *)(uintptr_t)pack;
    }
    double ms[N_EXECS];
    for (int i = 0; i < N_EXECS; i++) {
        double start = clock_ms();
        if (run_command(argv) != 0) fail("ingle intent failed");
        ms[i] = clock_ms() - start;
    }
    qsort(ms, N_EXECS, sizeof *ms, by_value);
    line_ms("the whole command, from exec to its end, median", "< 15 ms", ms[N_EXECS / 2], 15);
}

static void write_examples(const char *path, const struct queries *q) {
    FILE *file = fopen(path, "w");
    if (!file) fail("cannot write the examples");
    for (size_t i = 0; i < q->n; i++) { /* HWU64 has no quotes, and commas only in texts */
        fprintf(file, "\"%s\",%s\n", q->items[i].text, q->items[i].label);
    }
    if (fclose(file) != 0) fail("cannot write the examples");
}

static void own_labels(const char *data, const char *ingle) {
    char folder[] = "/tmp/eval_intents.XXXXXX", examples[64], pack_path[64];
    struct queries train, test;
    ingle_error err = {0};
    if (!mkdtemp(folder)) fail("no folder for the examples");
    snprintf(examples, sizeof examples, "%s/hwu64.csv", folder);
    snprintf(pack_path, sizeof pack_path, "%s/hwu64.pack", folder);
    queries_init(&train);
    read_hwu(&train, data, "train");
    write_examples(examples, &train);
    char *argv[] = {
        (char *)(uintptr_t)ingle, "learn", "intents", "--data", examples, "-o", pack_path, NULL};
    double start = clock_ms();
    if (run_command(argv) != 0) fail("ingle learn intents failed");
    double seconds = (clock_ms() - start) * 1e-3;
    ingle_pack *pack;
    if (ingle_pack_open(&pack, pack_path, &err) != INGLE_OK) fail(err.msg);
    queries_init(&test);
    read_hwu(&test, data, "test");
    answer(pack, &test);
    size_t n_right = 0;
    for (size_t i = 0; i < test.n; i++) n_right += test.items[i].is_right;
    line_share("HWU64, a pack of ingle learn intents: accuracy", ">= 90 %",
               (double)n_right / (double)test.n, 0.9);
    char reached[64];
    snprintf(reached, sizeof reached, "%.0f s", seconds);
    line("the time to learn HWU64 (64 labels, 8,954 examples)", "< 180 s", reached,
         seconds < 180 ? "met" : "missed");
    ingle_pack_close(pack);
    queries_clear(&train);
    queries_clear(&test);
    unlink(examples);
    unlink(pack_path);
    rmdir(folder);
}

int main(int argc, char **argv) {
    if (argc < 3) fail("usage: eval_intents DATA INGLE [PACK]");
    const char *path = argc > 3 ? argv[3] : NULL;
    struct builtin_bytes own = builtin_bytes(BUILTIN_INTENTS);
    ingle_pack *pack = NULL;
    ingle_error err = {0};
    ingle_status status = path ? ingle_pack_open(&pack, path, &err)
                               : ingle_pack_open_memory(&pack, own.data, own.size, own.name, &err);
    if (status != INGLE_OK) fail(err.msg);
    struct queries clinc;
    read_clinc(&clinc, argv[1]);
    answer(pack, &clinc);
    line_share("CLINC150: accuracy of what is in scope", ">= 93.5 %", share_right(&clinc, true),
               0.935);
    line_share("CLINC150: recall of what is out of scope", ">= 60 %", share_right(&clinc, false),
               0.6);
    char reached[64];
    snprintf(reached, sizeof reached, "%.4f", area(&clinc));
    line("CLINC150: in scope ranked above out of scope (AUROC)", "", reached, "");
    snprintf(reached, sizeof reached, "%.3f", calibration_error(&clinc));
    line("CLINC150: calibration error of the confidence", "", reached, "");
    latency(&clinc);
    queries_clear(&clinc);
    ingle_pack_close(pack);
    whole_command(argv[2], path);
    own_labels(argv[1], argv[2]);
    return 0;
}
