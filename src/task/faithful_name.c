/* Names: capitalised words and rows of them, acronyms, products with digits in them, addresses. In
 * the normal form a name has no marks on its letters, no possessive, no plural. */
#include <string.h>

#include "base/alloc.h"
#include "task/faithful_internal.h"

enum { ROOT_OF_WORD, ROOT_OF_ALIAS, SINGULAR };

static uint64_t alias_key(const struct reading *r, const struct tok *t) {
    double id = lexicon_value(&r->source->lexicon, t->word, LEX_ALIAS).value;
    return key_of(KEY_ROOT, (uint64_t)id, ROOT_OF_ALIAS);
}

static uint64_t pair_key(const struct tok *a, const struct tok *b) {
    return key_of(KEY_PAIR, a->word ^ b->word, a->word + b->word);
}

/* ---- addresses ---- */

/* Without scheme and www. */
static size_t address_start(const struct reading *r, const struct tok *t) {
    size_t from = t->from;
    for (size_t i = from; i + 3 < t->to; i++) {
        if (memcmp(r->text + i, "://", 3) == 0) from = i + 3;
    }
    if (t->to - from > 4 && memcmp(r->text + from, "www.", 4) == 0) from += 4;
    return from;
}

static size_t address_host_end(const struct reading *r, size_t from, size_t to) {
    while (from < to && r->text[from] != '/') from++;
    return from;
}

static void give_parts(struct reading *r, size_t from, size_t to);

static void read_address(struct reading *r, struct tok *t) {
    size_t from = address_start(r, t), to = t->to;
    while (to > from + 1 && r->text[to - 1] == '/') to--;
    struct fact f = {.kind = FAITHFUL_ADDRESS, .from = t->from, .to = t->to};
    f.word = code_hash(r->text, from, to, true);
    fact_state(r, &f);
    if (!reading_gives(r)) return;
    size_t host = address_host_end(r, from, to);
    struct key_set *keys = &r->source->keys;
    key_set_add(keys, key_of(KEY_CODE, code_hash(r->text, from, host, true), 0));
    for (size_t i = from; i < to; i++) {
        /* Folders and names of files, and the host of an e-mail address. */
        if (r->text[i] != '/' && r->text[i] != '@') continue;
        key_set_add(keys, key_of(KEY_CODE, code_hash(r->text, i + 1, to, true), 0));
    }
    give_parts(r, from, to);
}

/* maria.silva@example.com tells of Maria and Silva. */
static void give_parts(struct reading *r, size_t from, size_t to) {
    struct key_set *keys = &r->source->keys;
    size_t part = from;
    for (size_t i = from; i <= to; i++) {
        bool ends = i == to || strchr(".@/_-+?=&:#~", r->text[i]) != NULL;
        if (!ends) continue;
        if (i > part + 1) {
            uint64_t word = code_hash(r->text, part, i, false);
            key_set_add(keys, key_of(KEY_WORD, word, 0));
            key_set_add(keys, key_of(KEY_LOWER, word, 0));
            key_set_add(keys, key_of(KEY_CODE, word, 0));
        }
        part = i + 1;
    }
}

/* ---- what a source says ---- */

static bool keep_word(struct faithful_source *s, const struct tok *t) {
    if (s->n_words + 2 > s->words_cap) {
        size_t cap = s->words_cap ? 2 * s->words_cap : 1024;
        uint32_t *words = mem_realloc(s->words, cap * sizeof *words);
        if (!words) return false;
        s->words = words;
        char *initials = mem_realloc(s->initials, cap);
        if (!initials) return false;
        s->initials = initials;
        s->words_cap = cap;
    }
    if ((t->flags & TOK_STARTS) && s->n_words > 0) {
        s->words[s->n_words] = 0;
        s->initials[s->n_words++] = '.';
    }
    char c = t->initial;
    if ((t->classes & LEX_STOP) && c >= 'a' && c <= 'z') c = (char)(c - 32);
    s->words[s->n_words] = (uint32_t)t->word;
    s->initials[s->n_words++] = c ? c : '?';
    return true;
}

