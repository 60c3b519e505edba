/* A program in a worker's place, which takes the front's requests and answers as no worker would.
 */
#ifndef INGLE_TESTS_UNIT_WORKER_HOSTILE_H
#define INGLE_TESTS_UNIT_WORKER_HOSTILE_H

#include <stdbool.h>

/* What it does when it is asked; most choose by a seed in which of many ways. */
enum hostile_way {
    /* which end at once */
    HOSTILE_PAGE,    /* its page is random bytes */
    HOSTILE_COUNTER, /* a counter goes backwards, or too far */
    HOSTILE_FRAME,   /* one frame of random size, type and mark */
    HOSTILE_BODY,    /* an answer whose body is random */
    HOSTILE_CHANGED, /* a right answer, some bytes changed */
    HOSTILE_OTHER,   /* right, but to another request, or of no kind of answer */
    HOSTILE_TWICE,   /* right, and once more */
    HOSTILE_EARLY,   /* right, but to a request that it has not taken */
    HOSTILE_MIXED,   /* the frames of two answers in a row */
    HOSTILE_HALF,    /* half a message, then death */
    HOSTILE_DEATH,   /* by some signal or with some exit code */
    HOSTILE_ENDLESS, /* a message without end */
    HOSTILE_WORDS,   /* escapes, invalid UTF-8 and many words, then a right end */
    HOSTILE_QUICK,
    /* which last until somebody has had enough */
    HOSTILE_SILENT = HOSTILE_QUICK, /* not a beat */
    HOSTILE_BEATS,                  /* but beats */
    HOSTILE_FLOOD,                  /* words without end */
    HOSTILE_BELLS,                  /* rings without end */
    HOSTILE_STOPS,                  /* stops itself */
    HOSTILE_HANGS_UP,               /* closes its socket and lives on */
    HOSTILE_SHARES,                 /* dies, while a process of its own holds the socket */
    HOSTILE_WAYS
};

/* How it is told: in MSG_START's seed. at_start: with its answer to that, else with the next. */
unsigned long hostile_seed(enum hostile_way way, bool at_start, unsigned random);

/* True if this program was started as a worker. */
bool hostile_is_role(int argc, char **argv);
int hostile_main(void);

#endif
