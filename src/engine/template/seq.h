/* Lists, tuples, and what else is walked; dicts. */
#ifndef INGLE_ENGINE_TEMPLATE_SEQ_H
#define INGLE_ENGINE_TEMPLATE_SEQ_H

#include "engine/template/value.h"

BASE_NODISCARD ingle_status seq_new(struct run *r, enum seq_form form, size_t cap,
                                    struct seq **out);
BASE_NODISCARD ingle_status seq_add(struct run *r, struct seq *q, struct value v);
void seq_remove(struct seq *q, size_t at);
BASE_NODISCARD ingle_status seq_pair(struct run *r, struct value a, struct value b,
                                     struct value *out);

/* All that a value gives when it is walked: items, keys, characters. An iterator is used up; a list
 * is *out itself and is not to be changed. Fails for what Python cannot walk. */
BASE_NODISCARD ingle_status seq_walk(struct run *r, struct value v, const struct seq **out);
bool seq_can_walk(struct value v);

/* The same as a new seq of this form. */
BASE_NODISCARD ingle_status seq_copy(struct run *r, struct value v, enum seq_form form,
                                     struct seq **out);

/* Python's len(); false if the value has none. */
bool seq_length(struct value v, size_t *out);

BASE_NODISCARD ingle_status dict_new(struct run *r, struct dict **out);
BASE_NODISCARD ingle_status dict_set(struct run *r, struct dict *d, struct value key,
                                     struct value v);
BASE_NODISCARD ingle_status dict_set_name(struct run *r, struct dict *d, const char *name,
                                          size_t len, struct value v);
/* NULL in *out if there is no such key. */
BASE_NODISCARD ingle_status dict_get(struct run *r, const struct dict *d, struct value key,
                                     struct value **out);
/* By a string; NULL. */
struct value *dict_find(const struct dict *d, const char *name, size_t len);
BASE_NODISCARD ingle_status dict_remove(struct run *r, struct dict *d, struct value key);
BASE_NODISCARD ingle_status dict_view(struct run *r, const struct dict *d, enum seq_form form,
                                      struct value *out);

#endif
