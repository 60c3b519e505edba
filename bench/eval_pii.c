/* How much personal data is found in texts of the data set that the built-in tagger has not learnt
 * from: eval_pii DATA INGLE [PACK SPLIT] prints lines of what, asked, reached, met or missed. By
 * default the tagger is the built-in one and the texts are those of odd template numbers; another
 * PACK may have learnt from another half (models/recipe/prepare_tagger.c: even, odd, first,
 * second). A character counts as found if any span covers it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/json_tree.h"
#include "base/map.h"
#include "base/utf8.h"
#include "builtin/builtin.h"
#include "guard/redact/redact_repeats.h"
#include "guard/redact/rules.h"
#include "ingle/pack.h"

#define MAX_TEXT 65536
#define MAX_LABELS 32

enum found_by { BY_RULE = 1, BY_MODEL = 2 };

struct score {
    size_t n_gold, n_hit, n_told;
};

struct label {
    char name[40];
    size_t n_gold, n_hit;
};

static const ingle_pack *pack;
static struct redact_spans tagged;
static unsigned char found[MAX_TEXT]; /* enum found_by bits of each byte */
static const char *gold[MAX_TEXT];    /* its label; NULL = nothing personal */
static struct score both, rules_alone, model_alone;
static struct label labels[MAX_LABELS];
static size_t n_labels, n_texts, n_bytes;
static double spent_ms;

static void die(const char *what) {
    fprintf(stderr, "eval_pii: %s\n", what);
    exit(1);
}

static bool on_span(const ingle_span *span, void *user) {
    (void)user;
    struct redact_span s = {span->from, span->to, ingle_pack_label(pack, span->label),
                            span->confidence, REDACT_BY_MODEL};
    return redact_spans_add(&tagged, &s, NULL) == INGLE_OK;
}

static void mark(const struct redact_spans *spans, unsigned char how) {
    for (size_t i = 0; i < spans->n; i++) {
        for (size_t k = spans->items[i].from; k < spans->items[i].to; k++) found[k] |= how;
    }
}

static void find_all(const char *text, size_t len) {
    struct redact_spans by_rule = {0}, merged = {0}, all = {0};
    ingle_error err;
    double start = clock_ms();
    tagged.n = 0;
    if (redact_rules(&by_rule, text, len, &err) != INGLE_OK ||
        ingle_tag(pack, text, len, on_span, NULL, &err) != INGLE_OK ||
        redact_spans_merge(&merged, text, len, &by_rule, &tagged, &err) != INGLE_OK ||
        redact_repeats(&all, text, len, &merged, &err) != INGLE_OK) {
        die(err.msg);
    }
    spent_ms += clock_ms() - start;
    memset(found, 0, len);
    mark(&by_rule, BY_RULE);
    mark(&tagged, BY_MODEL);
    mark(&all, 4);
    redact_spans_clear(&by_rule);
    redact_spans_clear(&merged);
    redact_spans_clear(&all);
}

static struct label *find_label(const char *name) {
    for (size_t i = 0; i < n_labels; i++) {
        if (strcmp(labels[i].name, name) == 0) return &labels[i];
    }
    if (n_labels == MAX_LABELS) die("too many labels");
    snprintf(labels[n_labels].name, sizeof labels[0].name, "%s", name);
    return &labels[n_labels++];
}

/* The data set counts characters. */
static size_t byte_of(const struct json_text *text, const struct json_value *position) {
    size_t n = strtoul(position->text.data, NULL, 10), at = 0;
    for (size_t size; n > 0 && at < text->len; n--, at += size) {
        (void)utf8_next(text->data + at, text->len - at, &size);
    }
    return at;
}

static void count(struct score *s, bool is_gold, bool is_told) {
    s->n_gold += is_gold;
    s->n_told += is_told;
    s->n_hit += is_gold && is_told;
}

