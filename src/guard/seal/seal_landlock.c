/* Landlock: an empty list of rules, that is, none of what it knows of. Its constants are defined
 * here because the headers of many systems are older than their kernels. */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guard/seal/seal_internal.h"

#define SYS_CREATE_RULESET 444
#define SYS_RESTRICT_SELF 446
#define ASK_VERSION 1u

/* What each version added. Kernels ignore the end of the attributes that they do not know, as long
 * as it is 0. */
static const struct {
    int abi;
    struct seal_rights adds;
} levels[] = {
    {1, {.fs = 0x1fff}},   /* 5.13: run, write, read, list, remove and make files */
    {2, {.fs = 1u << 13}}, /* 5.19: link and rename across folders */
    {3, {.fs = 1u << 14}}, /* 6.2: truncate */
    {4, {.net = 3}},       /* 6.7: bind and connect TCP */
    {5, {.fs = 1u << 15}}, /* 6.10: ioctl of devices */
    {6, {.scope = 3}},     /* 6.12: abstract local sockets, signals */
    {9, {.fs = 1u << 16}}, /* 7.1: local sockets with a path */
};

struct seal_rights seal_landlock_rights(int abi) {
    struct seal_rights all = {0};
    for (size_t i = 0; i < BASE_COUNT(levels) && levels[i].abi <= abi; i++) {
        all.fs |= levels[i].adds.fs;
        all.net |= levels[i].adds.net;
        all.scope |= levels[i].adds.scope;
    }
    return all;
}

static int create(struct seal_rights *rights) {
    return (int)syscall(SYS_CREATE_RULESET, rights, sizeof *rights, 0);
}

ingle_status seal_landlock(struct seal_report *out, ingle_error *err) {
    int abi = (int)syscall(SYS_CREATE_RULESET, NULL, 0, ASK_VERSION);
    if (abi <= 0) return INGLE_OK; /* not built, not switched on, or forbidden by a container */
    struct seal_rights rights = seal_landlock_rights(abi);
    int rules = create(&rights);
    if (rules < 0 && errno == EINVAL && abi >= 9) {
        /* Version 9 was not out when its number was written here. */
        rights = seal_landlock_rights(8);
        rules = create(&rights);
    }
    if (rules < 0) return seal_failed(err, errno, "making a Landlock rule set");
    int error = syscall(SYS_RESTRICT_SELF, rules, 0) == 0 ? 0 : errno;
    close(rules);
    if (error) return seal_failed(err, error, "enforcing Landlock");
    out->landlock_abi = abi;
    out->landlock_fs = rights.fs;
    out->landlock_net = rights.net;
    out->landlock_scope = rights.scope;
    return INGLE_OK;
}
