/* What the built-in encoder learns from: prepare_encoder DATA writes pairs of texts to its standard
 * output, JSON lines {"a", "b", "topic"} (src/learn/encoder_pairs.h). DATA/text, DATA/intents and
 * DATA/summaries are read; what held_out.h keeps back, and the test and validation queries, are
 * not used. Pairs are drawn with a fixed seed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/json_tree.h"
#include "base/rng.h"
#include "held_out.h"
#include "task/sentences.h"
#include "tldr_pages.h"

#define MAX_MEMORY ((size_t)1 << 30)
#define MAX_QUERIES 100000

static struct rng rng;

struct file {
    char *data;
    size_t size;
};

static void fail(const char *what, const char *path) {
    fprintf(stderr, "prepare_encoder: cannot %s %s\n", what, path);
    exit(1);
}

static struct file read_file(const char *folder, const char *name) {
    struct buf path, bytes;
    buf_init(&path, 4096);
    buf_init(&bytes, MAX_MEMORY);
    buf_addf(&path, "%s/%s", folder, name);
    FILE *f = path.data ? fopen(path.data, "rb") : NULL;
    if (!f) fail("open", path.data ? path.data : name);
    char part[65536];
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;) buf_add(&bytes, part, n);
    if (ferror(f) || buf_failed(&bytes)) fail("read", path.data);
    fclose(f);
    buf_clear(&path);
    return (struct file){bytes.data, bytes.size};
}

static const struct json_value *parse(struct arena *arena, const char *text, size_t len) {
    const struct json_value *value;
    ingle_error err;
    if (json_tree_parse(&value, arena, text, len, "the data", &err) == INGLE_OK) return value;
    fprintf(stderr, "prepare_encoder: %s\n", err.msg);
    exit(1);
}

static const struct json_text *text_of(const struct json_value *line, const char *member) {
    const struct json_value *v = json_member(line, member);
    if (!v || v->kind != JSON_STRING) fail("find in the data", member);
    return &v->text;
}

/* ---- output ---- */

static void put_string(const char *text, size_t len) {
    putchar('"');
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') {
            putchar('\\');
            putchar(c);
        } else if (c < 0x20) {
            putchar(' ');
        } else {
            putchar(c);
        }
    }
    putchar('"');
}

static bool has_letter(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if ((text[i] | 32) >= 'a' && (text[i] | 32) <= 'z') return true;
    }
    return false;
}

static void put_pair(const char *a, size_t a_len, const char *b, size_t b_len, const char *topic,
                     size_t topic_len) {
    if (!has_letter(a, a_len) || !has_letter(b, b_len)) return;
    fputs("{\"a\": ", stdout);
    put_string(a, a_len);
    fputs(", \"b\": ", stdout);
    put_string(b, b_len);
    if (topic_len > 0) {
        fputs(", \"topic\": ", stdout);
        put_string(topic, topic_len);
    }
    fputs("}\n", stdout);
}

/* ---- commands ---- */

static void add_text(struct buf *b, struct tldr_text text) {
    tldr_add(b, text);
    buf_add_str(b, ". ");
}

static void page_pairs(const struct tldr_page *page, size_t i, struct buf *task,
                       struct buf *other) {
    const struct tldr_text *name = &page->name;
    buf_reset(task);
    tldr_add(task, page->tasks[i]);
    buf_reset(other);
    tldr_add(other, page->commands[i]);
    put_pair(task->data, task->size, other->data, other->size, name->at, name->len);
    buf_reset(other);
    add_text(other, *name);
    add_text(other, page->about);
    put_pair(task->data, task->size, other->data, other->size, name->at, name->len);
    for (size_t j = 0; j < page->n; j++) {
        if (j == i) continue;
        add_text(other, page->tasks[j]);
        add_text(other, page->commands[j]);
    }
    put_pair(task->data, task->size, other->data, other->size, name->at, name->len);
}

/* Each task with its command, with what its page is about, and with the rest of the page. */
static void tldr_pairs(const char *data) {
    struct file f = read_file(data, "text/tldr_pages.txt");
    struct tldr_page page;
    struct buf task, other;
    buf_init(&task, 1 << 20);
    buf_init(&other, 1 << 20);
    for (size_t at = 0; tldr_next(f.data, f.size, &at, &page);) {
        if (is_held_out(page.name.at, page.name.len, HELD_OUT_PAGES)) continue;
        for (size_t i = 0; i < page.n; i++) page_pairs(&page, i, &task, &other);
    }
    buf_clear(&task);
    buf_clear(&other);
    mem_free(f.data);
}

/* ---- queries ---- */

struct query {
    const char *text, *intent;
    size_t len, intent_len;
};

