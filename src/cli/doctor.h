/* What this machine offers to ingle, and what is wrong with it: one row of a table a check. Checks
 * look, and change nothing. */
#ifndef INGLE_CLI_DOCTOR_H
#define INGLE_CLI_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"

enum doctor_state {
    DOCTOR_OK,
    DOCTOR_LACKS, /* ingle works, with less */
    DOCTOR_WRONG  /* something does not work until it is put right */
};

struct doctor_finding {
    enum doctor_state state;
    char found[400];  /* what there is, in words */
    char remedy[300]; /* what can be done; "" = nothing has to be */
};

struct doctor_check {
    const char *name;
    /* root: where /proc, /sys and /dev are found, "" but for tests. */
    void (*look)(struct doctor_finding *f, const char *root);
};

/* What concerns the kernel (doctor_kernel.c), and the user's own things (doctor_user.c). */
extern const struct doctor_check doctor_kernel[], doctor_user[];
extern const size_t doctor_n_kernel, doctor_n_user;

/* Fill a finding. */
BASE_PRINTF(2, 3) void doctor_ok(struct doctor_finding *f, const char *fmt, ...);
BASE_PRINTF(3, 4)
void doctor_lacks(struct doctor_finding *f, const char *remedy, const char *fmt, ...);
BASE_PRINTF(3, 4)
void doctor_wrong(struct doctor_finding *f, const char *remedy, const char *fmt, ...);

/* The beginning of a small file, without its last newline; false, and "", if it cannot be read. */
bool doctor_read(char *out, size_t cap, const char *root, const char *path);

#endif
