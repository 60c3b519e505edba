#include "task/summarize_plan.h"

#include <string.h>

#include "base/alloc.h"
#include "task/sentences.h"

/* How good a place is to divide the text before a piece, the best last. */
enum border { BORDER_INSIDE, BORDER_SENTENCE, BORDER_BLOCK, BORDER_SECTION };

/* A sentence with the white space behind it: where it begins (it ends where the next one does). */
struct piece {
    size_t from;
    size_t n_tokens, n_before; /* of it; of all pieces before */
    enum border border;
};

struct planner {
    const char *text;
    size_t len;
    struct plan_limits limits;
    plan_count_fn count;
    void *user;
    struct piece *pieces;
    size_t n, cap;
    size_t n_tokens; /* of all pieces */
    struct plan *plan;
    size_t parts_cap;
};

static ingle_status add_piece(struct planner *p, struct piece piece, ingle_error *err) {
    if (p->n == p->cap) {
        size_t cap = p->cap ? 2 * p->cap : 64;
        struct piece *grown = mem_realloc(p->pieces, cap * sizeof *grown);
        if (!grown) return status_no_memory(err, "the plan", cap * sizeof *grown);
        p->pieces = grown;
        p->cap = cap;
    }
    piece.n_before = p->n_tokens;
    p->pieces[p->n++] = piece;
    p->n_tokens += piece.n_tokens;
    return INGLE_OK;
}

/* Where to halve what fits no part: behind a newline or a blank near the middle, else between two
 * characters. `from` if it cannot be halved. */
static size_t middle_of(const struct planner *p, size_t from, size_t to) {
    size_t middle = from + (to - from) / 2, reach = (to - from) / 4;
    static const char marks[] = {'\n', ' '};
    for (size_t k = 0; k < sizeof marks; k++) {
        const char *at = memchr(p->text + middle, marks[k], reach);
        if (at) return (size_t)(at - p->text) + 1;
        for (size_t i = middle; i > middle - reach; i--) {
            if (p->text[i - 1] == marks[k]) return i;
        }
    }
    while (middle > from && ((unsigned char)p->text[middle] & 0xc0) == 0x80) middle--;
    if (middle > from) return middle;
    middle++;
    while (middle < to && ((unsigned char)p->text[middle] & 0xc0) == 0x80) middle++;
    return middle < to ? middle : from;
}

static ingle_status add_range(struct planner *p, size_t from, size_t to, enum border border,
                              ingle_error *err) {
    size_t n_tokens = 0;
    INGLE_TRY(p->count(p->text + from, to - from, &n_tokens, p->user, err));
    if (n_tokens <= p->limits.n_tokens) {
        return add_piece(p, (struct piece){.from = from, .n_tokens = n_tokens, .border = border},
                         err);
    }
    size_t middle = middle_of(p, from, to);
    if (middle == from) {
        return status_set(err, INGLE_CONTEXT_FULL, from,
                          "A part of the text may have %zu tokens; one character has %zu.",
                          p->limits.n_tokens, n_tokens);
    }
    INGLE_TRY(add_range(p, from, middle, border, err)); /* not deeper than the length has bits */
    return add_range(p, middle, to, BORDER_INSIDE, err);
}

static enum border border_of(const struct sentence *s) {
    if (s->kind == TEXT_HEADING && s->begins_block) return BORDER_SECTION;
    return s->begins_block ? BORDER_BLOCK : BORDER_SENTENCE;
}

/* A sentence reaches from behind the one before to where the next one's line or words begin, so
 * that headings keep their marks. */
static size_t begin_of(const struct planner *p, size_t from, size_t at) {
    size_t i = at;
    while (i > from && p->text[i - 1] != '\n') i--;
    return i > from ? i : at;
}

static ingle_status find_pieces(struct planner *p, ingle_error *err) {
    struct sentences walk;
    struct sentence s;
    sentences_init(&walk, p->text, p->len);
    size_t from = 0, ended = 0;
    enum border border = BORDER_SECTION;
    bool is_first = true;
    while (sentences_next(&walk, &s)) {
        if (!is_first) {
            size_t to = s.begins_block ? begin_of(p, ended, s.range.from) : s.range.from;
            INGLE_TRY(add_range(p, from, to, border, err));
            from = to;
        }
        border = is_first ? BORDER_SECTION : border_of(&s);
        ended = s.range.to;
        is_first = false;
    }
    return from < p->len ? add_range(p, from, p->len, border, err) : INGLE_OK;
}

