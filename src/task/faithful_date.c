/* Dates, weekdays and times of the day. */
#include <string.h>

#include "task/faithful_internal.h"

static int days_in(int month) {
    static const int days[] = {31, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month >= 0 && month <= 12 ? month : 0];
}

static bool is_date(int year, int month, int day) {
    return year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= days_in(month);
}

int tok_plain_int(const struct reading *r, const struct tok *t, int n_min, int n_max) {
    if (!t || t->kind != TOK_NUMBER || t->to - t->from < (size_t)n_min ||
        t->to - t->from > (size_t)n_max) {
        return -1;
    }
    int value = 0;
    for (size_t i = t->from; i < t->to; i++) {
        if (r->text[i] < '0' || r->text[i] > '9') return -1;
        value = 10 * value + (r->text[i] - '0');
    }
    return value;
}

void toks_use(struct reading *r, size_t i, size_t j) {
    for (; i < j && i < r->toks.n; i++) r->toks.items[i].flags |= TOK_USED;
}

bool tok_word_is(const struct tok *t, const char *folded) {
    return t && t->kind == TOK_WORD && t->initial == folded[0] &&
           t->word == word_hash(folded, strlen(folded));
}

static size_t value_of(const struct reading *r, const struct tok *t, enum lex_class which) {
    return (size_t)lexicon_value(&r->source->lexicon, t->word, which).value;
}

/* ---- 2024-03-05, 5/3/2024, 05.03.24, 2024-03 ---- */

struct numeric {
    int part[3];
    int digits[3];
    int n;
    char separator;
    size_t end; /* of the text */
};

static bool scan_numeric(const struct reading *r, size_t at, struct numeric *out) {
    *out = (struct numeric){0};
    for (;;) {
        int value = 0, n = 0;
        while (at < r->len && r->text[at] >= '0' && r->text[at] <= '9' && n < 5) {
            value = 10 * value + (r->text[at++] - '0');
            n++;
        }
        if (n == 0 || n > 4) return false;
        out->part[out->n] = value;
        out->digits[out->n++] = n;
        out->end = at;
        if (out->n == 3 || at + 1 >= r->len) break;
        char sep = r->text[at];
        if ((sep != '-' && sep != '/' && sep != '.') || (out->separator && sep != out->separator) ||
            r->text[at + 1] < '0' || r->text[at + 1] > '9') {
            break;
        }
        out->separator = sep;
        at++;
    }
    return out->n >= 2 && !(at < r->len && r->text[at] >= '0' && r->text[at] <= '9');
}

/* The token behind text offset `end`. */
static size_t tok_behind(const struct reading *r, size_t i, size_t end) {
    while (i < r->toks.n && r->toks.items[i].from < end) i++;
    return i;
}

static size_t read_numeric(struct reading *r, size_t i) {
    struct numeric d;
    struct fact f = {.kind = FAITHFUL_DATE, .from = r->toks.items[i].from};
    if (i > 0 && tok_touches(&r->toks.items[i]) && tok_is(&r->toks.items[i - 1], '-')) return i;
    if (!scan_numeric(r, f.from, &d)) return i;
    f.to = d.end;
    bool sure = true;
    if (d.n == 3 && d.digits[0] == 4 && d.digits[1] <= 2 && d.digits[2] <= 2) {
        f.year = d.part[0], f.month = d.part[1], f.day = d.part[2];
    } else if (d.n == 3 && d.digits[0] <= 2 && d.digits[1] <= 2 &&
               (d.digits[2] == 4 || (d.digits[2] == 2 && d.separator != '-'))) {
        f.year = d.digits[2] == 4 ? d.part[2] : d.part[2] + (d.part[2] < 70 ? 2000 : 1900);
        f.month = d.part[1], f.day = d.part[0]; /* as most of the world */
        bool other = is_date(f.year, f.day, f.month);
        if (!is_date(f.year, f.month, f.day)) {
            f.month = d.part[0], f.day = d.part[1];
        } else {
            f.may_swap = other && d.separator == '/';
        }
        sure = d.digits[2] == 4;
    } else if (d.n == 2 && d.digits[0] == 4 && d.digits[1] == 2 && d.separator == '-' &&
               d.part[0] > 1800 && d.part[0] < 2200) {
        f.year = d.part[0], f.month = d.part[1];
        sure = false;
    } else if (d.n == 2 && d.separator == '/' && d.digits[0] <= 2 && d.digits[1] <= 2) {
        f.month = d.part[1], f.day = d.part[0];
        if (!is_date(0, f.month, f.day)) f.month = d.part[0], f.day = d.part[1];
        f.may_swap = is_date(0, f.day, f.month);
        sure = false;
    } else {
        return i;
    }
    if (f.year && (f.year < 1000 || f.year > 2999)) return i;
    if (!is_date(f.year, f.month, f.day ? f.day : 1)) return i;
    size_t j = tok_behind(r, i, d.end);
    if (!sure) {
        /* It may be a fraction, a range, a part number: those readings follow. */
        if (!fact_offer(r, &f)) return i;
    } else {
        fact_state(r, &f);
    }
    toks_use(r, i, j);
    return j;
}

