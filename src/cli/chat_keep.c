/* The conversation in the vault: after whatever happened to it, what the vault has of it is made
 * the same. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/audit_note.h"
#include "cli/chat.h"
#include "cli/chat_record.h"
#include "cli/passphrase.h"

#define TITLE_MAX 60 /* bytes */
#define MAX_TRIES 3  /* of a passphrase */

/* ---- opening ---- */

static void note_refusal(void) {
    const struct audit_field fields[] = {AUDIT_FIELD_WORDS("what", "vault"),
                                         AUDIT_FIELD_WORDS("action", "chat")};
    audit_note(AUDIT_REFUSAL, fields, BASE_COUNT(fields));
}

/* Until one is right, or none is given: then it is still locked. */
static ingle_status ask_passphrase(struct chat_talk *t, ingle_error *why) {
    struct keep *k = &t->kept.keep;
    ingle_error wrong;
    for (int i = 0; i < MAX_TRIES; i++) {
        struct passphrase p;
        ingle_status status = passphrase_read(
            &p, NULL, "Passphrase of the vault (nothing: this is not kept): ", false, &wrong);
        if (status == INGLE_OK && p.value.len == 0) status = INGLE_INVALID;
        if (status == INGLE_OK) status = keep_open(k, &p.value, &wrong);
        passphrase_clear(&p);
        if (status == INGLE_OK || status == INGLE_CANCELLED) return status;
        if (status == INGLE_INVALID) break; /* none */
        if (status == INGLE_REFUSED) note_refusal();
        chat_say(t, "%s", wrong.msg);
    }
    return why->code;
}

ingle_status chat_keep_open(struct chat_talk *t, ingle_error *err) {
    struct chat_kept *kept = &t->kept;
    ingle_error why = {0};
    kept->keep.command = t->cli->command;
    ingle_status status = keep_open(&kept->keep, NULL, &why);
    bool may_ask = t->is_terminal && passphrase_can_ask();
    if (status == INGLE_REFUSED && kept->keep.lock == VAULT_LOCK_PASSPHRASE && may_ask) {
        status = ask_passphrase(t, &why);
        if (status == INGLE_CANCELLED) return status;
    }
    if (t->args->goes_on >= 0 && !kept->keep.vault) {
        if (status == INGLE_OK) {
            return status_set(err, INGLE_NOT_FOUND, 0,
                              "Nothing is kept that could go on: the vault is off.");
        }
        if (err) *err = why;
        return status;
    }
    if (status != INGLE_OK) {
        char text[sizeof why.msg + 128];
        keep_explain(text, sizeof text, &kept->keep, "this conversation", &why);
        chat_say(t, "%s", text);
    }
    return INGLE_OK;
}

void chat_keep_close(struct chat_talk *t) {
    chat_messages_clear(&t->kept.messages);
    keep_close(&t->kept.keep);
}

void chat_keep_describe(const struct chat_talk *t, char out[64]) {
    if (!t->kept.keep.vault) {
        snprintf(out, 64, "Nothing is kept.");
    } else if (t->kept.number == 0) {
        snprintf(out, 64, "What is said is kept in the vault.");
    } else {
        snprintf(out, 64, "Kept in the vault as conversation %" PRIu32 ".", t->kept.number);
    }
}

/* ---- keeping ---- */

/* The first words, in one line; of a word that is too long as many characters as fit. */
static size_t write_title(char out[TITLE_MAX], const char *text, size_t len) {
    size_t n = 0, end_of_word = 0, i = 0;
    for (; i < len && n < TITLE_MAX; i++) {
        bool is_space = (unsigned char)text[i] <= ' ';
        if (is_space && (n == 0 || out[n - 1] == ' ')) continue;
        if (is_space) end_of_word = n;
        out[n++] = is_space ? ' ' : text[i];
    }
    bool is_cut = i < len && (unsigned char)text[i] > ' ';
    if (is_cut && end_of_word > 0) return end_of_word;
    for (; is_cut && n > 0 && ((unsigned char)text[i] & 0xc0) == 0x80; i--) n--;
    return n > 0 && out[n - 1] == ' ' ? n - 1 : n;
}

static ingle_status begin_conversation(struct chat_talk *t, ingle_error *err) {
    const struct chat_message *m = &t->messages.at[chat_messages_turn(&t->messages, 0)];
    char title[TITLE_MAX];
    size_t len = write_title(title, m->text, m->text_len);
    ingle_status status = vault_begin(t->kept.keep.vault, &t->kept.number, title, len, err);
    explicit_bzero(title, sizeof title);
    return status;
}

static ingle_status keep_record(const char *data, size_t size, void *user, ingle_error *err) {
    struct chat_kept *kept = user;
    kept->keep.has_written = true;
    return vault_append(kept->keep.vault, kept->number, data, size, err);
}

static ingle_status keep_changes(struct chat_talk *t, ingle_error *err) {
    struct chat_kept *kept = &t->kept;
    INGLE_TRY(keep_check(&kept->keep, err));
    bool is_new = kept->number == 0;
    if (is_new) INGLE_TRY(begin_conversation(t, err));
    INGLE_TRY(chat_record_changes(&kept->messages, &t->messages, keep_record, kept, err));
    if (is_new) chat_remark(t, "Kept in the vault as conversation %" PRIu32 ".", kept->number);
    return INGLE_OK;
}

