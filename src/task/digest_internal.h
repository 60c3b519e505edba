/* The parts of digest.c: notes are notifications cleaned and without their secrets, which no part
 * after digest_note.c ever sees; groups are made of notes; a group is told in a line or two. */
#ifndef INGLE_TASK_DIGEST_INTERNAL_H
#define INGLE_TASK_DIGEST_INTERNAL_H

#include "base/arena.h"
#include "task/digest_rules.h"
#include "task/secrets.h"
#include "task/tasks.h"

/* One notification. Strings are the arena's: lines, and in them notes in the place of secrets. */
struct digest_note {
    const char *app, *title, *body, *conversation;
    uint64_t text_hash;  /* of title and body, as they came */
    uint64_t scope;      /* of its app and conversation, for short secrets */
    uint64_t shape_hash; /* the same with all numbers equal: the steps of a progress agree */
    int64_t time_s;
    struct digest_facts facts;
    uint8_t secrets;   /* bits of the kinds of secrets in it */
    uint8_t app_kind;  /* enum digest_app_kind */
    bool has_progress; /* it says how far something is */
    bool is_merged;    /* a later one stands for it, which has the same text or */
    bool is_update;    /* takes its place */
    size_t group;
};

struct digest_members {
    size_t *notes; /* [n] numbers, in order of arrival */
    size_t n;
};

struct digest_state {
    struct ingle_tasks *tasks;
    const ingle_notification *items;
    size_t n;
    ingle_digest_options options;
    ingle_digest_result *result;
    ingle_error *err;

    struct arena arena;
    struct digest_note *notes;      /* [n] */
    ingle_digest_group *groups;     /* [n_groups], in order of appearance; text and when: last */
    struct digest_members *members; /* [n_groups] */
    size_t n_groups, groups_cap;
    struct secret_finder finder;
    struct digest_rules rules;
    struct words_of words;
    uint64_t seed;
    uint64_t *values; /* owned; hashes of the secrets found */
    size_t n_values, values_cap;
};

/* digest_note.c: cleans, searches and judges all notifications. */
BASE_NODISCARD ingle_status digest_make_notes(struct digest_state *d);

/* digest_repeat.c: remembers the secrets that the finder holds; hides what repeats them. */
BASE_NODISCARD ingle_status digest_remember(struct digest_state *d, uint64_t scope);
BASE_NODISCARD ingle_status digest_hide_repeats(struct digest_state *d);
uint64_t digest_scope(const struct digest_state *d, const struct digest_note *note,
                      const char *title);

/* digest_group.c: merges updates and repetitions, makes groups, and orders them. */
BASE_NODISCARD ingle_status digest_make_groups(struct digest_state *d);

/* What is in the groups from n_shown on: in how many apps, how many notifications. */
BASE_NODISCARD ingle_status digest_count_left(struct digest_state *d, size_t n_shown);

/* digest_tell.c: sets the text of group g, by extraction. */
BASE_NODISCARD ingle_status digest_tell(struct digest_state *d, size_t g);

/* digest_ask.c: the same by the model, if the group is worth it and what comes is borne out. */
BASE_NODISCARD ingle_status digest_ask(struct digest_state *d, size_t g, bool *is_told);

/* digest_tell.c: the notes of a group that matter most and are not merged, at most cap, the best
 * first. */
size_t digest_pick(const struct digest_state *d, size_t g, const struct digest_note **out,
                   size_t cap);

/* NO_MEMORY if the arena has failed. */
BASE_NODISCARD ingle_status digest_check(const struct digest_state *d);

#endif
