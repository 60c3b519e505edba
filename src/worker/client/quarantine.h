/* Models that crash their workers. What a hostile or broken model does to the process that reads it
 * is contained there; but one that did it several times in a row is not given another try
 * by itself.
 *
 * A file of the folder counts the crashes of one model, which is known by device, inode, size and
 * time of change of its files: one that was changed is another. A worker that answered and did not
 * crash as long as it was needed removes the file. */
#ifndef INGLE_WORKER_CLIENT_QUARANTINE_H
#define INGLE_WORKER_CLIENT_QUARANTINE_H

#include <limits.h>

#include "base/status.h"

#define QUARANTINE_CRASHES 3
#define QUARANTINE_MAX_FILES 64 /* the oldest go */

struct quarantine {
    char folder[PATH_MAX]; /* "" = nothing is counted */
    char name[40];         /* of the file in it */
    int n_crashes;         /* that it counts */
};

/* Looks the model of these files up. REFUSED if it crashed QUARANTINE_CRASHES times: the sentence
 * says how at last, and which file to delete. A folder that is not there, or not the user's alone,
 * holds nothing; NULL = none. */
BASE_NODISCARD ingle_status quarantine_check(struct quarantine *q, const char *folder,
                                             const int *fds, int n_fds, ingle_error *err);

/* It crashed once more: how, in a few words ("Segmentation fault"). What cannot be written is not
 * counted. */
void quarantine_crashed(struct quarantine *q, const char *how);

/* A worker of it did what it should, to its end. */
void quarantine_worked(struct quarantine *q);

#endif
