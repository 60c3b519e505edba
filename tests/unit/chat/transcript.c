#include "unit/chat/transcript.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"

struct log {
    struct buf out;
    int kind; /* of the piece that is open; -1: none */
    bool is_begun;
    size_t call_at;
};

struct tool_set *test_tools(void) {
    static const char json[] =
        "[{\"type\": \"function\", \"function\": {\"name\": \"weather\", \"parameters\": "
        "{\"type\": \"object\", \"properties\": {\"city\": {\"type\": \"string\"}, "
        "\"days\": {\"type\": \"integer\"}, \"metric\": {\"type\": \"boolean\"}}, "
        "\"required\": [\"city\"], \"additionalProperties\": false}}},"
        "{\"type\": \"function\", \"function\": {\"name\": \"noop\"}},"
        "{\"type\": \"function\", \"function\": {\"name\": \"store\", \"parameters\": "
        "{\"type\": \"object\", \"properties\": {\"value\": {}, "
        "\"note\": {\"type\": [\"string\", \"null\"]}}, \"additionalProperties\": false}}}]";
    struct tool_set *tools;
    ingle_error err;
    if (tool_set_read(&tools, json, sizeof json - 1, &err) != INGLE_OK) fail_msg("%s", err.msg);
    return tools;
}

static void close_piece(struct log *log) {
    if (log->kind >= 0 && log->out.size > 0) buf_add_str(&log->out, ") ");
    log->kind = -1;
}

static bool put(const struct split_event *event, void *user) {
    static const char *const names[] = {"thinking(", "text(", "call ", "(", NULL};
    struct log *log = user;
    if ((int)event->kind != log->kind && event->kind != SPLIT_ARGUMENTS) close_piece(log);
    switch (event->kind) {
    case SPLIT_CALL:
        assert_false(log->is_begun);
        log->is_begun = true;
        log->call_at = log->out.size;
        buf_addf(&log->out, "begun %s(", event->name);
        assert_true(strlen(event->id) >= 9);
        break;
    case SPLIT_ARGUMENTS:
        assert_true(log->is_begun);
        buf_add(&log->out, event->text, event->len);
        break;
    case SPLIT_CALL_END:
        assert_true(log->is_begun);
        log->is_begun = false;
        memcpy(log->out.data + log->call_at, "call ", 5);
        memmove(log->out.data + log->call_at + 5, log->out.data + log->call_at + 6,
                log->out.size - log->call_at - 6);
        log->out.size--;
        buf_add_str(&log->out, ") ");
        break;
    default:
        if (log->kind < 0) buf_add_str(&log->out, names[event->kind]);
        log->kind = (int)event->kind;
        buf_add(&log->out, event->text, event->len);
    }
    return true;
}

static ingle_status feed(struct split *s, const char *text, size_t len, struct cutting cutting,
                         ingle_error *err) {
    size_t first = cutting.at < len ? cutting.at : len;
    if (cutting.bytewise) {
        for (size_t i = 0; i < len; i++) INGLE_TRY(split_feed(s, text + i, 1, err));
    } else {
        INGLE_TRY(split_feed(s, text, first, err));
        INGLE_TRY(split_feed(s, text + first, len - first, err));
    }
    return split_finish(s, !cutting.is_broken_off, err);
}

char *transcript(const struct split_options *options, const char *text, size_t len,
                 struct cutting cutting) {
    struct log log = {.kind = -1};
    struct call_ids ids = {0};
    struct split_options full = *options;
    struct split split;
    ingle_error err;
    rng_init(&ids.rng, 1);
    buf_init(&log.out, (size_t)1 << 26);
    full.ids = &ids;
    full.put = put;
    full.user = &log;
    full.streams_arguments = cutting.is_eager;
    split_init(&split, &full);
    ingle_status status = feed(&split, text, len, cutting, &err);
    close_piece(&log);
    if (status != INGLE_OK) buf_addf(&log.out, " error(%s)", err.msg);
    split_clear(&split);
    if (log.out.size > 0 && log.out.data[log.out.size - 1] == ' ') log.out.size--;
    char *out = mem_strndup(log.out.data ? log.out.data : "", log.out.size);
    assert_non_null(out);
    buf_clear(&log.out);
    return out;
}

static void expect(const struct split_options *options, const char *text, struct cutting cutting,
                   const char *wanted) {
    char *found = transcript(options, text, strlen(text), cutting);
    if (strcmp(found, wanted) != 0) {
        fail_msg("%s\n cut at %zu (bytewise %d, eager %d)\n gives  %s\n wanted %s", text,
                 cutting.at, cutting.bytewise, cutting.is_eager, found, wanted);
    }
    mem_free(found);
}

void expect_answer(const struct split_options *options, const char *text, const char *wanted) {
    for (int eager = 0; eager < 2; eager++) {
        struct cutting cutting = {.is_eager = eager == 1};
        for (cutting.at = 0; cutting.at <= strlen(text); cutting.at++) {
            expect(options, text, cutting, wanted);
        }
        cutting.bytewise = true;
        expect(options, text, cutting, wanted);
    }
}
