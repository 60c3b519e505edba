/* Namespaces of its own: no network but a loopback that is down, and a root folder with nothing in
 * it. All of this is one layer of three: where a system does not let its users have it, the other
 * two hold. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guard/seal/seal_internal.h"

static const struct {
    const char *name;
    unsigned flag;
} kinds[SEAL_N_NAMESPACES] = {
    [SEAL_USER] = {"user", CLONE_NEWUSER}, [SEAL_NET] = {"net", CLONE_NEWNET},
    [SEAL_IPC] = {"ipc", CLONE_NEWIPC},    [SEAL_UTS] = {"uts", CLONE_NEWUTS},
    [SEAL_MOUNT] = {"mnt", CLONE_NEWNS},   [SEAL_CGROUP] = {"cgroup", CLONE_NEWCGROUP},
};

const char *seal_namespace_name(enum seal_namespace which) {
    return kinds[which].name;
}

static void look(uint64_t numbers[SEAL_N_NAMESPACES]) {
    for (int i = 0; i < SEAL_N_NAMESPACES; i++) {
        char path[32];
        struct stat st;
        snprintf(path, sizeof path, "/proc/self/ns/%s", kinds[i].name);
        numbers[i] = stat(path, &st) == 0 ? st.st_ino : 0;
    }
}

/* The new root is a folder in memory that nobody can write to, and that takes a privilege to leave
 * which is given up next. What is mounted here is seen here only; what is unmounted outside goes
 * here as well, so that no disk is kept busy. Exchanging the root and unmounting the old one is no
 * more secure, and waits two milliseconds for all processors. */
static bool empty_root(void) {
    static const char *const places[] = {"/tmp", "/proc", "/dev"};
    const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY;
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0) return false;
    size_t i = 0;
    while (mount("none", places[i], "tmpfs", flags, "size=4k,nr_inodes=1,mode=555") != 0) {
        if (++i == BASE_COUNT(places)) return false;
    }
    return chdir(places[i]) == 0 && chroot(".") == 0;
}

void seal_enter_namespaces(struct seal_report *out) {
    unsigned all = 0;
    for (int i = 0; i < SEAL_N_NAMESPACES; i++) all |= kinds[i].flag;
    look(out->outside);
    if (unshare((int)all) == 0) {
        out->namespaces = all;
    } else {
        /* That of the user first: it brings the right to have the others. */
        out->namespace_errno = errno;
        for (int i = 0; i < SEAL_N_NAMESPACES; i++) {
            if (unshare((int)kinds[i].flag) == 0) out->namespaces |= kinds[i].flag;
        }
    }
    look(out->inside);
    if (out->namespaces & CLONE_NEWNS) out->root_is_empty = empty_root();
}
