/* Ways to run something else: other programs, other processes, code that was data. */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard/prove/prove_internal.h"
#include "guard/prove/tiny_program.h"

#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#define PAGE 4096
#define CODE (PROT_READ | PROT_EXEC)

/* ---- programs: the tiny one ends with the exit code of a way that is open ---- */

static char *const no_words[] = {(char *)(uintptr_t) "x", NULL};

static int run_file(const struct prove_scene *s) {
    if (!s->folder[0]) return WAY_MISSING;
    return way_of(execve(prove_scene_path(s, "program"), no_words, NULL));
}

static int run_at(const struct prove_scene *s) {
    if (!s->folder[0]) return WAY_MISSING;
    return way_of(
        syscall(SYS_execveat, AT_FDCWD, prove_scene_path(s, "program"), no_words, NULL, 0));
}

static int run_descriptor(const struct prove_scene *s) {
    if (!s->folder[0]) return WAY_MISSING;
    int fd = open(prove_scene_path(s, "program"), O_RDONLY | O_CLOEXEC);
    return fd < 0 ? errno : way_of(syscall(SYS_execveat, fd, "", no_words, NULL, AT_EMPTY_PATH));
}

static int run_shell(const struct prove_scene *s) {
    char *const words[] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c",
                           (char *)(uintptr_t) "exit 0", NULL};
    (void)s;
    int how = way_of(execve("/bin/sh", words, NULL));
    return how == ENOENT ? WAY_MISSING : how;
}

static int run_memory(const struct prove_scene *s, bool by_path) {
    char path[32];
    (void)s;
    int fd = memfd_create("program", MFD_CLOEXEC);
    if (fd < 0) return errno;
    if (write(fd, tiny_program, sizeof tiny_program) != sizeof tiny_program) return errno;
    if (!by_path) return way_of(syscall(SYS_execveat, fd, "", no_words, NULL, AT_EMPTY_PATH));
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return way_of(execve(path, no_words, NULL));
}

static int run_memory_at(const struct prove_scene *s) {
    return run_memory(s, false);
}

static int run_memory_path(const struct prove_scene *s) {
    return run_memory(s, true);
}

/* The ring is memory that can be written. */
static int run_ring(const struct prove_scene *s) {
    if (pwrite(s->ring, tiny_program, sizeof tiny_program, 0) < 0) return errno;
    return way_of(syscall(SYS_execveat, s->ring, "", no_words, NULL, AT_EMPTY_PATH));
}

/* ---- processes ---- */

static int parent_of(pid_t child) {
    if (child == 0) _exit(0);
    return way_of(child);
}

static int by_fork(const struct prove_scene *s) {
    (void)s;
    return parent_of(fork());
}

static int by_vfork(const struct prove_scene *s) {
    (void)s;
    pid_t child = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork): it is tried */
    if (child == 0) _exit(0);
    return way_of(child);
}

static int by_clone(const struct prove_scene *s) {
    (void)s;
    return parent_of((pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL));
}

static int by_clone3(const struct prove_scene *s) {
    (void)s;
    uint64_t args[8] = {0};
    args[4] = SIGCHLD;
    return parent_of((pid_t)syscall(SYS_clone3, args, sizeof args));
}

static int in_new_namespace(const struct prove_scene *s) {
    (void)s;
    int flags = CLONE_NEWUSER | CLONE_NEWNET | SIGCHLD;
    return parent_of((pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL));
}

static int end_at_once(void *nothing) {
    (void)nothing;
    _exit(0);
}

/* Shares the memory of this process, but not its thread group: signals, limits and the filter's
 * "kill the process" would be its own. */
static int half_thread(const struct prove_scene *s) {
    static char stack[64 << 10];
    (void)s;
    return way_of(
        clone(end_at_once, stack + sizeof stack, CLONE_VM | CLONE_FS | CLONE_FILES, NULL));
}

static int like_spawn(const struct prove_scene *s) {
    static char stack[64 << 10];
    (void)s;
    return way_of(clone(end_at_once, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL));
}

/* ---- code ---- */

