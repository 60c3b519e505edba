/* What was found in one place is found in the others; what is a word as well, or too general, is
 * not. In the texts here {P:Ada} is a span that was found, of the kind that the letter stands for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "guard/redact/redact_amount.h"
#include "guard/redact/redact_fold.h"
#include "guard/redact/redact_map.h"
#include "guard/redact/redact_repeats.h"
#include "support/cpu_time.h"

static const char *kind_of(char letter) {
    static const struct {
        char letter;
        const char *kind;
    } kinds[] = {
        {'P', "PERSON"},         {'O', "ORGANIZATION"},  {'L', "LOCATION"},
        {'S', "STREET_ADDRESS"}, {'Z', "ZIP_CODE"},      {'I', "ID"},
        {'D', "DATE_TIME"},      {'A', "AGE"},           {'N', "NATIONALITY"},
        {'T', "TITLE"},          {'H', "PHONE_NUMBER"},  {'E', "EMAIL_ADDRESS"},
        {'W', "DOMAIN_NAME"},    {'B', "DATE_OF_BIRTH"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].letter == letter) return kinds[i].kind;
    }
    fail_msg("no kind %c", letter);
    return "";
}

/* Takes the marks out of the text. */
static size_t take_spans(const char *marked, char *text, struct redact_spans *found,
                         float confidence) {
    size_t n = 0;
    for (const char *p = marked; *p; p++) {
        if (p[0] == '{' && p[1] && p[2] == ':') {
            struct redact_span s = {n, n, kind_of(p[1]), confidence, REDACT_BY_MODEL};
            assert_int_equal(redact_spans_add(found, &s, NULL), INGLE_OK);
            p += 2;
        } else if (*p == '}') {
            found->items[found->n - 1].to = n;
        } else {
            text[n++] = *p;
        }
    }
    text[n] = '\0';
    return n;
}

/* The repetitions, "Ada|BOB". */
static void list_repeats(const char *marked, float confidence, char *got, size_t size) {
    struct redact_spans found = {0}, all = {0};
    char text[1024];
    size_t len = take_spans(marked, text, &found, confidence), last = 0, n_found = 0;
    assert_int_equal(redact_repeats(&all, text, len, &found, NULL), INGLE_OK);
    got[0] = '\0';
    for (size_t i = 0; i < all.n; i++) {
        const struct redact_span *s = &all.items[i];
        assert_true(s->from >= last && s->to > s->from && s->to <= len);
        last = s->to;
        n_found += s->by == REDACT_BY_MODEL;
        if (s->by != REDACT_BY_REPETITION) continue;
        size_t n = strlen(got);
        snprintf(got + n, size - n, "%s%.*s", n ? "|" : "", (int)(s->to - s->from), text + s->from);
    }
    assert_int_equal(n_found, found.n);
    redact_spans_clear(&found);
    redact_spans_clear(&all);
}

struct repeat_case {
    const char *text, *want;
};

static void expect_all(const struct repeat_case *cases, size_t n) {
    size_t n_wrong = 0;
    for (size_t i = 0; i < n; i++) {
        char got[1024];
        list_repeats(cases[i].text, 0.9f, got, sizeof got);
        if (strcmp(got, cases[i].want) == 0) continue;
        print_error("%s: '%s', not '%s'\n", cases[i].text, got, cases[i].want);
        n_wrong++;
    }
    assert_int_equal(n_wrong, 0);
}

