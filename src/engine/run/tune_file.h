/* The file that results of tuning are kept in: a line each, the newest last, of any number of
 * machines and containers that share the folder:
 *
 *     1 <tab> seconds since 1970 <tab> threads <tab> 1=17300 2=29800 <tab> the machine
 *
 * 0 threads: the machine was too busy then. 1 is the version, what follows a number of threads its
 * speed in MB/s. Lines of other versions, and what is no such line, are passed over. */
#ifndef INGLE_ENGINE_RUN_TUNE_FILE_H
#define INGLE_ENGINE_RUN_TUNE_FILE_H

#include "engine/run/tune_measure.h"

struct tune_record {
    int64_t when;
    int n_threads; /* 0 = too busy to be measured */
    struct tune_result result;
};

#define TUNE_KEY_CAP 192
#define TUNE_NAME "tune"

/* All that the best number of threads depends on, as one line of text. */
void tune_key(char key[TUNE_KEY_CAP], const struct cpu_topology *t, enum cpu_tier tier);

/* The newest line of the machine whose candidates are those of r->result and whose number of
 * threads is one of them or 0. NOT_FOUND if there is none; INVALID or FAILED if the file is of no
 * use. */
BASE_NODISCARD ingle_status tune_file_find(struct tune_record *r, const char *folder,
                                           const char *key, ingle_error *err);

/* Opens the file for tune_file_append(), folder and all. *fd is -1 on failure. */
BASE_NODISCARD ingle_status tune_file_open(int *fd, const char *folder, ingle_error *err);

/* Adds a line, whole or not at all, and closes the file. One that has grown long is begun anew. */
BASE_NODISCARD ingle_status tune_file_append(int fd, const char *folder, const char *key,
                                             const struct tune_record *r, ingle_error *err);

#endif
