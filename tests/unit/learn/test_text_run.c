/* Training a language model: it learns, it goes on where it stopped to the same bits, and the file
 * that it makes is the model that was trained. */
#include "learn/text/text_run.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "ingle/ingle.h"
#include "learn/text/text_checkpoint.h"
#include "learn/text/text_file.h"
#include "support/files.h"
#include "support/folder.h"
#include "support/made_language.h"
#include "support/refusal.h"

#define TEXT_SIZE 200000

static struct buf text;
static double entropy; /* bits a byte */

static int make_text(void **state) {
    (void)state;
    buf_init(&text, 2 * TEXT_SIZE);
    entropy = made_language_write(&text, TEXT_SIZE, 11);
    entropy /= (double)text.size;
    return 0;
}

static int free_text(void **state) {
    (void)state;
    buf_clear(&text);
    return 0;
}

static struct text_options small(void) {
    struct text_options opt = text_options_default();
    opt.n_vocab = 320;
    opt.n_embd = 64;
    opt.n_layer = 2;
    opt.n_head = 2;
    opt.n_ctx = 64;
    opt.n_batch = 512;
    opt.n_steps = 12;
    opt.dropout = 0.1f;
    return opt;
}

struct trainer {
    struct learn l;
    struct text_data data;
    struct text_run run;
};

static struct trainer *new_trainer(const struct text_options *opt, int n_threads) {
    struct trainer *t = mem_calloc(1, sizeof *t);
    struct text_source source = {"made", text.data, text.size};
    assert_non_null(t);
    assert_int_equal(learn_init(&t->l, cpu_tier_detect(), n_threads, 1, NULL), INGLE_OK);
    assert_int_equal(text_data_init(&t->data, &source, 1, opt->n_vocab, opt->n_ctx, NULL),
                     INGLE_OK);
    assert_int_equal(text_run_init(&t->run, &t->l, &t->data, opt, NULL), INGLE_OK);
    return t;
}

static void free_trainer(struct trainer *t) {
    text_run_clear(&t->run);
    text_data_clear(&t->data);
    learn_clear(&t->l);
    mem_free(t);
}

static void run_to(struct trainer *t, int step) {
    while (t->run.step < step) assert_int_equal(text_run_step(&t->run, NULL), INGLE_OK);
}

/* ---- learning ---- */

static void a_made_up_language_is_learnt_to_near_its_entropy(void **state) {
    (void)state;
    struct text_options opt = small();
    opt.n_steps = 350;
    opt.n_batch = 1024;
    opt.dropout = 0.0f;
    opt.rate = 5e-3f;
    struct trainer *t = new_trainer(&opt, 2);
    double before = text_run_score(&t->run);
    run_to(t, opt.n_steps);
    double after = text_run_score(&t->run), unigram = made_language_unigram(text.data, text.size);
    print_message(
        "%.3f bits a byte after %d steps, %.3f before; entropy %.3f, of bytes %.3f; %.1f s\n",
        after, opt.n_steps, before, entropy, unigram, t->run.seconds);
    assert_true(after < unigram / 8);
    assert_true(after < 1.5 * entropy); /* who does not see what repeats needs twice the entropy */
    assert_true(after > 0.9 * entropy);
    free_trainer(t);
}

/* ---- stopping and going on ---- */

static void put(void *to, const void *data, size_t size) {
    assert_true(buf_add(to, data, size));
}

static void store(struct trainer *t, struct buf *to) {
    buf_init(to, (size_t)16 << 20);
    text_checkpoint_write(&t->run, put, to);
}

