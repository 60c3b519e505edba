/* model/packed_build and packed_file: what is written is what packing gives, and is used only if it
 * still is that, byte for byte. */
#include "engine/model/packed_file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "engine/model/packed_build.h"
#include "support/folder.h"

/* Groups that lie across chunks, one that is larger than a chunk, and rows that are no whole group.
 */
static const struct {
    int n_rows, n_cols;
} shapes[] = {{800, 700}, {17, 36000}, {33, 5}, {300, 300}};
#define N_ITEMS BASE_COUNT(shapes)

static struct matrix matrices[N_ITEMS];
static struct weights_item items[N_ITEMS];
static struct weights_plan plan = {.items = items};
static uint8_t *rows; /* of all matrices, in a map of its own */
static size_t rows_size;
static uint8_t *wanted; /* the region as packing in memory gives it */
static struct packed_source source = {.key = {.model = 1, .layout = 2}, .identity = 77};
static struct packed_header header = {.key = {.model = 1, .layout = 2}};

static int pack_wanted(void) {
    wanted = mem_calloc(1, plan.size);
    if (!wanted) return -1;
    for (size_t i = 0; i < N_ITEMS; i++) {
        const struct kern_weight *k = &matrices[i].packed;
        for (int g = 0; g < kern_n_groups(k->layout, k->n_rows); g++) {
            kern_pack_group(k->type, k->layout, matrices[i].file_rows, k->n_rows, k->n_cols, g,
                            wanted + items[i].at + (size_t)g * k->group_size);
        }
    }
    return 0;
}

static int make_plan(void **state) {
    for (size_t i = 0; i < N_ITEMS; i++) {
        struct kern_layout layout = {16, 4};
        struct matrix *m = &matrices[i];
        m->row_size = kern_row_size(KERN_F32, shapes[i].n_cols);
        m->packed = (struct kern_weight){.type = KERN_F32,
                                         .layout = layout,
                                         .n_rows = shapes[i].n_rows,
                                         .n_cols = shapes[i].n_cols};
        m->packed.group_size = kern_packed_group_size(KERN_F32, layout, shapes[i].n_cols);
        size_t n_groups = (size_t)kern_n_groups(layout, shapes[i].n_rows);
        items[i] = (struct weights_item){
            .matrix = m, .at = plan.size, .size = n_groups * m->packed.group_size};
        plan.size += (items[i].size + 4095) / 4096 * 4096;
        plan.n_items = i + 1;
        if (plan.max_group_size < m->packed.group_size) plan.max_group_size = m->packed.group_size;
        rows_size += (size_t)shapes[i].n_rows * m->row_size;
    }
    if (folder_make(state) != 0) return -1;
    /* Of a file: packing dismisses the pages that it has read, and they must come back. */
    int fd = open(folder_file("rows"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)rows_size) != 0) return -1;
    rows = mmap(NULL, rows_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (rows == MAP_FAILED) return -1;
    struct rng rng;
    rng_init(&rng, 3);
    for (size_t i = 0; i < rows_size; i++) rows[i] = (uint8_t)rng_below(&rng, 256);
    size_t at = 0;
    for (size_t i = 0; i < N_ITEMS; i++) {
        matrices[i].file_rows = rows + at;
        at += (size_t)shapes[i].n_rows * matrices[i].row_size;
    }
    source.key.data_size = header.key.data_size = plan.size;
    return pack_wanted();
}

static int free_plan(void **state) {
    munmap(rows, rows_size);
    mem_free(wanted);
    return folder_remove(state);
}

static struct pool *new_pool(int n_threads) {
    struct pool *pool;
    assert_int_equal(pool_new(&pool, n_threads, NULL), INGLE_OK);
    return pool;
}

