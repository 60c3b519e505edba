/* task/sentences: where sentences begin and end. */
#include "task/sentences.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/compiler.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "support/cpu_time.h"

/* `expected`: the sentences with "|" between them; "" = cut as `text` is: it has none. */
static const struct {
    const char *text, *expected;
} cases[] = {
    /* plain ends */
    {"", ""},
    {" \n\t\r\n  ", ""},
    {"One word", "One word"},
    {"It rained. We stayed in.", "It rained.|We stayed in."},
    {"Really? Yes! Good.", "Really?|Yes!|Good."},
    {"Really?! Yes.", "Really?!|Yes."},
    {"  Spaces around.   And between.  ", "Spaces around.|And between."},
    {"No stop at the end. of it", "No stop at the end. of it"},
    {"Two. Words", "Two.|Words"},
    {"It grew 5. Then it fell.", "It grew 5.|Then it fell."},
    {"no capitals here. none at all. so be it.", "no capitals here.|none at all.|so be it."},
    {"Are you there? call me.", "Are you there?|call me."},
    {"Yahoo! is a company. It is old.", "Yahoo! is a company.|It is old."},
    {"stop! now! please", "stop!|now!|please"},
    /* abbreviations */
    {"Mr. Smith met Dr. Jones. They spoke.", "Mr. Smith met Dr. Jones.|They spoke."},
    {"Prof. Ada and Gen. Lee, vs. Col. Kurtz.", "Prof. Ada and Gen. Lee, vs. Col. Kurtz."},
    {"Use a tool, e.g. Make. It helps.", "Use a tool, e.g. Make.|It helps."},
    {"A tree, i.e. A graph. Yes.", "A tree, i.e. A graph.|Yes."},
    {"See Fig. 3 and Eq. 2. They agree.", "See Fig. 3 and Eq. 2.|They agree."},
    {"Smith et al. 2005 said so. Others too.", "Smith et al. 2005 said so.|Others too."},
    {"Acme Inc. Sales rose. The end.", "Acme Inc. Sales rose.|The end."},
    {"He works at Acme Inc. The firm grew.", "He works at Acme Inc.|The firm grew."},
    {"Apples, pears, etc. Then we left.", "Apples, pears, etc.|Then we left."},
    {"Apples, pears, etc. are fruit.", "Apples, pears, etc. are fruit."},
    {"He is No. 5 of them. No. I refuse.", "He is No. 5 of them.|No.|I refuse."},
    {"Born on Jan. 5 in St. Petersburg. Nice.", "Born on Jan. 5 in St. Petersburg.|Nice."},
    {"It took 5 ms. The rest waited.", "It took 5 ms.|The rest waited."},
    {"It weighs approx. 5 kg. Heavy.", "It weighs approx. 5 kg.|Heavy."},
    {"Read pp. 5-9. Then write.", "Read pp. 5-9.|Then write."},
    {"Das gilt z.B. Für alle. Ja.", "Das gilt z.B. Für alle.|Ja."},
    {"Dr. Weber kam. Er blieb.", "Dr. Weber kam.|Er blieb."},
    /* letters with dots, initials */
    {"The U.S. Army came. It left.", "The U.S. Army came.|It left."},
    {"She lives in the U.S. He does not.", "She lives in the U.S.|He does not."},
    {"J. R. R. Tolkien wrote. People read.", "J. R. R. Tolkien wrote.|People read."},
    {"George W. Bush spoke. I slept.", "George W. Bush spoke.|I slept."},
    {"So do I. Then we go.", "So do I.|Then we go."},
    {"Take vitamin C. It helps.", "Take vitamin C.|It helps."},
    {"She has a Ph.D. in art. He has none.", "She has a Ph.D. in art.|He has none."},
    {"We met at 5 p.m. Everyone came.", "We met at 5 p.m.|Everyone came."},
    {"We meet at 5 p.m. Monday. Come.", "We meet at 5 p.m. Monday.|Come."},
    {"At 5 a.m. EST it began. Well.", "At 5 a.m. EST it began.|Well."},
    {"\xc3\x89. Zola wrote. So did I.", "\xc3\x89. Zola wrote.|So did I."},
    /* numbers, names of files, addresses */
    {"Pi is 3.14. It is odd.", "Pi is 3.14.|It is odd."},
    {"It costs $1.50 or 1.000,00 euros. Fine.", "It costs $1.50 or 1.000,00 euros.|Fine."},
    {"Version 2.0.1 is out. Get it.", "Version 2.0.1 is out.|Get it."},
    {"See https://a.example/x?y=1.2. Then stop.", "See https://a.example/x?y=1.2.|Then stop."},
    {"Go to www.example.com now. Thanks.", "Go to www.example.com now.|Thanks."},
    {"Write to ann@mail.example. Bob reads.", "Write to ann@mail.example.|Bob reads."},
    {"Edit main.c. Run it.", "Edit main.c.|Run it."},
    {"Ignore .gitignore files. Do.", "Ignore .gitignore files.|Do."},
    {"At 10.30 we met. At 11 we left.", "At 10.30 we met.|At 11 we left."},
    /* ellipses */
    {"Well... maybe not. Yes.", "Well... maybe not.|Yes."},
    {"Well... Maybe not.", "Well...|Maybe not."},
    {"Wait\xe2\x80\xa6 what? Oh.", "Wait\xe2\x80\xa6 what?|Oh."},
    {"He paused . . . then spoke. Good.", "He paused . . . then spoke.|Good."},
    {"Wait ... what is it? A bird.", "Wait ... what is it?|A bird."},
    /* quotations and brackets */
    {"\"Go.\" She went.", "\"Go.\"|She went."},
    {"\"What?\" he asked. Nobody spoke.", "\"What?\" he asked.|Nobody spoke."},
    {"\"I came. I saw,\" he said. All laughed.", "\"I came. I saw,\" he said.|All laughed."},
    {"\xe2\x80\x9cOne. Two.\xe2\x80\x9d Three.", "\xe2\x80\x9cOne. Two.\xe2\x80\x9d|Three."},
    {"It is so (see Ann. Or Bob.) for all. Good.", "It is so (see Ann. Or Bob.) for all.|Good."},
    {"(It rained. We stayed.) Then sun.", "(It rained. We stayed.)|Then sun."},
    {"A bracket (that is open. It stays so. The end.",
     "A bracket (that is open.|It stays so.|The end."},
    {"He said it.[12] Nobody heard.", "He said it.[12]|Nobody heard."},
    {"**Bold ends.** Plain goes on.", "**Bold ends.**|Plain goes on."},
    {"It is `a.b.` and more. Yes.", "It is `a.b.` and more.|Yes."},
    {"\xc2\xabOui. Non.\xc2\xbb Il part.", "\xc2\xabOui. Non.\xc2\xbb|Il part."},
    {"He said, \" It is over. \" Nobody spoke.", "He said, \" It is over. \"|Nobody spoke."},
    {"\xc2\xab\xc2\xa0Oui.\xc2\xa0\xc2\xbb Il part.",
     "\xc2\xab\xc2\xa0Oui.\xc2\xa0\xc2\xbb|Il part."},
    {"It is known. [12] Others doubt it.", "It is known. [12]|Others doubt it."},
    {"In Roe v. Wade it was said. Later not.", "In Roe v. Wade it was said.|Later not."},
    {"He came. \"Go,\" she said.", "He came.|\"Go,\" she said."},
    /* lines */
    {"A sentence that was wrapped by hand at the margin of\nthe page. Another one.",
     "A sentence that was wrapped by hand at the margin of\nthe page.|Another one."},
    {"Title of the Page\nThe text begins here and is rather long, as it is a line of its own.",
     "Title of the Page|The text begins here and is rather long, as it is a line of its own."},
    {"Ann Smith\nFlower Street 5\nLondon", "Ann Smith|Flower Street 5|London"},
    {"One paragraph\n\nAnother paragraph", "One paragraph|Another paragraph"},
    {"One.\r\n\r\nTwo.\r\n", "One.|Two."},
    {"small\nletters go\non", "small\nletters go\non"},
    {"The committee that was chosen by the members of the large and old\nParliament met. It left.",
     "The committee that was chosen by the members of the large and old\nParliament met.|It left."},
    /* lists and headings */
    {"# Title\nText. More.", "Title|Text.|More."},
    {"## Title ##\n\nText", "Title|Text"},
    {"Title\n=====\nText.", "Title|Text."},
    {"#hashtag is no title", "#hashtag is no title"},
    {"- one\n- two. Three.\n* four", "one|two.|Three.|four"},
    {"1. First. Second.\n2. Third", "First.|Second.|Third"},
    {"It was the year of the great fire and the plague, in\n1666. Then it ended.",
     "It was the year of the great fire and the plague, in\n1666.|Then it ended."},
    {"Buy:\n1. milk\n2. eggs", "Buy:|milk|eggs"},
    {"\xe2\x80\xa2 one\n\xe2\x80\xa2 two", "one|two"},
    {"3. This is one. That is two.", "This is one.|That is two."},
    {"above\n\n---\n\nbelow", "above|below"},
    {"-5 degrees. Cold.", "-5 degrees.|Cold."},
    {"| a | b |\n|---|---|\n| c. D | d |", "| a | b |/|---|---|/| c. D | d |"},
    /* code */
    {"Run:\n```sh\nls. Ls\n\nrm\n```\nDone. Good.", "Run:|```sh\nls. Ls\n\nrm\n```|Done.|Good."},
    {"~~~\nnever closed. Really.\n\nNever.", "~~~\nnever closed. Really.\n\nNever."},
    {"````\n```\nA. B.\n````\nCc. Dd.", "````\n```\nA. B.\n````|Cc.|Dd."},
    {"A. b\n```\ncode. Code\n```", "A. b|```\ncode. Code\n```"},
    /* quoted mail */
    {"> It was. It is\n> no more.\nI know. Sorry.", "It was.|It is\n> no more.|I know.|Sorry."},
    {">> Deep.\n> Less deep.\nNot.", "Deep.|Less deep.|Not."},
    {"> - item. Item\n> - more", "item.|Item|more"},
    /* other scripts */
    {"\xe4\xbb\x8a\xe5\xa4\xa9\xe3\x80\x82\xe6\x98\x8e\xe5\xa4\xa9\xe3\x80\x82",
     "\xe4\xbb\x8a\xe5\xa4\xa9\xe3\x80\x82|\xe6\x98\x8e\xe5\xa4\xa9\xe3\x80\x82"},
    {"\xe5\xa5\xbd\xef\xbc\x9f\xe5\xa5\xbd\xef\xbc\x81",
     "\xe5\xa5\xbd\xef\xbc\x9f|\xe5\xa5\xbd\xef\xbc\x81"},
    {"\xe3\x80\x8c\xe4\xbb\x8a\xe3\x80\x82\xe6\x98\x8e\xe3\x80\x82\xe3\x80\x8d\xe3\x81\xa8\xe3\x80"
     "\x82"
     "\xe4\xbb\x8a",
     "\xe3\x80\x8c\xe4\xbb\x8a\xe3\x80\x82\xe6\x98\x8e\xe3\x80\x82\xe3\x80\x8d\xe3\x81\xa8\xe3\x80"
     "\x82|"
     "\xe4\xbb\x8a"},
    {"\xe0\xa4\xb9\xe0\xa4\xbe\xe0\xa5\xa4 \xe0\xa4\xa8",
     "\xe0\xa4\xb9\xe0\xa4\xbe\xe0\xa5\xa4|\xe0\xa4\xa8"},
    {"\xd9\x84\xd8\xb0\xd8\x9f \xd9\x86", "\xd9\x84\xd8\xb0\xd8\x9f|\xd9\x86"},
    {"\xd0\x94\xd0\xb0. \xd0\x9d\xd0\xb5\xd1\x82.", "\xd0\x94\xd0\xb0.|\xd0\x9d\xd0\xb5\xd1\x82."},
    {"\xd0\x94\xd0\xb0. \xd0\xbd\xd0\xb5\xd1\x82.", "\xd0\x94\xd0\xb0. \xd0\xbd\xd0\xb5\xd1\x82."},
    /* what is no text */
    {"\xff\xfe. A", "\xff\xfe.|A"},
    {"...", "..."},
    {"?!", "?!"},
};

