/* The training data of the built-in tagger: prepare_tagger DATA RECIPE SPLIT N TRAIN REST
 * reads DATA/pii/synth_dataset_v2.json, writes the texts of the split's half and N more to TRAIN,
 * the other half to REST (JSON lines, src/learn/tagger_data.h). The N are made from texts of that
 * half and RECIPE/tagger_texts.txt, their personal data replaced by what RECIPE/tagger_values.txt
 * and the half's own values give, and from plain texts. Nothing of the rest is used.
 * SPLIT: even, odd (template ids), first, second (halves drawn at random), all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/json_tree.h"
#include "base/rng.h"
#include "base/utf8.h"

#define MAX_SECTIONS 256
#define MAX_OPTIONS 65536
#define MAX_TEXTS 4096
#define MAX_SPANS 256
#define MAX_DEPTH 12
#define N_COMMON 6000

struct span {
    size_t from, to;
    const char *label;
};

struct text {
    const char *text;
    size_t len;
    struct span spans[64];
    size_t n_spans;
};

struct section {
    const char *name, *label; /* label "" = none */
    struct json_text *options;
    size_t n;
};

static struct arena arena;
static struct section sections[MAX_SECTIONS];
static size_t n_sections;
static struct text half[MAX_TEXTS]; /* of the data set, to learn from */
static size_t n_half;
static struct json_text own[MAX_TEXTS];
static size_t n_own;
static struct json_text rust_book;
static struct section *plain; /* sentences that name nobody and nothing */
static struct rng rng;

static void die(const char *what, const char *which) {
    fprintf(stderr, "prepare_tagger: %s: %s\n", which, what);
    exit(1);
}

static struct json_text read_file(const char *folder, const char *name) {
    char path[1024], block[65536];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    if (!f) die("cannot be read", path);
    struct buf b;
    buf_init(&b, (size_t)64 << 20);
    for (size_t n; (n = fread(block, 1, sizeof block, f)) > 0;) buf_add(&b, block, n);
    fclose(f);
    if (buf_failed(&b)) die("is too long", path);
    struct json_text text = {arena_copy(&arena, b.data ? b.data : "", b.size), b.size};
    buf_clear(&b);
    if (!text.data) die("no memory", path);
    return text;
}

static struct section *find_section(const char *name, size_t len) {
    for (size_t i = 0; i < n_sections; i++) {
        if (strlen(sections[i].name) == len && memcmp(sections[i].name, name, len) == 0) {
            return &sections[i];
        }
    }
    return NULL;
}

static struct section *make_section(const char *name, const char *label) {
    struct section *s = find_section(name, strlen(name));
    if (s) return s;
    if (n_sections == MAX_SECTIONS) die("too many sections", name);
    s = &sections[n_sections++];
    *s = (struct section){.name = arena_copy(&arena, name, strlen(name)),
                          .label = arena_copy(&arena, label, strlen(label)),
                          .options = arena_array(&arena, MAX_OPTIONS, sizeof *s->options)};
    if (!s->options) die("no memory", name);
    return s;
}

static void add_option(struct section *s, const char *text, size_t len) {
    if (s->n == MAX_OPTIONS) die("too many alternatives", s->name);
    s->options[s->n++] = (struct json_text){arena_copy(&arena, text, len), len};
}

/* "* a b_c": the words a and "b c". */
static void add_list(struct section *s, char *list) {
    for (char *word = strtok(list, " "); word; word = strtok(NULL, " ")) {
        size_t len = strlen(word);
        for (size_t i = 0; i < len; i++) word[i] = word[i] == '_' ? ' ' : word[i];
        add_option(s, word, len);
    }
}

/* Calls on each line that is no comment; \n written in it is a line end. */
static void each_line(struct json_text file, void (*fn)(char *line)) {
    char line[4096];
    for (size_t i = 0, end; i < file.len; i = end + 1) {
        const char *newline = memchr(file.data + i, '\n', file.len - i);
        end = newline ? (size_t)(newline - file.data) : file.len;
        size_t n = 0;
        for (size_t k = i; k < end && n + 1 < sizeof line; k++) {
            bool is_break = file.data[k] == '\\' && k + 1 < end && file.data[k + 1] == 'n';
            line[n++] = is_break ? '\n' : file.data[k];
            k += is_break;
        }
        line[n] = '\0';
        if (n > 0 && strncmp(line, "# ", 2) != 0) fn(line);
    }
}

