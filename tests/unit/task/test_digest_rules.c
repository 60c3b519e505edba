/* The parts of a digest: urgency and conversations by tables of cases, markup, times. */
#include "task/digest_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "task/digest_clean.h"
#include "task/digest_time.h"

enum { LOW = INGLE_URGENCY_LOW, NORMAL = INGLE_URGENCY_NORMAL, CRITICAL = INGLE_URGENCY_CRITICAL };

struct urgency_case {
    const char *text;
    int hint;
    bool is_person;
    int want;
};

static const struct urgency_case urgencies[] = {
    {"New sign-in from Lisbon", NORMAL, false, CRITICAL},
    {"Suspicious activity on your account", LOW, false, CRITICAL},
    {"Neue Anmeldung auf einem anderen Ger\xc3\xa4t", NORMAL, false, CRITICAL},
    {"Nouvelle connexion \xc3\xa0 votre compte", NORMAL, false, CRITICAL},
    {"Actividad sospechosa", NORMAL, false, CRITICAL},
    {"Atividade suspeita na sua conta", NORMAL, false, CRITICAL},
    {"Attivit\xc3\xa0 sospetta", NORMAL, false, CRITICAL},
    {"Nieuwe aanmelding bij je account", NORMAL, false, CRITICAL},
    {"Missed call from Dad", NORMAL, true, CRITICAL},
    {"Verpasster Anruf", NORMAL, true, CRITICAL},
    {"2 appels manqu\xc3\xa9s", NORMAL, true, CRITICAL},
    {"Llamada perdida de Eva", LOW, true, CRITICAL},
    {"Chiamata persa", NORMAL, true, CRITICAL},
    {"Gemiste oproep", NORMAL, true, CRITICAL},
    {"Rent is due today", NORMAL, false, CRITICAL},
    {"The contract has to be signed today before 17:00", NORMAL, false, CRITICAL},
    {"Bitte noch heute zahlen", NORMAL, false, CRITICAL},
    {"We signed it today", NORMAL, false, NORMAL},
    {"Rent is due today", LOW, false, NORMAL},
    {"Die Rechnung ist heute f\xc3\xa4llig", NORMAL, false, CRITICAL},
    {"La factura vence hoy", NORMAL, false, CRITICAL},
    {"La bolletta scade oggi", NORMAL, false, CRITICAL},
    {"Payment failed: update your card", NORMAL, false, CRITICAL},
    {"Standup starts in 10 minutes", NORMAL, false, CRITICAL},
    {"Termin beginnt in 10 Minuten", NORMAL, false, CRITICAL},
    {"Flight LH2034 is now boarding", NORMAL, false, CRITICAL},
    {"Your driver has arrived", NORMAL, false, CRITICAL},
    {"Battery low: 5 % left", NORMAL, false, CRITICAL},
    {"URGENT: call me back", NORMAL, true, CRITICAL},
    {"The web server is down", NORMAL, false, CRITICAL},
    {"Anything at all", CRITICAL, false, CRITICAL},
    {"Anything at all", NORMAL, false, NORMAL},
    {"Anything at all", LOW, false, LOW},
    {"Your parcel was delivered", NORMAL, false, NORMAL},
    {"Your parcel is out for delivery", LOW, false, NORMAL},
    {"Ben mentioned you in a comment", LOW, false, NORMAL},
    {"Review requested on #12", LOW, false, NORMAL},
    {"Can you pick up the kids?", NORMAL, true, NORMAL},
    {"50% off everything", NORMAL, false, LOW},
    {"Flash sale: last chance, ends today!", NORMAL, false, LOW},
    {"Flash sale", CRITICAL, false, NORMAL},
    {"Nur heute: 20% Rabatt", NORMAL, false, LOW},
    {"Soldes : -30 %", NORMAL, false, LOW},
    {"Oferta especial", NORMAL, false, LOW},
    {"Korting op alles", NORMAL, false, LOW},
    {"I got it on sale, great deal", NORMAL, true, NORMAL},
    {"Anna liked your photo", NORMAL, false, LOW},
    {"Ben started following you", NORMAL, false, LOW},
    {"People you may know", NORMAL, false, LOW},
    {"Eva folgt dir jetzt", NORMAL, false, LOW},
    {"Backup completed", NORMAL, false, LOW},
    {"12 updates available", NORMAL, false, LOW},
    {"Download finished", NORMAL, false, LOW},
    {"Backup completed", CRITICAL, false, CRITICAL},
    {"Happy birthday!", NORMAL, true, NORMAL},
    {"Screenshot saved", NORMAL, false, LOW},
    {"Your password was changed", NORMAL, false, CRITICAL},
};