/* ---- dates in words ---- */

/* A source may be written in small letters, an output is not. */
static bool is_month(const struct reading *r, const struct tok *t) {
    return tok_has(t, LEX_MONTH) && t->kind == TOK_WORD &&
           ((t->flags & TOK_CAPITAL) || (reading_gives(r) && !tok_has(t, LEX_AMBIGUOUS)));
}

static bool is_suffix(const struct tok *t) {
    return tok_touches(t) && (tok_word_is(t, "st") || tok_word_is(t, "nd") ||
                              tok_word_is(t, "rd") || tok_word_is(t, "th"));
}

/* A day of the month at i, as 5, 5th or fifth: its number and, in *end, where it ends. */
static int take_day(const struct reading *r, size_t i, size_t *end) {
    const struct tok *t = tok_at(r, i);
    int day = tok_plain_int(r, t, 1, 2);
    *end = i + 1;
    if (day >= 1 && day <= 31) {
        if (is_suffix(tok_at(r, i + 1))) *end = i + 2;
        return day;
    }
    if (tok_has(t, LEX_TENS) && tok_is_dash(tok_at(r, i + 1)) &&
        tok_has(tok_at(r, i + 2), LEX_ORDINAL)) {
        size_t tens = value_of(r, t, LEX_TENS);
        *end = i + 3;
        return tens > 30 ? -1 : (int)(tens + value_of(r, tok_at(r, i + 2), LEX_ORDINAL));
    }
    if (!tok_has(t, LEX_ORDINAL)) return -1;
    size_t ordinal = value_of(r, t, LEX_ORDINAL);
    return ordinal <= 31 ? (int)ordinal : -1;
}

/* A year at i, perhaps after a comma or "of": 0 and *end unchanged if there is none. */
static int take_year(const struct reading *r, size_t i, size_t *end) {
    if (tok_is(tok_at(r, i), ',') || tok_word_is(tok_at(r, i), "of")) i++;
    if (tok_is(tok_at(r, i), '\'') || tok_is(tok_at(r, i), 0x2019)) {
        int two = tok_plain_int(r, tok_at(r, i + 1), 2, 2);
        if (two < 0) return 0;
        *end = i + 2;
        return two + (two < 70 ? 2000 : 1900);
    }
    int year = tok_plain_int(r, tok_at(r, i), 4, 4);
    if (year < 1000 || year > 2199) return 0;
    *end = i + 1;
    return year;
}

static bool is_range(const struct tok *t) {
    return tok_is_dash(t) || tok_is(t, '/') || tok_is(t, '&') || tok_word_is(t, "to") ||
           tok_word_is(t, "and") || tok_word_is(t, "or") || tok_word_is(t, "until");
}

static void state_day(struct reading *r, const struct fact *f, int day) {
    struct fact one = *f;
    one.day = day;
    if (is_date(0, one.month, day ? day : 1)) fact_state(r, &one);
}

