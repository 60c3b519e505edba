/* The rules of redaction by hand-made cases: what they must find, with its very bytes, and what
 * they must leave alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/rng.h"
#include "guard/redact/rules.h"
#include "support/cpu_time.h"

/* In a case, what should be found stands between « and ». */
struct rule_case {
    const char *kind;
    const char *text;
};

static const struct rule_case wanted[] = {
    {"EMAIL_ADDRESS", "Write to «ada@example.org»."},
    {"EMAIL_ADDRESS", "«ada.lovelace+news@mail.example.co.uk»"},
    {"EMAIL_ADDRESS", "<«a_b-c%d@x.io»>"},
    {"EMAIL_ADDRESS", "mailto:«o'brien@example.com»?subject=x"},
    {"EMAIL_ADDRESS", "(«jürgen@müller.de»)"},
    {"EMAIL_ADDRESS", "ADA: «ADA@EXAMPLE.COM»; BOB"},
    {"EMAIL_ADDRESS", "a@b and «a@b.museum»"},
    {"EMAIL_ADDRESS", "«1984@example.net»,next"},
    {"URL", "«https://ada:pw@example.org/x» is private"},
    {"URL", "see «postgres://app:s3cret@db.internal:5432/prod»."},
    {"URL", "«https://example.org/reset?token=abc123»"},
    {"URL", "GET «http://x.org/a?b=1&email=ada%40x.org» HTTP"},
    {"URL", "(«https://x.org/?user=ada»)"},
    {"URL", "«ftp://anna@files.example.org/home»"},
    {"URL", "«https://s3.example.com/f?X-Amz-Signature=0af3»"},
    {"URL", "\"«https://x.org/cb#access_token=xyz»\""},
    {"IP_ADDRESS", "from «192.168.1.17» at"},
    {"IP_ADDRESS", "«8.8.8.8»"},
    {"IP_ADDRESS", "host=«10.0.0.254», port"},
    {"IP_ADDRESS", "(«172.16.254.1»)"},
    {"IP_ADDRESS", "The server is «203.0.113.9»."},
    {"IP_ADDRESS", "«2001:db8:85a3:8d3:1319:8a2e:370:7348»"},
    {"IP_ADDRESS", "via «2001:db8::8a2e:370:7334» today"},
    {"IP_ADDRESS", "«fe80::1ff:fe23:4567:890a»"},
    {"IP_ADDRESS", "«6e40:4041:c617:e898:c11:40d2:c669:2eb4»"},
    {"MAC_ADDRESS", "«00:1A:2b:3C:4d:5E» is up"},
    {"MAC_ADDRESS", "device «00-1a-2b-3c-4d-5e»."},
    {"CREDIT_CARD", "«4111111111111111»"},
    {"CREDIT_CARD", "card «4111 1111 1111 1111» please"},
    {"CREDIT_CARD", "«5500-0000-0000-0004»."},
    {"CREDIT_CARD", "«378282246310005»"},
    {"CREDIT_CARD", "«3782 822463 10005»"},
    {"CREDIT_CARD", "«6011111111111117» exp"},
    {"CREDIT_CARD", "«3530111333300000»"},
    {"CREDIT_CARD", "«30569309025904»"},
    {"CREDIT_CARD", "«4222222222222»"},
    {"CREDIT_CARD", "«2223003122003222»"},
    {"CREDIT_CARD", "No:«5105105105105100»,"},
    {"CREDIT_CARD", "«6304000000000000»"},
    {"CREDIT_CARD", "«4000056655665556»!"},
    {"IBAN_CODE", "«DE89370400440532013000»"},
    {"IBAN_CODE", "IBAN «DE89 3704 0044 0532 0130 00»,"},
    {"IBAN_CODE", "«GB29NWBK60161331926819»."},
    {"IBAN_CODE", "«GB29 NWBK 6016 1331 9268 19»"},
    {"IBAN_CODE", "«FR1420041010050500013M02606»"},
    {"IBAN_CODE", "«NL91ABNA0417164300»"},
    {"IBAN_CODE", "«ch9300762011623852957»"},
    {"IBAN_CODE", "(«ES9121000418450200051332»)"},
    {"IBAN_CODE", "«NO9386011117947»"},
    {"IBAN_CODE", "«IT60X0542811101000000123456»"},
    {"IBAN_CODE", "«AT61-1904-3002-3457-3201»"},
    {"US_SSN", "SSN «123-45-6789»"},
    {"US_SSN", "«846-15-5715»."},
    {"US_SSN", "ssn: «123456789»"},
    {"US_SSN", "Social Security number is «123 45 6789»"},
    {"US_SSN", "(«001-01-0001»)"},
    {"PHONE_NUMBER", "«+49 30 1234567»"},
    {"PHONE_NUMBER", "Call «+1 (212) 555-0123» now"},
    {"PHONE_NUMBER", "«+447700900123»"},
    {"PHONE_NUMBER", "«+41 (0)96 471 07 95»"},
    {"PHONE_NUMBER", "«0049 89 12345678»"},
    {"PHONE_NUMBER", "«(212) 555-0123»"},
    {"PHONE_NUMBER", "«212-555-0123»"},
    {"PHONE_NUMBER", "«1-800-555-0199»,"},
    {"PHONE_NUMBER", "«212.555.0123»"},
    {"PHONE_NUMBER", "«020 7946 0958»"},
    {"PHONE_NUMBER", "«0171-1234567»"},
    {"PHONE_NUMBER", "«01 23 45 67 89»"},
    {"PHONE_NUMBER", "«07700 900 123»"},
    {"PHONE_NUMBER", "tel: «5551234»"},
    {"PHONE_NUMBER", "My phone number is «655 437 108»."},
    {"PHONE_NUMBER", "call me: «78 651 450»"},
    {"PHONE_NUMBER", "Mobile «45 12 34 56»"},
    {"PHONE_NUMBER", "fax «(11) 4567-8901»"},
    {"PHONE_NUMBER", "WhatsApp «9876543210»"},
    {"PHONE_NUMBER", "«030/901820»"},
    {"DATE_OF_BIRTH", "born «12/31/1985»"},
    {"DATE_OF_BIRTH", "DOB: «1985-12-31»"},
    {"DATE_OF_BIRTH", "Date of birth «31.12.1985»."},
    {"DATE_OF_BIRTH", "born on «31 December 1985» in"},
    {"DATE_OF_BIRTH", "D.O.B. «Dec 31, 1985»"},
    {"DATE_OF_BIRTH", "birthday: «31st of March 1990»"},
    {"DATE_OF_BIRTH", "geboren am «3. Mai 1972»"},
    {"DATE_OF_BIRTH", "née le «4 février 1969»"},
    {"DATE_OF_BIRTH", "fecha de nacimiento: «5 de enero de 1980»"},
    {"COORDINATES", "«48.8584, 2.2945»"},
    {"COORDINATES", "at «-33.85678,151.21530» we"},
    {"COORDINATES", "«40.7127281; -74.0060152»"},
    {"COORDINATES", "«48°51'24\"N 2°21'03\"E»"},
    {"DOCUMENT_NUMBER", "Passport no. «C01X00T47»"},
    {"DOCUMENT_NUMBER", "passport number: «123456789»"},
    {"DOCUMENT_NUMBER", "driver's license «D1234567»"},
    {"DOCUMENT_NUMBER", "Licence plate «B-MW1234»"},
    {"DOCUMENT_NUMBER", "VIN «1HGCM82633A004352»"},
    {"DOCUMENT_NUMBER", "Tax ID: «12-3456789»"},
    {"SECRET", "«AKIAIOSFODNN7EXAMPLE»"},
    {"SECRET", "token «ghp_16C7e42F292c6912E7710c838347Ae178B4a»"},
    {"SECRET", "«sk-abcdefghijklmnopqrstuvwxyz0123456789ABCD»"},
    {"SECRET", "«sk_live_4eC39HqLyjWDarjtT1zdp7dc»"},
    {"SECRET", "«xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcHrzqqgy»"},
    {"SECRET", "«glpat-zsT1xk9y8w7v6u5t4s3r»"},
    {"SECRET",
     "Bearer «eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P»"},
    {"SECRET", "password: «hunter22»"},
    {"SECRET", "Password = «\xc3\xa9toile99»"},
    {"SECRET", "my password is «Tr0ub4dor&3»."},
    {"SECRET", "api_key=\"«9f8e7d6c5b4a39281706»\""},
    {"SECRET", "pwd:«123456»"},
    {"SECRET", "«-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----»\n"},
    {"SECRET", "x «dGhpc0lzQVJhbmRvbTFTdHJpbmc5V2l0aE1hbnlDaGFycw» y"},
};