static void judge(const struct json_text *text, const struct json_value *spans) {
    if (text->len > MAX_TEXT) die("a text is too long");
    memset(gold, 0, text->len * sizeof *gold);
    for (size_t i = 0; i < spans->n; i++) {
        const struct json_value *v = &spans->items[i];
        size_t to = byte_of(text, json_member(v, "end_position"));
        for (size_t k = byte_of(text, json_member(v, "start_position")); k < to; k++) {
            gold[k] = json_member(v, "entity_type")->text.data;
        }
    }
    find_all(text->data, text->len);
    n_texts++;
    n_bytes += text->len;
    for (size_t k = 0; k < text->len; k++) {
        if (((unsigned char)text->data[k] & 0xc0) == 0x80) continue; /* characters, not bytes */
        count(&both, gold[k], found[k] & 4);
        count(&rules_alone, gold[k], found[k] & BY_RULE);
        count(&model_alone, gold[k], found[k] & BY_MODEL);
        if (!gold[k]) continue;
        struct label *label = find_label(gold[k]);
        label->n_gold++;
        label->n_hit += (found[k] & 4) != 0;
    }
}

static bool is_learnt(const char *split, size_t i, long template_id) {
    if (strcmp(split, "even") == 0) return template_id % 2 == 0;
    if (strcmp(split, "odd") == 0) return template_id % 2 != 0;
    if (strcmp(split, "first") == 0) return hash_u64(1, i) >> 8 & 1;
    if (strcmp(split, "second") == 0) return !(hash_u64(1, i) >> 8 & 1);
    die("no such split");
    return true;
}

static void judge_all(const char *folder, const char *split) {
    char path[1024];
    struct file_map file;
    struct arena arena;
    const struct json_value *list;
    ingle_error err;
    snprintf(path, sizeof path, "%s/pii/synth_dataset_v2.json", folder);
    arena_init(&arena, (size_t)256 << 20);
    if (file_map_open(&file, path, &err) != INGLE_OK) die(err.msg);
    if (json_tree_parse(&list, &arena, (const char *)file.data, file.size, path, &err) !=
        INGLE_OK) {
        die(err.msg);
    }
    for (size_t i = 0; i < list->n; i++) {
        const struct json_value *v = &list->items[i];
        long id = strtol(json_member(v, "template_id")->text.data, NULL, 10);
        if (is_learnt(split, i, id)) continue;
        judge(&json_member(v, "full_text")->text, json_member(v, "spans"));
    }
    arena_clear(&arena);
    file_map_close(&file);
}

static double share(size_t part, size_t whole) {
    return whole ? 100.0 * (double)part / (double)whole : 0.0;
}

static void tell(const char *what, double asked, double reached) {
    printf("personal data: %s\tat least %.0f %%\t%.1f %%\t%s\n", what, asked, reached,
           reached >= asked ? "met" : "missed");
}

static void inform(const char *who, const struct score *s) {
    printf("personal data: %s\t\trecall %.1f %%, precision %.1f %%\t\n", who,
           share(s->n_hit, s->n_gold), share(s->n_hit, s->n_told));
}

static void report(const char *split) {
    char what[128];
    snprintf(what, sizeof what, "characters found, %zu texts unlike those learnt (%s)", n_texts,
             split);
    tell(what, 95.0, share(both.n_hit, both.n_gold));
    tell("of what was found, personal", 90.0, share(both.n_hit, both.n_told));
    inform("the tagger alone", &model_alone);
    inform("the rules alone", &rules_alone);
    for (size_t i = 0; i < n_labels; i++) {
        printf("personal data: %s\t\t%.1f %% of %zu characters\t\n", labels[i].name,
               share(labels[i].n_hit, labels[i].n_gold), labels[i].n_gold);
    }
    printf("personal data: time\t\t%.2f ms a KB, one thread\t\n",
           spent_ms / (double)n_bytes * 1024.0);
}

int main(int argc, char **argv) {
    ingle_error err;
    ingle_pack *opened;
    const char *split = argc > 4 ? argv[4] : "even";
    struct builtin_bytes own = builtin_bytes(BUILTIN_TAGGER);
    if (argc < 2) die("eval_pii DATA INGLE [PACK SPLIT]");
    if (argc <= 3 && own.size == 0) die("this build has no tagger: models/recipe/tagger makes it");
    ingle_status status = argc > 3
                              ? ingle_pack_open(&opened, argv[3], &err)
                              : ingle_pack_open_memory(&opened, own.data, own.size, own.name, &err);
    if (status != INGLE_OK) die(err.msg);
    pack = opened;
    judge_all(argv[1], split);
    report(split);
    redact_spans_clear(&tagged);
    ingle_pack_close(opened);
    return 0;
}