static int mapped(const void *p) {
    return p == MAP_FAILED ? errno : WAY_OPEN;
}

static int map_code(const struct prove_scene *s) {
    (void)s;
    return mapped(mmap(NULL, PAGE, CODE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

static int map_writable_code(const struct prove_scene *s) {
    (void)s;
    return mapped(mmap(NULL, PAGE, CODE | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

static int map_model_code(const struct prove_scene *s) {
    return mapped(mmap(NULL, PAGE, CODE, MAP_PRIVATE, s->model, 0));
}

static int map_ring_code(const struct prove_scene *s) {
    return mapped(mmap(NULL, PAGE, CODE, MAP_SHARED, s->ring, 0));
}

static void *data_page(void) {
    return mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static int protect_code(const struct prove_scene *s) {
    (void)s;
    void *p = data_page();
    return p == MAP_FAILED ? errno : way_of(mprotect(p, PAGE, CODE));
}

static int protect_writable_code(const struct prove_scene *s) {
    (void)s;
    void *p = data_page();
    return p == MAP_FAILED ? errno : way_of(mprotect(p, PAGE, CODE | PROT_WRITE));
}

static int protect_key_code(const struct prove_scene *s) {
    (void)s;
    void *p = data_page();
    return p == MAP_FAILED ? errno : way_of(syscall(SYS_pkey_mprotect, p, PAGE, CODE, -1));
}

/* Code of this program made writable: what runs could be rewritten. */
static int rewrite_code(const struct prove_scene *s) {
    (void)s;
    uintptr_t page = (uintptr_t)&end_at_once & ~(uintptr_t)(PAGE - 1);
    return way_of(mprotect((void *)page, PAGE, CODE | PROT_WRITE));
}

static int read_implies_code(const struct prove_scene *s) {
    (void)s;
    return way_of(personality(READ_IMPLIES_EXEC));
}

static int attach_code(const struct prove_scene *s) {
    (void)s;
    int id = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0700);
    if (id < 0) return errno;
    void *p = shmat(id, NULL, SHM_EXEC);
    int how = mapped(p);
    shmctl(id, IPC_RMID, NULL);
    return how;
}

static int handle_faults(const struct prove_scene *s) {
    (void)s;
    return way_of(syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY));
}

static int remap_file(const struct prove_scene *s) {
    void *p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, s->text, 0);
    return p == MAP_FAILED ? errno : way_of(syscall(SYS_remap_file_pages, p, PAGE, 0, 0, 0));
}

static const struct prove_row rows[] = {
    WAY("execve() of a file", run_file),
    WAY("execve() of the shell", run_shell),
    WAY("execveat() of a file", run_at),
    WAY("execveat() of a descriptor", run_descriptor),
    WAY("memfd_create() and execveat()", run_memory_at),
    WAY("memfd_create() and execve() by path", run_memory_path),
    WAY("a program in the ring, execveat()", run_ring),
    WAY("fork()", by_fork),
    WAY("vfork()", by_vfork),
    WAY("clone() of a process", by_clone),
    WAY("clone3() of a process", by_clone3),
    WAY("clone() into a new network", in_new_namespace),
    WAY("clone() of a process that shares memory", half_thread),
    WAY("clone() as posix_spawn() does", like_spawn),
    WAY("mmap() of code", map_code),
    WAY("mmap() of writable code", map_writable_code),
    WAY("mmap() of the model as code", map_model_code),
    WAY("mmap() of the ring as code", map_ring_code),
    WAY("mprotect() of data as code", protect_code),
    WAY("mprotect() of data as writable code", protect_writable_code),
    WAY("pkey_mprotect() of data as code", protect_key_code),
    WAY("mprotect() of code as writable", rewrite_code),
    WAY("personality(READ_IMPLIES_EXEC)", read_implies_code),
    WAY("shmat() of code", attach_code),
    WAY("userfaultfd()", handle_faults),
    WAY("remap_file_pages()", remap_file),
};

ingle_status prove_ways_program(struct prove_list *list, ingle_error *err) {
    return prove_list_add_rows(list, "programs and code", rows, BASE_COUNT(rows), err);
}
