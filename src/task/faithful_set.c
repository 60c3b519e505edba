/* The keys of what a source says, and the facts that become them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "task/faithful_internal.h"

/* ---- the set ---- */

uint64_t key_of(enum key_class which, uint64_t a, uint64_t b) {
    uint64_t key = hash_u64(hash_u64((uint64_t)which * 0xd6e8feb86659fd93u, a), b);
    return key ? key : 1;
}

/* Values are the same if ten digits of them are. */
uint64_t key_of_number(enum key_class which, double value, int unit) {
    char text[32];
    int len = snprintf(text, sizeof text, "%.10g", value);
    return key_of(which, hash_bytes((uint64_t)unit, text, (size_t)len), 0);
}

static bool grow(struct key_set *s) {
    size_t cap = s->cap ? 2 * s->cap : 1024;
    uint64_t *slots = mem_calloc(cap, sizeof *slots);
    if (!slots) return false;
    for (size_t i = 0; i < s->cap; i++) {
        if (!s->slots[i]) continue;
        size_t at = (size_t)hash_u64(s->seed, s->slots[i]) & (cap - 1);
        while (slots[at]) at = (at + 1) & (cap - 1);
        slots[at] = s->slots[i];
    }
    mem_free(s->slots);
    s->slots = slots;
    s->cap = cap;
    return true;
}

void key_set_add(struct key_set *s, uint64_t key) {
    if (!s->seed) s->seed = hash_seed(s) | 1;
    if (s->failed || (2 * (s->n + 1) > s->cap && !grow(s))) {
        s->failed = true;
        return;
    }
    size_t at = (size_t)hash_u64(s->seed, key) & (s->cap - 1);
    while (s->slots[at] && s->slots[at] != key) at = (at + 1) & (s->cap - 1);
    s->n += s->slots[at] == 0;
    s->slots[at] = key;
}

bool key_set_has(const struct key_set *s, uint64_t key) {
    if (s->cap == 0) return false;
    size_t at = (size_t)hash_u64(s->seed, key) & (s->cap - 1);
    while (s->slots[at] && s->slots[at] != key) at = (at + 1) & (s->cap - 1);
    return s->slots[at] != 0;
}

void key_set_clear(struct key_set *s) {
    mem_free(s->slots);
    *s = (struct key_set){0};
}

/* ---- numbers ---- */

static double rounded(double value, int n_digits) {
    if (value == 0 || !isfinite(value)) return value;
    double scale = pow(10, floor(log10(fabs(value))) - n_digits + 1);
    return round(value / scale) * scale;
}

static bool is_year(double v) {
    return v >= 1000 && v < 2200 && v == floor(v);
}

static void give_year(struct key_set *s, int year) {
    key_set_add(s, key_of(KEY_DECADE, (uint64_t)(year / 10), 0));
    key_set_add(s, key_of(KEY_CENTURY, (uint64_t)((year + 99) / 100), 0));
    key_set_add(s, key_of(KEY_CENTURY, (uint64_t)(year / 100 + 1), 0)); /* 1900, as people count */
}

static void give_number(struct key_set *s, const struct fact *f) {
    for (size_t i = 0; i < f->n_values; i++) {
        double v = f->values[i];
        key_set_add(s, key_of_number(KEY_NUMBER, v, 0));
        if (f->unit == UNIT_NONE) key_set_add(s, key_of_number(KEY_BARE, v, 0));
        if (f->unit != UNIT_NONE) key_set_add(s, key_of_number(KEY_UNIT, v * f->factor, f->unit));
        for (int n = 1; n <= 3; n++) {
            key_set_add(s, key_of_number(KEY_ROUND, rounded(v * f->factor, n), f->unit));
        }
        if (f->is_century && v > 0 && v < 30) {
            key_set_add(s, key_of(KEY_CENTURY, (uint64_t)v, 0));
        }
        if (f->unit == UNIT_NONE && is_year(v)) give_year(s, (int)v);
    }
    if (f->unit != UNIT_NONE) key_set_add(s, key_of(KEY_MENTION, (uint64_t)f->unit, 0));
}

