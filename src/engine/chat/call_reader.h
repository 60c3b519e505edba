/* Reads the calls of one stretch of an answer, between the markers of its format. What is found is
 * told to a sink: whole calls, or a name and then arguments piece by piece. */
#ifndef INGLE_ENGINE_CHAT_CALL_READER_H
#define INGLE_ENGINE_CHAT_CALL_READER_H

#include "base/buf.h"
#include "engine/chat/format.h"
#include "engine/chat/json_scan.h"
#include "engine/chat/tools.h"

#define CALL_MAX_SIZE ((size_t)16 << 20) /* bytes of a stretch */

/* What is found. begin, more and end are one call, whose name has a NUL behind it; text is a piece
 * of a "response". */
struct call_sink {
    void (*begin)(void *user, const struct json_text *name);
    void (*more)(void *user, const char *arguments, size_t len);
    void (*end)(void *user);
    void (*text)(void *user, const char *text, size_t len);
    const struct tool_set *tools;
    bool is_eager; /* begin and more may come before the call is complete */
    size_t limit;  /* a call that ends after so many bytes of the stretch is dropped */
    void *user;
};

/* A whole call at once, which ends at byte `end`: INVALID if no tool takes it, else begin, more,
 * end.
 */
BASE_NODISCARD ingle_status call_sink_put(const struct call_sink *sink,
                                          const struct json_text *name, const struct buf *arguments,
                                          size_t end, ingle_error *err);

enum call_key { KEY_OTHER, KEY_NAME, KEY_ARGUMENTS, KEY_RESPONSE };

enum call_step {
    CALL_MORE,
    CALL_DONE,   /* the byte was the last one of the stretch */
    CALL_NO_CALL /* this is no call; only said of stretches without a start marker */
};

struct call_reader {
    const struct call_format_info *format;
    struct call_sink sink;
    struct buf region;
    struct arena arena;
    struct json_scan scan;
    int base;       /* depth of a call's members; 0: not known yet */
    size_t skipped; /* bytes of the region before the JSON text (SYNTAX_NAMED) */
    size_t object_at, arguments_at, arguments_end;
    enum call_key key;
    struct json_text name; /* in the arena; data NULL: not known */
    bool is_call;          /* a name and the beginning of arguments were read: it is nothing else */
    bool is_begun, is_passing;
    bool is_bare;    /* began without a marker */
    char escape[12]; /* of a response: not complete yet */
    size_t n_escape;
    size_t n_found; /* calls and responses */
};

void call_reader_begin(struct call_reader *r, const struct call_format_info *format,
                       const struct call_sink *sink, bool is_bare);
void call_reader_clear(struct call_reader *r);

BASE_NODISCARD ingle_status call_reader_byte(struct call_reader *r, char c, enum call_step *step,
                                             ingle_error *err);
/* The end marker came, or the end of the answer: SYNTAX_REGION is read now. */
BASE_NODISCARD ingle_status call_reader_end(struct call_reader *r, ingle_error *err);

/* INVALID: what the model wrote is no call, and why. */
BASE_NODISCARD ingle_status call_broken(size_t where, const char *why, ingle_error *err);

/* The syntaxes that are no JSON: all calls in text[0..len). */
BASE_NODISCARD ingle_status call_read_python(const struct call_sink *sink, const char *text,
                                             size_t len, bool is_list, ingle_error *err);
BASE_NODISCARD ingle_status call_read_gemma4(const struct call_sink *sink, const char *text,
                                             size_t len, ingle_error *err);
BASE_NODISCARD ingle_status call_read_xml(const struct call_sink *sink, const char *text,
                                          size_t len, ingle_error *err);

#endif
