/* Finds what must not be repeated: one-time codes, PINs, passwords, links that log in or reset,
 * card numbers, recovery phrases and codes, API tokens; by the words around it (English, German,
 * French, Spanish, Portuguese, Italian, Dutch, and the words for a code in some more) and by its
 * shape. docs/notify.md has the rules. It rather hides a number too many than one too few: it is a
 * net, though, not a proof. */
#ifndef INGLE_TASK_SECRETS_H
#define INGLE_TASK_SECRETS_H

#include "base/buf.h"
#include "task/digest_words.h"

enum secret_kind {
    SECRET_CODE,
    SECRET_PIN,
    SECRET_PASSWORD,
    SECRET_LINK,
    SECRET_CARD,
    SECRET_PHRASE,
    SECRET_TOKEN,
    SECRET_N_KINDS
};

struct secret {
    size_t from, to; /* bytes of the text */
    enum secret_kind kind;
};

/* What searching needs, kept from text to text. */
struct secret_finder {
    struct phrases phrases;
    struct words_of words; /* of the text searched last */
    uint8_t *meanings;     /* owned; of each word, 0 = none */
    size_t meanings_cap;
    struct secret *found; /* owned; in order, apart from each other */
    size_t n, cap;
};

void secrets_init(struct secret_finder *f);
void secrets_clear(struct secret_finder *f);

/* Fills f->found. The text is a line as digest_clean() makes them, shorter than 4 GiB: what belongs
 * to one notification belongs into one text. */
BASE_NODISCARD ingle_status secrets_find(struct secret_finder *f, const char *text, size_t len,
                                         ingle_error *err);

/* Appends text[from..to) with a note, "(one-time code not shown)", for each secret found in it. */
void secrets_put(const struct secret_finder *f, struct buf *out, const char *text, size_t from,
                 size_t to);

/* "one-time code". */
const char *secret_name(enum secret_kind kind);

#endif
