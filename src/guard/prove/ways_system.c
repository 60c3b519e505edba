/* Ways to the machine itself: mounts, namespaces, the kernel's own tables. What would do harm gets
 * arguments that the kernel refuses after it has looked whether the caller may. */
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <unistd.h>

#include "guard/prove/prove_internal.h"

#define BAD ((long)-1) /* as an address: none */

/* Numbers that are the same on all machines since Linux 5. */
enum {
    NR_OPEN_TREE = 428,
    NR_MOVE_MOUNT = 429,
    NR_FSOPEN = 430,
    NR_FSPICK = 433,
    NR_MOUNT_SETATTR = 442,
    NR_QUOTACTL_FD = 443,
    NR_LANDLOCK_CREATE = 444,
    NR_LANDLOCK_RESTRICT = 446,
    NR_STATMOUNT = 457,
    NR_LISTMOUNT = 458,
};

static int mount_memory(const struct prove_scene *s) {
    if (!s->folder[0]) return WAY_MISSING;
    const char *on = prove_scene_path(s, "folder");
    if (mount("none", on, "tmpfs", 0, NULL) != 0) return errno;
    umount2(on, MNT_DETACH);
    return WAY_OPEN;
}

static int mount_over(const struct prove_scene *s) {
    if (!s->folder[0]) return WAY_MISSING;
    const char *on = prove_scene_path(s, "folder");
    if (mount(on, on, NULL, MS_BIND, NULL) != 0) return errno;
    umount2(on, MNT_DETACH);
    return WAY_OPEN;
}

static int unmount(const struct prove_scene *s) {
    if (!s->folder[0]) return WAY_MISSING;
    /* Not a place where anything is mounted. */
    return way_of_reaching(umount2(prove_scene_path(s, "folder"), MNT_DETACH), EINVAL);
}

static int new_root(const struct prove_scene *s) {
    (void)s;
    return way_of(chroot("/"));
}

static int swap_root(const struct prove_scene *s) {
    (void)s;
    return way_of_reaching(syscall(SYS_pivot_root, "/", "/"), EBUSY);
}

static int open_file_system(const struct prove_scene *s) {
    (void)s;
    return way_of(syscall(NR_FSOPEN, "tmpfs", 1));
}

static int pick_file_system(const struct prove_scene *s) {
    (void)s;
    return way_of(syscall(NR_FSPICK, AT_FDCWD, "/", 1));
}

static int take_tree(const struct prove_scene *s) {
    (void)s;
    return way_of(syscall(NR_OPEN_TREE, AT_FDCWD, "/", 1 | O_CLOEXEC));
}

static int look_at_tree(const struct prove_scene *s) {
    (void)s;
    return way_of(syscall(NR_OPEN_TREE, AT_FDCWD, "/", O_CLOEXEC));
}

static int list_mounts(const struct prove_scene *s) {
    struct {
        uint32_t size, zero;
        uint64_t id, param;
    } ask = {.size = sizeof ask, .id = UINT64_MAX};
    uint64_t ids[8];
    (void)s;
    int how = way_of(syscall(NR_LISTMOUNT, &ask, ids, 8, 0));
    return how == ENOSYS ? WAY_MISSING : how;
}

static int join_namespace(const struct prove_scene *s) {
    int fd = (int)syscall(SYS_pidfd_open, s->bystander, 0);
    return fd < 0 ? errno : way_of(setns(fd, CLONE_NEWNET));
}

static int join_namespace_file(const struct prove_scene *s) {
    (void)s;
    int fd = open("/proc/1/ns/net", O_RDONLY | O_CLOEXEC);
    return fd < 0 ? errno : way_of(setns(fd, CLONE_NEWNET));
}

static int new_user_namespace(const struct prove_scene *s) {
    (void)s;
    return way_of(unshare(CLONE_NEWUSER));
}

static int new_network_namespace(const struct prove_scene *s) {
    (void)s;
    return way_of(unshare(CLONE_NEWNET));
}

static int bpf_map(const struct prove_scene *s) {
    (void)s;
    union bpf_attr attr = {
        .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1};
    return way_of(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr));
}

static int bpf_program(const struct prove_scene *s) {
    (void)s;
    static const uint64_t code[] = {0xb7, 0x95}; /* r0 = 0; exit */
    union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
                           .insn_cnt = 2,
                           .insns = (uintptr_t)code,
                           .license = (uintptr_t) "GPL"};
    return way_of(syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof attr));
}