static void read_value_line(char *line) {
    static struct section *now;
    char name[64], label[64] = "";
    if (line[0] == '[' && line[strlen(line) - 1] == ']' &&
        sscanf(line, "[%63[^] ] %63[^]]", name, label) >= 1) {
        now = make_section(name, label);
    } else if (strncmp(line, "* ", 2) == 0) {
        add_list(now, line + 2);
    } else {
        add_option(now, line, strlen(line));
    }
}

static void read_own_line(char *line) {
    if (n_own == MAX_TEXTS) die("too many texts", line);
    own[n_own++] = (struct json_text){arena_copy(&arena, line, strlen(line)), strlen(line)};
}

/* Frequent words: as they are, and with a capital. */
static void read_common(struct json_text file) {
    struct section *small = make_section("common", ""), *capital = make_section("Common", "");
    for (size_t i = 0; i < file.len && small->n < N_COMMON;) {
        size_t len = strspn(file.data + i, "abcdefghijklmnopqrstuvwxyz");
        if (len > 3) {
            char word[64];
            snprintf(word, sizeof word, "%.*s", (int)(len < 63 ? len : 63), file.data + i);
            add_option(small, word, strlen(word));
            word[0] = (char)(word[0] - 'a' + 'A');
            add_option(capital, word, strlen(word));
        }
        i += strcspn(file.data + i, "\n") + 1;
    }
}

/* No capital but the first, no digit: nothing in it names anybody. */
static bool is_plain(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        bool is_capital = text[i] >= 'A' && text[i] <= 'Z';
        bool is_i = text[i] == 'I' && (i + 1 == len || text[i + 1] == ' ' || text[i + 1] == '\'');
        if (text[i] & 0x80 || (text[i] >= '0' && text[i] <= '9')) return false;
        if (is_capital && i > 0 && !is_i) return false;
    }
    return len >= 16;
}

static void add_sentences(struct json_text t) {
    for (size_t i = 0, end; i < t.len; i = end) {
        for (end = i; end < t.len && !strchr(".!?", t.data[end]); end++) {}
        while (end < t.len && strchr(".!? ", t.data[end])) end++;
        size_t len = end - i;
        while (len > 0 && t.data[i + len - 1] == ' ') len--;
        if (is_plain(t.data + i, len) && plain->n < MAX_OPTIONS) add_option(plain, t.data + i, len);
    }
}

static void add_strings(const struct json_value *v) {
    if (v->kind == JSON_STRING) add_sentences(v->text);
    for (size_t i = 0; i < v->n; i++) {
        add_strings(v->kind == JSON_ARRAY ? &v->items[i] : &v->members[i].value);
    }
}

static void read_plain(struct json_text file) {
    for (size_t i = 0, end; i < file.len; i = end + 1) {
        const struct json_value *v;
        const char *newline = memchr(file.data + i, '\n', file.len - i);
        end = newline ? (size_t)(newline - file.data) : file.len;
        if (json_tree_parse(&v, &arena, file.data + i, end - i, "a line", NULL) == INGLE_OK) {
            add_strings(v);
        }
    }
}

/* The data set counts characters. */
static size_t byte_of(struct json_text text, const struct json_value *position) {
    size_t n = strtoul(position->text.data, NULL, 10), at = 0;
    for (size_t size; n > 0 && at < text.len; n--, at += size) {
        (void)utf8_next(text.data + at, text.len - at, &size);
    }
    return at;
}

/* Placeholders are read by people: [LOCATION_1] says more than [GPE_1]. */
static const char *label_of(const struct json_text *type) {
    if (json_text_is(type, "GPE")) return "LOCATION";
    return json_text_is(type, "NRP") ? "NATIONALITY" : type->data;
}

static int by_place(const void *a, const void *b) {
    const struct span *x = a, *y = b;
    return x->from < y->from ? -1 : x->from > y->from;
}

static void read_spans(struct text *t, const struct json_value *spans) {
    struct json_text text = {t->text, t->len};
    for (size_t i = 0; i < spans->n; i++) {
        const struct json_value *v = &spans->items[i];
        struct span *s = &t->spans[t->n_spans++];
        s->from = byte_of(text, json_member(v, "start_position"));
        s->to = byte_of(text, json_member(v, "end_position"));
        s->label = label_of(&json_member(v, "entity_type")->text);
        if (t->n_spans == 64) die("too many spans", t->text);
    }
    qsort(t->spans, t->n_spans, sizeof t->spans[0], by_place);
}

static void add_value(const struct text *t, const struct span *s) {
    const char *value = t->text + s->from;
    size_t len = s->to - s->from, head = 0, tail = len;
    char name[64];
    while (head < len && value[head] != ' ') head++;
    while (tail > 0 && value[tail - 1] != ' ') tail--;
    snprintf(name, sizeof name, "%s.seen", s->label);
    add_option(make_section(name, ""), value, len);
    snprintf(name, sizeof name, "%s.head", s->label);
    add_option(make_section(name, ""), value, head);
    snprintf(name, sizeof name, "%s.tail", s->label);
    add_option(make_section(name, ""), value + tail, len - tail);
}

