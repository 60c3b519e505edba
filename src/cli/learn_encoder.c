/* ingle learn encoder: pairs of texts that mean nearly the same become an encoder. */
#include <math.h>

#include "cli/json.h"
#include "cli/learn_kind.h"
#include "cli/text_arg.h"
#include "learn/encoder.h"

static ingle_status read_pairs(struct encoder_pairs *pairs, const struct learn_args *args,
                               ingle_error *err) {
    for (size_t i = 0; i < args->data.n; i++) {
        struct buf text;
        buf_init(&text, TEXT_ARG_MAX);
        ingle_status status = text_file_read(&text, args->data.items[i], err);
        if (status == INGLE_OK) {
            status = encoder_pairs_read(pairs, text.data, text.size, args->data.items[i], err);
        }
        buf_clear(&text);
        if (status != INGLE_OK) return status;
    }
    return INGLE_OK;
}

static void report(struct cli *cli, const struct learn_args *args, const struct encoder_report *r,
                   size_t size) {
    if (args->json) {
        struct json j;
        json_init(&j, &cli->out);
        json_begin(&j, '{');
        json_put_uint(&j, "pairs", r->n_pairs);
        json_put_uint(&j, "held_out", r->n_held_out);
        json_put_uint(&j, "words", r->n_words);
        json_put_number(&j, "nearest_is_right", (double)r->score, 4);
        json_put_uint(&j, "bytes", size);
        json_end(&j, '}');
        return;
    }
    out_f(&cli->out, "%zu pairs, %zu words, %.1f MB", r->n_pairs, r->n_words, (double)size * 1e-6);
    if (!isnan(r->score)) {
        out_f(&cli->out, "; of %zu pairs held out %.1f %% find each other", r->n_held_out,
              100.0 * (double)r->score);
    }
    out_str(&cli->out, "\n");
}

static ingle_status learn_encoder(struct cli *cli, const struct learn_args *args, struct learn *l,
                                  struct buf *out, ingle_error *err) {
    struct encoder_pairs pairs = {0};
    struct encoder_options opt = encoder_options_default();
    struct encoder_report r;
    if (args->name) opt.name = args->name;
    if (args->licence) opt.licence = args->licence;
    if (args->attribution) opt.attribution = args->attribution;
    ingle_status status = read_pairs(&pairs, args, err);
    if (status == INGLE_OK) status = encoder_train(l, &pairs, &opt, out, &r, err);
    if (status == INGLE_OK) report(cli, args, &r, out->size);
    encoder_pairs_clear(&pairs);
    return status;
}

const struct learn_kind learn_encoder_kind = {
    .name = "encoder",
    .makes = "an encoder that finds texts of like meaning, from pairs of such texts",
    .run = learn_encoder,
};
