/* Does something in a child that is sealed, and says how the child ended. For programs with cmocka;
 * what goes wrong in the child before ends the test with the sentence. */
#ifndef INGLE_TESTS_SUPPORT_SEALED_H
#define INGLE_TESTS_SUPPORT_SEALED_H

#include <stdbool.h>
#include <stddef.h>

#include "guard/seal/seal.h"

/* How a child ended: a signal, or 256 + the exit code. */
#define SEALED_EXIT(code) (256 + (code))

/* All is well: true. Runs in the child; the seal is done when `fn` is called. */
typedef bool (*sealed_fn)(const struct seal_report *report, void *arg);

struct sealed_how {
    const int *keep; /* besides standard error */
    size_t n_keep;
    void (*before)(void *arg);  /* in the child, before; may be NULL */
    void (*between)(void *arg); /* after seal_prepare() */
    struct seal_report *report; /* a copy, if not NULL */
    char (*sentence)[240];      /* the seal's failure; it is empty if there was none */
    bool only_prepare;
    bool is_own_master; /* of no parent */
    uint64_t max_file;
};

/* SEALED_EXIT(0): fn returned true; (1): false; (2): the seal failed. */
int sealed_run(const struct sealed_how *how, sealed_fn fn, void *arg);

/* Runs fn in a child without a seal; arg as above. */
int sealed_child(bool (*fn)(void *arg), void *arg);

#endif
