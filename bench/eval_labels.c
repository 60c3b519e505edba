/* How well the sentence encoder tells labels that nobody trained a classifier for: CLINC150's 150
 * intents by their names, with or without some of the training questions as examples.
 *
 *   eval_labels CLINC150.json ENCODER.gguf [EXAMPLES]     EXAMPLES of each label, 0 by default */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json_tree.h"
#include "base/map.h"
#include "ingle/ingle.h"

#define MAX_LABELS 200
#define MAX_EXAMPLES 100

struct labels {
    ingle_label items[MAX_LABELS];
    const char *examples[MAX_LABELS][MAX_EXAMPLES];
    size_t n;
};

static struct labels labels;

static void need(ingle_status status, const ingle_error *err) {
    if (status == INGLE_OK) return;
    fprintf(stderr, "eval_labels: %s\n", err->msg);
    exit(1);
}

static size_t label_of(const char *name) {
    size_t i = 0;
    while (i < labels.n && strcmp(labels.items[i].name, name) != 0) i++;
    return i;
}

/* Labels in the order in which they come, and the first examples of each. */
static void take_labels(const struct json_value *train, size_t n_examples) {
    for (size_t i = 0; train && i < train->n; i++) {
        const struct json_value *pair = train->items[i].items;
        size_t label = label_of(pair[1].text.data);
        if (label == MAX_LABELS) continue;
        if (label == labels.n) labels.items[labels.n++].name = pair[1].text.data;
        ingle_label *l = &labels.items[label];
        l->examples = labels.examples[label];
        if (l->n_examples < n_examples) {
            labels.examples[label][l->n_examples++] = pair[0].text.data;
        }
    }
}

struct counts {
    size_t n, right, right_or_none, none;
};

static struct counts ask(ingle_tasks *tasks, const struct json_value *list) {
    struct counts c = {.n = list ? list->n : 0};
    ingle_intent_options opt = ingle_intent_options_default();
    opt.labels = labels.items;
    opt.n_labels = labels.n;
    for (size_t i = 0; i < c.n; i++) {
        const struct json_value *pair = list->items[i].items;
        ingle_intent_result r;
        ingle_error err;
        need(ingle_intent(tasks, &opt, pair[0].text.data, pair[0].text.len, &r, &err), &err);
        bool is_right = r.label == label_of(pair[1].text.data);
        c.right += is_right;
        c.right_or_none += is_right && !r.is_none;
        c.none += r.is_none;
    }
    return c;
}

static double percent(size_t part, size_t whole) {
    return 100.0 * (double)part / (double)(whole ? whole : 1);
}

int main(int argc, char **argv) {
    size_t n_examples = argc == 4 ? (size_t)strtoul(argv[3], NULL, 10) : 0;
    if (argc < 3 || argc > 4 || n_examples > MAX_EXAMPLES) {
        fprintf(stderr, "eval_labels CLINC150.json ENCODER.gguf [EXAMPLES]\n");
        return 2;
    }
    ingle_error err;
    struct file_map map;
    struct arena arena;
    const struct json_value *data;
    ingle_pack *encoder;
    ingle_tasks *tasks;
    ingle_tasks_options opt = ingle_tasks_options_default();
    arena_init(&arena, (size_t)256 << 20);
    need(file_map_open(&map, argv[1], &err), &err);
    need(json_tree_parse(&data, &arena, (const char *)map.data, map.size, argv[1], &err), &err);
    need(ingle_pack_open(&encoder, argv[2], &err), &err);
    opt.encoder = encoder;
    need(ingle_tasks_new(&tasks, &opt, &err), &err);
    take_labels(json_member(data, "train"), n_examples);
    struct counts in = ask(tasks, json_member(data, "test"));
    struct counts out = ask(tasks, json_member(data, "oos_test"));
    printf("%zu labels, %zu examples each: of %zu texts %.1f %% right, %.1f %% with none of these "
           "as an answer; of %zu others %.1f %% none of these\n",
           labels.n, n_examples, in.n, percent(in.right, in.n), percent(in.right_or_none, in.n),
           out.n, percent(out.none, out.n));
    ingle_tasks_free(tasks);
    ingle_pack_close(encoder);
    arena_clear(&arena);
    file_map_close(&map);
    return 0;
}
