/* task/extract: what is chosen of a text, with and without an encoder. */
#include "task/extract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/rng.h"
#include "engine/format/gguf_write.h"
#include "engine/pack/encoder.h"
#include "engine/pack/encoder_text.h"
#include "support/cpu_time.h"

static const char story[] =
    "# The bridge over the river\n\n"
    "The council has decided to build a new bridge over the river next year. "
    "It rained on Tuesday. "
    "The new bridge over the river will cost the council nine million, more than was planned. "
    "The bridge over the river that the council is to build will cost nine million. "
    "A man was seen with a dog. "
    "Boats will pass under the bridge, and bicycles have a lane of their own.\n\n"
    "```\nbridge bridge bridge river council\n```\n"
    "- Work on the bridge is to begin in March.\n"
    "- Lunch was served.\n";

static ingle_tasks *tasks(void) {
    ingle_tasks *t;
    assert_int_equal(ingle_tasks_new(&t, NULL, NULL), INGLE_OK);
    return t;
}

static size_t choose(const char *text, size_t len, struct extract_options opt,
                     struct text_range **out) {
    ingle_tasks *t = tasks();
    ingle_error err = {0};
    size_t n;
    assert_int_equal(extract_sentences(t, text, len, &opt, out, &n, &err), INGLE_OK);
    ingle_tasks_free(t);
    return n;
}

/* The chosen sentences with "|" between them. */
static void require_chosen(const char *text, struct extract_options opt, const char *expected) {
    struct text_range *list;
    size_t n = choose(text, strlen(text), opt, &list);
    struct buf b;
    buf_init(&b, 4096);
    for (size_t i = 0; i < n; i++) {
        if (i > 0) buf_add_str(&b, "|");
        buf_add(&b, text + list[i].from, list[i].to - list[i].from);
    }
    assert_string_equal(b.data ? b.data : "", expected);
    buf_clear(&b);
    mem_free(list);
}

/* A text of n sentences over few words, some of them twice. */
static char *make_text(size_t n, size_t *len) {
    static const char *const words[] = {"bridge", "river", "council", "cost", "boat", "lane",
                                        "year",   "town",  "plan",    "work", "vote", "tax"};
    struct buf b;
    struct rng rng;
    buf_init(&b, (size_t)1 << 30);
    rng_init(&rng, n);
    for (size_t i = 0; i < n; i++) {
        buf_addf(&b, "Item%zu", i / 2);
        for (uint32_t k = 4 + rng_below(&rng, 8); k > 0; k--) {
            buf_addf(&b, " %s", words[rng_below(&rng, BASE_COUNT(words))]);
        }
        buf_add_str(&b, i % 9 == 8 ? ".\n\n" : ". ");
    }
    *len = b.size;
    return b.data;
}

static void the_best_sentence_is_about_what_the_text_is_about(void **state) {
    (void)state;
    require_chosen(
        story, (struct extract_options){.n_sentences = 1},
        "The bridge over the river that the council is to build will cost nine million.");
}

static void two_sentences_do_not_say_the_same(void **state) {
    (void)state;
    static const char twice[] =
        "The council builds a bridge over the river. The council builds a bridge over the river! "
        "The bridge costs nine million. Nothing else happened on that day in the town.";
    require_chosen(twice, (struct extract_options){.n_sentences = 2},
                   "The council builds a bridge over the river.|The bridge costs nine million.");
}

static void the_title_draws_what_it_names(void **state) {
    (void)state;
    static const char text[] = "Cats sleep a lot and cats eat a lot of fish. Dogs and cats "
                               "run far every morning. Cats eat fish and cats sleep by the fire.";
    require_chosen(text, (struct extract_options){.n_sentences = 1},
                   "Cats sleep a lot and cats eat a lot of fish.");
    struct extract_options opt = {.n_sentences = 1, .title = "Morning dogs", .title_len = 12};
    require_chosen(text, opt, "Dogs and cats run far every morning.");
}

static void the_title_once_more_is_no_summary(void **state) {
    (void)state;
    require_chosen(
        "# The new bridge\n\nThe new bridge\n\nIt crosses the river where the old bridge "
        "was. Lunch was served.",
        (struct extract_options){.n_sentences = 1},
        "It crosses the river where the old bridge was.");
}

static void bytes_bound_what_is_chosen_but_never_to_nothing(void **state) {
    (void)state;
    struct text_range *list;
    for (size_t max = 1; max < sizeof story; max += 7) {
        size_t n =
            choose(story, sizeof story - 1, (struct extract_options){.max_bytes = max}, &list);
        size_t sum = 0;
        assert_true(n >= 1);
        for (size_t i = 0; i < n; i++) sum += list[i].to - list[i].from;
        assert_true(n == 1 || sum <= max);
        mem_free(list);
    }
}

