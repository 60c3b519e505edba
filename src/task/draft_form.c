#include "task/draft_form.h"

#include <string.h>

#include "base/ascii.h"
#include "base/compiler.h"

static size_t line_end(const char *text, size_t at, size_t len) {
    const char *newline = memchr(text + at, '\n', len - at);
    return newline ? (size_t)(newline - text) : len;
}

static struct draft_range trimmed(const char *text, size_t from, size_t to) {
    while (from < to && (ascii_is_blank(text[from]) || text[from] == '\n')) from++;
    while (to > from && (ascii_is_blank(text[to - 1]) || text[to - 1] == '\n')) to--;
    return (struct draft_range){.from = from, .to = to};
}

/* Whether text[from..to) begins with the word, whatever its capitals, and it ends there. */
static bool begins_with(const char *text, struct draft_range r, const char *word) {
    size_t n = strlen(word);
    if (r.to - r.from < n) return false;
    for (size_t i = 0; i < n; i++) {
        char c = text[r.from + i];
        if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != word[i]) return false;
    }
    if (r.to - r.from == n) return true;
    char c = text[r.from + n];
    return !((c | 32) >= 'a' && (c | 32) <= 'z') && !(c & 0x80);
}

static bool begins_with_any(const char *text, struct draft_range r, const char *const *words,
                            size_t n, size_t *len) {
    for (size_t i = 0; i < n; i++) {
        if (!begins_with(text, r, words[i])) continue;
        *len = strlen(words[i]);
        return true;
    }
    return false;
}

static const char *const greetings[] = {
    "dear",          "hi",        "hello",     "hey",        "good morning", "good afternoon",
    "good evening",  "greetings", "to",        "ol\xc3\xa1", "bom dia",      "boa tarde",
    "caro",          "cara",      "estimado",  "estimada",   "prezado",      "prezada",
    "querido",       "querida",   "hola",      "bonjour",    "cher",         "ch\xc3\xa8re",
    "salut",         "hallo",     "guten tag", "liebe",      "lieber",       "sehr geehrte",
    "sehr geehrter", "ciao",      "gentile",   "caro"};
/* \145 is an e: a letter would become part of the escape before it. */
static const char *const closings[] = {"kind regards",
                                       "best regards",
                                       "warm regards",
                                       "regards",
                                       "best wishes",
                                       "best",
                                       "sincerely",
                                       "yours sincerely",
                                       "yours",
                                       "cheers",
                                       "thanks",
                                       "thank you",
                                       "many thanks",
                                       "with thanks",
                                       "warmly",
                                       "respectfully",
                                       "love",
                                       "all the best",
                                       "take care",
                                       "yours faithfully",
                                       "yours truly",
                                       "cumprimentos",
                                       "com os melhores cumprimentos",
                                       "melhores cumprimentos",
                                       "atenciosamente",
                                       "um abra\xc3\xa7o",
                                       "obrigado",
                                       "obrigada",
                                       "saludos",
                                       "un saludo",
                                       "atentamente",
                                       "cordialement",
                                       "bien cordialement",
                                       "mit freundlichen gr\xc3\xbc\xc3\x9f\145n",
                                       "viele gr\xc3\xbc\xc3\x9f\145",
                                       "liebe gr\xc3\xbc\xc3\x9f\145",
                                       "cordiali saluti",
                                       "saluti"};

static void find_greeting(struct draft_form *f, const char *text) {
    struct draft_range first =
        trimmed(text, f->body.from, line_end(text, f->body.from, f->body.to));
    size_t n = 0;
    if (first.to - first.from > 80 || first.to == first.from) return;
    if (!begins_with_any(text, first, greetings, BASE_COUNT(greetings), &n)) return;
    char last = text[first.to - 1];
    if (last != ',' && last != ':' && last != '!' && first.to < f->body.to &&
        line_end(text, first.to, f->body.to) == f->body.to) {
        return; /* the whole text is one line that begins with "Hi" */
    }
    f->greeting = first;
    size_t name_end = first.to;
    while (name_end > first.from && strchr(",:!. ", text[name_end - 1])) name_end--;
    f->name = trimmed(text, first.from + n < name_end ? first.from + n : name_end, name_end);
}

