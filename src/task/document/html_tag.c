/* One tag and its attributes, as the HTML Standard's tokenizer sees them. */
#include <string.h>

#include "task/document/html.h"

/* The offset behind `end` in text[from..len); 0 if it is not there. */
static size_t find_end(const char *text, size_t len, size_t from, const char *end) {
    const char *at = from < len ? memmem(text + from, len - from, end, strlen(end)) : NULL;
    return at ? (size_t)(at - text) + strlen(end) : 0;
}

/* Whether a style hides what has it: display: none, visibility: hidden. */
static bool style_hides(struct doc_piece style) {
    char squeezed[512];
    size_t n = 0;
    for (size_t i = 0; i < style.len && n + 1 < sizeof squeezed; i++) {
        if (!ascii_is_space(style.data[i])) squeezed[n++] = ascii_lower(style.data[i]);
    }
    squeezed[n] = '\0';
    return strstr(squeezed, "display:none") || strstr(squeezed, "visibility:hidden");
}

static void take_attribute(struct html_tag *tag, struct doc_piece name, struct doc_piece value) {
    if (doc_piece_is(name, "hidden") && !doc_piece_is(value, "until-found")) tag->is_hidden = true;
    if (doc_piece_is(name, "aria-hidden") && doc_piece_is(value, "true")) tag->is_hidden = true;
    if (doc_piece_is(name, "style") && style_hides(value)) tag->is_hidden = true;
}

static bool ends_name(char c) {
    return ascii_is_space(c) || c == '/' || c == '>';
}

/* The attributes from text[i] on; returns the offset behind '>', 0 if there is none. */
static size_t take_attributes(struct html_tag *tag, const char *text, size_t len, size_t i) {
    while (i < len) {
        if (text[i] == '>') return i + 1;
        if (ends_name(text[i])) {
            tag->is_void = text[i] == '/' || (tag->is_void && ascii_is_space(text[i]));
            i++;
            continue;
        }
        tag->is_void = false;
        struct doc_piece name = {text + i, 0}, value = {"", 0};
        i++; /* even a '=' */
        while (i < len && !ends_name(text[i]) && text[i] != '=') i++;
        name.len = (size_t)(text + i - name.data);
        size_t next = i;
        while (next < len && ascii_is_space(text[next])) next++;
        if (next < len && text[next] == '=') {
            i = next + 1;
            while (i < len && ascii_is_space(text[i])) i++;
            if (i < len && (text[i] == '"' || text[i] == '\'')) {
                const char *end = memchr(text + i + 1, text[i], len - i - 1);
                if (!end) return 0;
                value = (struct doc_piece){text + i + 1, (size_t)(end - text) - i - 1};
                i = (size_t)(end - text) + 1;
            } else {
                value.data = text + i;
                while (i < len && !ascii_is_space(text[i]) && text[i] != '>') i++;
                value.len = (size_t)(text + i - value.data);
            }
        }
        take_attribute(tag, name, value);
    }
    return 0;
}

/* <!-- -->, <!doctype>, <?xml ?>, <![CDATA[ ]]> */
static size_t take_declaration(const char *text, size_t len, bool *has_end) {
    size_t end;
    if (doc_starts(text, len, "<!-->") || doc_starts(text, len, "<!--->")) {
        end = find_end(text, len, 3, ">");
    } else if (doc_starts(text, len, "<!--")) {
        end = find_end(text, len, 4, "-->");
    } else {
        end = find_end(text, len, 2, ">");
    }
    *has_end = end != 0;
    return end ? end : len;
}

size_t html_take_tag(struct html_tag *tag, const char *text, size_t len, bool *has_end) {
    *tag = (struct html_tag){0};
    *has_end = true;
    if (len < 3) return 0;
    if (text[1] == '!' || text[1] == '?') return take_declaration(text, len, has_end);
    tag->is_end = text[1] == '/';
    size_t i = tag->is_end ? 2 : 1, n = 0;
    if (!ascii_is_letter(text[i])) return 0;
    for (; i < len && !ends_name(text[i]); i++) {
        if (n + 1 < sizeof tag->name) tag->name[n++] = ascii_lower(text[i]);
    }
    size_t end = take_attributes(tag, text, len, i);
    *has_end = end != 0;
    return end ? end : len;
}