static bool has_value(const struct key_set *s, const struct fact *f, double v) {
    if (f->is_century) return key_set_has(s, key_of(KEY_CENTURY, (uint64_t)v, 0));
    if (f->is_decade && is_year(v) &&
        key_set_has(s, key_of(KEY_DECADE, (uint64_t)((int)v / 10), 0))) {
        return true;
    }
    if (f->is_ordinal && key_set_has(s, key_of_number(KEY_ORDINAL, v, 0))) return true;
    if (f->unit == UNIT_NONE) {
        if (key_set_has(s, key_of_number(KEY_NUMBER, v, 0))) return true;
        return f->is_hedged && key_set_has(s, key_of_number(KEY_ROUND, v, 0));
    }
    if (key_set_has(s, key_of_number(KEY_UNIT, v * f->factor, f->unit))) return true;
    if (f->is_hedged && key_set_has(s, key_of_number(KEY_ROUND, v * f->factor, f->unit))) {
        return true;
    }
    if (f->unit == UNIT_PERCENT && key_set_has(s, key_of_number(KEY_BARE, v / 100, 0))) return true;
    return key_set_has(s, key_of_number(KEY_BARE, v, 0)) &&
           key_set_has(s, key_of(KEY_MENTION, (uint64_t)f->unit, 0));
}

static bool has_number(const struct key_set *s, const struct fact *f) {
    for (size_t i = 0; i < f->n_values; i++) {
        if (has_value(s, f, f->values[i])) return true;
    }
    return false;
}

/* ---- dates ---- */

static uint64_t date_key(int y, int m, int d) {
    return key_of(KEY_DATE, (uint64_t)(y * 10000 + m * 100 + d), 0);
}

/* Monday = 1. Zeller's congruence. */
static int weekday_of(int y, int m, int d) {
    if (m < 3) {
        m += 12;
        y--;
    }
    int h = (d + 13 * (m + 1) / 5 + y + y / 4 - y / 100 + y / 400) % 7; /* 0 = Saturday */
    return (h + 5) % 7 + 1;
}

static void give_day(struct key_set *s, int y, int m, int d) {
    if (y) {
        key_set_add(s, date_key(y, 0, 0));
        key_set_add(s, key_of_number(KEY_NUMBER, y, 0));
        key_set_add(s, key_of_number(KEY_BARE, y, 0));
        give_year(s, y);
    }
    if (m) key_set_add(s, date_key(0, m, 0));
    if (y && m) key_set_add(s, date_key(y, m, 0));
    if (m && d) key_set_add(s, date_key(0, m, d));
    if (y && m && d) {
        key_set_add(s, date_key(y, m, d));
        key_set_add(s, key_of(KEY_WEEKDAY, (uint64_t)weekday_of(y, m, d), 0));
    }
    if (!y && m) key_set_add(s, key_of(KEY_DATE_OPEN, (uint64_t)(m * 100 + d), 0));
    if (d) key_set_add(s, key_of_number(KEY_ORDINAL, d, 0));
}

static void give_date(struct key_set *s, const struct fact *f) {
    if (f->weekday) key_set_add(s, key_of(KEY_WEEKDAY, (uint64_t)f->weekday, 0));
    give_day(s, f->year, f->month, f->day);
    if (f->may_swap) give_day(s, f->year, f->day, f->month);
}

static bool has_day(const struct key_set *s, int y, int m, int d) {
    if (y && !m) return key_set_has(s, key_of_number(KEY_NUMBER, y, 0));
    if (key_set_has(s, date_key(y, m, d))) return true;
    /* The day in one place without its year, the year in another. */
    return y && key_set_has(s, key_of(KEY_DATE_OPEN, (uint64_t)(m * 100 + d), 0)) &&
           key_set_has(s, key_of_number(KEY_NUMBER, y, 0));
}

static bool has_date(const struct key_set *s, const struct fact *f) {
    if (f->weekday) return key_set_has(s, key_of(KEY_WEEKDAY, (uint64_t)f->weekday, 0));
    return has_day(s, f->year, f->month, f->day) ||
           (f->may_swap && has_day(s, f->year, f->day, f->month));
}

/* ---- facts ---- */

static void give(struct key_set *s, const struct fact *f) {
    switch (f->kind) {
    case FAITHFUL_NUMBER:
    case FAITHFUL_AMOUNT:
        give_number(s, f);
        break;
    case FAITHFUL_DATE:
        give_date(s, f);
        break;
    case FAITHFUL_TIME:
        key_set_add(s, key_of(KEY_TIME, (uint64_t)f->minutes, 0));
        if (f->other_minutes >= 0) key_set_add(s, key_of(KEY_TIME, (uint64_t)f->other_minutes, 0));
        break;
    default:
        key_set_add(s, key_of(KEY_CODE, f->word, 0));
        break;
    }
}

static bool has(const struct key_set *s, const struct fact *f) {
    switch (f->kind) {
    case FAITHFUL_NUMBER:
    case FAITHFUL_AMOUNT:
        return has_number(s, f);
    case FAITHFUL_DATE:
        return has_date(s, f);
    case FAITHFUL_TIME:
        return key_set_has(s, key_of(KEY_TIME, (uint64_t)f->minutes, 0)) ||
               (f->other_minutes >= 0 &&
                key_set_has(s, key_of(KEY_TIME, (uint64_t)f->other_minutes, 0)));
    default:
        return key_set_has(s, key_of(KEY_CODE, f->word, 0));
    }
}

