#include "task/summarize_extract.h"

#include <string.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "task/extract.h"

/* A sentence on one line, however its text was wrapped. */
static void add_sentence(struct buf *out, const char *text, size_t len) {
    for (size_t i = 0; i < len;) {
        size_t from = i;
        while (i < len && !ascii_is_space(text[i])) i++;
        buf_add(out, text + from, i - from);
        while (i < len && ascii_is_space(text[i])) i++;
        if (i < len) buf_add_str(out, " ");
    }
}

ingle_status summary_extract(struct ingle_tasks *t, const char *text, size_t len,
                             const struct summary_form *form, const ingle_summarize_options *opt,
                             struct buf *out, ingle_error *err) {
    struct extract_options extract = {.n_sentences = form->n_items,
                                      .title = opt->title,
                                      .title_len = opt->title ? strlen(opt->title) : 0,
                                      .on_progress = opt->on_progress,
                                      .user = opt->user};
    struct text_range *ranges;
    size_t n;
    INGLE_TRY(extract_sentences(t, text, len, &extract, &ranges, &n, err));
    bool is_list = form->style == INGLE_SUMMARY_BULLETS;
    for (size_t i = 0; i < n; i++) {
        if (i > 0) buf_add_str(out, is_list ? "\n" : " ");
        if (is_list) buf_add_str(out, "- ");
        add_sentence(out, text + ranges[i].from, ranges[i].to - ranges[i].from);
    }
    mem_free(ranges);
    if (buf_failed(out)) return status_no_memory(err, "the summary", out->size);
    if (n > 0) return INGLE_OK;
    return status_set(err, INGLE_INVALID, 0, "There is no sentence to summarise.");
}
