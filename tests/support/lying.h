/* Commands of the front, run in this process, with a test in the place of their worker: it says
 * whatever it likes, and they must end in order. For programs with cmocka that have no cli/main.c,
 * and that are linked with --wrap for the calls that tests/cli.cmake lists. */
#ifndef INGLE_TESTS_SUPPORT_LYING_H
#define INGLE_TESTS_SUPPORT_LYING_H

#include "cli/command.h"
#include "worker/client/worker.h"

struct lying {
    /* The worker. What it makes must last until it is told to forget, after each command; what is
     * random comes of the seed that it is told before. It answers in place of worker_do(), and
     * finds the result zeroed. */
    void (*seed)(uint64_t seed);
    const struct msg_started *(*start)(void);
    ingle_status (*answer)(const struct worker_ask *ask, ingle_error *err);
    void (*forget)(void);

    /* All the commands there are, and lines of their words. FILE, OTHER, MODEL, ROWS and MAP stand
     * for the paths of "text", "other", "model", "rows" and "map" in the folder of the test. */
    const struct command *const *commands;
    size_t n_commands;
    const char *const *lines;
    size_t n_lines, n_talking; /* the first n_talking must end well once or more */
    unsigned n_rounds;         /* of each line */
    const char *input;         /* the file in the folder that they read from; NULL = none */
};

/* A group fixture, for folder_remove() to end: makes the folder of the test, where commands then
 * also keep what they remember. */
int lying_make(void **state);

/* Runs every line n_rounds times, every other one as if for a terminal. What they print is dropped.
 * Fails if one
 * ends badly and does not say why, or if none of a line ends well that must. */
void lying_run(const struct lying *l);

#endif