/* What names this one stands in a row with: "Maria da Silva", "Silva, Maria", "Maria J. Silva". */
static void give_pairs(struct reading *r, size_t i) {
    const struct tok *t = &r->toks.items[i];
    for (size_t j = i, n = 0; j > 0 && n < 5; n++) {
        const struct tok *before = &r->toks.items[--j];
        if (tok_is_capital(before)) {
            key_set_add(&r->source->keys, pair_key(before, t));
            key_set_add(&r->source->keys, key_of(KEY_INITIAL, (uint64_t)before->initial, t->word));
        } else if (before->kind == TOK_WORD
                       ? !tok_has(before, LEX_PARTICLE)
                       : before->symbol != ',' && before->symbol != '.' && before->symbol != '-') {
            break;
        }
    }
}

/* The number behind a capitalised word that it numbers: Table 3, Internet Explorer 6; -1 if none.
 * No year, and no day of a month. */
static int numbered(const struct reading *r, size_t i, size_t number) {
    const struct tok *t = &r->toks.items[i], *n = tok_at(r, number);
    if (!tok_is_capital(t) || tok_has(t, LEX_STOP | LEX_MONTH | LEX_WEEKDAY | LEX_BEFORE_MONTH))
        return -1;
    int value = tok_plain_int(r, n, 1, 4);
    return value < 1000 ? value : -1;
}

static uint64_t numbered_key(const struct tok *t, int number) {
    return key_of(KEY_NUMBERED, t->singular, (uint64_t)(number + 1));
}

/* "Tables 2, 3 and 5" numbers three. */
static void give_numbered(struct reading *r, size_t i) {
    struct key_set *keys = &r->source->keys;
    const struct tok *t = &r->toks.items[i];
    size_t at = i + 1;
    int last = -1;
    bool is_range = false;
    for (int n; (n = numbered(r, i, at)) >= 0; last = n) {
        key_set_add(keys, numbered_key(t, -1));
        key_set_add(keys, numbered_key(t, n));
        for (int k = last + 1; is_range && k < n && k < last + 100; k++) {
            key_set_add(keys, numbered_key(t, k)); /* Tables 2-5 */
        }
        const struct tok *between = tok_at(r, ++at);
        is_range = tok_is_dash(between) || tok_word_is(between, "to");
        if (!tok_is_dash(between) && !tok_is(between, ',') && !tok_word_is(between, "and") &&
            !tok_word_is(between, "to") && !tok_word_is(between, "or")) {
            break;
        }
        at++;
    }
}

/* Whether the word is numbered in the source, and not with this number. */
static bool is_wrong_number(const struct reading *r, size_t i) {
    const struct tok *t = &r->toks.items[i];
    int n = numbered(r, i, i + 1);
    return n >= 0 && key_set_has(&r->source->keys, numbered_key(t, -1)) &&
           key_set_has(&r->source->keys, key_of_number(KEY_NUMBER, n, 0)) &&
           !key_set_has(&r->source->keys, numbered_key(t, n));
}

static void give_word(struct reading *r, size_t i) {
    const struct tok *t = &r->toks.items[i];
    struct key_set *keys = &r->source->keys;
    key_set_add(keys, key_of(KEY_WORD, t->word, 0));
    key_set_add(keys, key_of(KEY_ROOT, t->root, ROOT_OF_WORD));
    key_set_add(keys, key_of(KEY_ROOT, t->singular, SINGULAR));
    if (tok_has(t, LEX_ALIAS)) key_set_add(keys, alias_key(r, t));
    if (t->flags & TOK_CAPITALS) key_set_add(keys, key_of(KEY_ACRONYM, t->word, 0));
    if (tok_is_capital(t)) {
        give_pairs(r, i);
        give_numbered(r, i);
    } else {
        key_set_add(keys, key_of(KEY_LOWER, t->word, 0));
    }
    /* GPT-4, GPT 4, e-mail */
    const struct tok *next = tok_at(r, i + 1);
    if (next && next->kind == TOK_NUMBER) {
        key_set_add(keys, key_of(KEY_CODE, code_hash(r->text, t->from, next->to, false), 0));
    }
    const struct tok *behind = tok_at(r, i + 2);
    if (tok_is_dash(next) && tok_touches(behind) && behind->kind != TOK_SYMBOL) {
        uint64_t joined = code_hash(r->text, t->from, behind->to, false);
        key_set_add(keys, key_of(KEY_CODE, joined, 0));
        key_set_add(keys, key_of(KEY_WORD, joined, 0));
    }
}

