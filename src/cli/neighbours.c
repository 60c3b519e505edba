#include "cli/neighbours.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/utf8.h"
#include "cli/ignore_file.h"
#include "cli/text_arg.h"

#define MAX_IMPORT_LINES 400
#define MAX_NAMES 4096 /* of a folder */

/* ---- the project ---- */

/* Cuts the last name off; false at the top. */
static bool to_parent(char *path) {
    char *slash = strrchr(path, '/');
    if (!slash || slash == path) return false;
    *slash = '\0';
    return true;
}

static bool holds_git(const char *folder) {
    char path[PATH_MAX + 8];
    struct stat st;
    snprintf(path, sizeof path, "%s/.git", folder);
    return lstat(path, &st) == 0;
}

/* The real path of what may not exist itself; its folder must. */
static ingle_status real_path(char out[PATH_MAX], const char *path, ingle_error *err) {
    char folder[PATH_MAX], real[PATH_MAX];
    if (realpath(path, out)) return INGLE_OK;
    if (errno != ENOENT || strlen(path) >= sizeof folder) {
        return status_unreadable(err, errno, "find", path);
    }
    memcpy(folder, path, strlen(path) + 1);
    char *slash = strrchr(folder, '/');
    const char *name = slash ? slash + 1 : path;
    if (slash) *slash = '\0';
    const char *parent = slash ? (slash == folder ? "/" : folder) : ".";
    if (!realpath(parent, real)) return status_unreadable(err, errno, "find", parent);
    if ((size_t)snprintf(out, PATH_MAX, "%s/%s", real, name) >= PATH_MAX) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "The path '%.80s' is too long.", path);
    }
    return INGLE_OK;
}

ingle_status neighbours_init(struct neighbours *n, const char *path, ingle_error *err) {
    arena_init(&n->arena, NEIGHBOURS_MAX_ALL * 4 + (size_t)OPTION_LIST_MAX * TEXT_ARG_MAX);
    n->n = n->n_found = n->found_size = 0;
    INGLE_TRY(real_path(n->own, path, err));
    char folder[PATH_MAX];
    memcpy(n->root, n->own, sizeof n->root);
    if (!to_parent(n->root)) n->root[1] = '\0';
    memcpy(folder, n->root, sizeof folder);
    while (!holds_git(folder) && to_parent(folder)) continue;
    if (holds_git(folder)) memcpy(n->root, folder, sizeof n->root);
    n->project = strrchr(n->root, '/') + 1;
    size_t len = strlen(n->root);
    n->name = n->own + len + (n->root[len - 1] != '/');
    return INGLE_OK;
}

void neighbours_clear(struct neighbours *n) {
    arena_clear(&n->arena);
}

/* ---- one file ---- */

/* The real path's name inside of the project; NULL if it lies outside. */
static const char *name_inside(const struct neighbours *n, const char *real) {
    size_t len = strlen(n->root);
    if (n->root[len - 1] == '/') len--;
    return strncmp(real, n->root, len) == 0 && real[len] == '/' ? real + len + 1 : NULL;
}

static ingle_status keep(struct neighbours *n, const char *name, const struct buf *text,
                         bool is_wanted, ingle_error *err) {
    ingle_complete_file file = {.name = arena_copy(&n->arena, name, strlen(name)),
                                .text =
                                    arena_copy(&n->arena, text->data ? text->data : "", text->size),
                                .len = text->size,
                                .is_wanted = is_wanted};
    if (n->arena.failed) return status_no_memory(err, "the files around", text->size);
    n->files[n->n++] = file;
    return INGLE_OK;
}

static bool is_text(const struct buf *text) {
    return text->size == 0 ||
           (utf8_is_valid(text->data, text->size) && !memchr(text->data, '\0', text->size));
}

static bool is_known(const struct neighbours *n, const char *name) {
    for (size_t i = 0; i < n->n; i++) {
        if (strcmp(n->files[i].name, name) == 0) return true;
    }
    return false;
}

ingle_status neighbours_add(struct neighbours *n, const char *path, ingle_error *err) {
    char real[PATH_MAX];
    struct buf text;
    if (n->n >= OPTION_LIST_MAX) {
        return status_set(err, INGLE_LIMIT, 0, "There may be %d files of context.",
                          OPTION_LIST_MAX);
    }
    ingle_status status = text_file_read(&text, path, err);
    if (status == INGLE_OK && !is_text(&text)) {
        status = status_set(err, INGLE_INVALID, 0, "'%s' is not text in UTF-8.", path);
    }
    const char *inside = status == INGLE_OK && realpath(path, real) ? name_inside(n, real) : NULL;
    const char *name = inside ? inside : path;
    if (status == INGLE_OK && !is_known(n, name)) status = keep(n, name, &text, true, err);
    buf_clear(&text);
    return status;
}

