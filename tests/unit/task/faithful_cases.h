/* The hand-made cases of the faithfulness guard. */
#ifndef INGLE_TESTS_UNIT_TASK_FAITHFUL_CASES_H
#define INGLE_TESTS_UNIT_TASK_FAITHFUL_CASES_H

#include "task/faithful.h"

struct faithful_case {
    const char *source, *output;
    enum faithful_kind kind; /* of false ones */
};

extern const struct faithful_case faithful_true[], faithful_false[];
extern const size_t faithful_n_true, faithful_n_false;

#endif
