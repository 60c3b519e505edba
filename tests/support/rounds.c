#include "support/rounds.h"

#include <stdlib.h>

void rounds_read(struct rounds *r, int argc, char **argv) {
    if (argc > 1) r->n = (unsigned)strtoul(argv[1], NULL, 10);
    if (argc > 2) r->first_seed = (unsigned)strtoul(argv[2], NULL, 10);
}
