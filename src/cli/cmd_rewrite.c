/* ingle rewrite: a text refined block by block, shown as a word diff on a terminal. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/diff_view.h"
#include "cli/json.h"
#include "cli/keep.h"
#include "cli/result_file.h"
#include "cli/say.h"
#include "cli/task_worker.h"
#include "cli/text_arg.h"
#include "task/tasks.h"
#include "worker/wire/msg_rewrite.h"

#define MAX_KEPT ((size_t)1 << 20) /* bytes of sentences about blocks that stayed */
#define MAX_SAID 10                /* of these sentences */

struct rewrite_args {
    struct engine_args engine;
    const char *as, *output;
    float max_changed;
    bool json;
};

#define FIELD(name) .offset = offsetof(struct rewrite_args, name)

static const struct option rewrite_options[] = {
    OPTION_MODEL(struct rewrite_args),
    {"as", '\0', OPTION_TEXT, "MANNER",
     "proofread, concise, formal, friendly, plain; or an instruction", FIELD(as)},
    {"output", 'o', OPTION_TEXT, "FILE", "Write the text to this file", FIELD(output)},
    {"max-changed", '\0', OPTION_FLOAT, "SHARE",
     "Proofreading: share of a block's words that may change (default 0.4)", FIELD(max_changed),
     .min = 0, .max = 1},
    OPTION_ENGINE(struct rewrite_args),
    {"json", '\0', OPTION_FLAG, NULL, "One object: the text, and what became of every block",
     FIELD(json)},
};

/* Everything that the command holds, so that one place can give it back. */
struct rewrite_state {
    struct cli *cli;
    const struct rewrite_args *args;
    struct worker *worker;
    struct arena arena; /* of a message */
    struct buf text, made, kept, told;
    size_t last; /* where the last block of the text ended */
    size_t at;   /* what was shown of the text */
    bool shows_diff, colours, shows_progress, has_progress;
    ingle_status failed; /* of showing */
    ingle_error err;
};

static ingle_rewrite_manner manner_of(const char *as, const char **instruction) {
    static const char *const names[] = {"proofread", "concise", "formal", "friendly", "plain"};
    for (size_t i = 0; i < BASE_COUNT(names); i++) {
        if (strcmp(as, names[i]) == 0) return (ingle_rewrite_manner)i;
    }
    *instruction = as;
    return INGLE_REWRITE_FREE;
}

/* A word that is nearly a manner is not meant as an instruction. */
static ingle_status check_manner(const struct rewrite_args *args, ingle_error *err) {
    static const char *const names[] = {"proofread", "concise", "formal", "friendly", "plain"};
    if (!args->as || !args->as[0]) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "Say how: --as proofread, concise, formal, friendly or plain, or an "
                          "instruction in quotes.");
    }
    const char *near = strchr(args->as, ' ') ? NULL : nearest(args->as, names, BASE_COUNT(names));
    if (near && strcmp(near, args->as) != 0) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "There is no manner '%.60s': did you mean '%s'? An instruction is more "
                          "than one word.",
                          args->as, near);
    }
    return INGLE_OK;
}

/* ---- what is shown while it goes on ---- */

static void write_progress(const char *text) {
    struct out o;
    out_init(&o, STDERR_FILENO, "standard error");
    out_bytes(&o, "\r\033[K", 4);
    out_line_text(&o, text, strlen(text));
    ingle_status unheard = out_flush(&o, NULL);
    (void)unheard; /* nobody is left to tell */
}

static void clear_progress(struct rewrite_state *s) {
    if (s->has_progress) write_progress("");
    s->has_progress = false;
}

static bool on_progress(struct rewrite_state *s, const void *body, size_t size) {
    ingle_progress p;
    if (!task_read(&p, sizeof p, msg_progress, body, size, &s->arena)) return false;
    if (!s->shows_progress) return true;
    write_progress(p.step);
    s->has_progress = true;
    return true;
}

/* What is told of a block at the end, in JSON. */
struct told {
    size_t from, to, line, new_from, new_len;
    size_t why_from, why_len; /* of s->kept */
};

