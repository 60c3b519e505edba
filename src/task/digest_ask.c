/* A group of many messages in a sentence of the model's. What goes to the model are notes, which
 * hold no secrets; what comes back must be borne out by them. */
#include <string.h>

#include "base/alloc.h"
#include "task/ask.h"
#include "task/digest_internal.h"
#include "task/faithful.h"

enum {
    MIN_NOTES = 4,  /* fewer are quoted */
    MAX_NOTES = 40, /* the last so many are shown to the model */
    MIN_BYTES = 400,
    MAX_BYTES = 6000, /* of the question, to begin with */
    MAX_TOKENS = 96,
    N_TRIES = 2
};

static const char system_text[] =
    "You summarise notifications. Say in one or two short sentences what the messages below come "
    "to: what is asked, what was decided, when and where. Use only what they say. No preamble.";

/* Numbers of the group's notes that are not merged, the last MAX_NOTES in order; *n_all = all. */
static size_t last_notes(const struct digest_state *d, size_t g, size_t *out, size_t *n_all) {
    const struct digest_members *m = &d->members[g];
    size_t n = 0;
    *n_all = 0;
    for (size_t i = m->n; i-- > 0;) {
        if (d->notes[m->notes[i]].is_merged) continue;
        ++*n_all;
        if (n < MAX_NOTES) out[n++] = m->notes[i];
    }
    for (size_t i = 0; i < n / 2; i++) {
        size_t swap = out[i];
        out[i] = out[n - 1 - i];
        out[n - 1 - i] = swap;
    }
    return n;
}

/* "Anna: Can you ...", a line each; those that fit max bytes, from the last backwards. Returns how
 * many. */
static size_t put_lines(const struct digest_state *d, const size_t *notes, size_t n, size_t max,
                        struct buf *out) {
    size_t first = n, size = 0;
    while (first > 0) {
        const struct digest_note *note = &d->notes[notes[first - 1]];
        size += strlen(note->title) + strlen(note->body) + 3;
        if (size > max && first < n) break;
        first--;
    }
    buf_reset(out);
    for (size_t i = first; i < n; i++) {
        const struct digest_note *note = &d->notes[notes[i]];
        buf_addf(out, "%s%s", note->title, note->title[0] && note->body[0] ? ": " : "");
        buf_add_str(out, note->body);
        buf_add_str(out, "\n");
    }
    return n - first;
}

/* The answer's first line that says something, without white space around it. */
static void take_line(const struct buf *answer, const char **text, size_t *len) {
    const char *at = answer->data ? answer->data : "", *end = at + answer->size;
    while (at < end && strchr(" \n\t", *at)) at++;
    const char *to = memchr(at, '\n', (size_t)(end - at));
    if (!to) to = end;
    while (to > at && strchr(" \t\r", to[-1])) to--;
    *text = at;
    *len = (size_t)(to - at);
}

static bool has_word(const struct words_of *words, const struct word *word) {
    for (size_t i = 0; i < words->n; i++) {
        if (strcmp(words->items[i].folded, word->folded) == 0) return true;
    }
    return false;
}

/* Half of the words that carry meaning must be those of the messages: a model that wanders off
 * need not name a false number for it. */
static ingle_status keeps_to_words(struct digest_state *d, const struct buf *lines,
                                   const char *text, size_t len, bool *yes) {
    size_t n = 0, n_known = 0;
    INGLE_TRY(words_split(&d->words, text, len, d->err));
    INGLE_TRY(words_split(&d->finder.words, lines->data, lines->size, d->err));
    for (size_t i = 0; i < d->words.n; i++) {
        if (d->words.items[i].n_folded < 4) continue;
        n++;
        n_known += has_word(&d->finder.words, &d->words.items[i]);
    }
    *yes = n > 0 && 2 * n_known >= n;
    return INGLE_OK;
}

