#include "task/document/charset.h"

#include <iconv.h>
#include <string.h>

#include "base/utf8.h"

/* Windows-1252 at 0x80..0x9f (the WHATWG Encoding Standard's index); 0 = no character. */
static const uint16_t windows_1252[32] = {
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};

static void put(struct buf *out, uint32_t c) {
    char bytes[4];
    buf_add(out, bytes, utf8_put(bytes, c));
}

static uint32_t latin_9(uint32_t c) {
    switch (c) {
    case 0xa4:
        return 0x20ac;
    case 0xa6:
        return 0x160;
    case 0xa8:
        return 0x161;
    case 0xb4:
        return 0x17d;
    case 0xb8:
        return 0x17e;
    case 0xbc:
        return 0x152;
    case 0xbd:
        return 0x153;
    case 0xbe:
        return 0x178;
    default:
        return c;
    }
}

/* Returns the bytes that are no character. */
static size_t from_latin(struct buf *out, const char *bytes, size_t len, bool is_latin_9) {
    size_t n_bad = 0;
    for (size_t i = 0; i < len; i++) {
        uint32_t c = (unsigned char)bytes[i];
        if (c >= 0x80 && c < 0xa0) c = windows_1252[c - 0x80];
        if (is_latin_9) c = latin_9(c);
        if (c == 0) n_bad++;
        put(out, c ? c : UTF8_REPLACEMENT);
    }
    return n_bad;
}

static size_t from_utf8(struct buf *out, const char *bytes, size_t len) {
    size_t n_bad = 0;
    for (size_t i = 0; i < len;) {
        size_t n = utf8_find_invalid(bytes + i, len - i);
        buf_add(out, bytes + i, n);
        i += n;
        if (i == len) break;
        put(out, UTF8_REPLACEMENT);
        n_bad++;
        i++;
    }
    return n_bad;
}

static uint32_t unit(const char *p, bool is_big) {
    uint32_t a = (unsigned char)p[0], b = (unsigned char)p[1];
    return is_big ? a << 8 | b : b << 8 | a;
}

static size_t from_utf16(struct buf *out, const char *bytes, size_t len, bool is_big) {
    size_t n_bad = len % 2;
    for (size_t i = 0; i + 1 < len; i += 2) {
        uint32_t c = unit(bytes + i, is_big);
        if (c >= 0xd800 && c < 0xdc00 && i + 3 < len) {
            uint32_t low = unit(bytes + i + 2, is_big);
            if (low >= 0xdc00 && low < 0xe000) {
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
                i += 2;
            }
        }
        if (!utf8_is_scalar(c)) {
            n_bad++;
            c = UTF8_REPLACEMENT;
        }
        put(out, c);
    }
    return n_bad;
}

static size_t from_utf32(struct buf *out, const char *bytes, size_t len, bool is_big) {
    size_t n_bad = len % 4;
    for (size_t i = 0; i + 3 < len; i += 4) {
        uint32_t high = unit(bytes + i + (is_big ? 0 : 2), is_big);
        uint32_t c = high << 16 | unit(bytes + i + (is_big ? 2 : 0), is_big);
        if (!utf8_is_scalar(c)) {
            n_bad++;
            c = UTF8_REPLACEMENT;
        }
        put(out, c);
    }
    return n_bad;
}

/* Encodings that documents name and that are asked of iconv: no other name ever reaches it. */
static const char *const asked[] = {
    "iso-8859-2",   "iso-8859-3",   "iso-8859-4",   "iso-8859-5",   "iso-8859-6",   "iso-8859-7",
    "iso-8859-8",   "iso-8859-9",   "iso-8859-10",  "iso-8859-13",  "iso-8859-14",  "iso-8859-16",
    "koi8-r",       "koi8-u",       "windows-1250", "windows-1251", "windows-1253", "windows-1254",
    "windows-1255", "windows-1256", "windows-1257", "windows-1258", "ibm437",       "ibm850",
    "macintosh",    "shift_jis",    "euc-jp",       "iso-2022-jp",  "gb2312",       "gbk",
    "gb18030",      "big5",         "euc-kr",       "tis-620"};

