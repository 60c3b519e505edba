/* ingle learn tagger: texts with marked spans become a tagger. */
#include <math.h>

#include "cli/json.h"
#include "cli/learn_kind.h"
#include "cli/text_arg.h"
#include "learn/tagger.h"

static ingle_status read_texts(struct tagger_data *data, const struct learn_args *args,
                               ingle_error *err) {
    for (size_t i = 0; i < args->data.n; i++) {
        struct buf text;
        ingle_status status = text_file_read(&text, args->data.items[i], err);
        if (status == INGLE_OK) {
            status = tagger_data_read(data, text.data, text.size, args->data.items[i], err);
        }
        buf_clear(&text);
        if (status != INGLE_OK) return status;
    }
    return INGLE_OK;
}

static void report(struct cli *cli, const struct learn_args *args, const struct tagger_data *data,
                   const struct tagger_report *r, size_t size) {
    if (args->json) {
        struct json j;
        json_init(&j, &cli->out);
        json_begin(&j, '{');
        json_put_uint(&j, "texts", r->n_texts);
        json_put_uint(&j, "held_out", r->n_held_out);
        json_put_uint(&j, "labels", data->n_labels);
        json_put_number(&j, "recall", (double)r->recall, 4);
        json_put_number(&j, "precision", (double)r->precision, 4);
        json_put_uint(&j, "bytes", size);
        json_end(&j, '}');
        return;
    }
    out_f(&cli->out, "%zu texts, %zu labels, %.1f MB", r->n_texts, data->n_labels,
          (double)size * 1e-6);
    if (!isnan(r->recall) && !isnan(r->precision)) {
        out_f(&cli->out, "; on %zu texts held out: recall %.1f %%, precision %.1f %% of tokens",
              r->n_held_out, 100.0 * (double)r->recall, 100.0 * (double)r->precision);
    }
    out_str(&cli->out, "\n");
}

static ingle_status learn_tagger(struct cli *cli, const struct learn_args *args, struct learn *l,
                                 struct buf *out, ingle_error *err) {
    struct tagger_data data = {0};
    struct tagger_options opt = tagger_options_default();
    struct tagger_report r;
    struct buf words = {0};
    ingle_status status = read_texts(&data, args, err);
    if (status == INGLE_OK && args->words) {
        status = text_file_read(&words, args->words, err);
        opt.words = words.data ? words.data : "";
        opt.words_len = words.size;
    }
    if (args->name) opt.name = args->name;
    if (args->licence) opt.licence = args->licence;
    if (args->attribution) opt.attribution = args->attribution;
    if (status == INGLE_OK) status = tagger_train(l, &data, &opt, out, &r, err);
    if (status == INGLE_OK) report(cli, args, &data, &r, out->size);
    buf_clear(&words);
    tagger_data_clear(&data);
    return status;
}

const struct learn_kind learn_tagger_kind = {
    .name = "tagger",
    .makes = "a tagger that finds what is marked, from texts with marked spans",
    .run = learn_tagger,
};
