/* guard/seal: a confined process that lives on: what it must be able to do, and fifty things that
 * it must not, each tried by a child of its own. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "guard/seal/seal.h"
#include "guard/seal/seal_confine.h"
#include "support/folder.h"
#include "support/sanitized.h"

#define SYS_CALL_PIDFD_OPEN 434

/* What stands around the process: things of the same user that are none of its business. */
static struct world {
    char secret[1024], model[1024], link[1024], cache[1024];
    char made[PATH_MAX];      /* beside the model */
    int tcp, local, abstract; /* that listen */
    struct sockaddr_in tcp_at;
    struct sockaddr_un local_at, abstract_at;
    socklen_t abstract_size;
    pid_t other;
    int accepted[2]; /* a connection over TCP: accepted, the client's */
} world;

/* ---- what it must not ---- */

static bool opens(const char *path, int flags) {
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd >= 0) close(fd);
    return fd >= 0;
}

static bool reads_a_secret(void) {
    return opens(world.secret, O_RDONLY);
}
static bool reads_it_by_the_old_root(void) {
    return opens("/proc/1/root/etc/passwd", O_RDONLY);
}
static bool reads_it_upwards(void) {
    return opens("../../../../../../../../etc/passwd", O_RDONLY);
}
static bool reads_users(void) {
    return opens("/etc/passwd", O_RDONLY);
}
static bool reads_passwords(void) {
    return opens("/etc/shadow", O_RDONLY);
}
static bool reads_home(void) {
    return opens("/root/.ssh/id_ed25519", O_RDONLY) || opens("/home", O_RDONLY);
}
static bool lists_the_machine(void) {
    return opens("/usr/bin", O_RDONLY | O_DIRECTORY);
}
static bool lists_etc(void) {
    return opens("/etc/ssl", O_RDONLY | O_DIRECTORY);
}
static bool lists_beside_the_model(void) {
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s/../secrets", world.cache);
    return opens(folder, O_RDONLY | O_DIRECTORY);
}
static bool reads_memory_of_another(void) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", (int)world.other);
    return opens(path, O_RDONLY);
}
static bool reads_environment_of_another(void) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/environ", (int)world.other);
    return opens(path, O_RDONLY);
}
static bool reads_command_of_another(void) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)world.other);
    return !SANITIZED && opens(path, O_RDONLY);
}
static bool reads_a_disk(void) {
    return opens("/dev/vda", O_RDONLY) || opens("/dev/sda", O_RDONLY);
}
static bool reads_memory_of_the_machine(void) {
    return opens("/dev/mem", O_RDONLY);
}
static bool opens_a_terminal(void) {
    return opens("/dev/tty", O_RDWR) || opens("/dev/ptmx", O_RDWR);
}
static bool writes_the_model(void) {
    return opens(world.model, O_WRONLY);
}
static bool cuts_the_model(void) {
    return truncate(world.model, 0) == 0;
}
static bool removes_the_model(void) {
    return unlink(world.model) == 0;
}
static bool renames_the_model(void) {
    char to[PATH_MAX];
    snprintf(to, sizeof to, "%s/stolen", world.cache);
    return rename(world.model, to) == 0;
}
static bool writes_beside_the_model(void) {
    return opens(world.made, O_WRONLY | O_CREAT);
}
static bool writes_into_the_root(void) {
    return opens("/made", O_WRONLY | O_CREAT);
}
static bool writes_into_tmp(void) {
    return opens("/tmp/ingle-made", O_WRONLY | O_CREAT);
}
static bool writes_the_libraries(void) {
    return opens("/proc/self/exe", O_WRONLY);
}
static bool makes_a_device(void) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/null", world.cache);
    return mknod(path, S_IFCHR | 0600, 0x103) == 0;
}
static bool runs(const char *path) {
    char *argv[] = {(char *)(uintptr_t)path, NULL};
    execve(path, argv, (char *[]){NULL});
    return false; /* what runs ends with another code than this child */
}
static bool runs_a_shell(void) {
    return runs("/bin/sh");
}
static bool runs_true(void) {
    return runs("/usr/bin/true");
}
static bool runs_the_loader(void) {
    char *argv[] = {(char *)(uintptr_t) "ld", (char *)(uintptr_t) "/usr/bin/true", NULL};
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        close(STDERR_FILENO); /* it would say so */
        execve("/lib64/ld-linux-x86-64.so.2", argv, (char *[]){NULL});
        _exit(1);
    }
    return waitpid(pid, &status, 0) == pid && status == 0;
}
static bool runs_what_it_wrote(void) {
    char path[PATH_MAX], bytes[4096];
    snprintf(path, sizeof path, "%s/program", world.cache);
    int from = open("/proc/self/exe", O_RDONLY), to = open(path, O_WRONLY | O_CREAT, 0700);
    for (ssize_t n; (n = read(from, bytes, sizeof bytes)) > 0;) {
        if (write(to, bytes, (size_t)n) != n) break;
    }
    close(from), close(to);
    char *argv[] = {path, (char *)(uintptr_t) "0", NULL};
    execve(path, argv, (char *[]){NULL});
    return false;
}
static bool runs_from_memory(void) {
    static const char script[] = "#!/proc/self/exe 0\n";
    int fd = memfd_create("x", 0);
    bool is_written = fd >= 0 && write(fd, script, sizeof script - 1) > 0;
    char *argv[] = {(char *)(uintptr_t) "x", NULL};
    if (is_written) syscall(SYS_execveat, fd, "", argv, (char *[]){NULL}, AT_EMPTY_PATH);
    return false;
}

