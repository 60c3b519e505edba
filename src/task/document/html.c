#include "task/document/html.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "task/document/entities.h"

enum element_flag {
    BLOCK = 1,
    SKIP = 2,      /* what is inside is not shown, or is no text */
    RAW = 4,       /* and holds no tags */
    EMPTY = 8,     /* has no end tag */
    OPEN_END = 16, /* its end tag may be left out */
    HEADING = 32
};

struct element {
    const char *name;
    unsigned flags;
};

/* In the order of strcmp(). What is not here is inline. */
static const struct element elements[] = {
    {"address", BLOCK},
    {"area", EMPTY},
    {"article", BLOCK},
    {"aside", BLOCK},
    {"base", EMPTY},
    {"blockquote", BLOCK},
    {"br", EMPTY},
    {"button", SKIP},
    {"canvas", SKIP},
    {"caption", BLOCK},
    {"center", BLOCK},
    {"col", EMPTY},
    {"datalist", SKIP},
    {"dd", BLOCK | OPEN_END},
    {"details", BLOCK},
    {"dialog", SKIP},
    {"div", BLOCK},
    {"dl", BLOCK},
    {"dt", BLOCK | OPEN_END},
    {"embed", EMPTY},
    {"fieldset", BLOCK},
    {"figcaption", BLOCK},
    {"figure", BLOCK},
    {"footer", BLOCK | SKIP},
    {"form", BLOCK},
    {"frame", EMPTY},
    {"h1", BLOCK | HEADING},
    {"h2", BLOCK | HEADING},
    {"h3", BLOCK | HEADING},
    {"h4", BLOCK | HEADING},
    {"h5", BLOCK | HEADING},
    {"h6", BLOCK | HEADING},
    {"header", BLOCK},
    {"hr", BLOCK | EMPTY},
    {"iframe", SKIP | RAW},
    {"img", EMPTY},
    {"input", EMPTY},
    {"li", BLOCK | OPEN_END},
    {"link", EMPTY},
    {"main", BLOCK},
    {"math", SKIP},
    {"menu", BLOCK},
    {"meta", EMPTY},
    {"nav", BLOCK | SKIP},
    {"noembed", SKIP | RAW},
    {"noframes", SKIP | RAW},
    {"object", SKIP},
    {"ol", BLOCK},
    {"option", OPEN_END},
    {"p", BLOCK | OPEN_END},
    {"param", EMPTY},
    {"pre", BLOCK},
    {"script", SKIP | RAW},
    {"section", BLOCK},
    {"select", SKIP},
    {"source", EMPTY},
    {"style", SKIP | RAW},
    {"summary", BLOCK},
    {"svg", SKIP},
    {"table", BLOCK},
    {"tbody", 0},
    {"td", OPEN_END},
    {"template", SKIP},
    {"textarea", SKIP | RAW},
    {"th", OPEN_END},
    {"title", SKIP | RAW},
    {"tr", OPEN_END},
    {"track", EMPTY},
    {"ul", BLOCK},
    {"wbr", EMPTY},
};

static int compare(const void *key, const void *item) {
    return strcmp(key, ((const struct element *)item)->name);
}

static unsigned flags_of(const char *name) {
    const struct element *e =
        bsearch(name, elements, BASE_COUNT(elements), sizeof elements[0], compare);
    return e ? e->flags : 0;
}

struct page {
    struct doc_text *out;
    struct buf *title;
    struct buf code; /* of the <pre> that is open */
    bool in_pre;
    bool in_row;         /* of a table: a cell has begun */
    size_t row_at;       /* where its first text lies; 0 = there is none yet */
    bool has_bars;       /* it has a second cell on the same line */
    bool cell_is_coming; /* another cell begins: its bar stands before its first text */
    char skipped[16];    /* the element whose content is skipped; "" = none */
    bool skipped_is_open_ended;
    size_t depth; /* elements open in it: of its own name, or of all if it may end by itself */
};

/* Before text of a cell: the bars of its row, which begins with one as soon as it has two cells. */
static void see_cell_text(struct page *p) {
    struct buf *text = &p->out->text;
    if (p->row_at == 0) {
        doc_text_settle(p->out);
        p->row_at = text->size + 1;
    } else if (p->cell_is_coming) {
        size_t at = p->row_at - 1, n = text->size - at;
        if (!p->has_bars && buf_add(text, "| ", 2)) {
            memmove(text->data + at + 2, text->data + at, n);
            memcpy(text->data + at, "| ", 2);
        }
        p->has_bars = true;
        doc_text_add_str(p->out, " | ");
    }
    p->cell_is_coming = false;
}

