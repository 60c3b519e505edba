#include "engine/template/clock_text.h"

#include <stdio.h>

static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                   "Thursday", "Friday", "Saturday"};
static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};

/* Week of the year by ISO 8601, and its year. */
static int iso_week(const struct tm *t, int *year) {
    int weekday = (t->tm_wday + 6) % 7;
    int week = (t->tm_yday - weekday + 10) / 7;
    int y = t->tm_year + 1900;
    *year = y;
    if (week < 1) {
        int before = y - 1;
        bool leap = (before % 4 == 0 && before % 100 != 0) || before % 400 == 0;
        int first = ((t->tm_wday - t->tm_yday) % 7 + 7) % 7; /* weekday of January 1 */
        *year = before;
        return first == 5 || (first == 6 && leap) ? 53 : 52;
    }
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    if (week == 53 && t->tm_yday - weekday + 3 >= 365 + leap) {
        *year = y + 1;
        return 1;
    }
    return week;
}

struct part {
    const char *text; /* else the number */
    int number, width;
    char pad;
};

static struct part number(int n, int width, char pad) {
    return (struct part){.number = n, .width = width, .pad = pad};
}

static struct part word(const char *text, int len) {
    return (struct part){.text = text, .width = len};
}

static int wrap(int n, int size) {
    return (n % size + size) % size;
}

/* Directives that stand for several others. */
static const char *expand(char c) {
    switch (c) {
    case 'c':
        return "%a %b %e %H:%M:%S %Y";
    case 'D':
    case 'x':
        return "%m/%d/%y";
    case 'F':
        return "%Y-%m-%d";
    case 'r':
        return "%I:%M:%S %p";
    case 'R':
        return "%H:%M";
    case 'T':
    case 'X':
        return "%H:%M:%S";
    default:
        return NULL;
    }
}

static bool find_part(char c, const struct tm *t, struct part *out) {
    int iso_year, week = iso_week(t, &iso_year), hour12 = wrap(t->tm_hour + 11, 12) + 1;
    switch (c) {
    case '%':
        *out = word("%", 1);
        return true;
    case 'a':
        *out = word(days[wrap(t->tm_wday, 7)], 3);
        return true;
    case 'A':
        *out = word(days[wrap(t->tm_wday, 7)], 9);
        return true;
    case 'b':
    case 'h':
        *out = word(months[wrap(t->tm_mon, 12)], 3);
        return true;
    case 'B':
        *out = word(months[wrap(t->tm_mon, 12)], 9);
        return true;
    case 'C':
        *out = number((t->tm_year + 1900) / 100, 2, '0');
        return true;
    case 'd':
        *out = number(t->tm_mday, 2, '0');
        return true;
    case 'e':
        *out = number(t->tm_mday, 2, ' ');
        return true;
    case 'f':
        *out = word("000000", 6);
        return true;
    case 'g':
        *out = number(wrap(iso_year, 100), 2, '0');
        return true;
    case 'G':
        *out = number(iso_year, 4, '0');
        return true;
    case 'H':
        *out = number(t->tm_hour, 2, '0');
        return true;
    case 'I':
        *out = number(hour12, 2, '0');
        return true;
    case 'j':
        *out = number(t->tm_yday + 1, 3, '0');
        return true;
    case 'k':
        *out = number(t->tm_hour, 2, ' ');
        return true;
    case 'l':
        *out = number(hour12, 2, ' ');
        return true;
    case 'm':
        *out = number(t->tm_mon + 1, 2, '0');
        return true;
    case 'M':
        *out = number(t->tm_min, 2, '0');
        return true;
    case 'n':
        *out = word("\n", 1);
        return true;
    case 'p':
        *out = word(t->tm_hour < 12 ? "AM" : "PM", 2);
        return true;
    case 'P':
        *out = word(t->tm_hour < 12 ? "am" : "pm", 2);
        return true;
    case 'S':
        *out = number(t->tm_sec, 2, '0');
        return true;
    case 't':
        *out = word("\t", 1);
        return true;
    case 'u':
        *out = number(wrap(t->tm_wday + 6, 7) + 1, 1, '0');
        return true;
    case 'U':
        *out = number((t->tm_yday + 7 - t->tm_wday) / 7, 2, '0');
        return true;
    case 'V':
        *out = number(week, 2, '0');
        return true;
    case 'w':
        *out = number(wrap(t->tm_wday, 7), 1, '0');
        return true;
    case 'W':
        *out = number((t->tm_yday + 7 - wrap(t->tm_wday + 6, 7)) / 7, 2, '0');
        return true;
    case 'y':
        *out = number(wrap(t->tm_year, 100), 2, '0');
        return true;
    case 'Y':
        *out = number(t->tm_year + 1900, 1, '0');
        return true;
    case 'z': /* a time without a zone has none to tell */
    case 'Z':
        *out = word("", 0);
        return true;
    default:
        return false;
    }
}

static ingle_status put_part(struct build *b, struct part part, char flag) {
    char text[32];
    if (part.text) {
        size_t len = strlen(part.text);
        return build_add(b, part.text, len < (size_t)part.width ? len : (size_t)part.width, false);
    }
    char pad = flag == '_' ? ' ' : flag == '0' ? '0' : part.pad;
    int width = flag == '-' ? 1 : part.width;
    snprintf(text, sizeof text, pad == '0' ? "%0*d" : "%*d", width, part.number);
    return build_add_text(b, text, false);
}

static ingle_status put_format(struct build *b, const char *format, size_t len, const struct tm *t,
                               const struct str *marks) {
    for (size_t i = 0; i < len; i++) {
        if (format[i] != '%' || i + 1 == len) {
            INGLE_TRY(marks ? build_add_part(b, marks, i, 1) : build_add(b, format + i, 1, false));
            continue;
        }
        char flag = strchr("-_0", format[i + 1]) && format[i + 1] ? format[++i] : ' ';
        char c = ++i < len ? format[i] : '\0';
        struct part part;
        const char *more = expand(c);
        if (more) {
            INGLE_TRY(put_format(b, more, strlen(more), t, NULL));
        } else if (find_part(c, t, &part)) {
            INGLE_TRY(put_part(b, part, flag));
        } else {
            return run_invalid(b->r, "strftime_now() does not know '%%%c'", c > ' ' ? c : '?');
        }
    }
    return INGLE_OK;
}

ingle_status clock_text(struct run *r, const struct str *format, const struct tm *t,
                        struct value *out) {
    struct build b;
    build_init(&b, r);
    INGLE_TRY(put_format(&b, format->data, format->len, t, format));
    return build_end(&b, out);
}
