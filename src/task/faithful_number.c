/* Numbers, in digits and in words, with what they count in: percent, money, units. */
#include <math.h>
#include <string.h>

#include "task/faithful_internal.h"
#include "task/faithful_lexicon_tables.h"

struct number {
    double values[4];
    size_t n_values;
    size_t end; /* the token behind it */
    int unit;
    double factor;
    bool is_ordinal, is_decade, is_century, has_scale, from_words, is_fraction;
    double scale; /* that was multiplied in; 1 */
};

static struct lex_value value_of(const struct reading *r, const struct tok *t,
                                 enum lex_class which) {
    return lexicon_value(&r->source->lexicon, t->word, which);
}

static void add_value(struct number *n, double v) {
    for (size_t i = 0; i < n->n_values; i++) {
        if (n->values[i] == v) return;
    }
    if (n->n_values < BASE_COUNT(n->values)) n->values[n->n_values++] = v;
}

/* ---- digits ---- */

/* Digits of text[from..to), its groups joined; `point` (0 = none) is the decimal one. */
static double to_value(const char *text, size_t from, size_t to, char point) {
    double value = 0, place = 0;
    for (size_t i = from; i < to; i++) {
        if (text[i] == point && point) {
            place = 1;
        } else if (text[i] >= '0' && text[i] <= '9') {
            value = 10 * value + (text[i] - '0');
            place *= 10;
        }
    }
    return place > 1 ? value / place : value;
}

/* The readings of 1,200 and 1.200 and 1.234,56: a point or comma that stands once before three
 * digits may divide thousands or begin decimals. The likelier first. */
static void read_digits(struct number *n, const char *text, size_t from, size_t to) {
    size_t n_points = 0, n_commas = 0, last = to;
    for (size_t i = from; i < to; i++) {
        n_points += text[i] == '.';
        n_commas += text[i] == ',';
        if (text[i] == '.' || text[i] == ',') last = i;
    }
    size_t behind = last < to ? to - last - 1 : 0;
    char mark = last < to ? text[last] : 0;
    if (n_points == 0 && n_commas == 0) {
        add_value(n, to_value(text, from, to, 0));
    } else if (n_points > 0 && n_commas > 0) {
        add_value(n, to_value(text, from, to, mark)); /* the last one begins the decimals */
    } else if (n_points + n_commas > 1) {
        add_value(n, to_value(text, from, to, 0));
    } else {
        bool may_group = behind == 3 && last - from <= 3 && text[from] != '0';
        double grouped = to_value(text, from, to, 0), decimal = to_value(text, from, to, mark);
        if (may_group && mark == ',') add_value(n, grouped);
        add_value(n, decimal);
        if (may_group && mark == '.') add_value(n, grouped);
    }
}

/* 1 200 000: groups of three behind single blanks (and no-break ones). */
static size_t spaced_groups(const struct reading *r, size_t i, double *value) {
    const struct tok *t = tok_at(r, i);
    if (tok_plain_int(r, t, 1, 3) < 1) return i;
    *value = tok_plain_int(r, t, 1, 3);
    size_t j = i + 1;
    for (;; j++) {
        const struct tok *next = tok_at(r, j);
        int group = tok_plain_int(r, next, 3, 3);
        if (group < 0 || next->from - r->toks.items[j - 1].to > 3 ||
            next->from == r->toks.items[j - 1].to || (next->flags & TOK_USED)) {
            break;
        }
        *value = 1000 * *value + group;
    }
    return j > i + 1 ? j : i;
}

/* ---- words ---- */

