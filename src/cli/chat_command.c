/* The lines that begin with a slash. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/chat.h"

struct slash {
    const char *name, *argument, *help;
    ingle_status (*run)(struct chat_talk *t, const char *rest, ingle_error *err);
};

static ingle_status do_help(struct chat_talk *t, const char *rest, ingle_error *err);

/* ---- the conversation ---- */

static ingle_status no_turn(ingle_error *err) {
    return status_set(err, INGLE_BAD_ARGUMENT, 0, "Nothing has been said so far.");
}

/* The first message of the last turn; false if there is no turn. */
static bool find_last_turn(const struct chat_talk *t, size_t *first) {
    size_t n_turns = chat_messages_n_turns(&t->messages);
    if (n_turns > 0) *first = chat_messages_turn(&t->messages, n_turns - 1);
    return n_turns > 0;
}

static ingle_status do_undo(struct chat_talk *t, const char *rest, ingle_error *err) {
    (void)rest;
    size_t first;
    if (!find_last_turn(t, &first)) return no_turn(err);
    const struct chat_message *message = &t->messages.at[first];
    char said[80];
    bool is_long = message->text_len >= sizeof said;
    snprintf(said, sizeof said, "%s", message->text);
    INGLE_TRY(chat_messages_take(&t->messages, first, t->messages.n - first, NULL, err));
    chat_remark(t, "Taken back: %s%s", said, is_long ? " ..." : "");
    return INGLE_OK;
}

static ingle_status do_retry(struct chat_talk *t, const char *rest, ingle_error *err) {
    (void)rest;
    size_t first, n = t->messages.n;
    if (!find_last_turn(t, &first)) return no_turn(err);
    INGLE_TRY(chat_messages_take(&t->messages, first + 1, n - first - 1, NULL, err));
    return chat_reply(t, err);
}

static ingle_status do_system(struct chat_talk *t, const char *rest, ingle_error *err) {
    if (!rest[0]) {
        if (t->system.size == 0) {
            chat_say(t, "The model is told nothing; /system TEXT tells it something.");
        } else {
            chat_say(t, "The model is told: %.900s", t->system.data);
        }
        return INGLE_OK;
    }
    buf_reset(&t->system);
    if (strcmp(rest, "\"\"") != 0 && !buf_add_str(&t->system, rest)) {
        return status_no_memory(err, "the system message", strlen(rest));
    }
    INGLE_TRY(chat_put_system(t, err));
    chat_remark(t, t->system.size ? "The model is told that from now on."
                                  : "The model is told nothing from now on.");
    return INGLE_OK;
}

/* ---- files ---- */

static ingle_status path_of(const char *rest, char path[PATH_MAX], const char *command,
                            ingle_error *err) {
    if (!rest[0]) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "%s needs the name of a file.", command);
    }
    if (chat_path(path, PATH_MAX, rest)) return INGLE_OK;
    return status_set(err, INGLE_LIMIT, 0, "The file's name is too long.");
}

static ingle_status do_save(struct chat_talk *t, const char *rest, ingle_error *err) {
    char path[PATH_MAX];
    INGLE_TRY(path_of(rest, path, "/save", err));
    return chat_save(t, path, false, err);
}

static ingle_status do_save_over(struct chat_talk *t, const char *rest, ingle_error *err) {
    char path[PATH_MAX];
    INGLE_TRY(path_of(rest, path, "/save!", err));
    return chat_save(t, path, true, err);
}

static ingle_status do_load(struct chat_talk *t, const char *rest, ingle_error *err) {
    char path[PATH_MAX];
    INGLE_TRY(path_of(rest, path, "/load", err));
    return chat_load(t, path, err);
}

/* ---- the model ---- */

static ingle_status do_model(struct chat_talk *t, const char *rest, ingle_error *err) {
    char path[PATH_MAX];
    if (rest[0]) {
        INGLE_TRY(path_of(rest, path, "/model", err));
        INGLE_TRY(chat_use_model(t, path, err));
    }
    chat_show_model(t);
    return INGLE_OK;
}

static ingle_status show_think(const struct chat_talk *t) {
    static const char *const names[] = {
        [INGLE_THINK_AUTO] = "auto", [INGLE_THINK_ON] = "on", [INGLE_THINK_OFF] = "off"};
    if (!t->facts.can_think) {
        chat_say(t, "Thinking is %s; this model knows no thinking.", names[t->think]);
    } else {
        chat_say(t, "Thinking is %s: the next answer begins %s it.", names[t->think],
                 t->facts.thinks ? "with" : "without");
    }
    return INGLE_OK;
}

