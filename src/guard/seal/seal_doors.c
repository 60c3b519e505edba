/* System calls that a confined process has no use for: a list of what is denied, on top of
 * seal_network.c's. What it starts inherits it, and must still be able to seal itself: what a
 * worker needs for that (unshare, mount, chroot, execve) is not on it. */
#include <errno.h>
#include <seccomp.h>
#include <string.h>

#include "guard/seal/seal_confine_internal.h"
#include "guard/seal/seal_instrumented.h"
#include "guard/seal/seal_internal.h"

#define INT 0xffffffffu

static const int denied[] = {
    /* A socket that was accepted could be connected anew, one that listens be bound elsewhere. */
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(recvmmsg),
    /* the user's keyring, which may hold the key of a vault */
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(keyctl),
    /* other processes of the user */
    SCMP_SYS(tkill),
    SCMP_SYS(rt_sigqueueinfo),
    SCMP_SYS(rt_tgsigqueueinfo),
    SCMP_SYS(pidfd_open),
    SCMP_SYS(pidfd_send_signal),
    SCMP_SYS(setpriority),
    SCMP_SYS(ioprio_set),
    SCMP_SYS(sched_setparam),
    SCMP_SYS(sched_setscheduler),
    SCMP_SYS(sched_setattr),
    SCMP_SYS(migrate_pages),
    SCMP_SYS(move_pages),
    /* System V's, and message queues: names that others know */
    SCMP_SYS(shmget),
    SCMP_SYS(shmat),
    SCMP_SYS(semget),
    SCMP_SYS(msgget),
    SCMP_SYS(mq_open),
    /* mounts, but the two of a worker */
    SCMP_SYS(pivot_root),
    SCMP_SYS(umount2),
    SCMP_SYS(open_tree),
    SCMP_SYS(move_mount),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsconfig),
    SCMP_SYS(fsmount),
    SCMP_SYS(fspick),
    /* programs without a path */
    SCMP_SYS(execveat),
    SCMP_SYS(fanotify_init),
    SCMP_SYS(name_to_handle_at),
    SCMP_SYS(quotactl),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(acct),
    SCMP_SYS(syslog),
    SCMP_SYS(mknod),
    SCMP_SYS(mknodat),
};

/* Only if argument 0 is not 0: of another process than itself. */
static const int denied_of_others[] = {
    SCMP_SYS(prlimit64),
    SCMP_SYS(sched_setaffinity),
};

/* Groups of processes, and all of them: a number that is 0 or below. */
static int deny_groups(scmp_filter_ctx filter) {
    const struct scmp_arg_cmp when[] = {{0, SCMP_CMP_MASKED_EQ, INT, 0},
                                        {0, SCMP_CMP_MASKED_EQ, 0x80000000u, 0x80000000u}};
    int rc = 0;
    for (size_t i = 0; i < BASE_COUNT(when) && rc == 0; i++) {
        rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(kill), 1, when[i]);
    }
    return rc;
}

static int fill(scmp_filter_ctx filter) {
    int rc = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (rc == 0) rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (rc == 0) (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
    if (rc == 0) (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    for (size_t i = 0; i < BASE_COUNT(denied) && rc == 0; i++) {
        rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), denied[i], 0);
        if (rc == -EDOM) rc = 0; /* no call of this architecture */
    }
    for (size_t i = 0; i < BASE_COUNT(denied_of_others) && rc == 0; i++) {
        const struct scmp_arg_cmp when = {0, SCMP_CMP_NE, 0, 0};
        rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), denied_of_others[i], 1, when);
    }
    return rc == 0 ? deny_groups(filter) : rc;
}

ingle_status seal_doors(ingle_error *err) {
    seal_trust_library(true);
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int rc = filter ? fill(filter) : -ENOMEM;
    if (rc == 0) rc = seccomp_load(filter);
    seccomp_release(filter);
    seal_trust_library(false);
    return rc == 0 ? INGLE_OK : seal_failed(err, -rc, "closing what it does not need");
}
