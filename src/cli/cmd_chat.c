/* ingle chat: a conversation with a model, at a terminal or through pipes. */
#include <math.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cli/chat.h"
#include "cli/interrupt.h"
#include "cli/text_arg.h"

#define FIELD(name) .offset = offsetof(struct chat_args, name)

static const struct option chat_rows[] = {
    OPTION_MODEL(struct chat_args),
    {"system", '\0', OPTION_TEXT, "TEXT", "What the model is told beforehand; or @FILE",
     FIELD(system)},
    {"continue", '\0', OPTION_INT, "[NUMBER]",
     "Go on with a conversation of the vault (default: the latest)", FIELD(goes_on), .min = 0,
     .max = INT32_MAX, .is_optional = true},
    {"think", '\0', OPTION_CHOICE, "auto|on|off", "Whether it thinks first (default auto)",
     FIELD(think)},
    {"think-budget", '\0', OPTION_INT, "N", "Tokens of thinking at most (default -1: no end)",
     FIELD(think_budget), .min = -1, .max = INT32_MAX},
    {"show-thinking", '\0', OPTION_FLAG, NULL, "Print the thinking in a pipe too",
     FIELD(show_thinking)},
    {"template", '\0', OPTION_TEXT, "FILE", "A chat template instead of the model's own",
     FIELD(template_file)},
    {"max-tokens", 'n', OPTION_INT, "N", "Tokens of an answer at most (default -1: no end)",
     FIELD(max_tokens), .min = -1, .max = INT32_MAX},
    {"stop", '\0', OPTION_LIST, "STRING", "End answers before this text; may come several times",
     FIELD(stops)},
    OPTION_SAMPLING(struct chat_args),
    {"allow-loops", '\0', OPTION_FLAG, NULL, "Let answers go on that go round and round",
     FIELD(allow_loops)},
    OPTION_ENGINE(struct chat_args),
    {"json", '\0', OPTION_FLAG, NULL, "An object a line: pieces of an answer, then how it ended",
     FIELD(json)},
};

/* What the options name is read before a model is opened for it. */
static ingle_status read_texts(struct chat_talk *t, ingle_error *err) {
    const struct chat_args *args = t->args;
    if (args->template_file) {
        struct buf arg;
        buf_init(&arg, 1 << 16);
        buf_add_str(&arg, "@");
        ingle_status status = buf_add_str(&arg, args->template_file)
                                  ? text_arg_read(&t->template_text, arg.data, err)
                                  : status_no_memory(err, "the template's name", arg.size);
        buf_clear(&arg);
        INGLE_TRY(status);
        if (t->template_text.size == 0 || strlen(t->template_text.data) != t->template_text.size) {
            return status_set(err, INGLE_INVALID, 0, "'%.150s' is no template: it %s.",
                              args->template_file,
                              t->template_text.size ? "has a NUL byte" : "is empty");
        }
    }
    if (!args->system) return INGLE_OK;
    if (strcmp(args->system, "-") == 0) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "Option --system cannot be -: messages come from standard input.");
    }
    return text_arg_read(&t->system, args->system, err);
}

/* An empty line before the next prompt. */
static void end_exchange(struct chat_talk *t, bool was_any) {
    if (was_any && !t->is_over) out_str(&t->cli->out, "\n");
    ingle_status unheard = out_flush(&t->cli->out, NULL);
    (void)unheard; /* the next answer fails, too, and says so */
}

static void greet(struct chat_talk *t) {
    if (!t->is_terminal) return;
    chat_show_model(t);
    char kept[64];
    chat_keep_describe(t, kept);
    chat_say(t, "/help lists the commands, Ctrl-D leaves. %s", kept);
    end_exchange(t, true);
}

static ingle_status begin(struct chat_talk *t, ingle_error *err) {
    INGLE_TRY(read_texts(t, err));
    INGLE_TRY(chat_keep_open(t, err));
    INGLE_TRY(chat_use_model(t, t->args->engine.model, err));
    INGLE_TRY(chat_put_system(t, err));
    if (t->is_terminal) {
        size_t n = chat_command_names(t->command_names);
        INGLE_TRY(line_new(&t->line, t->command_names, n, err));
        interrupt_outlive();
    } else {
        reader_init(&t->reader, STDIN_FILENO, "standard input");
    }
    INGLE_TRY(chat_keep_go_on(t, err));
    greet(t);
    return INGLE_OK;
}