/* The last lines: a closing phrase by itself, and at most two lines behind it. */
static void find_closing(struct draft_form *f, const char *text) {
    size_t starts[4], n = 0, at = f->body.to;
    while (at > f->body.from && n < 4) {
        size_t from = at;
        while (from > f->body.from && text[from - 1] != '\n') from--;
        struct draft_range line = trimmed(text, from, at);
        if (line.to > line.from) starts[n++] = line.from;
        at = from > f->body.from ? from - 1 : f->body.from;
    }
    for (size_t i = 0; i < n && i < 3; i++) {
        struct draft_range line = trimmed(text, starts[i], line_end(text, starts[i], f->body.to));
        size_t len;
        if (line.to - line.from > 48 || line.from < f->greeting.to) continue;
        if (!begins_with_any(text, line, closings, BASE_COUNT(closings), &len)) continue;
        /* "Thanks for the cake!" is part of the text. */
        size_t rest = line.from + len;
        bool has_name = i == 0 && rest < line.to && text[rest] == ',';
        while (rest < line.to && strchr(",.! ", text[rest])) rest++;
        bool is_phrase = rest == line.to;
        if (!is_phrase && !has_name && text[line.to - 1] != ',') continue;
        f->closing = (struct draft_range){.from = line.from, .to = f->body.to};
        f->signature = trimmed(text, line.to, f->body.to);
        /* "Best, Ana" in one line. */
        const char *comma = memchr(text + line.from, ',', line.to - line.from);
        if (i == 0 && comma && (size_t)(comma - text) + 1 < line.to) {
            f->signature = trimmed(text, (size_t)(comma - text) + 1, line.to);
        }
        return;
    }
}

struct draft_form draft_read_form(const char *text, size_t len) {
    struct draft_form f = {0};
    struct draft_range all = trimmed(text, 0, len);
    f.body = all;
    struct draft_range first = trimmed(text, all.from, line_end(text, all.from, all.to));
    if (begins_with(text, first, "subject") && first.from + 7 < first.to &&
        text[first.from + 7] == ':') {
        f.subject = trimmed(text, first.from + 8, first.to);
        f.body = trimmed(text, first.to, all.to);
    }
    if (f.body.to > f.body.from) {
        find_greeting(&f, text);
        find_closing(&f, text);
    }
    return f;
}

struct draft_range draft_header(const char *thread, size_t len, const char *name) {
    struct draft_range found = {0};
    size_t n = strlen(name);
    for (size_t at = 0, end; at < len; at = end + 1) {
        end = line_end(thread, at, len);
        struct draft_range line = trimmed(thread, at, end);
        while (line.from < line.to &&
               (thread[line.from] == '>' || ascii_is_blank(thread[line.from]))) {
            line.from++;
        }
        if (line.to - line.from <= n + 1 || memcmp(thread + line.from, name, n) != 0 ||
            thread[line.from + n] != ':') {
            continue;
        }
        found = trimmed(thread, line.from + n + 1, line.to);
        break; /* the newest message stands first */
    }
    if (found.to > found.from && begins_with(thread, found, "re") && found.from + 3 < found.to &&
        thread[found.from + 2] == ':') {
        found = trimmed(thread, found.from + 3, found.to);
    }
    const char *angle = memchr(thread + found.from, '<', found.to - found.from);
    if (strcmp(name, "From") == 0 && angle) {
        found = trimmed(thread, found.from, (size_t)(angle - thread));
        if (found.to > found.from + 1 && thread[found.from] == '"') {
            found = trimmed(thread, found.from + 1, found.to - 1);
        }
    } else if (strcmp(name, "From") == 0 &&
               memchr(thread + found.from, '@', found.to - found.from)) {
        found.to = found.from; /* an address alone is nobody's name */
    }
    return found;
}
