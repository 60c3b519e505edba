#include "engine/chat/split.h"

#include <string.h>

/* ---- passing on ---- */

static void flush(struct split *s) {
    struct split_event event = {
        .kind = s->out_kind, .text = s->out, .len = s->n_out, .call = s->n_calls, .id = s->id};
    if (s->n_out > 0 && !s->is_over && !s->o.put(&event, s->o.user)) s->is_over = true;
    s->n_out = 0;
}

static void emit(struct split *s, enum split_kind kind, char c) {
    bool is_lead = ((unsigned char)c & 0xc0) != 0x80;
    if (kind != s->out_kind || (is_lead && s->n_out + 4 > sizeof s->out) ||
        s->n_out == sizeof s->out) {
        flush(s);
    }
    s->out_kind = kind;
    s->out[s->n_out++] = c;
}

static void emit_newlines(struct split *s, enum split_kind kind) {
    for (; s->n_newlines > 0 && !s->drops_newlines; s->n_newlines--) emit(s, kind, '\n');
    s->n_newlines = 0;
    s->drops_newlines = false;
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool holds_lead(const struct split *s) {
    return s->o.tools && s->format->bare && !s->has_text && !s->after_call;
}

static void emit_lead(struct split *s) {
    for (size_t i = 0; i < s->n_lead; i++) emit(s, SPLIT_TEXT, s->lead[i]);
    s->n_lead = 0;
}

/* One byte that is no part of a marker. */
static void put_byte(struct split *s, enum split_kind kind, char c) {
    if (s->after_call && kind == SPLIT_TEXT) {
        if (c == ' ' || c == '\t' || c == '\r' || (c == ';' && s->format->bare)) return;
        if (c != '\n') s->after_call = false;
    }
    if (kind == SPLIT_TEXT && is_space(c) && holds_lead(s) && s->n_lead < sizeof s->lead) {
        if (c != '\n' || !s->drops_newlines) s->lead[s->n_lead++] = c;
        return;
    }
    if (c == '\n') {
        s->n_newlines++;
        s->at_line_start = true;
        return;
    }
    if (kind == SPLIT_TEXT) emit_lead(s);
    emit_newlines(s, kind);
    if (!is_space(c)) s->at_line_start = false;
    if (!is_space(c) && kind == SPLIT_TEXT) s->has_text = true;
    emit(s, kind, c);
}

/* ---- calls ---- */

static void put_event(struct split *s, enum split_kind kind, const char *name) {
    const struct split_event event = {
        .kind = kind, .text = "", .call = s->n_calls, .id = s->id, .name = name};
    flush(s);
    if (!s->is_over && !s->o.put(&event, s->o.user)) s->is_over = true;
}

static void begin_call(void *user, const struct json_text *name) {
    struct split *s = user;
    flush(s);
    call_id_make(s->o.ids, s->id);
    put_event(s, SPLIT_CALL, name->data);
}

static void more_arguments(void *user, const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) emit(user, SPLIT_ARGUMENTS, text[i]);
}

static void end_call(void *user) {
    struct split *s = user;
    put_event(s, SPLIT_CALL_END, NULL);
    s->n_calls++;
}

static void response_text(void *user, const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) emit(user, SPLIT_TEXT, text[i]);
}

static void enter_call(struct split *s, bool is_bare) {
    const struct call_sink sink = {.begin = begin_call,
                                   .more = more_arguments,
                                   .end = end_call,
                                   .text = response_text,
                                   .tools = s->o.tools,
                                   .is_eager = s->o.streams_arguments,
                                   .limit = s->is_closing ? 0 : SIZE_MAX,
                                   .user = s};
    s->n_newlines = s->n_lead = 0;
    s->state = IN_CALL;
    call_reader_begin(&s->reader, s->format, &sink, is_bare);
}

static void leave_call(struct split *s) {
    s->state = IN_TEXT;
    s->after_call = true;
    s->drops_newlines = true;
    s->has_text = s->has_text || s->reader.n_found > 0;
}

/* What was read as a call is none: it is text. */
static void take_back(struct split *s) {
    s->state = IN_TEXT;
    s->has_text = true;
    for (size_t i = 0; i < s->reader.region.size; i++) {
        put_byte(s, SPLIT_TEXT, s->reader.region.data[i]);
    }
}

static ingle_status call_byte(struct split *s, char c, ingle_error *err) {
    enum call_step step = CALL_MORE;
    INGLE_TRY(call_reader_byte(&s->reader, c, &step, err));
    if (step == CALL_DONE) leave_call(s);
    if (step == CALL_NO_CALL) take_back(s);
    return INGLE_OK;
}

/* ---- markers ---- */

enum marker { MARK_NONE, MARK_THINK, MARK_ANSWER, MARK_CALL, MARK_END, MARK_DROP };

struct marker_text {
    enum marker marker;
    const char *text;
};

static void add_marker(struct marker_text *list, size_t *n, enum marker marker, const char *text) {
    if (text) list[(*n)++] = (struct marker_text){marker, text};
}

