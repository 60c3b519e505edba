/* cli/options: every kind of option in every spelling, and the sentences about wrong ones. */
#include "cli/options.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/command.h"

struct args {
    bool flag;
    int number, choice, maybe;
    float share, scale, any;
    const char *text;
    struct option_uint64 seed;
    struct option_list list;
};

#define FIELD(name) .offset = offsetof(struct args, name)

static const struct option rows[] = {
    {"flag", 'f', OPTION_FLAG, NULL, "", FIELD(flag)},
    {"number", 'n', OPTION_INT, "N", "", FIELD(number), .min = -1, .max = INT32_MAX,
     .has_auto = true},
    {"maybe", 'm', OPTION_INT, "[N]", "", FIELD(maybe), .min = 0, .max = 9, .is_optional = true},
    {"share", '\0', OPTION_FLOAT, "P", "", FIELD(share), .min = 0, .max = 1},
    {"scale", '\0', OPTION_FLOAT, "R", "", FIELD(scale), .min = 0, .max = INFINITY,
     .above_min = true},
    {"any", '\0', OPTION_FLOAT, "X", "", FIELD(any), .min = -INFINITY, .max = INFINITY},
    {"text", 't', OPTION_TEXT, "TEXT", "", FIELD(text)},
    {"seed", '\0', OPTION_UINT64, "N", "", FIELD(seed)},
    {"list", 'l', OPTION_LIST, "S", "", FIELD(list)},
    {"choice", 'c', OPTION_CHOICE, "one|two|three", "", FIELD(choice)},
};

static const struct command command = {.name = "test", COMMAND_OPTIONS(rows)};

#define MAX_WORDS 80

/* A command line, parsed. */
struct line {
    struct args args;
    char *argv[MAX_WORDS];
    struct words words;
    ingle_error err;
};

static ingle_status parse(struct line *l, int argc, const char *const *argv) {
    memset(l, 0, sizeof *l);
    for (int i = 0; i < argc; i++) l->argv[i] = (char *)(uintptr_t)argv[i];
    return options_parse(&command, argc, l->argv, &l->args, &l->words, &l->err);
}

#define PARSE(l, ...)                                                                              \
    parse(l, (int)BASE_COUNT(((const char *const[]){__VA_ARGS__})),                                \
          (const char *const[]){__VA_ARGS__})

static void a_number_may_be_left_out(void **state) {
    (void)state;
    struct line l;
    static const char *const five[][2] = {
        {"--maybe", "5"}, {"-m", "5"}, {"--maybe=5", "-f"}, {"-m5", "-f"}};
    for (size_t i = 0; i < BASE_COUNT(five); i++) {
        assert_int_equal(parse(&l, 2, five[i]), INGLE_OK);
        assert_int_equal(l.args.maybe, 5);
        assert_int_equal(l.words.n, 0);
    }
    memset(&l, 0, sizeof l);
    l.args.maybe = -1;
    char *alone[] = {(char[]){"-m"}};
    assert_int_equal(options_parse(&command, 1, alone, &l.args, &l.words, NULL), INGLE_OK);
    assert_int_equal(l.args.maybe, 0);
    assert_int_equal(PARSE(&l, "--maybe", "word"), INGLE_OK);
    assert_string_equal(l.words.items[0], "word");
    assert_int_equal(PARSE(&l, "--maybe", "--flag"), INGLE_OK);
    assert_true(l.args.flag);
    assert_int_equal(PARSE(&l, "--maybe="), INGLE_BAD_ARGUMENT);
    assert_int_equal(PARSE(&l, "--maybe", "12"), INGLE_BAD_ARGUMENT);
    char *help[] = {(char[]){"--maybe"}, (char[]){"--help"}};
    assert_true(options_ask_help(&command, 2, help));
}

