#include "cli/config.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "cli/config_file.h"
#include "cli/options.h"
#include "cli/user_dir.h"
#include "ingle/ingle.h"

#define MAX_THREADS 256

/* ---- what values may be ---- */

static ingle_status bad(const char *key, const char *value, const char *wanted, ingle_error *err) {
    return status_set(err, INGLE_BAD_ARGUMENT, 0, "%s is '%.80s'; it must be %s.", key, value,
                      wanted);
}

/* A path that means the same wherever the command is run. */
static ingle_status check_path(char *out, const char *key, const char *value, ingle_error *err) {
    char path[PATH_MAX];
    if (value[0] == '/') {
        snprintf(out, CONFIG_VALUE_MAX, "%s", value);
        return INGLE_OK;
    }
    if (!realpath(value, path) || strlen(path) >= CONFIG_VALUE_MAX) {
        return bad(key, value, "the path of a file", err);
    }
    memcpy(out, path, strlen(path) + 1);
    return INGLE_OK;
}

static ingle_status check_threads(char *out, const char *key, const char *value, ingle_error *err) {
    char *end;
    errno = 0;
    long n = strtol(value, &end, 10);
    bool is_number = ascii_is_digit(value[0]) && *end == '\0' && errno == 0;
    if (strcmp(value, "auto") != 0 && (!is_number || n < 1 || n > MAX_THREADS)) {
        return bad(key, value, "a whole number from 1 to 256, or auto", err);
    }
    snprintf(out, CONFIG_VALUE_MAX, "%s", value);
    return INGLE_OK;
}

static ingle_status check_cpu(char *out, const char *key, const char *value, ingle_error *err) {
    char list[160] = "auto";
    bool available, fits = strcmp(value, "auto") == 0;
    const char *name;
    for (size_t i = 0; (name = ingle_cpu_tier(i, &available)); i++) {
        if (!available) continue;
        fits |= strcmp(name, value) == 0;
        size_t n = strlen(list);
        snprintf(list + n, sizeof list - n, ", %s", name);
    }
    if (!fits) {
        char wanted[200];
        snprintf(wanted, sizeof wanted, "one of %s", list);
        return bad(key, value, wanted, err);
    }
    snprintf(out, CONFIG_VALUE_MAX, "%s", value);
    return INGLE_OK;
}

static ingle_status check_switch(char *out, const char *key, const char *value, ingle_error *err) {
    if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0) {
        return bad(key, value, "on or off", err);
    }
    snprintf(out, CONFIG_VALUE_MAX, "%s", value);
    return INGLE_OK;
}

/* ---- the table ---- */

static const struct {
    const char *name, *standard, *variable, *help;
    ingle_status (*check)(char *out, const char *key, const char *value, ingle_error *err);
} rows[CONFIG_N_KEYS] = {
    [CONFIG_MODEL] = {"model", "", NULL, "GGUF file that is used without -m", check_path},
    [CONFIG_THREADS] = {"threads", "auto", NULL, "threads without -t", check_threads},
    [CONFIG_CPU] = {"cpu", "auto", "INGLE_CPU", "kernel tier, where not the best one", check_cpu},
    [CONFIG_AUDIT] = {"audit", "on", NULL,
                      "the audit log; off: only what must never happen without a record",
                      check_switch},
};

const char *config_name(enum config_key key) {
    return rows[key].name;
}

const char *config_help(enum config_key key) {
    return rows[key].help;
}

const char *config_variable(enum config_key key) {
    return rows[key].variable;
}

bool config_find(enum config_key *out, const char *name) {
    for (int i = 0; i < CONFIG_N_KEYS; i++) {
        if (strcmp(rows[i].name, name) != 0) continue;
        *out = (enum config_key)i;
        return true;
    }
    return false;
}

ingle_status config_unknown(const char *name, ingle_error *err) {
    const char *names[CONFIG_N_KEYS];
    char list[200] = "";
    for (int i = 0; i < CONFIG_N_KEYS; i++) {
        size_t n = strlen(list);
        names[i] = rows[i].name;
        snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", rows[i].name);
    }
    const char *near = nearest(name, names, CONFIG_N_KEYS);
    if (near) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "'%.60s' is no setting; did you mean '%s'?",
                          name, near);
    }
    return status_set(err, INGLE_BAD_ARGUMENT, 0, "'%.60s' is no setting; there are %s.", name,
                      list);
}

