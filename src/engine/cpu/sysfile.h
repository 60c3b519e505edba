/* Small text files of /proc and /sys. */
#ifndef INGLE_ENGINE_CPU_SYSFILE_H
#define INGLE_ENGINE_CPU_SYSFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"

/* The start of the file as text; false if it cannot be read or its path is too long. */
BASE_PRINTF(3, 4) bool sysfile_read(char *text, size_t cap, const char *path, ...);

#endif
