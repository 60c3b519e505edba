#include "support/no_files.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/compiler.h"

static const struct {
    int number;
    const char *name;
} calls[] = {
#define CALL(name)                                                                                 \
    { SYS_##name, #name "\n" }
#ifdef SYS_open
    CALL(open),
    CALL(creat),
    CALL(stat),
    CALL(lstat),
    CALL(access),
    CALL(readlink),
    CALL(mkdir),
    CALL(unlink),
    CALL(rename),
    CALL(rmdir),
    CALL(link),
    CALL(symlink),
    CALL(chmod),
    CALL(chown),
    CALL(utime),
    CALL(getdents),
    CALL(fork),
    CALL(vfork),
    CALL(mknod),
#endif
    CALL(openat),
    CALL(openat2),
    CALL(statx),
    CALL(newfstatat),
    CALL(faccessat),
    CALL(faccessat2),
    CALL(readlinkat),
    CALL(mkdirat),
    CALL(unlinkat),
    CALL(renameat2),
    CALL(linkat),
    CALL(symlinkat),
    CALL(getdents64),
    CALL(statfs),
    CALL(truncate),
    CALL(chdir),
    CALL(getcwd),
    CALL(execve),
    CALL(execveat),
    CALL(memfd_create),
    CALL(socket),
    CALL(socketpair),
    CALL(connect),
    CALL(bind),
    CALL(pipe2),
    CALL(inotify_init1),
    CALL(epoll_create1),
    CALL(name_to_handle_at),
    CALL(open_by_handle_at),
#undef CALL
};

static void on_call(int signal_number, siginfo_t *info, void *context) {
    static const char before[] = "a call that opens or reaches something: ";
    (void)signal_number;
    (void)context;
    const char *name = "another\n";
    for (size_t i = 0; i < BASE_COUNT(calls); i++) {
        if (calls[i].number == info->si_syscall) name = calls[i].name;
    }
    bool is_told = write(STDERR_FILENO, before, sizeof before - 1) > 0 &&
                   write(STDERR_FILENO, name, strlen(name)) > 0;
    (void)is_told; /* nobody is left to tell */
    _exit(NO_FILES_EXIT);
}

bool no_files(void) {
    struct sock_filter code[2 + 2 * BASE_COUNT(calls)];
    size_t n = 0;
    code[n++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < BASE_COUNT(calls); i++) {
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                                 (uint32_t)calls[i].number, 0, 1);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
    }
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {.len = (unsigned short)n, .filter = code};
    struct sigaction action = {.sa_sigaction = on_call, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    return sigaction(SIGSYS, &action, NULL) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}