static void a_value_is_found_again(void **state) {
    (void)state;
    static const struct repeat_case cases[] = {
        {"{P:Bob Smith} came. Then Bob Smith left.", "Bob Smith"},
        {"Then Bob Smith left. {P:Bob Smith} came.", "Bob Smith"},
        {"{P:Bob Smith}: BOB SMITH, bob smith", "BOB SMITH|bob smith"},
        {"{P:Bob Smith} and Bob\n  Smith and Bob\tSmith", "Bob\n  Smith|Bob\tSmith"},
        {"{P:Bob Smith}, Bob Smith's car, Bob Smith\xe2\x80\x99s cat", "Bob Smith|Bob Smith"},
        {"{P:Smith's} car; Smith came, and so did SMITH", "Smith|SMITH"},
        {"{P:James\xe2\x80\x99} car; we saw James there", "James"},
        {"{P:Bob Smith} came; Smith left, and Bob too", "Smith|Bob"},
        {"{P:Bob Smith}. SMITH: no", "SMITH"},
        {"we met {P:Castellanos}. Castellanos-Ruiz too", "Castellanos"},
        {"{P:O'Brien} and O\xe2\x80\x99"
         "BRIEN",
         "O\xe2\x80\x99"
         "BRIEN"},
        {"{P:Anne-Marie Dubois}: Anne-Marie, anne-marie, Dubois", "Anne-Marie|anne-marie|Dubois"},
        {"{P:J\xc3\xbcrgen Wei\xc3\x9f} J\xc3\x9cRGEN", "J\xc3\x9cRGEN"},
        {"{P:\xce\x9d\xce\xaf\xce\xba\xce\xbf\xcf\x82} \xce\x9d\xce\x8a\xce\x9a\xce\x9f\xce\xa3",
         "\xce\x9d\xce\x8a\xce\x9a\xce\x9f\xce\xa3"},
        {"{P:\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd} \xd0\x98\xd0\x92\xd0\x90\xd0\x9d",
         "\xd0\x98\xd0\x92\xd0\x90\xd0\x9d"},
        {"{P:\xe7\x94\xb0\xe4\xb8\xad}\xe3\x81\x95\xe3\x82\x93\xe3\x80\x82\xe5\x89\x8d"
         "\xe7\x94\xb0\xe4\xb8\xad\xe3\x81\xaf",
         "\xe7\x94\xb0\xe4\xb8\xad"},
        {"{O:Acme Inc.} is here. Acme Inc is there; ACME INC. too", "Acme Inc|ACME INC."},
        {"{O:Saint Bridget's Hospital}; saint bridget's hospital", "saint bridget's hospital"},
        {"{O:IBM} and IBM", "IBM"},
        {"we left{P:. Castellanos} and Castellanos", "Castellanos"},
        {"{L:Berlin} is big. Berlin is loud.", "Berlin"},
        {"{S:Gartenstrasse 27}, GARTENSTRASSE 27", "GARTENSTRASSE 27"},
        {"{S:12 Long Lane,\nFlat 4}. At 12 long lane, flat 4", "12 long lane, flat 4"},
        {"{I:AB-12345}; ab-12345", "ab-12345"},
        {"{I:1234567} or 1234567 or 3-1234567", "1234567|1234567"},
        {"{Z:10115} and 10115 and (10115).", "10115|10115"},
        {"{Z:SW1A 1AA}, sw1a  1aa", "sw1a  1aa"},
        {"{H:030 901820} or 030\n901820", "030\n901820"},
        {"{E:a.b@x.org}, A.B@X.ORG.", "A.B@X.ORG"},
        {"{W:example.org}: www.example.org", "example.org"},
        {"{B:2 August 2014} and 2 august 2014", "2 august 2014"},
        {"{P:Rose} said that Rose agreed", "Rose"},
        {"{P:Mark Bush} left; Mark Bush came", "Mark Bush"},
        {"{P:Ada}{P:Bob Smith}, ada Bob Smith {P:Zoe}, Zoe", "Bob Smith|Zoe"},
        {"{P:Bob Smith} {P:Bob Smith Jones} Bob Smith Jones", "Bob Smith Jones"},
        {"{P:Bob Smith} {L:Smith} Smith", "Smith"},
        {"{P:Maria Castellanos} [Maria Castellanos]", "Maria Castellanos"},
    };
    expect_all(cases, sizeof cases / sizeof *cases);
}