static bool makes(int family, int type) {
    return socket(family, type, 0) >= 0;
}
static bool makes_tcp(void) {
    return makes(AF_INET, SOCK_STREAM) || makes(AF_INET6, SOCK_STREAM);
}
static bool makes_udp(void) {
    return makes(AF_INET, SOCK_DGRAM) || makes(AF_INET6, SOCK_DGRAM);
}
static bool makes_local(void) {
    return makes(AF_UNIX, SOCK_STREAM) || makes(AF_UNIX, SOCK_DGRAM);
}
static bool makes_netlink(void) {
    return makes(AF_NETLINK, SOCK_RAW);
}
static bool makes_any(void) {
    for (int family = 0; family < 64; family++) {
        for (int type = 1; type < 6; type++) {
            if (makes(family, type)) return true;
        }
    }
    return false;
}
static bool makes_pairs_of_datagrams(void) {
    int fds[2];
    return socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) == 0 ||
           socketpair(AF_UNIX, SOCK_RAW, 0, fds) == 0;
}
/* An accepted connection can be taken apart and pointed at somebody else. */
static bool connects_an_accepted_one(void) {
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    const struct sockaddr *to = (const struct sockaddr *)&world.tcp_at;
    return connect(world.accepted[0], &none, sizeof none) == 0 ||
           connect(world.accepted[0], to, sizeof world.tcp_at) == 0;
}
static bool connects_a_listener(void) {
    shutdown(world.tcp, SHUT_RDWR);
    return connect(world.tcp, (const struct sockaddr *)&world.tcp_at, sizeof world.tcp_at) == 0;
}
static bool connects_a_pair(void) {
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) return false;
    const struct sockaddr *to = (const struct sockaddr *)&world.local_at;
    return connect(fds[0], to, sizeof world.local_at) == 0;
}
static bool connects_to_an_abstract_name(void) {
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) != 0) return false;
    const struct sockaddr *to = (const struct sockaddr *)&world.abstract_at;
    return connect(fds[0], to, world.abstract_size) == 0;
}
static bool binds(void) {
    struct sockaddr_in any = {.sin_family = AF_INET};
    int fds[2];
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "\0ingle-made"};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) return false;
    return bind(world.accepted[0], (const struct sockaddr *)&any, sizeof any) == 0 ||
           bind(fds[0], (const struct sockaddr *)&name, 13) == 0;
}
static bool listens(void) {
    return listen(world.tcp, 5) == 0 || listen(world.accepted[0], 5) == 0;
}
static bool uses_io_uring(void) {
    char parameters[256] = {0};
    return syscall(425, 4, parameters) >= 0;
}

