#include "task/secrets.h"

#include <string.h>

#include "base/alloc.h"
#include "base/size.h"
#include "task/secrets_internal.h"

static const char *const names[SECRET_N_KINDS] = {
    [SECRET_CODE] = "one-time code", [SECRET_PIN] = "PIN",
    [SECRET_PASSWORD] = "password",  [SECRET_LINK] = "link that logs in",
    [SECRET_CARD] = "card number",   [SECRET_PHRASE] = "recovery phrase",
    [SECRET_TOKEN] = "secret token",
};

const char *secret_name(enum secret_kind kind) {
    return names[kind];
}

void secrets_init(struct secret_finder *f) {
    *f = (struct secret_finder){0};
    phrases_init(&f->phrases, secret_phrases, n_secret_phrases);
}

void secrets_clear(struct secret_finder *f) {
    words_clear(&f->words);
    mem_free(f->meanings);
    mem_free(f->found);
    *f = (struct secret_finder){0};
}

/* Compounds that end in "code" and name none that is secret. */
static const char *const open_codes[] = {
    "aktionscode", "barcode",      "boekingscode", "buchungscode", "bytecode",      "decode",
    "encode",      "fehlercode",   "foutcode",     "geocode",      "gutscheincode", "kortingscode",
    "landcode",    "landescode",   "leetcode",     "opcode",       "opencode",      "postcode",
    "promocode",   "qrcode",       "rabattcode",   "sourcecode",   "strichcode",    "streepjescode",
    "transcode",   "trackingcode", "unicode",      "volgcode",     "vscode",        "zipcode"};

/* "verification code" and the like in writing without spaces: Chinese, Japanese, Korean. */
static const char *const unspaced_codes[] = {"\xe9\xaa\x8c\xe8\xaf\x81\xe7\xa0\x81",
                                             "\xe6\xa0\xa1\xe9\xaa\x8c\xe7\xa0\x81",
                                             "\xe9\xa9\x97\xe8\xad\x89\xe7\xa2\xbc",
                                             "\xe8\xae\xa4\xe8\xaf\x81\xe7\xa0\x81",
                                             "\xe5\x8a\xa8\xe6\x80\x81\xe7\xa0\x81",
                                             "\xe3\x82\xb3\xe3\x83\xbc\xe3\x83\x89",
                                             "\xec\x9d\xb8\xec\xa6\x9d\xeb\xb2\x88\xed\x98\xb8"};

static enum secret_meaning alone(const struct secret_search *s, const struct word *word) {
    for (size_t i = 0; word->folded[0] & 0x80 && i < BASE_COUNT(unspaced_codes); i++) {
        size_t n = strlen(unspaced_codes[i]);
        if (n > word->len) continue;
        if (memmem(s->text + word->at, word->len, unspaced_codes[i], n)) return MEANS_CODE;
    }
    /* photoTAN, chipTAN: the number of a transaction, in German. */
    if (word->len > 3 && memcmp(s->text + word->at + word->len - 3, "TAN", 3) == 0)
        return MEANS_CODE;
    size_t n = word->n_folded;
    if (n <= 4 || memcmp(word->folded + n - 4, "code", 4) != 0) return MEANS_NOTHING;
    for (size_t i = 0; i < BASE_COUNT(open_codes); i++) {
        if (strcmp(word->folded, open_codes[i]) == 0) return MEANS_OTHER;
    }
    return MEANS_WEAK_CODE;
}

ingle_status secrets_mark(struct secret_search *s) {
    struct secret_finder *f = s->f;
    INGLE_TRY(words_split(&f->words, s->text, s->len, s->err));
    size_t n = f->words.n;
    if (n > f->meanings_cap) {
        uint8_t *meanings = mem_realloc(f->meanings, 2 * n);
        if (!meanings) return status_no_memory(s->err, "the words", 2 * n);
        f->meanings = meanings;
        f->meanings_cap = 2 * n;
    }
    for (size_t i = 0, step; i < n; i += step) {
        uint8_t meaning = MEANS_NOTHING;
        step = phrases_match(&f->phrases, &f->words, i, &meaning);
        const struct word *word = &f->words.items[i];
        /* The number of a transaction, in German, is never in lower case. */
        if (step == 1 && strcmp(word->folded, "tan") == 0 && !word->is_upper) step = 0;
        if (step == 0) {
            meaning = (uint8_t)alone(s, word);
            step = 1;
        }
        memset(f->meanings + i, meaning, step);
    }
    return INGLE_OK;
}

bool secrets_links(const struct word *word) {
    static const char *const linking[] = {
        "is", "heisst", "heet", "are",  "as",   "ist",   "lautet", "sind", "als", "est",  "es",
        "e",  "sao",    "son",  "sono", "come", "comme", "como",   "je",   "to",  "jest", "was"};
    for (size_t i = 0; i < BASE_COUNT(linking); i++) {
        if (strcmp(word->folded, linking[i]) == 0) return true;
    }
    return false;
}

ingle_status secrets_add(struct secret_search *s, size_t from, size_t to, enum secret_kind kind) {
    struct secret_finder *f = s->f;
    size_t at = 0;
    while (at < f->n && f->found[at].to < from) at++;
    size_t end = at;
    for (; end < f->n && f->found[end].from <= to; end++) {
        const struct secret *old = &f->found[end];
        if (old->to - old->from >= to - from) kind = old->kind;
        if (old->from < from) from = old->from;
        if (old->to > to) to = old->to;
    }
    if (end == at && f->n == f->cap) {
        size_t cap = f->cap ? 2 * f->cap : 16, size;
        if (!mul_size(&size, cap, sizeof *f->found)) return INGLE_NO_MEMORY;
        struct secret *found = mem_realloc(f->found, size);
        if (!found) return status_no_memory(s->err, "the secrets", size);
        f->found = found;
        f->cap = cap;
    }
    size_t n_after = f->n - end;
    memmove(f->found + at + 1, f->found + end, n_after * sizeof *f->found);
    f->found[at] = (struct secret){from, to, kind};
    f->n = at + 1 + n_after;
    return INGLE_OK;
}

ingle_status secrets_find(struct secret_finder *f, const char *text, size_t len, ingle_error *err) {
    struct secret_search s = {.f = f, .text = text, .len = len, .err = err};
    f->n = 0;
    INGLE_TRY(secrets_mark(&s));
    if (f->words.n == 0) return INGLE_OK;
    INGLE_TRY(secrets_find_links(&s));
    INGLE_TRY(secrets_find_tokens(&s));
    INGLE_TRY(secrets_find_values(&s));
    return secrets_find_codes(&s);
}

void secrets_put(const struct secret_finder *f, struct buf *out, const char *text, size_t from,
                 size_t to) {
    for (size_t i = 0; i < f->n; i++) {
        const struct secret *secret = &f->found[i];
        if (secret->to <= from) continue;
        if (secret->from >= to) break;
        if (secret->from > from) buf_add(out, text + from, secret->from - from);
        buf_addf(out, "(%s not shown)", names[secret->kind]);
        from = secret->to;
    }
    if (from < to) buf_add(out, text + from, to - from);
}