static const char *const unwanted[] = {
    "",
    "Nothing to see here.",
    "a@b",
    "@ada",
    "user@localhost",
    "ada@",
    "price @ 5.00",
    "x..y@",
    "a@-b-.c",
    "the @property decorator",
    "https://example.org/path?page=2",
    "http://www.GoalForum.com.au/",
    "https://docs.rs/serde/1.0.1/serde/#keys",
    "https://x.org/?token=",
    "std::vector<int>",
    "ab::cd::ef",
    "a::b",
    "::1",
    "12:30:45",
    "09:15",
    "Genesis 1:2:3",
    "127.0.0.1",
    "0.0.0.0",
    "255.255.255.255",
    "version 1.2.3.4",
    "v10.0.0.1",
    "1.2.3",
    "1.2.3.4.5",
    "256.1.1.1",
    "01.02.03.04",
    "firmware 4.3.2.1",
    "1.2.3.400",
    "00:00:00:00:00:00",
    "00:1A:2b:3C:4d",
    "00:1A:2b:3C:4d:5E:6f",
    "00:1A-2b:3C-4d:5E",
    "4111111111111112",
    "4111 1111 1111 1112",
    "1234567890123456",
    "0000000000000000",
    "9999999999999995",
    "4111-1111 1111-1111",
    "41 1111 1111 1111 11",
    "41111111111111110000",
    "id4111111111111111",
    "4111111111111111x",
    "0.4111111111111111",
    "DE89370400440532013001",
    "DE8937040044053201300",
    "XX89370400440532013000",
    "GB29NWBK60161331926818",
    "DE is a country code",
    "NL91ABNA0417164301",
    "IT is fun",
    "000-12-3456",
    "666-12-3456",
    "900-12-3456",
    "123-00-4567",
    "123-45-0000",
    "123-45-67890",
    "1123-45-6789",
    "123456789",
    "123 45 6789",
    "12-345-6789",
    "2005-07-21 18:19:22",
    "2024-01-31",
    "01/02/2003",
    "31.12.1999",
    "1,234,567",
    "$1,234,567.89",
    "100 000 000",
    "10 000",
    "1990-1999",
    "pages 212-555",
    "ISBN 978-3-16-148410-0",
    "978-0-306-40615-7",
    "order 5551234",
    "No. 655437108",
    "3.14159265358979",
    "0.123 456",
    "00 11 22",
    "+5",
    "+1 point",
    "1+2345678901",
    "call 911",
    "call 2024-01-31",
    "phone 12",
    "phone 12.05.2024",
    "room 101-102",
    "section 212.555.01",
    "012 3",
    "0800",
    "12/31/1985",
    "the meeting is on 31 December 1985",
    "born in 1985",
    "born 1985",
    "born free",
    "he was born and raised here; on 3/4/2021 he left",
    "the firm was founded on 12/31/1985",
    "48.85, 2.29",
    "1.2345",
    "91.1234, 10.1234",
    "48.1234, 181.1234",
    "12.3456 78.9",
    "45° of heat",
    "passport control",
    "passport number unknown",
    "driver's license office",
    "license plates are sold here",
    "account number missing",
    "invoice 2024-0017",
    "d41d8cd98f00b204e9800998ecf8427e",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    "a_very_long_function_name_that_goes_on_and_on",
    "ThisIsAVeryLongClassNameInJavaEnterpriseCode",
    "/usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.30",
    "password: string",
    "password: required",
    "The password is secret",
    "the password is wrong",
    "forgot password?",
    "token: next()",
    "api_key=None",
    "secret garden",
    "password:",
    "sk-learn",
    "ghp_short",
    "AKIA",
    "eyJ.a.b",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
    "-----BEGIN RSA PRIVATE KEY-----",
    "pneumonoultramicroscopicsilicovolcanoconiosis",
};