static bool signals_another(void) {
    return kill(world.other, 0) == 0;
}
static bool ends_another(void) {
    return kill(world.other, SIGKILL) == 0;
}
static bool signals_its_group(void) {
    return kill(0, 0) == 0;
}
static bool signals_everybody(void) {
    return kill(-1, 0) == 0;
}
static bool signals_a_thread(void) {
    return syscall(SYS_tgkill, world.other, world.other, 0) == 0 ||
           syscall(SYS_tkill, world.other, 0) == 0;
}
static bool queues_a_signal(void) {
    return sigqueue(world.other, SIGUSR1, (union sigval){0}) == 0;
}
static bool opens_another(void) {
    return syscall(SYS_CALL_PIDFD_OPEN, world.other, 0) >= 0;
}
static bool traces_another(void) {
    return !SANITIZED && syscall(SYS_ptrace, 16 /* ATTACH */, world.other, 0, 0) == 0;
}
static bool copies_from_another(void) {
    return syscall(SYS_process_vm_readv, world.other, NULL, 0, NULL, 0, 0) == 0;
}
static bool limits_another(void) {
    struct rlimit now;
    return prlimit(world.other, RLIMIT_NOFILE, NULL, &now) == 0;
}
static bool slows_another(void) {
    return setpriority(PRIO_PROCESS, (id_t)world.other, 19) == 0;
}
static bool binds_another(void) {
    cpu_set_t all;
    return sched_getaffinity(0, sizeof all, &all) == 0 &&
           sched_setaffinity(world.other, sizeof all, &all) == 0;
}
static bool takes_keys(void) {
    return syscall(SYS_keyctl, 0 /* GET_KEYRING_ID */, -4 /* of the user */, 1) >= 0 ||
           syscall(SYS_request_key, "user", "ingle", NULL, 0) >= 0;
}
static bool shares_memory(void) {
    return shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600) >= 0;
}
static bool enters_a_namespace(void) {
    int fd = open("/proc/1/ns/mnt", O_RDONLY);
    return syscall(SYS_setns, fd >= 0 ? fd : 0, 0) == 0;
}
/* With all rights in a user namespace of its own, which a worker needs. */
static bool mounts_the_old_root(void) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    return mount("/dev/vda", "/tmp", "ext4", 0, NULL) == 0 || umount2("/", MNT_DETACH) == 0 ||
           mount("proc", "/tmp", "proc", 0, NULL) == 0 || umount2("/etc", MNT_DETACH) == 0;
}
static bool makes_its_root_writable(void) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    mount(NULL, world.model, NULL, MS_REMOUNT | MS_BIND, NULL);
    return opens(world.model, O_WRONLY);
}
static bool has_rights(void) {
    struct {
        uint32_t version;
        int pid;
    } header = {0x20080522, 0};
    uint32_t data[6] = {0};
    return syscall(SYS_capget, &header, data) != 0 || data[0] || data[1] || data[3] || data[4];
}
static bool gets_new_ones(void) {
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1;
}
static bool can_be_looked_into(void) {
    return !SANITIZED && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0;
}