static void a_run_that_was_stopped_ends_with_the_same_bits(void **state) {
    (void)state;
    struct text_options opt = small();
    struct trainer *whole = new_trainer(&opt, 1), *first = new_trainer(&opt, 2), *second;
    struct buf bytes;
    struct text_checkpoint c;
    run_to(whole, opt.n_steps);
    run_to(first, 5);
    (void)text_run_score(&first->run); /* looking at the score changes nothing */
    store(first, &bytes);
    assert_int_equal(text_checkpoint_read(&c, bytes.data, bytes.size, "x", NULL), INGLE_OK);
    assert_int_equal(c.step, 5);
    second = new_trainer(&c.opt, 3);
    assert_int_equal(text_checkpoint_apply(&c, &second->run, "x", NULL), INGLE_OK);
    run_to(second, opt.n_steps);
    const struct nn_params *a = &whole->run.model.params, *b = &second->run.model.params;
    assert_memory_equal(a->value, b->value, a->n * sizeof(float));
    assert_true(whole->run.loss == second->run.loss);
    buf_clear(&bytes);
    free_trainer(whole);
    free_trainer(first);
    free_trainer(second);
}

static void seal_again(struct buf *bytes, uint64_t n) {
    uint64_t seal = text_checkpoint_seal((const uint8_t *)bytes->data, n);
    memcpy(bytes->data + bytes->size - 8, &seal, 8);
}

static void checkpoints_that_do_not_fit_are_refused(void **state) {
    (void)state;
    struct text_options opt = small();
    struct trainer *t = new_trainer(&opt, 1);
    struct buf bytes;
    struct text_checkpoint c;
    ingle_error err = {0};
    store(t, &bytes);
    uint64_t n = t->run.model.params.n;
    for (size_t at = 0; at < bytes.size; at += at < 200 ? 1 : 4999) {
        bytes.data[at] ^= 1;
        assert_int_equal(text_checkpoint_read(&c, bytes.data, bytes.size, "x", NULL),
                         INGLE_INVALID);
        bytes.data[at] ^= 1;
    }
    for (size_t size = 0; size < bytes.size; size += size < 200 ? 1 : 4999) {
        expect_refusal(text_checkpoint_read(&c, bytes.data, size, "x", &err), INGLE_INVALID, &err,
                       "'x' is no checkpoint");
    }
    for (size_t at = 8; at < 40; at += 4) { /* counts that are whole but not those of its floats */
        uint32_t was, zero = 0;
        memcpy(&was, bytes.data + at, 4);
        memcpy(bytes.data + at, &zero, 4);
        seal_again(&bytes, n);
        ingle_status status = text_checkpoint_read(&c, bytes.data, bytes.size, "x", &err);
        if (at < 24) expect_refusal(status, INGLE_INVALID, &err, "make no sense");
        memcpy(bytes.data + at, &was, 4);
    }
    seal_again(&bytes, n);
    assert_int_equal(text_checkpoint_read(&c, bytes.data, bytes.size, "x", NULL), INGLE_OK);
    c.data_hash++;
    expect_refusal(text_checkpoint_apply(&c, &t->run, "x", &err), INGLE_BAD_ARGUMENT, &err,
                   "another text");
    buf_clear(&bytes);
    free_trainer(t);
}

/* ---- the file ---- */

static float *engine_logits(const char *path, const int32_t *ids, int n, int *n_vocab) {
    ingle_model *model;
    ingle_session *session;
    ingle_error err = {0};
    if (ingle_model_open(&model, path, NULL, &err) != INGLE_OK) fail_msg("%s", err.msg);
    assert_int_equal(ingle_session_new(&session, model, NULL, &err), INGLE_OK);
    *n_vocab = (int)ingle_model_get_info(model).n_vocab;
    assert_int_equal(ingle_session_eval(session, ids, (size_t)n, NULL, &err), INGLE_OK);
    float *logits = mem_calloc((size_t)*n_vocab, sizeof *logits);
    assert_non_null(logits);
    memcpy(logits, ingle_session_logits(session), (size_t)*n_vocab * sizeof *logits);
    ingle_session_free(session);
    ingle_model_close(model);
    return logits;
}