/* A whole file; its descriptor. */
static int build(int n_threads, uint64_t identity) {
    size_t data_at, file_size;
    assert_true(packed_sizes(plan.size, &data_at, &file_size));
    int fd = open(folder_file("file"), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    uint64_t sums[16];
    assert_in_range(packed_n_chunks(plan.size), 3, BASE_COUNT(sums));
    struct pool *pool = new_pool(n_threads);
    ingle_error err = {0};
    if (packed_build(fd, data_at, &plan, pool, sums, &header.source_sum, "file", &err) != INGLE_OK)
        fail_msg("%s", err.msg);
    pool_free(pool);
    packed_header_seal(&header, sums);
    struct packed_seen seen = packed_seen_make(&header, identity);
    assert_int_equal(packed_write(fd, &header, sizeof header, 0), 0);
    assert_int_equal(packed_write(fd, &seen, sizeof seen, PACKED_SEEN_AT), 0);
    assert_int_equal(packed_write(fd, sums, packed_n_chunks(plan.size) * 8, PACKED_SUMS_AT), 0);
    return fd;
}

static ingle_status use(int fd, struct file_map *map, const uint8_t **data,
                        struct packed_seen *patch, ingle_error *err) {
    struct pool *pool = new_pool(3);
    ingle_status status =
        packed_file_use(map, data, patch, fd, "file",
                        &(struct packed_work){.source = source, .plan = &plan, .pool = pool}, err);
    pool_free(pool);
    return status;
}

/* Gives back whether the file should say more. */
static bool is_used(int fd) {
    struct file_map map;
    const uint8_t *data;
    struct packed_seen patch;
    ingle_error err = {0};
    if (use(fd, &map, &data, &patch, &err) != INGLE_OK) fail_msg("%s", err.msg);
    assert_memory_equal(data, wanted, plan.size);
    file_map_close(&map);
    if (patch.self) assert_int_equal(patch.identity, source.identity);
    return patch.self != 0;
}

static void is_refused(int fd, const char *saying) {
    struct file_map map;
    const uint8_t *data;
    struct packed_seen patch;
    ingle_error err = {0};
    assert_int_equal(use(fd, &map, &data, &patch, &err), INGLE_INVALID);
    if (!strstr(err.msg, saying)) fail_msg("'%s' does not say '%s'", err.msg, saying);
    assert_null(map.data);
}

static void any_number_of_threads_writes_what_packing_in_memory_gives(void **state) {
    (void)state;
    uint64_t sum = 0;
    for (int n_threads = 1; n_threads <= 7; n_threads += 2) {
        int fd = build(n_threads, 77);
        assert_false(is_used(fd));
        if (n_threads == 1) sum = header.source_sum;
        assert_int_equal(header.source_sum, sum);
        close(fd);
    }
}

static void the_sum_of_the_source_is_that_of_every_row(void **state) {
    (void)state;
    close(build(2, 0));
    for (int n_threads = 1; n_threads <= 3; n_threads++) {
        struct pool *pool = new_pool(n_threads);
        uint64_t sum;
        assert_int_equal(packed_source_sum(&sum, &plan, pool, NULL), INGLE_OK);
        assert_int_equal(sum, header.source_sum);
        for (size_t at = 0; at < rows_size; at += rows_size / 13) {
            rows[at] ^= 1;
            assert_int_equal(packed_source_sum(&sum, &plan, pool, NULL), INGLE_OK);
            assert_int_not_equal(sum, header.source_sum);
            rows[at] ^= 1;
        }
        /* Rows that change places. */
        uint8_t *a = rows, *b = rows + matrices[0].row_size;
        uint8_t kept = a[0];
        a[0] = b[0], b[0] = kept;
        assert_int_equal(packed_source_sum(&sum, &plan, pool, NULL), INGLE_OK);
        assert_int_equal(sum == header.source_sum, a[0] == b[0]);
        kept = a[0];
        a[0] = b[0], b[0] = kept;
        pool_free(pool);
    }
}

static void known_files_are_not_read_again(void **state) {
    (void)state;
    int fd = build(2, 77);
    assert_int_equal(mprotect(rows, rows_size, PROT_NONE), 0);
    assert_false(is_used(fd));
    assert_int_equal(mprotect(rows, rows_size, PROT_READ | PROT_WRITE), 0);
    close(fd);
}

static void moved_files_are_read_and_known_again(void **state) {
    (void)state;
    int fd = build(2, 76);
    assert_true(is_used(fd));
    close(fd);
    fd = build(2, 0);
    assert_true(is_used(fd));
    /* Too young to be known: read, and nothing is recorded of it. */
    source.identity = 0;
    assert_false(is_used(fd));
    rows[5] ^= 4;
    is_refused(fd, "have changed since");
    rows[5] ^= 4;
    source.identity = 77;
    rows[rows_size - 1] ^= 4;
    is_refused(fd, "have changed since");
    rows[rows_size - 1] ^= 4;
    close(fd);
}

static void a_changed_byte_of_the_weights_is_seen_wherever_it_is(void **state) {
    (void)state;
    int fd = build(2, 77);
    size_t data_at, file_size;
    assert_true(packed_sizes(plan.size, &data_at, &file_size));
    for (size_t at = data_at; at <= file_size; at += plan.size / 9) {
        uint8_t byte, other;
        off_t where = (off_t)(at < file_size ? at : file_size - 1);
        assert_int_equal(pread(fd, &byte, 1, where), 1);
        other = byte ^ 0x10;
        assert_int_equal(pwrite(fd, &other, 1, where), 1);
        is_refused(fd, "damaged in its weights");
        assert_int_equal(pwrite(fd, &byte, 1, where), 1);
    }
    assert_false(is_used(fd));
    close(fd);
}

static void a_file_cut_short_is_seen(void **state) {
    (void)state;
    int fd = build(2, 77);
    size_t data_at, file_size;
    assert_true(packed_sizes(plan.size, &data_at, &file_size));
    assert_int_equal(ftruncate(fd, (off_t)file_size - 1), 0);
    is_refused(fd, "another size");
    assert_int_equal(ftruncate(fd, 0), 0);
    is_refused(fd, "cut short");
    close(fd);
}

static void a_full_disk_is_an_error(void **state) {
    (void)state;
    int fd = open("/dev/full", O_RDWR | O_CLOEXEC);
    if (fd < 0) skip();
    uint64_t sums[16], sum;
    struct pool *pool = new_pool(3);
    ingle_error err = {0};
    uint64_t live = mem_live();
    assert_int_equal(packed_build(fd, 0, &plan, pool, sums, &sum, "/dev/full", &err), INGLE_LIMIT);
    assert_non_null(strstr(err.msg, "Cannot write to '/dev/full': No space left"));
    assert_int_equal(mem_live(), live);
    pool_free(pool);
    close(fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_threads_writes_what_packing_in_memory_gives),
        cmocka_unit_test(the_sum_of_the_source_is_that_of_every_row),
        cmocka_unit_test(known_files_are_not_read_again),
        cmocka_unit_test(moved_files_are_read_and_known_again),
        cmocka_unit_test(a_changed_byte_of_the_weights_is_seen_wherever_it_is),
        cmocka_unit_test(a_file_cut_short_is_seen),
        cmocka_unit_test(a_full_disk_is_an_error),
    };
    return cmocka_run_group_tests(tests, make_plan, free_plan);
}