static void give_names(struct reading *r) {
    struct faithful_source *s = r->source;
    for (size_t i = 0; i < r->toks.n; i++) {
        struct tok *t = &r->toks.items[i];
        if (t->kind == TOK_SYMBOL) continue;
        if (t->kind == TOK_ADDRESS) {
            read_address(r, t);
        } else if (t->kind == TOK_WORD) {
            give_word(r, i);
            tally_word(&s->tally, t);
        } else {
            key_set_add(&s->keys, key_of(KEY_CODE, t->word, 0));
            key_set_add(&s->keys, key_of(KEY_WORD, t->word, 0));
            if (t->kind == TOK_CODE) {
                for (size_t k = t->from + 1; k < t->to; k++) {
                    /* v1.2 is 1.2; H100s is H100 */
                    bool digit = r->text[k] >= '0' && r->text[k] <= '9';
                    bool letter_before =
                        (r->text[k - 1] | 32) >= 'a' && (r->text[k - 1] | 32) <= 'z';
                    if (!digit || !letter_before) continue;
                    key_set_add(&s->keys, key_of(KEY_CODE, code_hash(r->text, k, t->to, false), 0));
                }
            }
        }
        if (!keep_word(s, t)) {
            r->failed = true;
            return;
        }
    }
}

/* ---- whether a source has a name ---- */

/* Whether the letters of an acronym begin words in a row, with or without the small ones. */
static bool is_acronym_of_words(const struct reading *r, const struct tok *t) {
    const struct faithful_source *s = r->source;
    char letters[12];
    size_t n = 0;
    for (size_t i = t->from; i < t->to && n < sizeof letters; i++) {
        char c = (char)(r->text[i] | 32);
        if (r->text[i] >= 'A' && r->text[i] <= 'Z') letters[n++] = c;
    }
    if (n < 2 || n == sizeof letters) return false;
    for (size_t i = 0; i < s->n_words; i++) {
        if ((s->initials[i] | 32) != letters[0]) continue;
        size_t at = i, k = 0, end = i + 2 * n < s->n_words ? i + 2 * n : s->n_words;
        for (; at < end && k < n && s->initials[at] != '.'; at++) {
            bool is_small = s->initials[at] >= 'A' && s->initials[at] <= 'Z';
            if ((s->initials[at] | 32) == letters[k]) {
                k++;
            } else if (!is_small) {
                break;
            }
        }
        if (k == n && n >= 3) return true;
        if (k == n && at == i + n) return true;
    }
    return false;
}

static bool has_word(const struct reading *r, const struct tok *t) {
    const struct key_set *keys = &r->source->keys;
    if (key_set_has(keys, key_of(KEY_WORD, t->word, 0))) return true;
    if (key_set_has(keys, key_of(KEY_ROOT, t->singular, SINGULAR))) return true;
    if (t->n_letters >= 5 && key_set_has(keys, key_of(KEY_ROOT, t->root, ROOT_OF_WORD))) {
        return true;
    }
    if (tok_has(t, LEX_ALIAS) && key_set_has(keys, alias_key(r, t))) return true;
    if ((t->flags & TOK_CAPITALS) && is_acronym_of_words(r, t)) return true;
    return key_set_has(keys, key_of(KEY_CODE, t->word, 0));
}

/* ---- what an output says ---- */

/* "Multi-task": no name. */
static bool is_prefix(const struct reading *r, size_t i) {
    static const char *const prefixes[] = {
        "multi", "single", "non", "pre",  "post", "semi", "self", "cross", "anti", "inter", "sub",
        "two",   "re",     "end", "over", "co",   "full", "high", "low",   "long", "short"};
    const struct tok *t = &r->toks.items[i], *dash = tok_at(r, i + 1);
    if (!tok_is(dash, '-') || !tok_touches(dash)) return false;
    for (size_t k = 0; k < BASE_COUNT(prefixes); k++) {
        if (tok_word_is(t, prefixes[k])) return true;
    }
    return false;
}

