/* The parser of command lines: --name VALUE, --name=VALUE, -n VALUE, -nVALUE, -- ends options. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"

/* One option met on the command line. */
struct met {
    const struct option *option;
    char name[64];     /* as the messages show it: "--top-k" or "-n" */
    const char *value; /* NULL if none was attached to it */
};

static ingle_status unknown_option(const struct command *c, const char *given, size_t len,
                                   ingle_error *err) {
    const char *names[OPTION_LIST_MAX];
    size_t n = 0;
    for (size_t i = 0; i < c->n_options && n < BASE_COUNT(names); i++) {
        names[n++] = c->options[i].name;
    }
    char word[64];
    size_t n_word = len < sizeof word ? len : sizeof word - 1;
    memcpy(word, given, n_word);
    word[n_word] = '\0';
    const char *near = strncmp(word, "--", 2) == 0 ? nearest(word + 2, names, n) : NULL;
    if (near) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "'%s' is no option of ingle %s; did you mean '--%s'?", word, c->name,
                          near);
    }
    return status_set(err, INGLE_BAD_ARGUMENT, 0,
                      "'%s' is no option of ingle %s; ingle %s --help lists them.", word, c->name,
                      c->name);
}

/* Recognises arg, which begins with a dash. */
static ingle_status meet(const struct command *c, const char *arg, struct met *m,
                         ingle_error *err) {
    bool is_long = arg[1] == '-';
    size_t n_name = is_long ? strcspn(arg, "=") : 2;
    *m = (struct met){0};
    for (size_t i = 0; i < c->n_options && !m->option; i++) {
        const struct option *o = &c->options[i];
        bool same = is_long ? strlen(o->name) == n_name - 2 && !memcmp(o->name, arg + 2, n_name - 2)
                            : o->letter == arg[1];
        if (same) m->option = o;
    }
    if (!m->option || n_name >= sizeof m->name) return unknown_option(c, arg, n_name, err);
    memcpy(m->name, arg, n_name);
    if (arg[n_name] != '\0') m->value = arg + n_name + (is_long ? 1 : 0);
    return INGLE_OK;
}

static ingle_status bad_value(const struct met *m, const char *wanted, ingle_error *err) {
    return status_set(err, INGLE_BAD_ARGUMENT, 0, "Option %s is '%.80s'; it must be %s.", m->name,
                      m->value, wanted);
}

static ingle_status store_int(const struct met *m, int *field, ingle_error *err) {
    const struct option *o = m->option;
    if (o->has_auto && strcmp(m->value, "auto") == 0) {
        *field = 0;
        return INGLE_OK;
    }
    char *end;
    errno = 0;
    long long value = strtoll(m->value, &end, 10);
    bool is_number = end != m->value && *end == '\0' && errno == 0;
    if (!is_number || (double)value < o->min || (double)value > o->max) {
        char wanted[96];
        snprintf(wanted, sizeof wanted, "a whole number from %.0f to %.0f%s", o->min, o->max,
                 o->has_auto ? ", or auto" : "");
        return bad_value(m, wanted, err);
    }
    *field = (int)value;
    return INGLE_OK;
}

static ingle_status store_uint64(const struct met *m, struct option_uint64 *field,
                                 ingle_error *err) {
    char *end;
    errno = 0;
    unsigned long long value = strtoull(m->value, &end, 10);
    bool is_number = m->value[0] >= '0' && m->value[0] <= '9' && *end == '\0' && errno == 0;
    if (!is_number) return bad_value(m, "a whole number from 0 to 18446744073709551615", err);
    *field = (struct option_uint64){.value = value, .is_given = true};
    return INGLE_OK;
}

static ingle_status store_float(const struct met *m, float *field, ingle_error *err) {
    const struct option *o = m->option;
    char *end;
    float value = strtof(m->value, &end);
    bool is_number = end != m->value && *end == '\0' && isfinite(value);
    if (!is_number || (double)value < o->min || (double)value > o->max) {
        char wanted[96];
        if (isfinite(o->max)) {
            snprintf(wanted, sizeof wanted, "a number from %g to %g", o->min, o->max);
        } else if (isfinite(o->min)) {
            snprintf(wanted, sizeof wanted, "a number, %g or more", o->min);
        } else {
            snprintf(wanted, sizeof wanted, "a number");
        }
        return bad_value(m, wanted, err);
    }
    *field = value;
    return INGLE_OK;
}

