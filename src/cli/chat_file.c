/* Conversations as files: an array of messages in OpenAI's shape. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/chat.h"
#include "cli/result_file.h"
#include "cli/text_arg.h"

bool chat_path(char *out, size_t cap, const char *given) {
    const char *home = getenv("HOME");
    bool is_in_home = given[0] == '~' && given[1] == '/' && home && home[0] == '/';
    int n = snprintf(out, cap, "%s%s", is_in_home ? home : "", is_in_home ? given + 1 : given);
    return n >= 0 && (size_t)n < cap;
}

ingle_status chat_save(struct chat_talk *t, const char *path, bool replaces, ingle_error *err) {
    if (!replaces && access(path, F_OK) == 0) {
        return status_set(err, INGLE_REFUSED, 0, "'%.150s' exists; /save! replaces it.", path);
    }
    struct buf json = {.max = CHAT_MAX_JSON, .is_secret = true};
    ingle_status status = chat_messages_json(&t->messages, 0, 0, &json, err);
    struct result_file file;
    if (status == INGLE_OK) status = result_file_open_private(&file, path, err);
    if (status == INGLE_OK) {
        out_bytes(&file.out, json.data, json.size);
        status = result_file_close(&file, INGLE_OK, err);
    }
    buf_clear(&json);
    if (status != INGLE_OK) return status;
    size_t n = t->messages.n;
    chat_remark(t, "Saved %zu message%s to %s.", n, n == 1 ? "" : "s", path);
    return INGLE_OK;
}

ingle_status chat_load_json(struct chat_talk *t, const struct buf *text, size_t *n_tokens,
                            ingle_error *err) {
    struct chat_messages messages = {0};
    struct msg_conversation conversation = chat_conversation(t, text);
    struct chat_look look = {.wants_count = true, .messages = &messages};
    INGLE_TRY(chat_need_worker(t, err));
    ingle_status status = chat_look(t->worker, &conversation, &look, err);
    if (status == INGLE_OK) {
        struct chat_messages old = t->messages;
        t->messages = messages;
        messages = old;
        *n_tokens = look.n_tokens;
    }
    chat_messages_clear(&messages);
    return status;
}

ingle_status chat_load(struct chat_talk *t, const char *path, ingle_error *err) {
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        return status_set(err, INGLE_INVALID, 0, "'%.150s' is no regular file.", path);
    }
    struct buf arg, text;
    size_t n_tokens = 0;
    buf_init(&arg, 1 << 16);
    buf_init(&text, 0);
    buf_add_str(&arg, "@");
    ingle_status status = buf_add_str(&arg, path)
                              ? text_arg_read(&text, arg.data, err)
                              : status_set(err, INGLE_LIMIT, 0, "The file's name is too long.");
    ingle_error why = {0};
    if (status == INGLE_OK) {
        status = text.size ? chat_load_json(t, &text, &n_tokens, &why)
                           : status_set(&why, INGLE_INVALID, 0, "The file is empty.");
        if (status != INGLE_OK) {
            status = status_set(err, why.code, why.where, "'%.60s': %.160s", path, why.msg);
        }
    }
    if (status == INGLE_OK) status = chat_take_system(t, err);
    buf_clear(&arg);
    buf_clear(&text);
    if (status != INGLE_OK) return status;
    size_t n = t->messages.n;
    chat_remark(t, "Loaded %zu message%s: %zu tokens of %d.", n, n == 1 ? "" : "s", n_tokens,
                worker_started(t->worker)->n_ctx);
    return INGLE_OK;
}
