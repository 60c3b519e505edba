/* A stretch of a text, in bytes. */
#ifndef INGLE_ENGINE_TEXT_TEXT_RANGE_H
#define INGLE_ENGINE_TEXT_TEXT_RANGE_H

#include <stddef.h>

struct text_range {
    size_t start, len;
};

#endif
