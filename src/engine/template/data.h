/* Messages, tools and variables: from JSON to values, all of which count as data. */
#ifndef INGLE_ENGINE_TEMPLATE_DATA_H
#define INGLE_ENGINE_TEMPLATE_DATA_H

#include "engine/template/run.h"

BASE_NODISCARD ingle_status data_value(struct run *r, const struct json_value *json,
                                       struct value *out);

/* What all names mean at the start: the input's variables and the built-in functions. */
BASE_NODISCARD ingle_status data_globals(struct run *r);

#endif