static ingle_status say_to_model(struct chat_talk *t, const char *text, size_t len,
                                 ingle_error *err) {
    INGLE_TRY(chat_messages_say(&t->messages, "user", text, len, err));
    chat_keep(t);
    return chat_reply(t, err);
}

static ingle_status handle(struct chat_talk *t, const struct buf *message, bool is_literal,
                           ingle_error *err) {
    const char *text = message->data;
    bool is_slash = !is_literal && text[0] == '/';
    if (is_slash && text[1] != '/') return chat_command(t, text, err);
    size_t n_skipped = is_slash ? 1 : 0; /* of two slashes, one */
    return say_to_model(t, text + n_skipped, message->size - n_skipped, err);
}

/* At a terminal a failure is said, and the conversation goes on. */
static ingle_status talk(struct chat_talk *t, ingle_error *err) {
    struct buf message = {.max = CHAT_MAX_MESSAGE, .is_secret = true};
    ingle_status status = INGLE_OK;
    while (status == INGLE_OK && !t->is_over) {
        ingle_error why = {0};
        bool is_literal;
        status = chat_read(t, &message, &is_literal, &why);
        if (status == INGLE_OK && message.size > 0) {
            status = handle(t, &message, is_literal, &why);
            chat_keep(t);
        }
        if (status != INGLE_OK && t->is_terminal && !t->cli->out.errnum) {
            chat_say(t, "%s", why.msg);
            status = INGLE_OK;
        } else if (status != INGLE_OK && err) {
            *err = why;
        }
        if (t->is_terminal) {
            interrupt_forget();
            out_resume(&t->cli->out);
            end_exchange(t, message.size > 0);
        }
    }
    buf_clear(&message);
    return status;
}

/* Seconds since 1970 as the clock on the wall shows them. */
static int64_t local_now(void) {
    time_t now = time(NULL);
    struct tm wall = {0};
    return localtime_r(&now, &wall) ? (int64_t)now + wall.tm_gmtoff : (int64_t)now;
}

static void release(struct chat_talk *t) {
    line_free(t->line);
    worker_arg_free(t->worker);
    chat_messages_clear(&t->messages);
    mem_free(t->model_path);
    buf_clear(&t->template_text);
    buf_clear(&t->system);
    buf_clear(&t->summary);
    chat_keep_close(t);
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct chat_args args = {.max_tokens = -1,
                             .think_budget = -1,
                             .goes_on = -1,
                             .sampling.options = ingle_sampling_options_default()};
    INGLE_TRY(options_parse_all(cli->command, argc, argv, &args,
                                "messages are typed, or come from standard input", err));
    INGLE_TRY(engine_default(&args.engine, err));
    INGLE_TRY(sampling_args_finish(&args.sampling, err));
    struct chat_talk t = {.cli = cli, .args = &args, .think = (ingle_think)args.think};
    t.now = local_now();
    t.is_terminal = isatty(STDIN_FILENO) == 1 && cli->out.is_terminal;
    t.system = t.summary = (struct buf){.max = CHAT_MAX_MESSAGE, .is_secret = true};
    buf_init(&t.template_text, 0);
    ingle_status status = begin(&t, err);
    if (status == INGLE_OK) status = talk(&t, err);
    release(&t);
    return status;
}

const struct command cmd_chat = {
    .name = "chat",
    .summary = "Talk with a model",
    .arguments = "[-m MODEL] [--system TEXT] [options]",
    .example = "chat -m model.gguf --system \"Answer in one sentence.\"",
    .details =
        "At a terminal /help lists what can be done besides: save, load, take back, change "
        "the model.\n"
        "Otherwise every line of standard input is a message, and answers alone are printed;"
        " what goes\n"
        "wrong ends the program. A line that ends in \\ goes on in the next, and so does all "
        "between\n"
        "lines of \"\"\". Nothing is kept but by /save, and in the vault if it is on\n"
        "(ingle vault).",
    COMMAND_OPTIONS(chat_rows),
    .run = run,
};
