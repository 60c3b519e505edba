/* Folders on disk. */
#ifndef INGLE_BASE_FOLDER_H
#define INGLE_BASE_FOLDER_H

#include "base/status.h"

/* Makes every folder of the path that is missing, for this user alone. */
BASE_NODISCARD ingle_status folder_create(const char *path, ingle_error *err);

#endif
