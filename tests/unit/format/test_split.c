/* engine/format/gguf: models in several files. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "engine/format/gguf.h"
#include "support/folder.h"
#include "support/gguf_writer.h"

#define N_PARTS 3

static const char *part_path(int i) {
    static char paths[N_PARTS][128];
    char name[64];
    snprintf(name, sizeof name, "m-%05d-of-%05d.gguf", i + 1, N_PARTS);
    snprintf(paths[i], sizeof paths[i], "%s", folder_file(name));
    return paths[i];
}

static int remove_parts(void **state) {
    (void)state;
    for (int i = 0; i < N_PARTS; i++) unlink(part_path(i));
    return 0;
}

static void start_part(struct gguf_writer *w, int number, int count) {
    gguf_writer_init(w);
    gguf_writer_key(w, "split.no", GGUF_U16), put_u16(&w->kvs, (uint16_t)number);
    gguf_writer_key(w, "split.count", GGUF_U16), put_u16(&w->kvs, (uint16_t)count);
}

/* Part i holds i tensors, named "i.k"; the first carries the metadata and none. */
static void save_part(int i, int number, int count, int declared) {
    struct gguf_writer w;
    start_part(&w, number, count);
    if (i == 0) {
        gguf_writer_str(&w, "general.name", "in parts");
        gguf_writer_key(&w, "split.tensors.count", GGUF_I32);
        put_u32(&w.kvs, (uint32_t)declared);
    }
    for (int k = 0; k < i; k++) {
        char name[32];
        snprintf(name, sizeof name, "%d.%d", i, k);
        gguf_writer_tensor(&w, name, 1, (uint64_t[]){32}, 0);
    }
    if (w.data.size) w.data.data[0] = (char)('0' + i);
    assert_true(gguf_writer_save(&w, part_path(i)));
}

static void save_all(void) {
    for (int i = 0; i < N_PARTS; i++) save_part(i, i, N_PARTS, 3);
}

/* As somebody who goes by the names alone hands the files over: with the first part the others, as
 * far as they are there. */
static ingle_status open_handed(struct gguf **g, const char *path, ingle_error *err) {
    int fds[N_PARTS] = {open(path, O_RDONLY | O_CLOEXEC)};
    size_t n = 1;
    while (strcmp(path, part_path(0)) == 0 && n < N_PARTS) {
        fds[n] = open(part_path((int)n), O_RDONLY | O_CLOEXEC);
        if (fds[n] < 0) break;
        n++;
    }
    ingle_status status = gguf_open_files(g, fds, n, path, err);
    for (size_t i = 0; i < n; i++) close(fds[i]);
    return status;
}

/* In the same words whoever opens the files. */
static void refuses(const char *path, ingle_status code, const char *saying) {
    struct gguf *g;
    ingle_error err = {0}, handed = {0};
    ingle_status status = gguf_open(&g, path, &err);
    if (status != code) fail_msg("%s: %s", ingle_status_name(status), err.msg);
    assert_null(g);
    if (!strstr(err.msg, saying)) fail_msg("'%s' does not say '%s'", err.msg, saying);
    assert_int_equal(open_handed(&g, path, &handed), code);
    assert_null(g);
    assert_string_equal(handed.msg, err.msg);
}

static void all_parts_open_as_one_model(void **state) {
    (void)state;
    save_all();
    struct gguf *g;
    ingle_error err = {0};
    if (gguf_open(&g, part_path(0), &err) != INGLE_OK) fail_msg("%s", err.msg);
    assert_int_equal(gguf_n_tensors(g), 3);
    assert_int_equal(gguf_tensor_at(g, 0)->shard, 1);
    assert_int_equal(gguf_find_tensor(g, "1.0")->data[0], '1');
    assert_int_equal(gguf_find_tensor(g, "2.0")->data[0], '2');
    assert_int_equal(gguf_find_tensor(g, "2.1")->shard, 2);
    assert_string_equal(gguf_path(g), part_path(0));
    assert_non_null(gguf_find(g, "general.name"));
    uint64_t size = 0;
    for (int i = 0; i < N_PARTS; i++) {
        FILE *file = fopen(part_path(i), "rb");
        fseek(file, 0, SEEK_END);
        size += (uint64_t)ftell(file);
        fclose(file);
    }
    assert_int_equal(gguf_file_size(g), size);
    assert_int_equal(gguf_n_parts(g), N_PARTS);
    for (int i = 0; i < N_PARTS; i++) {
        struct gguf_part part = gguf_part_at(g, i);
        assert_memory_equal(part.data, "GGUF", 4);
        assert_int_equal(part.identity.size, part.size);
        /* Before the first tensor there is nothing more than padding. */
        for (size_t k = 0; k < gguf_n_tensors(g); k++) {
            const struct gguf_tensor *t = gguf_tensor_at(g, k);
            if (t->shard == i) assert_in_range(t->offset - part.head_size, 0, 3 * 128 + 31);
        }
        assert_in_range(part.head_size, 24, part.size);
    }
    gguf_close(g);
}

