/* The first byte chooses the kind of document, by a name; the rest is the document: it becomes
 * UTF-8 text in the form that doc_text.h promises, or is refused in a sentence. Pages as well. */
#include <string.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/utf8.h"
#include "fuzz/fuzz.h"
#include "ingle/document.h"
#include "task/document/pages.h"

#define MAX_SIZE 65536

static void check_text(const ingle_document_info *info, size_t size) {
    const char *text = info->text;
    FUZZ_REQUIRE(utf8_is_valid(text, info->text_len) && strlen(text) == info->text_len);
    FUZZ_REQUIRE(utf8_is_valid(info->title, strlen(info->title)));
    FUZZ_REQUIRE(utf8_is_valid(info->notes, strlen(info->notes)));
    FUZZ_REQUIRE(info->text_len <= 32 * size + 4096);
    for (size_t i = 0; i < info->text_len; i++) {
        unsigned char c = (unsigned char)text[i];
        FUZZ_REQUIRE((c >= 0x20 && c != 0x7f) || c == '\n' || c == '\t');
    }
    FUZZ_REQUIRE(info->text_len == 0 || text[0] != '\n');
    FUZZ_REQUIRE(info->text_len == 0 || text[info->text_len - 1] != '\n');
    FUZZ_REQUIRE(!strstr(text, "\n\n\n"));
}

static void check_pages(const char *data, size_t size) {
    struct buf out;
    buf_init(&out, 2 * size + 16);
    FUZZ_REQUIRE(pages_join(&out, data, size));
    buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const names[] = {"a.html", "a.md",  "a.eml", "a.txt", "a.c",
                                        "a.py",   "a.lua", "a.sql", "",      "a.mbox"};
    if (size < 1 || size > MAX_SIZE) return 0;
    uint64_t live = mem_live();
    const char *name = names[data[0] % BASE_COUNT(names)];
    ingle_document *d;
    ingle_error err = {0};
    ingle_status status = ingle_document_read(&d, data + 1, size - 1, name, &err);
    FUZZ_REQUIRE((status == INGLE_OK) == (d != NULL));
    if (d) {
        ingle_document_info info = ingle_document_get_info(d);
        check_text(&info, size);
        ingle_document_free(d);
    } else {
        FUZZ_REQUIRE(status == INGLE_INVALID && err.msg[0] && err.where <= 4 * size);
    }
    check_pages((const char *)data + 1, size - 1);
    FUZZ_REQUIRE(mem_live() == live);
    return 0;
}
