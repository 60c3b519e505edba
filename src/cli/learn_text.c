/* ingle learn text: a language model from plain text, as a GGUF file. A run that is stopped leaves
 * a checkpoint to go on from. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/learn_kind.h"
#include "cli/learn_progress.h"
#include "cli/result_file.h"
#include "cli/say.h"
#include "cli/text_arg.h"
#include "learn/text/text_checkpoint.h"
#include "learn/text/text_file.h"

#define CHECKPOINT_MS 300000.0
#define SCORE_SHARE 20 /* of the time, one part at most goes into looking at the score */

/* Everything of one run of the command. */
struct session {
    struct cli *cli;
    const struct learn_args *args;
    struct learn *l;
    struct file_map files[OPTION_LIST_MAX], resumed;
    struct buf piped; /* what came through - */
    struct text_data data;
    struct text_run run;
    char checkpoint[PATH_MAX + 16]; /* where one is written */
    int first_step;                 /* of this process */
    double first_seconds;           /* of the run when it began */
    double score;                   /* bits a byte; NaN = not yet known */
    double scored_ms, score_cost_ms, stored_ms;
};

/* ---- options ---- */

static void take_int(int *to, int given) {
    if (given > 0) *to = given;
}

static struct text_options options_given(const struct learn_args *args) {
    const struct learn_text_args *t = &args->text;
    struct text_options opt = text_options_default();
    take_int(&opt.n_vocab, t->n_vocab);
    take_int(&opt.n_embd, t->n_embd);
    take_int(&opt.n_layer, t->n_layer);
    opt.n_head = opt.n_embd >= 64 ? opt.n_embd / 32 : 1;
    take_int(&opt.n_head, t->n_head);
    take_int(&opt.n_ctx, t->n_ctx);
    if (opt.n_batch < opt.n_ctx) opt.n_batch = opt.n_ctx;
    take_int(&opt.n_batch, t->n_batch);
    opt.n_steps = t->n_steps;
    if (t->minutes > 0.0f) opt.seconds = 60.0 * (double)t->minutes;
    if (t->rate > 0.0f) opt.rate = t->rate;
    opt.dropout = t->dropout;
    opt.seed = args->seed.is_given ? args->seed.value : 1;
    return opt;
}

static ingle_status differs(const char *option, const char *path, ingle_error *err) {
    return status_set(err, INGLE_BAD_ARGUMENT, 0,
                      "--%s is not what it was when '%.200s' was written; a run goes on with the "
                      "options it began with, which need not be given again.",
                      option, path);
}

/* What is given together with --resume must be what the checkpoint says. */
static ingle_status check_resumed(const struct learn_args *args, const struct text_options *opt,
                                  ingle_error *err) {
    const struct learn_text_args *t = &args->text;
    const struct {
        const char *name;
        double given, stored;
    } all[] = {{"vocab", t->n_vocab, opt->n_vocab},
               {"dim", t->n_embd, opt->n_embd},
               {"layers", t->n_layer, opt->n_layer},
               {"heads", t->n_head, opt->n_head},
               {"ctx", t->n_ctx, opt->n_ctx},
               {"batch", t->n_batch, opt->n_batch},
               {"steps", t->n_steps, opt->n_steps},
               {"minutes", (double)t->minutes, opt->seconds / 60.0},
               {"rate", (double)t->rate, (double)opt->rate},
               {"dropout", (double)t->dropout, (double)opt->dropout}};
    for (size_t i = 0; i < BASE_COUNT(all); i++) {
        bool same = fabs(all[i].given - all[i].stored) <= 1e-6 * fabs(all[i].stored);
        if (all[i].given > 0.0 && !same) return differs(all[i].name, t->resume, err);
    }
    if (args->seed.is_given && args->seed.value != opt->seed) {
        return differs("seed", t->resume, err);
    }
    return INGLE_OK;
}

static ingle_status check_both(const struct learn_text_args *t, ingle_error *err) {
    if (t->n_steps == 0 || !(t->minutes > 0.0f)) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0,
                      "Give either --steps or --minutes: a run ends by one of them.");
}

/* ---- what is shown ---- */

static double tokens_per_second(const struct session *s) {
    int n_windows = s->run.opt.n_batch / s->run.opt.n_ctx;
    double n = (double)(s->run.step - s->first_step) * n_windows * s->run.opt.n_ctx;
    double seconds = s->run.seconds - s->first_seconds;
    return seconds > 0.0 ? n / seconds : 0.0;
}

