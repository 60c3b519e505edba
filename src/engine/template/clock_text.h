/* strftime() of a time that the caller gives, in English whatever the locale. */
#ifndef INGLE_ENGINE_TEMPLATE_CLOCK_TEXT_H
#define INGLE_ENGINE_TEMPLATE_CLOCK_TEXT_H

#include "engine/template/run.h"

BASE_NODISCARD ingle_status clock_text(struct run *r, const struct str *format, const struct tm *t,
                                       struct value *out);

#endif