static ingle_status is_borne_out(struct digest_state *d, const struct buf *lines, const char *text,
                                 size_t len, bool *yes) {
    struct faithful_report *report = mem_calloc(1, sizeof *report);
    if (!report) return status_no_memory(d->err, "the report", sizeof *report);
    *yes = false;
    ingle_status status = INGLE_OK;
    if (len > 0 && len <= 2 * d->options.max_text && memchr(text, '\0', len) == NULL) {
        status = faithful_check(lines->data, lines->size, text, len, d->tasks->options.tagger,
                                report, d->err);
        *yes = status == INGLE_OK && report->n_all == 0;
    }
    mem_free(report);
    if (!*yes) return status;
    INGLE_TRY(keeps_to_words(d, lines, text, len, yes));
    if (!*yes) return INGLE_OK;
    INGLE_TRY(secrets_find(&d->finder, text, len, d->err));
    *yes = d->finder.n == 0;
    return INGLE_OK;
}

/* Asks with as many lines as the context holds; *n_used = how many. */
static ingle_status ask_once(struct digest_state *d, const size_t *notes, size_t n, int try,
                             struct buf *lines, struct buf *answer, size_t *n_used) {
    static const char *const stops[] = {"\n\n"};
    ingle_status status = INGLE_CONTEXT_FULL;
    for (size_t max = MAX_BYTES; status == INGLE_CONTEXT_FULL && max >= MIN_BYTES; max /= 2) {
        *n_used = put_lines(d, notes, n, max, lines);
        if (buf_failed(lines)) return status_no_memory(d->err, "the question", lines->size);
        buf_reset(answer);
        struct ask q = {.system = system_text,
                        .text = lines->data,
                        .len = lines->size,
                        .max_tokens = MAX_TOKENS,
                        .stops = stops,
                        .n_stops = 1,
                        .seed = (uint64_t)try,
                        .more_temperature = try ? 0.5f : 0};
        status = ask_model(d->tasks, &q, answer, NULL, d->err);
    }
    return status;
}

static ingle_status keep_text(struct digest_state *d, size_t g, const char *text, size_t len,
                              size_t n_used, size_t n_all) {
    struct buf out;
    buf_init(&out, len + 64);
    buf_add(&out, text, len);
    if (n_used < n_all) buf_addf(&out, " (Of the last %zu of %zu.)", n_used, n_all);
    const char *own = arena_copy(&d->arena, out.data ? out.data : "", out.size);
    buf_clear(&out);
    if (!own) return digest_check(d);
    d->groups[g].text = own;
    d->groups[g].is_generated = true;
    return INGLE_OK;
}

ingle_status digest_ask(struct digest_state *d, size_t g, bool *is_told) {
    size_t notes[MAX_NOTES], n_all, n_used = 0;
    size_t n = last_notes(d, g, notes, &n_all);
    *is_told = false;
    if (!d->tasks->options.model || n < MIN_NOTES) return INGLE_OK;
    INGLE_TRY(
        task_progress(d->tasks, d->options.on_progress, d->options.user,
                      d->groups[g].conversation[0] ? d->groups[g].conversation : d->groups[g].app,
                      g, d->n_groups, d->err));
    struct buf lines, answer;
    buf_init(&lines, (size_t)1 << 20);
    buf_init(&answer, (size_t)1 << 16);
    ingle_status status = INGLE_OK;
    for (int try = 0; try < N_TRIES && status == INGLE_OK && !*is_told; try++) {
        const char *text;
        size_t len;
        status = ask_once(d, notes, n, try, &lines, &answer, &n_used);
        if (status != INGLE_OK) break;
        take_line(&answer, &text, &len);
        status = is_borne_out(d, &lines, text, len, is_told);
        if (status == INGLE_OK && *is_told) status = keep_text(d, g, text, len, n_used, n_all);
    }
    if (status == INGLE_CONTEXT_FULL) status = INGLE_OK; /* not even a few lines fit */
    if (status == INGLE_OK && !*is_told) d->result->n_refused++;
    buf_clear(&lines);
    buf_clear(&answer);
    return status;
}
