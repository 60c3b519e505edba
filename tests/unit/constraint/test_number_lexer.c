/* constraint/number_lexer: the texts of sets of numbers, exact, without dead ends. */
#include "engine/constraint/number_lexer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "engine/constraint/decimal.h"

/* Bounds as "[min" or "(min", "max]" or "max)"; NULL: none. */
struct set {
    const char *min, *max;
    const char *multiples[3], *not_multiples[4];
};

static struct decimal decimal_of(const char *text) {
    return (struct decimal){.data = text, .len = strlen(text)};
}

static struct decimal lists[8][8];

static struct number_shape shape_of(const struct set *set, size_t slot) {
    static char max[8][400];
    struct number_shape s = {0};
    if (set->min) {
        s.min = decimal_of(set->min + 1);
        s.above_min = set->min[0] == '(';
    }
    if (set->max) {
        size_t len = strlen(set->max) - 1;
        memcpy(max[slot], set->max, len);
        s.max = (struct decimal){.data = max[slot], .len = len};
        s.below_max = set->max[len] == ')';
    }
    struct decimal *list = lists[slot];
    s.multiples = list;
    while (s.n_multiples < 3 && set->multiples[s.n_multiples]) {
        list[s.n_multiples] = decimal_of(set->multiples[s.n_multiples]);
        s.n_multiples++;
    }
    s.not_multiples = list + s.n_multiples;
    for (; s.n_not_multiples < 4 && set->not_multiples[s.n_not_multiples]; s.n_not_multiples++) {
        list[s.n_multiples + s.n_not_multiples] = decimal_of(set->not_multiples[s.n_not_multiples]);
    }
    return s;
}

/* Within what a double can hold; zero is. */
static bool is_within_limits(const struct decimal *d) {
    static const struct decimal bounds[] = {{"-1.7976931348623157e308", 23},
                                            {"-4.9e-324", 9},
                                            {"0", 1},
                                            {"4.9e-324", 8},
                                            {"1.7976931348623157e308", 22}};
    int at[BASE_COUNT(bounds)];
    for (size_t i = 0; i < BASE_COUNT(bounds); i++) at[i] = decimal_compare(d, &bounds[i]);
    const char *e = memchr(d->data, 'e', d->len);
    if (e && strtol(e + 1, NULL, 10) > 999) return false;
    return at[0] >= 0 && at[4] <= 0 && (at[1] <= 0 || at[2] == 0 || at[3] >= 0);
}

static bool judge(const struct number_shape *s, const struct decimal *d) {
    if (!is_within_limits(d)) return false;
    int low = s->min.data ? decimal_compare(d, &s->min) : 1;
    int high = s->max.data ? decimal_compare(d, &s->max) : -1;
    bool is_in =
        (low > 0 || (low == 0 && !s->above_min)) && (high < 0 || (high == 0 && !s->below_max));
    for (size_t i = 0; i < s->n_multiples; i++) is_in &= decimal_is_multiple(d, &s->multiples[i]);
    for (size_t i = 0; i < s->n_not_multiples; i++) {
        is_in &= !decimal_is_multiple(d, &s->not_multiples[i]);
    }
    return is_in;
}

static bool is_number(const char *text) {
    if (*text == '-') text++;
    if (*text == '0') {
        text++;
    } else {
        if (*text < '1' || *text > '9') return false;
        while (*text >= '0' && *text <= '9') text++;
    }
    if (*text == '.') {
        if (text[1] < '0' || text[1] > '9') return false;
        for (text++; *text >= '0' && *text <= '9';) text++;
    }
    if (*text == 'e') {
        text++;
        if (*text == '-' || *text == '+') text++;
        if (*text < '0' || *text > '9') return false;
        while (*text >= '0' && *text <= '9') text++;
    }
    return *text == '\0';
}

struct walk {
    struct number_lexer *lexer;
    const struct number_shape *shapes;
    size_t n_shapes;
    const char *alphabet;
    char text[16];
    size_t max;
    size_t n_accepted;
};

