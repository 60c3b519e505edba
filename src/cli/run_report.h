/* How a run went, in figures: for people (--stats) and as the last object of --json. */
#ifndef INGLE_CLI_RUN_REPORT_H
#define INGLE_CLI_RUN_REPORT_H

#include "cli/out.h"
#include "ingle/ingle.h"

struct run_report {
    const char *reason; /* "end", "stop", "length", "context", "cancel", "error" */
    ingle_model_info model;
    size_t n_prompt;           /* tokens */
    int n_read;                /* of them, those that were computed: fewer after Ctrl-C */
    bool remember;             /* --remember */
    size_t n_reused;           /* tokens of the prompt that were remembered */
    const char *remember_note; /* why what was kept could not be used; "" */
    int n_tokens;              /* generated, the ending one included */
    double prefill_ms;         /* for what was computed */
    double first_ms;           /* from the end of the prompt to the first token chosen */
    double decode_ms;          /* from there to the end */
    int n_drafted;             /* tokens guessed ahead */
    int n_accepted;            /* of them, those that were right */
    int n_forced;              /* tokens that a constraint left no choice of */
    bool was_closed;           /* by the constraint's shortest ending */
    int n_threads;
    uint64_t peak_memory; /* bytes, of the worker */
    uint64_t seed;
};

/* To standard error. */
void run_report_print(const struct run_report *r);

void run_report_json(const struct run_report *r, struct out *out);

#endif
