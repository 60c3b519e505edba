#include "support/process.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static int count_entries(const char *path) {
    int n = -2; /* "." and ".." */
    DIR *dir = opendir(path);
    assert_non_null(dir);
    while (readdir(dir)) n++;
    closedir(dir);
    return n;
}

int process_n_files(void) {
    return count_entries("/proc/self/fd") - 1; /* that of the folder itself */
}

int process_n_threads(int wanted) {
    int n = count_entries("/proc/self/task");
    for (int i = 0; i < 60000 && n > wanted; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        n = count_entries("/proc/self/task");
    }
    return n;
}

struct process_memory process_memory(void) {
    char line[128], *rest;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_true(file && fgets(line, sizeof line, file));
    fclose(file);
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t reserved = strtoul(line, &rest, 10), resident = strtoul(rest, NULL, 10);
    return (struct process_memory){.reserved = reserved * page, .resident = resident * page};
}
