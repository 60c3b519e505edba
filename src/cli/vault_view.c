#include "cli/vault_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/chat_record.h"
#include "cli/json.h"

#define MAX_TALK ((size_t)1 << 30) /* of a conversation as JSON */

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

/* The conversation as it stands after its records. What is no record of one is shown as it is. */
struct talk_view {
    struct chat_messages messages;
    ingle_status status;
    ingle_error error;
};

static bool add_record(const struct vault_record *record, void *user) {
    struct talk_view *view = user;
    struct chat_messages *m = &view->messages;
    view->status = chat_record_apply(m, record->data, record->size, record->time, &view->error);
    if (view->status == INGLE_INVALID) {
        view->status =
            chat_messages_add(m, "", record->data, record->size, "null", 4, &view->error);
        if (view->status == INGLE_OK) m->at[m->n - 1].time = record->time;
    }
    return view->status == INGLE_OK;
}

static void print_message(struct out *out, const struct chat_message *m) {
    char time[32];
    write_time(time, m->time);
    if (m->role[0]) {
        out_line_text(out, m->role, strlen(m->role));
        out_str(out, ", ");
    }
    out_f(out, "%s\n", time);
    out_text(out, m->text, m->text_len);
    out_str(out, "\n\n");
}

/* As JSON it is what /save writes and /load reads. */
static ingle_status print_talk(struct out *out, const struct talk_view *view, bool as_json,
                               ingle_error *err) {
    if (!as_json) {
        for (size_t i = 0; i < view->messages.n; i++) print_message(out, &view->messages.at[i]);
        return INGLE_OK;
    }
    struct buf json = {.max = MAX_TALK, .is_secret = true};
    ingle_status status = chat_messages_json(&view->messages, 0, 0, &json, err);
    if (status == INGLE_OK) out_bytes(out, json.data, json.size);
    buf_clear(&json);
    return status;
}

ingle_status vault_print_conversation(struct out *out, struct vault *v, uint32_t number,
                                      bool as_json, ingle_error *err) {
    struct talk_view view = {0};
    ingle_error why = {0};
    ingle_status status = vault_read(v, number, add_record, &view, &why);
    if (view.status != INGLE_OK) {
        status = view.status;
        why = view.error;
    }
    ingle_status printed = INGLE_OK;
    if (status == INGLE_OK || status == INGLE_INVALID) {
        printed = print_talk(out, &view, as_json, status == INGLE_OK ? err : NULL);
    }
    chat_messages_clear(&view.messages);
    if (status == INGLE_OK) return printed;
    if (err) *err = why;
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
