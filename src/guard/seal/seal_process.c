/* What a process can do without, of its own: limits, privileges, and a life after its parent's. */
#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "guard/seal/seal_internal.h"

#define N_LOOKS 20
#define MAX_FILES 64
#define FEW_FILES 32 /* the battery between the two halves of the seal opens some */

static bool is_alone(void) {
    struct stat st;
    if (stat("/proc/self/task", &st) == 0) return st.st_nlink == 3;
    return unshare(CLONE_THREAD) == 0;
}

/* A thread that runs already would keep what Landlock and the namespaces take from this one. The
 * kernel counts a folder's links so that each thread is one more; without /proc, only processes of
 * one thread may unshare that. */
ingle_status seal_one_thread(ingle_error *err) {
    /* One that was joined is counted for a moment more. */
    for (int i = 0; i < N_LOOKS; i++) {
        if (i > 0) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        if (is_alone()) return INGLE_OK;
    }
    return status_set(err, INGLE_FAILED, 0,
                      "Cannot seal this process: it has more than one thread, or cannot tell.");
}

ingle_status seal_bind_to_parent(const struct seal_plan *plan, ingle_error *err) {
    if (plan->is_own_master) return INGLE_OK;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) {
        return seal_failed(err, errno, "tying its life to its parent's");
    }
    /* It may have ended just before. */
    if (getppid() == plan->parent) return INGLE_OK;
    return status_set(err, INGLE_FAILED, 0, "Cannot seal this process: its parent has ended.");
}

static ingle_status limit(int resource, rlim_t most, const char *what, ingle_error *err) {
    struct rlimit now;
    if (getrlimit((unsigned)resource, &now) != 0) return seal_failed(err, errno, what);
    if (now.rlim_max < most) most = now.rlim_max;
    if (setrlimit((unsigned)resource, &(struct rlimit){most, most}) == 0) return INGLE_OK;
    return seal_failed(err, errno, what);
}

ingle_status seal_limit(const struct seal_plan *plan, ingle_error *err) {
    rlim_t n_files = MAX_FILES;
    for (size_t i = 0; i < plan->n_keep; i++) {
        rlim_t needed = (rlim_t)plan->keep[i] + FEW_FILES;
        if (needed > n_files) n_files = needed;
    }
    if (plan->max_file > 0) {
        INGLE_TRY(limit(RLIMIT_FSIZE, (rlim_t)plan->max_file, "limiting the size of files", err));
    }
    INGLE_TRY(limit(RLIMIT_CORE, 0, "forbidding core files", err));
    INGLE_TRY(limit(RLIMIT_NOFILE, n_files, "limiting its descriptors", err));
    /* Under this old habit all that can be read can be run, whatever the filter says. */
    int kind = personality(0xffffffff);
    if (kind >= 0 && (kind & READ_IMPLIES_EXEC) &&
        personality((unsigned long)(kind & ~READ_IMPLIES_EXEC)) < 0) {
        return seal_failed(err, errno, "forbidding code in data");
    }
    /* Away from the terminal. A leader of a group has no terminal's job to leave. */
    if (!plan->is_own_master && setsid() < 0 && errno != EPERM) {
        return seal_failed(err, errno, "leaving its session");
    }
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return seal_failed(err, errno, "hiding its memory");
    }
    return INGLE_OK;
}

static bool has_capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    if (syscall(SYS_capget, &header, data) != 0) return true;
    for (int i = 0; i < 2; i++) {
        if (data[i].effective | data[i].permitted | data[i].inheritable) return true;
    }
    return false;
}

ingle_status seal_drop_privileges(ingle_error *err) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return seal_failed(err, errno, "forbidding new privileges");
    }
    /* Who has no privileges may not give them up for its children either; no new privileges keeps
     * those from getting any. */
    for (int cap = 0; cap < 64; cap++) {
        if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0) break;
    }
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    if (syscall(SYS_capset, &header, none) != 0 || has_capabilities()) {
        return seal_failed(err, errno ? errno : EPERM, "giving up capabilities");
    }
    return INGLE_OK;
}