static void every_spelling_of_a_value_is_understood(void **state) {
    (void)state;
    struct line l;
    assert_int_equal(PARSE(&l, "-n", "5"), INGLE_OK);
    assert_int_equal(l.args.number, 5);
    assert_int_equal(PARSE(&l, "-n-1"), INGLE_OK);
    assert_int_equal(l.args.number, -1);
    assert_int_equal(PARSE(&l, "--number", "-1"), INGLE_OK);
    assert_int_equal(l.args.number, -1);
    assert_int_equal(PARSE(&l, "--number=2147483647"), INGLE_OK);
    assert_int_equal(l.args.number, INT32_MAX);
    assert_int_equal(PARSE(&l, "-n", "7", "-n", "auto"), INGLE_OK);
    assert_int_equal(l.args.number, 0);
    assert_int_equal(PARSE(&l, "--text=a=b"), INGLE_OK);
    assert_string_equal(l.args.text, "a=b");
    assert_int_equal(PARSE(&l, "--text="), INGLE_OK);
    assert_string_equal(l.args.text, "");
    assert_int_equal(PARSE(&l, "-t", "--flag"), INGLE_OK);
    assert_string_equal(l.args.text, "--flag");
    assert_false(l.args.flag);
    assert_int_equal(PARSE(&l, "-c", "three", "-f"), INGLE_OK);
    assert_int_equal(l.args.choice, 2);
    assert_true(l.args.flag);
    assert_int_equal(PARSE(&l, "--seed", "18446744073709551615"), INGLE_OK);
    assert_true(l.args.seed.is_given && l.args.seed.value == UINT64_MAX);
    assert_int_equal(PARSE(&l, "--any", "-2.5e3"), INGLE_OK);
    assert_true(l.args.any == -2500);
    assert_int_equal(PARSE(&l, "-l", "x", "-ly"), INGLE_OK);
    assert_int_equal(l.args.list.n, 2);
    assert_string_equal(l.args.list.items[1], "y");
}

static void words_are_kept_in_order_and_two_dashes_end_the_options(void **state) {
    (void)state;
    struct line l;
    assert_int_equal(PARSE(&l, "one", "-f", "-", "two", "--", "-n", "--"), INGLE_OK);
    assert_int_equal(l.words.n, 5);
    static const char *const expected[] = {"one", "-", "two", "-n", "--"};
    for (int i = 0; i < 5; i++) assert_string_equal(l.words.items[i], expected[i]);
    assert_true(l.args.flag);
    assert_int_equal(PARSE(&l, ""), INGLE_OK);
    assert_int_equal(l.words.n, 1);
}

static void what_is_wrong_is_named(void **state) {
    (void)state;
    static const struct {
        const char *argv[2];
        const char *sentence;
    } cases[] = {
        {{"-n", "x"},
         "Option -n is 'x'; it must be a whole number from -1 to 2147483647, or auto."},
        {{"-n", ""}, "Option -n is ''; it must be a whole number from -1 to 2147483647, or auto."},
        {{"-n5x", ""},
         "Option -n is '5x'; it must be a whole number from -1 to 2147483647, or auto."},
        {{"--number=-2", ""},
         "Option --number is '-2'; it must be a whole number from -1 to 2147483647, or auto."},
        {{"--share", "1.01"}, "Option --share is '1.01'; it must be a number from 0 to 1."},
        {{"--share", "nan"}, "Option --share is 'nan'; it must be a number from 0 to 1."},
        {{"--scale", "0"}, "Option --scale is '0'; it must be a number above 0."},
        {{"--scale", "x"}, "Option --scale is 'x'; it must be a number above 0."},
        {{"--any", "1e39"}, "Option --any is '1e39'; it must be a number."},
        {{"--any", "inf"}, "Option --any is 'inf'; it must be a number."},
        {{"-c", "four"}, "Option -c is 'four'; it must be one of one two three."},
        {{"-c", "on"}, "Option -c is 'on'; it must be one of one two three."},
        {{"-c", ""}, "Option -c is ''; it must be one of one two three."},
        {{"--seed", "+1"},
         "Option --seed is '+1'; it must be a whole number from 0 to 18446744073709551615."},
        {{"-l", ""}, "Option -l is empty."},
        {{"--flag=1", ""}, "Option --flag takes no value."},
        {{"-fx", ""}, "Option -f takes no value."},
        {{"x", "-t"}, "Option -t needs a value: TEXT."},
        {{"--flg", ""}, "'--flg' is no option of ingle test; did you mean '--flag'?"},
        {{"--txet=a", ""}, "'--txet' is no option of ingle test; did you mean '--text'?"},
        {{"-text", "a"}, "'-text' is no option of ingle test; did you mean '--text'?"},
        {{"--=", ""}, "'--' is no option of ingle test; ingle test --help lists them."},
        {{"-z", ""}, "'-z' is no option of ingle test; ingle test --help lists them."},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        struct line l;
        assert_int_equal(parse(&l, 2, cases[i].argv), INGLE_BAD_ARGUMENT);
        assert_string_equal(l.err.msg, cases[i].sentence);
    }
}

