/* One Knuth-Morris-Pratt automaton a string. The text held back is always the end of the stream
 * that some automaton has matched, hence the start of its string: it needs no buffer. */
#include "engine/run/stop.h"

#include <string.h>

#include "base/alloc.h"

/* A stream of whole characters can only match whole characters. */
static bool is_utf8(const char *text, size_t len) {
    const unsigned char *p = (const unsigned char *)text;
    for (size_t i = 0; i < len;) {
        unsigned c = p[i++];
        if (c < 0x80) continue;
        int n_more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
        if (c < 0xc2 || c > 0xf4 || (size_t)n_more > len - i) return false;
        unsigned low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
        unsigned high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
        for (; n_more > 0; n_more--, low = 0x80, high = 0xbf) {
            if (p[i] < low || p[i] > high) return false;
            i++;
        }
    }
    return true;
}

static ingle_status check_texts(const char *const *texts, size_t n, size_t *total,
                                ingle_error *err) {
    if (n > STOP_MAX_STRINGS) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "There are %zu stop strings; %d are possible.", n, STOP_MAX_STRINGS);
    }
    for (size_t i = 0; i < n; i++) {
        size_t len = texts[i] ? strnlen(texts[i], STOP_MAX_LEN + 1) : 0;
        const char *fault = NULL;
        if (len == 0) fault = "is empty";
        if (len > STOP_MAX_LEN) fault = "is longer than 4096 bytes";
        if (!fault && !is_utf8(texts[i], len)) fault = "is not UTF-8 and would never match";
        if (fault) {
            return status_set(err, INGLE_BAD_ARGUMENT, 0, "Stop string %zu %s.", i + 1, fault);
        }
        *total += len;
    }
    return INGLE_OK;
}

static void find_borders(struct stop_string *s) {
    uint32_t k = 0;
    s->border[0] = 0;
    for (uint32_t i = 1; i < s->len; i++) {
        while (k > 0 && s->text[i] != s->text[k]) k = s->border[k - 1];
        if (s->text[i] == s->text[k]) k++;
        s->border[i] = k;
    }
}

ingle_status stop_init(struct stop *s, const char *const *texts, size_t n, ingle_error *err) {
    *s = (struct stop){0};
    if (n == 0) return INGLE_OK;
    size_t total = 0;
    INGLE_TRY(check_texts(texts, n, &total, err));
    s->strings = mem_calloc(n, sizeof *s->strings);
    s->borders = mem_calloc(total, sizeof *s->borders);
    if (!s->strings || !s->borders) {
        stop_clear(s);
        return status_no_memory(err, "the search for stop strings", total * sizeof *s->borders);
    }
    uint32_t *border = s->borders;
    for (size_t i = 0; i < n; i++) {
        uint32_t len = (uint32_t)strlen(texts[i]);
        s->strings[i] = (struct stop_string){.text = texts[i], .len = len, .border = border};
        find_borders(&s->strings[i]);
        border += len;
    }
    s->n = n;
    return INGLE_OK;
}

void stop_clear(struct stop *s) {
    mem_free(s->strings);
    mem_free(s->borders);
    *s = (struct stop){0};
}

/* Moves every automaton past one byte. True if some string is complete; `longest` and `n_held`
 * then name the longest such, else the longest start of a string that the stream ends with. */
static bool step(struct stop *s, char byte) {
    bool found = false;
    s->n_held = 0;
    for (size_t i = 0; i < s->n; i++) {
        struct stop_string *t = &s->strings[i];
        uint32_t k = t->matched;
        while (k > 0 && t->text[k] != byte) k = t->border[k - 1];
        if (t->text[k] == byte) k++;
        t->matched = k;
        bool is_complete = k == t->len;
        if ((is_complete && !found) || (is_complete == found && k > s->n_held)) {
            s->longest = i;
            s->n_held = k;
        }
        found = found || is_complete;
    }
    return found;
}

/* Delivers all but the last n_keep bytes of `old` held bytes followed by text[0..len). */
static bool deliver(const char *old, size_t n_old, const char *text, size_t len, size_t n_keep,
                    stop_sink_fn sink, void *user) {
    size_t n = n_old + len - n_keep;
    size_t n_first = n < n_old ? n : n_old;
    if (n_first && !sink(old, n_first, user)) return false;
    return n == n_first || sink(text, n - n_first, user);
}

enum stop_outcome stop_feed(struct stop *s, const char *text, size_t len, stop_sink_fn sink,
                            void *user) {
    if (s->n == 0) return len == 0 || sink(text, len, user) ? STOP_MORE : STOP_SINK_ENDED;
    const char *old = s->strings[s->longest].text;
    size_t n_old = s->n_held;
    bool found = false;
    size_t used = 0;
    while (used < len && !found) found = step(s, text[used++]);
    bool goes_on = deliver(old, n_old, text, used, s->n_held, sink, user);
    if (found) {
        s->n_held = 0;
        return STOP_FOUND;
    }
    return goes_on ? STOP_MORE : STOP_SINK_ENDED;
}

bool stop_flush(struct stop *s, stop_sink_fn sink, void *user) {
    if (s->n_held == 0) return true;
    size_t n = s->n_held;
    s->n_held = 0;
    return sink(s->strings[s->longest].text, n, user);
}
