/* Spans of two origins in one list; placeholders and the way back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "guard/redact/redact_map.h"
#include "support/refusal.h"
#include "support/torture.h"

static void add(struct redact_spans *s, size_t from, size_t to, const char *kind, bool by_rule) {
    struct redact_span span = {from, to, kind, by_rule ? 1.0f : 0.5f,
                               by_rule ? REDACT_BY_RULE : REDACT_BY_MODEL};
    assert_int_equal(redact_spans_add(s, &span, NULL), INGLE_OK);
}

/* "kind:text kind:text", a rule's with a star. */
static void expect_merged(const char *text, const struct redact_spans *rules,
                          const struct redact_spans *tagged, const char *want) {
    struct redact_spans out = {0};
    char got[512] = "";
    assert_int_equal(redact_spans_merge(&out, text, strlen(text), rules, tagged, NULL), INGLE_OK);
    for (size_t i = 0; i < out.n; i++) {
        const struct redact_span *s = &out.items[i];
        size_t n = strlen(got);
        snprintf(got + n, sizeof got - n, "%s%s%s:%.*s", i ? "; " : "", s->kind,
                 s->by == REDACT_BY_RULE ? "*" : "", (int)(s->to - s->from), text + s->from);
    }
    assert_string_equal(got, want);
    redact_spans_clear(&out);
}

static void a_rule_wins_and_the_tagger_keeps_the_rest(void **state) {
    (void)state;
    struct redact_spans rules = {0}, tagged = {0};
    const char *text = "Ada Byron ada@x.org, London";
    add(&rules, 10, 19, "MAIL", true);
    add(&tagged, 0, 19, "PERSON", false);
    add(&tagged, 21, 27, "PLACE", false);
    expect_merged(text, &rules, &tagged, "PERSON:Ada Byron; MAIL*:ada@x.org; PLACE:London");
    tagged.n = 0;
    add(&tagged, 0, 27, "PERSON", false); /* on both sides */
    expect_merged(text, &rules, &tagged, "PERSON:Ada Byron; MAIL*:ada@x.org; PERSON:, London");
    tagged.n = 0;
    add(&tagged, 12, 15, "PERSON", false); /* inside */
    expect_merged(text, &rules, &tagged, "MAIL*:ada@x.org");
    tagged.n = 0;
    add(&tagged, 12, 20, "PERSON", false); /* only a mark is left */
    expect_merged(text, &rules, &tagged, "MAIL*:ada@x.org");
    tagged.n = 0;
    expect_merged(text, &rules, &tagged, "MAIL*:ada@x.org");
    add(&tagged, 0, 9, "PERSON", false);
    rules.n = 0;
    expect_merged(text, &rules, &tagged, "PERSON:Ada Byron");
    tagged.n = 0;
    expect_merged(text, &rules, &tagged, "");
    redact_spans_clear(&rules);
    redact_spans_clear(&tagged);
}

static void several_rules_in_one_tagged_span(void **state) {
    (void)state;
    struct redact_spans rules = {0}, tagged = {0};
    const char *text = "aa 11 bb 22 cc 33";
    add(&rules, 3, 5, "N", true);
    add(&rules, 9, 11, "N", true);
    add(&rules, 15, 17, "N", true);
    add(&tagged, 0, 14, "P", false);
    expect_merged(text, &rules, &tagged, "P:aa; N*:11; P:bb; N*:22; P:cc; N*:33");
    redact_spans_clear(&rules);
    redact_spans_clear(&tagged);
}

static void neighbours_of_one_kind_are_one(void **state) {
    (void)state;
    struct redact_spans rules = {0}, tagged = {0};
    add(&tagged, 0, 2, "A", false);
    add(&tagged, 4, 6, "A", false);
    add(&tagged, 7, 8, "B", false);
    add(&tagged, 8, 9, "B", false);
    expect_merged("12\n 34,56", &rules, &tagged, "A:12\n 34; B:5; B:6");
    redact_spans_clear(&tagged);
}

/* What both cover is covered, and nothing else, whatever they are. */
static void the_union_is_covered(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 3);
    for (int round = 0; round < 5000; round++) {
        char text[41];
        bool want[40] = {0}, got[40] = {0};
        struct redact_spans lists[2] = {{0}, {0}}, out = {0};
        memset(text, 'x', 40);
        text[40] = '\0';
        for (int which = 0; which < 2; which++) {
            for (size_t at = rng_below(&rng, 8); at < 38;) {
                size_t to = at + 1 + rng_below(&rng, 40 - (uint32_t)at);
                add(&lists[which], at, to, which ? "T" : "R", !which);
                memset(want + at, 1, to - at);
                at = to + rng_below(&rng, 6);
            }
        }
        assert_int_equal(redact_spans_merge(&out, text, strlen(text), &lists[0], &lists[1], NULL),
                         INGLE_OK);
        size_t last = 0;
        for (size_t i = 0; i < out.n; i++) {
            assert_true(out.items[i].from >= last && out.items[i].to > out.items[i].from);
            last = out.items[i].to;
            memset(got + out.items[i].from, 1, last - out.items[i].from);
        }
        assert_memory_equal(want, got, sizeof want);
        redact_spans_clear(&lists[0]);
        redact_spans_clear(&lists[1]);
        redact_spans_clear(&out);
    }
}

