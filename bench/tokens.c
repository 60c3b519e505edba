/* How fast a vocabulary opens, and how fast one thread encodes texts of several kinds with it.
 *
 *   tokens VOCABULARY.gguf [MB [FILE...]]     tokens llama.gguf 1 /usr/share/doc/x.txt
 *
 * Times are the processor's for this thread, the best of some. Texts are made from a seed, of MB
 * million bytes; the files are what prose is taken from. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/rng.h"
#include "engine/text/tokenizer.h"
#include "engine/text/unicode.h"

#define TRIES 9
#define MAX_FILE ((size_t)64 << 20)

struct maker {
    struct rng rng;
    struct buf text;
    struct buf files;
};

static void die(const char *what) {
    fprintf(stderr, "tokens: %s\n", what);
    exit(1);
}

static double cpu_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* ---- texts ---- */

static uint32_t below(struct maker *m, uint32_t n) {
    return rng_below(&m->rng, n);
}

static void put(struct maker *m, const char *text) {
    buf_add_str(&m->text, text);
}

static void put_cp(struct maker *m, uint32_t cp) {
    uint8_t utf8[4];
    buf_add(&m->text, utf8, unicode_encode(cp, utf8));
}

/* Words come as often as their place in a list says: the first ones most. */
static uint32_t rank(struct maker *m, uint32_t n) {
    return below(m, 1 + below(m, 1 + below(m, n)));
}

static const char *const words[] = {
    "the",     "of",          "and",        "to",        "in",           "a",         "is",
    "that",    "for",         "it",         "was",       "on",           "with",      "he",
    "as",      "you",         "do",         "at",        "this",         "but",       "his",
    "by",      "from",        "they",       "we",        "say",          "her",       "she",
    "or",      "an",          "will",       "my",        "one",          "all",       "would",
    "there",   "their",       "what",       "so",        "up",           "out",       "if",
    "about",   "who",         "get",        "which",     "go",           "me",        "when",
    "make",    "can",         "like",       "time",      "just",         "him",       "know",
    "take",    "people",      "into",       "year",      "your",         "good",      "some",
    "could",   "them",        "see",        "other",     "than",         "then",      "now",
    "look",    "only",        "come",       "its",       "over",         "think",     "also",
    "back",    "after",       "use",        "two",       "how",          "our",       "work",
    "first",   "well",        "way",        "even",      "new",          "want",      "because",
    "any",     "these",       "give",       "day",       "most",         "us",        "government",
    "kitchen", "temperature", "understand", "beautiful", "organisation", "Wednesday", "London",
    "I've",    "don't"};

static void prose(struct maker *m) {
    if (m->files.size > 4096) {
        size_t at = below(m, (uint32_t)m->files.size - 2048), len = 1024 + below(m, 1024);
        while (at > 0 && (m->files.data[at] & 0xc0) == 0x80) at--;
        while (at + len < m->files.size && (m->files.data[at + len] & 0xc0) == 0x80) len++;
        buf_add(&m->text, m->files.data + at, len);
        return;
    }
    for (uint32_t n = 4 + below(m, 16); n > 0; n--) {
        put(m, words[rank(m, BASE_COUNT(words))]);
        put(m, n > 1 ? below(m, 10) ? " " : ", " : below(m, 5) ? ". " : ".\n\n");
    }
}

static void code(struct maker *m) {
    static const char *const lines[] = {"if (%s->n_%s >= 0x%x) return -EINVAL;\n",
                                        "for (size_t i = 0; i < %s_%s; i += %u) {\n",
                                        "static int %s_%s(void *arg, unsigned flags);\n",
                                        "}\n\n",
                                        "    } else {\n",
                                        "    %s.%s = self.items[%u:]  # TODO\n",
                                        "def %s_%s(self, *args, **kwargs) -> None:\n",
                                        "const %s = await fetch(`${url}/%s?x=%u`);\n",
                                        "// %s: see %s, section %u\n",
                                        "assert_equal(%s[\"%s\"], {'a': %u});\n"};
    for (uint32_t n = below(m, 5); n > 0; n--) put(m, below(m, 5) ? "    " : "\t");
    buf_addf(&m->text, lines[below(m, BASE_COUNT(lines))], words[rank(m, BASE_COUNT(words))],
             words[rank(m, BASE_COUNT(words))], below(m, 1000));
}