static int count_own_events(const struct prove_scene *s) {
    (void)s;
    uint32_t attr[32] = {1 /* software */, sizeof attr, 1 /* task clock */};
    attr[10] = 1u << 5 | 1u << 6;
    return way_of(syscall(SYS_perf_event_open, attr, 0, -1, -1, 0));
}

/* A tick of length 0 is refused, to those who may set it. */
static int set_clock(const struct prove_scene *s) {
    (void)s;
    struct timex t = {.modes = ADJ_TICK};
    return way_of_reaching(adjtimex(&t), EINVAL);
}

static int own_rules(const struct prove_scene *s) {
    (void)s;
    int how = way_of(syscall(NR_LANDLOCK_CREATE, NULL, 0, 1));
    return how == ENOSYS || how == EOPNOTSUPP ? WAY_MISSING : how;
}

static const struct prove_row rows[] = {
    WAY("mount a tmpfs", mount_memory),
    WAY("bind mount", mount_over),
    WAY("umount()", unmount),
    WAY("chroot()", new_root),
    WAY("pivot_root()", swap_root),
    WAY("fsopen()", open_file_system),
    WAY("fspick()", pick_file_system),
    WAY("open_tree() to look", look_at_tree),
    WAY("open_tree() to clone", take_tree),
    {"move_mount()", NULL, NR_MOVE_MOUNT, {-1, BAD, -1, BAD, 0}, EFAULT},
    {"mount_setattr()", NULL, NR_MOUNT_SETATTR, {-1, BAD, 0, BAD, 32}, EFAULT},
    WAY("listmount()", list_mounts),
    WAY("setns() by pidfd", join_namespace),
    WAY("setns() by /proc/1/ns/net", join_namespace_file),
    WAY("unshare() of the user namespace", new_user_namespace),
    WAY("unshare() of the network", new_network_namespace),
    WAY("bpf(): a map", bpf_map),
    WAY("bpf(): a program", bpf_program),
    WAY("perf_event_open()", count_own_events),
    WAY("landlock_create_ruleset()", own_rules),
    {"landlock_restrict_self()", NULL, NR_LANDLOCK_RESTRICT, {-1, 0}, EBADF},
    {"kexec_load()", NULL, SYS_kexec_load, {0, 100, 0, 0}, EINVAL},
    {"init_module()", NULL, SYS_init_module, {BAD, 0, BAD}, ENOEXEC},
    {"finit_module()", NULL, SYS_finit_module, {-1, BAD, 0}, EBADF},
    {"delete_module()", NULL, SYS_delete_module, {BAD, 0}, EFAULT},
    {"reboot()", NULL, SYS_reboot, {0, 0, 0, 0}, EINVAL},
    {"swapon()", NULL, SYS_swapon, {BAD, 0}, EFAULT},
    {"swapoff()", NULL, SYS_swapoff, {BAD}, EFAULT},
    {"sethostname()", NULL, SYS_sethostname, {BAD, 1}, EFAULT},
    {"setdomainname()", NULL, SYS_setdomainname, {BAD, 1}, EFAULT},
    WAY("adjtimex(): set the clock", set_clock),
    {"acct()", NULL, SYS_acct, {BAD}, EFAULT},
    {"syslog(): the kernel's log", NULL, SYS_syslog, {10, 0, 0}, 0},
    {"quotactl()", NULL, SYS_quotactl, {0x800001L << 8, 0, 0, 0}, 0},
    {"quotactl_fd()", NULL, NR_QUOTACTL_FD, {-1, 0, 0, 0}, EBADF},
    {"vhangup()", NULL, SYS_vhangup, {0}, 0},
#if defined(__x86_64__)
    {"kexec_file_load()", NULL, SYS_kexec_file_load, {-1, -1, 0, 0, 0}, EBADF},
    {"iopl()", NULL, SYS_iopl, {3}, 0},
    {"ioperm()", NULL, SYS_ioperm, {0x80, 1, 1}, 0},
    {"modify_ldt()", NULL, SYS_modify_ldt, {0, 0, 0}, 0},
#endif
};

ingle_status prove_ways_system(struct prove_list *list, ingle_error *err) {
    return prove_list_add_rows(list, "the machine", rows, BASE_COUNT(rows), err);
}