static void sentences_end_where_a_reader_ends_them(void **state) {
    (void)state;
    int n_wrong = 0;
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        const char *text = cases[i].text;
        /* Rows of tables have the bar as their own mark. */
        const char *bar = strchr(text, '|') ? "/" : "|";
        struct sentences walk;
        struct sentence one;
        struct buf found;
        buf_init(&found, 4096);
        sentences_init(&walk, text, strlen(text));
        while (sentences_next(&walk, &one)) {
            if (found.size > 0) buf_add_str(&found, bar);
            buf_add(&found, text + one.range.from, one.range.to - one.range.from);
        }
        if (strcmp(found.data ? found.data : "", cases[i].expected) != 0) {
            print_error("of    %s\nfound %s\nnot   %s\n", text, found.data, cases[i].expected);
            n_wrong++;
        }
        buf_clear(&found);
    }
    assert_int_equal(n_wrong, 0);
    assert_true(BASE_COUNT(cases) >= 100);
}

static void a_sentence_knows_its_place_in_the_layout(void **state) {
    (void)state;
    static const char text[] = "# Title\n\nOne. Two.\n\n- item\n\n```\ncode\n```\n> quoted";
    static const struct {
        enum text_kind kind;
        bool begins;
    } expected[] = {{TEXT_HEADING, true}, {TEXT_PROSE, true},    {TEXT_PROSE, false},
                    {TEXT_ITEM, true},    {TEXT_VERBATIM, true}, {TEXT_PROSE, true}};
    struct sentence *list;
    size_t n;
    assert_int_equal(sentences_split(text, sizeof text - 1, &list, &n, NULL), INGLE_OK);
    assert_int_equal(n, BASE_COUNT(expected));
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(list[i].kind, expected[i].kind);
        assert_int_equal(list[i].begins_block, expected[i].begins);
    }
    mem_free(list);
}