/* "5 March 2024", "5th of March", "5-7 March" at i; returns where it ends, i if it is none. */
static size_t read_day_first(struct reading *r, size_t i) {
    size_t end, first_end, year_end;
    int first = take_day(r, i, &end), second = 0;
    if (first < 1) return i;
    if (tok_word_is(tok_at(r, end), "of")) end++;
    first_end = end;
    if (!is_month(r, tok_at(r, end)) && is_range(tok_at(r, end))) {
        second = take_day(r, end + 1, &first_end);
        if (second < 1) return i;
        end = first_end;
    }
    const struct tok *month = tok_at(r, end);
    if (!tok_has(month, LEX_MONTH) || month->kind != TOK_WORD) return i;
    if (!(month->flags & TOK_CAPITAL) && tok_has(month, LEX_AMBIGUOUS)) return i;
    if (!(month->flags & TOK_CAPITAL) && month->n_letters < 4) return i;
    struct fact f = {.kind = FAITHFUL_DATE, .from = r->toks.items[i].from};
    f.month = (int)value_of(r, month, LEX_MONTH);
    end++;
    if (tok_is(tok_at(r, end), '.')) end++;
    year_end = end;
    f.year = take_year(r, end, &year_end);
    if (tok_is(tok_at(r, year_end - 1), '.')) year_end--;
    f.to = r->toks.items[year_end - 1].to;
    state_day(r, &f, first);
    if (second) state_day(r, &f, second);
    toks_use(r, i, year_end);
    return year_end;
}

/* A month by itself is one where the word cannot be another, or something that goes before months
 * stands before it. */
static bool is_surely_month(const struct reading *r, size_t i) {
    const struct tok *t = &r->toks.items[i], *before = i > 0 ? t - 1 : NULL;
    if (!tok_has(t, LEX_AMBIGUOUS)) return true;
    if (t->flags & (TOK_STARTS | TOK_ON_TITLE)) return false;
    return tok_has(before, LEX_BEFORE_MONTH);
}

/* "March 5, 2024", "March 5-7", "March 2024", "March". */
static size_t read_month_first(struct reading *r, size_t i) {
    const struct tok *month = tok_at(r, i);
    if (!is_month(r, month)) return i;
    struct fact f = {.kind = FAITHFUL_DATE, .from = month->from};
    f.month = (int)value_of(r, month, LEX_MONTH);
    size_t at = i + 1, end, year_end;
    int second = 0;
    if (tok_is(tok_at(r, at), '.') && month->n_letters <= 4) at++;
    if (tok_word_is(tok_at(r, at), "the")) at++;
    int day = take_day(r, at, &end);
    if (day >= 1 && tok_at(r, at)->kind == TOK_NUMBER && is_range(tok_at(r, end))) {
        size_t range_end;
        int other = take_day(r, end + 1, &range_end);
        if (other > day && !is_month(r, tok_at(r, range_end))) second = other, end = range_end;
    }
    if (day < 1) end = i + 1;
    if (day < 1 && tok_is(tok_at(r, end), '.') && month->n_letters <= 4) end++;
    year_end = end;
    f.year = take_year(r, end, &year_end);
    if (day < 1 && !f.year && !is_surely_month(r, i)) return i;
    if (day < 1 && !f.year) year_end = i + 1;
    f.to = r->toks.items[year_end - 1].to;
    state_day(r, &f, day >= 1 ? day : 0);
    if (second) state_day(r, &f, second);
    toks_use(r, i, year_end);
    return year_end;
}

static size_t read_weekday(struct reading *r, size_t i) {
    const struct tok *t = tok_at(r, i), *next = tok_at(r, i + 1);
    if (!tok_has(t, LEX_WEEKDAY) || (!(t->flags & TOK_CAPITAL) && !reading_gives(r))) return i;
    if (tok_has(t, LEX_AMBIGUOUS) && !reading_gives(r) && !tok_is(next, ',') &&
        !(next && next->kind == TOK_NUMBER)) {
        return i;
    }
    struct fact f = {.kind = FAITHFUL_DATE, .from = t->from, .to = t->to};
    f.weekday = (int)value_of(r, t, LEX_WEEKDAY);
    fact_state(r, &f);
    toks_use(r, i, i + 1);
    return i + 1;
}

