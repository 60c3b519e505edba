/* What is typed, pasted or piped in becomes messages. */
#include <string.h>

#include "base/alloc.h"
#include "cli/chat.h"

#define BLOCK "\"\"\""
#define PROMPT "> "
#define PROMPT_MORE "| "

/* What a line was. */
enum input { INPUT_LINE, INPUT_INTERRUPTED, INPUT_END };

static ingle_status message_too_long(const struct buf *message, size_t len, ingle_error *err) {
    if (message->size + len <= message->max) {
        return status_no_memory(err, "the message", message->size + len);
    }
    return status_set(err, INGLE_LIMIT, 0,
                      "The message is longer than %zu MiB, the most that one may have.",
                      message->max >> 20);
}

/* Adds a line to *message. */
static ingle_status read_line(struct chat_talk *t, const char *prompt, struct buf *message,
                              enum input *input, size_t *n_typed, ingle_error *err) {
    *n_typed = 0;
    if (!t->is_terminal) {
        bool has_line;
        INGLE_TRY(reader_line(&t->reader, message, &has_line, err));
        *input = has_line ? INPUT_LINE : INPUT_END;
        return INGLE_OK;
    }
    const char *text;
    size_t len;
    enum line_outcome outcome;
    INGLE_TRY(line_read(t->line, prompt, &text, &len, &outcome, err));
    *input = outcome == LINE_TEXT  ? INPUT_LINE
             : outcome == LINE_END ? INPUT_END
                                   : INPUT_INTERRUPTED;
    *n_typed = len;
    if (outcome != LINE_TEXT || buf_add(message, text, len)) return INGLE_OK;
    return message_too_long(message, len, err);
}

static bool is_block_mark(const char *line, size_t len) {
    return len == strlen(BLOCK) && memcmp(line, BLOCK, len) == 0;
}

/* The rest of a block, whose first mark has been read. *is_whole: its last mark came too. */
static ingle_status read_block(struct chat_talk *t, struct buf *message, bool *is_whole,
                               ingle_error *err) {
    *is_whole = false;
    buf_reset(message);
    for (;;) {
        size_t begin = message->size, n_typed;
        enum input input;
        INGLE_TRY(read_line(t, PROMPT_MORE, message, &input, &n_typed, err));
        if (input == INPUT_INTERRUPTED) return INGLE_OK;
        if (input == INPUT_END) {
            return status_set(err, INGLE_INVALID, 0,
                              "The message that begins with \"\"\" does not end with one.");
        }
        if (message->size > begin && is_block_mark(message->data + begin, message->size - begin)) {
            message->size = begin > 0 ? begin - 1 : 0; /* with the newline before it */
            message->data[message->size] = '\0';
            *is_whole = true;
            return INGLE_OK;
        }
        if (!buf_add_str(message, "\n")) return message_too_long(message, 1, err);
    }
}

/* Joins what follows a line that ends in a backslash; false if it was given up. */
static ingle_status read_rest(struct chat_talk *t, struct buf *message, bool *is_whole,
                              ingle_error *err) {
    *is_whole = true;
    while (message->size > 0 && message->data[message->size - 1] == '\\') {
        message->data[message->size - 1] = '\n';
        enum input input;
        size_t n_typed;
        INGLE_TRY(read_line(t, PROMPT_MORE, message, &input, &n_typed, err));
        if (input == INPUT_END) t->is_over = true;
        if (input == INPUT_INTERRUPTED) *is_whole = false;
        if (input != INPUT_LINE) return INGLE_OK;
    }
    return INGLE_OK;
}

ingle_status chat_read(struct chat_talk *t, struct buf *message, bool *is_literal,
                       ingle_error *err) {
    *is_literal = false;
    buf_reset(message);
    enum input input;
    size_t n_typed;
    INGLE_TRY(read_line(t, PROMPT, message, &input, &n_typed, err));
    if (input == INPUT_END) t->is_over = true;
    if (input == INPUT_INTERRUPTED && n_typed == 0) {
        chat_remark(t, "Ctrl-D or /exit leaves; /help lists the commands.");
    }
    if (input != INPUT_LINE || message->size == 0) return INGLE_OK;
    bool is_whole;
    if (is_block_mark(message->data, message->size)) {
        *is_literal = true;
        INGLE_TRY(read_block(t, message, &is_whole, err));
    } else {
        INGLE_TRY(read_rest(t, message, &is_whole, err));
    }
    if (!is_whole) buf_reset(message);
    return INGLE_OK;
}

ingle_status chat_ask(struct chat_talk *t, const char *prompt, const char *letters, char *answer,
                      ingle_error *err) {
    struct buf line;
    buf_init(&line, CHAT_MAX_MESSAGE);
    *answer = '\0';
    ingle_status status;
    for (;;) {
        enum input input;
        size_t n_typed;
        buf_reset(&line);
        status = read_line(t, prompt, &line, &input, &n_typed, err);
        if (status != INGLE_OK || input != INPUT_LINE) break;
        if (line.size == 1 && strchr(letters, line.data[0])) {
            *answer = line.data[0];
            break;
        }
        chat_remark(t, "One of these letters, please.");
    }
    buf_clear(&line);
    return status;
}
