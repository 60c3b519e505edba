#include "cli/ignore_file.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cli/text_arg.h"

#define MAX_STEPS 20000 /* of one pattern on one path: more is no pattern of good will */
#define MAX_RULES ((size_t)1 << 20)

struct glob {
    const char *end; /* of the pattern */
    int steps;
};

/* [abc], [a-z], [!a]: *p stands on the [ and is moved behind the ]. */
static bool in_class(const char **p, const char *end, char c, bool *is_class) {
    const char *at = *p + 1;
    bool negated = at < end && (*at == '!' || *at == '^'), found = false;
    if (negated) at++;
    for (bool first = true; at < end && (*at != ']' || first); first = false) {
        char low = *at++, high = low;
        if (at + 1 < end && *at == '-' && at[1] != ']') {
            high = at[1];
            at += 2;
        }
        found = found || (c >= low && c <= high);
    }
    *is_class = at < end;
    if (!*is_class) return false;
    *p = at + 1;
    return found != negated;
}

static bool match(struct glob *g, const char *p, const char *text);

/* p stands behind a star, or two. */
static bool match_star(struct glob *g, const char *p, const char *text, bool across) {
    for (;; text++) {
        if (match(g, p, text)) return true;
        if (!*text || (*text == '/' && !across)) return false;
    }
}

/* The rest of the pattern against the rest of the text. */
static bool match(struct glob *g, const char *p, const char *text) {
    for (; p < g->end; text++) {
        if (++g->steps > MAX_STEPS) return true; /* rather ignored than shown */
        if (*p == '*' && p + 1 < g->end && p[1] == '*') {
            p += 2;
            if (p < g->end && *p == '/' && match(g, p + 1, text)) return true;
            return match_star(g, p, text, true);
        }
        if (*p == '*') return match_star(g, p + 1, text, false);
        if (!*text) return false;
        if (*p == '[') {
            const char *behind = p;
            bool is_class, found = in_class(&behind, g->end, *text, &is_class);
            if (is_class) {
                if (!found || *text == '/') return false;
                p = behind;
                continue;
            }
        }
        if (*p == '\\' && p + 1 < g->end)
            p++;
        else if (*p == '?' && *text != '/') {
            p++;
            continue;
        }
        if (*p++ != *text) return false;
    }
    return *text == '\0';
}

bool ignore_pattern_matches(const char *pattern, size_t len, const char *path) {
    struct glob g = {.end = pattern + len};
    const char *name = strrchr(path, '/');
    bool is_tied = memchr(pattern, '/', len) != NULL;
    if (len > 0 && pattern[0] == '/') pattern++;
    return match(&g, pattern, is_tied || !name ? path : name + 1);
}

/* A line of a .gitignore: changes *ignored if it speaks of the path. */
static void apply(const char *line, size_t len, const char *path, bool is_folder, bool *ignored) {
    while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\r' || line[len - 1] == '\t')) {
        len--;
    }
    if (len == 0 || line[0] == '#') return;
    bool takes_back = line[0] == '!';
    if (takes_back) {
        line++;
        len--;
    }
    bool folders_only = len > 0 && line[len - 1] == '/';
    if (folders_only) len--;
    if (len == 0 || (folders_only && !is_folder)) return;
    if (ignore_pattern_matches(line, len, path)) *ignored = !takes_back;
}

/* Of the .gitignore in folder; path is relative to it. */
static void apply_file(const char *folder, const char *path, bool is_folder, bool *ignored) {
    char name[PATH_MAX];
    struct buf rules;
    ingle_error ignored_error;
    if ((size_t)snprintf(name, sizeof name, "%s/.gitignore", folder) >= sizeof name) return;
    if (text_file_read(&rules, name, &ignored_error) == INGLE_OK && rules.size < MAX_RULES) {
        for (size_t at = 0; at < rules.size;) {
            const char *line = rules.data + at;
            const char *end = memchr(line, '\n', rules.size - at);
            size_t len = end ? (size_t)(end - line) : rules.size - at;
            apply(line, len, path, is_folder, ignored);
            at += len + 1;
        }
    }
    buf_clear(&rules);
}

/* path[0..end) is a file or, if more follows, a folder. */
static bool is_ignored(const char *root, const char *path, size_t end) {
    char part[PATH_MAX], folder[PATH_MAX * 2];
    bool ignored = false;
    if (end >= sizeof part) return true;
    memcpy(part, path, end);
    part[end] = '\0';
    for (size_t at = 0; at < end; at++) { /* each folder on the way, from the root on */
        if (at > 0 && part[at] != '/') continue;
        int n = snprintf(folder, sizeof folder, "%s%s%.*s", root, at ? "/" : "", (int)at, part);
        if (n < 0 || (size_t)n >= sizeof folder) return true;
        apply_file(folder, part + at + (at > 0), path[end] != '\0', &ignored);
    }
    return ignored;
}

bool ignore_file_says(const char *root, const char *path) {
    for (size_t i = 0; path[i]; i++) {
        if (path[i] == '.' && (i == 0 || path[i - 1] == '/')) return true; /* hidden */
    }
    for (size_t end = 1; path[0]; end++) {
        if (path[end] != '/' && path[end] != '\0') continue;
        if (is_ignored(root, path, end)) return true;
        if (path[end] == '\0') break;
    }
    return false;
}