/* "twenty-three", "one thousand two hundred and five", "twelve hundred", "a hundred", "third". */
static bool read_words(const struct reading *r, size_t i, struct number *n) {
    double total = 0, group = 0;
    bool has_group = false, any = false;
    size_t j = i;
    if (tok_word_is(tok_at(r, j), "a") || tok_word_is(tok_at(r, j), "an")) {
        if (!tok_has(tok_at(r, j + 1), LEX_SCALE) && !tok_word_is(tok_at(r, j + 1), "dozen")) {
            return false;
        }
        group = 1, has_group = true;
        j++;
    }
    for (;; j++) {
        const struct tok *t = tok_at(r, j);
        if (!t || t->kind != TOK_WORD) break;
        if (tok_has(t, LEX_DIGIT)) {
            double v = value_of(r, t, LEX_DIGIT).value;
            bool is_dozen = v == 12 && tok_word_is(t, "dozen");
            if (has_group && is_dozen) {
                group *= 12;
            } else if (has_group && (fmod(group, 10) != 0 || group == 0 ||
                                     (fmod(group, 100) == 0 ? v >= 100 : v >= 10))) {
                break;
            } else {
                group += v;
            }
            has_group = true;
        } else if (tok_has(t, LEX_TENS)) {
            if (has_group && (fmod(group, 100) != 0 || group == 0)) break;
            group += value_of(r, t, LEX_TENS).value;
            has_group = true;
        } else if (tok_has(t, LEX_SCALE) && t->n_letters > 1) {
            if (!has_group) break;
            double scale = value_of(r, t, LEX_SCALE).value;
            if (scale == 100) {
                group *= 100;
            } else {
                total += group * scale;
                group = 0;
                has_group = false;
            }
            n->has_scale = true;
        } else if (tok_has(t, LEX_ORDINAL) && (any || has_group || !tok_has(t, LEX_UNIT))) {
            if (has_group && fmod(group, 10) != 0) break;
            group += value_of(r, t, LEX_ORDINAL).value;
            n->is_ordinal = true;
            any = true;
            j++;
            break;
        } else {
            break;
        }
        any = true;
        if (tok_is(tok_at(r, j + 1), '-') && tok_touches(tok_at(r, j + 1)) &&
            tok_has(tok_at(r, j + 2), LEX_DIGIT | LEX_ORDINAL) && tok_has(t, LEX_TENS)) {
            j++;
        } else if (tok_word_is(tok_at(r, j + 1), "and") && n->has_scale &&
                   tok_has(tok_at(r, j + 2), LEX_DIGIT | LEX_TENS)) {
            j++;
        }
    }
    if (!any) return false;
    n->from_words = true;
    n->end = j;
    add_value(n, total + group);
    return true;
}

/* ---- what follows ---- */

static void take_scale(const struct reading *r, struct number *n, bool money_before) {
    const struct tok *t = tok_at(r, n->end);
    if (tok_is(t, '-') && tok_has(tok_at(r, n->end + 1), LEX_SCALE)) t = tok_at(r, n->end + 1);
    double scale = 0;
    if (t && tok_has(tok_at(r, n->end + 1), LEX_UNIT)) {
        money_before =
            money_before || value_of(r, tok_at(r, n->end + 1), LEX_UNIT).unit >= UNIT_MONEY;
    }
    if (t && t->kind == TOK_WORD && n->from_words == false) {
        bool touches = tok_touches(t);
        char c = r->text[t->from];
        if (t->n_letters == 1) {
            if (touches && (c == 'k' || c == 'K')) scale = 1e3;
            if (touches && (c == 'M' || (c == 'm' && money_before))) scale = 1e6;
            if (touches && (c == 'B' || (c == 'b' && money_before))) scale = 1e9;
        } else if (tok_has(t, LEX_SCALE)) {
            scale = value_of(r, t, LEX_SCALE).value;
        } else if (tok_word_is(t, "dozen")) {
            scale = 12;
        }
    }
    if (scale == 0) return;
    for (size_t i = 0; i < n->n_values; i++) n->values[i] *= scale;
    n->scale = scale;
    n->has_scale = true;
    n->end = (size_t)(t - r->toks.items) + 1;
    /* "thousand million" does not happen; "hundred thousand" does. */
    t = tok_at(r, n->end);
    if (scale == 100 && tok_has(t, LEX_SCALE) && t->n_letters > 1) {
        scale = value_of(r, t, LEX_SCALE).value;
        for (size_t i = 0; i < n->n_values; i++) n->values[i] *= scale;
        n->end++;
    }
}