/* Whether the capitalised line that holds token i is mostly of words that the source has: then it
 * is one of the source's lines, and what it does not have was put in. */
static bool is_known_title(const struct reading *r, size_t i) {
    size_t from = i, to = i, n = 0, n_known = 0;
    while (from > 0 && i - from < 16 && !(r->toks.items[from].flags & TOK_LINE)) from--;
    while (to < r->toks.n && to - i < 16 && (to == i || !(r->toks.items[to].flags & TOK_LINE))) {
        to++;
    }
    for (; from < to; from++) {
        const struct tok *t = &r->toks.items[from];
        if (from == i || t->kind != TOK_WORD || t->n_letters < 4) continue;
        n++;
        n_known += key_set_has(&r->source->keys, key_of(KEY_WORD, t->word, 0));
    }
    return n >= 2 && n_known * 3 >= n * 2;
}

static bool is_name(const struct reading *r, size_t i) {
    const struct tok *t = &r->toks.items[i];
    if (!tok_is_capital(t) || (t->flags & (TOK_USED | TOK_INITIAL))) return false;
    if (tok_has(t, LEX_STOP | LEX_CAPITAL | LEX_TITLE | LEX_HEDGE | LEX_DIGIT)) {
        /* US and IT are no stop words; "Us" and "It" are. */
        if (!(t->flags & TOK_CAPITALS) || (t->flags & (TOK_ON_TITLE | TOK_STARTS))) return false;
        if (tok_has(t, LEX_CAPITAL)) return false;
    }
    if (t->n_letters < 2 || (tok_is_day_or_month(t) && (t->flags & TOK_STARTS))) return false;
    if (is_prefix(r, i)) return false;
    if (!r->is_english) {
        return (t->flags & TOK_CAPITALS) && t->n_letters >= 3 && !(t->flags & TOK_ON_TITLE);
    }
    if ((t->flags & TOK_ON_TITLE) && !(t->flags & TOK_STARTS) && is_known_title(r, i)) return true;
    return !(t->flags & (TOK_STARTS | TOK_ON_TITLE)) || first_is_name(r, i);
}

/* XIV behind a name: 14 will do. */
static double roman_value(const struct reading *r, const struct tok *t) {
    static const char letters[] = "IVXLCDM";
    static const int values[] = {1, 5, 10, 50, 100, 500, 1000};
    int total = 0, last = 0;
    for (size_t i = t->to; i > t->from; i--) {
        const char *at = strchr(letters, r->text[i - 1]);
        if (!at || r->text[i - 1] == '\0') return 0;
        int v = values[at - letters];
        total += v < last ? -v : v;
        if (v > last) last = v;
    }
    return total > 0 && total < 100 ? total : 0;
}

/* A row of capitalised words at i that an acronym of the source stands for; returns its end. */
static size_t spelled_out(const struct reading *r, size_t i) {
    char letters[12];
    size_t n = 0, j = i;
    for (; j < r->toks.n && n < sizeof letters; j++) {
        const struct tok *t = &r->toks.items[j];
        if (t->kind != TOK_WORD) break;
        if (!tok_is_capital(t)) {
            if (!tok_has(t, LEX_STOP)) break;
            continue;
        }
        letters[n++] = t->initial;
        if (n >= 2 &&
            key_set_has(&r->source->keys, key_of(KEY_ACRONYM, word_hash(letters, n), 0))) {
            return j + 1;
        }
    }
    return i;
}

static void report_name(struct reading *r, const struct tok *t) {
    struct fact f = {.kind = FAITHFUL_NAME, .from = t->from, .to = t->to};
    if (t->flags & TOK_OWNER) f.to -= (unsigned char)r->text[t->to - 2] == 0x99 ? 4 : 2;
    char normal[FAITHFUL_NORMAL];
    size_t len = f.to - f.from < sizeof normal - 1 ? f.to - f.from : sizeof normal - 1;
    while (len > 0 && f.from + len < f.to && (r->text[f.from + len] & 0xc0) == 0x80) len--;
    memcpy(normal, r->text + f.from, len);
    normal[len] = '\0';
    report_add(r, FAITHFUL_NAME, f.from, f.to, normal);
}

