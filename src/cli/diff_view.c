#include "cli/diff_view.h"

#include "task/word_diff.h"

ingle_status diff_view(struct out *o, bool colours, const char *old_text, size_t old_len,
                       const char *new_text, size_t new_len, ingle_error *err) {
    static const char *const marks[2][3][2] = {
        {{"", ""}, {"[-", "-]"}, {"{+", "+}"}},
        {{"", ""}, {"\033[31;9m", "\033[0m"}, {"\033[32m", "\033[0m"}},
    };
    struct word_diff d;
    ingle_status status = word_diff_new(&d, old_text, old_len, new_text, new_len, err);
    for (size_t i = 0; status == INGLE_OK && i < d.n; i++) {
        const struct diff_part *p = &d.parts[i];
        const char *text = p->kind == DIFF_ADDED ? new_text : old_text;
        out_str(o, marks[colours][p->kind][0]);
        out_text(o, text + p->from, p->to - p->from);
        out_str(o, marks[colours][p->kind][1]);
    }
    word_diff_clear(&d);
    return status;
}