static void set_unit(struct number *n, int unit, double factor, size_t end) {
    n->unit = unit;
    n->factor = factor;
    n->end = end;
}

static void take_unit(const struct reading *r, struct number *n) {
    size_t at = n->end;
    const struct tok *t = tok_at(r, at);
    int currency;
    if (!t || n->unit != UNIT_NONE) return;
    if (tok_is(t, '%')) {
        set_unit(n, UNIT_PERCENT, 1, at + 1);
        return;
    }
    if (t->kind == TOK_SYMBOL && lexicon_is_currency(t->symbol, &currency)) {
        set_unit(n, currency, 1, at + 1);
        return;
    }
    if (tok_is(t, 0xb0) || tok_is(t, 0x2103)) {
        bool letter = tok_touches(tok_at(r, at + 1)) && tok_at(r, at + 1)->n_letters == 1;
        set_unit(n, UNIT_DEGREES, 1, at + 1 + (letter ? 1 : 0));
        return;
    }
    if (tok_is(t, '-') && tok_touches(t)) t = tok_at(r, ++at);
    if (tok_word_is(t, "per") && tok_word_is(tok_at(r, at + 1), "cent")) {
        set_unit(n, UNIT_PERCENT, 1, at + 2);
        return;
    }
    if (tok_word_is(t, "us") && tok_has(tok_at(r, at + 1), LEX_UNIT)) t = tok_at(r, ++at);
    if (!tok_has(t, LEX_UNIT) || t->kind != TOK_WORD) return;
    /* One letter is a unit right behind the number, or a blank away from digits. */
    if (t->n_letters == 1 && (n->from_words || (t->flags & TOK_CAPITAL && !tok_touches(t)))) return;
    if (t->n_letters == 1 && n->is_decade) return;
    struct lex_value u = value_of(r, t, LEX_UNIT);
    set_unit(n, u.unit, u.value, at + 1);
}

/* st, nd, rd, th; and s, of decades. */
static void take_suffix(const struct reading *r, struct number *n) {
    const struct tok *t = tok_at(r, n->end);
    if (tok_touches(t) && t->kind == TOK_WORD) {
        if (tok_word_is(t, "st") || tok_word_is(t, "nd") || tok_word_is(t, "rd") ||
            tok_word_is(t, "th")) {
            n->is_ordinal = true;
            n->end++;
        } else if (tok_word_is(t, "s") && n->values[0] >= 10 && fmod(n->values[0], 10) == 0) {
            n->is_decade = true;
            n->end++;
        }
    }
    t = tok_at(r, n->end);
    if (tok_is_dash(t)) t = tok_at(r, n->end + 1);
    n->is_century = n->is_ordinal && t && t->kind == TOK_WORD &&
                    (t->stem == word_hash("centur", 6) || tok_word_is(t, "century") ||
                     tok_word_is(t, "centuries"));
}

static double unicode_fraction(uint32_t c) {
    static const struct {
        uint32_t c;
        double value;
    } rows[] = {{0xbc, .25},       {0xbd, .5},   {0xbe, .75},    {0x2153, 1 / 3.0},
                {0x2154, 2 / 3.0}, {0x2155, .2}, {0x215b, .125}, {0x215c, .375}};
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        if (rows[i].c == c) return rows[i].value;
    }
    return 0;
}

