/* What a notification is about, by the words in it, and how urgent that makes it. The tables are
 * those of docs/notify.md. */
#ifndef INGLE_TASK_DIGEST_RULES_H
#define INGLE_TASK_DIGEST_RULES_H

#include "ingle/digest.h"
#include "task/digest_words.h"

enum digest_about {
    ABOUT_NOTHING,
    ABOUT_SECURITY,  /* a sign-in, a fraud, a password that changed */
    ABOUT_MISSED,    /* a missed call, a voice message */
    ABOUT_EMERGENCY, /* urgent, an alarm, a battery that ends, a server that is down */
    ABOUT_DEADLINE,  /* due or overdue today or tomorrow, a payment that failed */
    ABOUT_SOON,      /* a meeting in ten minutes */
    ABOUT_NOW,       /* the driver is at the door */
    ABOUT_DELIVERY,
    ABOUT_MENTION, /* somebody means you: @you, assigned, asked to review */
    ABOUT_SALE,
    ABOUT_SOCIAL,  /* likes, followers, suggestions */
    ABOUT_ROUTINE, /* a backup, an update, a download that went well */
    ABOUT_SMALL_TALK,
    ABOUT_MORE, /* "3 new messages": of others, not of itself */
    ABOUT_N
};

#define ABOUT_BIT(about) (UINT32_C(1) << (about))

enum digest_app_kind { APP_OTHER, APP_CHAT, APP_PHONE, APP_MAIL };

/* What is asked of one notification. */
struct digest_facts {
    uint32_t about; /* bits */
    bool is_question;
    ingle_urgency urgency;
    int weight; /* orders notifications of one urgency and finer: the greater the sooner */
};

/* The tables, ready to be looked up. */
struct digest_rules {
    struct phrases phrases;
    struct phrases apps;
};

void digest_rules_init(struct digest_rules *r);

/* The kind of an app, by its cleaned name. words is storage. */
BASE_NODISCARD ingle_status digest_app_kind(const struct digest_rules *r, struct words_of *words,
                                            const char *app, size_t len, enum digest_app_kind *kind,
                                            ingle_error *err);

/* Of a text whose words are split. is_person: somebody wrote it, so that no word of it makes it an
 * advertisement. */
void digest_judge(const struct digest_rules *r, const struct words_of *words, const char *text,
                  size_t len, ingle_urgency hint, bool is_person, struct digest_facts *out);

#endif
