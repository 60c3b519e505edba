/* Ten times the text takes ten times the time, whatever the text: no pattern backtracks, no merge
 * looks at the whole text. The vocabularies merge runs of everything that the texts are made of. */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "unit/text/vocab_file.h"

#define SIZE ((size_t)1 << 20)
#define MAX_RATIO 12.0
#define TRIES 4

/* The units of hostile_unit() as letters of the byte alphabet. */
static const char *const letters[][4] = {{"A"},           {"Ġ"}, {"Ċ"},      {"Ã", "©"},
                                         {"â", "Ģ", "į"}, {"0"}, {"a", "A"}, {"ô", "ı", "¿", "¿"},
                                         {"ï", "¿", "½"}, {"a"}};

/* Merges that make a unit out of its letters and then two, four, eight of it. */
static void add_run(struct vocab_file *f, const char *const unit[4]) {
    char text[128];
    snprintf(text, sizeof text, "%s", unit[0]);
    for (int i = 1; i < 4 && unit[i]; i++) {
        vocab_file_add_merged(f, text, unit[i]);
        strncat(text, unit[i], sizeof text - strlen(text) - 1);
    }
    for (int k = 0; k < 3; k++) {
        char twice[128];
        vocab_file_add_merged(f, text, text);
        snprintf(twice, sizeof twice, "%.60s%.60s", text, text);
        memcpy(text, twice, sizeof text);
    }
}

static struct tokenizer_file open_bytes(const char *pre) {
    struct vocab_file f;
    vocab_file_init(&f, "gpt2", pre);
    vocab_file_add_alphabet(&f);
    for (size_t i = 0; i < BASE_COUNT(letters); i++) add_run(&f, letters[i]);
    return tokenizer_file_open(&f);
}

/* The same runs, of characters. */
static struct tokenizer_file open_characters(const char *model) {
    static const char *const units[] = {
        "A", "▁", "\n", "é", "\xe2\x80\x8d", "0", "aA", "\xf4\x8f\xbf\xbf", "\xef\xbf\xbd", "a"};
    bool spm = strcmp(model, "llama") == 0;
    struct vocab_file f;
    vocab_file_init(&f, model, NULL);
    vocab_file_add(&f, "<unk>", UNKNOWN);
    vocab_file_add_byte_names(&f);
    for (size_t i = 0; i < BASE_COUNT(units); i++) {
        char text[128];
        snprintf(text, sizeof text, "%s", units[i]);
        if (strcmp(text, "aA") == 0 && !spm) vocab_file_merge(&f, "a A");
        for (int k = 0; k < 4; k++) {
            char twice[128], merge[128];
            vocab_file_add_scored(&f, text, NORMAL, -(float)k);
            snprintf(twice, sizeof twice, "%.30s%.30s", text, text);
            snprintf(merge, sizeof merge, "%.30s %.30s", text, text);
            if (k < 3) vocab_file_merge(&f, merge);
            memcpy(text, twice, sizeof text);
        }
    }
    return tokenizer_file_open(&f);
}

/* The best of a few: a machine has other things to do. */
static void check_unit(const char *name, const struct tokenizer *t, const char *unit) {
    double once = 1e9, ten_times = 1e9;
    for (int i = 0; i < TRIES; i++) {
        double seconds = encode_on_a_small_stack(t, unit, SIZE);
        if (seconds < once) once = seconds;
        if (i > 0 && ten_times <= MAX_RATIO * once) break;
        seconds = encode_on_a_small_stack(t, unit, 10 * SIZE);
        if (seconds < ten_times) ten_times = seconds;
    }
    double ratio = ten_times / once;
    printf("%-10s %02x  1 MiB %.3f s, 10 MiB %.3f s, ratio %.1f\n", name, (unsigned char)unit[0],
           once, ten_times, ratio);
    if (ratio > MAX_RATIO) fail_msg("ten times the text takes %.1f times the time", ratio);
}

static void check_all(const char *name, struct tokenizer_file file) {
    for (size_t i = 0; hostile_unit(i); i++) check_unit(name, file.t, hostile_unit(i));
    tokenizer_file_close(&file);
}

static void byte_level_bpe_takes_time_linear_in_the_text(void **state) {
    (void)state;
    static const char *const pres[] = {"gpt-2", "smollm", "llama-bpe", "gpt-4o"};
    for (size_t i = 0; i < BASE_COUNT(pres); i++) check_all(pres[i], open_bytes(pres[i]));
}

static void gemma4_takes_time_linear_in_the_text(void **state) {
    (void)state;
    check_all("gemma4", open_characters("gemma4"));
}

static void sentencepiece_takes_time_linear_in_the_text(void **state) {
    (void)state;
    check_all("llama", open_characters("llama"));
}

int main(void) {
    /* Fresh memory for every size: what a small text gets back from the heap costs it nothing. */
    mallopt(M_MMAP_THRESHOLD, 1 << 18);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(byte_level_bpe_takes_time_linear_in_the_text),
        cmocka_unit_test(gemma4_takes_time_linear_in_the_text),
        cmocka_unit_test(sentencepiece_takes_time_linear_in_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