static int by_intent(const void *a, const void *b) {
    const struct query *x = a, *y = b;
    size_t n = x->intent_len < y->intent_len ? x->intent_len : y->intent_len;
    int order = memcmp(x->intent, y->intent, n);
    if (order == 0) order = (x->intent_len > y->intent_len) - (x->intent_len < y->intent_len);
    return order ? order : (x->text > y->text) - (x->text < y->text);
}

/* Each query with two others of its intent, and with the intent's name. */
static void intent_pairs(struct query *list, size_t n) {
    qsort(list, n, sizeof *list, by_intent);
    for (size_t from = 0, to; from < n; from = to) {
        const struct query *first = &list[from];
        for (to = from; to < n && list[to].intent_len == first->intent_len &&
                        memcmp(list[to].intent, first->intent, first->intent_len) == 0;) {
            to++;
        }
        for (size_t i = from; i < to && to - from > 1; i++) {
            for (int k = 0; k < 2; k++) {
                size_t j = from + rng_below(&rng, (uint32_t)(to - from));
                if (j == i) j = j + 1 < to ? j + 1 : from;
                put_pair(list[i].text, list[i].len, list[j].text, list[j].len, first->intent,
                         first->intent_len);
            }
            if (i % 4 == 0) {
                put_pair(list[i].text, list[i].len, first->intent, first->intent_len, first->intent,
                         first->intent_len);
            }
        }
    }
}

static void clinc_pairs(const char *data) {
    struct file f = read_file(data, "intents/clinc150/data_full.json");
    struct arena arena;
    arena_init(&arena, MAX_MEMORY);
    const struct json_value *train = json_member(parse(&arena, f.data, f.size), "train");
    if (!train) fail("find in the data", "train");
    struct query *list = mem_calloc(train->n + 1, sizeof *list);
    if (!list) fail("hold", "the queries");
    for (size_t i = 0; i < train->n; i++) {
        const struct json_value *item = &train->items[i];
        list[i] = (struct query){item->items[0].text.data, item->items[1].text.data,
                                 item->items[0].text.len, item->items[1].text.len};
    }
    intent_pairs(list, train->n);
    mem_free(list);
    arena_clear(&arena);
    mem_free(f.data);
}

static size_t take_line(const struct file *f, size_t *at, const char **line) {
    const char *newline = memchr(f->data + *at, '\n', f->size - *at);
    size_t end = newline ? (size_t)(newline - f->data) : f->size, len = end - *at;
    *line = f->data + *at;
    *at = end < f->size ? end + 1 : f->size;
    return len;
}

static void hwu_pairs(const char *data) {
    struct file texts = read_file(data, "intents/hwu64/train/seq.in");
    struct file labels = read_file(data, "intents/hwu64/train/label");
    struct query *list = mem_calloc(MAX_QUERIES, sizeof *list);
    if (!list) fail("hold", "the queries");
    size_t n = 0;
    for (size_t at = 0, label_at = 0; at < texts.size && n < MAX_QUERIES; n++) {
        list[n].len = take_line(&texts, &at, &list[n].text);
        list[n].intent_len = take_line(&labels, &label_at, &list[n].intent);
    }
    intent_pairs(list, n);
    mem_free(list);
    mem_free(texts.data);
    mem_free(labels.data);
}

static void talk_pairs(const char *data) {
    struct file f = read_file(data, "text/taskmaster4_utterances.jsonl");
    for (size_t at = 0; at < f.size;) {
        const char *line;
        size_t len = take_line(&f, &at, &line);
        struct arena arena;
        arena_init(&arena, MAX_MEMORY);
        const struct json_value *talk = parse(&arena, line, len);
        for (size_t i = 1; i < talk->n; i++) {
            const struct json_text *a = &talk->items[i - 1].items[1].text;
            const struct json_text *b = &talk->items[i].items[1].text;
            put_pair(a->data, a->len, b->data, b->len, NULL, 0);
        }
        arena_clear(&arena);
    }
    mem_free(f.data);
}

/* ---- documents ---- */

/* Sentences around a sentence that stand for what it is about. */
#define AROUND 3

static void add_range(struct buf *b, const char *text, struct text_range r) {
    buf_add(b, text + r.from, r.to - r.from);
    buf_add_str(b, " ");
}

/* Each sentence with the next one; and with those around it, among which it is once in four
 * times, so that words which both have count as well. */