ingle_status config_check(char out[CONFIG_VALUE_MAX], enum config_key key, const char *value,
                          ingle_error *err) {
    size_t len = strlen(value);
    bool is_plain = len > 0 && len < CONFIG_VALUE_MAX && utf8_is_valid(value, len) &&
                    !ascii_is_blank(value[0]) && !ascii_is_blank(value[len - 1]);
    for (size_t i = 0; i < len; i++) is_plain &= (unsigned char)value[i] >= 32 && value[i] != 127;
    if (!is_plain) {
        return bad(rows[key].name, value, "text in one line without space at its ends", err);
    }
    return rows[key].check(out, rows[key].name, value, err);
}

/* ---- loading ---- */

ingle_status config_path(char out[CONFIG_VALUE_MAX], ingle_error *err) {
    static_assert(CONFIG_VALUE_MAX >= USER_DIR_CAP, "a path is a value");
    if (user_config_dir(out, "/ingle.conf")) return INGLE_OK;
    return status_set(err, INGLE_NOT_FOUND, 0,
                      "There is no place for settings: neither HOME nor XDG_CONFIG_HOME names a "
                      "folder.");
}

/* What is wrong, and where. */
static ingle_status at_line(const char *path, int line, const ingle_error *why, ingle_error *err) {
    return status_set(err, INGLE_INVALID, (uint64_t)line, "%s, line %d: %s", path, line, why->msg);
}

static ingle_status take_line(struct config *out, const struct config_line *l, ingle_error *err) {
    enum config_key key;
    char name[64], value[CONFIG_VALUE_MAX];
    if (l->n_key >= sizeof name || l->n_value >= sizeof value) {
        return status_set(err, INGLE_INVALID, 0, "The line is too long.");
    }
    snprintf(name, sizeof name, "%.*s", (int)l->n_key, l->key);
    snprintf(value, sizeof value, "%.*s", (int)l->n_value, l->value);
    if (!config_find(&key, name)) return config_unknown(name, err);
    struct config_value *v = &out->values[key];
    if (v->line) {
        return status_set(err, INGLE_INVALID, 0, "%s is set already in line %d.", name, v->line);
    }
    if (key == CONFIG_MODEL && value[0] != '/') {
        return bad(name, value, "a path that begins with /", err);
    }
    INGLE_TRY(config_check(v->text, key, value, err));
    v->source = CONFIG_FILE;
    v->line = l->number;
    return INGLE_OK;
}

static ingle_status take_file(struct config *out, const struct config_text *text, const char *path,
                              ingle_error *err) {
    struct config_line l = {0};
    ingle_error why;
    for (size_t at = 0; config_next_line(&l, text, &at);) {
        if (l.is_blank) continue;
        ingle_status status = l.is_setting ? take_line(out, &l, &why)
                                           : status_set(&why, INGLE_INVALID, 0,
                                                        "It is neither 'key = value' nor a "
                                                        "comment.");
        if (status != INGLE_OK) return at_line(path, l.number, &why, err);
    }
    return INGLE_OK;
}

/* The environment is checked by who uses it, and goes before the file. */
static void take_environment(struct config *out) {
    for (int i = 0; i < CONFIG_N_KEYS; i++) {
        const char *text = rows[i].variable ? getenv(rows[i].variable) : NULL;
        if (!text || !text[0]) continue;
        snprintf(out->values[i].text, CONFIG_VALUE_MAX, "%s", text);
        out->values[i].source = CONFIG_ENVIRONMENT;
        out->values[i].line = 0;
    }
}

ingle_status config_load(struct config *out, ingle_error *err) {
    char path[CONFIG_VALUE_MAX];
    struct config_text text = {0};
    for (int i = 0; i < CONFIG_N_KEYS; i++) {
        out->values[i].source = CONFIG_DEFAULT;
        out->values[i].line = 0;
        snprintf(out->values[i].text, CONFIG_VALUE_MAX, "%s", rows[i].standard);
    }
    if (config_path(path, NULL) == INGLE_OK) {
        INGLE_TRY(config_read(&text, path, err));
        ingle_status status = take_file(out, &text, path, err);
        config_text_clear(&text);
        INGLE_TRY(status);
    }
    take_environment(out);
    return INGLE_OK;
}

ingle_status config_get(char out[CONFIG_VALUE_MAX], enum config_key key, ingle_error *err) {
    struct config config;
    INGLE_TRY(config_load(&config, err));
    memcpy(out, config.values[key].text, CONFIG_VALUE_MAX);
    return INGLE_OK;
}

ingle_status config_set(enum config_key key, const char *value, ingle_error *err) {
    char path[CONFIG_VALUE_MAX];
    struct config config; /* a file that breaks a rule is not written to */
    INGLE_TRY(config_load(&config, err));
    INGLE_TRY(config_path(path, err));
    return config_rewrite(path, rows[key].name, value, err);
}
