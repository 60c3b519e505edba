#include "learn/schedule.h"

#include <math.h>

#define PI 3.14159265358979323846

float schedule_rate(const struct schedule *s, double done) {
    if (done < s->warmup) return s->peak * (float)(done / s->warmup);
    if (done >= 1.0) return s->floor;
    double down = (done - s->warmup) / (1.0 - s->warmup);
    return s->floor + (s->peak - s->floor) * (float)(0.5 * (1.0 + cos(PI * down)));
}
