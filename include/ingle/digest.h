/* A digest of notifications: who wrote, what matters, what can wait. Notifications are grouped by
 * application and conversation, updates and repetitions are merged, and each group gets a line or
 * two. One-time codes, passwords and other secrets are never repeated, and never shown to a model
 * (docs/notify.md has the rules, and what counts as a secret). */
#ifndef INGLE_DIGEST_H
#define INGLE_DIGEST_H

#include "ingle/tasks.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ingle_urgency {
    INGLE_URGENCY_LOW,
    INGLE_URGENCY_NORMAL,
    INGLE_URGENCY_CRITICAL
} ingle_urgency;

/* What arrived, in the order of arrival. Strings are NUL-terminated; NULL = none. */
typedef struct ingle_notification {
    const char *app;
    const char *title;
    const char *body;          /* may have the markup of freedesktop.org's notifications */
    const char *conversation;  /* what belongs together in the app: a chat, a thread */
    const char *id, *replaces; /* one that has the id of an earlier one of the app, or replaces
                                  it, is its update */
    int64_t time_s;            /* seconds since 1970; 0 = unknown */
    ingle_urgency urgency;     /* what the app says; what the text says counts too */
} ingle_notification;

typedef enum ingle_digest_section {
    INGLE_DIGEST_URGENT, /* now: critical, alarms, deadlines, missed calls */
    INGLE_DIGEST_PEOPLE, /* what people wrote */
    INGLE_DIGEST_REST
} ingle_digest_section;

/* Strings are lines of text without control characters, borrowed during the call. */
typedef struct ingle_digest_group {
    ingle_digest_section section;
    ingle_urgency urgency;
    const char *app;          /* "" = none was named */
    const char *conversation; /* "" = none */
    const char *text;         /* what matters in it; "" if it says nothing */
    const char *when;         /* of the last: "2 min ago"; "" = unknown */
    size_t n;                 /* notifications */
    size_t n_merged;          /* of these, updated by a later one or the same as one */
    int64_t first_s, last_s;  /* 0 = unknown */
    bool had_secret;          /* something in it is not shown */
    bool is_generated;        /* the model wrote the text */
} ingle_digest_group;

/* Returns false to stop, which is CANCELLED. */
typedef bool (*ingle_digest_fn)(const ingle_digest_group *group, void *user);

typedef struct ingle_digest_options {
    size_t size;
    int64_t now_s;                 /* 0 = the time of the latest notification */
    size_t max_groups;             /* 0 = all; the result says what was left out */
    size_t max_text;               /* bytes of a group's text, about; 0 = 200 */
    ingle_digest_fn on_group;      /* receives the groups, the most urgent and newest first */
    ingle_progress_fn on_progress; /* while the model works; may be NULL */
    void *user;
} ingle_digest_options;

INGLE_API ingle_digest_options ingle_digest_options_default(void);

typedef struct ingle_digest_result {
    size_t n;           /* notifications */
    size_t n_groups;    /* all, shown or not */
    size_t n_left;      /* notifications in groups past max_groups */
    size_t n_left_apps; /* applications of these */
    size_t n_secrets;   /* found and not shown */
    size_t n_refused;   /* texts of the model that said what the notifications do not; the most
                           telling sentences stand in their place */
} ingle_digest_result;

/* Makes the digest of items[0..n). With a model, groups of many messages are summarised by it;
 * without, and wherever the model's text is not borne out by the group, the most telling sentences
 * are taken. result may be NULL. LIMIT for more than a million notifications. */
INGLE_API INGLE_NODISCARD ingle_status ingle_digest(ingle_tasks *tasks,
                                                    const ingle_notification *items, size_t n,
                                                    const ingle_digest_options *opt,
                                                    ingle_digest_result *result, ingle_error *err);

#ifdef __cplusplus
}
#endif

#endif
