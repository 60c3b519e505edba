/* The parts of secrets.c. */
#ifndef INGLE_TASK_SECRETS_INTERNAL_H
#define INGLE_TASK_SECRETS_INTERNAL_H

#include "task/secrets.h"

/* What the words around a number say of it. */
enum secret_meaning {
    MEANS_NOTHING,
    MEANS_CODE,      /* a code to log in or confirm with: the number near it is secret */
    MEANS_CODES,     /* several: all that follow are */
    MEANS_WEAK_CODE, /* "code": if it is next to the number, or the text is about logging in */
    MEANS_LOGIN,     /* the text is about logging in or confirming */
    MEANS_USE,       /* "enter": the number next to it, in such a text */
    MEANS_OTHER,     /* "order", "room", "promo code": the number next to it is no secret */
    MEANS_UNIT,      /* "minutes": the number before it is no secret */
    MEANS_SALE,      /* the text sells something */
    MEANS_PIN,
    MEANS_PASSWORD,
    MEANS_PASS,   /* a password if what follows looks like one: "pass: toor123" */
    MEANS_ACCESS, /* "credentials": a name and, behind a slash, a password */
    MEANS_LINK,   /* a link in this text logs in */
    MEANS_CARD_CHECK,
    MEANS_PHRASE,
    MEANS_TOKEN
};

struct secret_search {
    struct secret_finder *f;
    const char *text;
    size_t len;
    ingle_error *err;
};

extern const struct phrase secret_phrases[];
extern const size_t n_secret_phrases;

/* secrets.c: marks each word of the text with what it means. */
BASE_NODISCARD ingle_status secrets_mark(struct secret_search *s);

static inline enum secret_meaning secrets_meaning(const struct secret_search *s, size_t word) {
    return (enum secret_meaning)s->f->meanings[word];
}

/* Is the word "is", in some language, or one like it: what links a value and its name? */
bool secrets_links(const struct word *word);

/* Notes a secret; where it touches one found before, the two become one. */
BASE_NODISCARD ingle_status secrets_add(struct secret_search *s, size_t from, size_t to,
                                        enum secret_kind kind);

/* Each finds secrets of its own. */
BASE_NODISCARD ingle_status secrets_find_codes(struct secret_search *s);
BASE_NODISCARD ingle_status secrets_find_values(struct secret_search *s); /* passwords, phrases */
BASE_NODISCARD ingle_status secrets_find_links(struct secret_search *s);
BASE_NODISCARD ingle_status secrets_find_tokens(struct secret_search *s); /* by their shape alone */

#endif
