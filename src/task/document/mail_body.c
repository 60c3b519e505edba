#include "task/document/mail_body.h"

#include <string.h>

struct body {
    struct doc_text *out;
    bool keep_quotes;
    bool in_quote, in_signature;
    bool rest_is_quoted;          /* behind "Original Message" */
    struct doc_piece attribution; /* "On ... wrote:", which is quoted if a quote follows */
};

static bool ends_with(struct doc_piece line, const char *end) {
    size_t n = strlen(end);
    return line.len >= n && doc_starts(line.data + line.len - n, n, end);
}

/* The line before a quote that says whose it is, as the common programs write it. */
static bool is_attribution(struct doc_piece line) {
    static const char *const ends[] = {
        " wrote:",          " writes:",          " schrieb:",   " a \303\251crit :",
        " a \303\251crit:", " escribi\303\263:", " ha scritto:"};
    if (line.len > 300) return false;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (ends_with(line, ends[i])) return true;
    }
    return false;
}

/* "On Mon, 5 Jan 2026, Ann <ann@example.org>" whose "wrote:" stands in the next line. */
static bool may_begin_attribution(struct doc_piece line) {
    return doc_starts(line.data, line.len, "On ") && line.len < 200 &&
           (memchr(line.data, '@', line.len) || memchr(line.data, ',', line.len));
}

static bool begins_original(struct doc_piece line) {
    if (line.len < 10 || line.data[0] != '-') return false;
    while (line.len && line.data[0] == '-') line.data++, line.len--;
    line = doc_trim(line.data, line.len);
    static const char *const words[] = {"Original Message", "Original Appointment",
                                        "Forwarded message", "Urspr\303\274ngliche Nachricht",
                                        "Message d'origine"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (doc_starts(line.data, line.len, words[i])) return true;
    }
    return false;
}

static void begin_quote(struct body *b, struct doc_piece who) {
    if (!b->in_quote && b->keep_quotes) {
        doc_text_begin(b->out, "# ");
        if (who.len)
            doc_text_add(b->out, who.data, who.len);
        else
            doc_text_add_str(b->out, "Quoted message");
        doc_text_gap(b->out, DOC_BLOCK);
    }
    b->in_quote = true;
    b->in_signature = false;
}

static void add_quoted(struct body *b, struct doc_piece line) {
    while (line.len && (line.data[0] == '>' || line.data[0] == ' ')) line.data++, line.len--;
    if (b->keep_quotes) doc_text_raw_line(b->out, line.data, line.len);
}

static void settle_attribution(struct body *b) {
    if (b->attribution.len) {
        doc_text_raw_line(b->out, b->attribution.data, b->attribution.len);
    }
    b->attribution.len = 0;
}

static void see_line(struct body *b, struct doc_piece line) {
    struct doc_piece bare = doc_trim(line.data, line.len);
    if (b->rest_is_quoted) {
        add_quoted(b, line);
        return;
    }
    if (bare.len == 0) {
        if (b->in_quote)
            doc_text_gap(b->out, DOC_BLOCK);
        else if (!b->in_signature && !b->attribution.len)
            doc_text_raw_line(b->out, "", 0);
        return;
    }
    if (line.data[0] == '>') {
        begin_quote(b, b->attribution);
        b->attribution.len = 0;
        add_quoted(b, line);
        return;
    }
    settle_attribution(b);
    if (begins_original(bare)) {
        begin_quote(b, doc_trim("", 0));
        b->rest_is_quoted = true;
        return;
    }
    if (is_attribution(bare)) {
        b->attribution = bare;
        b->in_signature = false;
        return;
    }
    if (doc_piece_is(line, "-- ") || doc_piece_is(line, "--")) b->in_signature = true;
    if (b->in_quote) doc_text_gap(b->out, DOC_BLOCK);
    b->in_quote = false;
    if (!b->in_signature) doc_text_raw_line(b->out, line.data, line.len);
}

void mail_body(struct doc_text *out, const char *text, size_t len, bool keep_quotes) {
    struct body b = {.out = out, .keep_quotes = keep_quotes};
    for (size_t at = 0; at < len;) {
        size_t here = at;
        struct doc_piece line = doc_line(text, len, &at);
        /* An attribution may be broken in two. */
        if (!b.rest_is_quoted && may_begin_attribution(line) && at < len) {
            size_t next = at;
            struct doc_piece second = doc_line(text, len, &next);
            second = doc_trim(second.data, second.len);
            bool is_whole = is_attribution(doc_trim(line.data, line.len));
            if (!is_whole && second.len < 100 &&
                (is_attribution(second) || doc_piece_is(second, "wrote:"))) {
                line = doc_trim(text + here, (size_t)(second.data + second.len - text) - here);
                at = next;
                settle_attribution(&b);
                b.attribution = line;
                b.in_signature = false;
                continue;
            }
        }
        see_line(&b, line);
    }
    settle_attribution(&b);
    doc_text_gap(out, DOC_BLOCK);
}
