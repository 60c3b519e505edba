/* How the conversation went, in figures. */
#include <string.h>
#include <unistd.h>

#include "cli/chat.h"
#include "cli/chat_view.h"

static double per_second(double n, double ms) {
    return n > 0 && ms > 0 ? n * 1e3 / ms : 0;
}

static int n_tokens(const ingle_chat_result *r) {
    return r->n_thinking + r->n_answer;
}

static void print_last(struct out *o, const ingle_chat_result *r) {
    int n_read = r->n_prompt - r->n_reused;
    out_f(o, "last answer  %9d tokens        (%d of them thinking; ended by %s)\n", n_tokens(r),
          r->n_thinking, chat_reason_name(r->reason));
    out_f(o, "its prompt   %9d tokens        (%d computed anew, %.1f tokens/s)\n", r->n_prompt,
          n_read, per_second(n_read, r->prompt_ms));
    out_f(o, "first token  %9.1f ms\n", r->first_ms);
    out_f(o, "its speed    %9.1f tokens/s\n", per_second(n_tokens(r) - 1, r->decode_ms));
}

void chat_show_stats(struct chat_talk *t) {
    const struct chat_totals *totals = &t->totals;
    size_t n_held = 0;
    ingle_status unknown = chat_count(t, 0, 0, &n_held, NULL);
    const struct msg_started *started = worker_started(t->worker);
    struct out o;
    out_init(&o, STDERR_FILENO, "standard error");
    size_t n_messages = t->messages.n;
    out_f(&o, "messages     %9zu\n", n_messages);
    if (unknown == INGLE_OK && n_messages > 0) {
        int n_ctx = started->n_ctx;
        out_f(&o, "context      %9zu tokens        (of %d, %.0f %%)\n", n_held, n_ctx,
              100.0 * (double)n_held / n_ctx);
    }
    if (t->last.n_prompt > 0) print_last(&o, &t->last);
    if (totals->n_answers > 0) {
        out_f(&o, "all answers  %9d tokens        (%d answers, %.1f tokens/s)\n", totals->n_tokens,
              totals->n_answers,
              per_second(totals->n_tokens - totals->n_answers, totals->decode_ms));
    }
    out_f(&o, "peak memory  %9.1f MiB\n", (double)worker_peak_memory(t->worker) / (1 << 20));
    out_str(&o, "tier ");
    out_line_text(&o, started->model.tier, strlen(started->model.tier));
    out_f(&o, ", threads %d\n", started->n_threads);
    char kept[64];
    chat_keep_describe(t, kept);
    out_f(&o, "%s\n", kept);
    ingle_status unheard = out_flush(&o, NULL);
    (void)unheard; /* nobody is left to tell */
}