static void neighbour_pairs(const char *text, size_t len) {
    struct sentence *list;
    size_t n;
    struct buf around;
    if (sentences_split(text, len, &list, &n, NULL) != INGLE_OK) fail("hold", "the sentences");
    buf_init(&around, MAX_MEMORY);
    for (size_t i = 0; i < n; i++) {
        struct text_range r = list[i].range;
        if (list[i].kind == TEXT_VERBATIM) continue;
        if (i + 1 < n && list[i + 1].kind != TEXT_VERBATIM) {
            struct text_range next = list[i + 1].range;
            put_pair(text + r.from, r.to - r.from, text + next.from, next.to - next.from, NULL, 0);
        }
        buf_reset(&around);
        bool has_itself = rng_below(&rng, 4) == 0;
        for (size_t j = i > AROUND ? i - AROUND : 0; j < n && j <= i + AROUND; j++) {
            if (list[j].kind == TEXT_VERBATIM || (j == i && !has_itself)) continue;
            add_range(&around, text, list[j].range);
        }
        if (around.size > 0) {
            put_pair(text + r.from, r.to - r.from, around.data, around.size, NULL, 0);
        }
    }
    buf_clear(&around);
    mem_free(list);
}

/* Neighbours, and each heading with what stands under it. */
static void book_pairs(const char *data) {
    struct file f = read_file(data, "text/rust_book.txt");
    struct sentences walk;
    struct sentence one, heading = {.kind = TEXT_VERBATIM};
    neighbour_pairs(f.data, f.size);
    sentences_init(&walk, f.data, f.size);
    while (sentences_next(&walk, &one)) {
        if (one.kind == TEXT_HEADING) heading = one;
        if (heading.kind != TEXT_HEADING || one.kind != TEXT_PROSE) continue;
        const char *title = f.data + heading.range.from;
        size_t title_len = heading.range.to - heading.range.from;
        put_pair(title, title_len, f.data + one.range.from, one.range.to - one.range.from, title,
                 title_len);
    }
    mem_free(f.data);
}

/* A summary with its source, with each sentence of it, and with each other summary. */
static void summary_pairs(const struct json_text *summaries, size_t n, const char *text, size_t len,
                          const struct json_text *id) {
    for (size_t i = 0; i < n; i++) {
        struct sentences walk;
        struct sentence one;
        put_pair(summaries[i].data, summaries[i].len, text, len, id->data, id->len);
        sentences_init(&walk, text, len);
        while (sentences_next(&walk, &one)) {
            if (i > 0 && rng_below(&rng, 3)) continue;
            put_pair(summaries[i].data, summaries[i].len, text + one.range.from,
                     one.range.to - one.range.from, id->data, id->len);
        }
        for (size_t j = 0; j < i; j++) {
            put_pair(summaries[i].data, summaries[i].len, summaries[j].data, summaries[j].len,
                     id->data, id->len);
        }
    }
}

/* "(human) What it says": without who wrote it. */
static struct json_text without_author(struct json_text s) {
    const char *end = s.len > 0 && s.data[0] == '(' ? strstr(s.data, ") ") : NULL;
    if (!end) return s;
    size_t n = (size_t)(end + 2 - s.data);
    return (struct json_text){s.data + n, s.len - n};
}

static void document_pairs(const char *data, const char *name, bool is_paper) {
    struct file f = read_file(data, name);
    for (size_t at = 0; at < f.size;) {
        const char *line;
        size_t len = take_line(&f, &at, &line);
        struct arena arena;
        struct buf joined;
        struct json_text summaries[16];
        size_t n = 0;
        arena_init(&arena, MAX_MEMORY);
        buf_init(&joined, MAX_MEMORY);
        const struct json_value *doc = parse(&arena, line, len);
        const struct json_text *id = text_of(doc, is_paper ? "paper_id" : "id");
        const struct json_value *list = json_member(doc, is_paper ? "target" : "summaries");
        bool is_kept_back = is_held_out(id->data, id->len, HELD_OUT_PAPERS);
        for (size_t i = 0; list && i < list->n && n < 15; i++) {
            summaries[n++] = without_author(list->items[i].text);
        }
        if (is_paper) {
            summaries[n++] = *text_of(doc, "title");
            const struct json_value *source = json_member(doc, "source");
            for (size_t i = 0; source && i < source->n; i++) {
                buf_add(&joined, source->items[i].text.data, source->items[i].text.len);
                buf_add_str(&joined, "\n\n");
            }
        } else {
            buf_add(&joined, text_of(doc, "text")->data, text_of(doc, "text")->len);
        }
        if (!is_kept_back) {
            neighbour_pairs(joined.data, joined.size);
            summary_pairs(summaries, n, joined.data, joined.size, id);
        }
        buf_clear(&joined);
        arena_clear(&arena);
    }
    mem_free(f.data);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: prepare_encoder DATA > PAIRS.jsonl\n");
        return 2;
    }
    rng_init(&rng, 1);
    tldr_pairs(argv[1]);
    clinc_pairs(argv[1]);
    hwu_pairs(argv[1]);
    talk_pairs(argv[1]);
    book_pairs(argv[1]);
    document_pairs(argv[1], "summaries/scitldr_dev.jsonl", true);
    document_pairs(argv[1], "summaries/gum.jsonl", false);
    return fflush(stdout) == 0 ? 0 : 1;
}
