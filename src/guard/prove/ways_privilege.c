/* Ways to become more than it is, to undo the seal, and to leave something behind: identities,
 * capabilities, keys, and memory that outlives a process. */
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guard/prove/prove_internal.h"

#define ME ((long)-1) /* the user or group that it is: nothing would change */

static int set_capabilities(const struct prove_scene *s) {
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    (void)s;
    if (syscall(SYS_capget, &head, data) != 0) return errno;
    return way_of(syscall(SYS_capset, &head, data));
}

static int own_id(const struct prove_scene *s) {
    (void)s;
    return way_of(setuid(geteuid()));
}

static int own_group(const struct prove_scene *s) {
    (void)s;
    return way_of(setgid(getegid()));
}

/* Once out of the session of whoever started it. */
static int new_session(const struct prove_scene *s) {
    (void)s;
    return way_of(syscall(SYS_setsid));
}

static int raise_limit(const struct prove_scene *s) {
    struct rlimit limit;
    (void)s;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return errno;
    return way_of(setrlimit(RLIMIT_NOFILE, &limit));
}

static int be_urgent(const struct prove_scene *s) {
    struct sched_param p = {.sched_priority = 1};
    (void)s;
    return way_of(sched_setscheduler(0, SCHED_FIFO, &p));
}

static int filter_look(const struct prove_scene *s) {
    uint32_t action = SECCOMP_RET_ALLOW;
    (void)s;
    return way_of(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action));
}

/* A filter that answers instead of the kernel, to a supervisor that this process would be. */
static int filter_own(const struct prove_scene *s) {
    (void)s;
    return way_of_reaching(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, (void *)-1), EFAULT);
}

/* ---- things that outlive a process ---- */

static int shared_segment(const struct prove_scene *s) {
    (void)s;
    int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
    if (id >= 0) shmctl(id, IPC_RMID, NULL);
    return way_of(id);
}

static int semaphores(const struct prove_scene *s) {
    (void)s;
    int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
    if (id >= 0) semctl(id, 0, IPC_RMID);
    return way_of(id);
}

static int messages(const struct prove_scene *s) {
    (void)s;
    int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
    if (id >= 0) msgctl(id, IPC_RMID, NULL);
    return way_of(id);
}

static int message_queue(const struct prove_scene *s) {
    (void)s;
    mqd_t id = mq_open("/ingle-prove", O_RDWR | O_CREAT, 0600, NULL);
    if (id != (mqd_t)-1) mq_unlink("/ingle-prove");
    return id == (mqd_t)-1 ? errno : WAY_OPEN;
}

static int keyring(const struct prove_scene *s) {
    (void)s;
    return way_of(syscall(SYS_keyctl, 0 /* GET_KEYRING_ID */, -3 /* session */, 1));
}

#define PROCESS_KEYRING (-2)

static int put_key(const struct prove_scene *s) {
    (void)s;
    return way_of(syscall(SYS_add_key, "user", "ingle-prove", "x", 1, PROCESS_KEYRING));
}

static int ask_key(const struct prove_scene *s) {
    (void)s;
    return way_of_reaching(syscall(SYS_request_key, "user", "ingle-prove", NULL, 0), ENOKEY);
}

static const struct prove_row rows[] = {
    {"setuid(0)", NULL, SYS_setuid, {0}, 0},
    WAY("setuid() of itself", own_id),
    {"setresuid()", NULL, SYS_setresuid, {ME, ME, ME}, 0},
    {"setreuid()", NULL, SYS_setreuid, {ME, ME}, 0},
    {"setfsuid()", NULL, SYS_setfsuid, {ME}, 0},
    {"setgid(0)", NULL, SYS_setgid, {0}, 0},
    WAY("setgid() of itself", own_group),
    {"setresgid()", NULL, SYS_setresgid, {ME, ME, ME}, 0},
    {"setgroups()", NULL, SYS_setgroups, {0, 0}, 0},
    WAY("capset()", set_capabilities),
    WAY("setsid()", new_session),
    {"setpgid()", NULL, SYS_setpgid, {0, 0}, EPERM},
    WAY("setrlimit()", raise_limit),
    WAY("sched_setscheduler(SCHED_FIFO)", be_urgent),
    {"prctl(PR_SET_DUMPABLE)", NULL, SYS_prctl, {PR_SET_DUMPABLE, 1}, 0},
    {"prctl(PR_SET_NO_NEW_PRIVS)", NULL, SYS_prctl, {PR_SET_NO_NEW_PRIVS, 1}, 0},
    {"prctl(PR_SET_SECCOMP)", NULL, SYS_prctl, {PR_SET_SECCOMP, SECCOMP_MODE_FILTER, -1}, EFAULT},
    {"prctl(PR_SET_PDEATHSIG)", NULL, SYS_prctl, {PR_SET_PDEATHSIG, 0}, 0},
    {"prctl(PR_SET_PTRACER)", NULL, SYS_prctl, {0x59616d61, -1}, EINVAL},
    {"prctl(PR_SET_KEEPCAPS)", NULL, SYS_prctl, {PR_SET_KEEPCAPS, 1}, 0},
    {"prctl(PR_SET_NAME)", NULL, SYS_prctl, {PR_SET_NAME, (intptr_t) "init"}, 0},
    {"prctl(PR_SET_MM)", NULL, SYS_prctl, {PR_SET_MM, 0, 0, 0, 0}, EINVAL},
    {"prctl(PR_SET_TSC)", NULL, SYS_prctl, {PR_SET_TSC, PR_TSC_ENABLE}, 0},
    WAY("seccomp() to look", filter_look),
    WAY("seccomp() with a filter of its own", filter_own),
#if defined(__x86_64__)
    {"arch_prctl(ARCH_SET_GS)", NULL, SYS_arch_prctl, {0x1001, 0}, 0},
    {"arch_prctl(ARCH_SET_CPUID)", NULL, SYS_arch_prctl, {0x1012, 1}, ENODEV},
    {"arch_prctl(ARCH_SHSTK_DISABLE)", NULL, SYS_arch_prctl, {0x5002, 0}, EINVAL},
#endif
    WAY("shmget()", shared_segment),
    WAY("semget()", semaphores),
    WAY("msgget()", messages),
    WAY("mq_open()", message_queue),
    WAY("keyctl() of the session", keyring),
    WAY("add_key()", put_key),
    WAY("request_key()", ask_key),
};

ingle_status prove_ways_privilege(struct prove_list *list, ingle_error *err) {
    return prove_list_add_rows(list, "privileges and traces", rows, BASE_COUNT(rows), err);
}