static void normal_form(const struct reading *r, const struct fact *f, char *out, size_t size) {
    static const char *const days[] = {"",         "Monday", "Tuesday",  "Wednesday",
                                       "Thursday", "Friday", "Saturday", "Sunday"};
    switch (f->kind) {
    case FAITHFUL_NUMBER:
    case FAITHFUL_AMOUNT:
        snprintf(out, size, "%.10g%s%s", f->values[0] * f->factor,
                 f->unit > UNIT_PERCENT ? " " : "", unit_name(f->unit));
        break;
    case FAITHFUL_TIME:
        snprintf(out, size, "%02d:%02d", f->minutes / 60, f->minutes % 60);
        break;
    case FAITHFUL_DATE:
        if (f->weekday) {
            snprintf(out, size, "%s", days[f->weekday]);
        } else if (f->month && f->day) {
            /* --03-05: ISO 8601's form of a day without its year. */
            snprintf(out, size, f->year ? "%04d-%02d-%02d" : "%.0d--%02d-%02d", f->year, f->month,
                     f->day);
        } else {
            snprintf(out, size, f->year ? "%04d-%02d" : "%.0d--%02d", f->year, f->month);
        }
        break;
    default: {
        size_t len = f->to - f->from < size - 1 ? f->to - f->from : size - 1;
        while (len > 0 && f->from + len < f->to && (r->text[f->from + len] & 0xc0) == 0x80) len--;
        memcpy(out, r->text + f->from, len);
        out[len] = '\0';
    }
    }
}

/* ---- marks ---- */

static void mark(struct reading *r, const struct fact *f, uint64_t key) {
    if (r->n_marks == r->marks_cap) {
        size_t cap = r->marks_cap ? 2 * r->marks_cap : 64;
        struct mark *marks = mem_realloc(r->marks, cap * sizeof *marks);
        if (!marks) {
            r->failed = true;
            return;
        }
        r->marks = marks;
        r->marks_cap = cap;
    }
    r->marks[r->n_marks++] =
        (struct mark){.from = f->from, .to = f->to, .hash = (uint32_t)key, .kind = f->kind};
}

/* Of a source all readings; of an output the likeliest. */
static void mark_fact(struct reading *r, const struct fact *f) {
    bool all = reading_gives(r);
    if (f->kind == FAITHFUL_NUMBER || f->kind == FAITHFUL_AMOUNT) {
        if (f->is_century || f->is_decade) return;
        for (size_t i = 0; i < (all ? f->n_values : 1); i++) {
            mark(r, f, key_of_number(KEY_NUMBER, f->values[i], 0));
        }
    } else if (f->kind == FAITHFUL_DATE) {
        if (f->weekday) mark(r, f, key_of(KEY_WEEKDAY, (uint64_t)f->weekday, 0));
        if (f->month && (all || !f->day)) mark(r, f, date_key(0, f->month, 0));
        if (f->month && f->day) mark(r, f, date_key(0, f->month, f->day));
        if (all && f->may_swap) mark(r, f, date_key(0, f->day, f->month));
        if (all && f->day) mark(r, f, key_of_number(KEY_NUMBER, f->day, 0));
        if (all && f->year) mark(r, f, key_of_number(KEY_NUMBER, f->year, 0));
        if (all && f->year && f->month && f->day) {
            int weekday = weekday_of(f->year, f->month, f->day);
            mark(r, f, key_of(KEY_WEEKDAY, (uint64_t)weekday, 0));
        }
    } else if (f->kind == FAITHFUL_TIME) {
        mark(r, f, key_of(KEY_TIME, (uint64_t)f->minutes, 0));
        if (f->other_minutes >= 0) mark(r, f, key_of(KEY_TIME, (uint64_t)f->other_minutes, 0));
    }
}

bool fact_offer(struct reading *r, const struct fact *f) {
    if (reading_gives(r)) {
        give(&r->source->keys, f);
        mark_fact(r, f);
        return false;
    }
    if (!has(&r->source->keys, f)) return false;
    mark_fact(r, f);
    return true;
}

void fact_state(struct reading *r, const struct fact *f) {
    if (reading_gives(r)) {
        (void)fact_offer(r, f);
        return;
    }
    r->report->n_checked++;
    if (fact_offer(r, f)) return;
    char normal[FAITHFUL_NORMAL];
    normal_form(r, f, normal, sizeof normal);
    report_add(r, f->kind, f->from, f->to, normal);
}
