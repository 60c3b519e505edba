/* What the files of `ingle chat` share: the conversation that is going on, and one function for
 * each thing that can happen to it. cmd_chat.c owns it and reads the options; nothing of it is
 * written to disk but by /save, and in the vault if that is on. */
#ifndef INGLE_CLI_CHAT_H
#define INGLE_CLI_CHAT_H

#include "base/buf.h"
#include "cli/chat_messages.h"
#include "cli/command.h"
#include "cli/keep.h"
#include "cli/line.h"
#include "cli/reader.h"
#include "cli/sampling_arg.h"
#include "cli/worker_arg.h"
#include "worker/wire/msg_chat.h"

/* More than this is no message. */
#define CHAT_MAX_MESSAGE ((size_t)16 << 20)
/* Nor this a conversation. */
#define CHAT_MAX_JSON ((size_t)256 << 20)

struct chat_args {
    struct engine_args engine;
    const char *system, *template_file; /* NULL = none */
    int think;                          /* ingle_think */
    int think_budget, max_tokens;
    struct sampling_args sampling;
    struct option_list stops;
    int goes_on; /* a conversation's number in the vault, 0 = the latest; -1 = none */
    bool allow_loops, show_thinking, json;
};

#define CHAT_MAX_COMMANDS 16

/* Of all answers so far. */
struct chat_totals {
    int n_answers, n_tokens, n_read; /* n_read: tokens of prompts that were computed */
    double prompt_ms, decode_ms;
};

/* What the model's template can do, and what the options made of it: see ingle_chat_info. */
struct chat_facts {
    char template_from[64];
    bool can_think, thinks;
};

/* What the vault has of the conversation. */
struct chat_kept {
    struct keep keep;
    uint32_t number; /* of the conversation there; 0 = it has not begun */
    struct chat_messages messages;
    bool is_failing; /* the last change could not be kept, which was said */
};

struct chat_talk {
    struct cli *cli;
    struct chat_args *args;
    struct worker *worker; /* that answers */
    char *model_path;      /* as it was named */
    struct chat_messages messages;
    struct chat_facts facts;
    struct buf template_text; /* of --template; empty: the model's */
    ingle_think think;
    int64_t now; /* when it began, for templates that say the date: it must not change the prompt */
    struct buf system; /* what the person said the model should be told; empty: nothing */
    struct chat_kept kept;
    struct buf summary; /* of turns that are gone, which the system message ends with */

    bool is_terminal; /* a person sits there: input and output are a terminal */
    const char *command_names[CHAT_MAX_COMMANDS]; /* for the line's completion */
    struct line *line;                            /* is_terminal */
    struct reader reader;                         /* else */

    ingle_chat_result last; /* of the latest answer, and the totals */
    struct chat_totals totals;
    bool is_over; /* /exit, or the input ended */
};

/* ---- chat_say.c: the program's own words, on standard error ---- */

/* A line for the person at the terminal; nothing in a pipe. */
BASE_PRINTF(2, 3) void chat_remark(const struct chat_talk *t, const char *fmt, ...);
/* A line in either case; in a pipe it begins with the command's name. */
BASE_PRINTF(2, 3) void chat_say(const struct chat_talk *t, const char *fmt, ...);

/* ---- chat_input.c ---- */

/* The next message or command: lines joined where one ends in a backslash, or that stand between
 * lines of three double quotes. *is_literal: it is a message, whatever it begins with. Empty if
 * there is nothing to do; t->is_over at the end of the input. */
BASE_NODISCARD ingle_status chat_read(struct chat_talk *t, struct buf *message, bool *is_literal,
                                      ingle_error *err);

/* Asks until one of the letters is answered, and returns it; '\0' for Ctrl-C or Ctrl-D. */
BASE_NODISCARD ingle_status chat_ask(struct chat_talk *t, const char *prompt, const char *letters,
                                     char *answer, ingle_error *err);

/* ---- chat_worker.c: what the worker is asked ---- */

/* The messages of a JSON text (borrowed), with the options as they stand. */
struct msg_conversation chat_conversation(const struct chat_talk *t, const struct buf *json);

/* What a worker makes of messages. */
struct chat_look {
    bool wants_count;               /* of their tokens; a failure if the template refuses them */
    struct chat_messages *messages; /* an empty list that receives them; NULL = not wanted */
    size_t n_tokens;
    struct chat_facts facts;
};
BASE_NODISCARD ingle_status chat_look(struct worker *worker,
                                      const struct msg_conversation *conversation,
                                      struct chat_look *look, ingle_error *err);

