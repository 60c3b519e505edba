/* Takes from this process, for good, every system call that opens a file, looks one up by a name,
 * or reaches out otherwise: a plain list of what must not happen, unlike the seal's of what may. */
#ifndef INGLE_TESTS_SUPPORT_NO_FILES_H
#define INGLE_TESTS_SUPPORT_NO_FILES_H

#include <stdbool.h>

/* From now on such a call names itself on standard error and ends the process with this code. One
 * thread only. False if the system has no such filters. */
#define NO_FILES_EXIT 97
bool no_files(void);

#endif
