/* base/map: which files can be mapped, and anonymous regions. */
#include "base/map.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "support/folder.h"
#include "support/process.h"
#include "support/sanitized.h"

#define NOBODY 65534

static void write_file(const char *path, const void *data, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void refuses(const char *path, ingle_status code, const char *saying) {
    struct file_map map = {.data = (const uint8_t *)"x", .size = 1};
    ingle_error err = {0};
    assert_int_equal(file_map_open(&map, path, &err), code);
    assert_int_equal(err.code, code);
    assert_non_null(strstr(err.msg, path));
    if (!strstr(err.msg, saying)) fail_msg("'%s' does not say '%s'", err.msg, saying);
    assert_null(map.data);
    assert_int_equal(map.size, 0);
}

static void a_file_maps_with_its_bytes(void **state) {
    (void)state;
    const char *path = folder_file("plain");
    uint8_t bytes[10000];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i * 7);
    write_file(path, bytes, sizeof bytes);
    struct file_map map;
    assert_int_equal(file_map_open(&map, path, NULL), INGLE_OK);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(map.size, sizeof bytes);
    assert_memory_equal(map.data, bytes, sizeof bytes);
    file_map_will_need(map.data + 1, 5000);
    file_map_done_with(map.data + 1, 5000);
    file_map_done_with(map.data, sizeof bytes);
    assert_memory_equal(map.data, bytes, sizeof bytes);
    file_map_close(&map);
    assert_null(map.data);
    file_map_close(&map);
}

static void an_empty_file_maps_to_nothing(void **state) {
    (void)state;
    const char *path = folder_file("empty");
    write_file(path, "", 0);
    struct file_map map;
    assert_int_equal(file_map_open(&map, path, NULL), INGLE_OK);
    assert_null(map.data);
    assert_int_equal(map.size, 0);
    file_map_close(&map);
    unlink(path);
}

static void what_is_missing_is_not_found(void **state) {
    (void)state;
    refuses(folder_file("missing"), INGLE_NOT_FOUND, "No such file");
    write_file(folder_file("file"), "x", 1);
    refuses(folder_file("file/below"), INGLE_NOT_FOUND, "Not a directory");
    refuses("", INGLE_NOT_FOUND, "No such file");
    unlink(folder_file("file"));
}

static void folders_devices_pipes_and_sockets_are_no_regular_files(void **state) {
    (void)state;
    refuses(folder_file("."), INGLE_INVALID, "not a regular file");
    refuses("/dev/null", INGLE_INVALID, "not a regular file");
    refuses("/dev/zero", INGLE_INVALID, "not a regular file");
    const char *path = folder_file("pipe");
    assert_int_equal(mkfifo(path, 0600), 0);
    refuses(path, INGLE_INVALID, "not a regular file");
    unlink(path);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, folder_file("socket"), strlen(folder_file("socket")) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    refuses(address.sun_path, INGLE_INVALID, "not a regular file");
    close(fd);
    unlink(address.sun_path);
}

static void an_unreadable_file_says_why(void **state) {
    (void)state;
    const char *path = folder_file("secret");
    write_file(path, "x", 1);
    assert_int_equal(chmod(path, 0), 0);
    bool is_root = geteuid() == 0; /* who may read it: somebody else tries */
    if (is_root) assert_int_equal(seteuid(NOBODY), 0);
    refuses(path, INGLE_NOT_FOUND, strerror(EACCES));
    if (is_root) assert_int_equal(seteuid(0), 0);
    unlink(path);
}

static void a_link_to_itself_says_why(void **state) {
    (void)state;
    const char *path = folder_file("loop");
    assert_int_equal(symlink("loop", path), 0);
    refuses(path, INGLE_NOT_FOUND, strerror(ELOOP));
    unlink(path);
}

static void no_descriptor_is_left_open(void **state) {
    (void)state;
    int before = dup(0);
    close(before);
    struct file_map map;
    const char *path = folder_file("again");
    write_file(path, "abc", 3);
    assert_int_equal(file_map_open(&map, path, NULL), INGLE_OK);
    assert_int_not_equal(file_map_open(&(struct file_map){0}, folder_file("."), NULL), INGLE_OK);
    int after = dup(0);
    close(after);
    assert_int_equal(after, before);
    file_map_close(&map);
    unlink(path);
}

/* ---- descriptors ---- */

static int open_for_both(const char *path, size_t size) {
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(i * 11 + 3);
        assert_int_equal(write(fd, &byte, 1), 1);
    }
    return fd;
}

static void a_descriptor_maps_at_a_huge_page_and_stays_open(void **state) {
    (void)state;
    static const size_t sizes[] = {1, 4096, 10000};
    for (size_t i = 0; i < BASE_COUNT(sizes); i++) {
        const char *path = folder_file("by-descriptor");
        int fd = open_for_both(path, sizes[i]);
        size_t before = process_memory().reserved;
        struct file_map map;
        assert_int_equal(file_map_descriptor(&map, fd, path, NULL), INGLE_OK);
        assert_int_equal(map.size, sizes[i]);
        assert_int_equal((uintptr_t)map.data % HUGE_PAGE, 0);
        if (!SANITIZED) assert_true(process_memory().reserved - before <= 12288);
        file_map_populate(map.data, map.size);
        for (size_t k = 0; k < sizes[i]; k++) assert_int_equal(map.data[k], (k * 11 + 3) & 255);
        assert_int_equal(fcntl(fd, F_GETFD) & ~FD_CLOEXEC, 0);
        file_map_close(&map);
        assert_null(map.data);
        if (!SANITIZED) assert_int_equal(process_memory().reserved, before);
        close(fd);
        unlink(path);
    }
}