static bool from_iconv(struct buf *out, const char *name, const char *bytes, size_t len) {
    iconv_t cd = iconv_open("UTF-8", name);
    if (cd == (iconv_t)-1) return false;
    char block[4096];
    char *in = (char *)(uintptr_t)bytes; /* iconv() only reads it */
    while (len > 0) {
        char *to = block;
        size_t room = sizeof block, before = len;
        size_t result = iconv(cd, &in, &len, &to, &room);
        BASE_WRITTEN(block, sizeof block - room);
        from_utf8(out, block, sizeof block - room);
        /* A full block is no error; anything else that stops it is a byte that means nothing. */
        if (result == (size_t)-1 && room > 16 && len > 0) {
            put(out, UTF8_REPLACEMENT);
            in++;
            len--;
        } else if (len == before) {
            break;
        }
    }
    iconv_close(cd);
    return true;
}

static bool is_one_of(struct doc_piece name, const char *const *names, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (doc_piece_is(name, names[i])) return true;
    }
    return false;
}

bool charset_convert(struct buf *out, struct doc_piece name, const char *bytes, size_t len) {
    static const char *const utf8[] = {"utf-8", "utf8", "us-ascii", "ascii", "unknown-8bit"};
    static const char *const latin[] = {"iso-8859-1", "latin1", "iso8859-1", "windows-1252",
                                        "cp1252"};
    static const char *const latin9[] = {"iso-8859-15", "latin-9", "latin9"};
    name = doc_trim(name.data, name.len);
    if (is_one_of(name, utf8, BASE_COUNT(utf8))) {
        from_utf8(out, bytes, len);
    } else if (is_one_of(name, latin, BASE_COUNT(latin))) {
        from_latin(out, bytes, len, false);
    } else if (is_one_of(name, latin9, BASE_COUNT(latin9))) {
        from_latin(out, bytes, len, true);
    } else if (doc_piece_is(name, "utf-16le") || doc_piece_is(name, "utf-16be")) {
        from_utf16(out, bytes, len, doc_piece_is(name, "utf-16be"));
    } else if (doc_piece_is(name, "utf-16")) {
        bool is_little = len > 1 && memcmp(bytes, "\xff\xfe", 2) == 0;
        from_utf16(out, bytes, len, !is_little);
    } else {
        for (size_t i = 0; i < BASE_COUNT(asked); i++) {
            if (doc_piece_is(name, asked[i])) return from_iconv(out, asked[i], bytes, len);
        }
        if (doc_piece_is(name, "ks_c_5601-1987")) return from_iconv(out, "euc-kr", bytes, len);
        return false;
    }
    return true;
}

/* ---- whole documents ---- */

/* What files of other kinds begin with. */
static const struct {
    const char *bytes;
    size_t len;
    const char *what;
} magics[] = {
    {"%PDF-", 5, "a PDF"},
    {"PK\3\4", 4, "a ZIP archive, as Word's and OpenDocument's files are; save it as PDF or HTML"},
    {"\320\317\021\340", 4, "an old Office file; save it as PDF or HTML"},
    {"{\\rtf", 5, "an RTF file; save it as PDF or HTML"},
    {"\037\213", 2, "compressed with gzip; unpack it first"},
    {"BZh", 3, "compressed with bzip2; unpack it first"},
    {"\3757zXZ", 5, "compressed with xz; unpack it first"},
    {"(\265/\375", 4, "compressed with zstd; unpack it first"},
    {"7z\274\257", 4, "a 7z archive; unpack it first"},
    {"\211PNG", 4, "a picture (PNG)"},
    {"\377\330\377", 3, "a picture (JPEG)"},
    {"GIF8", 4, "a picture (GIF)"},
    {"RIFF", 4, "a picture, sound or film (RIFF)"},
    {"\177ELF", 4, "a program (ELF)"},
    {"MZ", 2, NULL}, /* said only if the rest is no text */
    {"GGUF", 4, "a model (GGUF)"},
    {"SQLite format 3", 15, "a database (SQLite)"},
    {"OggS", 4, "sound (Ogg)"},
    {"ID3", 3, NULL},
};

static ingle_status refuse_magic(const char *bytes, size_t len, const char *name,
                                 ingle_error *err) {
    for (size_t i = 0; i < BASE_COUNT(magics); i++) {
        if (!magics[i].what || len < magics[i].len) continue;
        if (memcmp(bytes, magics[i].bytes, magics[i].len) != 0) continue;
        return status_set(err, INGLE_INVALID, 0, "'%s' is no text but %s.", name, magics[i].what);
    }
    return INGLE_OK;
}