/* A number at token i, with its unit; money: a currency stood before it. */
static bool read_number(struct reading *r, size_t i, bool money, struct number *n) {
    *n = (struct number){.factor = 1, .scale = 1};
    const struct tok *t = tok_at(r, i);
    if (!t || (t->flags & TOK_USED)) return false;
    if (t->kind == TOK_NUMBER) {
        read_digits(n, r->text, t->from, t->to);
        n->end = i + 1;
        take_suffix(r, n);
        const struct tok *next = tok_at(r, n->end);
        if (tok_touches(next) && next->kind == TOK_SYMBOL && unicode_fraction(next->symbol) > 0) {
            n->values[0] += unicode_fraction(next->symbol);
            n->end++;
        }
    } else if (t->kind == TOK_SYMBOL && unicode_fraction(t->symbol) > 0) {
        add_value(n, unicode_fraction(t->symbol));
        n->end = i + 1;
    } else if (t->kind != TOK_WORD || !r->is_english || !read_words(r, i, n)) {
        return false;
    } else {
        take_suffix(r, n);
    }
    take_scale(r, n, money);
    take_unit(r, n);
    return true;
}

/* ---- facts ---- */

static struct fact number_fact(const struct reading *r, const struct number *n, size_t i) {
    struct fact f = {.kind = n->unit >= UNIT_MONEY ? FAITHFUL_AMOUNT : FAITHFUL_NUMBER};
    f.from = r->toks.items[i].from;
    f.to = r->toks.items[n->end - 1].to;
    memcpy(f.values, n->values, sizeof f.values);
    f.n_values = n->n_values;
    f.unit = n->unit;
    f.factor = n->factor;
    f.is_ordinal = n->is_ordinal;
    f.is_decade = n->is_decade;
    f.is_century = n->is_century;
    f.from_words = n->from_words;
    for (size_t k = 1; k <= 2 && k <= i; k++) {
        const struct tok *t = &r->toks.items[i - k];
        f.is_hedged = f.is_hedged || tok_has(t, LEX_HEDGE) || tok_is(t, '~') || tok_is(t, 0x2248);
    }
    return f;
}

/* "3/4" at i: a fraction, if not two numbers. */
static bool offer_fraction(struct reading *r, size_t i) {
    double above = tok_plain_int(r, tok_at(r, i), 1, 4);
    double below = tok_plain_int(r, tok_at(r, i + 2), 1, 4);
    if (above < 0 || below <= 0 || !tok_is(tok_at(r, i + 1), '/') ||
        !tok_touches(tok_at(r, i + 1)) || !tok_touches(tok_at(r, i + 2))) {
        return false;
    }
    struct number n = {.values = {above / below}, .n_values = 1, .end = i + 3, .factor = 1};
    struct fact f = number_fact(r, &n, i);
    if (!fact_offer(r, &f)) return false;
    toks_use(r, i, i + 3);
    return true;
}

static bool offer_spaced(struct reading *r, size_t i, int currency, size_t *end) {
    struct number n = {.n_values = 1, .factor = 1, .scale = 1};
    n.end = spaced_groups(r, i, &n.values[0]);
    if (n.end == i) return false;
    n.unit = currency;
    take_unit(r, &n);
    struct fact f = number_fact(r, &n, i);
    *end = n.end;
    return fact_offer(r, &f);
}

