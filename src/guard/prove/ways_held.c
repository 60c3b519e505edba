/* More than a worker may do with the descriptors that it holds. */
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "guard/prove/prove_internal.h"

static int model_write(const struct prove_scene *s) {
    return way_of(write(s->model, "x", 1));
}

static int model_reopen(const struct prove_scene *s) {
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", s->model);
    return way_of(open(path, O_RDWR | O_CLOEXEC));
}

static int model_map_shared(const struct prove_scene *s) {
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, s->model, 0);
    return p == MAP_FAILED ? errno : WAY_OPEN;
}

/* Read-only first, writable later. */
static int model_map_then_write(const struct prove_scene *s) {
    void *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, s->model, 0);
    return p == MAP_FAILED ? errno : way_of(mprotect(p, 4096, PROT_READ | PROT_WRITE));
}

static int model_truncate(const struct prove_scene *s) {
    return way_of(ftruncate(s->model, 0));
}

static int model_mode(const struct prove_scene *s) {
    return way_of(fchmod(s->model, 0600));
}

static int model_times(const struct prove_scene *s) {
    return way_of(futimens(s->model, NULL));
}

static int model_lock(const struct prove_scene *s) {
    struct flock lock = {.l_type = F_RDLCK};
    return way_of(fcntl(s->model, F_SETLK, &lock));
}

static int model_flags(const struct prove_scene *s) {
    int flags;
    int how = way_of(ioctl(s->model, FS_IOC_GETFLAGS, &flags));
    return how == ENOTTY || how == EOPNOTSUPP ? WAY_OPEN : how; /* the driver was asked */
}

static int text_write(const struct prove_scene *s) {
    return way_of(write(s->text, "x", 1));
}

static int text_map_shared(const struct prove_scene *s) {
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, s->text, 0);
    return p == MAP_FAILED ? errno : WAY_OPEN;
}

static int ring_shrink(const struct prove_scene *s) {
    return way_of(ftruncate(s->ring, 0));
}

static int ring_grow(const struct prove_scene *s) {
    return way_of(ftruncate(s->ring, 1 << 30));
}

static int ring_seal(const struct prove_scene *s) {
    return way_of(fcntl(s->ring, F_ADD_SEALS, F_SEAL_WRITE));
}

/* The kernel is to signal a process of its choice when something comes in. */
static int channel_owner(const struct prove_scene *s) {
    return way_of(fcntl(s->channel, F_SETOWN, s->bystander));
}

static int channel_push_input(const struct prove_scene *s) {
    char c = 'x';
    int how = way_of(ioctl(s->channel, TIOCSTI, &c));
    return how == ENOTTY || how == EINVAL || how == EOPNOTSUPP ? WAY_OPEN : how;
}

static int channel_pending(const struct prove_scene *s) {
    int n;
    return way_of(ioctl(s->channel, FIONREAD, &n));
}

static int splice_out(const struct prove_scene *s) {
    int pipe_fds[2];
    if (pipe(pipe_fds) != 0) return errno;
    if (write(pipe_fds[1], "x", 1) != 1) return errno;
    return way_of(syscall(SYS_splice, pipe_fds[0], NULL, s->channel, NULL, 1, 0));
}

static int send_file(const struct prove_scene *s) {
    return way_of(syscall(SYS_sendfile, s->channel, s->model, NULL, 1));
}

static int copy_range(const struct prove_scene *s) {
    /* From one file system to another it is not done, but looked into. */
    return way_of_reaching(syscall(SYS_copy_file_range, s->model, NULL, s->ring, NULL, 1, 0),
                           EXDEV);
}

static int duplicate(const struct prove_scene *s) {
    return way_of(dup(s->channel));
}

static int watch_many(const struct prove_scene *s) {
    (void)s;
    return way_of(epoll_create1(EPOLL_CLOEXEC));
}

static int new_memory(const struct prove_scene *s) {
    (void)s;
    return way_of(memfd_create("more", MFD_CLOEXEC));
}

static int secret_memory(const struct prove_scene *s) {
    (void)s;
    int how = way_of(syscall(447, 0)); /* memfd_secret */
    return how == ENOSYS ? WAY_MISSING : how;
}

static const struct prove_row rows[] = {
    WAY("write to the model", model_write),
    WAY("open the model again for writing", model_reopen),
    WAY("map the model for writing", model_map_shared),
    WAY("make a mapping of the model writable", model_map_then_write),
    WAY("truncate the model", model_truncate),
    WAY("change the mode of the model", model_mode),
    WAY("change the times of the model", model_times),
    WAY("lock the model", model_lock),
    WAY("ioctl() on the model", model_flags),
    WAY("write to the sealed text", text_write),
    WAY("map the sealed text for writing", text_map_shared),
    WAY("shrink the ring", ring_shrink),
    WAY("grow the ring", ring_grow),
    WAY("seal the ring", ring_seal),
    WAY("signals of the channel to another process", channel_owner),
    WAY("push input into a terminal, ioctl(TIOCSTI)", channel_push_input),
    WAY("ioctl() on the channel", channel_pending),
    WAY("splice() into the channel", splice_out),
    WAY("sendfile() into the channel", send_file),
    WAY("copy_file_range() from the model", copy_range),
    WAY("dup() of the channel", duplicate),
    WAY("epoll_create1()", watch_many),
    WAY("memfd_create()", new_memory),
    WAY("memfd_secret()", secret_memory),
};

ingle_status prove_ways_held(struct prove_list *list, ingle_error *err) {
    return prove_list_add_rows(list, "what it holds", rows, BASE_COUNT(rows), err);
}
