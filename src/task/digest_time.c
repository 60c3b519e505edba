#include "task/digest_time.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DAY_S 86400
#define LAST_S INT64_C(253402300799) /* the end of the year 9999 */

/* Days since 1970 of a date of the Gregorian calendar: years begin in March, so that the leap day
 * is their last (H. Hinnant, "chrono-compatible low-level date algorithms"). */
static int64_t days_of(int64_t year, int64_t month, int64_t day) {
    year -= month <= 2;
    int64_t era = year / 400, of_era = year % 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_of(int64_t days, int64_t *year, int64_t *month, int64_t *day) {
    days += 719468;
    int64_t era = days / 146097, of_era = days % 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;
    *day = of_year - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = y + era * 400 + (*month <= 2);
}

struct cursor {
    const char *at, *end;
};

/* n digits. */
static bool take_number(struct cursor *c, int n, int64_t *value) {
    *value = 0;
    for (int i = 0; i < n; i++) {
        if (c->at == c->end || *c->at < '0' || *c->at > '9') return false;
        *value = *value * 10 + (*c->at++ - '0');
    }
    return true;
}

static bool take(struct cursor *c, char wanted) {
    if (c->at == c->end || *c->at != wanted) return false;
    c->at++;
    return true;
}

static bool is_leap(int64_t year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool take_date(struct cursor *c, int64_t *days) {
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t year, month, day;
    if (!take_number(c, 4, &year)) return false;
    bool dashes = take(c, '-');
    if (!take_number(c, 2, &month) || (dashes && !take(c, '-'))) return false;
    if (!take_number(c, 2, &day) || month < 1 || month > 12 || day < 1) return false;
    if (day > lengths[month - 1] + (month == 2 && is_leap(year))) return false;
    *days = days_of(year, month, day);
    return true;
}

static bool take_clock(struct cursor *c, int64_t *seconds) {
    int64_t hour, minute, second = 0;
    if (!take_number(c, 2, &hour)) return false;
    bool colons = take(c, ':');
    if (!take_number(c, 2, &minute)) return false;
    if (colons ? take(c, ':') : c->at < c->end && *c->at >= '0' && *c->at <= '9') {
        if (!take_number(c, 2, &second)) return false;
        if (take(c, '.') || take(c, ',')) {
            int64_t digit;
            if (!take_number(c, 1, &digit)) return false;
            while (take_number(c, 1, &digit)) {}
        }
    }
    *seconds = hour * 3600 + minute * 60 + second;
    return hour <= 23 && minute <= 59 && second <= 60;
}

static bool take_zone(struct cursor *c, int64_t *offset) {
    *offset = 0;
    if (take(c, 'Z') || take(c, 'z')) return true;
    int64_t sign = take(c, '+') ? 1 : take(c, '-') ? -1 : 0, hours, minutes = 0;
    if (sign == 0) return true;
    if (!take_number(c, 2, &hours)) return false;
    if (take(c, ':') || c->at < c->end) {
        if (!take_number(c, 2, &minutes)) return false;
    }
    *offset = sign * (hours * 3600 + minutes * 60);
    return hours <= 14 && minutes <= 59;
}

static bool parse_iso(struct cursor c, int64_t *time_s) {
    int64_t days, clock = 0, zone = 0;
    if (!take_date(&c, &days)) return false;
    if (c.at < c.end) {
        if (!take(&c, 'T') && !take(&c, 't') && !take(&c, ' ')) return false;
        if (!take_clock(&c, &clock)) return false;
        (void)take(&c, ' ');
        if (!take_zone(&c, &zone)) return false;
    }
    *time_s = days * DAY_S + clock - zone;
    return c.at == c.end;
}

/* Digits, and a fraction that is dropped. */
static bool parse_number(struct cursor c, int64_t *time_s) {
    int64_t value = 0, digit;
    int n = 0;
    for (; n < 18 && take_number(&c, 1, &digit); n++) value = value * 10 + digit;
    if (n == 0 || n == 18) return false;
    if (take(&c, '.')) {
        while (take_number(&c, 1, &digit)) {}
    }
    *time_s = value >= INT64_C(100000000000) ? value / 1000 : value;
    return c.at == c.end;
}

bool digest_time_parse(const char *text, size_t len, int64_t *time_s) {
    struct cursor c = {text, text + len};
    bool is_date = (len == 8 || len >= 10) &&
                   (len == 8 || memchr(text, '-', 5) != NULL || memchr(text, 'T', len) != NULL);
    if (!(is_date && parse_iso(c, time_s)) && !parse_number(c, time_s)) return false;
    return *time_s >= 0 && *time_s <= LAST_S;
}

void digest_time_ago(char *out, size_t cap, int64_t time_s, int64_t now_s) {
    int64_t s = now_s - time_s, ahead = s < 0;
    if (ahead) s = -s;
    if (s < 60) {
        snprintf(out, cap, "just now");
        return;
    }
    const char *unit = s < 3600 ? "min" : s < 48 * 3600 ? "h" : "days";
    int64_t count = s < 3600 ? s / 60 : s < 48 * 3600 ? s / 3600 : s / DAY_S;
    snprintf(out, cap, ahead ? "in %" PRId64 " %s" : "%" PRId64 " %s ago", count, unit);
}

void digest_time_iso(char out[32], int64_t time_s) {
    int64_t year, month, day, of_day = time_s % DAY_S;
    if (time_s < 0 || time_s > LAST_S) time_s = of_day = 0;
    date_of(time_s / DAY_S, &year, &month, &day);
    snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)year, (int)month, (int)day,
             (int)(of_day / 3600), (int)(of_day / 60 % 60), (int)(of_day % 60));
}