/* The way out of a node is as long as it says, and ends at a number of the set. */
static void leave(const struct walk *w, uint32_t node, size_t len) {
    char text[500];
    memcpy(text, w->text, len);
    for (;;) {
        struct number_way way = number_lexer_way(w->lexer, node), past;
        text[len] = '\0';
        assert_true(way.left < 400);
        assert_true(number_lexer_way_past(&past, w->lexer, text, len, NULL));
        assert_int_equal(past.left, way.left);
        assert_int_equal(past.byte, way.byte);
        if (way.left == 0) break;
        text[len++] = (char)way.byte;
        node = number_lexer_step(w->lexer, node, (uint8_t)way.byte);
        if (node == NUMBER_DEAD) fail_msg("%.*s is dead", (int)len, text);
        if (number_lexer_way(w->lexer, node).left >= way.left) fail_msg("%.*s", (int)len, text);
    }
    struct decimal d = {.data = text, .len = len};
    bool is_in = false;
    for (size_t i = 0; i < w->n_shapes; i++) is_in |= judge(&w->shapes[i], &d);
    if (!is_in || !number_lexer_accepts(w->lexer, node)) fail_msg("%s is not in the set", text);
}

/* All texts; returns whether one that begins so is in the set. */
static bool walk(struct walk *w, uint32_t node, size_t len) {
    w->text[len] = '\0';
    struct decimal d = {.data = w->text, .len = len};
    bool is_in = false;
    if (is_number(w->text)) {
        for (size_t i = 0; i < w->n_shapes; i++) is_in |= judge(&w->shapes[i], &d);
    }
    bool accepts = node != NUMBER_DEAD && number_lexer_accepts(w->lexer, node);
    if (is_in != accepts) fail_msg("%s: accepted %d", w->text, accepts);
    w->n_accepted += accepts;
    if (node != NUMBER_DEAD) leave(w, node, len);
    bool found = is_in;
    for (const char *c = w->alphabet; *c && len < w->max; c++) {
        uint32_t next = node;
        if (node != NUMBER_DEAD) next = number_lexer_step(w->lexer, node, (uint8_t)*c);
        w->text[len] = *c;
        found |= walk(w, next, len + 1);
    }
    w->text[len] = '\0';
    if (found && node == NUMBER_DEAD) fail_msg("%s is dead", w->text);
    return found;
}

static size_t check(const struct set *sets, size_t n, const char *alphabet, size_t max) {
    struct number_shape shapes[8];
    struct number_lexer lexer;
    for (size_t i = 0; i < n; i++) shapes[i] = shape_of(&sets[i], i);
    assert_int_equal(number_lexer_init(&lexer, shapes, n, NULL), INGLE_OK);
    struct walk w = {
        .lexer = &lexer, .shapes = shapes, .n_shapes = n, .alphabet = alphabet, .max = max};
    if (number_lexer_way(&lexer, NUMBER_START).left != UINT32_MAX) walk(&w, NUMBER_START, 0);
    number_lexer_clear(&lexer);
    return w.n_accepted;
}

static void texts_are_judged_right_and_no_way_is_a_dead_end(void **state) {
    (void)state;
    static const struct set sets[] = {
        {NULL, NULL, {0}, {0}},
        {NULL, NULL, {"1"}, {0}},
        {"[0", NULL, {"1"}, {0}},
        {"(0", NULL, {"1"}, {0}},
        {"[1", "5]", {"1"}, {0}},
        {"[1", "5)", {"1"}, {0}},
        {"[0", "1]", {0}, {0}},
        {"(0", "1)", {0}, {0}},
        {"[-1", "1]", {0}, {0}},
        {"[-10", "-1]", {"1"}, {0}},
        {"[9", "11]", {"1"}, {0}},
        {"[19", "101]", {"1"}, {0}},
        {"[15", "15]", {0}, {0}},
        {"[1.5", "1.5]", {0}, {0}},
        {"[0", "0]", {0}, {0}},
        {NULL, "-0.05]", {0}, {0}},
        {"[0.15", "0.16]", {0}, {0}},
        {"[0", "20]", {"0.5"}, {0}},
        {"[1", "20]", {"1.5"}, {0}},
        {"[-5", "20]", {"0.05", "0.15"}, {0}},
        {NULL, NULL, {"15"}, {0}},
        {NULL, NULL, {"0.01"}, {0}},
        {NULL, NULL, {"1"}, {"5"}},
        {NULL, NULL, {0}, {"1"}},
        {"[0", "20]", {0}, {"1"}},
        {"[1", "5]", {"1"}, {"2", "3"}},
        {"[10", "19]", {"1"}, {"2", "3", "5", "7"}},
        {"[1", "1.05]", {0}, {"1"}},
        {"[100", "105]", {"5"}, {"10"}},
        {"[1e-300", "5e-300]", {0}, {0}},
        {"[1e300", "1e301]", {"1"}, {0}},
        {"[123456789012345678901234567890", NULL, {"1"}, {0}},
        {"[0.1", "0.1]", {0}, {"0.1"}},
    };
    for (size_t i = 0; i < BASE_COUNT(sets); i++) {
        size_t n = check(&sets[i], 1, "015.e-", 6);
        bool is_out_of_reach = i >= BASE_COUNT(sets) - 4;
        if (n == 0 && !is_out_of_reach) fail_msg("set %zu: nothing was accepted", i);
    }
}

