/* ingle show: metadata and tensors of any GGUF file, also of models ingle cannot run. */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/engine_arg.h"
#include "cli/json.h"
#include "cli/seal_here.h"
#include "ingle/file.h"

#define SHORT_ARRAY 8
#define SHORT_TEXT 160
#define COLUMNS 100
#define TYPE_WIDTH 14     /* "string[151936]" */
#define MAX_NAME_WIDTH 40 /* longer names push the rest of their line to the right */

struct show_args {
    struct engine_args engine;
    bool full, json;
};

#define FIELD(name) .offset = offsetof(struct show_args, name)

static const struct option show_options[] = {
    {"model", 'm', OPTION_TEXT, "MODEL", "GGUF file to show", FIELD(engine.model)},
    {"full", '\0', OPTION_FLAG, NULL, "Arrays and long texts whole, not their beginning",
     FIELD(full)},
    {"json", '\0', OPTION_FLAG, NULL, "One JSON object", FIELD(json)},
    OPTION_UNSEALED(struct show_args),
};

/* The fewest digits that give the number back; a float's are told from a double's by its value. */
static int n_digits(double value) {
    bool is_float = fabs(value) <= FLT_MAX && (double)(float)value == value;
    int n = 6;
    for (; n < 17; n++) {
        char text[40];
        snprintf(text, sizeof text, "%.*g", n, value);
        double again = strtod(text, NULL);
        if (again == value || (is_float && (float)again == (float)value)) break;
    }
    return n;
}

/* A value as JSON; the text form uses the same notation. */
static void print_value(struct json *j, const ingle_value *v, bool full) {
    switch (v->kind) {
    case INGLE_VALUE_UINT:
        json_uint(j, v->u);
        break;
    case INGLE_VALUE_INT:
        json_int(j, v->i);
        break;
    case INGLE_VALUE_FLOAT:
        json_number(j, v->f, n_digits(v->f));
        break;
    case INGLE_VALUE_BOOL:
        json_bool(j, v->u != 0);
        break;
    case INGLE_VALUE_STRING: {
        size_t len = v->s.len;
        if (!full && len > SHORT_TEXT) {
            /* Not in the middle of a character. */
            for (len = SHORT_TEXT; len > SHORT_TEXT - 4 && (v->s.data[len] & 0xc0) == 0x80;) len--;
        }
        json_text(j, v->s.data, len);
        break;
    }
    }
}

static uint64_t n_shown(const ingle_file_key *key, bool full) {
    return full || key->count <= SHORT_ARRAY ? key->count : SHORT_ARRAY;
}

/* The value of key i, an array as [..] of its first elements. *is_whole: nothing is left out. */
static ingle_status print_key_value(struct json *j, ingle_file *file, size_t i,
                                    const ingle_file_key *key, bool full, bool *is_whole,
                                    ingle_error *err) {
    uint64_t n = n_shown(key, full);
    *is_whole = n == key->count;
    if (key->is_array) json_begin(j, '[');
    for (uint64_t e = 0; e < n; e++) {
        ingle_value v;
        ingle_status status = ingle_file_get_value(file, i, e, &v);
        if (status != INGLE_OK) {
            return status_set(err, status, 0, "Element %" PRIu64 " of key %zu cannot be read.", e,
                              i);
        }
        if (v.kind == INGLE_VALUE_STRING && !full && v.s.len > SHORT_TEXT) *is_whole = false;
        print_value(j, &v, full);
    }
    if (key->is_array) json_end(j, ']');
    return INGLE_OK;
}

static ingle_status print_keys_json(struct json *j, ingle_file *file, bool full, ingle_error *err) {
    for (size_t i = 0; i < ingle_file_n_keys(file); i++) {
        ingle_file_key key;
        INGLE_TRY(ingle_file_get_key(file, i, &key));
        json_begin(j, '{');
        json_put_text(j, "key", key.key.data, key.key.len);
        json_put_str(j, "type", key.type);
        if (key.is_array) {
            json_put_uint(j, "count", key.count);
        }
        json_key(j, "value");
        bool is_whole;
        INGLE_TRY(print_key_value(j, file, i, &key, full, &is_whole, err));
        if (!is_whole) {
            json_put_bool(j, "shortened", true);
        }
        json_end(j, '}');
    }
    return INGLE_OK;
}

