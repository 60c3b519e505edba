#include "cli/vault_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/json_tree.h"
#include "cli/json.h"

#define MAX_MESSAGE ((size_t)64 << 20) /* of a message's tree in memory */

/* ---- status ---- */

static const char *lock_name(enum vault_lock lock) {
    switch (lock) {
    case VAULT_LOCK_PASSPHRASE:
        return "passphrase";
    case VAULT_LOCK_KEY_FILE:
        return "key-file";
    case VAULT_LOCK_MACHINE:
        return "machine";
    }
    return "";
}

static const char *lock_sentence(enum vault_lock lock) {
    switch (lock) {
    case VAULT_LOCK_PASSPHRASE:
        return "a passphrase";
    case VAULT_LOCK_KEY_FILE:
        return "a key file beside it: whoever can read your files as you can open it";
    case VAULT_LOCK_MACHINE:
        return "this machine, by systemd-creds";
    }
    return "";
}

static const char *opens(const struct vault_status *s) {
    if (s->is_in_keyring) return "yes, its key is in the kernel's keyring";
    if (s->lock == VAULT_LOCK_PASSPHRASE) {
        return s->has_keyring ? "no" : "no, and this system has no keyring to unlock it with";
    }
    return "by itself, when it is used";
}

void vault_print_status(struct out *out, const struct vault_status *status, bool as_json) {
    const struct vault_status *s = status;
    if (as_json) {
        struct json j;
        json_init(&j, out);
        json_begin(&j, '{');
        json_put_bool(&j, "exists", s->exists);
        json_put_bool(&j, "on", s->is_on);
        if (s->exists) {
            json_put_str(&j, "locked_with", lock_name(s->lock));
            json_put_bool(&j, "unlocked", s->is_in_keyring);
            json_put_uint(&j, "bytes", s->size);
        }
        json_put_bool(&j, "keyring", s->has_keyring);
        json_end(&j, '}');
        return;
    }
    out_f(out, "vault        %s\n", s->is_on ? "on" : "off: nothing is kept");
    if (!s->exists) return;
    out_f(out, "locked with  %s\n", lock_sentence(s->lock));
    out_f(out, "unlocked     %s\n", opens(s));
    out_f(out, "size         %" PRIu64 " KiB\n", s->size >> 10);
}

/* ---- times ---- */

static void write_time(char out[32], int64_t ns) {
    time_t t = (time_t)(ns / 1000000000);
    struct tm local;
    out[0] = '\0';
    if (localtime_r(&t, &local)) (void)strftime(out, 32, "%Y-%m-%d %H:%M", &local);
}

