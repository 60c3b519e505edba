/* Groups: sessions of one model that are used from several threads at the same time and computed
 * together, so that its weights, which are what generating waits for, are read once for all that
 * have a token to compute.
 *
 *     ingle_group_new(&group, model, NULL, &err);
 *     options.group = group;
 *     ingle_session_new(&session, model, &options, &err);    one for each thread
 *     ... ingle_session_prompt(), ingle_session_generate() on any number of threads ...
 *
 * Nothing else changes: each session is used by one thread at a time, as ever, and gives the same
 * bits as without a group, whatever the others do. A thread that has tokens to compute waits for
 * the pass that takes them along, or makes it: the threads that wait sleep. While some generate,
 * prompts of others are computed piece by piece beside their tokens. */
#ifndef INGLE_GROUP_H
#define INGLE_GROUP_H

#include "ingle/session.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ingle_group_options {
    size_t size;
    int n_batch;   /* tokens computed in one pass, of all sessions; 0 = 512 */
    int n_threads; /* that compute; 0 = those of ingle_cpu_info */
} ingle_group_options;

INGLE_API ingle_group_options ingle_group_options_default(void);

/* Takes the memory of the passes and starts the threads. opt may be NULL. The model must outlive
 * the group. */
INGLE_API INGLE_NODISCARD ingle_status ingle_group_new(ingle_group **out, const ingle_model *model,
                                                       const ingle_group_options *opt,
                                                       ingle_error *err);

/* Its sessions must be gone. NULL is fine. */
INGLE_API void ingle_group_free(ingle_group *group);

/* Since it was made. Any thread. */
typedef struct ingle_group_info {
    uint64_t n_passes; /* over the model's weights */
    uint64_t n_parts;  /* sessions that had a part in one, added up: n_parts / n_passes at once */
} ingle_group_info;
INGLE_API ingle_group_info ingle_group_get_info(ingle_group *group);

/* Whose prompt is computed first where not all fits in a pass. Tokens of answers always go along,
 * and whoever was passed over often enough comes first once. */
typedef enum ingle_session_urgency {
    INGLE_URGENCY_INTERACTIVE, /* somebody watches; the default */
    INGLE_URGENCY_TASK,        /* somebody waits */
    INGLE_URGENCY_BACKGROUND   /* nobody does */
} ingle_session_urgency;

/* From the session's next prompt or token on. Any other value counts as BACKGROUND. Without a group
 * nobody else is there to wait. */
INGLE_API void ingle_session_set_urgency(ingle_session *session, ingle_session_urgency urgency);

#ifdef __cplusplus
}
#endif

#endif