/* By steps, or by seconds where the run ends by them. False to stop. */
static bool show(struct session *s) {
    const struct text_run *r = &s->run;
    char note[96];
    int n = snprintf(note, sizeof note, "%.0f tok/s", tokens_per_second(s));
    if (!isnan(s->score)) {
        snprintf(note + n, sizeof note - (size_t)n, "  held out %.3f", s->score);
    }
    bool by_steps = r->opt.n_steps > 0;
    double share = text_run_done(r), here = r->seconds - s->first_seconds;
    double share_here = share - (by_steps ? (double)s->first_step / r->opt.n_steps
                                          : s->first_seconds / r->opt.seconds);
    struct learn_progress p = {.step = "text",
                               .done = by_steps ? r->step : (int)(share * r->opt.seconds),
                               .total = by_steps ? r->opt.n_steps : (int)ceil(r->opt.seconds),
                               .loss = r->loss,
                               .score = NAN,
                               .elapsed_s = r->seconds,
                               .left_s = share_here > 0.0 ? here / share_here * (1.0 - share)
                                                          : (double)NAN,
                               .note = note};
    if (share >= 1.0) p.done = p.total;
    return !s->l->on_progress || s->l->on_progress(&p, s->l->user);
}

static void print_json(struct session *s, double n_parameters) {
    struct json j;
    json_init(&j, &s->cli->out);
    json_begin(&j, '{');
    json_put_str(&j, "kind", "text");
    json_put_str(&j, "file", s->args->output);
    json_put_number(&j, "parameters", n_parameters, 10);
    json_put_int(&j, "vocab", s->data.n_vocab);
    json_put_uint(&j, "text_tokens", s->data.n_tokens);
    json_put_int(&j, "steps", s->run.step);
    json_put_number(&j, "seconds", s->run.seconds, 4);
    json_put_number(&j, "tokens_per_second", tokens_per_second(s), 5);
    json_put_number(&j, "loss", (double)s->run.loss, 6);
    json_put_number(&j, "bits_per_byte", s->score, 6);
    json_end(&j, '}');
}

static void print_figures(struct session *s) {
    double n = 0.0;
    const struct nn_params *p = &s->run.model.params;
    for (int i = 0; i < p->n_tensors; i++) n += (double)nn_tensor_size(&p->tensors[i]);
    if (s->args->json) {
        print_json(s, n);
        return;
    }
    out_line_text(&s->cli->out, s->args->output, strlen(s->args->output));
    out_f(&s->cli->out,
          ": %.2f million parameters, %d steps on %.2f million tokens in %.0f s, %.3f bits a byte "
          "on text held out\n",
          n * 1e-6, s->run.step, (double)s->data.n_tokens * 1e-6, s->run.seconds, s->score);
}

/* ---- the run ---- */

static void put(void *to, const void *data, size_t size) {
    out_bytes(to, data, size);
}

static ingle_status store(struct session *s, ingle_error *err) {
    struct result_file file;
    INGLE_TRY(result_file_open_private(&file, s->checkpoint, err));
    text_checkpoint_write(&s->run, put, &file.out);
    s->stored_ms = clock_ms();
    return result_file_close(&file, INGLE_OK, err);
}

/* Ctrl-C: the state goes to disk, whole, and the command ends as interrupted. */
static ingle_status stop(struct session *s, ingle_error *err) {
    interrupt_forget(); /* what is written from now on is not cut short */
    INGLE_TRY(store(s, err));
    char sentence[PATH_MAX + 160];
    snprintf(sentence, sizeof sentence,
             "Stopped at step %d; --resume '%s' with the same --data and -o goes on.", s->run.step,
             s->checkpoint);
    learn_view_end(s->l->user); /* the line of progress, if one is begun */
    say(s->cli->command, sentence);
    return status_set(err, INGLE_CANCELLED, 0, "Interrupted.");
}

static void look_at_score(struct session *s) {
    double start = clock_ms();
    s->score = text_run_score(&s->run);
    s->scored_ms = clock_ms();
    s->score_cost_ms = s->scored_ms - start;
}

static ingle_status train(struct session *s, ingle_error *err) {
    s->scored_ms = s->stored_ms = clock_ms();
    s->score_cost_ms = 100.0; /* a guess, until it is known */
    s->score = NAN;
    while (text_run_done(&s->run) < 1.0) {
        INGLE_TRY(text_run_step(&s->run, err));
        double now = clock_ms();
        if (now - s->scored_ms > SCORE_SHARE * s->score_cost_ms) look_at_score(s);
        if (text_run_done(&s->run) >= 1.0) look_at_score(s);
        bool goes_on = show(s);
        if (!goes_on && text_run_done(&s->run) < 1.0) return stop(s, err);
        if (s->args->text.checkpoint && now - s->stored_ms > CHECKPOINT_MS) {
            INGLE_TRY(store(s, err));
        }
    }
    if (isnan(s->score)) look_at_score(s);
    return INGLE_OK;
}

/* ---- the beginning ---- */

/* Files are mapped, since they may be large; - is read. */
static ingle_status read_text(struct session *s, size_t i, struct text_source *out,
                              ingle_error *err) {
    const char *path = s->args->data.items[i];
    *out = (struct text_source){.name = path};
    if (strcmp(path, "-") == 0) {
        out->name = "standard input";
        INGLE_TRY(text_file_read(&s->piped, path, err));
        out->text = s->piped.data;
        out->len = s->piped.size;
    } else {
        INGLE_TRY(file_map_open(&s->files[i], path, err));
        out->text = (const char *)s->files[i].data;
        out->len = s->files[i].size;
    }
    if (out->len > 0) return INGLE_OK;
    return status_set(err, INGLE_INVALID, 0, "'%s' is empty.", out->name);
}

