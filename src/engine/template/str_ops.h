/* What Python's str does, for methods and filters: each byte keeps its mark. */
#ifndef INGLE_ENGINE_TEMPLATE_STR_OPS_H
#define INGLE_ENGINE_TEMPLATE_STR_OPS_H

#include "engine/template/run.h"

enum str_case { CASE_UPPER, CASE_LOWER, CASE_SWAP, CASE_CAPITALIZE, CASE_TITLE, CASE_JINJA_TITLE };

/* CASE_TITLE: as str.title(); CASE_JINJA_TITLE: as jinja2's filter, which knows words otherwise. */
BASE_NODISCARD ingle_status str_to_case(struct run *r, const struct str *s, enum str_case to,
                                        struct value *out);

/* Takes characters (NULL: white space) away on either side. */
BASE_NODISCARD ingle_status str_strip(struct run *r, const struct str *s, const struct str *chars,
                                      bool left, bool right, struct value *out);

/* max < 0: all of them. */
BASE_NODISCARD ingle_status str_replace(struct run *r, const struct str *s, const struct str *from,
                                        const struct str *to, int64_t max, struct value *out);

/* A list; sep NULL: at white space. from_right: the last ones are cut first, where max limits. */
BASE_NODISCARD ingle_status str_split(struct run *r, struct str *s, const struct str *sep,
                                      int64_t max, bool from_right, struct value *out);
BASE_NODISCARD ingle_status str_split_lines(struct run *r, const struct str *s, bool keep_ends,
                                            struct value *out);

/* Fills up to a width of characters; share: how much of the filling goes left: 0 none, 1 half as
 * str.center() does, 2 all. */
BASE_NODISCARD ingle_status str_pad(struct run *r, struct str *s, int64_t width,
                                    const struct str *fill, int share, struct value *out);

#endif
