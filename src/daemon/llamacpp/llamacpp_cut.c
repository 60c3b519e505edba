/* Where editors want a completion to end: at a line that is indented less than they said, and at
 * the first end of a line after their time is up. */
#include "base/clock.h"
#include "daemon/llamacpp/llamacpp.h"

static void end_line(struct llama_cut *cut, size_t next) {
    cut->line = next;
    cut->indent = 0;
    cut->in_indent = cut->has_line = true;
    if (cut->max_ms > 0 && clock_ms() - cut->begun_ms >= cut->max_ms) {
        cut->is_over = true;
        cut->n_safe = next;
    }
}

/* A line with nothing but blanks is none. */
static void look_at(struct llama_cut *cut, char c) {
    if (c == '\n') {
        end_line(cut, cut->at + 1);
    } else if (cut->in_indent && (c == ' ' || c == '\t')) {
        cut->indent++;
    } else if (cut->in_indent && c != '\r') {
        cut->in_indent = false;
        if (cut->indent < cut->n_indent) {
            cut->is_over = true;
            cut->n_safe = cut->line;
        }
    }
}

bool llama_cut_feed(struct llama_cut *cut, const char *text, size_t len) {
    if (cut->begun_ms == 0) cut->begun_ms = clock_ms();
    while (!cut->is_over && cut->at < len) {
        look_at(cut, text[cut->at]);
        cut->at++;
    }
    if (cut->is_over) return false;
    /* How far a line is indented is known when it is. */
    cut->n_safe = cut->in_indent && cut->n_indent > 0 ? cut->line : cut->at;
    return true;
}