/* ---- times ---- */

/* am or pm at i: 1, 2; 0. */
static int take_half(const struct reading *r, size_t i) {
    return tok_word_is(tok_at(r, i), "am") ? 1 : tok_word_is(tok_at(r, i), "pm") ? 2 : 0;
}

static void state_time(struct reading *r, size_t i, size_t end, int hour, int minute, int half) {
    struct fact f = {.kind = FAITHFUL_TIME, .other_minutes = -1};
    f.from = r->toks.items[i].from;
    f.to = r->toks.items[end - 1].to;
    if (half == 1) hour %= 12;
    if (half == 2) hour = hour % 12 + 12;
    f.minutes = (hour % 24) * 60 + minute;
    /* 3:00 may be at night or in the afternoon. */
    if (half == 0 && hour >= 1 && hour <= 12) f.other_minutes = (f.minutes + 720) % 1440;
    fact_state(r, &f);
    toks_use(r, i, end);
}

static size_t read_time(struct reading *r, size_t i) {
    const struct tok *t = tok_at(r, i);
    if (tok_word_is(t, "noon") || tok_word_is(t, "midday") || tok_word_is(t, "midnight")) {
        state_time(r, i, i + 1, tok_word_is(t, "midnight") ? 0 : 12, 0,
                   tok_word_is(t, "midnight") ? 1 : 2);
        return i + 1;
    }
    int hour = tok_plain_int(r, t, 1, 2);
    if (hour < 0 || hour > 24) {
        /* 3.30 pm */
        int half = take_half(r, i + 1);
        if (!half || !t || t->kind != TOK_NUMBER || t->to - t->from > 5) return i;
        struct numeric d;
        if (!scan_numeric(r, t->from, &d) || d.n != 2 || d.separator != '.' || d.digits[1] != 2 ||
            d.part[0] > 12 || d.part[1] > 59) {
            return i;
        }
        state_time(r, i, i + 2, d.part[0], d.part[1], half);
        return i + 2;
    }
    size_t end = i + 1;
    int minute = 0;
    bool has_minutes = false;
    if ((tok_is(tok_at(r, end), ':') || tok_word_is(tok_at(r, end), "h")) &&
        tok_touches(tok_at(r, end)) && tok_touches(tok_at(r, end + 1))) {
        minute = tok_plain_int(r, tok_at(r, end + 1), 2, 2);
        if (minute < 0 || minute > 59) return i;
        has_minutes = true;
        end += 2;
        if (tok_is(tok_at(r, end), ':') && tok_touches(tok_at(r, end)) &&
            tok_plain_int(r, tok_at(r, end + 1), 2, 2) >= 0) {
            end += 2; /* seconds */
        }
    }
    int half = take_half(r, end);
    if (half && hour > 12) half = 0; /* 15:00 pm: the hour says it */
    if (half) end++;
    if (!half && !has_minutes) {
        bool oclock = tok_word_is(tok_at(r, end), "oclock");
        if (!oclock) return i;
        end++;
    }
    state_time(r, i, end, hour, minute, half);
    return end;
}

void read_dates(struct reading *r) {
    for (size_t i = 0; i < r->toks.n;) {
        const struct tok *t = &r->toks.items[i];
        size_t end = i;
        if (t->kind == TOK_NUMBER || t->kind == TOK_CODE) end = read_numeric(r, i);
        if (end == i) end = read_day_first(r, i);
        if (end == i && t->kind == TOK_WORD) end = read_month_first(r, i);
        if (end == i && t->kind == TOK_WORD) end = read_weekday(r, i);
        if (end == i) end = read_time(r, i);
        i = end > i ? end : i + 1;
    }
}
