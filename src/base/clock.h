/* Monotonic time, and the date. */
#ifndef INGLE_BASE_CLOCK_H
#define INGLE_BASE_CLOCK_H

#include <stdint.h>

uint64_t clock_ns(void); /* nanoseconds since an arbitrary start */
double clock_ms(void);   /* the same in milliseconds */

int64_t clock_date_ns(void); /* nanoseconds since 1970; may jump */

#endif
