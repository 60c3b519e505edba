/* Folders that only their owner can look into. */
#ifndef INGLE_GUARD_VAULT_PRIVATE_FOLDER_H
#define INGLE_GUARD_VAULT_PRIVATE_FOLDER_H

#include "base/status.h"

/* Opens the folder (*fd, closed by the caller). REFUSED if it is another user's, or if others may
 * enter it. */
BASE_NODISCARD ingle_status private_folder_open(int *fd, const char *path, ingle_error *err);

/* The same; the folder and those above it are made, with mode 0700, as far as they are missing. */
BASE_NODISCARD ingle_status private_folder_make(int *fd, const char *path, ingle_error *err);

#endif
