#include "cli/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/out.h"

#define MIN_MS 100 /* between two lines */

void progress_init(struct progress *p) {
    *p = (struct progress){.is_shown = isatty(STDERR_FILENO) == 1, .start_ms = clock_ms()};
}

/* Like "40 s", "3 min"; "" while nothing is known. */
static void format_left(char *text, size_t size, double ms) {
    if (ms < 0) {
        text[0] = '\0';
    } else if (ms < 90000) {
        snprintf(text, size, ", about %d s left", (int)(ms / 1000) + 1);
    } else {
        snprintf(text, size, ", about %d min left", (int)(ms / 60000) + 1);
    }
}

static void write_line(const char *text) {
    struct out o;
    out_init(&o, STDERR_FILENO, "standard error");
    out_bytes(&o, "\r\033[K", 4);
    out_line_text(&o, text, strlen(text));
    ingle_status unheard = out_flush(&o, NULL);
    (void)unheard; /* nobody is left to tell */
}

bool progress_show(const ingle_progress *progress, void *user) {
    struct progress *p = user;
    double now = clock_ms();
    if (!p->is_shown || (p->is_there && now - p->shown_ms < MIN_MS)) return true;
    char left[64], line[160];
    double spent = now - p->start_ms;
    bool is_known = progress->done > 0 && progress->total > progress->done && spent > 1000;
    format_left(left, sizeof left,
                is_known
                    ? spent / (double)progress->done * (double)(progress->total - progress->done)
                    : -1);
    snprintf(line, sizeof line, "%.80s%s", progress->step, left);
    write_line(line);
    p->is_there = true;
    p->shown_ms = now;
    return true;
}

void progress_clear(struct progress *p) {
    if (p->is_there) write_line("");
    p->is_there = false;
}