/* What becomes of the options as they are now. */
static ingle_status look_again(struct chat_talk *t, ingle_error *err) {
    struct buf none = {0};
    struct msg_conversation conversation = chat_conversation(t, &none);
    struct chat_look look = {0};
    INGLE_TRY(chat_need_worker(t, err));
    INGLE_TRY(chat_look(t->worker, &conversation, &look, err));
    t->facts = look.facts;
    return INGLE_OK;
}

static ingle_status do_think(struct chat_talk *t, const char *rest, ingle_error *err) {
    ingle_think old = t->think;
    if (strcmp(rest, "on") == 0) {
        t->think = INGLE_THINK_ON;
    } else if (strcmp(rest, "off") == 0) {
        t->think = INGLE_THINK_OFF;
    } else if (strcmp(rest, "auto") == 0) {
        t->think = INGLE_THINK_AUTO;
    } else if (rest[0]) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "/think is followed by on, off or auto, not by '%.40s'.", rest);
    }
    ingle_status status = look_again(t, err);
    if (status != INGLE_OK) {
        t->think = old;
        return status;
    }
    return show_think(t);
}

static ingle_status do_stats(struct chat_talk *t, const char *rest, ingle_error *err) {
    (void)rest;
    (void)err;
    chat_show_stats(t);
    return INGLE_OK;
}

static ingle_status do_forget(struct chat_talk *t, const char *rest, ingle_error *err) {
    (void)rest;
    return chat_keep_forget(t, err);
}

static ingle_status do_exit(struct chat_talk *t, const char *rest, ingle_error *err) {
    (void)rest;
    (void)err;
    t->is_over = true;
    return INGLE_OK;
}

/* ---- the table ---- */

static const struct slash slashes[] = {
    {"/help", "", "this list", do_help},
    {"/undo", "", "take back your last message and its answer", do_undo},
    {"/retry", "", "another answer to your last message", do_retry},
    {"/save", "FILE", "write the conversation to a new file, as JSON", do_save},
    {"/save!", "FILE", "the same, in place of a file that exists", do_save_over},
    {"/load", "FILE", "go on with a conversation that was saved", do_load},
    {"/model", "[MODEL]", "which model this is; go on with another one", do_model},
    {"/system", "[TEXT]", "what the model is told beforehand; \"\" for nothing", do_system},
    {"/think", "[on|off|auto]", "whether the model thinks before it answers", do_think},
    {"/stats", "", "tokens, speed, context and memory", do_stats},
    {"/forget", "", "forget all of it, in the vault too, and begin anew", do_forget},
    {"/exit", "", "leave; so does Ctrl-D", do_exit},
};

_Static_assert(BASE_COUNT(slashes) <= CHAT_MAX_COMMANDS, "room for their names");

size_t chat_command_names(const char *names[CHAT_MAX_COMMANDS]) {
    for (size_t i = 0; i < BASE_COUNT(slashes); i++) names[i] = slashes[i].name;
    return BASE_COUNT(slashes);
}

static ingle_status do_help(struct chat_talk *t, const char *rest, ingle_error *err) {
    (void)t;
    (void)rest;
    (void)err;
    struct out o;
    out_init(&o, STDERR_FILENO, "standard error");
    for (size_t i = 0; i < BASE_COUNT(slashes); i++) {
        out_f(&o, "  %-7s %-13s  %s\n", slashes[i].name, slashes[i].argument, slashes[i].help);
    }
    out_str(&o,
            "A line that ends in \\ goes on in the next; so does all between lines of \"\"\".\n"
            "A message that begins with a slash is written with two. Ctrl-C stops an answer.\n");
    ingle_status unheard = out_flush(&o, NULL);
    (void)unheard; /* nobody is left to tell */
    return INGLE_OK;
}

static ingle_status unknown(const char *name, ingle_error *err) {
    const char *names[CHAT_MAX_COMMANDS];
    const char *near = nearest(name, names, chat_command_names(names));
    if (near) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "%.40s is no command; did you mean %s?", name,
                          near);
    }
    return status_set(err, INGLE_BAD_ARGUMENT, 0, "%.40s is no command; /help lists them.", name);
}

ingle_status chat_command(struct chat_talk *t, const char *line, ingle_error *err) {
    char name[48];
    size_t len = strcspn(line, " \t\n");
    snprintf(name, sizeof name, "%.*s", (int)(len < sizeof name ? len : sizeof name - 1), line);
    const char *rest = line + len + strspn(line + len, " \t\n");
    for (size_t i = 0; i < BASE_COUNT(slashes); i++) {
        const struct slash *s = &slashes[i];
        if (strcmp(s->name, name) != 0) continue;
        if (rest[0] && !s->argument[0]) {
            return status_set(err, INGLE_BAD_ARGUMENT, 0, "%s takes nothing after it.", name);
        }
        return s->run(t, rest, err);
    }
    return unknown(name, err);
}