static void end_row(struct page *p) {
    if (p->has_bars) {
        p->out->gap = DOC_SPACE;
        doc_text_add_str(p->out, "|");
    }
    p->in_row = p->has_bars = p->cell_is_coming = false;
    p->row_at = 0;
}

static void add(struct page *p, const char *text, size_t len) {
    if (p->in_pre) {
        buf_add(&p->code, text, len);
        return;
    }
    if (p->in_row && doc_trim(text, len).len) see_cell_text(p);
    doc_text_add(p->out, text, len);
}

/* Text between tags, its references resolved. */
static void add_text(struct page *p, const char *text, size_t len) {
    for (size_t i = 0; i < len;) {
        const char *amp = memchr(text + i, '&', len - i);
        size_t n = amp ? (size_t)(amp - text) - i : len - i;
        add(p, text + i, n);
        i += n;
        if (i == len) return;
        char c[4];
        size_t n_c, taken = entity_take(text + i, len - i, c, &n_c);
        if (taken == 0) {
            add(p, "&", 1);
        } else if (n_c == 2 && memcmp(c, "\xc2\xa0", 2) == 0) {
            add(p, " ", 1);
        } else {
            add(p, c, n_c);
        }
        i += taken ? taken : 1;
    }
}

static void end_code(struct page *p) {
    p->in_pre = false;
    if (p->code.size) {
        doc_text_gap(p->out, DOC_BLOCK);
        for (size_t at = 0; at < p->code.size;) {
            struct doc_piece line = doc_line(p->code.data, p->code.size, &at);
            doc_text_code_line(p->out, line.data, line.len);
        }
    }
    if (buf_failed(&p->code)) p->out->text.failed = true;
    buf_reset(&p->code);
    doc_text_gap(p->out, DOC_BLOCK);
}

static void begin_skip(struct page *p, const struct html_tag *tag, unsigned flags) {
    memcpy(p->skipped, tag->name, sizeof p->skipped);
    p->skipped_is_open_ended = flags & OPEN_END;
    p->depth = 0;
}

/* A tag inside what is skipped. True if it ends there, and the tag is to be seen as well. */
static bool ends_skip(struct page *p, const struct html_tag *tag, unsigned flags) {
    bool is_same = strcmp(tag->name, p->skipped) == 0;
    if (flags & EMPTY || tag->is_void) return false;
    if (!is_same && !p->skipped_is_open_ended) return false;
    if (!tag->is_end) {
        /* <li hidden> ends at the next <li>, <p hidden> at any block. */
        bool is_next = is_same || (strcmp(p->skipped, "p") == 0 && flags & BLOCK);
        if (p->skipped_is_open_ended && p->depth == 0 && is_next) {
            p->skipped[0] = '\0';
            return true;
        }
        p->depth++;
        return false;
    }
    if (p->depth > 0) {
        p->depth--;
        return false;
    }
    p->skipped[0] = '\0';
    return !is_same;
}

static void see_row(struct page *p, const struct html_tag *tag) {
    if (strcmp(tag->name, "tr") == 0) {
        end_row(p);
        doc_text_gap(p->out, DOC_LINE);
    } else if (!tag->is_end) {
        /* Bars only between texts of one line: where a table lays out a page, cells are blocks. */
        p->cell_is_coming = p->row_at != 0 && p->out->gap < DOC_LINE;
        doc_text_gap(p->out, DOC_SPACE);
        p->in_row = true;
    }
}

static void see_block(struct page *p, const struct html_tag *tag, unsigned flags) {
    end_row(p);
    if (p->in_pre) end_code(p);
    if (tag->is_end) {
        p->out->prefix = NULL; /* nothing came */
        doc_text_gap(p->out, DOC_BLOCK);
        if (strcmp(tag->name, "li") == 0) p->out->gap = DOC_LINE;
    } else if (flags & HEADING) {
        doc_text_begin(p->out, "# ");
    } else if (strcmp(tag->name, "li") == 0) {
        doc_text_gap(p->out, DOC_LINE);
        p->out->prefix = "- ";
    } else {
        /* <li><p>: the item goes on. */
        if (!p->out->prefix) doc_text_gap(p->out, DOC_BLOCK);
        if (strcmp(tag->name, "pre") == 0) p->in_pre = true;
    }
}