void chat_keep(struct chat_talk *t) {
    struct chat_kept *kept = &t->kept;
    ingle_error why;
    if (!kept->keep.vault || chat_record_is_same(&kept->messages, &t->messages)) return;
    if (kept->number == 0 && chat_messages_n_turns(&t->messages) == 0) return;
    ingle_status status = keep_changes(t, &why);
    if (status == INGLE_OK && kept->is_failing) chat_say(t, "All of it is kept again.");
    if (status != INGLE_OK && !kept->is_failing) {
        chat_say(t, "This conversation is not kept from here on: %s", why.msg);
    }
    kept->is_failing = status != INGLE_OK;
    /* Damaged, forgotten or turned off by somebody: nothing that could be tried again. */
    if (status == INGLE_INVALID || status == INGLE_NOT_FOUND) keep_close(&kept->keep);
}

ingle_status chat_keep_forget(struct chat_talk *t, ingle_error *err) {
    struct chat_kept *kept = &t->kept;
    uint32_t number = kept->keep.vault ? kept->number : 0;
    if (number) INGLE_TRY(vault_forget(kept->keep.vault, number, err));
    if (number) kept->keep.has_written = true;
    kept->number = 0;
    chat_messages_clear(&kept->messages);
    chat_messages_clear(&t->messages);
    buf_reset(&t->summary);
    chat_remark(t,
                number ? "Conversation %" PRIu32 " is forgotten; a new one begins."
                       : "A new conversation begins; nothing was kept of this one.",
                number);
    return chat_put_system(t, err);
}

/* ---- going on ---- */

/* The one that changed last. */
struct latest {
    uint32_t number;
    int64_t changed;
};

static bool look_at_entry(const struct vault_entry *e, void *user) {
    struct latest *l = user;
    if (e->changed < l->changed) return true;
    *l = (struct latest){e->number, e->changed};
    return true;
}

static ingle_status find_latest(struct chat_talk *t, uint32_t *number, ingle_error *err) {
    struct latest latest = {0};
    INGLE_TRY(vault_list(t->kept.keep.vault, look_at_entry, &latest, err));
    *number = latest.number;
    if (latest.number) return INGLE_OK;
    return status_set(err, INGLE_NOT_FOUND, 0, "The vault has no conversation that could go on.");
}

struct reading {
    struct chat_messages *messages;
    ingle_status status;
    ingle_error error;
};

static bool read_record(const struct vault_record *r, void *user) {
    struct reading *reading = user;
    reading->status =
        chat_record_apply(reading->messages, r->data, r->size, r->time, &reading->error);
    return reading->status == INGLE_OK;
}

/* A damaged one: a copy of what is intact, if that is wished; else a new one. */
static ingle_status offer_copy(struct chat_talk *t, const ingle_error *why, ingle_error *err) {
    struct chat_messages *messages = &t->kept.messages;
    char answer;
    if (!t->is_terminal) {
        if (err) *err = *why;
        return why->code;
    }
    chat_say(t, "%s", why->msg);
    chat_say(t, "Before the damage it has %zu message%s. Shall a copy of them go on?", messages->n,
             messages->n == 1 ? "" : "s");
    INGLE_TRY(chat_ask(t, "y or n? ", "yn", &answer, err));
    t->kept.number = 0;
    if (answer != 'y') chat_messages_clear(messages);
    return INGLE_OK;
}

/* What was read becomes the conversation, as far as the template takes it. */
static ingle_status take_over(struct chat_talk *t, ingle_error *err) {
    struct chat_kept *kept = &t->kept;
    struct buf json = {.max = CHAT_MAX_JSON, .is_secret = true};
    size_t n_tokens = 0, n = kept->messages.n;
    ingle_status status = chat_messages_json(&kept->messages, 0, 0, &json, err);
    if (status == INGLE_OK && n > 0) status = chat_load_json(t, &json, &n_tokens, err);
    buf_clear(&json);
    INGLE_TRY(status);
    if (n == 0) return INGLE_OK;
    chat_remark(t, "It goes on after %zu message%s: %zu tokens of %d.", n, n == 1 ? "" : "s",
                n_tokens, worker_started(t->worker)->n_ctx);
    if (strcmp(t->messages.at[t->messages.n - 1].role, "user") == 0) {
        chat_remark(t, "Your last message has no answer yet; /retry asks for one.");
    }
    /* In the worker's words it is the same conversation. */
    chat_messages_clear(&kept->messages);
    for (size_t i = 0; kept->number && i < t->messages.n; i++) {
        INGLE_TRY(chat_messages_insert(&kept->messages, i, &t->messages.at[i], err));
    }
    /* What the command line says beforehand goes before what was said then. */
    struct buf system = t->system;
    t->system = (struct buf){.max = CHAT_MAX_MESSAGE, .is_secret = true};
    status = chat_take_system(t, err);
    if (status == INGLE_OK && system.size > 0) {
        buf_clear(&t->system);
        t->system = system;
        return chat_put_system(t, err);
    }
    buf_clear(&system);
    return status;
}

ingle_status chat_keep_go_on(struct chat_talk *t, ingle_error *err) {
    struct chat_kept *kept = &t->kept;
    if (t->args->goes_on < 0) return INGLE_OK;
    kept->number = (uint32_t)t->args->goes_on;
    if (kept->number == 0) INGLE_TRY(find_latest(t, &kept->number, err));
    struct reading reading = {.messages = &kept->messages};
    ingle_error why = {0};
    ingle_status status = vault_read(kept->keep.vault, kept->number, read_record, &reading, &why);
    if (reading.status != INGLE_OK) {
        status = reading.status;
        why = reading.error;
    }
    if (status == INGLE_INVALID) {
        INGLE_TRY(offer_copy(t, &why, err));
    } else if (status != INGLE_OK) {
        if (err) *err = why;
        return status;
    }
    INGLE_TRY(take_over(t, err));
    chat_keep(t);
    return INGLE_OK;
}
