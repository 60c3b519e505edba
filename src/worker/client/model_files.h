/* The files of a model, opened by a process that never looks into them, for one that can open none:
 * its parts, a file of the cache with its prepared weights, and an empty one for weights that are
 * prepared now.
 *
 * The name in the cache is chosen here and made of the path and the inode of the model's file and
 * of the kernel tier, so that a hostile model can write into nothing but its own weights: whoever
 * makes a model can choose what it is called, but not its inode. What a process that has read a
 * hostile model says, and leaves in its file, is not believed: the next one checks it. */
#ifndef INGLE_WORKER_CLIENT_MODEL_FILES_H
#define INGLE_WORKER_CLIENT_MODEL_FILES_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/cache_folder.h"
#include "ingle/model.h"
#include "worker/wire/msg_start.h"

#define MODEL_FILES_MAX WORKER_MAX_FILES /* parts */

struct model_files {
    /* To be handed over, as ingle_model_files has them. */
    const char *name; /* the path; borrowed */
    int fds[MODEL_FILES_MAX];
    size_t n_fds;
    int packed, packed_new;

    /* What should be removed if this process ends before model_files_settle(); "" = nothing. */
    char unfinished[PATH_MAX];

    char packed_path[PATH_MAX]; /* "" = there is no cache */
    char told[600];             /* the note of model_files_settle() */
    ingle_error note;           /* its msg: why there is no packed_new */
    struct cache_folder folder;
    char folder_path[PATH_MAX];
    struct cache_temp temp;
    char key[20]; /* what the names of all files of this path begin with */
    char packed_name[100];
    ino_t inode;
    int keeper[2]; /* pipes to and from the process that model_files_keep() makes; -1 = none */
};

/* Opens the file at path and, if its name is that of a first part, the other parts that are there.
 * cache: a folder for prepared weights, made if missing, which only this user may write to; NULL =
 * none. tier: the kernel tier that is to be used. The errors are those of opening a model; a cache
 * that cannot be used is none, see model_files_settle(). */
BASE_NODISCARD ingle_status model_files_open(struct model_files *f, const char *path,
                                             const char *cache, const char *tier, ingle_error *err);

/* For a process that is about to lose its files itself: a child of it that holds the folder does
 * model_files_settle()'s work, and ends then or when this process does. One thread only. */
BASE_NODISCARD ingle_status model_files_keep(struct model_files *f, ingle_error *err);

/* The descriptors that are open now, for a list of what stays open: returns how many, of up to
 * MODEL_FILES_MAX + MODEL_FILES_OTHERS. */
#define MODEL_FILES_OTHERS 6
size_t model_files_list(const struct model_files *f, int *fds);

/* Once the model is open, or cannot be (info NULL): gives weights that were prepared now their
 * name, where info->weights_from says WRITTEN, and closes everything. *info then tells the rest:
 * cache_file, cache_note and, if they could not be kept, weights_from; borrowed from *f. */
void model_files_settle(struct model_files *f, ingle_model_info *info);

/* Closes everything and leaves no unfinished file behind. Any number of times; zeroed is fine. */
void model_files_close(struct model_files *f);

#endif
