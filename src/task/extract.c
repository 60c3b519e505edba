#include "task/extract.h"

#include "base/alloc.h"

ingle_status extract_sentences(struct ingle_tasks *t, const char *text, size_t len,
                               const struct extract_options *opt, struct text_range **out,
                               size_t *n, ingle_error *err) {
    struct sentence *all;
    size_t n_all, wanted = opt->n_sentences ? opt->n_sentences : 3;
    *out = NULL;
    *n = 0;
    INGLE_TRY(task_check_cancel(t, err));
    INGLE_TRY(sentences_split(text, len, &all, &n_all, err));
    if (n_all > 0) *out = mem_calloc(wanted < n_all ? wanted : n_all, sizeof **out);
    for (size_t i = 0; *out && i < n_all && *n < wanted; i++) (*out)[(*n)++] = all[i].range;
    mem_free(all);
    if (n_all > 0 && !*out) return status_no_memory(err, "the sentences", n_all * sizeof **out);
    return INGLE_OK;
}