static void parts_that_somebody_opened_are_one_model_under_any_name(void **state) {
    (void)state;
    save_all();
    int fds[N_PARTS + 1];
    for (int i = 0; i < N_PARTS; i++) fds[i] = open(part_path(i), O_RDONLY | O_CLOEXEC);
    fds[N_PARTS] = fds[0];
    static const char *const names[] = {"the model", "m-00001-of-00003.gguf"};
    for (size_t k = 0; k < BASE_COUNT(names); k++) {
        struct gguf *g;
        assert_int_equal(gguf_open_files(&g, fds, N_PARTS, names[k], NULL), INGLE_OK);
        assert_int_equal(gguf_n_parts(g), N_PARTS);
        assert_int_equal(gguf_find_tensor(g, "2.0")->data[0], '2');
        assert_string_equal(gguf_path(g), names[k]);
        gguf_close(g);
    }
    struct gguf *g;
    ingle_error err = {0};
    static const int swapped[N_PARTS] = {0, 2, 1};
    for (int i = 0; i < N_PARTS; i++) {
        close(fds[i]);
        fds[i] = open(part_path(swapped[i]), O_RDONLY | O_CLOEXEC);
    }
    fds[N_PARTS] = fds[0];
    assert_int_equal(gguf_open_files(&g, fds, N_PARTS, "the model", &err), INGLE_INVALID);
    assert_string_equal(err.msg, "'the model' does not say that it is part 2 of 3.");
    /* Which one is missing, or too much, cannot be told without a name. */
    assert_int_equal(gguf_open_files(&g, fds, N_PARTS - 1, "the model", &err), INGLE_INVALID);
    assert_int_equal(gguf_open_files(&g, fds, N_PARTS + 1, "the model", &err), INGLE_INVALID);
    for (int i = 0; i < N_PARTS; i++) close(fds[i]);
}

/* Its neighbours are not its parts, whatever they are. */
static void a_model_in_one_file_may_be_named_like_a_part(void **state) {
    (void)state;
    struct gguf_writer w;
    gguf_writer_init(&w);
    assert_true(gguf_writer_save(&w, part_path(0)));
    assert_true(save_bytes(part_path(1), "junk", 4));
    struct gguf *g;
    assert_int_equal(gguf_open(&g, part_path(0), NULL), INGLE_OK);
    gguf_close(g);
    assert_int_equal(open_handed(&g, part_path(0), NULL), INGLE_OK);
    assert_int_equal(gguf_n_parts(g), 1);
    gguf_close(g);
}

static void a_split_count_of_one_is_an_ordinary_file(void **state) {
    (void)state;
    struct gguf_writer w;
    start_part(&w, 0, 1);
    assert_true(gguf_writer_save(&w, part_path(1)));
    struct gguf *g;
    assert_int_equal(gguf_open(&g, part_path(1), NULL), INGLE_OK);
    gguf_close(g);
}

static void a_later_part_is_refused_and_the_first_named(void **state) {
    (void)state;
    save_all();
    refuses(part_path(1), INGLE_INVALID, "-00001-of-00003.gguf");
    refuses(part_path(2), INGLE_INVALID, "part 3 of 3");
}

static void a_first_part_under_another_name_is_refused(void **state) {
    (void)state;
    save_all();
    const char *path = folder_file("renamed.gguf");
    assert_int_equal(rename(part_path(0), path), 0);
    refuses(path, INGLE_INVALID, "does not end in -00001-of-00003.gguf");
    unlink(path);
}

static void a_missing_part_is_not_found_by_name(void **state) {
    (void)state;
    save_all();
    unlink(part_path(2));
    refuses(part_path(0), INGLE_NOT_FOUND, "m-00003-of-00003.gguf");
}

