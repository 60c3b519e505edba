/* Ways to files: by path, and by what a worker holds already. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "guard/prove/prove_internal.h"

#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

/* A file of the folder is there, and the way can be tried. */
#define FILE_OR_MISSING(s)                                                                         \
    if (!(s)->folder[0]) return WAY_MISSING

static int open_path(const char *path, int flags) {
    int how = way_of(open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600));
    return how;
}

/* A path that is not there on this machine says nothing about the seal; but a sealed process sees
 * no path at all. Both answer ENOENT, which counts as refused. */
static int read_path(const char *path) {
    return open_path(path, O_RDONLY);
}

static int secret_read(const struct prove_scene *s) {
    FILE_OR_MISSING(s);
    return read_path(prove_scene_path(s, "secret"));
}

static int secret_write(const struct prove_scene *s) {
    FILE_OR_MISSING(s);
    return open_path(prove_scene_path(s, "secret"), O_WRONLY);
}

static int secret_truncate(const struct prove_scene *s) {
    FILE_OR_MISSING(s);
    return way_of(truncate(prove_scene_path(s, "secret"), 0));
}

static int create(const struct prove_scene *s) {
    FILE_OR_MISSING(s);
    return open_path(prove_scene_path(s, "created"), O_WRONLY | O_CREAT);
}

static int unnamed_file(const struct prove_scene *s) {
    FILE_OR_MISSING(s);
    return open_path(s->folder, O_RDWR | O_TMPFILE);
}

static int open2(const struct prove_scene *s) {
    uint64_t how[3] = {O_RDONLY | O_CLOEXEC};
    FILE_OR_MISSING(s);
    return way_of(syscall(SYS_openat2, AT_FDCWD, prove_scene_path(s, "secret"), how, sizeof how));
}

static int by_handle(const struct prove_scene *s) {
    struct {
        struct file_handle head;
        char rest[MAX_HANDLE_SZ];
    } h = {.head.handle_bytes = MAX_HANDLE_SZ};
    int mount_id;
    FILE_OR_MISSING(s);
    const char *path = prove_scene_path(s, "secret");
    if (name_to_handle_at(AT_FDCWD, path, &h.head, &mount_id, 0) != 0) {
        return errno == EOPNOTSUPP ? WAY_MISSING : errno;
    }
    return way_of(open_by_handle_at(s->model, &h.head, O_RDONLY));
}

