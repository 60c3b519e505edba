#include "cli/run_report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "cli/json.h"

static double per_second(double n, double ms) {
    return n > 0 && ms > 0 ? n * 1e3 / ms : 0;
}

static double prefill_tps(const struct run_report *r) {
    return per_second(r->n_read, r->prefill_ms);
}

/* The first token comes out of the prompt's pass: it does not count. */
static double decode_tps(const struct run_report *r) {
    return per_second(r->n_tokens - 1, r->decode_ms);
}

/* Of the tokens guessed ahead, in percent. */
static double share_right(const struct run_report *r) {
    return r->n_drafted > 0 ? 100.0 * r->n_accepted / r->n_drafted : 0;
}

/* NaN if there was no token. */
static double first_token_ms(const struct run_report *r) {
    return r->n_tokens > 0 ? r->prefill_ms + r->first_ms : NAN;
}

/* "memory", "written", "cached" */
static const char *weights_name(const ingle_model_info *m) {
    static const char *const names[] = {[INGLE_WEIGHTS_MEMORY] = "memory",
                                        [INGLE_WEIGHTS_WRITTEN] = "written",
                                        [INGLE_WEIGHTS_CACHED] = "cached"};
    return names[m->weights_from];
}

static const char *cache_note(const ingle_model_info *m) {
    if (m->cache_note[0] || m->weights_from != INGLE_WEIGHTS_MEMORY) return m->cache_note;
    return "Neither XDG_CACHE_HOME nor HOME names a folder for the cache.";
}

/* Where the weights are, and why not elsewhere. */
static void print_weights(struct out *o, const ingle_model_info *m) {
    static const char *const words[] = {[INGLE_WEIGHTS_MEMORY] = "packed in memory",
                                        [INGLE_WEIGHTS_WRITTEN] = "packed, and written to ",
                                        [INGLE_WEIGHTS_CACHED] = "from "};
    out_f(o, "weights      %s", words[m->weights_from]);
    out_line_text(o, m->cache_file, strlen(m->cache_file));
    out_str(o, "\n");
    const char *note = cache_note(m);
    if (!note[0]) return;
    out_str(o, "cache        ");
    out_line_text(o, note, strlen(note));
    out_str(o, "\n");
}

static void print_remembered(struct out *o, const struct run_report *r) {
    out_f(o, "remembered   %9zu of %zu tokens of the prompt\n", r->n_reused, r->n_prompt);
    if (!r->remember_note[0]) return;
    out_str(o, "not used     ");
    out_line_text(o, r->remember_note, strlen(r->remember_note));
    out_str(o, "\n");
}

void run_report_print(const struct run_report *r) {
    const ingle_model_info *m = &r->model;
    struct out o;
    out_init(&o, STDERR_FILENO, "standard error");
    if (o.is_terminal) out_str(&o, "\n"); /* apart from the text */
    out_f(&o, "load         %9.1f ms        (file %.1f, weights %.1f)\n", m->open_ms + m->pack_ms,
          m->open_ms, m->pack_ms);
    print_weights(&o, m);
    if (r->n_tokens > 0) out_f(&o, "first token  %9.1f ms\n", first_token_ms(r));
    if (r->remember) print_remembered(&o, r);
    out_f(&o, "prefill      %9.1f tokens/s  (%d tokens)\n", prefill_tps(r), r->n_read);
    out_f(&o, "decode       %9.1f tokens/s  (%d tokens)\n", decode_tps(r), r->n_tokens);
    out_f(&o, "guessed      %9.1f %% right      (%d of %d tokens)\n", share_right(r), r->n_accepted,
          r->n_drafted);
    if (r->n_forced > 0) {
        out_f(&o, "forced       %9.1f %%            (%d of %d tokens)\n",
              100.0 * r->n_forced / r->n_tokens, r->n_forced, r->n_tokens);
    }
    out_f(&o, "peak memory  %9.1f MiB\n", (double)r->peak_memory / (1 << 20));
    out_str(&o, "tier ");
    out_line_text(&o, m->tier, strlen(m->tier));
    out_f(&o, ", threads %d, seed %" PRIu64 ", ended by %s\n", r->n_threads, r->seed, r->reason);
    ingle_error ignored;
    if (out_flush(&o, &ignored) != INGLE_OK) return; /* nobody is left to tell */
}

void run_report_json(const struct run_report *r, struct out *out) {
    struct json j;
    json_init(&j, out);
    json_begin(&j, '{');
    json_put_str(&j, "reason", r->reason);
    json_put_uint(&j, "n_prompt", r->n_prompt);
    json_put_int(&j, "n_tokens", r->n_tokens);
    json_put_bool(&j, "closed", r->was_closed);
    json_put_uint(&j, "seed", r->seed);
    json_key(&j, "stats");
    json_begin(&j, '{');
    json_put_number(&j, "open_ms", r->model.open_ms, 6);
    json_put_number(&j, "pack_ms", r->model.pack_ms, 6);
    json_put_str(&j, "weights", weights_name(&r->model));
    json_put_str(&j, "cache_file", r->model.cache_file);
    json_put_str(&j, "cache_note", cache_note(&r->model));
    json_put_number(&j, "first_token_ms", first_token_ms(r), 6);
    json_put_uint(&j, "n_reused", r->n_reused);
    json_put_str(&j, "remember_note", r->remember_note);
    json_put_number(&j, "prefill_tps", prefill_tps(r), 6);
    json_put_number(&j, "decode_tps", decode_tps(r), 6);
    json_put_int(&j, "n_drafted", r->n_drafted);
    json_put_int(&j, "n_accepted", r->n_accepted);
    json_put_int(&j, "n_forced", r->n_forced);
    json_put_uint(&j, "peak_memory", r->peak_memory);
    json_put_str(&j, "tier", r->model.tier);
    json_put_int(&j, "threads", r->n_threads);
    json_end(&j, '}');
    json_end(&j, '}');
}
