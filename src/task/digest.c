/* The public face of digests. The pipeline: notes, groups, texts; digest_internal.h draws it. */
#include "ingle/digest.h"

#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "task/digest_internal.h"
#include "task/digest_read.h"

#define MAX_ARENA ((size_t)4 << 30)
#define DEFAULT_TEXT 200
#define MAX_TEXT 4096

ingle_digest_options ingle_digest_options_default(void) {
    return (ingle_digest_options){.size = sizeof(ingle_digest_options)};
}

ingle_status digest_check(const struct digest_state *d) {
    if (!d->arena.failed) return INGLE_OK;
    return status_no_memory(d->err, "the digest", d->arena.total);
}

static ingle_status check_arguments(ingle_tasks *tasks, const ingle_notification *items, size_t n,
                                    const ingle_digest_options *o, ingle_error *err) {
    INGLE_TRY(task_need(tasks, "tasks", err));
    if (n) INGLE_TRY(task_need(items, "items", err));
    if (!o->on_group) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "The option on_group must not be NULL.");
    }
    if (o->max_text > MAX_TEXT) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "The option max_text is %zu; at most %d.",
                          o->max_text, MAX_TEXT);
    }
    if (n <= DIGEST_MAX_ITEMS) return INGLE_OK;
    return status_set(err, INGLE_LIMIT, 0, "There are %zu notifications; at most %zu fit a digest.",
                      n, DIGEST_MAX_ITEMS);
}

static ingle_status tell_groups(struct digest_state *d, size_t n_shown) {
    for (size_t g = 0; g < n_shown; g++) {
        INGLE_TRY(task_check_cancel(d->tasks, d->err));
        bool is_told;
        INGLE_TRY(digest_ask(d, g, &is_told));
        if (!is_told) INGLE_TRY(digest_tell(d, g));
        if (!d->options.on_group(&d->groups[g], d->options.user)) {
            return status_set(d->err, INGLE_CANCELLED, 0, "Interrupted.");
        }
    }
    return INGLE_OK;
}

static ingle_status make_digest(struct digest_state *d) {
    d->notes = arena_array(&d->arena, d->n, sizeof *d->notes);
    if (!d->notes) return digest_check(d);
    INGLE_TRY(digest_make_notes(d));
    INGLE_TRY(digest_make_groups(d));
    d->result->n_groups = d->n_groups;
    size_t n_shown = d->options.max_groups && d->options.max_groups < d->n_groups
                         ? d->options.max_groups
                         : d->n_groups;
    INGLE_TRY(digest_count_left(d, n_shown));
    return tell_groups(d, n_shown);
}

ingle_status ingle_digest(ingle_tasks *tasks, const ingle_notification *items, size_t n,
                          const ingle_digest_options *opt, ingle_digest_result *result,
                          ingle_error *err) {
    ingle_digest_options options = ingle_digest_options_default();
    INGLE_TRY(task_read_options(&options, opt, sizeof options, "ingle_digest_options", err));
    INGLE_TRY(check_arguments(tasks, items, n, &options, err));
    if (!options.max_text) options.max_text = DEFAULT_TEXT;
    ingle_digest_result own;
    if (!result) result = &own;
    *result = (ingle_digest_result){.n = n};
    struct digest_state d = {
        .tasks = tasks, .items = items, .n = n, .options = options, .result = result, .err = err};
    if (n == 0) return INGLE_OK;
    d.seed = hash_seed(&d);
    arena_init(&d.arena, MAX_ARENA);
    secrets_init(&d.finder);
    digest_rules_init(&d.rules);
    ingle_status status = make_digest(&d);
    secrets_clear(&d.finder);
    words_clear(&d.words);
    mem_free(d.values);
    arena_clear(&d.arena);
    return status;
}