static int list_folder(const struct prove_scene *s) {
    char entries[512];
    FILE_OR_MISSING(s);
    int fd = open(s->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? errno : way_of(syscall(SYS_getdents64, fd, entries, sizeof entries));
}

static int stat_file(const struct prove_scene *s) {
    struct stat st;
    FILE_OR_MISSING(s);
    return way_of(stat(prove_scene_path(s, "secret"), &st));
}

static int access_file(const struct prove_scene *s) {
    FILE_OR_MISSING(s);
    return way_of(access(prove_scene_path(s, "secret"), F_OK));
}

static int make_folder(const struct prove_scene *s) {
    FILE_OR_MISSING(s);
    return way_of(mkdir(prove_scene_path(s, "made-folder"), 0700));
}

static int remove_folder(const struct prove_scene *s) {
    FILE_OR_MISSING(s);
    return way_of(rmdir(prove_scene_path(s, "removed")));
}

static int delete_file(const struct prove_scene *s) {
    FILE_OR_MISSING(s);
    return way_of(unlink(prove_scene_path(s, "gone")));
}

static int rename_file(const struct prove_scene *s) {
    char from[128];
    FILE_OR_MISSING(s);
    snprintf(from, sizeof from, "%s", prove_scene_path(s, "moved"));
    return way_of(rename(from, prove_scene_path(s, "renamed")));
}

static int link_file(const struct prove_scene *s) {
    char from[128];
    FILE_OR_MISSING(s);
    snprintf(from, sizeof from, "%s", prove_scene_path(s, "secret"));
    return way_of(link(from, prove_scene_path(s, "linked")));
}

static int link_symbolic(const struct prove_scene *s) {
    FILE_OR_MISSING(s);
    return way_of(symlink("secret", prove_scene_path(s, "symlink")));
}

static int read_link(const struct prove_scene *s) {
    char to[256];
    (void)s;
    return way_of(readlink("/proc/self/exe", to, sizeof to));
}

static int change_mode(const struct prove_scene *s) {
    FILE_OR_MISSING(s);
    return way_of(chmod(prove_scene_path(s, "secret"), 0644));
}

static int change_mode2(const struct prove_scene *s) {
    FILE_OR_MISSING(s);
    return way_of(syscall(SYS_fchmodat2, AT_FDCWD, prove_scene_path(s, "secret"), 0640, 0));
}

static int change_owner(const struct prove_scene *s) {
    FILE_OR_MISSING(s);
    return way_of(chown(prove_scene_path(s, "secret"), (uid_t)-1, (gid_t)-1));
}

static int change_times(const struct prove_scene *s) {
    FILE_OR_MISSING(s);
    return way_of(utimensat(AT_FDCWD, prove_scene_path(s, "secret"), NULL, 0));
}

static int set_attribute(const struct prove_scene *s) {
    FILE_OR_MISSING(s);
    int how = way_of(setxattr(prove_scene_path(s, "secret"), "user.ingle", "x", 1, 0));
    return how == EOPNOTSUPP ? WAY_MISSING : how;
}

static int make_fifo(const struct prove_scene *s) {
    FILE_OR_MISSING(s);
    return way_of(mkfifo(prove_scene_path(s, "fifo"), 0600));
}

static int go_elsewhere(const struct prove_scene *s) {
    (void)s;
    return way_of(chdir("/"));
}

static int where(const struct prove_scene *s) {
    char path[512];
    (void)s;
    return way_of(syscall(SYS_getcwd, path, sizeof path));
}

static int file_system(const struct prove_scene *s) {
    struct statvfs st;
    (void)s;
    return way_of(statvfs("/", &st));
}

static int watch(const struct prove_scene *s) {
    FILE_OR_MISSING(s);
    int fd = inotify_init1(IN_CLOEXEC);
    return fd < 0 ? errno : way_of(inotify_add_watch(fd, s->folder, IN_CREATE));
}

static int watch_all(const struct prove_scene *s) {
    (void)s;
    return way_of(syscall(SYS_fanotify_init, 0, O_RDONLY));
}

static int current_folder(const struct prove_scene *s) {
    (void)s;
    return read_path(".");
}

static int own_root(const struct prove_scene *s) {
    char path[128];
    FILE_OR_MISSING(s);
    snprintf(path, sizeof path, "/proc/self/root%s", prove_scene_path(s, "secret"));
    return read_path(path);
}

static int other_root(const struct prove_scene *s) {
    char path[160];
    FILE_OR_MISSING(s);
    snprintf(path, sizeof path, "/proc/%ld/root%s", (long)s->bystander,
             prove_scene_path(s, "secret"));
    return read_path(path);
}

static int home(const struct prove_scene *s) {
    (void)s;
    const char *path = getenv("HOME");
    return path && path[0] ? read_path(path) : WAY_MISSING;
}

static int shared_memory(const struct prove_scene *s) {
    (void)s;
    int fd = shm_open("/ingle-prove", O_RDWR | O_CREAT, 0600);
    if (fd >= 0) shm_unlink("/ingle-prove");
    return way_of(fd);
}

/* Paths that are there or are not: opened for reading, or for writing where that is the harm. */
static int try_path(const struct prove_scene *s, const struct prove_way *way) {
    (void)s;
    return open_path(way->name + (way->a == O_RDONLY ? 5 : 6), (int)way->a);
}

static const char *const to_read[] = {
    "/",
    "/etc/passwd",
    "/etc/shadow",
    "/etc/resolv.conf",
    "/proc/self/maps",
    "/proc/self/mem",
    "/proc/1/status",
    "/proc/net/tcp",
    "/proc/kcore",
    "/proc/cmdline",
    "/sys/class/net",
    "/dev/null",
    "/dev/zero",
    "/dev/random",
    "/dev/mem",
    "/dev/kmsg",
    "/dev/tty",
    "/dev/console",
    "/dev/ptmx",
    "/dev/sda",
    "/dev/vda",
    "/dev/loop-control",
    "/dev/fuse",
    "/dev/kvm",
    "/dev/vsock",
    "/dev/net/tun",
    "/dev/dri/card0",
    "/dev/dri/renderD128",
    "/dev/nvidiactl",
    "/dev/uinput",
    "/dev/input/event0",
    "/dev/video0",
    "/dev/snd/controlC0",
    "/dev/shm",
    "/run",
};

static const char *const to_write[] = {
    "/etc/passwd",
    "/proc/self/oom_score_adj",
    "/proc/self/comm",
    "/proc/sysrq-trigger",
    "/proc/sys/kernel/hostname",
    "/dev/null",
    "/dev/tty",
    "/dev/kmsg",
};

static ingle_status add_paths(struct prove_list *list, const char *const *paths, size_t n,
                              int flags, ingle_error *err) {
    for (size_t i = 0; i < n; i++) {
        struct prove_way way = {.group = "files", .attempt = try_path, .a = flags};
        snprintf(way.name, sizeof way.name, "%s %s", flags == O_RDONLY ? "read" : "write",
                 paths[i]);
        INGLE_TRY(prove_list_add(list, &way, err));
    }
    return INGLE_OK;
}

static const struct prove_row rows[] = {
    WAY("read a file of the user", secret_read),
    WAY("write a file of the user", secret_write),
    WAY("truncate a file", secret_truncate),
    WAY("create a file", create),
    WAY("create a file without a name", unnamed_file),
    WAY("openat2()", open2),
    WAY("open_by_handle_at()", by_handle),
    WAY("read the home folder", home),
    WAY("read the current folder", current_folder),
    WAY("read a file through /proc/self/root", own_root),
    WAY("read a file through /proc/PID/root", other_root),
    WAY("list a folder", list_folder),
    WAY("stat() of a file", stat_file),
    WAY("access() of a file", access_file),
    WAY("make a folder", make_folder),
    WAY("remove a folder", remove_folder),
    WAY("delete a file", delete_file),
    WAY("rename a file", rename_file),
    WAY("link a file", link_file),
    WAY("make a symbolic link", link_symbolic),
    WAY("read a symbolic link", read_link),
    WAY("make a fifo", make_fifo),
    WAY("change the mode of a file", change_mode),
    WAY("change the mode of a file, fchmodat2()", change_mode2),
    WAY("change the owner of a file", change_owner),
    WAY("change the times of a file", change_times),
    WAY("set an attribute of a file", set_attribute),
    WAY("chdir()", go_elsewhere),
    WAY("getcwd()", where),
    WAY("statfs()", file_system),
    WAY("inotify on a folder", watch),
    WAY("fanotify_init()", watch_all),
    WAY("shm_open()", shared_memory),
};

ingle_status prove_ways_file(struct prove_list *list, ingle_error *err) {
    INGLE_TRY(prove_list_add_rows(list, "files", rows, BASE_COUNT(rows), err));
    INGLE_TRY(add_paths(list, to_read, BASE_COUNT(to_read), O_RDONLY, err));
    return add_paths(list, to_write, BASE_COUNT(to_write), O_WRONLY, err);
}
