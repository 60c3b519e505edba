/* A file that a command writes its result to: made under another name in the same folder and
 * renamed when it is whole. Neither a failure nor a signal leaves half a file behind or harms the
 * one that was there. What is no regular file (a device, a pipe) is written to as it is. */
#ifndef INGLE_CLI_RESULT_FILE_H
#define INGLE_CLI_RESULT_FILE_H

#include <limits.h>

#include "cli/out.h"

struct result_file {
    struct out out;
    char target[PATH_MAX];         /* symbolic links followed */
    char temporary[PATH_MAX + 64]; /* "" = written directly */
};

/* path is borrowed for messages. private: the file is for nobody but its owner to read. */
BASE_NODISCARD ingle_status result_file_open(struct result_file *f, const char *path,
                                             ingle_error *err);
BASE_NODISCARD ingle_status result_file_open_private(struct result_file *f, const char *path,
                                                     ingle_error *err);

/* Closes the file and, if all that was written to f->out is in it and the command went well
 * (status is INGLE_OK), gives it its name; else removes it. Returns status, or why this failed. */
BASE_NODISCARD ingle_status result_file_close(struct result_file *f, ingle_status status,
                                              ingle_error *err);

#endif