/* Text has no NULs and next to no control characters. */
static ingle_status refuse_binary(const char *bytes, size_t len, const char *name,
                                  ingle_error *err) {
    size_t n_controls = 0, first = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c == 0) {
            return status_set(err, INGLE_INVALID, i, "'%s' is no text: byte %zu is zero.", name, i);
        }
        if (c < 0x20 && !ascii_is_space((char)c) && c != 0x1b && c != '\b') {
            if (n_controls++ == 0) first = i;
        }
    }
    if (n_controls <= 8 || n_controls <= len / 200) return INGLE_OK;
    return status_set(err, INGLE_INVALID, first,
                      "'%s' is no text: %zu of its %zu bytes are control characters.", name,
                      n_controls, len);
}

/* Characters of several bytes that are right, for and against UTF-8. */
static size_t count_wide(const char *bytes, size_t len, size_t *n_bad) {
    size_t n_wide = 0;
    *n_bad = 0;
    for (size_t i = 0, n; i < len; i += n) {
        uint32_t c;
        n = utf8_take(bytes + i, len - i, &c);
        if (n > 1) n_wide++;
        if (n == 0) {
            n = 1;
            ++*n_bad;
        }
    }
    return n_wide;
}

static bool by_mark(struct decoded *d, struct buf *out, const char *bytes, size_t len) {
    if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        d->n_bad = from_utf8(out, bytes + 3, len - 3);
    } else if (len >= 4 && memcmp(bytes, "\xff\xfe\0\0", 4) == 0) {
        d->n_bad = from_utf32(out, bytes + 4, len - 4, false);
    } else if (len >= 4 && memcmp(bytes, "\0\0\xfe\xff", 4) == 0) {
        d->n_bad = from_utf32(out, bytes + 4, len - 4, true);
    } else if (len >= 2 && memcmp(bytes, "\xff\xfe", 2) == 0) {
        d->n_bad = from_utf16(out, bytes + 2, len - 2, false);
    } else if (len >= 2 && memcmp(bytes, "\xfe\xff", 2) == 0) {
        d->n_bad = from_utf16(out, bytes + 2, len - 2, true);
    } else {
        return false;
    }
    return true;
}

static void by_content(struct decoded *d, struct buf *out, const char *bytes, size_t len,
                       struct doc_piece declared) {
    size_t n_wide = count_wide(bytes, len, &d->n_bad);
    if (d->n_bad == 0) {
        buf_add(out, bytes, len);
    } else if (declared.len && !doc_piece_is(declared, "utf-8") &&
               charset_convert(out, declared, bytes, len)) {
        d->n_bad = 0;
    } else if (n_wide / 4 >= d->n_bad || doc_piece_is(declared, "utf-8")) {
        from_utf8(out, bytes, len);
    } else {
        d->is_guessed = true;
        d->n_bad = from_latin(out, bytes, len, false);
    }
}

/* In blocks: between two interesting bytes everything is copied at once. */
void charset_clean(struct buf *out, const char *text, size_t len) {
    size_t from = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        bool is_c1 = c == 0xc2 && i + 1 < len && (unsigned char)text[i + 1] < 0xa0;
        if ((c >= 0x20 && c != 0x7f && !is_c1) || c == '\n' || c == '\t') continue;
        buf_add(out, text + from, i - from);
        if (c == '\f' || c == '\v') buf_add_str(out, "\n\n");
        if (c == '\r' && (i + 1 == len || text[i + 1] != '\n')) buf_add_str(out, "\n");
        if (is_c1) i++;
        from = i + 1;
    }
    buf_add(out, text + from, len - from);
}

ingle_status charset_decode(struct decoded *d, const char *bytes, size_t len,
                            struct doc_piece declared, const char *name, ingle_error *err) {
    *d = (struct decoded){0};
    struct buf raw;
    buf_init(&d->text, 4 * len + 64);
    buf_init(&raw, 4 * len + 64);
    ingle_status status = INGLE_OK;
    if (!by_mark(d, &raw, bytes, len)) {
        status = refuse_magic(bytes, len, name, err);
        if (status == INGLE_OK) status = refuse_binary(bytes, len, name, err);
        if (status == INGLE_OK) by_content(d, &raw, bytes, len, declared);
    }
    if (status == INGLE_OK && raw.size) {
        status = refuse_binary(raw.data, raw.size, name, err);
        if (status == INGLE_OK) charset_clean(&d->text, raw.data, raw.size);
    }
    if (status == INGLE_OK && (buf_failed(&raw) || buf_failed(&d->text))) {
        status = status_no_memory(err, "the document", len);
    }
    buf_clear(&raw);
    return status;
}
