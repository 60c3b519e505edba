#include "support/answer.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/fixture.h"

#define END 257 /* made likelier, or it might never come */
#define FIRST_MERGED 258
#define N_MERGED 5
#define MAX_VOCAB 512

ingle_sampler *answer_sampler(const ingle_model *model, const char *allowed, uint64_t seed) {
    ingle_logit_bias bias[MAX_VOCAB];
    int n = ingle_model_get_info(model).n_vocab;
    assert_in_range(n, FIRST_MERGED + N_MERGED, MAX_VOCAB);
    for (int i = 0; i < n; i++) bias[i] = (ingle_logit_bias){i, -INFINITY};
    for (const char *p = allowed; *p; p++) {
        unsigned char byte = (unsigned char)*p;
        if (byte > 2) bias[byte].bias = 0;
        if (*p == ANSWER_END[0]) bias[END].bias = 4;
        for (int i = 0; *p == ANSWER_MERGED[0] && i < N_MERGED; i++)
            bias[FIRST_MERGED + i].bias = 0;
    }
    ingle_sampling_options options = ingle_sampling_options_default();
    options.seed = seed;
    options.temperature = 2;
    options.top_p = 1;
    options.min_p = 0;
    options.logit_bias = bias;
    options.n_logit_bias = (size_t)n;
    return fixture_sampler(model, &options);
}

/* Bytes of the character that s, of n bytes, begins with; 0 if none does. */
static size_t char_len(const unsigned char *s, size_t n) {
    if (s[0] < 0x80) return 1;
    size_t len = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc0 || s[0] > 0xf7 || len > n) return 0;
    uint32_t c = s[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80) return 0;
        c = c << 6 | (s[i] & 0x3f);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    return c >= least[len] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff) ? len : 0;
}

/* Could the n bytes at s, more of them given, become a character? */
static bool is_begun(const unsigned char *s, size_t n) {
    for (unsigned next = 0x80; next <= 0xbf; next++) {
        unsigned char whole[7] = {0};
        memcpy(whole, s, n);
        whole[n] = (unsigned char)next;
        whole[n + 1] = whole[n + 2] = 0x80;
        if (char_len(whole, 4) > n) return true;
    }
    return false;
}

size_t answer_decode(char *text, const char *bytes, size_t n) {
    static const char replacement[3] = {'\xef', '\xbf', '\xbd'};
    const unsigned char *s = (const unsigned char *)bytes;
    size_t len = 0;
    for (size_t i = 0; i < n;) {
        size_t used = char_len(s + i, n - i);
        if (used) {
            memcpy(text + len, s + i, used);
            len += used;
        } else {
            memcpy(text + len, replacement, sizeof replacement);
            len += sizeof replacement;
            used = 1;
            while (used < 3 && i + used < n && is_begun(s + i, used + 1)) used++;
        }
        i += used;
    }
    return len;
}

static bool take_text(const char *text, size_t len, void *user) {
    struct answer *a = user;
    assert_true(len > 0 && a->len + len < sizeof a->text);
    memcpy(a->text + a->len, text, len);
    a->len += len;
    a->text[a->len] = '\0';
    for (size_t i = 0; i < len;) {
        size_t n = char_len((const unsigned char *)text + i, len - i);
        if (n == 0) a->only_whole_characters = false;
        i += n ? n : len;
    }
    return ++a->n_calls != a->stop_at;
}

static void generate(struct answer *a, ingle_session *session, ingle_sampler *sampler,
                     const ingle_generate_options *options) {
    ingle_generate_options mine = options ? *options : ingle_generate_options_default();
    mine.on_text = take_text;
    mine.user = a;
    a->only_whole_characters = true;
    a->result.n_tokens = 12345; /* must be set, whatever happens */
    a->status = ingle_session_generate(session, sampler, &mine, &a->result, &a->err);
    assert_int_not_equal(a->result.n_tokens, 12345);
}

void answer_generate(struct answer *a, ingle_session *session, ingle_sampler *sampler,
                     const ingle_generate_options *options) {
    *a = (struct answer){0};
    generate(a, session, sampler, options);
}

void answer_until(struct answer *a, ingle_session *session, ingle_sampler *sampler,
                  const ingle_generate_options *options, int n) {
    *a = (struct answer){.stop_at = n};
    generate(a, session, sampler, options);
}