/* "half of", "a third", "three quarters", "two-thirds". */
static size_t read_fraction_words(struct reading *r, size_t i) {
    const struct tok *t = tok_at(r, i);
    double count = 0;
    size_t at = i;
    if (!r->is_english || (t->flags & TOK_USED) || t->kind != TOK_WORD) return i;
    if (tok_has(t, LEX_DIGIT) &&
        (tok_has(tok_at(r, i + 1), LEX_FRACTION) ||
         (tok_is(tok_at(r, i + 1), '-') && tok_has(tok_at(r, i + 2), LEX_FRACTION)))) {
        count = value_of(r, t, LEX_DIGIT).value;
        at = tok_is(tok_at(r, i + 1), '-') ? i + 2 : i + 1;
    } else if ((tok_word_is(t, "a") && !tok_word_is(tok_at(r, i + 1), "half")) ||
               tok_word_is(t, "one")) {
        at = i + 1;
        count = 1;
        if (!tok_word_is(tok_at(r, i + 2), "of")) return i; /* "a third party" */
    } else if (tok_word_is(t, "half")) {
        const struct tok *next = tok_at(r, i + 1);
        if (!tok_word_is(next, "of") && !tok_word_is(next, "the") && !tok_word_is(next, "a")) {
            return i;
        }
        count = 1;
    }
    if (count == 0 || !tok_has(tok_at(r, at), LEX_FRACTION)) return i;
    double part = value_of(r, tok_at(r, at), LEX_FRACTION).value;
    struct number n = {.values = {count * part}, .n_values = 1, .end = at + 1, .factor = 1};
    const struct tok *next = tok_at(r, n.end);
    if (tok_word_is(next, "a") && tok_has(tok_at(r, n.end + 1), LEX_SCALE)) {
        n.values[0] *= value_of(r, tok_at(r, n.end + 1), LEX_SCALE).value; /* half a million */
        n.end += 2;
    } else {
        struct number percent = n;
        percent.values[0] *= 100;
        percent.unit = UNIT_PERCENT;
        struct fact f = number_fact(r, &percent, i);
        if (fact_offer(r, &f)) {
            toks_use(r, i, n.end);
            return n.end;
        }
    }
    take_unit(r, &n);
    struct fact f = number_fact(r, &n, i);
    fact_state(r, &f);
    toks_use(r, i, n.end);
    return n.end;
}

/* "$5-10 million", "10 to 20 percent": what stands behind the second number is meant of the first
 * one too. */
static void inherit(struct reading *r, struct number *n, struct fact *f) {
    const struct tok *t = tok_at(r, n->end);
    if (!tok_is_dash(t) && !tok_word_is(t, "to") && !tok_word_is(t, "and") &&
        !tok_word_is(t, "or")) {
        return;
    }
    struct number second;
    size_t at = n->end + 1;
    int unused;
    if (tok_at(r, at) && lexicon_is_currency(tok_at(r, at)->symbol, &unused)) return;
    if (!read_number(r, at, n->unit >= UNIT_MONEY, &second)) return;
    if (second.scale > 1 && n->scale == 1) {
        struct fact scaled = *f;
        for (size_t i = 0; i < scaled.n_values; i++) scaled.values[i] *= second.scale;
        if (scaled.unit == UNIT_NONE) scaled.unit = second.unit, scaled.factor = second.factor;
        if (fact_offer(r, &scaled)) *f = scaled;
    } else if (second.unit != UNIT_NONE && n->unit == UNIT_NONE) {
        struct fact with = *f;
        with.unit = second.unit;
        with.factor = second.factor;
        if (second.unit >= UNIT_MONEY) with.kind = FAITHFUL_AMOUNT;
        if (fact_offer(r, &with)) *f = with;
    }
}

/* The sign, the marker of a list, the word "one": what an output may say without a number's being
 * meant. */
static bool is_no_statement(const struct reading *r, const struct number *n, size_t i) {
    const struct tok *t = tok_at(r, i), *next = tok_at(r, n->end);
    if (reading_gives(r)) return false;
    if (n->from_words) {
        /* "one of", "first of all" */
        if (n->is_ordinal && !n->is_century && n->values[0] <= 3) return true;
        if (n->values[0] <= 1 && n->unit == UNIT_NONE) return true;
    }
    return (t->flags & TOK_LINE) && (tok_is(next, '.') || tok_is(next, ')')) && n->end == i + 1 &&
           t->to - t->from <= 3;
}

