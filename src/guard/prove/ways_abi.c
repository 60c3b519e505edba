/* Ways around the filter's eyes: calls by other doors than the one it watches. */
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guard/prove/prove_internal.h"

#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#define SYS_io_uring_enter 426
#define SYS_io_uring_register 427
#endif

static int ring_setup(const struct prove_scene *s) {
    (void)s;
    struct io_uring_params p = {0};
    return way_of(syscall(SYS_io_uring_setup, 4, &p));
}

static int ring_register(const struct prove_scene *s) {
    return way_of_reaching(syscall(SYS_io_uring_register, s->model, 0, NULL, 0), EOPNOTSUPP);
}

#define OP_SOCKET 45 /* IORING_OP_SOCKET, Linux 5.19 */

/* One operation through the ring, without a call of its own; what it gave. */
static int through_ring(const struct io_uring_sqe *op) {
    struct io_uring_params p = {0};
    int ring = (int)syscall(SYS_io_uring_setup, 4, &p);
    if (ring < 0) return errno;
    size_t sq_size = p.sq_off.array + p.sq_entries * sizeof(unsigned);
    size_t cq_size = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
    int access = PROT_READ | PROT_WRITE;
    char *sq = mmap(NULL, sq_size, access, MAP_SHARED, ring, IORING_OFF_SQ_RING);
    char *cq = mmap(NULL, cq_size, access, MAP_SHARED, ring, IORING_OFF_CQ_RING);
    struct io_uring_sqe *sqes =
        mmap(NULL, p.sq_entries * sizeof *sqes, access, MAP_SHARED, ring, IORING_OFF_SQES);
    if (sq == MAP_FAILED || cq == MAP_FAILED || sqes == MAP_FAILED) return errno;
    sqes[0] = *op;
    ((unsigned *)(void *)(sq + p.sq_off.array))[0] = 0;
    __atomic_store_n((unsigned *)(void *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
    if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0) return errno;
    const struct io_uring_cqe *done = (const void *)(cq + p.cq_off.cqes);
    return done->res < 0 ? -done->res : WAY_OPEN;
}

static int ring_socket(const struct prove_scene *s) {
    (void)s;
    struct io_uring_sqe op = {.opcode = OP_SOCKET, .fd = AF_INET, .off = SOCK_STREAM};
    return through_ring(&op);
}

static int ring_open(const struct prove_scene *s) {
    const char *path = prove_scene_path(s, "secret");
    struct io_uring_sqe op = {.opcode = IORING_OP_OPENAT, .fd = -100, .addr = (uintptr_t)path};
    return path[0] ? through_ring(&op) : WAY_MISSING;
}

#if defined(__x86_64__)

/* The door of 32-bit programs; numbers and arguments are theirs. */
static long call32(long nr, long a, long b, long c) {
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(nr), "b"(a), "c"(b), "d"(c) : "memory");
    return (int)result;
}

static int told32(long result) {
    return result < 0 ? (int)-result : WAY_OPEN;
}

static int socket32(const struct prove_scene *s) {
    (void)s;
    return told32(call32(359, AF_INET, SOCK_STREAM, 0));
}

/* Arguments in memory that a 32-bit pointer reaches. */
static int socketcall32(const struct prove_scene *s) {
    (void)s;
    int *args =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    if (args == MAP_FAILED) return errno;
    args[0] = AF_INET;
    args[1] = SOCK_STREAM;
    args[2] = 0;
    return told32(call32(102, 1, (long)(intptr_t)args, 0));
}

static int open32(const struct prove_scene *s) {
    const char *path = prove_scene_path(s, "secret");
    char *low =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    if (!path[0]) return WAY_MISSING;
    if (low == MAP_FAILED) return errno;
    memcpy(low, path, strlen(path) + 1);
    return told32(call32(5, (long)(intptr_t)low, 0, 0));
}

static int getpid32(const struct prove_scene *s) {
    (void)s;
    return told32(call32(20, 0, 0, 0));
}

#define X32 0x40000000L

/* Of 64-bit programs with 32-bit pointers. Few kernels have it. */
static int x32(long nr, long a, long b, long c) {
    int how = way_of(syscall(X32 | nr, a, b, c));
    return how == ENOSYS ? WAY_MISSING : how;
}

static int socket_x32(const struct prove_scene *s) {
    (void)s;
    return x32(SYS_socket, AF_INET, SOCK_STREAM, 0);
}

static int open_x32(const struct prove_scene *s) {
    const char *path = prove_scene_path(s, "secret");
    return path[0] ? x32(SYS_open, (long)(intptr_t)path, 0, 0) : WAY_MISSING;
}

static int getpid_x32(const struct prove_scene *s) {
    (void)s;
    return x32(SYS_getpid, 0, 0, 0);
}

#endif

static const struct prove_row rows[] = {
    WAY("io_uring_setup()", ring_setup),
    WAY("io_uring_register()", ring_register),
    WAY("a socket through io_uring", ring_socket),
    WAY("open a file through io_uring", ring_open),
#if defined(__x86_64__)
    WAY("int 0x80: socket()", socket32),
    WAY("int 0x80: socketcall()", socketcall32),
    WAY("int 0x80: open()", open32),
    WAY("int 0x80: getpid()", getpid32),
    WAY("x32: socket()", socket_x32),
    WAY("x32: open()", open_x32),
    WAY("x32: getpid()", getpid_x32),
#endif
};

ingle_status prove_ways_abi(struct prove_list *list, ingle_error *err) {
    return prove_list_add_rows(list, "other doors", rows, BASE_COUNT(rows), err);
}
