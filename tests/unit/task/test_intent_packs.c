/* ingle_intent() without a language model: on an encoder and on a classifier, both trained here on
 * a few made-up texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "engine/cpu/tier.h"
#include "ingle/intent.h"
#include "learn/encoder.h"
#include "learn/intents.h"
#include "support/torture.h"

static const char *const things[] = {"money", "rain", "music"};
static const char *const words[3][6] = {{"cash", "coins", "euros", "bank", "bill", "rent"},
                                        {"storm", "sun", "cloud", "snow", "wind", "cold"},
                                        {"song", "tune", "band", "album", "guitar", "sing"}};
static const char *const frames[] = {"%s", "some %s please", "what of the %s", "more %s and %s"};

static ingle_pack *encoder, *classifier;
static void *memory[2];

static ingle_pack *open_bytes(const struct buf *bytes, void **kept) {
    ingle_pack *pack;
    ingle_error err;
    *kept = mem_aligned(64, bytes->size);
    assert_non_null(*kept);
    memcpy(*kept, bytes->data, bytes->size);
    if (ingle_pack_open_memory(&pack, *kept, bytes->size, "a pack", &err)) fail_msg("%s", err.msg);
    return pack;
}

/* Every word in every frame; as pairs with the thing's name, or as examples of it. */
static void write_texts(struct buf *out, bool as_pairs) {
    for (size_t i = 0; i < 3 * 6 * 4; i++) {
        size_t thing = i / 24, word = i / 4 % 6;
        char text[128];
        snprintf(text, sizeof text, frames[i % 4], words[thing][word],
                 words[thing][(word + 1) % 6]);
        if (as_pairs) {
            buf_addf(out, "{\"a\": \"%s\", \"b\": \"%s\", \"topic\": \"%s\"}\n", text,
                     things[thing], things[thing]);
        } else {
            buf_addf(out, "%s,%s\n", text, things[thing]);
        }
    }
    assert_false(buf_failed(out));
}

static ingle_pack *train_encoder(struct learn *l) {
    struct encoder_pairs pairs = {0};
    struct encoder_options opt = encoder_options_default();
    struct encoder_report report;
    struct buf text, pack;
    buf_init(&text, 1 << 20);
    buf_init(&pack, (size_t)1 << 24);
    write_texts(&text, true);
    opt.net.n_dims = 16;
    opt.net.n_pieces = 64;
    opt.net.n_batch = 12;
    opt.n_passes = 30;
    opt.rate = 0.1f;
    opt.held_out = 0;
    ingle_error err;
    if (encoder_pairs_read(&pairs, text.data, text.size, "pairs", &err) ||
        encoder_train(l, &pairs, &opt, &pack, &report, &err)) {
        fail_msg("%s", err.msg);
    }
    ingle_pack *made = open_bytes(&pack, &memory[0]);
    encoder_pairs_clear(&pairs);
    buf_clear(&text);
    buf_clear(&pack);
    return made;
}

static ingle_pack *train_classifier(struct learn *l) {
    struct examples e;
    struct intents_options opt = intents_options_default();
    struct intents_report report;
    struct buf text, pack;
    buf_init(&text, 1 << 20);
    buf_init(&pack, (size_t)1 << 24);
    write_texts(&text, false);
    opt.n_members = 1;
    opt.n_folds = 2;
    opt.n_judges = 1;
    opt.net.dim = 32;
    opt.net.n_filters = 32;
    opt.net.n_passes = 20;
    examples_init(&e);
    ingle_error err;
    if (examples_read(&e, text.data, text.size, "made up", &err) || examples_finish(&e, &err) ||
        intents_train(l, &e, &opt, &pack, &report, &err)) {
        fail_msg("%s", err.msg);
    }
    ingle_pack *made = open_bytes(&pack, &memory[1]);
    examples_clear(&e);
    buf_clear(&text);
    buf_clear(&pack);
    return made;
}

static int make_packs(void **state) {
    (void)state;
    struct learn l;
    assert_int_equal(learn_init(&l, cpu_tier_detect(), 1, 1, NULL), INGLE_OK);
    encoder = train_encoder(&l);
    classifier = train_classifier(&l);
    learn_clear(&l);
    return 0;
}

static int close_packs(void **state) {
    (void)state;
    ingle_pack_close(encoder);
    ingle_pack_close(classifier);
    mem_free(memory[0]);
    mem_free(memory[1]);
    return 0;
}