static void urgency_follows_the_hint_and_the_words(void **state) {
    (void)state;
    struct digest_rules rules;
    struct words_of words = {0};
    digest_rules_init(&rules);
    size_t n_wrong = 0;
    for (size_t i = 0; i < BASE_COUNT(urgencies); i++) {
        const struct urgency_case *c = &urgencies[i];
        struct digest_facts facts;
        assert_int_equal(words_split(&words, c->text, strlen(c->text), NULL), INGLE_OK);
        digest_judge(&rules, &words, c->text, strlen(c->text), (ingle_urgency)c->hint, c->is_person,
                     &facts);
        if ((int)facts.urgency == c->want) continue;
        fprintf(stderr, "%s: %d instead of %d\n", c->text, (int)facts.urgency, c->want);
        n_wrong++;
    }
    words_clear(&words);
    assert_int_equal(n_wrong, 0);
}

static void apps_are_of_a_kind(void **state) {
    (void)state;
    static const struct {
        const char *name;
        enum digest_app_kind kind;
    } cases[] = {
        {"Signal", APP_CHAT},
        {"org.telegram.desktop", APP_CHAT},
        {"WhatsApp", APP_CHAT},
        {"Microsoft Teams", APP_CHAT},
        {"Nachrichten", APP_CHAT},
        {"Phone", APP_PHONE},
        {"Telefon", APP_PHONE},
        {"Thunderbird", APP_MAIL},
        {"K-9 Mail", APP_MAIL},
        {"GitHub", APP_OTHER},
        {"Signals and Systems", APP_OTHER},
        {"", APP_OTHER},
        {"Element", APP_CHAT},
        {"Firefox", APP_OTHER},
        {"Calendar", APP_OTHER},
    };
    struct digest_rules rules;
    struct words_of words = {0};
    digest_rules_init(&rules);
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        enum digest_app_kind kind;
        const char *name = cases[i].name;
        assert_int_equal(digest_app_kind(&rules, &words, name, strlen(name), &kind, NULL),
                         INGLE_OK);
        if (kind != cases[i].kind) fail_msg("%s: kind %d", name, (int)kind);
    }
    words_clear(&words);
}

static void cleans_to(const char *text, const char *want, bool has_markup) {
    struct buf out;
    buf_init(&out, 1 << 20);
    digest_clean(&out, text, strlen(text), has_markup);
    if (strcmp(out.data ? out.data : "", want) != 0) {
        fail_msg("'%s' became '%s' instead of '%s'", text, out.data, want);
    }
    buf_clear(&out);
}

