/* The fingerprint of a model: the same for the same, another for whatever differs. */
#include "engine/model/fingerprint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/api/api.h"
#include "support/fixture.h"
#include "support/folder.h"

static char path[128];

static uint64_t fingerprint_of(const char *file, const char *tier) {
    ingle_model *model = fixture_open(file, tier);
    uint64_t fingerprint = model_fingerprint(model->model);
    ingle_model_close(model);
    return fingerprint;
}

static const char *write_model(const struct make_model_spec *spec) {
    snprintf(path, sizeof path, "%s", fixture_write("made.gguf", spec));
    return path;
}

static void the_same_file_has_the_same(void **state) {
    (void)state;
    const struct make_model_spec spec = {.type = "q4_0", .n_layer = 2};
    write_model(&spec);
    const char *tier;
    for (size_t i = 0; (tier = fixture_tier(i)); i++) {
        uint64_t fingerprint = fingerprint_of(path, tier);
        assert_true(fingerprint == fingerprint_of(path, tier));
        write_model(&spec);
        assert_true(fingerprint == fingerprint_of(path, tier));
    }
}

static void models_that_differ_in_anything_have_others(void **state) {
    (void)state;
    static const struct make_model_spec specs[] = {
        {.n_layer = 2},
        {.n_layer = 3},
        {.n_layer = 2, .seed = 1},
        {.n_layer = 2, .type = "f16"},
        {.n_layer = 2, .type = "q8_0"},
        {.n_layer = 2, .arch = "qwen3"},
        {.n_layer = 2, .arch = "qwen2"},
        {.n_layer = 2, .arch = "smollm3"},
        {.n_layer = 2, .n_head = 2},
        {.n_layer = 2, .n_rot = 8},
        {.n_layer = 2, .tied = true},
        {.n_layer = 2, .biases = true},
        {.n_layer = 2, .rope_base = 500000},
        {.n_layer = 2, .rope = MAKE_ROPE_LINEAR},
        {.n_layer = 2, .rope = MAKE_ROPE_LINEAR, .rope_factor = 8},
        {.n_layer = 2, .rope = MAKE_ROPE_YARN},
        {.n_layer = 2, .rope = MAKE_ROPE_LLAMA3},
        {.n_layer = 2, .rope = MAKE_ROPE_LLAMA3, .rope_factor = 8},
    };
    uint64_t seen[BASE_COUNT(specs)];
    for (size_t i = 0; i < BASE_COUNT(specs); i++) {
        seen[i] = fingerprint_of(write_model(&specs[i]), "ref");
        for (size_t k = 0; k < i; k++) {
            if (seen[k] == seen[i]) fail_msg("specs %zu and %zu have the same", k, i);
        }
    }
}

static void a_single_changed_weight_shows_wherever_it_is(void **state) {
    (void)state;
    static const struct make_model_spec spec = {.n_layer = 2, .type = "f16"};
    static const struct {
        const char *tensor;
        uint64_t at;
    } rows[] = {{"token_embd.weight", 0},
                {"token_embd.weight", 320 * 64 * 2 - 2}, /* not packed: the head is another */
                {"output.weight", 1000},
                {"output_norm.weight", 4},
                {"blk.0.attn_q.weight", 0},
                {"blk.1.ffn_down.weight", 64 * 128 * 2 - 2},
                {"blk.1.attn_norm.weight", 252}};
    uint64_t wanted = fingerprint_of(write_model(&spec), NULL);
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        const uint16_t value = 0x3555;
        write_model(&spec);
        fixture_patch(path, rows[i].tensor, rows[i].at, &value, sizeof value);
        if (fingerprint_of(path, NULL) == wanted) fail_msg("%s does not count", rows[i].tensor);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_file_has_the_same),
        cmocka_unit_test(models_that_differ_in_anything_have_others),
        cmocka_unit_test(a_single_changed_weight_shows_wherever_it_is),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