/* What every cutting must keep, whatever the bytes. */
static void require_order(const char *text, size_t len) {
    struct sentences walk;
    struct sentence one;
    size_t at = 0;
    sentences_init(&walk, text, len);
    while (sentences_next(&walk, &one)) {
        assert_true(one.range.from >= at && one.range.to > one.range.from && one.range.to <= len);
        if (one.range.from >= len) return; /* which was asserted */
        if (one.kind != TEXT_VERBATIM) {
            assert_true(one.range.to - one.range.from <= SENTENCE_MAX + 8);
        }
        /* Between sentences is nothing that is a letter. */
        for (; at < one.range.from; at++) assert_null(strchr("abcXYZ", text[at] ? text[at] : ' '));
        assert_null(strchr(" \n\t\r", text[one.range.from] ? text[one.range.from] : 'x'));
        at = one.range.to;
    }
    for (; at < len; at++) assert_null(strchr("abcXYZ", text[at] ? text[at] : ' '));
}

static void any_bytes_are_cut_in_order_and_nothing_is_lost(void **state) {
    (void)state;
    static const char pieces[][8] = {
        "a",  "X. ",  "b.",           "\n",           "\n\n", "> ", "- ",  "```", "# ",
        "(",  ")",    "\"",           "...",          "? ",   "| ", "1. ", "Z",   "Y! ",
        "c ", "\xff", "\xe3\x80\x82", "\xe3\x80\x8c", "--",   "=",  "\r\n"};
    struct rng rng;
    rng_init(&rng, 7);
    char text[4096];
    for (int round = 0; round < 3000; round++) {
        size_t len = 0, n = rng_below(&rng, 400);
        for (size_t i = 0; i < n; i++) {
            const char *piece = pieces[rng_below(&rng, BASE_COUNT(pieces))];
            assert_true(len + strlen(piece) < sizeof text);
            memcpy(text + len, piece, strlen(piece) + 1);
            len += strlen(piece);
        }
        require_order(text, len);
    }
}