static bool keep(const char *data, size_t len, const char *kind, void *user) {
    (void)kind;
    return buf_add(user, data, len);
}

/* Redacts, expects that, writes and reads the map, restores, expects the text. */
static void round_trip(const char *text, size_t len, const struct redact_spans *spans,
                       const char *want) {
    struct redact_map *map, *again;
    struct buf redacted, restored, json;
    buf_init(&redacted, 1 << 20);
    buf_init(&restored, 1 << 20);
    buf_init(&json, 1 << 20);
    assert_int_equal(redact_map_new(&map, NULL), INGLE_OK);
    assert_int_equal(redact_apply(map, text, len, spans, keep, &redacted, NULL), INGLE_OK);
    if (want) assert_string_equal(redacted.data ? redacted.data : "", want);
    assert_int_equal(redact_map_write(map, &json, NULL), INGLE_OK);
    assert_int_equal(redact_map_read(&again, json.data, json.size, "map", NULL), INGLE_OK);
    assert_int_equal(redact_map_count(again), redact_map_count(map));
    const char *data = redacted.data ? redacted.data : "";
    assert_int_equal(redact_restore(again, data, redacted.size, keep, &restored, NULL), INGLE_OK);
    assert_int_equal(restored.size, len);
    if (len) assert_memory_equal(restored.data, text, len);
    redact_map_free(map);
    redact_map_free(again);
    buf_clear(&redacted);
    buf_clear(&restored);
    buf_clear(&json);
}

static void equal_values_share_a_placeholder(void **state) {
    (void)state;
    struct redact_spans s = {0};
    const char *text = "Ada met ADA and Ada\nByron; ada  byron left. Bob";
    add(&s, 0, 3, "PERSON", false);
    add(&s, 8, 11, "PERSON", false);
    add(&s, 16, 25, "PERSON", false);
    add(&s, 27, 37, "PERSON", false);
    add(&s, 44, 47, "PERSON", false);
    round_trip(text, strlen(text), &s,
               "[PERSON_1] met [PERSON_1] and [PERSON_2]; [PERSON_2] left. [PERSON_3]");
    s.items[4].kind = "PLACE";
    round_trip(text, strlen(text), &s,
               "[PERSON_1] met [PERSON_1] and [PERSON_2]; [PERSON_2] left. [PLACE_1]");
    redact_spans_clear(&s);
}

static void what_looks_like_a_placeholder_is_numbered_around(void **state) {
    (void)state;
    struct redact_spans s = {0};
    const char *text = "[PERSON_1] [PERSON_3] Ada Bob [PERSON_02] [person_2]";
    add(&s, 22, 25, "PERSON", false);
    add(&s, 26, 29, "PERSON", false);
    round_trip(text, strlen(text), &s,
               "[PERSON_1] [PERSON_3] [PERSON_2] [PERSON_4] [PERSON_02] [person_2]");
    redact_spans_clear(&s);
}

static void any_text_comes_back(void **state) {
    (void)state;
    static const char *const parts[] = {"[",  "]",   "[PERSON_1]", "[A_2]", "Ada", "ADA",
                                        " ",  "\n",  "é",          "_1]",   "[A_", "\x01\"",
                                        "\\", "ada", "[A_1",       "A1]"};
    struct rng rng;
    rng_init(&rng, 11);
    for (int round = 0; round < 5000; round++) {
        char text[400] = "";
        struct redact_spans s = {0};
        size_t len = 0;
        for (uint32_t n = rng_below(&rng, 30); n > 0; n--) {
            const char *part = parts[rng_below(&rng, 16)];
            size_t size = strlen(part);
            assert_true(len + size < sizeof text);
            memcpy(text + len, part, size + 1);
            if (rng_below(&rng, 3) == 0)
                add(&s, len, len + size, rng_below(&rng, 2) ? "A" : "PERSON", 0);
            len += size;
        }
        round_trip(text, len, &s, NULL);
        redact_spans_clear(&s);
    }
}

static struct redact_map *read_map(const char *json) {
    struct redact_map *map;
    assert_int_equal(redact_map_read(&map, json, strlen(json), "m", NULL), INGLE_OK);
    return map;
}

