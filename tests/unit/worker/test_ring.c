/* worker/wire/ring: shared memory with one writer a direction. */
#include "worker/wire/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/rng.h"
#include "support/process.h"
#include "support/refusal.h"

/* Both ends in this process. */
struct two {
    struct ring writer, reader;
};

static struct two make(void) {
    struct two t;
    struct ring_page *pages[2];
    for (int i = 0; i < 2; i++) {
        int fd;
        assert_int_equal(ring_create(&fd, &pages[i], NULL), INGLE_OK);
        close(fd);
    }
    t.writer = (struct ring){.own = pages[0], .others = pages[1]};
    t.reader = (struct ring){.own = pages[1], .others = pages[0]};
    return t;
}

static void clear(struct two *t) {
    ring_unmap(t->writer.own);
    ring_unmap(t->reader.own);
}

static void what_was_put_is_got_wherever_the_ring_begins_again(void **state) {
    (void)state;
    struct two t = make();
    static uint8_t in[RING_SIZE], out[RING_SIZE];
    struct rng rng;
    rng_init(&rng, 1);
    for (int round = 0; round < 200; round++) {
        bool broken = false;
        size_t size = rng_below(&rng, (uint32_t)RING_SIZE + 1), cut = size / 3;
        if (round % 3 == 0) size = cut = (size_t)round % 7;
        for (size_t i = 0; i < size; i++) in[i] = (uint8_t)rng_u32(&rng);
        assert_int_equal(ring_room(&t.writer, &broken), RING_SIZE);
        ring_put(&t.writer, 0, in, cut);
        ring_put(&t.writer, cut, in + cut, size - cut);
        assert_int_equal(ring_filled(&t.reader, &broken), 0); /* not yet */
        ring_publish(&t.writer, size);
        assert_int_equal(ring_filled(&t.reader, &broken), size);
        assert_int_equal(ring_room(&t.writer, &broken), RING_SIZE - size);
        ring_get(&t.reader, 0, out, size - cut);
        ring_get(&t.reader, size - cut, out + (size - cut), cut);
        assert_memory_equal(in, out, size);
        ring_release(&t.reader, size);
        assert_int_equal(ring_filled(&t.reader, &broken), 0);
        assert_false(broken);
    }
    clear(&t);
}

static bool is_zero(const struct ring_page *page) {
    for (size_t i = 0; i < RING_SIZE; i++) {
        if (page->data[i]) return false;
    }
    return true;
}

static void what_was_taken_can_be_wiped(void **state) {
    (void)state;
    struct two t = make();
    static uint8_t words[RING_SIZE];
    static const size_t sizes[] = {5, RING_SIZE, 700000, 700000, 0, 1, RING_SIZE - 3};
    bool broken = false;
    memset(words, 'w', sizeof words);
    for (size_t i = 0; i < BASE_COUNT(sizes); i++) {
        ring_put(&t.writer, 0, words, sizes[i]);
        ring_publish(&t.writer, sizes[i]);
        ring_wipe(&t.writer);
        assert_int_equal(is_zero(t.writer.own), sizes[i] == 0); /* not yet taken */
        assert_int_equal(ring_filled(&t.reader, &broken), sizes[i]);
        ring_release(&t.reader, sizes[i]);
        if (i % 3 == 1) continue; /* it may be left to a later time */
        ring_wipe(&t.writer);
        assert_true(is_zero(t.writer.own));
    }
    atomic_store(&t.reader.own->read, 1); /* who lies about it gains nothing */
    ring_wipe(&t.writer);
    clear(&t);
}

static void counters_may_wrap(void **state) {
    (void)state;
    struct two t = make();
    bool broken = false;
    uint64_t near_end = UINT64_MAX - 2;
    atomic_store(&t.writer.own->written, near_end);
    atomic_store(&t.reader.own->read, near_end);
    ring_put(&t.writer, 0, "abcdefgh", 8);
    ring_publish(&t.writer, 8);
    char got[8];
    assert_int_equal(ring_filled(&t.reader, &broken), 8);
    ring_get(&t.reader, 0, got, 8);
    ring_release(&t.reader, 8);
    assert_memory_equal(got, "abcdefgh", 8);
    assert_int_equal(ring_room(&t.writer, &broken), RING_SIZE);
    assert_false(broken);
    clear(&t);
}

static void counters_that_cannot_be_are_noticed(void **state) {
    (void)state;
    static const uint64_t wrong[] = {RING_SIZE + 1, UINT64_MAX, (uint64_t)1 << 63, RING_SIZE * 2};
    for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
        struct two t = make();
        bool broken = false;
        atomic_store(&t.writer.own->written, wrong[i]);
        assert_int_equal(ring_filled(&t.reader, &broken), 0);
        assert_true(broken);
        atomic_store(&t.writer.own->written, 0);
        broken = false;
        /* More taken than was ever written; or so much less that more was than fits. */
        atomic_store(&t.reader.own->read, -wrong[i]);
        assert_int_equal(ring_room(&t.writer, &broken), 0);
        assert_true(broken);
        clear(&t);
    }
}

static void its_memory_keeps_its_size_and_its_one_writer(void **state) {
    (void)state;
    int fd;
    struct ring_page *page;
    const struct ring_page *seen;
    assert_int_equal(ring_create(&fd, &page, NULL), INGLE_OK);
    assert_int_equal(ring_protect(fd, NULL), INGLE_OK);
    assert_int_equal(ftruncate(fd, 0), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(ftruncate(fd, 1 << 24), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(pwrite(fd, "x", 1, 0), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096), -1);
    assert_int_equal(errno, EPERM);
    struct ring_page *second;
    ingle_error err;
    expect_refusal(ring_map_own(&second, fd, &err), INGLE_FAILED, &err, "ingle ring");
    /* Who has it mapped already still writes, and the others see it. */
    assert_int_equal(ring_map(&seen, fd, NULL), INGLE_OK);
    atomic_store(&page->beats, 7);
    assert_int_equal(atomic_load(&seen->beats), 7);
    assert_int_equal(mprotect((void *)(uintptr_t)seen, sizeof *seen, PROT_READ | PROT_WRITE), -1);
    ring_unmap(seen);
    ring_unmap(page);
    close(fd);
}

static void other_descriptors_are_no_rings(void **state) {
    (void)state;
    const struct ring_page *page;
    ingle_error err;
    int n_files = process_n_files();
    int fds[4];
    assert_int_equal(pipe(fds), 0);
    fds[2] = memfd_create("short", MFD_ALLOW_SEALING);
    assert_int_equal(ftruncate(fds[2], 4096), 0);
    assert_int_equal(fcntl(fds[2], F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
    fds[3] = memfd_create("not fixed", MFD_ALLOW_SEALING);
    assert_int_equal(ftruncate(fds[3], sizeof *page), 0);
    for (int i = 0; i < 4; i++) {
        expect_refusal(ring_map(&page, fds[i], &err), INGLE_INVALID, &err, "no shared memory");
        assert_null(page);
        close(fds[i]);
    }
    expect_refusal(ring_map(&page, -1, &err), INGLE_FAILED, &err, "ingle ring");
    assert_int_equal(process_n_files(), n_files);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_got_wherever_the_ring_begins_again),
        cmocka_unit_test(what_was_taken_can_be_wiped),
        cmocka_unit_test(counters_may_wrap),
        cmocka_unit_test(counters_that_cannot_be_are_noticed),
        cmocka_unit_test(its_memory_keeps_its_size_and_its_one_writer),
        cmocka_unit_test(other_descriptors_are_no_rings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