static ingle_tasks *tasks_of(const ingle_pack *with_encoder, const ingle_pack *with_classifier) {
    ingle_tasks_options opt = ingle_tasks_options_default();
    ingle_tasks *tasks;
    opt.encoder = with_encoder;
    opt.intents = with_classifier;
    assert_int_equal(ingle_tasks_new(&tasks, &opt, NULL), INGLE_OK);
    return tasks;
}

static ingle_intent_result ask(ingle_tasks *tasks, const ingle_intent_options *opt,
                               const char *text) {
    ingle_intent_result r;
    ingle_error err;
    if (ingle_intent(tasks, opt, text, strlen(text), &r, &err)) fail_msg("%s", err.msg);
    return r;
}

static void the_encoder_finds_labels_that_mean_the_text(void **state) {
    (void)state;
    static const char *const sounds[] = {"a song", "the band"};
    const ingle_label labels[] = {{.name = "some_money", .description = "coins"},
                                  {.name = "theRain"},
                                  {.name = "sound", .examples = sounds, .n_examples = 2}};
    static const char *const texts[] = {"rent and bill", "snow and wind", "sing the tune"};
    ingle_tasks *tasks = tasks_of(encoder, classifier);
    ingle_intent_options opt = ingle_intent_options_default();
    ingle_class top[3];
    opt.labels = labels;
    opt.n_labels = 3;
    opt.top = top;
    opt.n_top = 3;
    for (int must = 0; must < 2; must++) {
        opt.must_choose = must;
        for (size_t i = 0; i < 3; i++) {
            ingle_intent_result r = ask(tasks, &opt, texts[i]);
            assert_int_equal(r.way, INGLE_INTENT_ENCODER);
            assert_int_equal(r.label, i);
            if (must) assert_true(!r.is_none && r.confidence > 0.4f);
            assert_true(r.is_none == (r.confidence > top[0].confidence));
            assert_int_equal(r.n, 3);
            assert_true(top[0].label == i && top[0].confidence >= top[1].confidence);
        }
    }
    /* A text of which it knows nothing is like no label. */
    opt.must_choose = false;
    ingle_intent_result r = ask(tasks, &opt, "?!");
    assert_true(r.is_none && r.confidence > 0.9f);
    opt.must_choose = true;
    assert_false(ask(tasks, &opt, "?!").is_none);
    ingle_tasks_free(tasks);
}

static void without_labels_the_classifier_answers(void **state) {
    (void)state;
    static const char *const texts[] = {"the rent please", "more snow", "a guitar"};
    ingle_tasks *tasks = tasks_of(encoder, classifier);
    ingle_intent_options opt = ingle_intent_options_default();
    ingle_class top[2];
    opt.top = top;
    opt.n_top = 2;
    for (size_t i = 0; i < 3; i++) {
        ingle_intent_result r = ask(tasks, &opt, texts[i]);
        assert_int_equal(r.way, INGLE_INTENT_PACK);
        assert_string_equal(ingle_pack_label(classifier, r.label), things[i]);
        assert_int_equal(r.n, 2);
        assert_int_equal(top[0].label, r.label);
    }
    opt.n_top = 0;
    assert_string_equal(ingle_pack_label(classifier, ask(tasks, &opt, texts[1]).label), "rain");
    ingle_tasks_free(tasks);
}

static ingle_status ask_once(ingle_error *err) {
    static const ingle_label labels[] = {{.name = "money"}, {.name = "rain"}};
    ingle_tasks_options opt = ingle_tasks_options_default();
    ingle_intent_options iopt = ingle_intent_options_default();
    ingle_intent_result r;
    ingle_tasks *tasks;
    opt.encoder = encoder;
    iopt.labels = labels;
    iopt.n_labels = 2;
    INGLE_TRY(ingle_tasks_new(&tasks, &opt, err));
    ingle_status status = ingle_intent(tasks, &iopt, "snow", 4, &r, err);
    ingle_tasks_free(tasks);
    return status;
}

static void without_memory_it_says_so_and_leaves_nothing(void **state) {
    (void)state;
    assert_true(torture(ask_once) > 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_encoder_finds_labels_that_mean_the_text),
        cmocka_unit_test(without_labels_the_classifier_answers),
        cmocka_unit_test(without_memory_it_says_so_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, make_packs, close_packs);
}
