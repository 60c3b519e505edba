/* What the kernel and its settings give. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/doctor.h"
#include "guard/seal/seal.h"
#include "ingle/ingle.h"

#define LANDLOCK_SCOPES                                                                            \
    6 /* the version that can keep a process from sockets and signals of others */
#define FEW_LOCKED ((rlim_t)1 << 20)

static void look_kernel(struct doctor_finding *f, const char *root) {
    struct utsname u;
    (void)root;
    if (uname(&u) != 0) u.release[0] = '\0';
    char *rest;
    long major = strtol(u.release, &rest, 10),
         minor = *rest == '.' ? strtol(rest + 1, NULL, 10) : 0;
    if (major > 5 || (major == 5 && minor >= 13)) {
        doctor_ok(f, "Linux %.60s on %.20s", u.release, u.machine);
    } else {
        doctor_lacks(f, "Use Linux 5.13 or later, better 6.12.",
                     "Linux %.60s has no Landlock: the seal has one layer less.", u.release);
    }
}

static void look_processor(struct doctor_finding *f, const char *root) {
    ingle_cpu_info info = ingle_cpu_get_info();
    (void)root;
    if (strcmp(info.tier, "ref") != 0) {
        doctor_ok(f, "%.60s: kernels for %s", info.name[0] ? info.name : "unknown", info.tier);
    } else {
        doctor_lacks(f, "", "%.60s has none of the instructions that ingle's fast kernels use.",
                     info.name[0] ? info.name : "This processor");
    }
}

/* ---- the seal, as a worker gets it ---- */

struct sealed {
    struct seal_report report;
    ingle_status status;
    char msg[240];
};

static void seal_child(int fd) {
    struct sealed s = {0};
    struct seal_plan plan = {.keep = &fd, .n_keep = 1, .parent = getppid()};
    ingle_error err = {0};
    s.status = seal_prepare(&s.report, &plan, &err);
    if (s.status == INGLE_OK) s.status = seal_finish(&s.report, &err);
    snprintf(s.msg, sizeof s.msg, "%s", err.msg);
    ssize_t n = write(fd, &s, sizeof s);
    _exit(n == (ssize_t)sizeof s ? 0 : 1);
}

/* A process that is sealed for nothing else. */
static struct sealed try_seal(void) {
    struct sealed s = {.status = INGLE_FAILED, .msg = "A process that should seal itself ended."};
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0) return s;
    pid_t pid = fork();
    if (pid == 0) {
        close(fds[0]);
        seal_child(fds[1]);
    }
    close(fds[1]);
    struct sealed told = {.status = INGLE_FAILED};
    size_t size = 0;
    while (size < sizeof told) {
        ssize_t n = read(fds[0], (char *)&told + size, sizeof told - size);
        if (n <= 0) break;
        size += (size_t)n;
    }
    if (size == sizeof told) s = told;
    close(fds[0]);
    if (pid > 0) (void)waitpid(pid, NULL, 0);
    return s;
}

static void look_seal(struct doctor_finding *f, const char *root) {
    struct sealed s = try_seal();
    (void)root;
    if (s.status == INGLE_OK) {
        doctor_ok(f, "a process can be sealed; its filter allows %d system calls",
                  s.report.n_calls);
    } else {
        doctor_wrong(f, "Without it models are read with --unsealed only.", "%s", s.msg);
    }
}

static void look_namespaces(struct doctor_finding *f, const char *root) {
    struct sealed s = try_seal();
    (void)root;
    if (s.status != INGLE_OK) {
        doctor_lacks(f, "", "not known, since no process can be sealed");
    } else if (s.report.namespace_errno == 0 && s.report.namespaces != 0) {
        doctor_ok(f, "sealed processes get namespaces of their own, all empty");
    } else {
        doctor_lacks(f,
                     "As root: sysctl user.max_user_namespaces=10000, and where they exist "
                     "kernel.unprivileged_userns_clone=1, "
                     "kernel.apparmor_restrict_unprivileged_userns=0.",
                     "no user namespaces (%s): the seal has Landlock and the filter alone, which "
                     "hold by themselves.",
                     strerror(s.report.namespace_errno));
    }
}

static void look_landlock(struct doctor_finding *f, const char *root) {
    int abi = try_seal().report.landlock_abi;
    (void)root;
    if (abi >= LANDLOCK_SCOPES) {
        doctor_ok(f, "version %d", abi);
    } else if (abi > 0) {
        doctor_lacks(f, "Linux 6.12 or later has all of it.",
                     "version %d, which leaves sockets or signals to the filter", abi);
    } else {
        doctor_lacks(f, "Boot with landlock in the list of lsm=, Linux 5.13 or later.",
                     "none: the seal has namespaces and the filter alone.");
    }
}

/* ---- what of a process others can see ---- */