static void strip(const char *marked, char *text, size_t *from, size_t *to) {
    const char *begin = strstr(marked, "«"), *end = strstr(marked, "»");
    assert_non_null(begin);
    assert_non_null(end);
    *from = (size_t)(begin - marked);
    *to = (size_t)(end - marked) - 2;
    snprintf(text, 512, "%.*s%.*s%s", (int)*from, marked, (int)(*to - *from), begin + 2, end + 2);
}

static void what_is_personal_is_found(void **state) {
    (void)state;
    int n_bad = 0;
    assert_true(BASE_COUNT(wanted) >= 100);
    for (size_t i = 0; i < BASE_COUNT(wanted); i++) {
        char text[512];
        size_t from, to;
        struct redact_spans found = {0};
        strip(wanted[i].text, text, &from, &to);
        assert_int_equal(redact_rules(&found, text, strlen(text), NULL), INGLE_OK);
        bool is_good = found.n == 1 && found.items[0].from == from && found.items[0].to == to &&
                       strcmp(found.items[0].kind, wanted[i].kind) == 0 &&
                       found.items[0].by == REDACT_BY_RULE;
        if (!is_good) {
            printf("wanted %s: %s; found %zu", wanted[i].kind, wanted[i].text, found.n);
            for (size_t k = 0; k < found.n; k++) {
                const struct redact_span *s = &found.items[k];
                printf(" %s '%.*s'", s->kind, (int)(s->to - s->from), text + s->from);
            }
            printf("\n");
            n_bad++;
        }
        redact_spans_clear(&found);
    }
    assert_int_equal(n_bad, 0);
}

