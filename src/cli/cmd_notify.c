/* ingle notify: a digest of notifications, from JSON lines or from the desktop. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/notify_view.h"
#include "cli/notify_watch.h"
#include "cli/say.h"
#include "cli/seal_here.h"
#include "cli/task_arg.h"
#include "cli/text_arg.h"
#include "task/digest_read.h"
#include "task/digest_time.h"

struct notify_args {
    struct engine_args engine;
    struct option_list apps;
    const char *now;
    int max_groups, every;
    bool watch, json;
};

#define FIELD(name) .offset = offsetof(struct notify_args, name)

static const struct option notify_options[] = {
    {"watch", '\0', OPTION_FLAG, NULL, "Listen to the desktop's notifications, until Ctrl-C",
     FIELD(watch)},
    {"every", '\0', OPTION_INT, "MINUTES", "With --watch: a digest every so often (default 15)",
     FIELD(every), .min = 1, .max = 1440},
    {"app", '\0', OPTION_LIST, "NAME", "Only of this app; may be given several times", FIELD(apps)},
    {"number", 'n', OPTION_INT, "N", "Groups to show at most (default 20; 0 = all)",
     FIELD(max_groups), .max = 1000000},
    {"now", '\0', OPTION_TEXT, "TIME",
     "What \"2 min ago\" counts from: ISO 8601, or seconds (default: the last)", FIELD(now)},
    OPTION_MODEL(struct notify_args),
    OPTION_THREADS(struct notify_args),
    OPTION_CTX(struct notify_args),
    {"json", '\0', OPTION_FLAG, NULL, "One JSON object; with --watch, one a line", FIELD(json)},
};

/* ---- which apps ---- */

static bool is_wanted(const struct option_list *apps, const char *app) {
    for (size_t i = 0; i < apps->n; i++) {
        if (app && strcasecmp(apps->items[i], app) == 0) return true;
    }
    return apps->n == 0;
}

/* Leaves out what is of other apps; returns how many these were. */
static size_t filter(struct digest_batch *batch, const struct option_list *apps) {
    size_t kept = 0;
    for (size_t i = 0; i < batch->n; i++) {
        if (is_wanted(apps, batch->items[i].app)) batch->items[kept++] = batch->items[i];
    }
    size_t n = batch->n - kept;
    batch->n = kept;
    return n;
}

/* ---- a batch ---- */

static ingle_status read_batch(struct digest_batch *batch, const char *path, ingle_error *err) {
    struct buf text;
    bool is_input = strcmp(path, "-") == 0;
    ingle_status status = text_file_read(&text, path, err);
    if (status == INGLE_OK) {
        status = digest_read(batch, text.data ? text.data : "", text.size,
                             is_input ? "standard input" : path, err);
    }
    buf_clear(&text);
    return status;
}

/* What the lines that were left out come to; the digest of the others is printed all the same. */
static ingle_status refuse_bad(const struct digest_batch *batch, ingle_error *err) {
    if (batch->n_bad == 0) return INGLE_OK;
    int len = (int)strlen(batch->first_bad.msg);
    if (len && batch->first_bad.msg[len - 1] == '.') len--;
    if (batch->n_bad == 1) {
        return status_set(err, INGLE_INVALID, batch->first_bad.where,
                          "%.*s; it was left out of the digest.", len, batch->first_bad.msg);
    }
    return status_set(err, INGLE_INVALID, batch->first_bad.where,
                      "%.*s; it and %zu other such line%s were left out of the digest.", len,
                      batch->first_bad.msg, batch->n_bad - 1, batch->n_bad == 2 ? "" : "s");
}

static ingle_status print_batch(struct cli *cli, const struct notify_args *args, int64_t now_s,
                                struct digest_batch *batch, ingle_error *err) {
    size_t n_others = filter(batch, &args->apps);
    if (n_others) {
        char sentence[80];
        snprintf(sentence, sizeof sentence, "%zu of other apps %s left out.", n_others,
                 n_others == 1 ? "was" : "were");
        say(cli->command, sentence);
    }
    if (batch->n_bad && batch->n == 0 && n_others == 0) return INGLE_OK;
    struct task_state state = {0};
    ingle_status status =
        task_open(&state, &args->engine, args->engine.model ? TASK_TAGGER : 0, 0, 0, err);
    if (status == INGLE_OK) {
        status = notify_print(&cli->out, state.tasks, batch->items, batch->n, now_s,
                              (size_t)args->max_groups, args->json, err);
    }
    task_close(&state);
    return status;
}

static ingle_status run_batch(struct cli *cli, const struct notify_args *args,
                              const struct words *words, int64_t now_s, ingle_error *err) {
    if (words->n == 0 && isatty(STDIN_FILENO)) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "Name a file of notifications, pipe them in, or use --watch.");
    }
    struct digest_batch batch = {0};
    ingle_status status = read_batch(&batch, words->n ? words->items[0] : "-", err);
    if (status == INGLE_OK) status = print_batch(cli, args, now_s, &batch, err);
    if (status == INGLE_OK) status = refuse_bad(&batch, err);
    digest_batch_clear(&batch);
    return status;
}

static ingle_status read_now(const struct notify_args *args, int64_t *now_s, ingle_error *err) {
    *now_s = 0;
    if (!args->now || digest_time_parse(args->now, strlen(args->now), now_s)) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0,
                      "Option --now is '%.60s'; it must be like 2026-11-27T09:30:00Z.", args->now);
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct notify_args args = {.max_groups = 20, .every = 15};
    struct words words;
    int64_t now_s;
    INGLE_TRY(options_parse(cli->command, argc, argv, &args, &words, err));
    INGLE_TRY(read_now(&args, &now_s, err));
    if (words.n > (args.watch ? 0 : 1)) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "'%.60s' is one argument too many.",
                          words.items[args.watch ? 0 : 1]);
    }
    if (!args.watch) INGLE_TRY(seal_front(false, err));
    if (!args.watch) return run_batch(cli, &args, &words, now_s, err);
    if (args.now)
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "--watch and --now exclude each other.");
    struct notify_watch watch = {.cli = cli,
                                 .engine = &args.engine,
                                 .apps = &args.apps,
                                 .every_min = args.every,
                                 .max_groups = (size_t)args.max_groups,
                                 .json = args.json};
    return notify_watch(&watch, err);
}

const struct command cmd_notify = {
    .name = "notify",
    .summary = "Make a digest of notifications; one-time codes and passwords are never repeated",
    .arguments = "[FILE | --watch] [options]",
    .example = "notify notifications.jsonl",
    .details =
        "FILE (or standard input) has a JSON object a line: app, title (or summary), body,\n"
        "time (ISO 8601 or seconds), urgency (low, normal, critical), conversation (or\n"
        "thread), id, replaces; a title or a body is enough. Works without a model; with -m,\n"
        "groups of many messages are summarised by it. A line that is no notification is\n"
        "left out, said, and makes the exit code 3.",
    COMMAND_OPTIONS(notify_options),
    .local_sockets = true, /* the bus of --watch */
    .run = run,
};
