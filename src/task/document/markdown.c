#include "task/document/markdown.h"

#include <string.h>

struct reader {
    struct doc_text *out;
    struct buf *title;
    struct buf paragraph; /* lines that belong together, their marks still in them */
    char fence;           /* of the code block that is open; '\0' = none */
    size_t fence_len;
    bool in_list;    /* a paragraph that follows may be an item's */
    bool after_gap;  /* the line before was empty */
    bool after_code; /* it was a line of indented code */
    bool in_comment; /* <!-- that has not ended */
};

static void end_paragraph(struct reader *r) {
    if (r->paragraph.size) markdown_inline(r->out, r->paragraph.data, r->paragraph.size);
    if (buf_failed(&r->paragraph)) r->out->text.failed = true;
    buf_reset(&r->paragraph);
}

static void add_heading(struct reader *r, struct doc_piece words) {
    end_paragraph(r);
    doc_text_begin(r->out, "# ");
    size_t from = r->out->text.size;
    markdown_inline(r->out, words.data, words.len);
    r->out->prefix = NULL;
    doc_text_gap(r->out, DOC_BLOCK);
    if (!r->title || r->title->size || r->out->text.size <= from) return;
    const char *text = r->out->text.data + from;
    const char *mark = strstr(text, "# ");
    if (mark) buf_add_str(r->title, mark + 2);
}

static size_t count_run(struct doc_piece line, char c) {
    size_t n = 0;
    while (n < line.len && line.data[n] == c) n++;
    return n;
}

static bool is_all(struct doc_piece line, const char *set) {
    for (size_t i = 0; i < line.len; i++) {
        if (!strchr(set, line.data[i])) return false;
    }
    return line.len > 0;
}

/* --- *** ___ between paragraphs. */
static bool is_rule(struct doc_piece line) {
    size_t n = 0;
    for (size_t i = 0; i < line.len; i++) n += line.data[i] == line.data[0];
    return n >= 3 && (is_all(line, "- ") || is_all(line, "* ") || is_all(line, "_ "));
}

/* Bytes of the mark of a list's item, its blanks included; 0 if the line is none. */
static size_t item_mark(struct doc_piece line) {
    size_t n = 0;
    if (line.len > 1 && strchr("-*+", line.data[0])) {
        n = 1;
    } else {
        while (n < line.len && n < 9 && ascii_is_digit(line.data[n])) n++;
        if (n == 0 || n == line.len || !strchr(".)", line.data[n])) return 0;
        n++;
    }
    if (n >= line.len || line.data[n] != ' ') return 0;
    while (n < line.len && line.data[n] == ' ') n++;
    return n;
}

static bool is_table_row(struct doc_piece line) {
    return line.len > 2 && (line.data[0] == '|' || line.data[line.len - 1] == '|');
}

/* |---|:--:| under the names of a table's columns. */
static bool is_table_rule(struct doc_piece line) {
    return is_all(line, "|-: \t") && memchr(line.data, '|', line.len) &&
           memchr(line.data, '-', line.len);
}

static void add_row(struct reader *r, struct doc_piece line) {
    end_paragraph(r);
    doc_text_gap(r->out, DOC_LINE);
    bool has_cell = false;
    for (size_t i = 0, from = 0; i <= line.len; i++) {
        bool is_bar =
            i == line.len || (line.data[i] == '|' && (i == 0 || line.data[i - 1] != '\\'));
        if (!is_bar) continue;
        struct doc_piece cell = doc_trim(line.data + from, i - from);
        from = i + 1;
        if (cell.len == 0) continue;
        doc_text_add_str(r->out, has_cell ? " | " : "| ");
        markdown_inline(r->out, cell.data, cell.len);
        has_cell = true;
    }
    if (has_cell) doc_text_add_str(r->out, " |");
    doc_text_gap(r->out, DOC_LINE);
}

/* "[name]: address" tells where a link leads: no text. */
static bool is_definition(struct doc_piece line) {
    if (line.len < 4 || line.data[0] != '[' || line.data[1] == '^') return false;
    const char *close = memchr(line.data, ']', line.len);
    return close && close + 1 < line.data + line.len && close[1] == ':';
}

static bool take_fence(struct reader *r, struct doc_piece line) {
    char c = line.len ? line.data[0] : ' ';
    if (c != '`' && c != '~') return false;
    size_t n = count_run(line, c);
    if (n < 3 || (c == '`' && memchr(line.data + n, '`', line.len - n))) return false;
    end_paragraph(r);
    doc_text_gap(r->out, DOC_BLOCK);
    r->fence = c;
    r->fence_len = n;
    return true;
}

static void add_code_line(struct reader *r, struct doc_piece line) {
    struct doc_piece bare = doc_trim(line.data, line.len);
    if (bare.len && bare.data[0] == r->fence && count_run(bare, r->fence) >= r->fence_len &&
        count_run(bare, r->fence) == bare.len) {
        r->fence = '\0';
        doc_text_gap(r->out, DOC_BLOCK);
        return;
    }
    doc_text_code_line(r->out, line.data, line.len);
}

