#include "base/folder.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"

ingle_status folder_create(const char *path, ingle_error *err) {
    char *part = mem_strndup(path, strlen(path));
    if (!part) return status_no_memory(err, "a path", strlen(path));
    ingle_status status = INGLE_OK;
    for (char *at = part; status == INGLE_OK && *at;) {
        at += strspn(at, "/");
        at += strcspn(at, "/");
        char rest = *at;
        *at = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST) {
            status = status_errno(err, errno, "create", part);
        }
        *at = rest;
    }
    mem_free(part);
    return status;
}
