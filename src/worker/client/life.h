/* Whether a silent worker lives: judged from what can be seen of it from outside, one look after
 * another.
 *
 * It is silent if it was stopped (SIGSTOP) for LIFE_STOPPED_MS; or if its receiving thread, which
 * counts beats several times a second while a request is served, counted none for LIFE_SILENT_MS in
 * which the process took no processor time; or none for LIFE_STARVED_MS in which it did, and waited
 * for its turn on a busy machine (before the first one, while it seals itself: LIFE_STARTS_MS).
 *
 * It is stuck if beats come, but for LIFE_STUCK_MS no processor time was taken and no byte moved:
 * its serving thread waits for something that does not come.
 *
 * It disobeys if a request was told to end LIFE_OBEYS_MS ago, and it does nothing; or works on,
 * for LIFE_ENDS_MS, since a layer of a large model takes its time; or talks on about it, for
 * LIFE_ENDS_BYTES. Of several that were told to end the first counts; the next one's time begins
 * when that has ended, since a worker may end one after another. Work for other requests is work:
 * whose it is cannot be seen.
 *
 * Not noticed before somebody cancels: a thread that turns in a circle, which looks like work.
 * Time in which nobody looked, since the front was stopped too (a laptop asleep, a frozen
 * container), does not count. */
#ifndef INGLE_WORKER_CLIENT_LIFE_H
#define INGLE_WORKER_CLIENT_LIFE_H

#include <stdbool.h>
#include <stdint.h>

#define LIFE_LOOK_MS 250
#define LIFE_STOPPED_MS 1000
#define LIFE_SILENT_MS 5000
#define LIFE_STARVED_MS 10000
#define LIFE_STARTS_MS 60000
#define LIFE_STUCK_MS 30000
#define LIFE_OBEYS_MS 1500
#define LIFE_ENDS_MS 10000
#define LIFE_ENDS_BYTES ((uint64_t)128 << 20)

struct life_signs {
    double now_ms;
    double cpu_ms; /* processor time that the worker ever took; < 0 = not known */
    unsigned beats;
    uint64_t received;  /* bytes ever, from it */
    uint64_t taken;     /* and by it */
    bool has_unread;    /* it has said something that the front did not yet hear */
    bool is_stopped;    /* by a signal */
    uint32_t cancelled; /* the request that was first told to end, and has not; 0 = none */
    uint64_t told_late; /* bytes ever about it since it was told */
};

enum life_verdict { LIFE_GOES_ON, LIFE_SILENT, LIFE_STUCK, LIFE_DISOBEYS };

/* Zeroed when there was nothing to do. */
struct life {
    bool has_looked;
    struct life_signs last;
    double stopped_ms, silent_ms, silent_idle_ms, still_ms;
    double cancelled_ms, cancelled_idle_ms;
};

/* True if it is time for a look. */
bool life_is_due(const struct life *l, double now_ms);

enum life_verdict life_look(struct life *l, const struct life_signs *now);

/* What a verdict but LIFE_GOES_ON is to a person. */
const char *life_sentence(enum life_verdict verdict);

#endif