static ingle_status store_choice(const struct met *m, int *field, ingle_error *err) {
    const char *p = m->option->value;
    size_t len = strlen(m->value);
    for (int i = 0;; i++) {
        size_t n = strcspn(p, "|");
        if (n == len && memcmp(p, m->value, n) == 0) {
            *field = i;
            return INGLE_OK;
        }
        if (p[n] == '\0') break;
        p += n + 1;
    }
    char wanted[96];
    snprintf(wanted, sizeof wanted, "one of %s", m->option->value);
    for (char *bar = wanted; (bar = strchr(bar, '|'));) *bar = ' ';
    return bad_value(m, wanted, err);
}

static ingle_status store_in_list(const struct met *m, struct option_list *list, ingle_error *err) {
    if (list->n == OPTION_LIST_MAX) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "Option %s is given more than %d times.",
                          m->name, OPTION_LIST_MAX);
    }
    list->items[list->n++] = m->value;
    return INGLE_OK;
}

static ingle_status store(const struct met *m, void *args, ingle_error *err) {
    void *field = (char *)args + m->option->offset;
    switch (m->option->kind) {
    case OPTION_FLAG:
        *(bool *)field = true;
        return INGLE_OK;
    case OPTION_INT:
        return store_int(m, field, err);
    case OPTION_UINT64:
        return store_uint64(m, field, err);
    case OPTION_FLOAT:
        return store_float(m, field, err);
    case OPTION_TEXT:
        *(const char **)field = m->value;
        return INGLE_OK;
    case OPTION_LIST:
        return store_in_list(m, field, err);
    case OPTION_CHOICE:
        return store_choice(m, field, err);
    }
    return INGLE_OK;
}

ingle_status options_parse(const struct command *c, int argc, char **argv, void *args,
                           struct words *words, ingle_error *err) {
    *words = (struct words){.items = argv};
    bool only_words = false;
    for (int i = 0; i < argc; i++) {
        char *arg = argv[i];
        if (only_words || arg[0] != '-' || arg[1] == '\0') {
            words->items[words->n++] = arg;
            continue;
        }
        if (strcmp(arg, "--") == 0) {
            only_words = true;
            continue;
        }
        struct met m;
        INGLE_TRY(meet(c, arg, &m, err));
        bool takes_value = m.option->kind != OPTION_FLAG;
        if (!takes_value && m.value) {
            return status_set(err, INGLE_BAD_ARGUMENT, 0, "Option %s takes no value.", m.name);
        }
        if (takes_value && !m.value) {
            if (i + 1 == argc) {
                return status_set(err, INGLE_BAD_ARGUMENT, 0, "Option %s needs a value: %s.",
                                  m.name, m.option->value);
            }
            m.value = argv[++i];
        }
        INGLE_TRY(store(&m, args, err));
    }
    return INGLE_OK;
}

bool options_ask_help(const struct command *c, int argc, char **argv) {
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        const char *arg = argv[i];
        if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) return true;
        struct met m;
        if (arg[0] != '-' || arg[1] == '\0' || meet(c, arg, &m, NULL) != INGLE_OK) continue;
        if (m.option->kind != OPTION_FLAG && !m.value) i++; /* the value may be any text */
    }
    return false;
}

static size_t min_size(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Edits (insert, delete, replace, swap neighbours) that turn a into b; both at most 31 long. */
static size_t distance(const char *a, size_t n_a, const char *b, size_t n_b) {
    size_t d[32][32];
    for (size_t i = 0; i <= n_a; i++) d[i][0] = i;
    for (size_t j = 0; j <= n_b; j++) d[0][j] = j;
    for (size_t i = 1; i <= n_a; i++) {
        for (size_t j = 1; j <= n_b; j++) {
            size_t edits = min_size(d[i - 1][j], d[i][j - 1]) + 1;
            edits = min_size(edits, d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                edits = min_size(edits, d[i - 2][j - 2] + 1);
            }
            d[i][j] = edits;
        }
    }
    return d[n_a][n_b];
}

const char *nearest(const char *word, const char *const *names, size_t n) {
    size_t n_word = strlen(word);
    if (n_word == 0 || n_word > 31) return NULL;
    const char *best = NULL;
    size_t best_edits = n_word / 3 + 2; /* farther is a guess, not a suggestion */
    for (size_t i = 0; i < n; i++) {
        size_t n_name = strlen(names[i]);
        if (n_name > 31) continue;
        bool begins = n_word >= 3 && n_name > n_word && memcmp(names[i], word, n_word) == 0;
        size_t edits = begins ? 1 : distance(word, n_word, names[i], n_name);
        if (edits < best_edits) {
            best_edits = edits;
            best = names[i];
        }
    }
    return best;
}