static void what_is_not_personal_stays(void **state) {
    (void)state;
    int n_bad = 0;
    assert_true(BASE_COUNT(unwanted) >= 100);
    for (size_t i = 0; i < BASE_COUNT(unwanted); i++) {
        struct redact_spans found = {0};
        assert_int_equal(redact_rules(&found, unwanted[i], strlen(unwanted[i]), NULL), INGLE_OK);
        for (size_t k = 0; k < found.n; k++) {
            const struct redact_span *s = &found.items[k];
            printf("unwanted: '%s': %s '%.*s'\n", unwanted[i], s->kind, (int)(s->to - s->from),
                   unwanted[i] + s->from);
            n_bad++;
        }
        redact_spans_clear(&found);
    }
    assert_int_equal(n_bad, 0);
}

/* Every kind of sign that a rule looks at, in any order: spans in order, inside the text. */
static void any_bytes_are_looked_through(void **state) {
    static const char alphabet[] = "0123456789+-./:@()[] aeiAEIkDEGB_=?&%\"'\n,;#\xc3\xa9\xff";
    (void)state;
    struct rng rng;
    rng_init(&rng, 7);
    for (int round = 0; round < 20000; round++) {
        char text[96];
        size_t len = rng_below(&rng, sizeof text), last = 0;
        for (size_t i = 0; i < len; i++) {
            text[i] = alphabet[rng_below(&rng, sizeof alphabet)];
        }
        struct redact_spans found = {0};
        assert_int_equal(redact_rules(&found, text, len, NULL), INGLE_OK);
        for (size_t k = 0; k < found.n; k++) {
            assert_true(found.items[k].from >= last && found.items[k].from < found.items[k].to);
            last = found.items[k].to;
        }
        assert_true(last <= len);
        redact_spans_clear(&found);
    }
}

/* Texts made to be slow: time per byte stays bounded. */
static void no_text_is_slow(void **state) {
    static const char *const parts[] = {"a://",      "a.",     "1 ",  "-----BEGIN PRIVATE KEY-----",
                                        "password:", "1.1.1.", "a:",  "+1",
                                        "eyJ",       "48°",    "DE8", "a@a."};
    (void)state;
    size_t len = 1 << 18;
    char *text = malloc(len);
    assert_non_null(text);
    for (size_t p = 0; p < BASE_COUNT(parts); p++) {
        size_t part_len = strlen(parts[p]);
        for (size_t i = 0; i < len; i++) text[i] = parts[p][i % part_len];
        struct redact_spans found = {0};
        double start = cpu_time_ms();
        assert_int_equal(redact_rules(&found, text, len, NULL), INGLE_OK);
        if (!cpu_time_within(start, 4000))
            fail_msg("a quarter of a MiB of '%s' takes too long", parts[p]);
        redact_spans_clear(&found);
    }
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_personal_is_found),
        cmocka_unit_test(what_is_not_personal_stays),
        cmocka_unit_test(any_bytes_are_looked_through),
        cmocka_unit_test(no_text_is_slow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