#define WAY(name)                                                                                  \
    { #name, name }
static const struct {
    const char *name;
    bool (*tries)(void); /* true: it worked, which it must not */
} ways[] = {
    WAY(reads_a_secret),
    WAY(reads_it_by_the_old_root),
    WAY(reads_it_upwards),
    WAY(reads_users),
    WAY(reads_passwords),
    WAY(reads_home),
    WAY(lists_the_machine),
    WAY(lists_etc),
    WAY(lists_beside_the_model),
    WAY(reads_memory_of_another),
    WAY(reads_environment_of_another),
    WAY(reads_command_of_another),
    WAY(reads_a_disk),
    WAY(reads_memory_of_the_machine),
    WAY(opens_a_terminal),
    WAY(writes_the_model),
    WAY(cuts_the_model),
    WAY(removes_the_model),
    WAY(renames_the_model),
    WAY(writes_beside_the_model),
    WAY(writes_into_the_root),
    WAY(writes_into_tmp),
    WAY(writes_the_libraries),
    WAY(makes_a_device),
    WAY(runs_a_shell),
    WAY(runs_true),
    WAY(runs_the_loader),
    WAY(runs_what_it_wrote),
    WAY(runs_from_memory),
    WAY(makes_tcp),
    WAY(makes_udp),
    WAY(makes_local),
    WAY(makes_netlink),
    WAY(makes_any),
    WAY(makes_pairs_of_datagrams),
    WAY(connects_an_accepted_one),
    WAY(connects_a_listener),
    WAY(connects_a_pair),
    WAY(connects_to_an_abstract_name),
    WAY(binds),
    WAY(listens),
    WAY(uses_io_uring),
    WAY(signals_another),
    WAY(ends_another),
    WAY(signals_its_group),
    WAY(signals_everybody),
    WAY(signals_a_thread),
    WAY(queues_a_signal),
    WAY(opens_another),
    WAY(traces_another),
    WAY(copies_from_another),
    WAY(limits_another),
    WAY(slows_another),
    WAY(binds_another),
    WAY(takes_keys),
    WAY(shares_memory),
    WAY(enters_a_namespace),
    WAY(mounts_the_old_root),
    WAY(makes_its_root_writable),
    WAY(has_rights),
    WAY(gets_new_ones),
    WAY(can_be_looked_into),
};

#define N_WAYS (sizeof ways / sizeof ways[0])
#define REFUSED 33
#define WORKED 34

/* ---- what it must ---- */

static bool writes_its_cache(void) {
    char from[PATH_MAX], to[PATH_MAX];
    snprintf(from, sizeof from, "%s/new", world.cache);
    snprintf(to, sizeof to, "%s/old", world.cache);
    return opens(from, O_WRONLY | O_CREAT) && rename(from, to) == 0 && opens(to, O_RDONLY) &&
           unlink(to) == 0;
}

static bool reads_its_model(void) {
    char text[16] = "";
    int fd = open(world.link, O_RDONLY | O_CLOEXEC);
    return opens(world.model, O_RDONLY) && fd >= 0 && read(fd, text, sizeof text) == 5 &&
           memcmp(text, "model", 5) == 0 && opens("model", O_RDONLY);
}

static bool accepts(void) {
    char byte;
    int fd = accept4(world.local, NULL, NULL, SOCK_CLOEXEC); /* the test connected before */
    struct ucred who;
    socklen_t size = sizeof who;
    return fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
           who.uid == geteuid() && send(fd, "x", 1, MSG_NOSIGNAL) == 1 && read(fd, &byte, 1) == 1;
}

/* With the loader, and its libraries. */
static bool starts_itself(void) {
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        char *argv[] = {(char *)(uintptr_t) "itself", (char *)(uintptr_t) "7", NULL};
        execve("/proc/self/exe", argv, (char *[]){NULL});
        _exit(1);
    }
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7;
}

static bool ends_its_child(void) {
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        pause();
        _exit(1);
    }
    return kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid && WIFSIGNALED(status);
}

/* As strong as outside. */
static bool seals_a_worker(bool has_namespaces) {
    pid_t parent = getpid(), pid = fork();
    int status = -1;
    if (pid == 0) {
        int keep[] = {STDERR_FILENO};
        struct seal_report report;
        struct seal_plan plan = {.keep = keep, .n_keep = 1, .parent = parent};
        if (seal_prepare(&report, &plan, NULL) != INGLE_OK) _exit(1);
        if (has_namespaces && (!report.root_is_empty || report.namespace_errno)) _exit(2);
        if (seal_finish(&report, NULL) != INGLE_OK) _exit(3);
        _exit(report.is_sealed && report.landlock_fs != 0 ? 0 : 4);
    }
    return waitpid(pid, &status, 0) == pid && status == 0;
}

/* ---- confined ---- */

struct tidings {
    struct seal_confinement confinement;
    char sentence[240];
    char failed[64]; /* of what it must be able to do */
    int ends[N_WAYS];
};

static bool write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    bool is_written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0) close(fd);
    return is_written;
}

/* As on a system that does not let its users have namespaces. */
static bool forbid_namespaces(void) {
    char users[32], groups[32];
    snprintf(users, sizeof users, "0 %u 1", (unsigned)geteuid());
    snprintf(groups, sizeof groups, "0 %u 1", (unsigned)getegid());
    return unshare(CLONE_NEWUSER) == 0 && write_file("/proc/self/uid_map", users) &&
           write_file("/proc/self/setgroups", "deny") && write_file("/proc/self/gid_map", groups) &&
           write_file("/proc/sys/user/max_user_namespaces", "0");
}