/* A file that may be there: whatever keeps it from being read is no failure. */
static ingle_status consider(struct neighbours *n, const char *path, ingle_error *err) {
    char real[PATH_MAX];
    struct stat st;
    if (n->n_found >= NEIGHBOURS_MAX || !realpath(path, real)) return INGLE_OK;
    const char *name = name_inside(n, real);
    if (!name || strcmp(real, n->own) == 0 || is_known(n, name)) return INGLE_OK;
    if (lstat(real, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0) return INGLE_OK;
    if ((uint64_t)st.st_size > NEIGHBOURS_MAX_FILE) return INGLE_OK;
    if (n->found_size + (size_t)st.st_size > NEIGHBOURS_MAX_ALL) return INGLE_OK;
    if (ignore_file_says(n->root, name)) return INGLE_OK;
    struct buf text;
    ingle_error unread;
    ingle_status status = INGLE_OK;
    if (text_file_read(&text, real, &unread) == INGLE_OK && text.size <= NEIGHBOURS_MAX_FILE &&
        is_text(&text)) {
        status = keep(n, name, &text, false, err);
        n->n_found++;
        n->found_size += text.size;
    }
    buf_clear(&text);
    return status;
}

/* ---- what the file names ---- */

static const char *extension_of(const char *path) {
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    return dot && (!slash || dot > slash + 1) ? dot : "";
}

/* A name that the file imports, wherever such names may lead. */
static ingle_status consider_import(struct neighbours *n, const char *name, ingle_error *err) {
    static const char *const below[] = {"", "include/", "src/", "lib/"};
    char folder[PATH_MAX], path[PATH_MAX * 2 + 600];
    const char *extension = extension_of(n->own);
    const char *const endings[] = {"", extension, ".h", ".js", ".ts", ".tsx"};
    const char *const inside[] = {"index.js", "index.ts", "__init__.py", "mod.rs"};
    memcpy(folder, n->own, sizeof folder);
    if (!to_parent(folder)) return INGLE_OK;
    for (size_t i = 0; i <= BASE_COUNT(below); i++) {
        const char *base = i == 0 ? folder : n->root, *sub = i == 0 ? "" : below[i - 1];
        for (size_t j = 0; j < BASE_COUNT(endings) + BASE_COUNT(inside); j++) {
            bool is_folder = j >= BASE_COUNT(endings);
            snprintf(path, sizeof path, "%s/%s%s%s%s", base, sub, name, is_folder ? "/" : "",
                     is_folder ? inside[j - BASE_COUNT(endings)] : endings[j]);
            size_t before = n->n;
            INGLE_TRY(consider(n, path, err));
            if (n->n > before) return INGLE_OK;
        }
    }
    return INGLE_OK;
}

static bool starts(const char *line, size_t len, const char *word) {
    size_t n = strlen(word);
    return len > n && memcmp(line, word, n) == 0;
}

/* What is between quotes in line[0..len), or a name with dots behind `word`. */
static bool import_name(const char *line, size_t len, char *out, size_t cap) {
    static const char *const words[] = {"#include", "#import",          "import ", "from ",
                                        "export ",  "const ",           "let ",    "var ",
                                        "mod ",     "require_relative", "require", "pub mod "};
    size_t word = 0;
    while (word < BASE_COUNT(words) && !starts(line, len, words[word])) word++;
    if (word == BASE_COUNT(words)) return false;
    size_t begin = 0, end;
    while (begin < len && line[begin] != '"' && line[begin] != '\'') begin++;
    if (begin < len) {
        const char *close = memchr(line + begin + 1, line[begin], len - begin - 1);
        end = close ? (size_t)(close - line) : begin;
        begin++;
    } else {
        begin = strlen(words[word]);
        while (begin < len && line[begin] == ' ') begin++;
        end = begin;
        while (end < len && !strchr(" \t\r;,<(", line[end])) end++;
    }
    if (end <= begin || end - begin >= cap) return false;
    bool is_quoted = begin > 0 && (line[begin - 1] == '"' || line[begin - 1] == '\'');
    while (!is_quoted && begin < end && line[begin] == '.') begin++; /* from .module */
    for (size_t i = begin; i < end; i++) {
        out[i - begin] = (char)(!is_quoted && line[i] == '.' ? '/' : line[i]);
    }
    out[end - begin] = '\0';
    return out[0] != '\0' && out[0] != '/';
}

static ingle_status consider_imports(struct neighbours *n, const struct buf *text,
                                     ingle_error *err) {
    size_t at = 0;
    for (int i = 0; i < MAX_IMPORT_LINES && at < text->size; i++) {
        const char *line = text->data + at;
        const char *end = memchr(line, '\n', text->size - at);
        size_t len = end ? (size_t)(end - line) : text->size - at;
        char name[512];
        if (import_name(line, len, name, sizeof name)) INGLE_TRY(consider_import(n, name, err));
        at += len + 1;
    }
    return INGLE_OK;
}

/* ---- the folder ---- */

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Whether a name in the folder is of the file's kind, or its counterpart. */
static bool is_kin(const char *name, const char *own) {
    const char *extension = extension_of(own), *other = extension_of(name);
    if (extension[0] && strcmp(extension, other) == 0) return true;
    size_t stem = (size_t)(extension - own);
    return extension[0] && other[0] && (size_t)(other - name) == stem &&
           memcmp(name, own, stem) == 0;
}

static ingle_status consider_folder(struct neighbours *n, ingle_error *err) {
    char folder[PATH_MAX], path[PATH_MAX + 300];
    memcpy(folder, n->own, sizeof folder);
    if (!to_parent(folder)) return INGLE_OK;
    DIR *d = opendir(folder);
    if (!d) return INGLE_OK;
    const char **names = arena_array(&n->arena, MAX_NAMES, sizeof *names);
    size_t n_names = 0;
    const char *own = strrchr(n->own, '/') + 1;
    for (struct dirent *e; names && n_names < MAX_NAMES && (e = readdir(d));) {
        if (e->d_name[0] == '.' || !is_kin(e->d_name, own)) continue;
        names[n_names] = arena_copy(&n->arena, e->d_name, strlen(e->d_name));
        if (names[n_names]) n_names++;
    }
    closedir(d);
    if (n->arena.failed) return status_no_memory(err, "names of files", 0);
    if (n_names > 0) qsort(names, n_names, sizeof *names, by_name);
    for (size_t i = 0; i < n_names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        INGLE_TRY(consider(n, path, err));
    }
    return INGLE_OK;
}

ingle_status neighbours_find(struct neighbours *n, const struct buf *text, ingle_error *err) {
    INGLE_TRY(consider_imports(n, text, err));
    return consider_folder(n, err);
}