static void see_tag(struct page *p, const struct html_tag *tag) {
    unsigned flags = flags_of(tag->name);
    if (p->skipped[0] && !ends_skip(p, tag, flags)) return;
    bool opens = !tag->is_end && !tag->is_void && !(flags & EMPTY);
    if (strcmp(tag->name, "br") == 0) {
        if (p->in_pre) buf_add_str(&p->code, "\n");
        doc_text_gap(p->out, DOC_LINE);
    } else if (strcmp(tag->name, "tr") == 0 || strcmp(tag->name, "td") == 0 ||
               strcmp(tag->name, "th") == 0) {
        if (!p->in_pre) see_row(p, tag);
    } else if (flags & BLOCK) {
        see_block(p, tag, flags);
    }
    if (opens && (flags & SKIP || tag->is_hidden)) begin_skip(p, tag, flags);
}

/* From html[at], behind a tag that opens raw text: the offset of its end tag, or len. */
static size_t raw_end(const char *html, size_t len, size_t at, const char *name) {
    size_t n = strlen(name);
    while (at < len) {
        const char *lt = memchr(html + at, '<', len - at);
        if (!lt) return len;
        at = (size_t)(lt - html);
        if (len - at > n + 2 && html[at + 1] == '/' &&
            doc_starts(html + at + 2, len - at - 2, name)) {
            char next = html[at + 2 + n];
            if (ascii_is_space(next) || next == '>' || next == '/') return at;
        }
        at++;
    }
    return len;
}

static void take_title(struct page *p, const char *text, size_t len) {
    if (!p->title || p->title->size) return;
    struct doc_text clean;
    doc_text_init(&clean, 3 * len + 16);
    struct page inner = {.out = &clean};
    add_text(&inner, text, len);
    buf_add(p->title, clean.text.data ? clean.text.data : "", clean.text.size);
    if (buf_failed(&clean.text)) p->title->failed = true;
    doc_text_clear(&clean);
}

/* Returns the offset behind the element. */
static size_t skip_raw(struct page *p, const char *html, size_t len, size_t at,
                       const struct html_tag *tag) {
    size_t end = raw_end(html, len, at, tag->name);
    if (strcmp(tag->name, "title") == 0) take_title(p, html + at, end - at);
    return end;
}

void html_read(struct doc_text *out, struct buf *title, const char *html, size_t len) {
    struct page p = {.out = out, .title = title};
    buf_init(&p.code, out->text.max);
    bool has_tags = true; /* false behind a tag that never ends: the rest is text */
    for (size_t i = 0; i < len;) {
        const char *lt = has_tags ? memchr(html + i, '<', len - i) : NULL;
        size_t n = lt ? (size_t)(lt - html) - i : len - i;
        if (!p.skipped[0]) add_text(&p, html + i, n);
        i += n;
        if (i == len) break;
        struct html_tag tag;
        size_t taken = html_take_tag(&tag, html + i, len - i, &has_tags);
        if (!has_tags) continue;
        if (taken == 0) {
            if (!p.skipped[0]) add(&p, "<", 1);
            i++;
            continue;
        }
        i += taken;
        if (!tag.name[0]) continue;
        if (!tag.is_end && flags_of(tag.name) & RAW) {
            i = skip_raw(&p, html, len, i, &tag);
            continue;
        }
        see_tag(&p, &tag);
    }
    if (p.in_pre) end_code(&p);
    if (buf_failed(&p.code)) out->text.failed = true;
    out->prefix = NULL;
    buf_clear(&p.code);
}

/* The value behind "charset=" or "encoding=", quoted or not. */
static struct doc_piece value_at(const char *text, size_t len) {
    size_t i = 0, from;
    while (i < len && (ascii_is_space(text[i]) || text[i] == '"' || text[i] == '\'')) i++;
    for (from = i; i < len && !ascii_is_space(text[i]) && !strchr("\"'>;?/", text[i]);) i++;
    return (struct doc_piece){text + from, i - from};
}

struct doc_piece html_charset(const char *html, size_t len) {
    if (len > 4096) len = 4096; /* the HTML Standard's prescan ends at 1024 */
    for (size_t i = 0; i < len; i++) {
        if (html[i] != 'c' && html[i] != 'C' && html[i] != 'e' && html[i] != 'E') continue;
        const char *key = ascii_lower(html[i]) == 'c' ? "charset" : "encoding";
        if (!doc_starts(html + i, len - i, key)) continue;
        size_t at = i + strlen(key);
        while (at < len && ascii_is_space(html[at])) at++;
        if (at < len && html[at] == '=') return value_at(html + at + 1, len - at - 1);
    }
    return (struct doc_piece){"", 0};
}