static void check_file(struct trainer *t, enum text_file_type type, float bound) {
    static const struct text_file_labels labels = {"made", "MIT", "nobody"};
    struct buf file;
    int n_vocab, n = 40;
    int32_t ids[64], targets[64];
    float ours[512];
    const int starts[] = {0, n};
    buf_init(&file, (size_t)16 << 20);
    assert_int_equal(text_file_make(&t->run, type, &labels, &file, NULL), INGLE_OK);
    file_write(folder_file("made.gguf"), file.data, file.size);
    buf_clear(&file);
    text_data_window(&t->data, 1, 2, ids, targets);
    (void)transformer_forward(&t->run.model.body, &t->l,
                              &(struct transformer_batch){.ids = ids, .seqs = {starts, 1}});
    text_model_logits(&t->run.model, &t->l, n - 1, ours);
    float *theirs = engine_logits(folder_file("made.gguf"), ids, n, &n_vocab);
    assert_int_equal(n_vocab, t->data.n_vocab);
    float worst = 0.0f;
    for (int i = 0; i < n_vocab; i++) worst = fmaxf(worst, fabsf(ours[i] - theirs[i]));
    print_message("type %d: logits differ by %.5f at most\n", (int)type, (double)worst);
    assert_true(worst <= bound);
    mem_free(theirs);
}

static void the_engine_computes_what_was_trained(void **state) {
    (void)state;
    struct text_options opt = small();
    opt.n_steps = 60;
    struct trainer *t = new_trainer(&opt, 2);
    run_to(t, opt.n_steps);
    check_file(t, TEXT_FILE_F32, 0.01f); /* its keys and values are halves */
    check_file(t, TEXT_FILE_F16, 0.02f);
    check_file(t, TEXT_FILE_Q8_0, 0.2f);
    free_trainer(t);
}

static void a_rate_that_explodes_is_said(void **state) {
    (void)state;
    struct text_options opt = small();
    ingle_error err = {0};
    opt.rate = 1e30f;
    struct trainer *t = new_trainer(&opt, 1);
    ingle_status status = INGLE_OK;
    while (status == INGLE_OK && t->run.step < opt.n_steps) status = text_run_step(&t->run, &err);
    expect_refusal(status, INGLE_FAILED, &err, "learning rate");
    free_trainer(t);
}

static void options_that_do_not_go_together_are_refused(void **state) {
    (void)state;
    struct text_options opt = small();
    struct trainer *t = new_trainer(&opt, 1);
    struct text_run run;
    ingle_error err = {0};
    opt.n_head = 3;
    expect_refusal(text_run_init(&run, &t->l, &t->data, &opt, &err), INGLE_BAD_ARGUMENT, &err,
                   "heads");
    text_run_clear(&run);
    opt = small();
    opt.n_batch = 63;
    expect_refusal(text_run_init(&run, &t->l, &t->data, &opt, &err), INGLE_BAD_ARGUMENT, &err,
                   "63 tokens");
    text_run_clear(&run);
    struct transformer_hparams hp = t->run.model.body.hp;
    hp.n_embd = 48;
    expect_refusal(text_file_check(TEXT_FILE_Q8_0, &hp, &err), INGLE_BAD_ARGUMENT, &err, "q8_0");
    assert_int_equal(text_file_check(TEXT_FILE_F16, &hp, NULL), INGLE_OK);
    free_trainer(t);
}

static int begin(void **state) {
    return folder_make(state) || make_text(state);
}

static int end(void **state) {
    return folder_remove(state) || free_text(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_made_up_language_is_learnt_to_near_its_entropy),
        cmocka_unit_test(a_run_that_was_stopped_ends_with_the_same_bits),
        cmocka_unit_test(checkpoints_that_do_not_fit_are_refused),
        cmocka_unit_test(the_engine_computes_what_was_trained),
        cmocka_unit_test(a_rate_that_explodes_is_said),
        cmocka_unit_test(options_that_do_not_go_together_are_refused),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