static void put_text(FILE *out, const char *text, size_t len, const struct span *spans, size_t n) {
    fputs("{\"text\": \"", out);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == '"' || c == '\\') {
            fprintf(out, "\\u%04x", c);
        } else {
            fputc(c, out);
        }
    }
    fputs("\", \"spans\": [", out);
    for (size_t i = 0; i < n; i++) {
        fprintf(out, "%s{\"from\": %zu, \"to\": %zu, \"label\": \"%s\"}", i ? ", " : "",
                spans[i].from, spans[i].to, spans[i].label);
    }
    fputs("]}\n", out);
}

static bool is_to_learn(const char *split, size_t i, long template_id) {
    if (strcmp(split, "even") == 0) return template_id % 2 == 0;
    if (strcmp(split, "odd") == 0) return template_id % 2 != 0;
    if (strcmp(split, "first") == 0) return hash_u64(1, i) >> 8 & 1;
    if (strcmp(split, "second") == 0) return !(hash_u64(1, i) >> 8 & 1);
    if (strcmp(split, "all") != 0) die("no such split", split);
    return true;
}

static void read_data(const char *folder, const char *split, FILE *train, FILE *rest) {
    struct json_text file = read_file(folder, "pii/synth_dataset_v2.json");
    const struct json_value *list;
    ingle_error err;
    if (json_tree_parse(&list, &arena, file.data, file.len, "the data set", &err) != INGLE_OK) {
        die(err.msg, folder);
    }
    for (size_t i = 0; i < list->n; i++) {
        const struct json_value *v = &list->items[i], *text = json_member(v, "full_text");
        long id = strtol(json_member(v, "template_id")->text.data, NULL, 10);
        bool learn = is_to_learn(split, i, id);
        struct text other = {0}, *t = learn ? &half[n_half++] : &other;
        *t = (struct text){.text = text->text.data, .len = text->text.len};
        read_spans(t, json_member(v, "spans"));
        put_text(learn ? train : rest, t->text, t->len, t->spans, t->n_spans);
        for (size_t s = 0; learn && s < t->n_spans; s++) add_value(t, &t->spans[s]);
    }
}

/* ---- making texts ---- */

static char made[1 << 20];
static size_t made_len;
static struct span made_spans[MAX_SPANS];
static size_t n_made_spans;

static void put(char c) {
    if (made_len < sizeof made) made[made_len++] = c;
}

static void expand_section(const struct section *s, int depth);

/* Slots are filled, and in values the signs of a pattern. */
static void expand(struct json_text t, bool is_pattern, int depth) {
    for (size_t i = 0; i < t.len; i++) {
        char c = t.data[i];
        size_t end = i + 1;
        while (c == '{' && end < t.len && t.data[end] != '}' && t.data[end] != '{') end++;
        bool is_slot = c == '{' && end < t.len && t.data[end] == '}';
        const struct section *s = is_slot ? find_section(t.data + i + 1, end - i - 1) : NULL;
        if (s && depth < MAX_DEPTH) {
            expand_section(s, depth + 1);
            i = end;
        } else if (is_pattern && c == '#') {
            put((char)('0' + rng_below(&rng, 10)));
        } else if (is_pattern && c == '%') {
            put((char)('1' + rng_below(&rng, 9)));
        } else if (is_pattern && c == '^') {
            put((char)('A' + rng_below(&rng, 26)));
        } else if (is_pattern && c == '~') {
            put((char)('a' + rng_below(&rng, 26)));
        } else if (is_slot && !s && t.data[i + 1] >= 'A' && depth > 0) {
            die("no section for a slot", t.data);
        } else {
            put(c);
        }
    }
}

/* What only asks for values that the half has none of is passed over. */
static struct json_text choose(const struct section *s) {
    struct json_text option;
    do {
        option = s->options[rng_below(&rng, (uint32_t)s->n)];
    } while (option.len > 6 && memcmp(option.data + option.len - 6, ".seen}", 6) == 0 &&
             !find_section(option.data + 1, option.len - 2));
    return option;
}

