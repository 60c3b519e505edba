/* Where something stands in a template's source. */
#ifndef INGLE_ENGINE_TEMPLATE_SOURCE_H
#define INGLE_ENGINE_TEMPLATE_SOURCE_H

#include "engine/template/template.h"

struct source_place {
    size_t line, column; /* from 1; the column counts bytes */
};
struct source_place source_place(const struct template *t, size_t where);

#endif