static void a_name_of_any_length_is_refused_in_bounds(void **state) {
    (void)state;
    char name[5000];
    memset(name, '-', sizeof name);
    for (size_t len = 3; len < sizeof name; len += 61) {
        memset(name + 2, 'x', len - 2);
        name[len] = '\0';
        struct line l;
        assert_int_equal(PARSE(&l, name), INGLE_BAD_ARGUMENT);
        assert_true(strlen(l.err.msg) > 20);
    }
}

static void a_list_has_room_for_64_and_refuses_more(void **state) {
    (void)state;
    const char *argv[OPTION_LIST_MAX + 1];
    for (size_t i = 0; i < BASE_COUNT(argv); i++) argv[i] = "-lx";
    struct line l;
    assert_int_equal(parse(&l, OPTION_LIST_MAX, argv), INGLE_OK);
    assert_int_equal(l.args.list.n, OPTION_LIST_MAX);
    assert_int_equal(parse(&l, OPTION_LIST_MAX + 1, argv), INGLE_BAD_ARGUMENT);
    assert_string_equal(l.err.msg, "Option -l is given more than 64 times.");
}

static void a_command_without_words_says_what_was_meant(void **state) {
    (void)state;
    struct args args = {0};
    char word[] = "word";
    char *argv[] = {word};
    ingle_error err;
    assert_int_equal(options_parse_all(&command, 1, argv, &args, "use -t", &err),
                     INGLE_BAD_ARGUMENT);
    assert_string_equal(err.msg, "'word' belongs to no option; use -t.");
    assert_int_equal(options_parse_all(&command, 0, argv, &args, "", &err), INGLE_OK);
}

static bool asks_help(const char *const *argv, int argc) {
    char *copy[8];
    for (int i = 0; i < argc; i++) copy[i] = (char *)(uintptr_t)argv[i];
    return options_ask_help(&command, argc, copy);
}

static void help_is_a_word_of_its_own(void **state) {
    (void)state;
    assert_true(asks_help((const char *const[]){"-f", "--help"}, 2));
    assert_true(asks_help((const char *const[]){"--wrong", "-h"}, 2));
    assert_true(asks_help((const char *const[]){"-t", "x", "-h"}, 3));
    assert_false(asks_help((const char *const[]){"-t", "--help"}, 2));
    assert_false(asks_help((const char *const[]){"--", "--help"}, 2));
    assert_false(asks_help((const char *const[]){"help"}, 1));
}

static void the_nearest_name_is_close(void **state) {
    (void)state;
    static const char *const names[] = {"run", "tokens", "logits", "rm"};
    assert_string_equal(nearest("rnu", names, 4), "run");
    assert_string_equal(nearest("tok", names, 4), "tokens");
    assert_string_equal(nearest("logit", names, 4), "logits");
    assert_string_equal(nearest("mr", names, 4), "rm");
    assert_null(nearest("zz", names, 4));
    assert_null(nearest("completely", names, 4));
    assert_null(nearest("", names, 4));
    char word[100];
    memset(word, 'a', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    assert_null(nearest(word, names, 4));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_may_be_left_out),
        cmocka_unit_test(every_spelling_of_a_value_is_understood),
        cmocka_unit_test(words_are_kept_in_order_and_two_dashes_end_the_options),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(a_name_of_any_length_is_refused_in_bounds),
        cmocka_unit_test(a_list_has_room_for_64_and_refuses_more),
        cmocka_unit_test(a_command_without_words_says_what_was_meant),
        cmocka_unit_test(help_is_a_word_of_its_own),
        cmocka_unit_test(the_nearest_name_is_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