static int currency_before(const struct reading *r, size_t i, size_t *from) {
    int unit = UNIT_NONE;
    if (i == 0) return unit;
    const struct tok *t = &r->toks.items[i - 1];
    if (t->kind == TOK_SYMBOL && lexicon_is_currency(t->symbol, &unit)) {
        *from = i - 1;
        if (i >= 2 && tok_touches(t) &&
            (tok_word_is(t - 1, "us") || tok_word_is(t - 1, "r") || tok_word_is(t - 1, "a") ||
             tok_word_is(t - 1, "c") || tok_word_is(t - 1, "usd"))) {
            *from = i - 2;
        }
    } else if (tok_has(t, LEX_UNIT) && (t->flags & TOK_CAPITALS) && t->n_letters == 3) {
        struct lex_value u = value_of(r, t, LEX_UNIT);
        if (u.unit < UNIT_MONEY) return unit;
        unit = u.unit;
        *from = i - 1;
    } else if (tok_word_is(t, "rs")) {
        unit = MONEY_RUPEE;
        *from = i - 1;
    }
    return unit;
}

static size_t read_one(struct reading *r, size_t i) {
    size_t from = i, end = i;
    int currency = currency_before(r, i, &from);
    struct number n;
    if (!read_number(r, i, currency != UNIT_NONE, &n)) return i;
    if (is_no_statement(r, &n, i)) return n.end;
    if (offer_spaced(r, i, currency, &end)) {
        toks_use(r, i, end);
        return end;
    }
    if (offer_fraction(r, i)) return i + 3;
    if (currency != UNIT_NONE && (n.unit == UNIT_NONE || n.unit >= UNIT_MONEY)) {
        n.unit = currency;
        n.factor = 1;
    }
    struct fact f = number_fact(r, &n, i);
    f.from = r->toks.items[from].from;
    /* -5 */
    const struct tok *sign = i > 0 ? &r->toks.items[i - 1] : NULL;
    if ((tok_is(sign, '-') || tok_is(sign, 0x2212)) && tok_touches(&r->toks.items[i]) &&
        (sign->flags & TOK_AFTER_BLANK) && f.kind == FAITHFUL_NUMBER && !n.from_words) {
        struct fact negative = f;
        for (size_t k = 0; k < f.n_values; k++) negative.values[k] = -f.values[k];
        if (reading_gives(r)) {
            (void)fact_offer(r, &negative);
        } else {
            f = negative;
        }
    }
    inherit(r, &n, &f);
    fact_state(r, &f);
    toks_use(r, from, n.end);
    return n.end;
}

void read_numbers(struct reading *r) {
    for (size_t i = 0; i < r->toks.n;) {
        const struct tok *t = &r->toks.items[i];
        size_t end = i;
        if (t->kind == TOK_WORD) end = read_fraction_words(r, i);
        /* COVID-19 is a name. */
        bool of_name = t->kind == TOK_NUMBER && i >= 2 && tok_touches(t) && tok_is(t - 1, '-') &&
                       tok_touches(t - 1) && (t - 2)->kind == TOK_WORD &&
                       ((t - 2)->flags & (TOK_CAPITALS | TOK_CAPITAL)) &&
                       !tok_has(t - 2, LEX_MONTH | LEX_STOP);
        if (end == i && (!of_name || reading_gives(r))) end = read_one(r, i);
        if (reading_gives(r) && tok_has(t, LEX_UNIT) && t->kind == TOK_WORD) {
            struct lex_value u = value_of(r, t, LEX_UNIT);
            key_set_add(&r->source->keys, key_of(KEY_MENTION, (uint64_t)u.unit, 0));
        } else if (reading_gives(r) && t->kind == TOK_SYMBOL) {
            int unit = t->symbol == '%' ? UNIT_PERCENT : UNIT_NONE;
            if (unit || lexicon_is_currency(t->symbol, &unit)) {
                key_set_add(&r->source->keys, key_of(KEY_MENTION, (uint64_t)unit, 0));
            }
        }
        i = end > i ? end : i + 1;
    }
}
