/* The models that both engines are asked about: every architecture at odd shapes. */
#ifndef INGLE_TESTS_ORACLE_CASES_H
#define INGLE_TESTS_ORACLE_CASES_H

#include <stddef.h>

#include "support/make_model.h"

struct oracle_case {
    const char *name;
    struct make_model_spec spec; /* type left open */
};

#define CASES_N_CTX 256 /* of the contexts: llama.cpp rounds to a multiple of it */

/* NULL past the last. */
const struct oracle_case *oracle_float_case(size_t i);
const struct oracle_case *oracle_quant_case(size_t i);

#endif