static void a_descriptor_of_nothing_or_of_no_file_maps_nothing(void **state) {
    (void)state;
    struct file_map map = {.size = 1};
    const char *path = folder_file("nothing");
    int fd = open_for_both(path, 0);
    assert_int_equal(file_map_descriptor(&map, fd, path, NULL), INGLE_OK);
    assert_null(map.data);
    assert_int_equal(map.size, 0);
    close(fd);
    unlink(path);
    ingle_error err = {0};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(file_map_descriptor(&map, ends[0], "a pipe", &err), INGLE_INVALID);
    assert_non_null(strstr(err.msg, "'a pipe' is not a regular file."));
    assert_int_equal(file_map_descriptor(&map, -1, "none", &err), INGLE_FAILED);
    assert_null(map.data);
    assert_int_equal(map.size, 0);
    close(ends[0]);
    close(ends[1]);
}

static struct file_identity identity_of(const char *path) {
    struct file_map map;
    assert_int_equal(file_map_open(&map, path, NULL), INGLE_OK);
    struct file_identity id = map.identity;
    file_map_close(&map);
    return id;
}

/* Whatever is done to a file shows, even if its time is set back; that it is read does not. */
static void an_identity_changes_with_the_file(void **state) {
    (void)state;
    const char *path = folder_file("known");
    close(open_for_both(path, 100));
    struct file_identity first = identity_of(path), again = identity_of(path);
    assert_memory_equal(&first, &again, sizeof first);
    assert_int_equal(first.size, 100);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(first.inode, st.st_ino);
    folder_tick();
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "x", 1, 50), 1);
    assert_int_equal(futimens(fd, (const struct timespec[]){st.st_atim, st.st_mtim}), 0);
    close(fd);
    struct file_identity changed = identity_of(path);
    assert_int_equal(changed.modified_ns, first.modified_ns);
    assert_true(changed.changed_ns > first.changed_ns);
    assert_int_equal(rename(path, folder_file("old")), 0);
    close(open_for_both(path, 100));
    assert_int_not_equal(identity_of(path).inode, first.inode);
    unlink(path);
    unlink(folder_file("old"));
}

/* ---- regions ---- */

static void regions_are_zeroed_aligned_and_writable(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 4095, 4097, ((size_t)2 << 20) + 1};
    for (size_t i = 0; i < BASE_COUNT(sizes); i++) {
        for (int huge = 0; huge <= 1; huge++) {
            uint8_t *region = region_new(sizes[i], huge);
            assert_non_null(region);
            assert_int_equal((uintptr_t)region % (uintptr_t)sysconf(_SC_PAGESIZE), 0);
            for (size_t k = 0; k < sizes[i]; k++) {
                if (region[k] != 0) fail_msg("byte %zu is not zero", k);
            }
            memset(region, 0xa5, sizes[i]);
            region_free(region, sizes[i]);
        }
    }
    region_free(NULL, 100);
}

static void a_region_takes_the_memory_that_is_filled(void **state) {
    (void)state;
    if (SANITIZED) skip(); /* its shadow counts too */
    const size_t size = ((size_t)2 << 20) + 4096, tolerance = (size_t)1 << 20;
    for (int huge = 0; huge <= 1; huge++) {
        size_t before = process_memory().resident;
        void *region = region_new(size, huge);
        assert_non_null(region);
        memset(region, 1, size);
        size_t taken = process_memory().resident - before;
        if (taken > size + tolerance) fail_msg("huge %d: %zu bytes", huge, taken);
        region_free(region, size);
    }
}

static void an_impossible_region_is_null(void **state) {
    (void)state;
    assert_null(region_new(SIZE_MAX, false));
    assert_null(region_new(SIZE_MAX / 2, false));
}

static void a_region_can_be_made_to_fail(void **state) {
    (void)state;
    mem_fail_at(1, 0);
    assert_null(region_new(4096, false));
    mem_fail_at(0, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_maps_with_its_bytes),
        cmocka_unit_test(an_empty_file_maps_to_nothing),
        cmocka_unit_test(what_is_missing_is_not_found),
        cmocka_unit_test(folders_devices_pipes_and_sockets_are_no_regular_files),
        cmocka_unit_test(an_unreadable_file_says_why),
        cmocka_unit_test(a_link_to_itself_says_why),
        cmocka_unit_test(no_descriptor_is_left_open),
        cmocka_unit_test(a_descriptor_maps_at_a_huge_page_and_stays_open),
        cmocka_unit_test(a_descriptor_of_nothing_or_of_no_file_maps_nothing),
        cmocka_unit_test(an_identity_changes_with_the_file),
        cmocka_unit_test(regions_are_zeroed_aligned_and_writable),
        cmocka_unit_test(a_region_takes_the_memory_that_is_filled),
        cmocka_unit_test(an_impossible_region_is_null),
        cmocka_unit_test(a_region_can_be_made_to_fail),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