static void expand_section(const struct section *s, int depth) {
    static bool is_inside;
    bool is_span = s->label[0] && !is_inside;
    size_t from = made_len;
    if (s->n == 0) die("an empty section", s->name);
    struct json_text option = choose(s);
    bool is_verbatim = strchr(s->name, '.') != NULL;
    if (is_span) is_inside = true;
    if (is_verbatim) {
        for (size_t i = 0; i < option.len; i++) put(option.data[i]);
    } else {
        expand(option, true, depth);
    }
    if (!is_span) return;
    is_inside = false;
    while (made_len > from && made[made_len - 1] == ' ') made_len--;
    if (n_made_spans < MAX_SPANS && made_len > from) {
        made_spans[n_made_spans++] = (struct span){from, made_len, s->label};
    }
}

/* A text of the half with other values, now and then with its own. */
static void refill(const struct text *t) {
    size_t at = 0;
    for (size_t i = 0; i < t->n_spans; i++) {
        const struct span *s = &t->spans[i];
        for (; at < s->from; at++) put(t->text[at]);
        at = s->to;
        expand_section(find_section(s->label, strlen(s->label)), 0);
    }
    for (; at < t->len; at++) put(t->text[at]);
}

/* Lines of the Rust book, in which no persons live. */
static void put_book(void) {
    size_t at = rng_below(&rng, (uint32_t)rust_book.len), lines = 1 + rng_below(&rng, 4);
    while (at < rust_book.len && rust_book.data[at++] != '\n') {}
    for (; at < rust_book.len && lines > 0; at++) {
        lines -= rust_book.data[at] == '\n';
        if (lines > 0) put(rust_book.data[at]);
    }
}

/* Capitals alone make no name: headings, shouting, a word here and there. */
static void put_plain(void) {
    struct json_text t = plain->options[rng_below(&rng, (uint32_t)plain->n)];
    uint32_t kind = rng_below(&rng, 12);
    for (size_t i = 0; i < t.len; i++) {
        bool begins = i == 0 || t.data[i - 1] == ' ';
        bool raises =
            kind == 0 || (kind == 1 && begins) || (kind == 2 && begins && rng_below(&rng, 6) == 0);
        bool is_lower = t.data[i] >= 'a' && t.data[i] <= 'z';
        put((char)(raises && is_lower ? t.data[i] - 32 : t.data[i]));
    }
}

static void make_part(void) {
    uint32_t kind = rng_below(&rng, 100);
    if (kind < 35) {
        refill(&half[rng_below(&rng, (uint32_t)n_half)]);
    } else if (kind < 65) {
        expand(own[rng_below(&rng, (uint32_t)n_own)], false, 0);
    } else if (kind < 95) {
        put_plain();
    } else {
        put_book();
    }
}

static void change_case(void) {
    uint32_t kind = rng_below(&rng, 100);
    for (size_t i = 0; i < made_len && kind < 7; i++) {
        char c = made[i];
        bool is_upper = c >= 'A' && c <= 'Z', is_lower = c >= 'a' && c <= 'z';
        if (kind < 4 && is_upper) made[i] = (char)(c + 32);
        if (kind >= 4 && is_lower) made[i] = (char)(c - 32);
    }
}

static void make_text(FILE *out) {
    static const char *const joints[] = {" ", " ", "\n", "\n\n"};
    made_len = n_made_spans = 0;
    make_part();
    while (rng_below(&rng, 5) == 0) {
        for (const char *c = joints[rng_below(&rng, 4)]; *c; c++) put(*c);
        make_part();
    }
    change_case();
    if (utf8_is_valid(made, made_len)) put_text(out, made, made_len, made_spans, n_made_spans);
}

static FILE *create(const char *path) {
    FILE *f = fopen(path, "wb");
    if (!f) die("cannot be written", path);
    return f;
}

int main(int argc, char **argv) {
    if (argc != 7) die("six arguments are needed: DATA RECIPE SPLIT N TRAIN REST", "usage");
    arena_init(&arena, (size_t)2 << 30);
    rng_init(&rng, 1);
    FILE *train = create(argv[5]), *rest = create(argv[6]);
    each_line(read_file(argv[2], "tagger_values.txt"), read_value_line);
    each_line(read_file(argv[2], "tagger_texts.txt"), read_own_line);
    read_common(read_file(argv[1], "text/frequency_dictionary_en_82_765.txt"));
    rust_book = read_file(argv[1], "text/rust_book.txt");
    plain = make_section("plain", "");
    read_plain(read_file(argv[1], "text/taskmaster4_utterances.jsonl"));
    read_plain(read_file(argv[1], "summaries/scitldr_dev.jsonl"));
    read_data(argv[1], argv[3], train, rest);
    for (long n = strtol(argv[4], NULL, 10); n > 0; n--) make_text(train);
    bool is_good = fclose(train) == 0;
    if (fclose(rest) != 0 || !is_good) die("cannot be written", argv[5]);
    arena_clear(&arena);
    return 0;
}
