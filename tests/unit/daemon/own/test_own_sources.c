/* daemon/own/own_sources: which sentence a sentence rests on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "daemon/own/own_task.h"

static void put(struct buf *out, const char *summary, size_t n, const char *source,
                size_t n_source) {
    struct json j;
    buf_init(out, 1 << 20);
    json_init_buf(&j, out);
    json_begin(&j, '{');
    own_put_sources(&j, "s", summary, n, source, n_source);
    json_end(&j, '}');
    assert_true(buf_add(out, "", 1));
}

static void expect(const char *summary, const char *source, const char *json) {
    struct buf out;
    put(&out, summary, strlen(summary), source, strlen(source));
    assert_string_equal(out.data, json);
    buf_clear(&out);
}

static void the_sentence_with_most_of_its_words_is_found(void **state) {
    (void)state;
    expect("Foxes sleep.", "It rains today. All foxes sleep at noon. Bears do not.",
           "{\"s\":[{\"summary\":[0,12],\"source\":[16,40]}]}");
}

static void places_are_those_of_a_browsers_strings(void **state) {
    (void)state;
    expect("\xf0\x9f\x98\x80 Foxes sleep.", "\xf0\x9f\x98\x80! \xc3\xa9. Foxes sleep.",
           "{\"s\":[{\"summary\":[0,15],\"source\":[7,19]}]}");
}

static void what_rests_on_nothing_is_left_out(void **state) {
    (void)state;
    expect("Whales sing.", "It rains today.", "{\"s\":[]}");
    expect("", "It rains today.", "{\"s\":[]}");
    expect("Whales sing.", "", "{\"s\":[]}");
    expect("...", "...", "{\"s\":[]}");
}

/* Longer than all that is remembered, and not even text. */
static void any_bytes_end_in_order(void **state) {
    static char summary[40000], source[40000];
    struct rng rng;
    (void)state;
    rng_init(&rng, 1);
    for (int round = 0; round < 4; round++) {
        for (size_t i = 0; i < sizeof source; i++) {
            summary[i] = (char)(round % 2 ? rng_u32(&rng) : 'a' + rng_below(&rng, 26));
            source[i] = i % 2 ? summary[i] : ". "[rng_below(&rng, 2)];
            if (i % 7 == 0) summary[i] = ' ';
            if (i % 500 == 0) summary[i] = '.';
        }
        struct buf out;
        struct arena arena;
        const struct json_value *v;
        put(&out, summary, sizeof summary, source, sizeof source);
        arena_init(&arena, 1 << 20);
        assert_int_equal(json_tree_parse(&v, &arena, out.data, out.size - 1, "it", NULL), INGLE_OK);
        arena_clear(&arena);
        buf_clear(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sentence_with_most_of_its_words_is_found),
        cmocka_unit_test(places_are_those_of_a_browsers_strings),
        cmocka_unit_test(what_rests_on_nothing_is_left_out),
        cmocka_unit_test(any_bytes_end_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
