/* The learning rate over a run: a linear warm-up, then half a cosine down to a share of the peak
 * (Loshchilov and Hutter 2017). */
#ifndef INGLE_LEARN_SCHEDULE_H
#define INGLE_LEARN_SCHEDULE_H

struct schedule {
    float peak, floor; /* rates */
    double warmup;     /* share of the run, 0 to 1 */
};

/* The rate at `done`, the share of the run that is over, 0 to 1. */
float schedule_rate(const struct schedule *s, double done);

#endif
