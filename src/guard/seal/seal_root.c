/* A root folder of its own: a file system in memory, in a mount namespace of its own, into which
 * the places that are kept are mounted, each with what may be done there. The numbers of the kernel
 * are defined here because headers and libraries of many systems are older. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "guard/seal/seal_confine_internal.h"
#include "guard/seal/seal_internal.h"

#define SYS_OPEN_TREE 428
#define SYS_MOVE_MOUNT 429
#define SYS_MOUNT_SETATTR 442
#define TREE_CLONE 1u
#define TREE_CLOEXEC ((unsigned)O_CLOEXEC)
#define MOVE_EMPTY_PATH 4u
#define AT_ALL_BELOW 0x8000u
#define ATTR_RDONLY 1u
#define ATTR_NOSUID 2u
#define ATTR_NODEV 4u
#define ATTR_NOEXEC 8u

struct attributes {
    uint64_t set, clear, propagation, user_ns;
};

static bool write_text(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool is_written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    int error = errno;
    if (fd >= 0) close(fd);
    errno = error;
    return is_written;
}

/* Its user and group stay who they are: peers of sockets are known by them. */
static bool map_user(uid_t user, gid_t group) {
    char users[32], groups[32];
    snprintf(users, sizeof users, "%u %u 1", (unsigned)user, (unsigned)user);
    snprintf(groups, sizeof groups, "%u %u 1", (unsigned)group, (unsigned)group);
    return write_text("/proc/self/uid_map", users) &&
           (write_text("/proc/self/setgroups", "deny") || errno == ENOENT) &&
           write_text("/proc/self/gid_map", groups);
}

/* ---- places ---- */

static uint64_t attributes_of(enum seal_use use) {
    switch (use) {
    case SEAL_WRITE:
        return ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC;
    case SEAL_RUN:
        return ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV;
    case SEAL_DEVICE:
        return ATTR_NOSUID | ATTR_NOEXEC;
    default:
        return ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC;
    }
}

static bool set_attributes(int fd, const char *path, unsigned flags, uint64_t set) {
    struct attributes a = {.set = set};
    return syscall(SYS_MOUNT_SETATTR, fd, path, flags, &a, sizeof a) == 0;
}

/* Each is taken before the new root hides the old one, with what is mounted in it. */
static bool take_places(const struct seal_kept_list *list, int *trees) {
    for (size_t i = 0; i < list->n; i++) {
        const struct seal_kept *k = &list->items[i];
        if (!k->is_first) continue;
        trees[i] = (int)syscall(SYS_OPEN_TREE, AT_FDCWD, k->real,
                                TREE_CLONE | TREE_CLOEXEC | AT_ALL_BELOW);
        if (trees[i] < 0) return false;
        if (!set_attributes(trees[i], "", AT_EMPTY_PATH | AT_ALL_BELOW, attributes_of(k->use))) {
            return false;
        }
    }
    return true;
}

/* All folders above the last part of an absolute path, below the current folder. */
static bool make_parents(const char *path) {
    char part[PATH_MAX];
    for (const char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - path - 1), path + 1);
        if (part[0] && mkdir(part, 0755) != 0 && errno != EEXIST) return false;
    }
    return true;
}

static bool make_target(const struct seal_kept *k) {
    if (!make_parents(k->real)) return false;
    if (k->is_folder) return mkdir(k->real + 1, 0755) == 0 || errno == EEXIST;
    int fd = open(k->real + 1, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0) close(fd);
    return fd >= 0 || errno == EEXIST;
}

static bool put_places(const struct seal_kept_list *list, const int *trees) {
    for (size_t i = 0; i < list->n; i++) {
        const struct seal_kept *k = &list->items[i];
        if (!k->is_first || strcmp(k->real, "/") == 0) continue;
        if (!make_target(k)) return false;
        if (syscall(SYS_MOVE_MOUNT, trees[i], "", AT_FDCWD, k->real + 1, MOVE_EMPTY_PATH) != 0) {
            return false;
        }
    }
    return true;
}

/* Names that lead to a place by links do so again. Where the way there is kept itself, the name is
 * there already. */
static bool put_links(const struct seal_kept_list *list) {
    for (size_t i = 0; i < list->n; i++) {
        const struct seal_kept *k = &list->items[i];
        if (strcmp(k->path, k->real) == 0) continue;
        if (!make_parents(k->path)) return false;
        if (symlink(k->real, k->path + 1) != 0 && errno != EEXIST) return false;
    }
    return true;
}

/* ---- the root ---- */

static bool mount_root(void) {
    static const char *const hidden[] = {"/tmp", "/dev", "/proc"};
    const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0) return false;
    for (size_t i = 0; i < BASE_COUNT(hidden); i++) {
        if (mount("none", hidden[i], "tmpfs", flags, "size=1m,mode=755") == 0) {
            return chdir(hidden[i]) == 0;
        }
    }
    return false;
}

/* The old one lies over the new one at the end, and is let go. */
static bool exchange_root(void) {
    return syscall(SYS_pivot_root, ".", ".") == 0 && umount2(".", MNT_DETACH) == 0 &&
           chdir("/") == 0;
}

static bool finish_root(const struct seal_kept_list *list) {
    if (!put_links(list)) return false;
    /* Where a worker's empty root is mounted. */
    if (mkdir("/tmp", 0755) != 0 && errno != EEXIST) return false;
    if (!make_parents(list->here) || (mkdir(list->here, 0755) != 0 && errno != EEXIST)) {
        return false;
    }
    return set_attributes(AT_FDCWD, "/", 0, attributes_of(SEAL_READ)) && chdir(list->here) == 0;
}

static bool build(const struct seal_kept_list *list, int *trees) {
    uid_t user = geteuid();
    gid_t group = getegid();
    return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && map_user(user, group) &&
           take_places(list, trees) && mount_root() && put_places(list, trees) && exchange_root() &&
           finish_root(list);
}

int seal_root_enter(const struct seal_kept_list *list) {
    int *trees = mem_calloc(list->n + 1, sizeof *trees);
    if (!trees) return ENOMEM;
    for (size_t i = 0; i < list->n; i++) trees[i] = -1;
    int error = build(list, trees) ? 0 : errno;
    for (size_t i = 0; i < list->n; i++) {
        if (trees[i] >= 0) close(trees[i]);
    }
    mem_free(trees);
    return error;
}

/* In the child: a worker must get all that it gets without this. */
static int try_worker(const struct seal_kept_list *list) {
    struct seal_report worker = {0};
    int error = seal_root_enter(list);
    if (error) return error;
    if (seal_drop_privileges(NULL) != INGLE_OK) return EPERM;
    seal_enter_namespaces(&worker);
    if (worker.namespace_errno) return worker.namespace_errno;
    return worker.root_is_empty ? 0 : EPERM;
}

/* One that has entered half of it could not go back. */
int seal_root_try(const struct seal_kept_list *list) {
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) _exit(try_worker(list) & 0xff);
    if (pid < 0) return errno;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) return errno;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
}
