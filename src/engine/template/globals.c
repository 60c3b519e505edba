/* Functions that every template has. */
#include <string.h>

#include "engine/template/call.h"
#include "engine/template/clock_text.h"
#include "engine/template/seq.h"

#define MAX_RANGE 100000 /* as jinja2's sandbox has it */

#define GLOBAL(fn_name)                                                                            \
    static ingle_status fn_name(struct run *r, struct value self, struct params *p,                \
                                struct value *out)

/* How many numbers there are from start before stop; step is not 0. */
static uint64_t count_range(int64_t start, int64_t stop, int64_t step) {
    if (step > 0 ? start >= stop : start <= stop) return 0;
    uint64_t gap = step > 0 ? (uint64_t)stop - (uint64_t)start : (uint64_t)start - (uint64_t)stop;
    /* Not -step, which for the least of all numbers there is none of. */
    uint64_t rest = (gap - 1) / (step > 0 ? (uint64_t)step : (uint64_t) - (step + 1) + 1);
    return rest + 1;
}

GLOBAL(global_range) {
    int64_t start = 0, stop, step = 1;
    struct seq *q;
    (void)self;
    INGLE_TRY(param_int(r, p, p->has[1] ? 1 : 0, 0, &stop));
    if (p->has[1]) INGLE_TRY(param_int(r, p, 0, 0, &start));
    INGLE_TRY(param_int(r, p, 2, 1, &step));
    if (p->all->names) return run_invalid(r, "'range' takes no argument by name");
    if (step == 0) return run_invalid(r, "a range cannot have steps of 0");
    uint64_t n = count_range(start, stop, step);
    if (n > MAX_RANGE) return run_invalid(r, "a range has more than %d numbers", MAX_RANGE);
    INGLE_TRY(seq_new(r, SEQ_RANGE, (size_t)n, &q));
    q->start = start;
    q->stop = stop;
    q->step = step;
    for (uint64_t i = 0; i < n; i++) {
        INGLE_TRY(seq_add(r, q, value_int((int64_t)((uint64_t)start + i * (uint64_t)step))));
    }
    *out = value_of_seq(q);
    return INGLE_OK;
}

/* dict(pairs or a dict, name=value) of Python. */
static ingle_status make_dict(struct run *r, const struct params *p, struct dict **out) {
    const struct args *args = p->all;
    INGLE_TRY(dict_new(r, out));
    if (args->n > 1) return run_invalid(r, "'%s' takes one argument at most", p->row->name);
    if (args->n == 1 && args->items[0].kind == VALUE_DICT) {
        const struct dict *from = args->items[0].d;
        for (size_t i = 0; i < from->n; i++) {
            INGLE_TRY(dict_set(r, *out, from->entries[i].key, from->entries[i].value));
        }
    } else if (args->n == 1) {
        const struct seq *items, *pair;
        INGLE_TRY(seq_walk(r, args->items[0], &items));
        for (size_t i = 0; i < items->n; i++) {
            INGLE_TRY(seq_walk(r, items->items[i], &pair));
            if (pair->n != 2) return run_invalid(r, "'%s' is made of pairs", p->row->name);
            INGLE_TRY(dict_set(r, *out, pair->items[0], pair->items[1]));
        }
    }
    for (size_t i = 0; args->names && i < args->names->n; i++) {
        const struct dict_entry *e = &args->names->entries[i];
        INGLE_TRY(dict_set(r, *out, e->key, e->value));
    }
    return INGLE_OK;
}

GLOBAL(global_dict) {
    struct dict *d;
    (void)self;
    INGLE_TRY(make_dict(r, p, &d));
    *out = value_of_dict(d);
    return INGLE_OK;
}

GLOBAL(global_namespace) {
    INGLE_TRY(global_dict(r, self, p, out));
    out->kind = VALUE_NAMESPACE;
    return INGLE_OK;
}

static ingle_status new_cycler(struct run *r, enum value_kind kind, const struct value *items,
                               size_t n, struct value *out) {
    void *c;
    INGLE_TRY(run_alloc(r, 1, sizeof(struct cycler), &c));
    *(struct cycler *)c = (struct cycler){.items = items, .n = n};
    *out = (struct value){.kind = kind, .cycler = c};
    return INGLE_OK;
}

GLOBAL(global_cycler) {
    struct seq *items;
    (void)self;
    if (p->all->n == 0 || p->all->names) return run_invalid(r, "'cycler' needs items");
    INGLE_TRY(seq_new(r, SEQ_TUPLE, p->all->n, &items));
    for (size_t i = 0; i < p->all->n; i++) INGLE_TRY(seq_add(r, items, p->all->items[i]));
    return new_cycler(r, VALUE_CYCLER, items->items, items->n, out);
}

GLOBAL(global_joiner) {
    struct seq *items;
    struct value sep;
    (void)self;
    INGLE_TRY(str_text(r, ", ", &sep));
    INGLE_TRY(seq_new(r, SEQ_TUPLE, 1, &items));
    INGLE_TRY(seq_add(r, items, p->has[0] ? p->v[0] : sep));
    return new_cycler(r, VALUE_JOINER, items->items, 1, out);
}

/* The template's own words, in one line and as a sentence. */
GLOBAL(global_raise) {
    struct str *message;
    char text[1024] = "";
    (void)self;
    (void)out;
    INGLE_TRY(str_of(r, p->v[0], &message));
    size_t n = message->len < sizeof text - 8 ? message->len : sizeof text - 8;
    for (size_t i = 0; i < n; i++) {
        text[i] = (unsigned char)message->data[i] < 0x20 ? ' ' : message->data[i];
    }
    while (n > 0 && text[n - 1] == ' ') n--;
    bool ends = n > 0 && strchr(".!?", text[n - 1]);
    r->is_refused = true;
    return status_set(r->err, INGLE_INVALID, r->where, "The template refuses the messages: %.*s%s",
                      (int)n, text, ends ? "" : ".");
}

GLOBAL(global_now) {
    struct str *format;
    (void)self;
    INGLE_TRY(call_need_str(r, p, p->v[0], &format));
    return clock_text(r, format, &r->input->now, out);
}

const struct builtin *global_find(const char *name, size_t len) {
    static const struct builtin rows[] = {
        {"cycler", global_cycler, NULL, 0},
        {"dict", global_dict, NULL, 0},
        {"joiner", global_joiner, "sep", 0},
        {"namespace", global_namespace, NULL, 0},
        {"raise_exception", global_raise, "message", 1},
        {"range", global_range, "start stop step", 1},
        {"strftime_now", global_now, "format", 1},
    };
    return builtin_find(rows, BASE_COUNT(rows), name, len);
}