static void markup_is_taken_off_and_other_signs_stay(void **state) {
    (void)state;
    cleans_to("All <b>12</b> <i>folders</i> &amp; files", "All 12 folders & files", true);
    cleans_to("<a href=\"https://x.example/?token=1\">Click</a> here", "Click here", true);
    cleans_to("Look: <img src='a.png' alt='a cat'/>!", "Look: a cat!", true);
    cleans_to("one<br>two<br/>three<p>four</p>", "one two three four", true);
    cleans_to("3 < 5 and 7 > 2", "3 < 5 and 7 > 2", true);
    cleans_to("<john@example.org> wrote", "<john@example.org> wrote", true);
    cleans_to("a<b", "a<b", true);
    cleans_to("<b", "<b", true);
    cleans_to("<b>", "", true);
    cleans_to("&lt;b&gt;", "<b>", true);
    cleans_to("&amp;lt;", "&lt;", true);
    cleans_to("&#65;&#x42;&#0;&#x110000;&#xd800;", "AB \xef\xbf\xbd\xef\xbf\xbd", true);
    cleans_to("&nothing; &; & &#; &#x;", "&nothing; &; & &#; &#x;", true);
    cleans_to("&#27;[2J", "[2J", true);
    cleans_to("<B>bold</B>", "bold", true);
    cleans_to("<b>12</b> &amp;", "<b>12</b> &amp;", false);
    cleans_to("  a \t\n b\xc2\xa0 c  ", "a b c", true);
    cleans_to("a\x1b[31mb\x7f\xc2\x9b"
              "c",
              "a [31mb c", true);
    cleans_to("a\xe2\x80\xae"
              "b\xe2\x80\x8b"
              "c\xef\xbb\xbf",
              "abc", true);
    cleans_to("\xff\xfe"
              "a",
              "\xef\xbf\xbd\xef\xbf\xbd"
              "a",
              true);
    cleans_to("\xef\xbc\xa1\xef\xbc\x91", "A1", true);
    cleans_to("", "", true);
}

static void times_are_read_and_told(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t time_s; /* -1: none */
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-11-27T09:30:00Z", 1795771800},
        {"2026-11-27T10:30:00+01:00", 1795771800},
        {"2026-11-27T04:30:00-0500", 1795771800},
        {"2026-11-27 09:30:00", 1795771800},
        {"2026-11-27T09:30:00.123456Z", 1795771800},
        {"20261127T093000Z", 1795771800},
        {"2026-11-27T09:30Z", 1795771800},
        {"2026-11-27", 1795737600},
        {"20261127", 1795737600},
        {"1795771800", 1795771800},
        {"1795771800.25", 1795771800},
        {"1795771800000", 1795771800},
        {"2024-02-29T00:00:00Z", 1709164800},
        {"2100-02-28T00:00:00Z", 4107456000},
        {"9999-12-31T23:59:59Z", 253402300799},
        {"2026-02-29", -1},
        {"2026-13-01", -1},
        {"2026-11-27T25:00:00Z", -1},
        {"2026-11-27T09:30:00+99:00", -1},
        {"2026-11-27T09:30:00Zx", -1},
        {"1969-12-31T23:59:59Z", -1},
        {"yesterday", -1},
        {"", -1},
        {"-5", -1},
        {"1e9", -1},
        {"99999999999999999999", -1},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        int64_t time_s = -1;
        if (!digest_time_parse(cases[i].text, strlen(cases[i].text), &time_s)) time_s = -1;
        if (time_s != cases[i].time_s) fail_msg("%s: %lld", cases[i].text, (long long)time_s);
        char iso[32];
        int64_t again;
        if (time_s < 0) continue;
        digest_time_iso(iso, time_s);
        assert_true(digest_time_parse(iso, strlen(iso), &again) && again == time_s);
    }
    static const struct {
        int64_t ago_s;
        const char *text;
    } agos[] = {{0, "just now"},        {59, "just now"},   {60, "1 min ago"},
                {3599, "59 min ago"},   {3600, "1 h ago"},  {172799, "47 h ago"},
                {172800, "2 days ago"}, {-300, "in 5 min"}, {-30, "just now"}};
    for (size_t i = 0; i < BASE_COUNT(agos); i++) {
        char out[64];
        digest_time_ago(out, sizeof out, 1000000 - agos[i].ago_s, 1000000);
        assert_string_equal(out, agos[i].text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urgency_follows_the_hint_and_the_words),
        cmocka_unit_test(apps_are_of_a_kind),
        cmocka_unit_test(markup_is_taken_off_and_other_signs_stay),
        cmocka_unit_test(times_are_read_and_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