static const char *find_failed(bool has_namespaces) {
    if (!reads_its_model()) return "reads_its_model";
    if (!writes_its_cache()) return "writes_its_cache";
    if (!accepts()) return "accepts";
    if (!starts_itself()) return "starts_itself";
    if (!ends_its_child()) return "ends_its_child";
    return seals_a_worker(has_namespaces) ? "" : "seals_a_worker";
}

static void live(struct tidings *t, bool has_namespaces) {
    ingle_error err = {0};
    const struct seal_place places[] = {
        {world.model, SEAL_READ}, {"model", SEAL_READ},      {world.link, SEAL_READ},
        {world.cache, SEAL_READ}, {world.cache, SEAL_WRITE}, {"/nowhere/at/all", SEAL_WRITE},
    };
    struct seal_confine_plan plan = {.places = places,
                                     .n_places = sizeof places / sizeof places[0]};
    if (seal_confine(&t->confinement, &plan, &err) != INGLE_OK) {
        memcpy(t->sentence, err.msg, sizeof t->sentence);
        return;
    }
    snprintf(t->failed, sizeof t->failed, "%s", find_failed(has_namespaces));
    for (size_t i = 0; i < N_WAYS; i++) {
        pid_t pid = fork();
        if (pid == 0) _exit(ways[i].tries() ? WORKED : REFUSED);
        while (waitpid(pid, &t->ends[i], 0) < 0 && errno == EINTR) continue;
    }
}

static struct tidings *confined(bool has_namespaces) {
    struct tidings *t =
        mmap(NULL, sizeof *t, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(t != MAP_FAILED);
    int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), status;
    assert_int_equal(
        connect(client, (const struct sockaddr *)&world.local_at, sizeof world.local_at), 0);
    assert_int_equal(write(client, "x", 1), 1);
    pid_t pid = fork();
    if (pid == 0) {
        if (!has_namespaces && !forbid_namespaces()) _exit(77);
        live(t, has_namespaces);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(client);
    bool is_possible = !WIFEXITED(status) || WEXITSTATUS(status) != 77;
    if (!is_possible) {
        munmap(t, sizeof *t);
        return NULL;
    }
    assert_int_equal(status, 0);
    return t;
}

/* Landlock before its version 6 keeps no signal. */
static bool is_expected(const struct tidings *t, const char *name) {
    bool is_signal = strcmp(name, "signals_another") == 0 || strcmp(name, "ends_another") == 0 ||
                     strcmp(name, "signals_a_thread") == 0;
    return is_signal && !seal_keeps_signals(&t->confinement);
}

static void check(const struct tidings *t) {
    int n_open = 0;
    if (t->sentence[0]) fail_msg("%s", t->sentence);
    assert_string_equal(t->failed, "");
    for (size_t i = 0; i < N_WAYS; i++) {
        bool is_refused = WIFEXITED(t->ends[i]) && WEXITSTATUS(t->ends[i]) == REFUSED;
        if (is_refused || is_expected(t, ways[i].name)) continue;
        print_error("%s: %x\n", ways[i].name, (unsigned)t->ends[i]);
        n_open++;
    }
    assert_int_equal(n_open, 0);
    assert_true(SANITIZED || t->confinement.hides_memory);
    assert_true(t->confinement.n_places > t->confinement.n_writable);
    assert_int_equal(t->confinement.n_writable, 1);
}

static void it_does_its_work_and_nothing_else(void **state) {
    (void)state;
    struct tidings *t = confined(true);
    if (t->confinement.root_errno) {
        print_message("skipped: no root of its own here: %s\n",
                      strerror(t->confinement.root_errno));
        munmap(t, sizeof *t);
        skip();
    }
    assert_int_equal(t->confinement.files, SEAL_FILES_ROOT);
    check(t);
    munmap(t, sizeof *t);
}

static void without_namespaces_rules_keep_its_files(void **state) {
    (void)state;
    struct tidings *t = confined(false);
    if (!t || t->confinement.landlock_abi < 3) {
        skip();
        return;
    }
    assert_int_not_equal(t->confinement.root_errno, 0);
    assert_int_equal(t->confinement.files, SEAL_FILES_RULES);
    check(t);
    munmap(t, sizeof *t);
}

/* What is tried does work where nobody is confined. */
static void without_it_most_of_this_works(void **state) {
    (void)state;
    static const char *const harmless[] = {
        "reads_a_secret", "lists_the_machine", "makes_tcp",
        "makes_local",    "signals_another",   "runs_true",
        "binds_another",  "limits_another",    "runs_what_it_wrote"};
    size_t n_worked = 0;
    for (size_t i = 0; i < N_WAYS; i++) {
        for (size_t k = 0; k < sizeof harmless / sizeof harmless[0]; k++) {
            if (strcmp(ways[i].name, harmless[k]) != 0) continue;
            int status = 0;
            pid_t pid = fork();
            if (pid == 0) _exit(ways[i].tries() ? WORKED : REFUSED);
            assert_int_equal(waitpid(pid, &status, 0), pid);
            n_worked += !WIFEXITED(status) || WEXITSTATUS(status) != REFUSED;
        }
    }
    assert_int_equal(n_worked, sizeof harmless / sizeof harmless[0]);
}

/* ---- the world ---- */

static int listen_at(const struct sockaddr *at, socklen_t size) {
    int fd = socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, at, size), 0);
    assert_int_equal(listen(fd, 8), 0);
    return fd;
}

