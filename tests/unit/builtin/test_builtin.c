/* The packs that are part of the program: whole, described, within their size, and of use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "builtin/builtin.h"
#include "ingle/pack.h"

#define MAX_BYTES 24000000

static ingle_pack *open_pack(enum builtin_pack which) {
    struct builtin_bytes bytes = builtin_bytes(which);
    ingle_pack *pack;
    ingle_error err;
    if (ingle_pack_open_memory(&pack, bytes.data, bytes.size, bytes.name, &err) != INGLE_OK) {
        fail_msg("%s", err.msg);
    }
    return pack;
}

static void all_of_them_are_there_and_say_whose_they_are(void **state) {
    (void)state;
    static const ingle_pack_kind kinds[] = {[BUILTIN_INTENTS] = INGLE_PACK_CLASSIFIER,
                                            [BUILTIN_TAGGER] = INGLE_PACK_TAGGER,
                                            [BUILTIN_ENCODER] = INGLE_PACK_ENCODER};
    size_t size = 0;
    for (int i = 0; i < BUILTIN_N_PACKS; i++) {
        ingle_pack *pack = open_pack((enum builtin_pack)i);
        ingle_pack_info info = ingle_pack_get_info(pack);
        assert_int_equal(info.kind, kinds[i]);
        assert_true(info.name[0] && info.licence[0] && info.attribution[0]);
        size += builtin_bytes((enum builtin_pack)i).size;
        ingle_pack_close(pack);
    }
    assert_in_range(size, 1, MAX_BYTES);
    assert_int_equal(builtin_bytes(BUILTIN_N_PACKS).size, 0);
}

static void intents_are_known_and_unknown(void **state) {
    (void)state;
    static const struct {
        const char *text, *label; /* NULL: none */
    } cases[] = {
        {"wake me up at seven", "alarm"},
        {"what is my account balance", "balance"},
        {"how do you say thank you in portuguese", "translate"},
        {"", NULL},
        {"\xff\xfe\x80", NULL},
        {"the lighthouse was painted twice", NULL},
    };
    ingle_pack *pack = open_pack(BUILTIN_INTENTS);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ingle_class top;
        ingle_classification c;
        const char *text = cases[i].text;
        assert_int_equal(ingle_classify(pack, text, strlen(text), &top, 1, &c, NULL), INGLE_OK);
        if (c.is_none != !cases[i].label) fail_msg("'%s' is %s", text, c.is_none ? "none" : "one");
        if (cases[i].label) assert_string_equal(ingle_pack_label(pack, top.label), cases[i].label);
        assert_true(c.confidence > 0 && c.confidence < 1);
    }
    ingle_pack_close(pack);
}

static bool note(const ingle_span *span, void *user) {
    ingle_span *first = user;
    if (first->to == 0) *first = *span;
    return true;
}

static void a_name_is_found(void **state) {
    (void)state;
    static const char text[] = "My name is Kateřina Novák and I live here.";
    ingle_pack *pack = open_pack(BUILTIN_TAGGER);
    ingle_span first = {0};
    assert_int_equal(ingle_tag(pack, text, sizeof text - 1, note, &first, NULL), INGLE_OK);
    assert_string_equal(ingle_pack_label(pack, first.label), "PERSON");
    assert_int_equal(first.from, 11);
    assert_int_equal(first.to, 11 + strlen("Kateřina Novák"));
    ingle_pack_close(pack);
}

static float likeness(const ingle_pack *pack, const char *a, const char *b) {
    static float u[1024], v[1024];
    float sum = 0;
    size_t n = ingle_pack_get_info(pack).n_dims;
    assert_in_range(n, 1, 1024);
    assert_int_equal(ingle_encode(pack, a, strlen(a), u, NULL), INGLE_OK);
    assert_int_equal(ingle_encode(pack, b, strlen(b), v, NULL), INGLE_OK);
    for (size_t i = 0; i < n; i++) sum += u[i] * v[i];
    return sum;
}

static void what_means_the_same_is_near(void **state) {
    (void)state;
    ingle_pack *pack = open_pack(BUILTIN_ENCODER);
    float near = likeness(pack, "turn the lights off", "switch off the lamp");
    float far = likeness(pack, "turn the lights off", "what is my bank balance");
    assert_true(near > far + 0.1f);
    assert_true(likeness(pack, "the same", "the same") > 0.999f);
    ingle_pack_close(pack);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_them_are_there_and_say_whose_they_are),
        cmocka_unit_test(intents_are_known_and_unknown),
        cmocka_unit_test(a_name_is_found),
        cmocka_unit_test(what_means_the_same_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
