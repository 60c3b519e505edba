/* line.h where there is no libedit: the terminal's own editing of a line. */
#include <stdio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cli/interrupt.h"
#include "cli/line.h"
#include "cli/reader.h"

#define MAX_LINE ((size_t)1 << 20)

struct line {
    struct reader reader;
    struct buf text;
};

ingle_status line_new(struct line **out, const char *const *words, size_t n_words,
                      ingle_error *err) {
    (void)words;
    (void)n_words;
    *out = mem_calloc(1, sizeof **out);
    if (!*out) return status_no_memory(err, "the line", sizeof **out);
    reader_init(&(*out)->reader, STDIN_FILENO, "the terminal");
    buf_init(&(*out)->text, MAX_LINE);
    return INGLE_OK;
}

void line_free(struct line *l) {
    if (!l) return;
    buf_clear(&l->text);
    mem_free(l);
}

ingle_status line_read(struct line *l, const char *prompt, const char **text, size_t *len,
                       enum line_outcome *outcome, ingle_error *err) {
    buf_reset(&l->text);
    fputs(prompt, stdout);
    fflush(stdout);
    bool has_line;
    ingle_status status = reader_line(&l->reader, &l->text, &has_line, err);
    *text = l->text.data ? l->text.data : "";
    *len = l->text.size;
    *outcome = has_line ? LINE_TEXT : LINE_END;
    if (status == INGLE_OK && !has_line) puts(""); /* after the prompt */
    if (status != INGLE_CANCELLED) return status;
    interrupt_forget();
    puts("");
    *outcome = LINE_INTERRUPTED;
    *len = 0;
    return INGLE_OK;
}