static void make_files(void) {
    char folder[1000];
    snprintf(folder, sizeof folder, "%s", folder_file("secrets"));
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_true(snprintf(world.secret, sizeof world.secret, "%s/x", folder) > 0);
    assert_true(write_file(world.secret, "secret"));
    snprintf(world.cache, sizeof world.cache, "%s", folder_file("cache"));
    assert_int_equal(mkdir(world.cache, 0700), 0);
    snprintf(world.made, sizeof world.made, "%s", folder_file("made"));
    snprintf(world.model, sizeof world.model, "%s", folder_file("model"));
    assert_true(write_file(world.model, "model"));
    snprintf(world.link, sizeof world.link, "%s", folder_file("link"));
    assert_int_equal(symlink("model", world.link), 0);
    assert_int_equal(chdir(folder_file(".")), 0);
}

static void make_sockets(void) {
    world.tcp_at =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    world.tcp = listen_at((const struct sockaddr *)&world.tcp_at, sizeof world.tcp_at);
    socklen_t size = sizeof world.tcp_at;
    assert_int_equal(getsockname(world.tcp, (struct sockaddr *)&world.tcp_at, &size), 0);
    world.local_at.sun_family = world.abstract_at.sun_family = AF_UNIX;
    snprintf(world.local_at.sun_path, sizeof world.local_at.sun_path, "%s", folder_file("socket"));
    world.local = listen_at((const struct sockaddr *)&world.local_at, sizeof world.local_at);
    int n = snprintf(world.abstract_at.sun_path + 1, 64, "ingle-test-%d", (int)getpid());
    world.abstract_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
    world.abstract = listen_at((const struct sockaddr *)&world.abstract_at, world.abstract_size);
    world.accepted[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(world.accepted[1], (const struct sockaddr *)&world.tcp_at, size), 0);
    world.accepted[0] = accept(world.tcp, NULL, NULL);
    assert_true(world.accepted[0] >= 0);
}

static int make_world(void **state) {
    if (folder_make(state) != 0) return -1;
    make_files();
    make_sockets();
    world.other = fork();
    if (world.other == 0) {
        for (;;) pause();
    }
    return world.other > 0 ? 0 : -1;
}

static int end_world(void **state) {
    kill(world.other, SIGKILL);
    waitpid(world.other, NULL, 0);
    return chdir("/") == 0 ? folder_remove(state) : -1;
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_it_most_of_this_works),
        cmocka_unit_test(it_does_its_work_and_nothing_else),
        cmocka_unit_test(without_namespaces_rules_keep_its_files),
    };
    if (argc > 1) return (int)strtol(argv[1], NULL, 10); /* started by itself */
    return cmocka_run_group_tests(tests, make_world, end_world);
}
