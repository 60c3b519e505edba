/* Reading /proc for what looks at processes. */
#ifndef INGLE_GUARD_PROVE_LOOK_INTERNAL_H
#define INGLE_GUARD_PROVE_LOOK_INTERNAL_H

#include "base/buf.h"
#include "guard/prove/look.h"

#define LOOK_MAX_TEXT ((size_t)1 << 20) /* of one file of /proc */

/* The file of that name of the process; false if it cannot be read. */
bool look_read_of(struct buf *out, pid_t pid, const char *name);

/* The number behind "name:" at the start of a line; otherwise if there is none. */
uint64_t look_field(const struct buf *text, const char *name, int base, uint64_t otherwise);

/* 0, 1; -1 = cannot be told (of the superuser's processes). text: its "status". */
int look_dumpable(const struct buf *text, pid_t pid);

/* Whether its main thread has this name (PR_SET_NAME). */
bool look_is_named(struct buf *text, pid_t pid, const char *name);

#endif