static void both_bounds_hold_in_long_texts(void **state) {
    (void)state;
    size_t len;
    char *text = make_text(3000, &len);
    static const size_t max[] = {1, 50, 400, 5000, 60000};
    for (size_t i = 0; i < BASE_COUNT(max); i++) {
        for (size_t n_wanted = 0; n_wanted <= 500; n_wanted += 250) {
            struct extract_options opt = {.n_sentences = n_wanted, .max_bytes = max[i]};
            struct text_range *list;
            size_t sum = 0, n = choose(text, len, opt, &list);
            assert_true(n >= 1 && (n_wanted == 0 || n <= n_wanted));
            for (size_t k = 0; k < n; k++) sum += list[k].to - list[k].from;
            assert_true(n == 1 || sum <= max[i]);
            /* Bytes are not left lying about where sentences of some 50 would fit. */
            if (n_wanted == 0 && max[i] >= 400) assert_true(sum >= max[i] * 8 / 10);
            mem_free(list);
        }
    }
    mem_free(text);
}

static void no_bound_means_three_sentences(void **state) {
    (void)state;
    struct text_range *list;
    assert_int_equal(choose(story, sizeof story - 1, (struct extract_options){0}, &list), 3);
    mem_free(list);
}

static void a_text_without_sentences_gives_none(void **state) {
    (void)state;
    struct text_range *list;
    assert_int_equal(choose("", 0, (struct extract_options){0}, &list), 0);
    assert_null(list);
    assert_int_equal(choose(" \n\n---\n", 7, (struct extract_options){0}, &list), 0);
    assert_null(list);
}

static void headings_and_code_are_chosen_only_if_there_is_nothing_else(void **state) {
    (void)state;
    require_chosen("# One\n```\ncode\n```\n", (struct extract_options){.n_sentences = 1}, "One");
    require_chosen("# Bridge\n\nA bridge it is.\n\n## Bridge\n\n```\nbridge\n```",
                   (struct extract_options){.n_sentences = 5}, "A bridge it is.");
}

static void as_many_as_wanted_come_in_the_order_of_the_text(void **state) {
    (void)state;
    size_t len;
    char *text = make_text(300, &len);
    assert_non_null(text);
    static const size_t wanted[] = {1, 2, 31, 32, 33, 64, 100, 299, 300, 1000};
    for (size_t i = 0; i < BASE_COUNT(wanted); i++) {
        struct text_range *list;
        size_t n = choose(text, len, (struct extract_options){.n_sentences = wanted[i]}, &list);
        assert_int_equal(n, wanted[i] < 300 ? wanted[i] : 300);
        for (size_t k = 1; k < n; k++) assert_true(list[k].from >= list[k - 1].to);
        mem_free(list);
    }
    mem_free(text);
}

static void the_same_question_has_the_same_answer(void **state) {
    (void)state;
    size_t len;
    char *text = make_text(2000, &len);
    struct text_range *a, *b;
    size_t n = choose(text, len, (struct extract_options){.n_sentences = 50}, &a);
    assert_int_equal(choose(text, len, (struct extract_options){.n_sentences = 50}, &b), n);
    assert_memory_equal(a, b, n * sizeof *a);
    mem_free(a);
    mem_free(b);
    mem_free(text);
}

static void time_is_linear_in_the_text(void **state) {
    (void)state;
    size_t len;
    char *text = make_text(100000, &len); /* 6 MB */
    struct text_range *list;
    double start = cpu_time_ms();
    assert_int_equal(choose(text, len, (struct extract_options){.n_sentences = 1000}, &list), 1000);
    /* Every sentence with every other would be ten thousand million pairs. */
    assert_true(cpu_time_within(start, 8000));
    mem_free(list);
    mem_free(text);
}

static bool stop_at_once(const ingle_progress *progress, void *user) {
    assert_non_null(progress->step);
    ++*(int *)user;
    return false;
}

static void who_has_enough_is_obeyed(void **state) {
    (void)state;
    ingle_tasks *t = tasks();
    struct text_range *list;
    size_t n;
    int calls = 0;
    ingle_error err;
    struct extract_options opt = {.on_progress = stop_at_once, .user = &calls};
    assert_int_equal(extract_sentences(t, story, sizeof story - 1, &opt, &list, &n, &err),
                     INGLE_CANCELLED);
    assert_int_equal(calls, 1);
    ingle_tasks_cancel(t);
    opt.on_progress = NULL;
    assert_int_equal(extract_sentences(t, story, sizeof story - 1, &opt, &list, &n, &err),
                     INGLE_CANCELLED);
    assert_null(list);
    ingle_tasks_free(t);
}

static void no_memory_is_said_at_every_allocation(void **state) {
    (void)state;
    ingle_tasks *t = tasks();
    uint64_t live = mem_live();
    for (uint64_t i = 1;; i++) {
        struct text_range *list;
        size_t n;
        ingle_error err;
        struct extract_options opt = {.n_sentences = 2};
        mem_fail_at(i, 0);
        ingle_status status = extract_sentences(t, story, sizeof story - 1, &opt, &list, &n, &err);
        mem_fail_at(0, 0);
        if (status == INGLE_OK) {
            mem_free(list);
            assert_true(i > 5);
            break;
        }
        assert_int_equal(status, INGLE_NO_MEMORY);
        assert_null(list);
        assert_int_equal(mem_live(), live);
    }
    ingle_tasks_free(t);
}