static void markup(struct maker *m) {
    static const char *const tags[] = {"div", "span", "p", "li", "td", "a", "h2", "button"};
    const char *tag = tags[below(m, BASE_COUNT(tags))];
    buf_addf(&m->text, "<%s class=\"%s-%s\" id='x%u'>", tag, words[rank(m, BASE_COUNT(words))],
             words[rank(m, BASE_COUNT(words))], below(m, 100));
    prose(m);
    buf_addf(&m->text, "</%s>\n{\"%s\": [%u, null, %u.5e-3]}\n", tag,
             words[rank(m, BASE_COUNT(words))], below(m, 100), below(m, 10));
}

static void chinese(struct maker *m) {
    static const char common[] =
        "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年"
        "过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心"
        "她本前"
        "开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很"
        "最重并"
        "物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任"
        "常先海"
        "通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报"
        "才结反";
    uint32_t n_common = (uint32_t)(sizeof common / 3);
    for (uint32_t n = 5 + below(m, 30); n > 0; n--) {
        if (below(m, 40) == 0) {
            put_cp(m, 0x4e00 + below(m, 0x5200));
        } else {
            buf_add(&m->text, common + 3 * (size_t)rank(m, n_common), 3);
        }
    }
    put(m, below(m, 4) ? "，" : "。");
}

static void rare_han(struct maker *m) {
    for (uint32_t n = 5 + below(m, 30); n > 0; n--) put_cp(m, 0x4e00 + below(m, 0x5200));
    put(m, below(m, 4) ? "，" : "。\n");
}

static void scripts(struct maker *m) {
    static const char *const some[] = {"Съешь же ещё этих мягких французских булок, да выпей чаю. ",
                                       "Η γρήγορη καφέ αλεπού πηδάει πάνω από το τεμπέλικο σκυλί. ",
                                       "مرحبا بالعالم، هذا نص عربي طويل نوعا ما. ",
                                       "שלום עולם, זה טקסט בעברית. ",
                                       "नमस्ते दुनिया, यह हिन्दी में लिखा हुआ पाठ है। ",
                                       "ภาษาไทยไม่มีช่องว่างระหว่างคำ ",
                                       "私はガラスを食べられます。それは私を傷つけません。",
                                       "나는 유리를 먹을 수 있어요. 그래도 아프지 않아요. ",
                                       "Příliš žluťoučký kůň úpěl ďábelské ódy. ",
                                       "Größere Äpfel für fünf süße Mädchen. ",
                                       "Được rồi, tôi sẽ đến đó vào buổi chiều. ",
                                       "🙂👍🏽 👩‍👩‍👧 🇩🇪 "};
    put(m, some[below(m, BASE_COUNT(some))]);
}

static void spaces(struct maker *m) {
    static const char *const some[] = {" ", "\n", "\t", "\r\n", "    ", "\n\n"};
    const char *one = some[below(m, BASE_COUNT(some))];
    for (uint32_t n = 1 + below(m, 24); n > 0; n--) put(m, one);
    if (below(m, 3) == 0) put(m, words[rank(m, BASE_COUNT(words))]);
}

static void digits(struct maker *m) {
    for (uint32_t n = 1 + below(m, 12); n > 0; n--) put_cp(m, '0' + below(m, 10));
    static const char *const some[] = {" ", ".", ",", "\n", "-", ":", "e+", "\t"};
    put(m, some[below(m, BASE_COUNT(some))]);
}

static void base64(struct maker *m) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int n = 76; n > 0; n--) put_cp(m, (uint32_t)letters[below(m, 64)]);
    put(m, "\n");
}

static void one_word(struct maker *m) {
    for (int n = 64; n > 0; n--) put_cp(m, 'a' + below(m, 26));
}