static void what_says_too_little_is_not(void **state) {
    (void)state;
    static const struct repeat_case cases[] = {
        {"{P:Smith} and Smithson and Blacksmith, smith_x", ""},
        {"{P:Bob Smith} and Bobby Smithers", ""},
        {"{P:Bob Smith} is a smith who likes to bob", ""},
        {"{P:Will} left. Will you come?", ""},
        {"{P:May} left in May", ""},
        {"{P:Rose} left. Rose again the sun", ""},
        {"{P:Rose} left, the price rose", ""},
        {"{P:Mark Bush} hid: mark bush and tree", ""},
        {"{P:Dr. King} and a doctor, the King, Dr. Who", ""},
        {"{P:the miller} and the miller", ""},
        {"{P:ada} and ada", ""},
        {"{P:Li} and Li", ""},
        {"{P:J. B.} and J. B.", ""},
        {"{P:Tanner} came. Tanner is a word here, as the tanner knows", ""},
        {"{P:Zander} came. Zander is a fish, and a zander bites", ""},
        {"{P:Ludwig van Beethoven} in a van", ""},
        {"{D:Tuesday} and Tuesday", ""},
        {"{D:14 March 2026} and 14 March 2026", ""},
        {"{A:42} years, 42 apples", ""},
        {"{A:forty two} or forty two", ""},
        {"{T:Mr} Mr", ""},
        {"{N:German} German", ""},
        {"{I:1234} and 1234", ""},
        {"{Z:10115} or 10115.50 or 3,10115 or 10115-3", ""},
        {"{Z:10115} for EUR 10115, $10115 or 10115 euros", ""},
        {"{Z:10115} in 101150 and A10115", ""},
        {"{L:US} and us and US", ""},
        {"{O:The Company} the company", ""},
        {"{O:Apple} pies. Apple pie, apple pie, APPLE", ""},
        {"{P:Bob Smith}", ""},
        {"{S:12} and 12", ""},
        {"{P:Smith} {I:Smith-1}", ""},
        {"{I:A1} and A1", ""},
        {"nothing at all", ""},
        {"", ""},
    };
    expect_all(cases, sizeof cases / sizeof *cases);
}

static void an_unsure_value_stays_where_it_is(void **state) {
    (void)state;
    char got[64];
    list_repeats("{P:Bob Smith} Bob Smith", 0.5f, got, sizeof got);
    assert_string_equal(got, "");
}

static bool keep(const char *data, size_t len, const char *kind, void *user) {
    (void)kind;
    return buf_add(user, data, len);
}

static void a_repetition_shares_the_placeholder(void **state) {
    (void)state;
    struct redact_spans found = {0}, all = {0};
    struct redact_map *map;
    struct buf out;
    char text[128];
    size_t len = take_spans("{P:J\xc3\xbcrgen Klee}: J\xc3\x9cRGEN\n KLEE, Klee", text, &found, 1);
    buf_init(&out, 4096);
    assert_int_equal(redact_repeats(&all, text, len, &found, NULL), INGLE_OK);
    assert_int_equal(redact_map_new(&map, NULL), INGLE_OK);
    assert_int_equal(redact_apply(map, text, len, &all, keep, &out, NULL), INGLE_OK);
    buf_add(&out, "", 1);
    assert_string_equal(out.data, "[PERSON_1]: [PERSON_1], [PERSON_2]");
    redact_map_free(map);
    buf_clear(&out);
    redact_spans_clear(&found);
    redact_spans_clear(&all);
}

/* ---- any text ---- */

static size_t random_text(struct rng *rng, char *text, struct redact_spans *found) {
    static const char *const words[] = {
        "Bob",        "bob",          "Smith",        "SMITH",   "\xc3\x89va", "\xc3\xa9va",
        "12345",      "A1-22",        "Will",         "'s",      ".",          ",",
        "[PERSON_1]", "\xe7\x94\xb0", "\xe4\xb8\xad", "Ada-Zoe", "[",          "x"};
    static const char *const gaps[] = {" ", "\n", "", "  ", "\t", "\xc2\xa0", " "};
    size_t len = 0;
    for (size_t n = rng_below(rng, 60); n > 0; n--) {
        const char *word = words[rng_below(rng, sizeof words / sizeof *words)];
        const char *gap = gaps[rng_below(rng, sizeof gaps / sizeof *gaps)];
        size_t from = len;
        len += (size_t)snprintf(text + len, 32, "%s", word);
        if (rng_below(rng, 6) == 0) {
            bool goes_on =
                rng_below(rng, 2) && found->n && found->items[found->n - 1].to + 1 == from;
            struct redact_span s = {from, len, "PERSON", 1.0f, REDACT_BY_MODEL};
            if (goes_on) {
                found->items[found->n - 1].to = len;
            } else {
                assert_int_equal(redact_spans_add(found, &s, NULL), INGLE_OK);
            }
        }
        len += (size_t)snprintf(text + len, 32, "%s", gap);
    }
    return len;
}