static void put_blocks(struct json *j, const struct rewrite_state *s) {
    json_key(j, "blocks");
    json_begin(j, '[');
    for (size_t i = 0; i + sizeof(struct told) <= s->told.size; i += sizeof(struct told)) {
        struct told t;
        memcpy(&t, s->told.data + i, sizeof t);
        json_begin(j, '{');
        json_put_uint(j, "line", t.line);
        json_put_text(j, "old", s->text.data + t.from, t.to - t.from);
        json_put_text(j, "new", s->made.data + t.new_from, t.new_len);
        if (t.why_len) json_put_text(j, "kept_because", s->kept.data + t.why_from, t.why_len);
        json_end(j, '}');
    }
    json_end(j, ']');
}

/* The text of the block was passed on just before. */
static bool tell_later(struct rewrite_state *s, const ingle_rewrite_block *b) {
    struct told t = {.from = b->from, .to = b->to, .line = b->line, .new_len = b->len};
    t.new_from = s->made.size - b->len;
    if (b->kept_because) {
        t.why_from = s->kept.size;
        t.why_len = strlen(b->kept_because);
        if (!buf_add_str(&s->kept, b->kept_because)) return false;
    }
    return buf_add(&s->told, &t, sizeof t);
}

static bool show_block(struct rewrite_state *s, const ingle_rewrite_block *b) {
    struct out *out = &s->cli->out;
    if (b->kept_because) {
        buf_addf(&s->kept, "Line %zu stays as it was. %s\n", b->line, b->kept_because);
    }
    if (!s->shows_diff) return true;
    out_text(out, s->text.data + s->at, b->from - s->at);
    s->at = b->to;
    s->failed = diff_view(out, s->colours, s->text.data + b->from, b->to - b->from, b->text, b->len,
                          &s->err);
    if (s->failed == INGLE_OK) s->failed = out_flush(out, &s->err);
    return s->failed == INGLE_OK;
}

/* It must lie in the text, behind the one before, and its own text must have come. */
static bool on_block(struct rewrite_state *s, const void *body, size_t size) {
    ingle_rewrite_block b;
    if (!task_read(&b, sizeof b, msg_block, body, size, &s->arena)) return false;
    if (b.from < s->last || b.to > s->text.size || b.len > s->made.size) return false;
    s->last = b.to;
    return s->args->json ? tell_later(s, &b) : show_block(s, &b);
}

static bool on_answer(enum msg_type type, const void *body, size_t size, void *user) {
    struct rewrite_state *s = user;
    if (type == MSG_TEXT) return buf_add(&s->made, body, size);
    if (type == MSG_BLOCK) return on_block(s, body, size);
    return type == MSG_PROGRESS && on_progress(s, body, size);
}

static void say_kept(struct rewrite_state *s, size_t n_kept, size_t n_blocks) {
    size_t n = 0;
    for (char *line = s->kept.data; line && *line && n < MAX_SAID; n++) {
        char *end = strchr(line, '\n');
        if (!end) break;
        *end = '\0';
        say(s->cli->command, line);
        line = end + 1;
    }
    if (n_kept <= MAX_SAID) return;
    char more[96];
    snprintf(more, sizeof more, "So do %zu more blocks of %zu; --json says why each.",
             n_kept - MAX_SAID, n_blocks);
    say(s->cli->command, more);
}

/* ---- the command ---- */

static ingle_status write_file(struct rewrite_state *s, ingle_error *err) {
    struct result_file f;
    INGLE_TRY(result_file_open(&f, s->args->output, err));
    out_bytes(&f.out, s->made.data, s->made.size);
    return result_file_close(&f, INGLE_OK, err);
}

static ingle_status show_end(struct rewrite_state *s, const ingle_rewrite_result *result,
                             ingle_error *err) {
    struct out *out = &s->cli->out;
    if (buf_failed(&s->made)) return status_no_memory(err, "the text", s->made.size);
    if (s->args->output) INGLE_TRY(write_file(s, err));
    if (s->args->json) {
        struct json j;
        json_init(&j, out);
        json_begin(&j, '{');
        json_put_text(&j, "text", s->made.data ? s->made.data : "", s->made.size);
        put_blocks(&j, s);
        json_put_uint(&j, "n_blocks", result->n_blocks);
        json_put_uint(&j, "n_changed", result->n_changed);
        json_put_uint(&j, "n_kept", result->n_kept);
        json_put_uint(&j, "n_retried", result->n_retried);
        json_end(&j, '}');
    } else if (s->shows_diff) {
        out_text(out, s->text.data + s->at, s->text.size - s->at);
        out_end_line(out);
    } else if (!s->args->output) {
        out_text(out, s->made.data, s->made.size);
    }
    return out_flush(out, err);
}

