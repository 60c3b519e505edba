#include "cli/cache_dir.h"

#include <stdio.h>
#include <stdlib.h>

bool cache_dir(char out[CACHE_DIR_CAP], const char *below) {
    const char *base = getenv("XDG_CACHE_HOME"), *middle = "";
    if (!base || base[0] != '/') {
        base = getenv("HOME");
        middle = "/.cache";
    }
    if (!base || base[0] != '/') return false;
    int n = snprintf(out, CACHE_DIR_CAP, "%s%s/ingle%s", base, middle, below);
    return n > 0 && n < CACHE_DIR_CAP;
}