/* Those that mean something here. */
static size_t list_markers(const struct split *s, struct marker_text list[SPLIT_MARKERS]) {
    const struct think_style *think = s->o.think;
    const struct call_format_info *f = s->format;
    size_t n = 0;
    if (s->state == IN_THINKING) {
        add_marker(list, &n, MARK_ANSWER, think->close);
        return n;
    }
    if (s->state == IN_CALL) {
        if (f->syntax == SYNTAX_REGION) add_marker(list, &n, MARK_END, f->end);
        return n;
    }
    if (think) {
        if (s->at_line_start) add_marker(list, &n, MARK_THINK, think->open);
        if (!s->has_text) add_marker(list, &n, MARK_DROP, think->answer_open);
        add_marker(list, &n, MARK_DROP, think->answer_close);
    }
    if (!s->o.tools) return n;
    add_marker(list, &n, MARK_CALL, f->start);
    if (!s->has_text) add_marker(list, &n, MARK_CALL, f->other_start);
    if (s->after_call) add_marker(list, &n, MARK_DROP, f->end);
    return n;
}

static ingle_status meet(struct split *s, enum marker marker, ingle_error *err) {
    switch (marker) {
    case MARK_THINK:
        s->state = IN_THINKING;
        s->n_newlines = s->n_lead = 0;
        s->drops_newlines = true;
        return INGLE_OK;
    case MARK_ANSWER:
        s->state = IN_TEXT;
        s->n_newlines = 0;
        s->drops_newlines = true;
        s->at_line_start = true;
        return INGLE_OK;
    case MARK_CALL:
        enter_call(s, false);
        return INGLE_OK;
    case MARK_END:
        INGLE_TRY(call_reader_end(&s->reader, err));
        leave_call(s);
        return INGLE_OK;
    default:
        return INGLE_OK;
    }
}

/* Calls without a marker: at the beginning of an answer, and after another one. */
static bool begins_bare(const struct split *s, char c) {
    if (!s->o.tools || c == '\0' || c != s->format->bare) return false;
    return !s->has_text || (s->after_call && s->format->syntax == SYNTAX_OBJECT);
}

/* The first of the bytes held is no beginning of a marker. */
static ingle_status let_go(struct split *s, ingle_error *err) {
    char c = s->held[0];
    memmove(s->held, s->held + 1, --s->n_held);
    if (s->state == IN_CALL) return call_byte(s, c, err);
    if (s->state == IN_TEXT && begins_bare(s, c)) {
        enter_call(s, true);
        return call_byte(s, c, err);
    }
    put_byte(s, s->state == IN_THINKING ? SPLIT_THINKING : SPLIT_TEXT, c);
    return INGLE_OK;
}

static ingle_status settle(struct split *s, bool is_end, ingle_error *err) {
    while (s->n_held > 0) {
        struct marker_text list[SPLIT_MARKERS];
        size_t n = list_markers(s, list);
        bool may_become = false;
        enum marker found = MARK_NONE;
        for (size_t i = 0; i < n; i++) {
            size_t len = strlen(list[i].text);
            if (s->n_held > len || memcmp(s->held, list[i].text, s->n_held) != 0) continue;
            if (s->n_held == len) found = list[i].marker;
            may_become = true;
        }
        if (found != MARK_NONE) {
            s->n_held = 0;
            return meet(s, found, err);
        }
        if (may_become && !is_end) return INGLE_OK;
        INGLE_TRY(let_go(s, err));
    }
    return INGLE_OK;
}

/* ---- the interface ---- */

void split_init(struct split *s, const struct split_options *options) {
    *s = (struct split){.o = *options, .format = call_format_info(options->format)};
    if (s->o.tools && s->o.tools->n == 0) s->o.tools = NULL;
    s->state = s->o.think && s->o.in_thinking ? IN_THINKING : IN_TEXT;
    s->drops_newlines = s->o.think != NULL;
    s->at_line_start = true;
}

void split_clear(struct split *s) {
    call_reader_clear(&s->reader);
}

ingle_status split_feed(struct split *s, const char *text, size_t len, ingle_error *err) {
    for (size_t i = 0; i < len && !s->is_over; i++) {
        s->held[s->n_held++] = text[i];
        INGLE_TRY(settle(s, false, err));
    }
    flush(s);
    return INGLE_OK;
}

void split_close(struct split *s) {
    if (!s->is_closing && s->state == IN_CALL) s->reader.sink.limit = s->reader.region.size;
    s->is_closing = true;
}

ingle_status split_finish(struct split *s, bool is_whole, ingle_error *err) {
    if (s->is_over) return INGLE_OK;
    INGLE_TRY(settle(s, true, err));
    if (s->state == IN_CALL && is_whole) {
        /* An end marker may be missing, and what is no call after all is text. */
        if (s->reader.is_bare && !s->reader.is_call && s->reader.n_found == 0) {
            take_back(s);
        } else {
            INGLE_TRY(call_reader_end(&s->reader, err));
            leave_call(s);
        }
    }
    if (s->state == IN_TEXT && !s->after_call) {
        emit_lead(s);
        emit_newlines(s, SPLIT_TEXT);
    }
    flush(s);
    return INGLE_OK;
}