static void tell_vocabulary(struct session *s) {
    char note[96];
    snprintf(note, sizeof note, "%d tokens; the text is %.2f million of them", s->data.n_vocab,
             (double)s->data.n_tokens * 1e-6);
    struct learn_progress p = {"vocabulary", 1, 1, NAN, NAN, 0.0, NAN, note};
    if (s->l->on_progress) (void)s->l->on_progress(&p, s->l->user); /* the first step asks again */
}

static ingle_status read_texts(struct session *s, const struct text_options *opt,
                               ingle_error *err) {
    struct text_source sources[OPTION_LIST_MAX];
    const struct option_list *list = &s->args->data;
    int n_piped = 0;
    for (size_t i = 0; i < list->n; i++) {
        n_piped += strcmp(list->items[i], "-") == 0;
        if (n_piped > 1) {
            return status_set(err, INGLE_BAD_ARGUMENT, 0, "Standard input can be read once.");
        }
        INGLE_TRY(read_text(s, i, &sources[i], err));
    }
    INGLE_TRY(text_data_init(&s->data, sources, list->n, opt->n_vocab, opt->n_ctx, err));
    for (size_t i = 0; i < list->n; i++) file_map_close(&s->files[i]);
    memset(s->files, 0, sizeof s->files);
    buf_clear(&s->piped);
    interrupt_outlive(); /* from now on there is something to keep */
    tell_vocabulary(s);
    return INGLE_OK;
}

static ingle_status resume(struct session *s, ingle_error *err) {
    const char *path = s->args->text.resume;
    struct text_checkpoint c;
    INGLE_TRY(file_map_open(&s->resumed, path, err));
    INGLE_TRY(text_checkpoint_read(&c, s->resumed.data, s->resumed.size, path, err));
    INGLE_TRY(check_resumed(s->args, &c.opt, err));
    INGLE_TRY(read_texts(s, &c.opt, err));
    INGLE_TRY(text_run_init(&s->run, s->l, &s->data, &c.opt, err));
    return text_checkpoint_apply(&c, &s->run, path, err);
}

static ingle_status begin(struct session *s, ingle_error *err) {
    struct text_options opt = options_given(s->args);
    INGLE_TRY(check_both(&s->args->text, err));
    if (!s->args->text.resume) {
        INGLE_TRY(text_options_check(&opt, err));
        struct transformer_hparams hp = text_run_hparams(&opt, opt.n_vocab);
        INGLE_TRY(transformer_check(&hp, err));
        INGLE_TRY(text_file_check((enum text_file_type)s->args->text.type, &hp, err));
        INGLE_TRY(read_texts(s, &opt, err));
        return text_run_init(&s->run, s->l, &s->data, &opt, err);
    }
    INGLE_TRY(resume(s, err));
    return text_file_check((enum text_file_type)s->args->text.type, &s->run.model.body.hp, err);
}

static ingle_status find_checkpoint(struct session *s, ingle_error *err) {
    const struct learn_text_args *t = &s->args->text;
    int n = t->checkpoint ? snprintf(s->checkpoint, sizeof s->checkpoint, "%s", t->checkpoint)
            : t->resume
                ? snprintf(s->checkpoint, sizeof s->checkpoint, "%s", t->resume)
                : snprintf(s->checkpoint, sizeof s->checkpoint, "%s.checkpoint", s->args->output);
    if (n < (int)sizeof s->checkpoint) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0, "The path of the checkpoint is too long.");
}

static ingle_status run_all(struct session *s, struct buf *out, ingle_error *err) {
    const struct learn_args *args = s->args;
    INGLE_TRY(find_checkpoint(s, err));
    INGLE_TRY(begin(s, err));
    s->first_step = s->run.step;
    s->first_seconds = s->run.seconds;
    INGLE_TRY(train(s, err));
    const char *slash = strrchr(args->output, '/');
    struct text_file_labels labels = {.name = args->name ? args->name
                                              : slash    ? slash + 1
                                                         : args->output,
                                      .licence = args->licence ? args->licence : "",
                                      .attribution = args->attribution ? args->attribution : ""};
    INGLE_TRY(text_file_make(&s->run, (enum text_file_type)args->text.type, &labels, out, err));
    print_figures(s);
    return INGLE_OK;
}

static ingle_status run(struct cli *cli, const struct learn_args *args, struct learn *l,
                        struct buf *out, ingle_error *err) {
    struct session s = {.cli = cli, .args = args, .l = l};
    ingle_status status = run_all(&s, out, err);
    for (size_t i = 0; i < args->data.n; i++) file_map_close(&s.files[i]);
    file_map_close(&s.resumed);
    buf_clear(&s.piped);
    text_run_clear(&s.run);
    text_data_clear(&s.data);
    return status;
}

const struct learn_kind learn_text_kind = {
    .name = "text",
    .makes = "a small language model, as a GGUF file",
    .run = run,
    .takes_text_options = true,
};