static void an_answer_gets_the_first_spelling(void **state) {
    (void)state;
    struct redact_map *map = read_map("{\"ingle_redact_map\": 1, \"placeholders\": {\"[P_1]\": "
                                      "{\"text\": \"Ada\", \"n\": 2, \"spellings\": {\"2\": "
                                      "\"ADA\"}}}}");
    struct buf out;
    buf_init(&out, 1000);
    const char *same = "[P_1] [P_1]", *other = "Dear [P_1], [P_2] [P_1] [P_1]";
    assert_int_equal(redact_restore(map, same, strlen(same), keep, &out, NULL), INGLE_OK);
    assert_string_equal(out.data, "Ada ADA");
    buf_reset(&out);
    assert_int_equal(redact_restore(map, other, strlen(other), keep, &out, NULL), INGLE_OK);
    assert_string_equal(out.data, "Dear Ada, [P_2] Ada Ada");
    buf_clear(&out);
    redact_map_free(map);
}

static void broken_maps_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *json, *saying;
        ingle_status code;
    } cases[] = {
        {"", "JSON", INGLE_INVALID},
        {"[]", "no map", INGLE_INVALID},
        {"{}", "no map", INGLE_INVALID},
        {"{\"ingle_redact_map\": 1}", "no map", INGLE_INVALID},
        {"{\"ingle_redact_map\": 2, \"placeholders\": {}}", "version", INGLE_UNSUPPORTED},
        {"{\"ingle_redact_map\": 1, \"placeholders\": []}", "no map", INGLE_INVALID},
        {"{\"ingle_redact_map\": 1, \"placeholders\": {\"x\": 1}}", "no placeholder",
         INGLE_INVALID},
        {"{\"ingle_redact_map\": 1, \"placeholders\": {\"[P_1]\": 1}}", "text", INGLE_INVALID},
        {"{\"ingle_redact_map\": 1, \"placeholders\": {\"[P_1]\": {\"text\": \"a\"}}}", "count",
         INGLE_INVALID},
        {"{\"ingle_redact_map\": 1, \"placeholders\": {\"[P_1]\": {\"text\": \"a\", \"n\": 0}}}",
         "count", INGLE_INVALID},
        {"{\"ingle_redact_map\": 1, \"placeholders\": {\"[P_1]\": {\"text\": \"a\", \"n\": 1, "
         "\"spellings\": {\"2\": \"b\"}}}}",
         "occurrence", INGLE_INVALID},
        {"{\"ingle_redact_map\": 1, \"placeholders\": {\"[P_1]\": {\"text\": \"a\", \"n\": 9, "
         "\"spellings\": {\"3\": \"b\", \"2\": \"c\"}}}}",
         "occurrence", INGLE_INVALID},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        struct redact_map *map;
        ingle_error err;
        ingle_status status =
            redact_map_read(&map, cases[i].json, strlen(cases[i].json), "m", &err);
        expect_refusal(status, cases[i].code, &err, cases[i].saying);
        assert_null(map);
    }
}

static ingle_status all_of_it(ingle_error *err) {
    static const char text[] = "Ada and ADA wrote to Bob.";
    struct redact_spans s = {0};
    struct redact_map *map = NULL, *again = NULL;
    struct buf json, out;
    buf_init(&json, 1 << 16);
    buf_init(&out, 1 << 16);
    static const struct redact_span spans[] = {{0, 3, "P", 1, REDACT_BY_RULE},
                                               {8, 11, "P", 1, REDACT_BY_RULE},
                                               {21, 24, "P", 1, REDACT_BY_RULE}};
    ingle_status status = INGLE_OK;
    for (size_t i = 0; i < 3 && status == INGLE_OK; i++) {
        status = redact_spans_add(&s, &spans[i], err);
    }
    if (status == INGLE_OK) status = redact_map_new(&map, err);
    if (status == INGLE_OK) {
        status = redact_apply(map, text, sizeof text - 1, &s, keep, &out, err);
        if (status == INGLE_CANCELLED) status = status_no_memory(err, "the text", 1);
    }
    if (status == INGLE_OK) status = redact_map_write(map, &json, err);
    if (status == INGLE_OK) status = redact_map_read(&again, json.data, json.size, "m", err);
    if (status == INGLE_OK) {
        buf_reset(&out);
        status = redact_restore(again, "[P_1]", 5, keep, &out, err);
    }
    redact_map_free(map);
    redact_map_free(again);
    redact_spans_clear(&s);
    buf_clear(&json);
    buf_clear(&out);
    return status;
}

static void no_memory_leaves_nothing(void **state) {
    (void)state;
    assert_true(torture(all_of_it) >= 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_wins_and_the_tagger_keeps_the_rest),
        cmocka_unit_test(several_rules_in_one_tagged_span),
        cmocka_unit_test(neighbours_of_one_kind_are_one),
        cmocka_unit_test(the_union_is_covered),
        cmocka_unit_test(equal_values_share_a_placeholder),
        cmocka_unit_test(what_looks_like_a_placeholder_is_numbered_around),
        cmocka_unit_test(any_text_comes_back),
        cmocka_unit_test(an_answer_gets_the_first_spelling),
        cmocka_unit_test(broken_maps_are_refused),
        cmocka_unit_test(no_memory_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