/* Two words that are names, next to each other here and nowhere near each other in the source: the
 * given name of one person with the family name of another. */
static bool is_wrong_pair(const struct reading *r, size_t i) {
    const struct tok *t = &r->toks.items[i], *before = i > 0 ? t - 1 : NULL;
    const struct key_set *keys = &r->source->keys;
    if (!before || !tok_is_capital(before) || tok_touches(t) || (before->flags & TOK_OWNER) ||
        (t->flags & TOK_ON_TITLE) || tok_has(before, LEX_STOP | LEX_TITLE | LEX_CAPITAL) ||
        tok_has(t, LEX_ALIAS) || tok_has(before, LEX_ALIAS) || tok_is_day_or_month(before)) {
        return false;
    }
    if (before->flags & TOK_INITIAL) {
        return !key_set_has(keys, key_of(KEY_INITIAL, (uint64_t)before->initial, t->word));
    }
    if (key_set_has(keys, pair_key(before, t))) return false;
    return key_set_has(keys, key_of(KEY_WORD, before->word, 0)) &&
           !key_set_has(keys, key_of(KEY_LOWER, before->word, 0)) &&
           !key_set_has(keys, key_of(KEY_LOWER, t->word, 0)) &&
           key_set_has(keys, key_of(KEY_WORD, t->word, 0));
}

/* WORD-NUMBER as one name: GPT-4. */
static bool read_hyphened(struct reading *r, size_t i) {
    const struct tok *t = &r->toks.items[i], *dash = tok_at(r, i + 1), *number = tok_at(r, i + 2);
    if (!tok_is_capital(t) || (t->flags & TOK_USED) || tok_has(t, LEX_MONTH | LEX_STOP))
        return false;
    if (!tok_is(dash, '-') || !tok_touches(dash) || !tok_touches(number) ||
        number->kind != TOK_NUMBER || (number->flags & TOK_USED)) {
        return false;
    }
    struct fact f = {.kind = FAITHFUL_NAME, .from = t->from, .to = number->to};
    f.word = code_hash(r->text, t->from, number->to, false);
    fact_state(r, &f);
    toks_use(r, i, i + 3);
    return true;
}

static void check_code(struct reading *r, struct tok *t) {
    struct fact f = {.kind = FAITHFUL_NAME, .from = t->from, .to = t->to, .word = t->word};
    if (t->flags & TOK_USED) return;
    if (fact_offer(r, &f)) {
        r->report->n_checked++;
        return;
    }
    struct fact shorter = f;
    if ((r->text[t->from] | 32) == 'v') {
        shorter.word = code_hash(r->text, t->from + 1, t->to, false);
        if (fact_offer(r, &shorter)) return;
    }
    if (r->text[t->to - 1] == 's') {
        shorter.word = code_hash(r->text, t->from, t->to - 1, false);
        if (fact_offer(r, &shorter)) return;
    }
    fact_state(r, &f);
}

static void check_names(struct reading *r) {
    for (size_t i = 0; i < r->toks.n; i++) {
        struct tok *t = &r->toks.items[i];
        if (t->kind == TOK_ADDRESS) read_address(r, t);
        if (t->kind == TOK_CODE) check_code(r, t);
        if (is_wrong_number(r, i)) {
            const struct tok *number = &r->toks.items[i + 1];
            report_add(r, FAITHFUL_NUMBER, number->from, number->to, "another number there");
        }
        if (read_hyphened(r, i) || !is_name(r, i)) continue;
        r->report->n_checked++;
        if (has_word(r, t)) {
            if (is_wrong_pair(r, i)) report_name(r, t);
            continue;
        }
        size_t end = spelled_out(r, i);
        if (end > i) {
            i = end - 1;
            continue;
        }
        double roman =
            (t->flags & TOK_CAPITALS) && i > 0 && tok_is_capital(t - 1) ? roman_value(r, t) : 0;
        if (roman > 0 && key_set_has(&r->source->keys, key_of_number(KEY_NUMBER, roman, 0))) {
            continue;
        }
        report_name(r, t);
    }
}

void read_names(struct reading *r) {
    if (reading_gives(r)) {
        give_names(r);
    } else {
        check_names(r);
    }
}