static void look_yama(struct doctor_finding *f, const char *root) {
    char text[16];
    bool is_there = doctor_read(text, sizeof text, root, "/proc/sys/kernel/yama/ptrace_scope");
    if (is_there && text[0] != '0') {
        doctor_ok(f, "programs cannot look into the memory of others (Yama, scope %s)", text);
    } else {
        doctor_lacks(f, is_there ? "As root: sysctl kernel.yama.ptrace_scope=1" : "",
                     "your programs may look into the memory of each other (%s); ingle's "
                     "processes forbid it for themselves.",
                     is_there ? "Yama, scope 0" : "no Yama in this kernel");
    }
}

static void look_core(struct doctor_finding *f, const char *root) {
    char text[200];
    (void)doctor_read(text, sizeof text, root, "/proc/sys/kernel/core_pattern");
    if (text[0] == '|') {
        doctor_ok(f, "a crash is given to %.80s, which gets nothing of sealed processes", text + 1);
    } else {
        doctor_ok(f, "a crash may be written to a file ('%.80s'), never one of sealed processes",
                  text);
    }
}

/* zram keeps pages in memory; of a mapped device the name of its kind tells whether it encrypts. */
static bool is_safe_swap(const char *root, const char *device) {
    char path[200], kind[64];
    const char *name = strrchr(device, '/');
    name = name ? name + 1 : device;
    if (strncmp(name, "zram", 4) == 0) return true;
    snprintf(path, sizeof path, "/sys/block/%.60s/dm/uuid", name);
    return doctor_read(kind, sizeof kind, root, path) && strncmp(kind, "CRYPT-", 6) == 0;
}

static void look_swap(struct doctor_finding *f, const char *root) {
    char text[4096], open_swap[100] = "";
    int n = 0;
    (void)doctor_read(text, sizeof text, root, "/proc/swaps");
    for (char *line = strchr(text, '\n'); line; line = strchr(line, '\n')) {
        char device[100] = "";
        if (sscanf(++line, "%99s", device) != 1) break;
        n++;
        if (!is_safe_swap(root, device)) snprintf(open_swap, sizeof open_swap, "%s", device);
    }
    if (n == 0) {
        doctor_ok(f, "none: nothing in memory is ever written to a disk");
    } else if (!open_swap[0]) {
        doctor_ok(f, "encrypted, or in memory");
    } else {
        doctor_lacks(f,
                     "Encrypt it (crypttab: swap), use zram, or run ingle as a service with "
                     "MemorySwapMax=0.",
                     "what a model has in memory may be written to %s unencrypted; keys are kept "
                     "out of it.",
                     open_swap);
    }
}

static void look_locked(struct doctor_finding *f, const char *root) {
    struct rlimit limit = {0};
    size_t need = (size_t)64 << 10;
    (void)root;
    (void)getrlimit(RLIMIT_MEMLOCK, &limit);
    void *page = mmap(NULL, need, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool is_locked = page != MAP_FAILED && mlock(page, need) == 0;
    if (page != MAP_FAILED) munmap(page, need);
    if (!is_locked) {
        doctor_wrong(f, "Raise it: ulimit -l 8192, or memlock in /etc/security/limits.conf.",
                     "no memory can be locked, so no key can be kept out of the swap space.");
    } else if (limit.rlim_cur < FEW_LOCKED) {
        doctor_lacks(f, "Raise it: ulimit -l 8192, or memlock in /etc/security/limits.conf.",
                     "%llu KiB may be locked; many keys at once need more.",
                     (unsigned long long)limit.rlim_cur >> 10);
    } else if (limit.rlim_cur == RLIM_INFINITY) {
        doctor_ok(f, "keys stay out of the swap space; there is no limit");
    } else {
        doctor_ok(f, "keys stay out of the swap space, up to %llu KiB",
                  (unsigned long long)limit.rlim_cur >> 10);
    }
}

static void look_io_uring(struct doctor_finding *f, const char *root) {
    char text[16];
    if (!doctor_read(text, sizeof text, root, "/proc/sys/kernel/io_uring_disabled")) text[0] = '0';
    doctor_ok(f, text[0] == '2' ? "off in this kernel"
                                : "on in this kernel; no process of ingle can use it");
}

static void look_pages(struct doctor_finding *f, const char *root) {
    char text[64];
    bool is_there =
        doctor_read(text, sizeof text, root, "/sys/kernel/mm/transparent_hugepage/enabled");
    if (is_there && !strstr(text, "[never]")) {
        doctor_ok(f, "where they help");
    } else {
        doctor_lacks(
            f, is_there ? "As root: echo madvise >/sys/kernel/mm/transparent_hugepage/enabled" : "",
            "%s: large models are read more slowly.",
            is_there ? "turned off" : "none in this kernel");
    }
}

const struct doctor_check doctor_kernel[] = {
    {"kernel", look_kernel},         {"processor", look_processor}, {"seal", look_seal},
    {"namespaces", look_namespaces}, {"landlock", look_landlock},   {"ptrace", look_yama},
    {"core dumps", look_core},       {"swap", look_swap},           {"locked memory", look_locked},
    {"io_uring", look_io_uring},     {"huge pages", look_pages},
};
const size_t doctor_n_kernel = BASE_COUNT(doctor_kernel);