static void check_way_back(const char *text, size_t len, const struct redact_spans *spans) {
    struct redact_map *map;
    struct buf out, back;
    buf_init(&out, 1 << 20), buf_init(&back, 1 << 20);
    assert_int_equal(redact_map_new(&map, NULL), INGLE_OK);
    assert_int_equal(redact_apply(map, text, len, spans, keep, &out, NULL), INGLE_OK);
    assert_int_equal(redact_restore(map, out.data ? out.data : "", out.size, keep, &back, NULL),
                     INGLE_OK);
    assert_int_equal(back.size, len);
    if (len) assert_memory_equal(back.data, text, len);
    redact_map_free(map);
    buf_clear(&out), buf_clear(&back);
}

/* Order, what was found stays, the same twice (whatever the seed of the hashes), and the way back.
 */
static void random_texts_come_back(void **state) {
    (void)state;
    struct rng rng;
    uint64_t live = mem_live();
    size_t n_repeats = 0;
    rng_init(&rng, 11);
    for (int round = 0; round < 3000; round++) {
        char text[4096];
        struct redact_spans found = {0}, all = {0}, again = {0};
        size_t len = random_text(&rng, text, &found), f = 0, last = 0;
        assert_int_equal(redact_repeats(&all, text, len, &found, NULL), INGLE_OK);
        assert_int_equal(redact_repeats(&again, text, len, &found, NULL), INGLE_OK);
        assert_int_equal(all.n, again.n);
        for (size_t i = 0; i < all.n; i++) {
            const struct redact_span *s = &all.items[i];
            assert_true(s->from >= last && s->to > s->from && s->to <= len);
            assert_true(s->from == again.items[i].from && s->to == again.items[i].to);
            last = s->to;
            if (s->by == REDACT_BY_REPETITION) {
                n_repeats++;
            } else {
                assert_true(f < found.n && s->from == found.items[f].from);
                f++;
            }
        }
        assert_int_equal(f, found.n);
        check_way_back(text, len, &all);
        redact_spans_clear(&found);
        redact_spans_clear(&all);
        redact_spans_clear(&again);
    }
    assert_true(n_repeats > 3000);
    assert_int_equal(mem_live(), live);
}

/* ---- time ---- */

/* `n` words "Name17 Bbb..." in the first half, found, and all of them again. */
static double time_of_values(size_t n, size_t *n_repeats) {
    struct redact_spans found = {0}, all = {0};
    struct buf text;
    buf_init(&text, (size_t)256 << 20);
    for (size_t i = 0; i < n; i++) {
        struct redact_span s = {text.size, 0, "PERSON", 1.0f, REDACT_BY_MODEL};
        buf_addf(&text, "Anna Beatrix%zu", i);
        s.to = text.size;
        assert_int_equal(redact_spans_add(&found, &s, NULL), INGLE_OK);
        buf_add_str(&text, ", ");
    }
    for (size_t i = 0; i < n; i++) buf_addf(&text, "then Anna Beatrix%zu came ", n - 1 - i);
    double start = cpu_time_ms();
    assert_int_equal(redact_repeats(&all, text.data, text.size, &found, NULL), INGLE_OK);
    double spent = cpu_time_ms() - start;
    *n_repeats = all.n - found.n;
    buf_clear(&text);
    redact_spans_clear(&found);
    redact_spans_clear(&all);
    return spent;
}

static void a_hundred_thousand_values_take_no_square_of_time(void **state) {
    (void)state;
    size_t n_repeats;
    (void)time_of_values(1000, &n_repeats);
    double small = time_of_values(10000, &n_repeats);
    assert_int_equal(n_repeats, 10000);
    double large = time_of_values(100000, &n_repeats);
    assert_int_equal(n_repeats, 100000);
    assert_true(large < 30 * small + 200); /* ten times; a square were a hundred times */
}

