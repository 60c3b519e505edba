/* Parts of a text that are remembered. */
#include "engine/text/parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/rng.h"

/* "Merges" a part into an id a byte, of the byte and its place, or as its first byte says. */
struct rules {
    int n_calls;
};

static ingle_status merge(const void *rules, struct text_scratch *s, size_t start, size_t end,
                          struct id_sink *out, ingle_error *err) {
    ((struct rules *)(uintptr_t)rules)->n_calls++;
    if (s->text[start] == '!') return status_set(err, INGLE_INVALID, 0, "A part is refused.");
    if (s->text[start] == '-') return INGLE_OK;
    for (size_t i = start; i < end; i++) {
        id_sink_put(out, (uint8_t)s->text[i] << 8 | (int32_t)(i - start));
    }
    return INGLE_OK;
}

struct fixture {
    struct name_index index;
    struct text_scratch scratch;
    struct rules rules;
    int32_t ids[200];
};

static void begin(struct fixture *f, size_t len) {
    static const struct gguf_str none = {"", 0};
    *f = (struct fixture){0};
    assert_true(name_index_open(&f->index, &none, sizeof none, 0));
    assert_true(scratch_init(&f->scratch, len));
}

static void end(struct fixture *f) {
    scratch_clear(&f->scratch);
    name_index_clear(&f->index);
}

/* The ids of text[start..end) are right; returns how often the rules were asked. */
static int put(struct fixture *f, size_t start, size_t end_at) {
    struct id_sink out = {.ids = f->ids, .cap = 200};
    int before = f->rules.n_calls;
    assert_int_equal(
        scratch_put_part(&f->scratch, &f->index, merge, &f->rules, start, end_at, &out, NULL),
        INGLE_OK);
    assert_int_equal(out.n, f->scratch.text[start] == '-' ? 0 : end_at - start);
    for (size_t i = 0; i < out.n; i++) {
        assert_int_equal(f->ids[i], (uint8_t)f->scratch.text[start + i] << 8 | (int32_t)i);
    }
    return f->rules.n_calls - before;
}

static void a_part_that_comes_again_is_not_merged_again(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, 1000);
    scratch_begin(&f.scratch, "abcabc-x-x", 10);
    assert_int_equal(put(&f, 0, 3), 1);
    assert_int_equal(put(&f, 3, 6), 0);
    assert_int_equal(put(&f, 3, 5), 1); /* the beginning of it is another one */
    assert_int_equal(put(&f, 6, 8), 1);
    assert_int_equal(put(&f, 8, 10), 0); /* no ids are remembered too */
    end(&f);
}

static void a_short_text_remembers_nothing_and_needs_no_memory(void **state) {
    (void)state;
    struct fixture f;
    uint64_t live = mem_live();
    begin(&f, 100);
    scratch_begin(&f.scratch, "abab", 4);
    assert_int_equal(put(&f, 0, 2), 1);
    assert_int_equal(put(&f, 2, 4), 1);
    assert_int_equal(mem_live(), live + 1); /* the index */
    end(&f);
}

static void ids_that_do_not_fit_are_merged_every_time(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, 1000);
    scratch_begin(&f.scratch, "0123456789a0123456789a0123456789", 32);
    assert_int_equal(put(&f, 0, PART_IDS), 1);
    assert_int_equal(put(&f, 11, 11 + PART_IDS), 0);
    assert_int_equal(put(&f, 0, PART_IDS + 1), 2);
    assert_int_equal(put(&f, 11, 11 + PART_IDS + 1), 2);
    end(&f);
}

static void a_part_longer_than_a_key_is_remembered_in_its_fragment_only(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, 1000);
    scratch_begin(&f.scratch, "-23456789012-23456789012", 24);
    assert_int_equal(put(&f, 0, 12), 1);
    assert_int_equal(put(&f, 12, 24), 0);
    scratch_begin(&f.scratch, "-23456789012", 12);
    assert_int_equal(put(&f, 0, 12), 1);
    end(&f);
}

static void what_is_refused_is_refused_again(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, 1000);
    scratch_begin(&f.scratch, "!a!a", 4);
    for (int i = 0; i < 2; i++) {
        struct id_sink out = {0};
        ingle_error err = {0};
        assert_int_equal(scratch_put_part(&f.scratch, &f.index, merge, &f.rules, 0, 2, &out, &err),
                         INGLE_INVALID);
        assert_string_equal(err.msg, "A part is refused.");
        assert_int_equal(out.n, 0);
    }
    assert_int_equal(f.rules.n_calls, 2);
    end(&f);
}

static void all_ids_are_counted_where_none_are_kept(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, 1000);
    scratch_begin(&f.scratch, "abab", 4);
    struct id_sink out = {0};
    for (size_t at = 0; at < 4; at += 2) {
        assert_int_equal(
            scratch_put_part(&f.scratch, &f.index, merge, &f.rules, at, at + 2, &out, NULL),
            INGLE_OK);
    }
    assert_int_equal(out.n, 4);
    assert_int_equal(put(&f, 0, 2), 0); /* and yet remembered */
    end(&f);
}

static void random_parts_are_never_mixed_up(void **state) {
    (void)state;
    static char text[20000];
    struct fixture f;
    struct rng rng;
    rng_init(&rng, 5);
    begin(&f, 2000); /* few places */
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < sizeof text; i++) text[i] = "abc-"[rng_below(&rng, 4)];
        scratch_begin(&f.scratch, text, sizeof text);
        for (size_t at = 0, next; at < sizeof text; at = next) {
            next = at + 1 + rng_below(&rng, rng_below(&rng, 4) ? 5 : 90);
            if (next > sizeof text) next = sizeof text;
            (void)put(&f, at, next);
        }
    }
    assert_true(f.rules.n_calls > 0);
    end(&f);
}

static void out_of_memory_is_false(void **state) {
    (void)state;
    struct text_scratch s = {0};
    mem_fail_at(1, 0);
    assert_false(scratch_init(&s, 100000));
    mem_fail_at(0, 0);
    scratch_clear(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_that_comes_again_is_not_merged_again),
        cmocka_unit_test(a_short_text_remembers_nothing_and_needs_no_memory),
        cmocka_unit_test(ids_that_do_not_fit_are_merged_every_time),
        cmocka_unit_test(a_part_longer_than_a_key_is_remembered_in_its_fragment_only),
        cmocka_unit_test(what_is_refused_is_refused_again),
        cmocka_unit_test(all_ids_are_counted_where_none_are_kept),
        cmocka_unit_test(random_parts_are_never_mixed_up),
        cmocka_unit_test(out_of_memory_is_false),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