static void put_time(struct json *j, const char *key, int64_t ns) {
    char text[40] = "";
    time_t t = (time_t)(ns / 1000000000);
    struct tm utc;
    if (gmtime_r(&t, &utc)) (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    json_put_str(j, key, text);
}

/* ---- the list ---- */

struct list_view {
    struct out *out;
    struct json *json; /* NULL = text */
    size_t n, n_bad;
};

static const char *state_name(enum vault_state state) {
    static const char *const names[] = {"intact", "damaged", "deleted by somebody else",
                                        "put back to an older state", "unknown to the vault"};
    return names[state];
}

static bool print_entry(const struct vault_entry *e, void *user) {
    struct list_view *view = user;
    view->n++;
    if (e->state != VAULT_INTACT) view->n_bad++;
    if (view->json) {
        struct json *j = view->json;
        json_begin(j, '{');
        json_put_uint(j, "number", e->number);
        json_put_str(j, "state", state_name(e->state));
        json_put_text(j, "title", e->title, e->title_len);
        json_put_uint(j, "records", e->n_records);
        put_time(j, "begun", e->begun);
        put_time(j, "changed", e->changed);
        json_end(j, '}');
        return true;
    }
    char time[32];
    write_time(time, e->changed);
    out_f(view->out, "%5" PRIu32 "  %-16s  %4" PRIu32 "  ", e->number, e->begun ? time : "",
          e->n_records);
    out_line_text(view->out, e->title, e->title_len);
    if (e->state != VAULT_INTACT) {
        out_f(view->out, "%s[%s]", e->title_len ? " " : "", state_name(e->state));
    }
    out_str(view->out, "\n");
    return true;
}

ingle_status vault_print_list(struct out *out, struct vault *v, bool as_json, ingle_error *err) {
    struct json json = {0};
    struct list_view view = {.out = out, .json = as_json ? &json : NULL};
    if (as_json) {
        json_init(&json, out);
        json_begin(&json, '[');
    }
    ingle_status status = vault_list(v, print_entry, &view, err);
    if (as_json) json_end(&json, ']');
    INGLE_TRY(status);
    if (!as_json && view.n == 0) out_str(out, "Nothing is kept.\n");
    uint64_t generation;
    INGLE_TRY(vault_generation(v, &generation, err));
    if (view.n_bad == 0) return INGLE_OK;
    return status_set(err, INGLE_INVALID, 0, "%zu of %zu conversations are damaged.", view.n_bad,
                      view.n);
}

/* ---- a conversation ---- */

struct record_view {
    struct out *out;
    struct json *json;
};

/* {"role": ..., "content": ...} as a person reads it; whatever else it is, as it is. */
static void print_message(struct out *out, const struct vault_record *record) {
    struct arena arena;
    const struct json_value *message = NULL;
    char time[32];
    arena_init(&arena, MAX_MESSAGE);
    ingle_status status =
        json_tree_parse(&message, &arena, record->data, record->size, "the message", NULL);
    const struct json_value *role = status == INGLE_OK ? json_member(message, "role") : NULL;
    const struct json_value *content = status == INGLE_OK ? json_member(message, "content") : NULL;
    write_time(time, record->time);
    if (role && content && role->kind == JSON_STRING && content->kind == JSON_STRING) {
        out_line_text(out, role->text.data, role->text.len);
        out_f(out, ", %s\n", time);
        out_text(out, content->text.data, content->text.len);
    } else {
        out_f(out, "%s\n", time);
        out_text(out, record->data, record->size);
    }
    out_str(out, "\n\n");
    arena_clear(&arena);
}

static bool print_record(const struct vault_record *record, void *user) {
    struct record_view *view = user;
    if (view->json) {
        json_begin(view->json, '{');
        put_time(view->json, "time", record->time);
        json_put_bytes(view->json, "record", record->data, record->size);
        json_end(view->json, '}');
    } else {
        print_message(view->out, record);
    }
    return view->out->errnum == 0;
}

ingle_status vault_print_conversation(struct out *out, struct vault *v, uint32_t number,
                                      bool as_json, ingle_error *err) {
    struct json json = {0};
    struct record_view view = {.out = out, .json = as_json ? &json : NULL};
    if (as_json) {
        json_init(&json, out);
        json_begin(&json, '[');
    }
    ingle_status status = vault_read(v, number, print_record, &view, err);
    if (as_json) json_end(&json, ']');
    return status;
}

static bool print_task(const struct vault_task *task, void *user) {
    struct record_view *view = user;
    if (view->json) {
        json_begin(view->json, '{');
        put_time(view->json, "time", task->time);
        json_put_bytes(view->json, "task", task->name, task->name_len);
        json_put_bytes(view->json, "input", task->input, task->input_len);
        json_put_bytes(view->json, "output", task->output, task->output_len);
        json_end(view->json, '}');
        return view->out->errnum == 0;
    }
    char time[32];
    write_time(time, task->time);
    out_line_text(view->out, task->name, task->name_len);
    out_f(view->out, ", %s\n", time);
    out_text(view->out, task->input, task->input_len);
    out_str(view->out, "\n->\n");
    out_text(view->out, task->output, task->output_len);
    out_str(view->out, "\n\n");
    return view->out->errnum == 0;
}

ingle_status vault_print_tasks(struct out *out, struct vault *v, bool as_json, ingle_error *err) {
    struct json json = {0};
    struct record_view view = {.out = out, .json = as_json ? &json : NULL};
    if (as_json) {
        json_init(&json, out);
        json_begin(&json, '[');
    }
    ingle_status status = vault_task_read(v, print_task, &view, err);
    if (as_json) json_end(&json, ']');
    return status;
}
