/* ingle config: the settings, where each comes from, and changing one. */
#include <stdio.h>
#include <string.h>

#include "cli/audit_note.h"
#include "cli/command.h"
#include "cli/config.h"
#include "cli/json.h"
#include "cli/say.h"

struct config_args {
    bool unset, json;
};

static const struct option config_options[] = {
    {"unset", '\0', OPTION_FLAG, NULL, "Take the setting out of the file, back to its default",
     .offset = offsetof(struct config_args, unset)},
    {"json", '\0', OPTION_FLAG, NULL, "One JSON object",
     .offset = offsetof(struct config_args, json)},
};

static const char *source_name(const struct config_value *v) {
    static const char *const names[] = {"default", "file", "environment"};
    return names[v->source];
}

static void put_json(struct json *j, enum config_key key, const struct config_value *v) {
    json_begin(j, '{');
    json_put_str(j, "key", config_name(key));
    json_put_str(j, "value", v->text);
    json_put_str(j, "source", source_name(v));
    if (v->line) json_put_int(j, "line", v->line);
    json_end(j, '}');
}

static ingle_status show_all(struct cli *cli, const struct config *config, bool as_json,
                             ingle_error *err) {
    struct out *o = &cli->out;
    struct json j;
    char path[CONFIG_VALUE_MAX];
    INGLE_TRY(config_path(path, err));
    json_init(&j, o);
    if (as_json) {
        json_begin(&j, '{');
        json_put_str(&j, "file", path);
        json_key(&j, "settings");
        json_begin(&j, '[');
    } else {
        out_str(o, "# ");
        out_line_text(o, path, strlen(path));
        out_str(o, "\n");
    }
    for (int i = 0; i < CONFIG_N_KEYS; i++) {
        enum config_key key = (enum config_key)i;
        const struct config_value *v = &config->values[i];
        if (as_json) {
            put_json(&j, key, v);
            continue;
        }
        out_f(o, "%-8s = ", config_name(key));
        out_line_text(o, v->text[0] ? v->text : "(none)", v->text[0] ? strlen(v->text) : 6);
        out_f(o, "  (%s", source_name(v));
        if (v->source == CONFIG_FILE) out_f(o, ", line %d", v->line);
        if (v->source == CONFIG_ENVIRONMENT) out_f(o, ", %s", config_variable(key));
        out_f(o, ")  # %s\n", config_help(key));
    }
    if (!as_json) return INGLE_OK;
    json_end(&j, ']');
    json_end(&j, '}');
    return INGLE_OK;
}

static void show_one(struct cli *cli, enum config_key key, const struct config_value *v,
                     bool as_json) {
    struct json j;
    if (as_json) {
        json_init(&j, &cli->out);
        put_json(&j, key, v);
        return;
    }
    out_text(&cli->out, v->text, strlen(v->text));
    out_str(&cli->out, "\n");
}

/* The change has been made, whatever becomes of the record; also where the log is off, which is a
 * change of a setting itself. */
static void record(enum config_key key, const char *value) {
    char name[32];
    snprintf(name, sizeof name, "%s", config_name(key));
    struct audit_field fields[] = {AUDIT_FIELD_WORDS("key", name),
                                   AUDIT_FIELD_WORDS("value", value ? value : "default")};
    if (key == CONFIG_MODEL && value) { /* where a person's files lie is theirs to tell */
        fields[1] = (struct audit_field)AUDIT_FIELD_DIGEST("value", value, strlen(value));
    }
    ingle_error err;
    ingle_status status = audit_require(AUDIT_CONFIG, fields, BASE_COUNT(fields), &err);
    if (status != INGLE_OK && status != INGLE_UNSUPPORTED) say(NULL, err.msg);
}

static ingle_status change(const struct words *words, enum config_key key, bool unset,
                           ingle_error *err) {
    char value[CONFIG_VALUE_MAX];
    if (unset) {
        INGLE_TRY(config_set(key, NULL, err));
        record(key, NULL);
        return INGLE_OK;
    }
    INGLE_TRY(config_check(value, key, words->items[1], err));
    INGLE_TRY(config_set(key, value, err));
    record(key, value);
    return INGLE_OK;
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct config_args args = {0};
    struct words words;
    struct config config;
    enum config_key key = CONFIG_MODEL;
    INGLE_TRY(options_parse(cli->command, argc, argv, &args, &words, err));
    int n_max = args.unset ? 1 : 2;
    if (words.n > n_max) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "'%.60s' is one argument too many.",
                          words.items[n_max]);
    }
    if (args.unset && words.n == 0) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "Name the setting before --unset.");
    }
    if (words.n > 0 && !config_find(&key, words.items[0])) {
        return config_unknown(words.items[0], err);
    }
    if (words.n == 2 || args.unset) return change(&words, key, args.unset, err);
    INGLE_TRY(config_load(&config, err));
    if (words.n == 0) return show_all(cli, &config, args.json, err);
    show_one(cli, key, &config.values[key], args.json);
    return INGLE_OK;
}

const struct command cmd_config = {
    .name = "config",
    .summary = "Show every setting with its value and where that comes from, or change one",
    .arguments = "[KEY [VALUE | --unset]] [--json]",
    .example = "config threads 4",
    .details = "The settings are lines 'key = value' in ingle/ingle.conf in XDG_CONFIG_HOME or "
               "~/.config;\n"
               "the environment goes before the file, options of a command before both. A change\n"
               "keeps all other lines and is a record of the audit log.",
    COMMAND_OPTIONS(config_options),
    .run = run,
};