/* Tokens of the conversation but n of its messages from number `first` on. */
BASE_NODISCARD ingle_status chat_count(struct chat_talk *t, size_t first, size_t n,
                                       size_t *n_tokens, ingle_error *err);

/* An answer, shown and added to *messages if it left a message. */
struct chat_answer {
    struct msg_conversation conversation;
    int max_tokens;
    struct chat_view *view;
    struct chat_messages *messages;
    ingle_chat_result result;

    struct arena arena; /* of what is told about it, */
    ingle_error error;  /* and why that was no longer wanted */
};
BASE_NODISCARD ingle_status chat_get_answer(struct chat_talk *t, struct chat_answer *a,
                                            ingle_error *err);

/* A worker that has died is started again. */
BASE_NODISCARD ingle_status chat_need_worker(struct chat_talk *t, ingle_error *err);

/* ---- chat_reply.c ---- */

/* The model's answer to the last message, shown as it comes. If there is none in the end, the last
 * message is taken back. */
BASE_NODISCARD ingle_status chat_reply(struct chat_talk *t, ingle_error *err);

/* An answer to another conversation, at most max_tokens, shown and added to *text. */
BASE_NODISCARD ingle_status chat_reply_aside(struct chat_talk *t,
                                             const struct msg_conversation *conversation,
                                             int max_tokens, struct buf *text,
                                             ingle_chat_result *result, ingle_error *err);

/* ---- chat_turns.c ---- */

/* The system message as t->system and t->summary make it; and these two from that of the messages.
 */
BASE_NODISCARD ingle_status chat_put_system(struct chat_talk *t, ingle_error *err);
BASE_NODISCARD ingle_status chat_take_system(struct chat_talk *t, ingle_error *err);

/* ---- chat_full.c ---- */

/* The conversation no longer fits, which `why` says: asks what to do, and does it. *goes_on: there
 * is room now. */
BASE_NODISCARD ingle_status chat_make_room(struct chat_talk *t, const ingle_error *why,
                                           bool *goes_on, ingle_error *err);

/* ---- chat_keep.c ---- */

/* Before the model is opened: a person may be asked for the passphrase. What is wrong is said; it
 * is a failure only where a conversation is to go on. */
BASE_NODISCARD ingle_status chat_keep_open(struct chat_talk *t, ingle_error *err);
/* Later, with a worker: the conversation that --continue names. */
BASE_NODISCARD ingle_status chat_keep_go_on(struct chat_talk *t, ingle_error *err);
/* Makes what is kept the same as the messages are. What goes wrong is said. */
void chat_keep(struct chat_talk *t);
/* Forgets the conversation, here and in the vault; a new one begins. */
BASE_NODISCARD ingle_status chat_keep_forget(struct chat_talk *t, ingle_error *err);
/* A sentence on what is kept. */
void chat_keep_describe(const struct chat_talk *t, char out[64]);
void chat_keep_close(struct chat_talk *t);

/* ---- chat_command.c ---- */

/* Runs a line that begins with a slash. A failure is one that ends the program. */
BASE_NODISCARD ingle_status chat_command(struct chat_talk *t, const char *line, ingle_error *err);
/* The commands' names, slash and all; returns how many there are. */
size_t chat_command_names(const char *names[CHAT_MAX_COMMANDS]);

/* ---- chat_model.c ---- */

/* Opens a model for the conversation, whose messages stay; on failure the old one stays too. */
BASE_NODISCARD ingle_status chat_use_model(struct chat_talk *t, const char *path, ingle_error *err);
void chat_show_model(const struct chat_talk *t);

/* ---- chat_file.c ---- */

BASE_NODISCARD ingle_status chat_save(struct chat_talk *t, const char *path, bool replaces,
                                      ingle_error *err);
BASE_NODISCARD ingle_status chat_load(struct chat_talk *t, const char *path, ingle_error *err);
/* The messages of a JSON text in place of all, if the template takes them. */
BASE_NODISCARD ingle_status chat_load_json(struct chat_talk *t, const struct buf *text,
                                           size_t *n_tokens, ingle_error *err);
/* A path in which a leading ~/ is the home folder; false if it is too long. */
bool chat_path(char *out, size_t cap, const char *given);

/* ---- chat_stats.c ---- */

void chat_show_stats(struct chat_talk *t);

#endif