static ingle_status add_part(struct planner *p, struct plan_part part, ingle_error *err) {
    struct plan *plan = p->plan;
    if (plan->n_parts == p->parts_cap) {
        size_t cap = p->parts_cap ? 2 * p->parts_cap : 8;
        struct plan_part *grown = mem_realloc(plan->parts, cap * sizeof *grown);
        if (!grown) return status_no_memory(err, "the plan", cap * sizeof *grown);
        plan->parts = grown;
        p->parts_cap = cap;
    }
    plan->parts[plan->n_parts++] = part;
    return INGLE_OK;
}

static enum border border_before(const struct planner *p, size_t piece) {
    return piece < p->n ? p->pieces[piece].border : BORDER_SECTION;
}

/* A part while it is made: pieces [first, end), of which those before `is_new` are repeated. */
struct span {
    size_t first, is_new, end;
};

/* Where a part ends: of the pieces from three quarters of `aim` tokens on at the best border, and
 * of equals at the last. */
static void choose_end(const struct planner *p, struct span *s, size_t aim) {
    size_t i = s->is_new + 1, before = p->pieces[s->first].n_before;
    size_t n = p->pieces[s->is_new].n_before + p->pieces[s->is_new].n_tokens - before;
    s->end = p->n;
    if (p->n_tokens - before <= p->limits.n_tokens) return; /* all that is left */
    s->end = i;
    enum border best = n < aim / 4 * 3 ? BORDER_INSIDE : border_before(p, i);
    while (i < p->n && n + p->pieces[i].n_tokens <= aim) {
        n += p->pieces[i].n_tokens;
        i++;
        if (border_before(p, i) < best) continue;
        s->end = i;
        if (n >= aim / 4 * 3) best = border_before(p, i);
    }
}

/* The part behind this one begins so many sentences earlier as may be repeated, but not before the
 * beginning of a section. */
static struct span next_span(const struct planner *p, const struct span *s) {
    struct span next = {s->end, s->end, 0};
    size_t n = 0;
    if (s->end == p->n) return next; /* it was the last */
    while (next.first > s->first + 1 && p->pieces[next.first].border < BORDER_SECTION) {
        size_t more = p->pieces[next.first - 1].n_tokens;
        if (n + more > p->limits.n_overlap) break;
        if (n + more + p->pieces[s->end].n_tokens > p->limits.n_tokens) break;
        n += more;
        next.first--;
    }
    return next;
}

/* Counts the part as it is. Together sentences may have more tokens than one by one: rare, and then
 * there is a sentence less. */
static ingle_status fit(struct planner *p, struct span *s, struct plan_part *part,
                        ingle_error *err) {
    for (;;) {
        size_t to = s->end < p->n ? p->pieces[s->end].from : p->len;
        *part = (struct plan_part){
            .from = p->pieces[s->first].from, .to = to, .n_new = p->pieces[s->is_new].from};
        INGLE_TRY(p->count(p->text + part->from, to - part->from, &part->n_tokens, p->user, err));
        if (part->n_tokens <= p->limits.n_tokens) return INGLE_OK;
        if (s->end > s->is_new + 1) {
            s->end--;
        } else if (s->first < s->is_new) {
            s->first++;
        } else {
            return INGLE_OK; /* one piece, which was counted before */
        }
    }
}

static ingle_status make_parts(struct planner *p, ingle_error *err) {
    /* Parts of about the same size, not full ones and a rest. */
    size_t room = p->limits.n_tokens - p->limits.n_overlap;
    size_t n_parts = (p->n_tokens + room - 1) / room;
    size_t aim = p->n_tokens / (n_parts ? n_parts : 1);
    aim += aim / 8 + p->limits.n_overlap;
    if (n_parts <= 1 || aim > p->limits.n_tokens) aim = p->limits.n_tokens;
    struct span s = {0};
    for (; s.is_new < p->n; s = next_span(p, &s)) {
        struct plan_part part;
        choose_end(p, &s, aim);
        INGLE_TRY(fit(p, &s, &part, err));
        INGLE_TRY(add_part(p, part, err));
    }
    return INGLE_OK;
}

ingle_status plan_make(struct plan *out, const char *text, size_t len,
                       const struct plan_limits *limits, plan_count_fn count, void *user,
                       ingle_error *err) {
    *out = (struct plan){0};
    struct planner p = {
        .text = text, .len = len, .limits = *limits, .count = count, .user = user, .plan = out};
    ingle_status status = find_pieces(&p, err);
    if (status == INGLE_OK && p.n > 0) {
        p.pieces[0].from = 0;
        status = make_parts(&p, err);
    }
    out->n_tokens = p.n_tokens;
    mem_free(p.pieces);
    if (status != INGLE_OK) plan_clear(out);
    return status;
}

void plan_clear(struct plan *plan) {
    mem_free(plan->parts);
    *plan = (struct plan){0};
}
