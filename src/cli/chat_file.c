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
    struct buf json;
    buf_init(&json, CHAT_MAX_JSON);
    ingle_status status = chat_to_json(t->chat, 0, &json, err);
    struct result_file file;
    if (status == INGLE_OK) status = result_file_open_private(&file, path, err);
    if (status == INGLE_OK) {
        out_bytes(&file.out, json.data, json.size);
        status = result_file_close(&file, INGLE_OK, err);
    }
    buf_clear(&json);
    if (status != INGLE_OK) return status;
    size_t n = ingle_chat_n_messages(t->chat);
    chat_remark(t, "Saved %zu message%s to %s.", n, n == 1 ? "" : "s", path);
    return INGLE_OK;
}

/* The text of the file in place of the messages, if the template takes it. */
static ingle_status replace_all(struct chat_talk *t, const struct buf *text, ingle_error *err) {
    struct buf old;
    buf_init(&old, CHAT_MAX_JSON);
    ingle_status status = chat_to_json(t->chat, 0, &old, err);
    if (status == INGLE_OK) {
        status = ingle_chat_replace(t->chat, 0, ingle_chat_n_messages(t->chat), text->data,
                                    text->size, err);
    }
    const char *rendered;
    size_t len;
    if (status == INGLE_OK) {
        status = ingle_chat_render(t->chat, &rendered, &len, err);
        if (status != INGLE_OK) {
            ingle_status restored = ingle_chat_replace(t->chat, 0, ingle_chat_n_messages(t->chat),
                                                       old.data, old.size, NULL);
            (void)restored; /* they were there before; the first failure is the one to tell */
        }
    }
    buf_clear(&old);
    return status;
}

ingle_status chat_load(struct chat_talk *t, const char *path, ingle_error *err) {
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        return status_set(err, INGLE_INVALID, 0, "'%.150s' is no regular file.", path);
    }
    struct buf arg, text;
    buf_init(&arg, 1 << 16);
    buf_init(&text, 0);
    buf_add_str(&arg, "@");
    ingle_status status = buf_add_str(&arg, path)
                              ? text_arg_read(&text, arg.data, err)
                              : status_set(err, INGLE_LIMIT, 0, "The file's name is too long.");
    ingle_error why = {0};
    if (status == INGLE_OK) {
        status = text.size ? replace_all(t, &text, &why)
                           : status_set(&why, INGLE_INVALID, 0, "The file is empty.");
        if (status != INGLE_OK) {
            status = status_set(err, why.code, why.where, "'%.60s': %.160s", path, why.msg);
        }
    }
    if (status == INGLE_OK) status = chat_take_system(t, err);
    buf_clear(&arg);
    buf_clear(&text);
    if (status != INGLE_OK) return status;
    size_t n_tokens = 0, n = ingle_chat_n_messages(t->chat);
    INGLE_TRY(chat_count(t->chat, &n_tokens, err));
    chat_remark(t, "Loaded %zu message%s: %zu tokens of %d.", n, n == 1 ? "" : "s", n_tokens,
                ingle_session_n_ctx(t->session));
    return INGLE_OK;
}
