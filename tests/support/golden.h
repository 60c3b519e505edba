/* Texts that are compared with files below tests/golden, so that a change of them is seen. With
 * INGLE_GOLDEN=write in the environment the files are written instead. For programs with cmocka
 * that know TEST_GOLDEN, the folder. */
#ifndef INGLE_TESTS_SUPPORT_GOLDEN_H
#define INGLE_TESTS_SUPPORT_GOLDEN_H

#include "base/buf.h"

void expect_golden(const char *folder, const char *name, const struct buf *text);

#endif