static void what_runs_on_is_cut_between_words_or_characters(void **state) {
    (void)state;
    enum { SIZE = 100000 };
    char *text = mem_alloc(SIZE);
    assert_non_null(text);
    struct sentences walk;
    struct sentence one;
    for (size_t i = 0; i < SIZE; i++) text[i] = i % 7 == 6 ? ' ' : 'w';
    sentences_init(&walk, text, SIZE);
    while (sentences_next(&walk, &one)) {
        assert_true(one.range.to == SIZE || text[one.range.to] == ' ');
        assert_in_range(one.range.to - one.range.from, 1, SENTENCE_MAX);
    }
    for (size_t i = 0; i < SIZE / 3 * 3; i++) text[i] = "\xe4\xbb\x8a"[i % 3];
    sentences_init(&walk, text, SIZE / 3 * 3);
    while (sentences_next(&walk, &one)) {
        assert_true(utf8_is_valid(text + one.range.from, one.range.to - one.range.from));
    }
    mem_free(text);
}

/* Texts made to be scanned again and again; a quadratic walk would take hours. */
static void hostile_texts_take_linear_time(void **state) {
    (void)state;
    enum { SIZE = 1 << 20 };
    static const char *const patterns[] = {
        "(a. B ",         "\"A. ",      "(",     ". ",  "A.",  "[1",
        "\n> A. (b",      "```\n~~~\n", "- a. ", "|\n", "x\n", "A\n---",
        "\xe3\x80\x8c. A"};
    char *text = mem_alloc(SIZE);
    assert_non_null(text);
    for (size_t p = 0; p < BASE_COUNT(patterns); p++) {
        size_t period = strlen(patterns[p]), n = 0;
        for (size_t i = 0; i < SIZE; i++) text[i] = patterns[p][i % period];
        double start = cpu_time_ms();
        struct sentences walk;
        struct sentence one;
        sentences_init(&walk, text, SIZE);
        while (sentences_next(&walk, &one)) n++;
        assert_true(n > 0);
        assert_true(cpu_time_within(start, 5000));
    }
    mem_free(text);
}

static void no_memory_is_said(void **state) {
    (void)state;
    struct sentence *list;
    size_t n;
    ingle_error err;
    uint64_t live = mem_live();
    mem_fail_at(1, 0);
    assert_int_equal(sentences_split("A. B.", 5, &list, &n, &err), INGLE_NO_MEMORY);
    mem_fail_at(0, 0);
    assert_null(list);
    assert_int_equal(mem_live(), live);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentences_end_where_a_reader_ends_them),
        cmocka_unit_test(a_sentence_knows_its_place_in_the_layout),
        cmocka_unit_test(any_bytes_are_cut_in_order_and_nothing_is_lost),
        cmocka_unit_test(what_runs_on_is_cut_between_words_or_characters),
        cmocka_unit_test(hostile_texts_take_linear_time),
        cmocka_unit_test(no_memory_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
