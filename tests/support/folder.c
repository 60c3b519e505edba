#include "support/folder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define N_NAMES 4

static char folder[32];

int folder_make(void **state) {
    (void)state;
    memcpy(folder, "/tmp/ingle-test-XXXXXX", sizeof "/tmp/ingle-test-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

int folder_remove(void **state) {
    (void)state;
    DIR *dir = opendir(folder);
    if (!dir) return -1;
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            unlinkat(dirfd(dir), entry->d_name, 0);
        }
    }
    closedir(dir);
    return rmdir(folder);
}

const char *folder_file(const char *name) {
    static char paths[N_NAMES][128];
    static unsigned next;
    char *path = paths[next++ % N_NAMES];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}
