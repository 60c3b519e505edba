/* From notifications to notes: cleaned, judged, and without secrets. */
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "task/digest_clean.h"
#include "task/digest_internal.h"

/* A name of an app or a conversation is no longer than this, a title neither. */
#define MAX_NAME 200

/* Storage of one note in the making. */
struct workshop {
    struct digest_state *d;
    struct buf text;  /* title, a newline, body: cleaned */
    struct buf shown; /* a part of it without secrets */
};

static const char *keep(struct workshop *w) {
    const char *text = arena_copy(&w->d->arena, w->shown.data ? w->shown.data : "", w->shown.size);
    return text ? text : "";
}

/* The end of text[from..to) if no more than max bytes of it may be kept: no character is cut. */
static size_t cut(const char *text, size_t from, size_t to, size_t max) {
    if (to - from <= max) return to;
    to = from + max;
    while (to > from && ((unsigned char)text[to] & 0xc0) == 0x80) to--;
    return to;
}

/* A name: cleaned, searched on its own. */
static ingle_status make_name(struct workshop *w, const char *name, const char **out) {
    *out = "";
    if (!name || !*name) return INGLE_OK;
    buf_reset(&w->text);
    digest_clean(&w->text, name, strlen(name), false);
    if (w->text.size == 0) return INGLE_OK;
    INGLE_TRY(secrets_find(&w->d->finder, w->text.data, w->text.size, w->d->err));
    if (w->d->finder.n) INGLE_TRY(digest_remember(w->d, 0));
    w->d->result->n_secrets += w->d->finder.n;
    buf_reset(&w->shown);
    secrets_put(&w->d->finder, &w->shown, w->text.data, 0,
                cut(w->text.data, 0, w->text.size, MAX_NAME));
    *out = keep(w);
    return INGLE_OK;
}

/* The hash of a text in which all numbers are the same; says whether it tells a progress. */
static uint64_t hash_shape(uint64_t seed, struct buf *scratch, const char *text, size_t len,
                           bool *has_progress) {
    buf_reset(scratch);
    *has_progress = false;
    for (size_t i = 0; i < len; i++) {
        bool is_digit = text[i] >= '0' && text[i] <= '9';
        bool was_digit = i > 0 && text[i - 1] >= '0' && text[i - 1] <= '9';
        if (was_digit && (text[i] == '%' || (text[i] == ' ' && i + 1 < len && text[i + 1] == '%') ||
                          (len - i > 4 && memcmp(text + i, " of ", 4) == 0))) {
            *has_progress = true;
        }
        if (!is_digit) buf_add(scratch, text + i, 1);
        if (is_digit && !was_digit) buf_add(scratch, "#", 1);
    }
    return hash_bytes(seed, scratch->data ? scratch->data : "", scratch->size);
}

static ingle_status make_text(struct workshop *w, const ingle_notification *item,
                              struct digest_note *note) {
    struct digest_state *d = w->d;
    buf_reset(&w->text);
    const char *title = item->title ? item->title : "", *body = item->body ? item->body : "";
    digest_clean(&w->text, title, strlen(title), false);
    size_t n_title = w->text.size;
    buf_add(&w->text, "\n", 1);
    digest_clean(&w->text, body, strlen(body), true);
    if (buf_failed(&w->text)) return status_no_memory(d->err, "a notification", w->text.size);
    const char *text = w->text.data;
    size_t len = w->text.size;
    note->text_hash = hash_bytes(d->seed, text, len);
    note->shape_hash = hash_shape(d->seed, &w->shown, text, len, &note->has_progress);
    INGLE_TRY(secrets_find(&d->finder, text, len, d->err));
    note->scope = digest_scope(d, note, title);
    if (d->finder.n) INGLE_TRY(digest_remember(d, note->scope));
    for (size_t i = 0; i < d->finder.n; i++) {
        note->secrets |= (uint8_t)(1u << d->finder.found[i].kind);
    }
    d->result->n_secrets += d->finder.n;
    bool is_person = note->app_kind == APP_CHAT || note->app_kind == APP_PHONE;
    /* A code that was sent is no alarm, whatever the message says of fraud. */
    digest_judge(&d->rules, &d->finder.words, text, len, item->urgency, is_person, &note->facts);
    if (note->secrets && item->urgency != INGLE_URGENCY_CRITICAL &&
        note->facts.urgency == INGLE_URGENCY_CRITICAL &&
        !(note->facts.about & ABOUT_BIT(ABOUT_MISSED))) {
        note->facts.urgency = INGLE_URGENCY_NORMAL;
        note->facts.weight = 10;
    }
    buf_reset(&w->shown);
    secrets_put(&d->finder, &w->shown, text, 0, cut(text, 0, n_title, MAX_NAME));
    note->title = keep(w);
    buf_reset(&w->shown);
    secrets_put(&d->finder, &w->shown, text, n_title + 1, len);
    note->body = keep(w);
    return buf_failed(&w->shown) ? status_no_memory(d->err, "a notification", len) : INGLE_OK;
}

static ingle_status make_note(struct workshop *w, const ingle_notification *item,
                              struct digest_note *note) {
    struct digest_state *d = w->d;
    enum digest_app_kind kind;
    INGLE_TRY(make_name(w, item->app, &note->app));
    INGLE_TRY(make_name(w, item->conversation, &note->conversation));
    INGLE_TRY(digest_app_kind(&d->rules, &d->words, note->app, strlen(note->app), &kind, d->err));
    note->app_kind = (uint8_t)kind;
    note->time_s = item->time_s > 0 ? item->time_s : 0;
    return make_text(w, item, note);
}

ingle_status digest_make_notes(struct digest_state *d) {
    struct workshop w = {.d = d};
    buf_init(&w.text, 4 * DIGEST_CLEAN_MAX);
    buf_init(&w.shown, 32 * DIGEST_CLEAN_MAX);
    ingle_status status = INGLE_OK;
    for (size_t i = 0; i < d->n && status == INGLE_OK; i++) {
        if (i % 1024 == 0) status = task_check_cancel(d->tasks, d->err);
        if (status == INGLE_OK) status = make_note(&w, &d->items[i], &d->notes[i]);
    }
    buf_clear(&w.text);
    buf_clear(&w.shown);
    if (status == INGLE_OK) status = digest_check(d);
    return status == INGLE_OK ? digest_hide_repeats(d) : status;
}