/* An encoder that knows two meanings: of beasts of prey, and of all else. */
static ingle_pack *make_encoder(void **memory) {
    static const char *const beasts[] = {"felines", "lion", "tigers", "leopard"};
    static const int8_t rows[4][8] = {{9, 1}, {9, 1}, {9, 1}, {9, 1}}, other[1][8] = {{0, 0, 5}};
    static const float scales[4] = {1, 1, 1, 1};
    uint32_t hashes[4];
    for (size_t i = 0; i < 4; i++) {
        struct encoder_word w;
        size_t at = 0, k = i;
        assert_true(encoder_next_word(beasts[i], strlen(beasts[i]), &at, &w));
        for (; k > 0 && hashes[k - 1] > encoder_word_hash(&w); k--) hashes[k] = hashes[k - 1];
        hashes[k] = encoder_word_hash(&w);
    }
    struct gguf_write w;
    struct buf out;
    gguf_write_init(&w, (size_t)1 << 20);
    gguf_write_str(&w, "general.architecture", PACK_ARCHITECTURE);
    gguf_write_str(&w, "ingle.kind", "encoder");
    gguf_write_u32(&w, "ingle.version", 1);
    gguf_write_tensor(&w, ENCODER_WORD_HASH, ENCODER_TYPE_I32, 4, 0, hashes);
    gguf_write_tensor(&w, ENCODER_WORD, ENCODER_TYPE_I8, 8, 4, rows);
    gguf_write_tensor(&w, ENCODER_WORD_SCALE, ENCODER_TYPE_F32, 4, 0, scales);
    gguf_write_tensor(&w, ENCODER_PIECE, ENCODER_TYPE_I8, 8, 1, other);
    gguf_write_tensor(&w, ENCODER_PIECE_SCALE, ENCODER_TYPE_F32, 1, 0, scales);
    buf_init(&out, (size_t)1 << 20);
    assert_int_equal(gguf_write_finish(&w, &out, NULL), INGLE_OK);
    *memory = mem_aligned(64, out.size);
    assert_non_null(*memory);
    memcpy(*memory, out.data, out.size);
    ingle_pack *pack;
    assert_int_equal(ingle_pack_open_memory(&pack, *memory, out.size, "it", NULL), INGLE_OK);
    buf_clear(&out);
    return pack;
}

static void an_encoder_knows_what_the_title_means(void **state) {
    (void)state;
    static const char text[] =
        "Boats sail north slowly. A lion met tigers. Bread costs much money. "
        "The leopard sleeps well.";
    void *memory;
    ingle_pack *encoder = make_encoder(&memory);
    ingle_tasks_options with = ingle_tasks_options_default();
    ingle_tasks *t;
    with.encoder = encoder;
    assert_int_equal(ingle_tasks_new(&t, &with, NULL), INGLE_OK);
    struct extract_options opt = {.n_sentences = 1, .title = "Felines", .title_len = 7};
    struct text_range *list;
    size_t n;
    require_chosen(text, opt, "Boats sail north slowly.");
    assert_int_equal(extract_sentences(t, text, sizeof text - 1, &opt, &list, &n, NULL), INGLE_OK);
    assert_int_equal(n, 1);
    assert_memory_equal(text + list[0].from, "A lion met tigers.", 18);
    mem_free(list);
    uint64_t live = mem_live();
    ingle_status status = INGLE_NO_MEMORY;
    for (uint64_t i = 1; status != INGLE_OK; i++) {
        mem_fail_at(i, 0);
        status = extract_sentences(t, text, sizeof text - 1, &opt, &list, &n, NULL);
        mem_fail_at(0, 0);
        if (status == INGLE_OK) break;
        assert_int_equal(status, INGLE_NO_MEMORY);
        assert_int_equal(mem_live(), live);
    }
    mem_free(list);
    ingle_tasks_free(t);
    ingle_pack_close(encoder);
    mem_free(memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_sentence_is_about_what_the_text_is_about),
        cmocka_unit_test(two_sentences_do_not_say_the_same),
        cmocka_unit_test(the_title_draws_what_it_names),
        cmocka_unit_test(the_title_once_more_is_no_summary),
        cmocka_unit_test(bytes_bound_what_is_chosen_but_never_to_nothing),
        cmocka_unit_test(both_bounds_hold_in_long_texts),
        cmocka_unit_test(no_bound_means_three_sentences),
        cmocka_unit_test(a_text_without_sentences_gives_none),
        cmocka_unit_test(headings_and_code_are_chosen_only_if_there_is_nothing_else),
        cmocka_unit_test(as_many_as_wanted_come_in_the_order_of_the_text),
        cmocka_unit_test(the_same_question_has_the_same_answer),
        cmocka_unit_test(time_is_linear_in_the_text),
        cmocka_unit_test(who_has_enough_is_obeyed),
        cmocka_unit_test(an_encoder_knows_what_the_title_means),
        cmocka_unit_test(no_memory_is_said_at_every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
