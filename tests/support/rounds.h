/* How many random rounds a test program makes, and from which seed on, as its command line says:
 * `test_x N SEED`. */
#ifndef INGLE_TESTS_SUPPORT_ROUNDS_H
#define INGLE_TESTS_SUPPORT_ROUNDS_H

struct rounds {
    unsigned n, first_seed;
};

/* What is not said stays as it is. */
void rounds_read(struct rounds *r, int argc, char **argv);

#endif
