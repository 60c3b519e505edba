/* task/secrets: what is hidden and what is not, by hand and by chance. */
#include "task/secrets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "unit/task/secret_cases.h"

/* The text without its secrets; the caller clears it. */
static void hide(struct secret_finder *f, struct buf *out, const char *text) {
    buf_init(out, 1 << 20);
    assert_int_equal(secrets_find(f, text, strlen(text), NULL), INGLE_OK);
    secrets_put(f, out, text, 0, strlen(text));
    assert_false(buf_failed(out));
}

static bool holds(const struct buf *b, const char *part) {
    return b->data && strstr(b->data, part);
}

static bool found_kind(const struct secret_finder *f, enum secret_kind kind) {
    for (size_t i = 0; i < f->n; i++) {
        if (f->found[i].kind == kind) return true;
    }
    return false;
}

static void the_cases_made_by_hand_are_told_apart(void **state) {
    (void)state;
    struct secret_finder f;
    secrets_init(&f);
    size_t n_wrong = 0, n_with = 0, n_without = 0;
    for (size_t i = 0; i < n_secret_cases; i++) {
        const struct secret_case *c = &secret_cases[i];
        struct buf out;
        hide(&f, &out, c->text);
        bool is_right = c->secret ? !holds(&out, c->secret) && found_kind(&f, c->kind) : f.n == 0;
        n_with += c->secret != NULL;
        n_without += c->secret == NULL;
        if (!is_right) fprintf(stderr, "wrong: %s\n    -> %s\n", c->text, out.data);
        n_wrong += !is_right;
        buf_clear(&out);
    }
    secrets_clear(&f);
    printf("%zu with a secret, %zu without\n", n_with, n_without);
    assert_true(n_with >= 100 && n_without >= 100);
    assert_int_equal(n_wrong, 0);
}

/* ---- by chance ---- */

static const char *const code_frames[] = {
    "Your %s verification code is %s.",
    "%s: your security code is %s. Do not share it.",
    "Use this one-time code for %s: %s",
    "%s login code %s",
    "Your %s code: %s",
    "Ihr Best\xc3\xa4tigungscode f\xc3\xbcr %s lautet %s",
    "Dein Code bei %s: %s",
    "Votre code de v\xc3\xa9rification %s est %s",
    "Code de connexion %s : %s",
    "Tu código de verificación de %s es %s",
    "Tu código %s: %s",
    "Seu código de verificação %s é %s",
    "Il tuo codice di verifica %s \xc3\xa8 %s",
    "Je verificatiecode voor %s is %s",
    "Log in to %s with the code %s, valid for 10 minutes",
};

static const char *const plain_frames[] = {
    "Your %s order %s has shipped.",
    "%s: invoice %s is due.",
    "Flight with %s to room %s",
    "%s has %s new messages",
    "You paid %s EUR %s",
    "Ihre %s Rechnung %s ist da",
    "Votre commande %s %s km",
    "Tu pedido %s: factura %s",
    "%s ticket %s was answered",
    "%s: %s steps today",
    "%s invoice no %s",
    "Je %s bestelling %s is onderweg",
    "Call %s at +49 30 %s",
    "%s build %s finished",
    "%s sold %s items",
};

static const char *const names[] = {"GitHub",    "Acme",   "Bank",     "Uber",  "Amazon",
                                    "Sparkasse", "Orange", "Movistar", "Poste", "PostNL"};

static void make_digits(struct rng *r, char *out, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = (char)('0' + rng_below(r, 10));
    out[n] = '\0';
}

static void make_code(struct rng *r, char *out) {
    static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    switch (rng_below(r, 4)) {
    case 0:
        make_digits(r, out, 4 + rng_below(r, 5));
        break;
    case 1:
        make_digits(r, out, 3);
        out[3] = '-';
        make_digits(r, out + 4, 3);
        break;
    case 2:
        make_digits(r, out, 3);
        out[3] = ' ';
        make_digits(r, out + 4, 3);
        break;
    default:
        for (size_t i = 0; i < 6; i++) out[i] = letters[rng_below(r, sizeof letters - 1)];
        out[rng_below(r, 6)] = (char)('2' + rng_below(r, 8));
        out[6] = '\0';
    }
}

#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static void of_random_codes_in_sentences_hardly_one_is_missed(void **state) {
    (void)state;
    enum { N = 20000 };
    struct secret_finder f;
    struct rng r;
    rng_init(&r, 5);
    secrets_init(&f);
    size_t n_hidden = 0, n_alarms = 0;
    for (size_t i = 0; i < N; i++) {
        char code[32], text[256];
        struct buf out;
        make_code(&r, code);
        int n = snprintf(text, sizeof text, "\n");
        snprintf(text + n, sizeof text - (size_t)n, code_frames[i % BASE_COUNT(code_frames)],
                 names[rng_below(&r, BASE_COUNT(names))], code);
        hide(&f, &out, text);
        n_hidden += !holds(&out, code);
        if (holds(&out, code) && i < 300) fprintf(stderr, "missed: %s\n", text + 1);
        buf_clear(&out);

        make_digits(&r, code, 4 + rng_below(&r, 5));
        snprintf(text + n, sizeof text - (size_t)n, plain_frames[i % BASE_COUNT(plain_frames)],
                 names[rng_below(&r, BASE_COUNT(names))], code);
        hide(&f, &out, text);
        n_alarms += f.n > 0;
        if (f.n && i < 300) fprintf(stderr, "false alarm: %s\n", text + 1);
        buf_clear(&out);
    }
    secrets_clear(&f);
    printf("recall %.2f %%, false alarms %.2f %% of %d\n", 100.0 * (double)n_hidden / N,
           100.0 * (double)n_alarms / N, N);
    assert_true(n_hidden * 100 >= N * 99);
    assert_true(n_alarms * 100 <= N * 2);
}

static void every_occurrence_is_one_span_in_order(void **state) {
    (void)state;
    struct secret_finder f;
    secrets_init(&f);
    const char *text =
        "\nYour code is 482913. PIN: 4821. https://x.example/?token=abcdef Password: a1b2";
    assert_int_equal(secrets_find(&f, text, strlen(text), NULL), INGLE_OK);
    assert_int_equal(f.n, 4);
    for (size_t i = 0; i + 1 < f.n; i++) assert_true(f.found[i].to < f.found[i + 1].from);
    assert_int_equal(f.found[0].kind, SECRET_CODE);
    assert_int_equal(f.found[1].kind, SECRET_PIN);
    assert_int_equal(f.found[2].kind, SECRET_LINK);
    assert_int_equal(f.found[3].kind, SECRET_PASSWORD);
    secrets_clear(&f);
}

static void running_out_of_memory_is_reported(void **state) {
    (void)state;
    const char *text = "\nYour code is 482913.";
    for (uint64_t n = 1;; n++) {
        struct secret_finder f;
        secrets_init(&f);
        uint64_t live = mem_live();
        mem_fail_at(n, 0);
        ingle_status status = secrets_find(&f, text, strlen(text), NULL);
        mem_fail_at(0, 0);
        secrets_clear(&f);
        assert_int_equal(mem_live(), live);
        if (status == INGLE_OK) return;
        assert_int_equal(status, INGLE_NO_MEMORY);
        assert_true(n < 100);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cases_made_by_hand_are_told_apart),
        cmocka_unit_test(of_random_codes_in_sentences_hardly_one_is_missed),
        cmocka_unit_test(every_occurrence_is_one_span_in_order),
        cmocka_unit_test(running_out_of_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