static void several_sets_run_as_one(void **state) {
    (void)state;
    static const struct set few[] = {{"[1", "1]", {0}, {0}},     {"[5", "5]", {0}, {0}},
                                     {"[1.5", "1.5]", {0}, {0}}, {"[-10", "-10]", {0}, {0}},
                                     {"[50", NULL, {"5"}, {0}},  {"[0.01", "0.015)", {0}, {0}}};
    assert_true(check(few, BASE_COUNT(few), "015.e-", 6) > 10);
}

static uint32_t run(struct number_lexer *lexer, const char *text) {
    uint32_t node = NUMBER_START;
    for (; *text && node != NUMBER_DEAD; text++)
        node = number_lexer_step(lexer, node, (uint8_t)*text);
    return node;
}

static bool takes(const struct set *set, const char *text) {
    struct number_shape shape = shape_of(set, 0);
    struct number_lexer lexer;
    assert_int_equal(number_lexer_init(&lexer, &shape, 1, NULL), INGLE_OK);
    uint32_t node = run(&lexer, text);
    bool is_taken = node != NUMBER_DEAD && number_lexer_accepts(&lexer, node);
    number_lexer_clear(&lexer);
    return is_taken;
}

static void large_and_fine_numbers_are_exact(void **state) {
    (void)state;
    static const struct set any = {NULL, NULL, {0}, {0}}, whole = {NULL, NULL, {"1"}, {0}};
    static const struct set fine = {NULL, NULL, {"0.0001"}, {0}};
    static const struct set odd = {NULL, NULL, {"0.123456789"}, {0}};
    static const struct set above = {"(972783798187987123879878123.18878137", NULL, {0}, {0}};
    static const struct set tiny = {NULL, NULL, {"1e-8"}, {0}};
    assert_true(takes(&fine, "0.0075"));
    assert_false(takes(&fine, "0.00751"));
    assert_false(takes(&odd, "1e308"));
    assert_true(takes(&tiny, "12391239123"));
    assert_true(takes(&whole, "12345678910111213141516171819202122232425"));
    assert_true(takes(&whole, "98249283749234923498293171823948729348710298301928331"));
    assert_true(takes(&above, "972783798187987123879878123.188781371"));
    assert_false(takes(&above, "972783798187987123879878123.188781369"));
    assert_true(takes(&any, "1.7976931348623157e+308"));
    assert_true(takes(&any, "-5e-324"));
    assert_true(takes(&any, "1E0"));
    assert_true(takes(&any, "-0.0e-0"));
    assert_true(takes(&whole, "10e-1"));
    assert_false(takes(&whole, "1e-1"));
}

static void what_a_double_cannot_hold_is_out(void **state) {
    (void)state;
    static const struct set any = {NULL, NULL, {0}, {0}};
    assert_false(takes(&any, "1e309"));
    assert_false(takes(&any, "18e307"));
    assert_false(takes(&any, "-1.7976931348623158e308"));
    assert_false(takes(&any, "1e-400"));
    assert_false(takes(&any, "4.8e-324"));
    assert_true(takes(&any, "0e9"));
    assert_false(takes(&any, "1e00001"));
    char digits[NUMBER_MAX_WHOLE + 2];
    memset(digits, '1', sizeof digits);
    digits[NUMBER_MAX_WHOLE] = '\0';
    assert_true(takes(&any, digits));
    digits[NUMBER_MAX_WHOLE] = '1';
    digits[NUMBER_MAX_WHOLE + 1] = '\0';
    assert_false(takes(&any, digits));
    memset(digits, '0', NUMBER_MAX_FRACTION + 3);
    digits[1] = '.';
    digits[NUMBER_MAX_FRACTION + 2] = '\0';
    assert_true(takes(&any, digits));
    digits[NUMBER_MAX_FRACTION + 2] = '0';
    digits[NUMBER_MAX_FRACTION + 3] = '\0';
    assert_false(takes(&any, digits));
}

