/* A worker that is a fork and no new program, for emulators: what a program starts under qemu-user
 * runs outside of it, on the processor that is there, if it runs at all. Linked with
 * --wrap=execve. */
#include <unistd.h>

#include "worker/serve/worker_main.h"

int __wrap_execve(const char *path, char *const argv[], char *const envp[]);

int __wrap_execve(const char *path, char *const argv[], char *const envp[]) {
    (void)path;
    (void)argv;
    (void)envp;
    _exit(worker_main());
}
