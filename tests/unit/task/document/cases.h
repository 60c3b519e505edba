/* Documents as bytes and the text that they must become. For programs with cmocka. */
#ifndef INGLE_TESTS_UNIT_TASK_DOCUMENT_CASES_H
#define INGLE_TESTS_UNIT_TASK_DOCUMENT_CASES_H

#include <stddef.h>

struct document_case {
    const char *bytes, *text;
};

/* Reads each as a file of this name; all but the text is the caller's to look at. */
void expect_texts(const char *name, const struct document_case *cases, size_t n);

/* Title and notes of one document; NULL = whatever it is. */
void expect_document(const char *name, const char *bytes, const char *title, const char *notes);

/* Any bytes of any name leave no memory behind, and give valid UTF-8 without NULs or a sentence. */
void expect_harmless(const char *name, const void *bytes, size_t size);

#endif
