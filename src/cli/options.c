#include "cli/options.h"

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
    for (; n < c->n_options && n < BASE_COUNT(names); n++) names[n] = c->options[n].name;
    char word[64];
    snprintf(word, sizeof word, "%.*s", (int)(len < sizeof word ? len : sizeof word - 1), given);
    const char *near = nearest(word + strspn(word, "-"), names, n);
    if (near) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "'%s' is no option of ingle %s; did you mean '--%s'?", word, c->name,
                          near);
    }
    return status_set(err, INGLE_BAD_ARGUMENT, 0,
                      "'%s' is no option of ingle %s; ingle %s --help lists them.", word, c->name,
                      c->name);
}

static const struct option *find_long(const struct command *c, const char *name, size_t len) {
    for (size_t i = 0; i < c->n_options; i++) {
        const struct option *o = &c->options[i];
        if (strlen(o->name) == len && memcmp(o->name, name, len) == 0) return o;
    }
    return NULL;
}

static const struct option *find_short(const struct command *c, char letter) {
    for (size_t i = 0; i < c->n_options; i++) {
        if (c->options[i].letter == letter) return &c->options[i];
    }
    return NULL;
}

/* Recognises arg, which is a dash and something. */
static ingle_status meet(const struct command *c, const char *arg, struct met *m,
                         ingle_error *err) {
    bool is_long = arg[1] == '-';
    size_t n_word = strcspn(arg, "=");
    size_t n_name = is_long ? n_word : 2;
    *m = (struct met){0};
    if (is_long) {
        m->option = find_long(c, arg + 2, n_word - 2);
    } else if (n_word == 2 || !find_long(c, arg + 1, n_word - 1)) { /* -temp is not -t emp */
        m->option = find_short(c, arg[1]);
    }
    if (!m->option || n_name >= sizeof m->name) return unknown_option(c, arg, n_word, err);
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

static ingle_status bad_float(const struct met *m, ingle_error *err) {
    const struct option *o = m->option;
    char wanted[96] = "a number";
    if (isfinite(o->max)) {
        snprintf(wanted, sizeof wanted, "a number from %g to %g", o->min, o->max);
    } else if (isfinite(o->min)) {
        snprintf(wanted, sizeof wanted, o->above_min ? "a number above %g" : "a number, %g or more",
                 o->min);
    }
    return bad_value(m, wanted, err);
}

static ingle_status store_float(const struct met *m, float *field, ingle_error *err) {
    const struct option *o = m->option;
    char *end;
    float value = strtof(m->value, &end);
    bool is_number = end != m->value && *end == '\0' && isfinite(value);
    if (!is_number || (double)value < o->min || (double)value > o->max ||
        (o->above_min && (double)value == o->min)) {
        return bad_float(m, err);
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
    if (m->value[0] == '\0') {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "Option %s is empty.", m->name);
    }
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
        bool has_number = i + 1 < argc && argv[i + 1][0] >= '0' && argv[i + 1][0] <= '9';
        if (m.option->is_optional && !m.value && !has_number) m.value = "0";
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

ingle_status options_parse_all(const struct command *c, int argc, char **argv, void *args,
                               const char *hint, ingle_error *err) {
    struct words words;
    INGLE_TRY(options_parse(c, argc, argv, args, &words, err));
    if (words.n == 0) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0, "'%.60s' belongs to no option%s%s.",
                      words.items[0], hint[0] ? "; " : "", hint);
}

bool options_ask_help(const struct command *c, int argc, char **argv) {
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
        const char *arg = argv[i];
        if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) return true;
        struct met m;
        if (arg[0] != '-' || arg[1] == '\0' || meet(c, arg, &m, NULL) != INGLE_OK) continue;
        bool takes_value =
            m.option && m.option->kind != OPTION_FLAG && !m.option->is_optional && !m.value;
        if (takes_value) i++; /* it may be any text */
    }
    return false;
}
