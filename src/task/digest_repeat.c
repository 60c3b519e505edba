/* A code that one message names, and another repeats without saying what it is: what was found to
 * be secret is secret in the whole batch. Short values are it only in their own conversation, for
 * "4821" may be anything elsewhere. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "task/digest_internal.h"

enum {
    MAX_WORDS = 3, /* of a value, which is compared word by word: "123-456", "123456" */
    MIN_LETTERS = 4,
    LONG = 6
};

/* Of words [i, i + n) without what is between them; 0 if that is no value to look for. */
static uint64_t hash_words(const struct digest_state *d, const struct words_of *w, size_t i,
                           size_t n, uint64_t scope) {
    char value[MAX_WORDS * WORD_FOLDED_MAX];
    size_t len = 0;
    for (size_t k = i; k < i + n; k++) {
        memcpy(value + len, w->items[k].folded, w->items[k].n_folded);
        len += w->items[k].n_folded;
    }
    if (len < MIN_LETTERS) return 0;
    uint64_t hash = hash_bytes(len < LONG ? d->seed ^ scope : d->seed, value, len);
    return hash ? hash : 1;
}

uint64_t digest_scope(const struct digest_state *d, const struct digest_note *note,
                      const char *title) {
    const char *parts[] = {note->app, note->conversation[0] ? note->conversation : title};
    uint64_t hash = d->seed;
    for (size_t i = 0; i < 2; i++) hash = hash_bytes(hash, parts[i], strlen(parts[i]));
    return hash;
}

ingle_status digest_remember(struct digest_state *d, uint64_t scope) {
    const struct words_of *w = &d->finder.words;
    for (size_t i = 0, k = 0; i < d->finder.n; i++) {
        const struct secret *s = &d->finder.found[i];
        while (k < w->n && w->items[k].at < s->from) k++;
        size_t n = 0;
        while (k + n < w->n && w->items[k + n].at < s->to) n++;
        bool is_value = s->kind == SECRET_CODE || s->kind == SECRET_PIN ||
                        s->kind == SECRET_PASSWORD || s->kind == SECRET_TOKEN;
        if (!is_value || n == 0 || n > MAX_WORDS) continue;
        uint64_t hash = hash_words(d, w, k, n, scope);
        if (!hash) continue;
        if (d->n_values == d->values_cap) {
            size_t cap = d->values_cap ? 2 * d->values_cap : 64;
            uint64_t *values = mem_realloc(d->values, cap * sizeof *values);
            if (!values) return status_no_memory(d->err, "the secrets", cap * sizeof *values);
            d->values = values;
            d->values_cap = cap;
        }
        d->values[d->n_values++] = hash;
    }
    return INGLE_OK;
}

static int compare_values(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static bool is_known(const struct digest_state *d, uint64_t hash) {
    return hash && bsearch(&hash, d->values, d->n_values, sizeof hash, compare_values);
}

/* One line of a note. */
static ingle_status hide_in(struct digest_state *d, struct digest_note *note, const char **line,
                            uint64_t scope) {
    struct words_of *w = &d->words;
    const char *text = *line;
    size_t len = strlen(text), done = 0;
    struct buf out;
    INGLE_TRY(words_split(w, text, len, d->err));
    buf_init(&out, 16 * (len + 64));
    for (size_t i = 0; i < w->n; i++) {
        size_t n = 0;
        for (size_t k = 1; k <= MAX_WORDS && i + k <= w->n; k++) {
            if (is_known(d, hash_words(d, w, i, k, scope))) n = k;
        }
        if (!n) continue;
        const struct word *last = &w->items[i + n - 1];
        buf_add(&out, text + done, w->items[i].at - done);
        buf_add_str(&out, "(secret not shown)");
        done = last->at + last->len;
        note->secrets |= 1u << SECRET_PASSWORD;
        d->result->n_secrets++;
        i += n - 1;
    }
    if (done) {
        buf_add(&out, text + done, len - done);
        const char *own = arena_copy(&d->arena, out.data ? out.data : "", out.size);
        *line = own ? own : "";
    }
    ingle_status status =
        buf_failed(&out) ? status_no_memory(d->err, "a notification", len) : INGLE_OK;
    buf_clear(&out);
    return status;
}

ingle_status digest_hide_repeats(struct digest_state *d) {
    if (d->n_values == 0) return INGLE_OK;
    qsort(d->values, d->n_values, sizeof *d->values, compare_values);
    for (size_t i = 0; i < d->n; i++) {
        struct digest_note *note = &d->notes[i];
        uint64_t scope = note->scope;
        if (i % 1024 == 0) INGLE_TRY(task_check_cancel(d->tasks, d->err));
        INGLE_TRY(hide_in(d, note, &note->app, scope));
        INGLE_TRY(hide_in(d, note, &note->conversation, scope));
        INGLE_TRY(hide_in(d, note, &note->title, scope));
        INGLE_TRY(hide_in(d, note, &note->body, scope));
    }
    return digest_check(d);
}
