/* What a call says of its success or failure, and whether it says it well. For programs with
 * cmocka. */
#ifndef INGLE_TESTS_SUPPORT_REFUSAL_H
#define INGLE_TESTS_SUPPORT_REFUSAL_H

#include "ingle/status.h"

/* A success leaves err alone: mark it before the call, then expect the mark. */
void mark_error(ingle_error *err);
void expect_marked(const ingle_error *err);

/* Fails unless status is code, err says so too, and its message is a finished sentence that
 * contains `saying`. */
void expect_refusal(ingle_status status, ingle_status code, const ingle_error *err,
                    const char *saying);

#endif
