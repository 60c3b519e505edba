#include "cli/learn_progress.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "cli/interrupt.h"

#define TERMINAL_MS 100
#define PIPE_MS 30000
#define LINE 79
#define BAR 24
#define MIN_BAR 4
#define MAX_FIGURES 1000

void learn_view_init(struct learn_view *v) {
    *v = (struct learn_view){.shown_ms = clock_ms()};
    out_init(&v->out, STDERR_FILENO, "standard error");
}

/* All that stands behind the bar. */
static void write_figures(struct buf *b, const struct learn_progress *p) {
    buf_addf(b, " %d/%d", p->done, p->total);
    if (!isnan(p->loss)) buf_addf(b, "  loss %.4f", (double)p->loss);
    if (!isnan(p->score)) buf_addf(b, "  held out %.1f %%", 100 * (double)p->score);
    if (p->note) buf_addf(b, "  %s", p->note);
    if (p->done < p->total && !isnan(p->left_s)) buf_addf(b, "  %.0f s left", p->left_s);
}

/* As long as the rest of the line leaves room for: a line that wraps cannot be written anew. */
static void put_bar(struct out *o, const struct learn_progress *p, size_t n_others) {
    int n = LINE - (int)n_others - (int)strlen(" []");
    if (n > BAR) n = BAR;
    if (n < MIN_BAR) return;
    int full = p->total > 0 ? (int)((int64_t)n * p->done / p->total) : n;
    out_str(o, " [");
    for (int i = 0; i < n; i++) out_str(o, i < full ? "#" : ".");
    out_str(o, "]");
}

static void put_line(struct out *o, const struct learn_progress *p) {
    struct buf figures;
    buf_init(&figures, MAX_FIGURES);
    write_figures(&figures, p);
    if (o->is_terminal) out_str(o, "\r\033[K");
    out_str(o, p->step);
    if (o->is_terminal) put_bar(o, p, strlen(p->step) + figures.size);
    out_bytes(o, figures.data, figures.size);
    buf_clear(&figures);
}

bool learn_view_show(const struct learn_progress *p, void *user) {
    struct learn_view *v = user;
    double now = clock_ms();
    bool is_end = p->done >= p->total;
    double wait = v->out.is_terminal ? TERMINAL_MS : PIPE_MS;
    if (is_end || now - v->shown_ms >= wait) {
        v->shown_ms = now;
        put_line(&v->out, p);
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