static void integers_that_go_on_alike_share_a_node(void **state) {
    (void)state;
    static const struct set sets[] = {{NULL, NULL, {"1"}, {0}}, {"[0", NULL, {"1"}, {0}}};
    for (size_t i = 0; i < BASE_COUNT(sets); i++) {
        struct number_shape shape = shape_of(&sets[i], 0);
        struct number_lexer lexer;
        assert_int_equal(number_lexer_init(&lexer, &shape, 1, NULL), INGLE_OK);
        assert_int_equal(run(&lexer, "5134"), run(&lexer, "9787"));
        assert_int_not_equal(run(&lexer, "5134"), run(&lexer, "97870"));
        number_lexer_clear(&lexer);
    }
}

static bool is_not_small(const struct number *value, void *user) {
    ++*(int *)user;
    return value->n > 0 && (value->is_negative || value->n > 1 || value->digits[0] > 3);
}

static void a_filter_leads_past_numbers_that_are_taken(void **state) {
    (void)state;
    static const struct set sets[] = {{"[0", "4]", {"1"}, {0}}, {"[0", "3]", {"1"}, {0}}};
    int n = 0;
    struct number_filter filter = {.is_free = is_not_small, .user = &n};
    for (size_t i = 0; i < BASE_COUNT(sets); i++) {
        struct number_shape shape = shape_of(&sets[i], 0);
        struct number_lexer lexer;
        struct number_way way;
        assert_int_equal(number_lexer_init(&lexer, &shape, 1, NULL), INGLE_OK);
        assert_int_equal(number_lexer_way_past(&way, &lexer, "", 0, &filter), i == 0);
        if (i == 0) assert_int_equal(way.byte, '4');
        assert_false(number_lexer_way_past(&way, &lexer, "1", 1, &filter));
        assert_false(number_lexer_way_past(&way, &lexer, "0.", 2, &filter) && i == 1);
        number_lexer_clear(&lexer);
    }
    assert_true(n > 8);
}

static void refuse(const struct set *set, const char *rule) {
    struct number_shape shape = shape_of(set, 0);
    struct number_lexer lexer;
    ingle_error err;
    assert_int_equal(number_lexer_init(&lexer, &shape, 1, &err), INGLE_REFUSED);
    if (!strstr(err.msg, rule)) fail_msg("%s", err.msg);
}

static void what_exceeds_the_arithmetic_is_refused(void **state) {
    (void)state;
    char digits[500];
    memset(digits, '1', sizeof digits);
    digits[0] = '[';
    digits[sizeof digits - 1] = '\0';
    refuse(&(struct set){digits, NULL, {0}, {0}}, "too many digits for a bound");
    refuse(&(struct set){NULL, NULL, {"1234567890123456789"}, {0}}, "18 at most");
    refuse(&(struct set){NULL, NULL, {"1000000007", "1000000009", "1000000021"}, {0}},
           "common multiple");
}

static void any_failed_allocation_is_reported_and_nothing_leaks(void **state) {
    (void)state;
    static const struct set set = {"[1", "500]", {"0.5"}, {"3"}};
    struct number_shape shape = shape_of(&set, 0);
    for (uint64_t n = 1;; n++) {
        uint64_t live = mem_live();
        struct number_lexer lexer;
        uint32_t node = NUMBER_FAILED;
        mem_fail_at(n, 0);
        ingle_status status = number_lexer_init(&lexer, &shape, 1, NULL);
        if (status == INGLE_OK) {
            const char *text = "123.50e+0";
            node = NUMBER_START;
            for (; *text && node != NUMBER_FAILED; text++) {
                node = number_lexer_step(&lexer, node, (uint8_t)*text);
            }
            if (node != NUMBER_FAILED && !number_lexer_compact(&lexer)) node = NUMBER_FAILED;
            number_lexer_clear(&lexer);
        }
        mem_fail_at(0, 0);
        assert_int_equal(mem_live(), live);
        if (status != INGLE_OK) assert_int_equal(status, INGLE_NO_MEMORY);
        if (node == NUMBER_FAILED) continue;
        assert_true(n > 5);
        return;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_judged_right_and_no_way_is_a_dead_end),
        cmocka_unit_test(several_sets_run_as_one),
        cmocka_unit_test(large_and_fine_numbers_are_exact),
        cmocka_unit_test(what_a_double_cannot_hold_is_out),
        cmocka_unit_test(integers_that_go_on_alike_share_a_node),
        cmocka_unit_test(a_filter_leads_past_numbers_that_are_taken),
        cmocka_unit_test(what_exceeds_the_arithmetic_is_refused),
        cmocka_unit_test(any_failed_allocation_is_reported_and_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
