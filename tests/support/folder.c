#include "support/folder.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define N_NAMES 4

static char folder[32];

int folder_make(void **state) {
    (void)state;
    memcpy(folder, "/tmp/ingle-test-XXXXXX", sizeof "/tmp/ingle-test-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where) {
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

int folder_remove(void **state) {
    (void)state;
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *folder_file(const char *name) {
    if (!folder[0]) { /* the file would lie in /, for all tests at once */
        fprintf(stderr, "folder_file(\"%s\") before folder_make()\n", name);
        abort();
    }
    static char paths[N_NAMES][128];
    static unsigned next;
    char *path = paths[next++ % N_NAMES];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

void folder_tick(void) {
    nanosleep(&(struct timespec){.tv_nsec = 20000000},
              NULL); /* a clock of 100 Hz has ticked twice */
}
