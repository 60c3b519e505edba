/* An answer as a list of blocks, for dialects that tell it so: what was thought, what was said, and
 * each call, in the order in which they came. */
#ifndef INGLE_DAEMON_API_BLOCKS_H
#define INGLE_DAEMON_API_BLOCKS_H

#include "daemon/api/turn.h"

enum block_kind { BLOCK_THINKING, BLOCK_TEXT, BLOCK_CALL };

struct block {
    enum block_kind kind;
    size_t number;   /* in the answer */
    const char *id;  /* in the turn's arena: what the dialect calls it */
    size_t from, to; /* of the turn's text or thinking */
    size_t call;     /* of the turn's calls */
    bool is_whole;   /* it has ended, and not because the answer had to */
};

struct blocks {
    struct block *at; /* [n] in the turn's arena */
    size_t n, cap;
    bool is_open; /* the last one */
};

/* What a stream tells. Each may say false: nobody listens. */
struct block_view {
    const char *prefixes[3]; /* of the ids of each kind */
    bool (*begin)(struct turn *t, const struct block *b);
    bool (*piece)(struct turn *t, const struct block *b, const char *text, size_t len);
    bool (*end)(struct turn *t, const struct block *b);
};

/* Sorts the event, which the turn has gathered, into blocks, and tells the view of it if the turn
 * streams. */
bool blocks_event(struct blocks *list, struct turn *t, const struct block_view *view,
                  const ingle_chat_event *e);
/* The answer has ended. */
bool blocks_end(struct blocks *list, struct turn *t, const struct block_view *view);

/* The block's text: thinking, words, or the JSON text of a call's arguments. */
struct wire_text block_text(const struct turn *t, const struct block *b);
/* A call's name, and the id that the model's side knows it by; "" of others. */
const char *block_call_name(const struct turn *t, const struct block *b);
const char *block_call_id(const struct turn *t, const struct block *b);

#endif
