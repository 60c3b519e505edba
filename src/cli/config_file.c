#include "cli/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/folder.h"
#include "base/utf8.h"
#include "cli/result_file.h"

/* ---- reading ---- */

static ingle_status read_all(struct config_text *out, int fd, const char *path, ingle_error *err) {
    struct stat st;
    if (fstat(fd, &st) != 0) return status_errno(err, errno, "look at", path);
    if (!S_ISREG(st.st_mode)) {
        return status_set(err, INGLE_INVALID, 0, "'%s' is not a regular file.", path);
    }
    if (st.st_size > (off_t)CONFIG_FILE_MAX) {
        return status_set(err, INGLE_LIMIT, 0, "'%s' is longer than 64 KiB.", path);
    }
    out->data = mem_alloc(CONFIG_FILE_MAX + 1);
    if (!out->data) return status_no_memory(err, "the settings", CONFIG_FILE_MAX);
    ssize_t n = read(fd, out->data, CONFIG_FILE_MAX);
    if (n < 0) return status_errno(err, errno, "read", path);
    out->size = (size_t)n;
    return INGLE_OK;
}

ingle_status config_read(struct config_text *out, const char *path, ingle_error *err) {
    *out = (struct config_text){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) return INGLE_OK;
    if (fd < 0) return status_errno(err, errno, "read the settings in", path);
    ingle_status status = read_all(out, fd, path, err);
    close(fd);
    if (status == INGLE_OK && !utf8_is_valid(out->data, out->size)) {
        status = status_set(err, INGLE_INVALID, 0, "'%s' is not a text in UTF-8.", path);
    }
    if (status != INGLE_OK) config_text_clear(out);
    return status;
}

void config_text_clear(struct config_text *text) {
    mem_free(text->data);
    *text = (struct config_text){0};
}

/* ---- lines ---- */

static void trim(const char **text, size_t *n) {
    while (*n > 0 && ascii_is_blank(**text)) ++*text, --*n;
    while (*n > 0 && ascii_is_blank((*text)[*n - 1])) --*n;
}

bool config_next_line(struct config_line *l, const struct config_text *text, size_t *at) {
    if (*at >= text->size) return false;
    const char *from = text->data + *at, *end = memchr(from, '\n', text->size - *at);
    size_t n = end ? (size_t)(end - from) : text->size - *at;
    *l = (struct config_line){.number = l->number + 1, .from = *at, .to = *at + n + (end != NULL)};
    *at = l->to;
    const char *line = from;
    trim(&line, &n);
    l->is_blank = n == 0 || line[0] == '#';
    const char *equals = l->is_blank ? NULL : memchr(line, '=', n);
    if (!equals) return true;
    l->key = line;
    l->n_key = (size_t)(equals - line);
    trim(&l->key, &l->n_key);
    l->value = equals + 1;
    l->n_value = n - (size_t)(equals + 1 - line);
    trim(&l->value, &l->n_value);
    l->is_setting = l->n_key > 0 && l->n_value > 0 && !memchr(line, '\0', n);
    return true;
}

/* ---- writing ---- */

static bool is_of(const struct config_line *l, const char *key) {
    return l->is_setting && l->n_key == strlen(key) && memcmp(l->key, key, l->n_key) == 0;
}

static void put_setting(struct out *o, const char *key, const char *value) {
    if (value) out_f(o, "%s = %s\n", key, value);
}

static void put_all(struct out *o, const struct config_text *text, const char *key,
                    const char *value) {
    struct config_line l = {0};
    bool is_done = false;
    for (size_t at = 0; config_next_line(&l, text, &at);) {
        if (!is_of(&l, key)) {
            out_bytes(o, text->data + l.from, l.to - l.from);
            continue;
        }
        if (!is_done) put_setting(o, key, value);
        is_done = true;
    }
    if (is_done) return;
    if (text->size > 0 && text->data[text->size - 1] != '\n' && value) out_str(o, "\n");
    put_setting(o, key, value);
}

static ingle_status replace(const char *path, const char *key, const char *value,
                            ingle_error *err) {
    struct config_text text;
    struct result_file file;
    INGLE_TRY(config_read(&text, path, err));
    ingle_status status = result_file_open_private(&file, path, err);
    if (status == INGLE_OK) {
        put_all(&file.out, &text, key, value);
        status = out_flush(&file.out, err);
        if (status == INGLE_OK && fsync(file.out.fd) != 0 && errno != EINVAL) {
            status = status_errno(err, errno, "write to", path);
        }
        status = result_file_close(&file, status, err);
    }
    config_text_clear(&text);
    return status;
}

ingle_status config_rewrite(const char *path, const char *key, const char *value,
                            ingle_error *err) {
    char folder[4096];
    const char *slash = strrchr(path, '/');
    if (!slash) return status_set(err, INGLE_BAD_ARGUMENT, 0, "'%s' is in no folder.", path);
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    INGLE_TRY(folder_create(folder, err));
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return status_errno(err, errno, "open the folder", folder);
    /* Who changes another setting at the same time waits, so that both stay. */
    (void)flock(fd, LOCK_EX);
    ingle_status status = replace(path, key, value, err);
    close(fd);
    return status;
}