/* The worst text: at every word a long value begins that does not end there. */
static void a_text_made_of_beginnings_takes_linear_time(void **state) {
    (void)state;
    struct redact_spans found = {0}, all = {0};
    struct buf text;
    buf_init(&text, (size_t)64 << 20);
    for (int i = 0; i < 30; i++) buf_add_str(&text, "A ");
    buf_add_str(&text, "Bcd");
    struct redact_span s = {0, text.size, "ORGANIZATION", 1.0f, REDACT_BY_MODEL};
    assert_int_equal(redact_spans_add(&found, &s, NULL), INGLE_OK);
    while (text.size < (size_t)4 << 20) buf_add_str(&text, " A");
    double start = cpu_time_ms();
    assert_int_equal(redact_repeats(&all, text.data, text.size, &found, NULL), INGLE_OK);
    assert_true(cpu_time_within(start, 5000));
    assert_int_equal(all.n, 1);
    buf_clear(&text);
    redact_spans_clear(&found);
    redact_spans_clear(&all);
}

/* ---- its parts ---- */

static void case_folds_in_three_alphabets(void **state) {
    (void)state;
    static const uint32_t pairs[][2] = {
        {'A', 'a'},       {'Z', 'z'},       {0xc4, 0xe4},   {0xd8, 0xf8},   {0x160, 0x161},
        {0x141, 0x142},   {0x17d, 0x17e},   {0x178, 0xff},  {0x386, 0x3ac}, {0x389, 0x3ae},
        {0x38f, 0x3ce},   {0x3a9, 0x3c9},   {0x401, 0x451}, {0x416, 0x436}, {0x490, 0x491},
        {0x1ea4, 0x1ea5}, {0x1e9e, 0x1e9e}, {0xd7, 0xd7},   {0x130, 0x130}, {0x138, 0x138},
        {0x5d0, 0x5d0},   {0x7530, 0x7530}, {'1', '1'},     {'[', '['},     {0xdf, 0xdf},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        assert_int_equal(redact_lower(pairs[i][0]), pairs[i][1]);
        assert_int_equal(redact_lower(pairs[i][1]), pairs[i][1]);
    }
    for (uint32_t c = 0; c < 0x3000; c++) { /* once is enough, or forms would differ */
        assert_int_equal(redact_lower(redact_lower(c)), redact_lower(c));
    }
}

static void a_sum_of_money_is_told_by_its_currency(void **state) {
    (void)state;
    static const char *const amounts[] = {"EUR {412.80}", "{EUR 412.80} x", "${1,000}",
                                          "{12} euros",   "{412.80} USD",   "\xe2\x82\xac {5}",
                                          "{412.80 EUR}", "{1'000} CHF,",   "\xc2\xa3{20}"};
    static const char *const others[] = {"{10115} Berlin", "NEUR {412}",    "{12} eurosport",
                                         "{EUR}",          "EUR {12 Main}", "EUR   {12}",
                                         "{27}",           "{12} USDA",     ""};
    char text[64];
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts + sizeof others / sizeof *others; i++) {
        size_t n_amounts = sizeof amounts / sizeof *amounts, n = 0, from = 0, to = 0;
        for (const char *p = i < n_amounts ? amounts[i] : others[i - n_amounts]; *p; p++) {
            if (*p == '{') from = n;
            if (*p == '}') to = n;
            if (*p != '{' && *p != '}') text[n++] = *p;
        }
        if (redact_is_amount(text, n, from, to) == (i < n_amounts)) continue;
        fail_msg("%.*s", (int)n, text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_found_again),
        cmocka_unit_test(what_says_too_little_is_not),
        cmocka_unit_test(an_unsure_value_stays_where_it_is),
        cmocka_unit_test(a_repetition_shares_the_placeholder),
        cmocka_unit_test(random_texts_come_back),
        cmocka_unit_test(a_hundred_thousand_values_take_no_square_of_time),
        cmocka_unit_test(a_text_made_of_beginnings_takes_linear_time),
        cmocka_unit_test(case_folds_in_three_alphabets),
        cmocka_unit_test(a_sum_of_money_is_told_by_its_currency),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
