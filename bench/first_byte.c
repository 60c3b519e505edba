/* Runs a program and prints the milliseconds from fork to the first byte it wrote, or to its end
 * if it wrote none, and its exit status: what a user waits for, page faults and dynamic linking
 * included.
 *
 *   first_byte PROGRAM [ARGUMENT...] */
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

int main(int argc, char **argv) {
    int ends[2], status;
    if (argc < 2 || pipe(ends) != 0) {
        fputs("usage: first_byte PROGRAM [ARGUMENT...]\n", stderr);
        return 2;
    }
    double start = now();
    pid_t pid = fork();
    if (pid < 0) return 1;
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    close(ends[1]);
    char bytes[4096];
    ssize_t n = read(ends[0], bytes, sizeof bytes);
    double first = now() - start;
    int wrote = n > 0;
    while (n > 0) n = read(ends[0], bytes, sizeof bytes);
    waitpid(pid, &status, 0);
    printf("%.3f %d %d\n", first, wrote, WIFEXITED(status) ? WEXITSTATUS(status) : 128);
    return 0;
}
