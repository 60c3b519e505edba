/* ingle learn intents: texts with labels become a classifier. */
#include <math.h>

#include "cli/json.h"
#include "cli/learn_kind.h"
#include "cli/say.h"
#include "cli/text_arg.h"
#include "learn/intents.h"

static ingle_status read_examples(struct examples *e, const struct learn_args *args,
                                  ingle_error *err) {
    for (size_t i = 0; i < args->data.n; i++) {
        struct buf text;
        ingle_status status = text_file_read(&text, args->data.items[i], err);
        if (status == INGLE_OK) {
            status =
                examples_read(e, text.data ? text.data : "", text.size, args->data.items[i], err);
        }
        buf_clear(&text);
        if (status != INGLE_OK) return status;
    }
    return examples_finish(e, err);
}

/* What was not taken as it stands. */
static void tell_repeats(const struct cli *cli, const struct examples *e) {
    struct buf line;
    buf_init(&line, 4096);
    if (e->n_repeats) {
        buf_addf(&line, "%zu example%s said twice; counted once.", e->n_repeats,
                 e->n_repeats == 1 ? " is" : "s are");
        if (line.data) say(cli->command, line.data);
    }
    buf_reset(&line);
    if (e->n_contradictory) {
        const struct example *a = &e->first_contradictory[0], *b = &e->first_contradictory[1];
        buf_addf(&line,
                 "%zu examples are left out: their texts have two labels, as in line %zu of '%s' "
                 "and line %zu of '%s'.",
                 e->n_contradictory, a->line, a->file, b->line, b->file);
        if (line.data) say(cli->command, line.data);
    }
    buf_clear(&line);
}

static void report_json(struct out *out, const struct examples *e, const struct intents_report *r,
                        size_t size) {
    struct json j;
    json_init(&j, out);
    json_begin(&j, '{');
    json_put_uint(&j, "examples", r->n_examples);
    json_put_uint(&j, "out_of_scope", r->n_none);
    json_put_uint(&j, "labels", r->n_labels);
    json_put_uint(&j, "repeated", e->n_repeats);
    json_put_uint(&j, "contradictory", e->n_contradictory);
    json_key(&j, "held_out");
    json_begin(&j, '{');
    json_put_number(&j, "accuracy", (double)r->held_out.accuracy, 4);
    json_put_number(&j, "accuracy_if_all_in_scope", (double)r->held_out.raw, 4);
    json_put_number(&j, "out_of_scope_recall", (double)r->held_out.recall, 4);
    json_end(&j, '}');
    json_put_number(&j, "threshold", (double)r->decision.threshold, 4);
    json_put_uint(&j, "bytes", size);
    json_end(&j, '}');
}

static void report(struct out *out, const struct intents_report *r, size_t size) {
    out_f(out, "%zu labels, %zu examples", r->n_labels, r->n_examples - r->n_none);
    if (r->n_none) out_f(out, " and %zu out of scope", r->n_none);
    out_f(out, ", %.1f MB; of examples held out %.1f %% are answered right", (double)size * 1e-6,
          100.0 * (double)r->held_out.accuracy);
    if (!isnan(r->held_out.recall)) {
        out_f(out, ", and %.1f %% of those out of scope are told as such",
              100.0 * (double)r->held_out.recall);
    }
    out_str(out, "\n");
}

static ingle_status learn_intents(struct cli *cli, const struct learn_args *args, struct learn *l,
                                  struct buf *out, ingle_error *err) {
    struct examples e;
    struct intents_options opt = intents_options_default();
    struct intents_report r;
    if (args->name) opt.name = args->name;
    if (args->licence) opt.licence = args->licence;
    if (args->attribution) opt.attribution = args->attribution;
    examples_init(&e);
    ingle_status status = read_examples(&e, args, err);
    if (status == INGLE_OK) {
        tell_repeats(cli, &e);
        status = intents_train(l, &e, &opt, out, &r, err);
    }
    if (status == INGLE_OK && args->json) {
        report_json(&cli->out, &e, &r, out->size);
    } else if (status == INGLE_OK) {
        report(&cli->out, &r, out->size);
    }
    examples_clear(&e);
    return status;
}

const struct learn_kind learn_intents_kind = {
    .name = "intents",
    .makes = "a classifier of short texts by your own labels",
    .run = learn_intents,
};