static ingle_status ask(struct rewrite_state *s, ingle_rewrite_result *result, ingle_error *err) {
    struct msg_rewrite m = {.text = {s->text.data, s->text.size},
                            .max_changed = s->args->max_changed};
    m.manner = manner_of(s->args->as, &m.instruction);
    struct worker_ask ask = {.type = MSG_REWRITE,
                             .visit = msg_rewrite,
                             .request = &m,
                             .visit_result = msg_rewritten,
                             .result = result,
                             .result_size = sizeof *result,
                             .on_answer = on_answer,
                             .user = s};
    ingle_status status = worker_do(s->worker, &ask, err);
    clear_progress(s);
    if (s->failed == INGLE_OK) return status;
    if (err) *err = s->err;
    return s->failed;
}

/* The instruction is a person's words, and as long as they like. */
static void keep_it(const struct rewrite_state *s) {
    struct keep keep = {.command = s->cli->command};
    struct buf name = {.max = (size_t)1 << 20, .is_secret = true};
    if (buf_addf(&name, "rewrite, %s", s->args->as)) {
        keep_task(&keep, name.data, (struct keep_text){s->text.data, s->text.size},
                  (struct keep_text){s->made.data, s->made.size});
    }
    buf_clear(&name);
    keep_close(&keep);
}

static ingle_status rewrite(struct rewrite_state *s, const char *path, ingle_error *err) {
    struct msg_start start = {.packs = WORKER_TAGGER};
    ingle_rewrite_result result;
    bool is_stream = strcmp(path, "-") == 0;
    /* Before a text is waited for. */
    INGLE_TRY(engine_need_model(&s->args->engine, err));
    INGLE_TRY(text_file_read(&s->text, path, err));
    INGLE_TRY(task_check_text(s->text.data, s->text.size, is_stream ? "The text" : path, err));
    INGLE_TRY(task_worker_new(&s->worker, &start, &s->args->engine, err));
    buf_init_secret(&s->made, 8 * s->text.size + ((size_t)1 << 20));
    buf_init_secret(&s->kept, MAX_KEPT + s->text.size);
    s->shows_diff = s->cli->out.is_terminal && !s->args->json;
    s->colours = out_has_colours(&s->cli->out);
    s->shows_progress = isatty(STDERR_FILENO) == 1 && !s->shows_diff;
    buf_init(&s->told, SIZE_MAX / 2);
    INGLE_TRY(ask(s, &result, err));
    INGLE_TRY(show_end(s, &result, err));
    if (!s->args->json) say_kept(s, result.n_kept, result.n_blocks);
    keep_it(s);
    return INGLE_OK;
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct rewrite_args args = {.max_changed = ingle_rewrite_options_default().max_changed};
    struct words words;
    INGLE_TRY(options_parse(cli->command, argc, argv, &args, &words, err));
    INGLE_TRY(engine_default(&args.engine, err));
    INGLE_TRY(check_manner(&args, err));
    if (words.n > 1) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "One file at a time: '%.60s' is the second one given.", words.items[1]);
    }
    struct rewrite_state s = {.cli = cli, .args = &args};
    arena_init_secret(&s.arena, MESSAGE_MAX_ANSWER);
    ingle_status status = rewrite(&s, words.n ? words.items[0] : "-", err);
    if (status != INGLE_OK && s.shows_diff) out_end_line(&cli->out);
    worker_arg_free(s.worker);
    arena_clear(&s.arena);
    buf_clear(&s.text);
    buf_clear(&s.made);
    buf_clear(&s.kept);
    buf_clear(&s.told);
    return status;
}

const struct command cmd_rewrite = {
    .name = "rewrite",
    .summary = "Refine a text: proofread it, make it shorter, plainer or more formal",
    .arguments = "--as MANNER [FILE] [options]",
    .example = "rewrite -m model.gguf --as concise letter.md",
    .details =
        "Markdown, links, code, numbers and names stay as they are: what the model makes of a\n"
        "block is checked, and a block that fails twice stays as it was, which is said. A\n"
        "terminal shows what changed, word by word; a pipe and -o get the text. Without\n"
        "FILE, or with -, the text is read from standard input.",
    COMMAND_OPTIONS(rewrite_options),
    .run = run,
};