static void bytes(struct maker *m) {
    for (int n = 64; n > 0; n--) {
        uint8_t byte = (uint8_t)below(m, 256);
        buf_add(&m->text, &byte, 1);
    }
}

static void mixed(struct maker *m) {
    static void (*const some[])(struct maker * m) = {prose, prose, code,    markup,  scripts,
                                                     code,  prose, chinese, scripts, digits};
    size_t end = m->text.size + 1024;
    for (uint32_t kind = below(m, BASE_COUNT(some)); m->text.size < end;) some[kind](m);
}

static const struct {
    const char *name;
    void (*make)(struct maker *m);
} kinds[] = {{"mixed", mixed},     {"prose", prose},     {"code", code},         {"markup", markup},
             {"scripts", scripts}, {"chinese", chinese}, {"rare han", rare_han}, {"spaces", spaces},
             {"digits", digits},   {"base64", base64},   {"one word", one_word}, {"bytes", bytes}};

static void read_files(struct maker *m, char **paths) {
    buf_init(&m->files, MAX_FILE);
    char block[4096];
    for (; *paths; paths++) {
        FILE *f = fopen(*paths, "rb");
        if (!f) die("cannot open a text");
        for (size_t n; (n = fread(block, 1, sizeof block, f)) > 0;) buf_add(&m->files, block, n);
        fclose(f);
    }
    if (buf_failed(&m->files)) die("the texts are too long");
}

/* ---- times ---- */

static double encode_ms(const struct tokenizer *t, const struct buf *text, int tries, size_t *n) {
    int32_t *ids = malloc((3 * text->size + 3) * sizeof *ids);
    double best = 1e300;
    if (!ids) die("out of memory");
    for (int i = 0; i < tries; i++) {
        double start = cpu_ms();
        if (tokenizer_encode(t, text->data, text->size, true, false, ids, 3 * text->size + 3, n,
                             NULL) != INGLE_OK)
            die("cannot encode");
        double ms = cpu_ms() - start;
        best = ms < best ? ms : best;
    }
    free(ids);
    return best;
}

static void open_file(struct gguf **g, struct tokenizer **t, const char *path) {
    double header = 1e300, tables = 1e300;
    for (int i = 0; i < TRIES; i++) {
        ingle_error err = {0};
        if (i > 0) {
            tokenizer_close(*t);
            gguf_close(*g);
        }
        double start = cpu_ms();
        if (gguf_open(g, path, &err) != INGLE_OK) die(err.msg);
        double opened = cpu_ms();
        if (tokenizer_open(t, *g, &err) != INGLE_OK) die(err.msg);
        double done = cpu_ms();
        header = opened - start < header ? opened - start : header;
        tables = done - opened < tables ? done - opened : tables;
    }
    printf("open        %7.2f ms, of which the file's header %.2f ms\n", header + tables, header);
}

int main(int argc, char **argv) {
    if (argc < 2) die("usage: tokens VOCABULARY.gguf [MB [FILE...]]");
    size_t size = (size_t)((argc > 2 ? strtod(argv[2], NULL) : 1) * 1e6);
    struct maker m = {0};
    struct gguf *g = NULL;
    struct tokenizer *t = NULL;
    read_files(&m, argv + (argc > 3 ? 3 : argc));
    open_file(&g, &t, argv[1]);
    for (size_t k = 0; k < BASE_COUNT(kinds); k++) {
        size_t n_ids = 0;
        rng_init(&m.rng, k);
        buf_init(&m.text, size + (1 << 16));
        while (m.text.size < size) kinds[k].make(&m);
        double ms = encode_ms(t, &m.text, size > 20000000 ? 2 : TRIES, &n_ids);
        printf("%-10s %8.1f MB/s  %6.2f bytes a token  %6.1f ns a token\n", kinds[k].name,
               (double)m.text.size / ms * 1e-3, (double)m.text.size / (double)n_ids,
               ms * 1e6 / (double)n_ids);
        fflush(stdout);
        buf_clear(&m.text);
    }
    tokenizer_close(t);
    gguf_close(g);
    buf_clear(&m.files);
    return 0;
}
