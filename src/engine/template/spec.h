/* How a value is to look: what the formats of % and of format() say in common. */
#ifndef INGLE_ENGINE_TEMPLATE_SPEC_H
#define INGLE_ENGINE_TEMPLATE_SPEC_H

#include "engine/template/run.h"

struct spec {
    char fill[4]; /* one character */
    size_t fill_len;
    char align; /* < > ^ = */
    char sign;  /* + or space; else only a minus is written */
    bool is_alternate;
    char group;               /* , or _ between thousands; '\0' */
    int64_t width, precision; /* precision -1: not given */
    char type;                /* d x f s ...; '\0': not given */
};

void spec_init(struct spec *s, char align);

/* A text, cut to the precision; an integer by type d x X o b c; a float by type e E f F g G %. */
BASE_NODISCARD ingle_status spec_put_str(struct build *b, const struct spec *s, struct str *text);
BASE_NODISCARD ingle_status spec_put_int(struct build *b, const struct spec *s, int64_t i);
BASE_NODISCARD ingle_status spec_put_float(struct build *b, const struct spec *s, double f);

#endif
