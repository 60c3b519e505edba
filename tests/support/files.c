#include "support/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct stat look_at(const char *path) {
    struct stat st;
    if (lstat(path, &st) != 0) fail_msg("%s is not there", path);
    return st;
}

uint8_t *file_read(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    *size = file_size(path);
    uint8_t *data = malloc(*size + 1);
    assert_true(file && data);
    assert_int_equal(fread(data, 1, *size + 1, file), *size);
    fclose(file);
    return data;
}

void file_write(const char *path, const void *data, size_t size) {
    /* Another file each time: some file systems wait for the disk when one is truncated. */
    (void)unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, size), size);
    assert_int_equal(close(fd), 0);
}

size_t file_size(const char *path) {
    return (size_t)look_at(path).st_size;
}

unsigned file_mode(const char *path) {
    return look_at(path).st_mode & 07777;
}

int folder_count(const char *folder, const char *containing) {
    int n = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir));) {
        bool is_own = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        n += !is_own && strstr(entry->d_name, containing) != NULL;
    }
    closedir(dir);
    return n;
}
