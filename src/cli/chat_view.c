#include "cli/chat_view.h"

#include <stdlib.h>
#include <string.h>

#include "cli/json.h"

#define DIM "\033[2m"
#define PLAIN "\033[22m"

static bool may_use_colour(void) {
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    return (!no_color || !no_color[0]) && term && term[0] && strcmp(term, "dumb") != 0;
}

void chat_view_init(struct chat_view *v, struct out *out, bool json, bool shows_thinking) {
    *v = (struct chat_view){.out = out, .json = json, .failed = INGLE_OK};
    v->shows_thinking = shows_thinking || out->is_terminal;
    v->dims = out->is_terminal && may_use_colour();
}

/* Each piece is dimmed for itself: whatever ends the program, the terminal is as it was. */
static void show_thinking(struct chat_view *v, const char *text, size_t len) {
    if (!v->shows_thinking) return;
    if (!v->dims && !v->is_thinking) out_str(v->out, "[thinking]\n");
    v->is_thinking = v->is_written = true;
    if (v->dims) out_str(v->out, DIM);
    bool ends_line = len > 0 && text[len - 1] == '\n';
    out_text(v->out, text, len);
    if (v->dims) out_str(v->out, PLAIN);
    v->out->ends_line = ends_line;
}

static void end_line(struct out *o) {
    if (!o->ends_line) out_str(o, "\n");
}

static void show_text(struct chat_view *v, const char *text, size_t len) {
    if (v->is_thinking) {
        end_line(v->out);
        out_str(v->out, v->dims ? "\n" : "[answer]\n");
        v->is_thinking = false;
    }
    v->is_written = true;
    out_text(v->out, text, len);
}

static void show_json(struct out *out, const ingle_chat_event *e) {
    static const char *const keys[] = {[INGLE_CHAT_THINKING] = "thinking",
                                       [INGLE_CHAT_TEXT] = "text",
                                       [INGLE_CHAT_ARGUMENTS] = "arguments"};
    if (e->kind == INGLE_CHAT_CALL_END) return;
    struct json j;
    json_init(&j, out);
    json_begin(&j, '{');
    if (e->kind == INGLE_CHAT_CALL) {
        json_put_str(&j, "call", e->name);
        json_put_str(&j, "id", e->id);
    } else {
        json_put_text(&j, keys[e->kind], e->text, e->len);
    }
    json_end(&j, '}');
}

static void show(struct chat_view *v, const ingle_chat_event *e) {
    switch (e->kind) {
    case INGLE_CHAT_THINKING:
        show_thinking(v, e->text, e->len);
        break;
    case INGLE_CHAT_TEXT:
    case INGLE_CHAT_ARGUMENTS:
        show_text(v, e->text, e->len);
        break;
    case INGLE_CHAT_CALL:
        end_line(v->out);
        show_text(v, e->name, strlen(e->name));
        out_str(v->out, " ");
        break;
    case INGLE_CHAT_CALL_END:
        end_line(v->out);
        break;
    }
}

bool chat_view_event(const ingle_chat_event *event, void *user) {
    struct chat_view *v = user;
    if (v->copy && event->kind == INGLE_CHAT_TEXT && !buf_add(v->copy, event->text, event->len)) {
        v->failed = INGLE_NO_MEMORY;
        return false;
    }
    if (v->json) {
        show_json(v->out, event);
    } else {
        show(v, event);
    }
    ingle_status status = out_flush(v->out, NULL);
    /* Ctrl-C has cancelled the session too, which is what ends the answer: a cancellation that
     * nobody obeyed would end the next one. A pipe whose reader stalls is not written to again. */
    if (status == INGLE_CANCELLED && v->out->is_terminal) out_resume(v->out);
    return status == INGLE_OK || status == INGLE_CANCELLED;
}

void chat_view_end(struct chat_view *v) {
    if (v->was_interrupted && v->out->is_terminal) {
        out_str(v->out, "\n"); /* after the terminal's own ^C, wherever that stands */
    } else if (!v->json && v->is_written) {
        end_line(v->out);
    }
}

const char *chat_reason_name(ingle_stop_reason reason) {
    static const char *const names[] = {
        [INGLE_STOP_END] = "stop",      [INGLE_STOP_STRING] = "stop",
        [INGLE_STOP_LENGTH] = "length", [INGLE_STOP_CANCEL] = "cancel",
        [INGLE_STOP_LOOP] = "loop",     [INGLE_STOP_TOOL] = "tool"};
    return names[reason];
}

void chat_view_json_end(struct out *out, const ingle_chat_result *r, uint64_t seed) {
    struct json j;
    json_init(&j, out);
    json_begin(&j, '{');
    json_put_str(&j, "reason", chat_reason_name(r->reason));
    json_put_int(&j, "n_prompt", r->n_prompt);
    json_put_int(&j, "n_reused", r->n_reused);
    json_put_int(&j, "n_thinking", r->n_thinking);
    json_put_int(&j, "n_answer", r->n_answer);
    json_put_uint(&j, "seed", seed);
    json_put_number(&j, "prompt_ms", r->prompt_ms, 6);
    json_put_number(&j, "first_ms", r->first_ms, 6);
    json_put_number(&j, "decode_ms", r->decode_ms, 6);
    json_end(&j, '}');
}
