#include "unit/task/document/cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "ingle/document.h"

static ingle_document *read_document(const char *name, const void *bytes, size_t size) {
    ingle_document *d;
    ingle_error err = {0};
    if (ingle_document_read(&d, bytes, size, name, &err) != INGLE_OK) fail_msg("%s", err.msg);
    return d;
}

void expect_texts(const char *name, const struct document_case *cases, size_t n) {
    size_t n_wrong = 0;
    for (size_t i = 0; i < n; i++) {
        ingle_document *d = read_document(name, cases[i].bytes, strlen(cases[i].bytes));
        ingle_document_info info = ingle_document_get_info(d);
        assert_int_equal(strlen(info.text), info.text_len);
        if (strcmp(info.text, cases[i].text) != 0) {
            print_error("case %zu:\n<<<%s>>>\ninstead of\n<<<%s>>>\n", i, info.text, cases[i].text);
            n_wrong++;
        }
        ingle_document_free(d);
    }
    assert_int_equal(n_wrong, 0);
}

void expect_document(const char *name, const char *bytes, const char *title, const char *notes) {
    ingle_document *d = read_document(name, bytes, strlen(bytes));
    ingle_document_info info = ingle_document_get_info(d);
    if (title) assert_string_equal(info.title, title);
    if (notes) assert_string_equal(info.notes, notes);
    ingle_document_free(d);
}

void expect_harmless(const char *name, const void *bytes, size_t size) {
    uint64_t live = mem_live();
    ingle_document *d;
    ingle_error err = {0};
    if (ingle_document_read(&d, bytes, size, name, &err) == INGLE_OK) {
        ingle_document_info info = ingle_document_get_info(d);
        assert_true(utf8_is_valid(info.text, info.text_len));
        assert_int_equal(strlen(info.text), info.text_len);
        assert_true(utf8_is_valid(info.title, strlen(info.title)));
        ingle_document_free(d);
    } else {
        assert_null(d);
        assert_int_equal(err.code, INGLE_INVALID);
        assert_true(strlen(err.msg) > 10);
    }
    assert_int_equal(mem_live(), live);
}
