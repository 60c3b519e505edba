/* The rows of the guard's lexicon. */
#ifndef INGLE_TASK_FAITHFUL_LEXICON_TABLES_H
#define INGLE_TASK_FAITHFUL_LEXICON_TABLES_H

#include "task/faithful_internal.h"

enum money {
    MONEY_DOLLAR = UNIT_MONEY,
    MONEY_EURO,
    MONEY_POUND,
    MONEY_YEN,
    MONEY_RUPEE,
    MONEY_ROUBLE,
    MONEY_WON,
    MONEY_LIRA,
    MONEY_HRYVNIA,
    MONEY_BITCOIN,
    MONEY_FRANC,
    MONEY_YUAN,
    MONEY_SEK,
    MONEY_NOK,
    MONEY_DKK,
    MONEY_ZLOTY,
    MONEY_REAL,
    MONEY_CAD,
    MONEY_AUD,
    MONEY_CENTS
};

struct lex_row {
    uint32_t classes;
    const char *words; /* folded, separated by one space */
    double value;
    int unit;
};

extern const struct lex_row lex_rows[];
extern const size_t lex_n_rows;
extern const char lex_ordinary[]; /* LEX_ORDINARY */

#endif