static ingle_status print_tensors_json(struct json *j, const ingle_file *file) {
    for (size_t i = 0; i < ingle_file_n_tensors(file); i++) {
        ingle_file_tensor t;
        INGLE_TRY(ingle_file_get_tensor(file, i, &t));
        json_begin(j, '{');
        json_put_text(j, "name", t.name.data, t.name.len);
        json_put_str(j, "type", t.type);
        json_key(j, "dims");
        json_begin(j, '[');
        for (int d = 0; d < t.n_dims; d++) json_uint(j, t.dims[d]);
        json_end(j, ']');
        json_put_int(j, "shard", t.shard);
        json_put_uint(j, "offset", t.offset);
        json_put_uint(j, "size", t.size);
        json_end(j, '}');
    }
    return INGLE_OK;
}

static ingle_status print_json(struct out *o, ingle_file *file, const char *path, bool full,
                               ingle_error *err) {
    struct json j;
    json_init(&j, o);
    json_begin(&j, '{');
    json_put_str(&j, "path", path);
    json_put_uint(&j, "version", ingle_file_version(file));
    json_key(&j, "metadata");
    json_begin(&j, '[');
    INGLE_TRY(print_keys_json(&j, file, full, err));
    json_end(&j, ']');
    json_key(&j, "tensors");
    json_begin(&j, '[');
    INGLE_TRY(print_tensors_json(&j, file));
    json_end(&j, ']');
    json_end(&j, '}');
    return INGLE_OK;
}

/* Characters of UTF-8 text[0..len). */
static size_t n_chars(const char *text, size_t len) {
    size_t n = 0;
    for (size_t i = 0; i < len; i++) n += (text[i] & 0xc0) != 0x80;
    return n;
}

/* A name in a column of its own. */
static void print_name(struct out *o, ingle_bytes name, size_t width) {
    out_line_text(o, name.data, name.len);
    size_t n = n_chars(name.data, name.len);
    out_f(o, "%*s", (int)(n < width ? width - n : 0), "");
}

static void widen(size_t *width, ingle_bytes name) {
    size_t n = n_chars(name.data, name.len);
    if (n > *width) *width = n < MAX_NAME_WIDTH ? n : MAX_NAME_WIDTH;
}

/* What fits into so many columns, and dots if that is not all. */
static void print_beginning(struct out *o, const char *text, size_t len, bool is_whole,
                            size_t columns) {
    static const char dots[] = " ...";
    size_t n = n_chars(text, len);
    if (n + (is_whole ? 0 : strlen(dots)) > columns) {
        is_whole = false;
        n += strlen(dots);
        /* The first byte of a character goes last: what is left ends with a whole one. */
        for (; len > 0 && n > columns; len--) n -= (text[len - 1] & 0xc0) != 0x80;
    }
    out_bytes(o, text, len);
    out_str(o, is_whole ? "" : dots);
}

static ingle_status print_key(struct out *o, ingle_file *file, size_t i, size_t width, bool full,
                              ingle_error *err) {
    ingle_file_key key;
    INGLE_TRY(ingle_file_get_key(file, i, &key));
    char type[40];
    snprintf(type, sizeof type, key.is_array ? "%s[%" PRIu64 "]" : "%s", key.type, key.count);
    out_f(o, "%-*s  ", TYPE_WIDTH, type);
    print_name(o, key.key, width);
    out_str(o, "  ");
    struct json j;
    bool is_whole;
    if (full) {
        json_init_in_line(&j, o);
        INGLE_TRY(print_key_value(&j, file, i, &key, full, &is_whole, err));
        out_str(o, "\n");
        return INGLE_OK;
    }
    struct out value; /* stays in its buffer: a shortened value is far smaller than that */
    out_init(&value, -1, "");
    json_init_in_line(&j, &value);
    INGLE_TRY(print_key_value(&j, file, i, &key, full, &is_whole, err));
    size_t n_name = n_chars(key.key.data, key.key.len);
    size_t used = TYPE_WIDTH + 4 + (n_name > width ? n_name : width);
    print_beginning(o, value.data, value.n_data, is_whole, used < COLUMNS ? COLUMNS - used : 0);
    out_str(o, "\n");
    return INGLE_OK;
}

