#include "cli/learn_progress.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/interrupt.h"

#define TERMINAL_MS 100
#define PIPE_MS 30000
#define BAR 24

void learn_view_init(struct learn_view *v) {
    *v = (struct learn_view){.shown_ms = clock_ms()};
    out_init(&v->out, STDERR_FILENO, "standard error");
}

static void put_figures(struct out *o, const struct learn_progress *p) {
    if (!isnan(p->loss)) out_f(o, "  loss %.4f", (double)p->loss);
    if (!isnan(p->score)) out_f(o, "  held out %.1f %%", 100 * (double)p->score);
    if (p->note) out_f(o, "  %s", p->note);
    if (p->done < p->total && !isnan(p->left_s)) out_f(o, "  %.0f s left", p->left_s);
}

static void put_bar(struct out *o, const struct learn_progress *p) {
    int full = p->total > 0 ? (int)((int64_t)BAR * p->done / p->total) : BAR;
    out_str(o, " [");
    for (int i = 0; i < BAR; i++) out_str(o, i < full ? "#" : ".");
    out_str(o, "]");
}

bool learn_view_show(const struct learn_progress *p, void *user) {
    struct learn_view *v = user;
    double now = clock_ms();
    bool is_end = p->done >= p->total;
    double wait = v->out.is_terminal ? TERMINAL_MS : PIPE_MS;
    if (is_end || now - v->shown_ms >= wait) {
        v->shown_ms = now;
        if (v->out.is_terminal) out_str(&v->out, "\r\033[K");
        out_f(&v->out, "%s", p->step);
        if (v->out.is_terminal) put_bar(&v->out, p);
        out_f(&v->out, " %d/%d", p->done, p->total);
        put_figures(&v->out, p);
        if (is_end || !v->out.is_terminal) out_str(&v->out, "\n");
        v->is_open = v->out.is_terminal && !is_end;
        ingle_status unheard = out_flush(&v->out, NULL);
        (void)unheard; /* the run matters more than who follows it */
    }
    return !interrupt_came();
}

void learn_view_end(struct learn_view *v) {
    if (!v->is_open) return;
    out_str(&v->out, "\n");
    v->is_open = false;
    ingle_status unheard = out_flush(&v->out, NULL);
    (void)unheard;
}
