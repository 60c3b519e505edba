#include "cli/user_dir.h"

#include <stdio.h>
#include <stdlib.h>

static bool find(char out[USER_DIR_CAP], const char *variable, const char *in_home,
                 const char *below) {
    const char *base = getenv(variable), *middle = "";
    if (!base || base[0] != '/') {
        base = getenv("HOME");
        middle = in_home;
    }
    if (!base || base[0] != '/') return false;
    int n = snprintf(out, USER_DIR_CAP, "%s%s/ingle%s", base, middle, below);
    return n > 0 && n < USER_DIR_CAP;
}

bool user_cache_dir(char out[USER_DIR_CAP], const char *below) {
    return find(out, "XDG_CACHE_HOME", "/.cache", below);
}

bool user_config_dir(char out[USER_DIR_CAP], const char *below) {
    return find(out, "XDG_CONFIG_HOME", "/.config", below);
}

bool user_state_dir(char out[USER_DIR_CAP], const char *below) {
    return find(out, "XDG_STATE_HOME", "/.local/state", below);
}