static ingle_status print_keys(struct out *o, ingle_file *file, bool full, ingle_error *err) {
    size_t width = 0;
    ingle_file_key key;
    for (size_t i = 0; i < ingle_file_n_keys(file); i++) {
        INGLE_TRY(ingle_file_get_key(file, i, &key));
        widen(&width, key.key);
    }
    for (size_t i = 0; i < ingle_file_n_keys(file); i++) {
        INGLE_TRY(print_key(o, file, i, width, full, err));
    }
    return INGLE_OK;
}

static ingle_status print_tensors(struct out *o, const ingle_file *file) {
    size_t width = 0;
    ingle_file_tensor t;
    for (size_t i = 0; i < ingle_file_n_tensors(file); i++) {
        INGLE_TRY(ingle_file_get_tensor(file, i, &t));
        widen(&width, t.name);
    }
    for (size_t i = 0; i < ingle_file_n_tensors(file); i++) {
        INGLE_TRY(ingle_file_get_tensor(file, i, &t));
        out_f(o, "%-*s  ", TYPE_WIDTH, t.type);
        print_name(o, t.name, width);
        out_f(o, "  %12" PRIu64 " bytes  [", t.size);
        for (int d = 0; d < t.n_dims; d++) out_f(o, "%s%" PRIu64, d ? ", " : "", t.dims[d]);
        out_str(o, "]\n");
    }
    return INGLE_OK;
}

static ingle_status print_text(struct out *o, ingle_file *file, const char *path, bool full,
                               ingle_error *err) {
    out_line_text(o, path, strlen(path));
    out_f(o, ": GGUF version %u, %zu keys, %zu tensors\n", ingle_file_version(file),
          ingle_file_n_keys(file), ingle_file_n_tensors(file));
    if (ingle_file_n_keys(file)) out_str(o, "\n");
    INGLE_TRY(print_keys(o, file, full, err));
    if (ingle_file_n_tensors(file)) out_str(o, "\n");
    return print_tensors(o, file);
}

/* The process that reads the file can open nothing, then. */
static ingle_status open_sealed(ingle_file **out, struct cli *cli, const struct show_args *args,
                                ingle_error *err) {
    struct model_files f;
    *out = NULL;
    INGLE_TRY(model_files_open(&f, args->engine.model, NULL, "", err));
    ingle_status status = seal_here(cli, &f, args->engine.unsealed, err);
    if (status == INGLE_OK) {
        ingle_model_files files = ingle_model_files_default();
        files.fds = f.fds;
        files.n_fds = f.n_fds;
        files.name = f.name;
        status = ingle_file_open_files(out, &files, err);
    }
    model_files_close(&f);
    return status;
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct show_args args = {0};
    struct words words;
    INGLE_TRY(options_parse(cli->command, argc, argv, &args, &words, err));
    if (words.n == 1 && !args.engine.model) {
        args.engine.model = words.items[0];
    } else if (words.n || !args.engine.model) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "Give one GGUF file: ingle show MODEL.");
    }
    ingle_file *file;
    INGLE_TRY(open_sealed(&file, cli, &args, err));
    const char *path = args.engine.model;
    ingle_status status = args.json ? print_json(&cli->out, file, path, args.full, err)
                                    : print_text(&cli->out, file, path, args.full, err);
    ingle_file_close(file);
    return status;
}

const struct command cmd_show = {
    .name = "show",
    .summary = "Show the metadata and tensors of a GGUF file",
    .arguments = "[--full] [--json] MODEL",
    .example = "show model.gguf",
    .details = "Works for any GGUF file, also of models that ingle cannot run.",
    COMMAND_OPTIONS(show_options),
    .run = run,
};
