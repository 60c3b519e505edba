#include "engine/cpu/sysfile.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define PATH_CAP 1024

bool sysfile_read(char *text, size_t cap, const char *path, ...) {
    char full[PATH_CAP];
    va_list args;
    va_start(args, path);
    int len = vsnprintf(full, sizeof full, path, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof full) return false;
    int fd = open(full, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    size_t n = 0;
    ssize_t got;
    while (n < cap - 1 && (got = read(fd, text + n, cap - 1 - n)) > 0) n += (size_t)got;
    close(fd);
    text[n] = '\0';
    return true;
}