static void parts_of_another_set_are_refused(void **state) {
    (void)state;
    save_all();
    save_part(1, 2, N_PARTS, 0);
    refuses(part_path(0), INGLE_INVALID, "part 2 of 3");
    save_part(1, 1, N_PARTS + 1, 0);
    refuses(part_path(0), INGLE_INVALID, "part 2 of 3");
    struct gguf_writer w;
    gguf_writer_init(&w);
    assert_true(gguf_writer_save(&w, part_path(1)));
    refuses(part_path(0), INGLE_INVALID, "part 2 of 3");
    assert_true(save_bytes(part_path(1), "junk", 4));
    refuses(part_path(0), INGLE_INVALID, "m-00002-of-00003.gguf");
}

static void a_wrong_total_or_a_repeated_tensor_is_refused(void **state) {
    (void)state;
    save_all();
    save_part(0, 0, N_PARTS, 4);
    refuses(part_path(0), INGLE_INVALID, "split.tensors.count says 4");
    save_part(0, 0, N_PARTS, -1);
    refuses(part_path(0), INGLE_INVALID, "split.tensors.count");
    save_part(0, 0, N_PARTS, 3);
    struct gguf_writer w;
    start_part(&w, 1, N_PARTS);
    gguf_writer_tensor(&w, "2.1", 1, (uint64_t[]){1}, 0);
    assert_true(gguf_writer_save(&w, part_path(1)));
    refuses(part_path(0), INGLE_INVALID, "2.1");
}

static void impossible_split_keys_are_refused(void **state) {
    (void)state;
    static const uint32_t counts[] = {1025, 65536, INT32_MAX, UINT32_MAX};
    for (size_t i = 0; i < BASE_COUNT(counts); i++) {
        struct gguf_writer w;
        gguf_writer_init(&w);
        gguf_writer_u32(&w, "split.count", counts[i]);
        assert_true(gguf_writer_save(&w, part_path(0)));
        refuses(part_path(0), INGLE_INVALID, "split.count");
    }
    struct gguf_writer w;
    gguf_writer_init(&w);
    gguf_writer_str(&w, "split.count", "3");
    assert_true(gguf_writer_save(&w, part_path(0)));
    refuses(part_path(0), INGLE_INVALID, "split.count");
    gguf_writer_init(&w);
    gguf_writer_u32(&w, "split.count", 3);
    gguf_writer_u32(&w, "split.no", 5000);
    assert_true(gguf_writer_save(&w, part_path(0)));
    refuses(part_path(0), INGLE_INVALID, "split.no");
}

static void every_failed_allocation_is_reported(void **state) {
    (void)state;
    save_all();
    int n_failed = 0;
    for (uint64_t n = 1;; n++) {
        struct gguf *g;
        ingle_error err = {0};
        uint64_t before = mem_live();
        mem_fail_at(n, 0);
        ingle_status status = gguf_open(&g, part_path(0), &err);
        mem_fail_at(0, 0);
        if (status == INGLE_OK) {
            gguf_close(g);
            break;
        }
        assert_int_equal(status, INGLE_NO_MEMORY);
        assert_int_equal(mem_live(), before);
        assert_null(g);
        n_failed++;
    }
    assert_true(n_failed >= 12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(all_parts_open_as_one_model, remove_parts),
        cmocka_unit_test_teardown(parts_that_somebody_opened_are_one_model_under_any_name,
                                  remove_parts),
        cmocka_unit_test_teardown(a_model_in_one_file_may_be_named_like_a_part, remove_parts),
        cmocka_unit_test_teardown(a_split_count_of_one_is_an_ordinary_file, remove_parts),
        cmocka_unit_test_teardown(a_later_part_is_refused_and_the_first_named, remove_parts),
        cmocka_unit_test_teardown(a_first_part_under_another_name_is_refused, remove_parts),
        cmocka_unit_test_teardown(a_missing_part_is_not_found_by_name, remove_parts),
        cmocka_unit_test_teardown(parts_of_another_set_are_refused, remove_parts),
        cmocka_unit_test_teardown(a_wrong_total_or_a_repeated_tensor_is_refused, remove_parts),
        cmocka_unit_test_teardown(impossible_split_keys_are_refused, remove_parts),
        cmocka_unit_test_teardown(every_failed_allocation_is_reported, remove_parts),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
