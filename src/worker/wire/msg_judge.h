/* MSG_JUDGE, `ingle constrain`: whether texts can be generated under a constraint, out of the
 * tokens of the worker's model, or of bytes if it has none. */
#ifndef INGLE_WORKER_WIRE_MSG_JUDGE_H
#define INGLE_WORKER_WIRE_MSG_JUDGE_H

#include "worker/wire/message.h"

struct msg_judge {
    struct msg_constraint constraint;
    bool lines; /* the text is many, a JSON string a line; else one, every byte of it */
    struct wire_text text;
};
void msg_judge(struct wire *w, void *message);

/* Answers are MSG_VERDICTS, of which each byte is the next text's. */
enum verdict {
    VERDICT_NO,
    VERDICT_YES,
    VERDICT_NONE /* the constraint is not supported */
};

/* The result. */
struct msg_judged {
    const char *refusal; /* why there are no verdicts on `lines`; NULL = there are */
};
void msg_judged(struct wire *w, void *message);

#endif
