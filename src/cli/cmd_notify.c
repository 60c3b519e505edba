/* ingle notify: a digest of notifications, from JSON lines or from the desktop. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/notify_view.h"
#include "cli/notify_watch.h"
#include "cli/say.h"
#include "cli/seal_here.h"
#include "cli/task_worker.h"
#include "cli/text_arg.h"
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
    OPTION_UNSEALED(struct notify_args),
    {"json", '\0', OPTION_FLAG, NULL, "One JSON object; with --watch, one a line", FIELD(json)},
};

/* ---- a batch ---- */

/* What the lines that were left out come to; the digest of the others is printed all the same. */
static ingle_status refuse_bad(const struct msg_found *found, ingle_error *err) {
    if (found->n_bad == 0) return INGLE_OK;
    int len = (int)strlen(found->first_bad.msg);
    if (len && found->first_bad.msg[len - 1] == '.') len--;
    if (found->n_bad == 1) {
        return status_set(err, INGLE_INVALID, found->first_bad.where,
                          "%.*s; it was left out of the digest.", len, found->first_bad.msg);
    }
    return status_set(err, INGLE_INVALID, found->first_bad.where,
                      "%.*s; it and %zu other such line%s were left out of the digest.", len,
                      found->first_bad.msg, found->n_bad - 1, found->n_bad == 2 ? "" : "s");
}

static ingle_status print_batch(struct cli *cli, const struct notify_args *args, int64_t now_s,
                                const struct buf *text, const char *name, ingle_error *err) {
    struct msg_start start = {.packs = args->engine.model ? WORKER_TAGGER : 0};
    struct msg_digest m = {.has_lines = true,
                           .lines = {text->data ? text->data : "", text->size},
                           .lines_name = name,
                           .apps = args->apps.items,
                           .n_apps = args->apps.n,
                           .now_s = now_s,
                           .max_groups = (size_t)args->max_groups};
    struct msg_found found = {0};
    struct worker *worker;
    INGLE_TRY(task_worker_new(&worker, &start, &args->engine, err));
    ingle_status status = notify_print(&cli->out, worker, &m, args->json, &found, err);
    worker_arg_free(worker);
    return status == INGLE_OK ? refuse_bad(&found, err) : status;
}

static ingle_status run_batch(struct cli *cli, const struct notify_args *args,
                              const struct words *words, int64_t now_s, ingle_error *err) {
    if (words->n == 0 && isatty(STDIN_FILENO)) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "Name a file of notifications, pipe them in, or use --watch.");
    }
    struct buf text;
    const char *path = words->n ? words->items[0] : "-";
    ingle_status status = text_file_read(&text, path, err);
    if (status == INGLE_OK) {
        const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
        status = print_batch(cli, args, now_s, &text, name, err);
    }
    buf_clear(&text);
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
    if (!args.watch) INGLE_TRY(seal_front(cli, false, err));
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
