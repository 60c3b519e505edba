/* The filters by what they are about: numbers and values (filters.c), text, lists. */
#ifndef INGLE_ENGINE_TEMPLATE_FILTERS_H
#define INGLE_ENGINE_TEMPLATE_FILTERS_H

#include "engine/template/call.h"

#define FILTER(fn_name)                                                                            \
    ingle_status fn_name(struct run *r, struct value self, struct params *p, struct value *out)

/* NULL if there is none. */
const struct builtin *filters_of_text(const char *name, size_t len);
const struct builtin *filters_of_lists(const char *name, size_t len);
const struct builtin *filters_of_choice(const char *name, size_t len); /* map, select ... */

/* tojson.c */
BASE_NODISCARD FILTER(filter_to_json);

/* data.c: what a JSON text says. */
BASE_NODISCARD FILTER(filter_from_json);

/* sort.c: sort, dictsort, unique, groupby, min, max. */
BASE_NODISCARD FILTER(filter_sort);
BASE_NODISCARD FILTER(filter_dict_sort);
BASE_NODISCARD FILTER(filter_unique);
BASE_NODISCARD FILTER(filter_group_by);
BASE_NODISCARD FILTER(filter_min);
BASE_NODISCARD FILTER(filter_max);

#endif