/* A line of a paragraph, or one that underlines it. */
static void add_line(struct reader *r, struct doc_piece line) {
    bool underlines = is_all(line, "=") || (is_all(line, "-") && line.len > 1);
    if (underlines && r->paragraph.size) {
        struct buf words = r->paragraph;
        buf_init(&r->paragraph, words.max);
        if (buf_failed(&words)) r->out->text.failed = true;
        add_heading(r, (struct doc_piece){words.data, words.size});
        buf_clear(&words);
        return;
    }
    if (r->paragraph.size) buf_add_str(&r->paragraph, "\n");
    buf_add(&r->paragraph, line.data, line.len);
}

static void add_item(struct reader *r, struct doc_piece line, size_t mark) {
    end_paragraph(r);
    doc_text_gap(r->out, r->in_list ? DOC_LINE : DOC_BLOCK);
    r->out->prefix = "- ";
    if (ascii_is_digit(line.data[0])) { /* its number says something */
        r->out->prefix = NULL;
        doc_text_add(r->out, line.data, mark);
    }
    r->in_list = true;
    buf_add(&r->paragraph, line.data + mark, line.len - mark);
}

static void see_empty(struct reader *r) {
    end_paragraph(r);
    r->after_gap = true;
}

static void see_line(struct reader *r, struct doc_piece whole) {
    if (r->fence) {
        add_code_line(r, whole);
        return;
    }
    struct doc_piece line = doc_trim(whole.data, whole.len);
    size_t indent = doc_indent(whole);
    while (line.len && line.data[0] == '>') line = doc_trim(line.data + 1, line.len - 1);
    if (line.len == 0) {
        see_empty(r);
        return;
    }
    bool was_gap = r->after_gap;
    bool may_be_code = (was_gap || r->after_code) && !r->in_list;
    r->after_gap = r->after_code = false;
    size_t level = count_run(line, '#'), mark = item_mark(line);
    if (was_gap && !mark) {
        doc_text_gap(r->out, DOC_BLOCK);
        if (indent < 2) r->in_list = false;
    }
    if (indent >= 4 && may_be_code) {
        size_t cut = 0;
        for (size_t columns = 0; columns < 4; cut++) columns += whole.data[cut] == '\t' ? 4 : 1;
        doc_text_code_line(r->out, whole.data + cut, whole.len - cut);
        r->after_code = true;
    } else if (take_fence(r, line) || is_definition(line) || is_table_rule(line)) {
        return;
    } else if (level && level <= 6 && (level == line.len || line.data[level] == ' ')) {
        size_t end = line.len;
        while (end > level && line.data[end - 1] == '#') end--;
        r->in_list = false;
        add_heading(r, doc_trim(line.data + level, end - level));
    } else if (is_rule(line) && !(r->paragraph.size && is_all(line, "-"))) {
        end_paragraph(r);
        doc_text_gap(r->out, DOC_BLOCK);
    } else if (mark) {
        add_item(r, line, mark);
    } else if (is_table_row(line)) {
        add_row(r, line);
    } else {
        add_line(r, line);
    }
}

/* Lines inside <!-- -->, which may be whole paragraphs. */
static bool is_comment(struct reader *r, struct doc_piece line) {
    if (r->fence) return false;
    struct doc_piece bare = doc_trim(line.data, line.len);
    if (!r->in_comment && !doc_starts(bare.data, bare.len, "<!--")) return false;
    bool ends = bare.len >= 3 && memcmp(bare.data + bare.len - 3, "-->", 3) == 0;
    if (!r->in_comment && !ends && memmem(bare.data, bare.len, "-->", 3)) return false;
    r->in_comment = !ends;
    return true;
}

/* YAML or TOML before the text; returns the bytes that it takes. */
static size_t read_front_matter(struct buf *title, const char *text, size_t len) {
    const char *rule = doc_starts(text, len, "---\n")   ? "---"
                       : doc_starts(text, len, "+++\n") ? "+++"
                                                        : NULL;
    if (!rule) return 0;
    struct doc_piece found = {"", 0};
    for (size_t at = 4; at < len;) {
        struct doc_piece line = doc_line(text, len, &at);
        struct doc_piece bare = doc_trim(line.data, line.len);
        if (doc_piece_is(bare, rule) || doc_piece_is(bare, "...")) {
            if (title && !title->size) buf_add(title, found.data, found.len);
            return at;
        }
        if (!doc_starts(bare.data, bare.len, "title")) continue;
        struct doc_piece value = doc_trim(bare.data + 5, bare.len - 5);
        if (value.len == 0 || !strchr(":=", value.data[0])) continue;
        found = doc_trim(value.data + 1, value.len - 1);
        if (found.len > 1 && strchr("\"'", found.data[0]) &&
            found.data[found.len - 1] == found.data[0]) {
            found = (struct doc_piece){found.data + 1, found.len - 2};
        }
    }
    return 0; /* it never ends: a rule, then text */
}

void markdown_read(struct doc_text *out, struct buf *title, const char *text, size_t len) {
    struct reader r = {.out = out, .title = title};
    buf_init(&r.paragraph, len + 1);
    for (size_t at = read_front_matter(title, text, len); at < len;) {
        struct doc_piece line = doc_line(text, len, &at);
        if (!is_comment(&r, line)) see_line(&r, line);
    }
    end_paragraph(&r);
    if (buf_failed(&r.paragraph)) out->text.failed = true;
    buf_clear(&r.paragraph);
}
