/* Cutting text into the pieces that byte-level BPE works on alone: hand-written automata for the
 * patterns that tokenizer.json files publish as regular expressions. Knows no vocabulary. */
#ifndef INGLE_ENGINE_TEXT_PRETOKEN_H
#define INGLE_ENGINE_TEXT_PRETOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pretoken_kind {
    PRETOKEN_GPT2,   /* GPT-2 */
    PRETOKEN_DIGITS, /* every number character alone, then GPT-2 on what lies between */
    PRETOKEN_CL100K, /* numbers in threes */
    PRETOKEN_QWEN2,  /* CL100K, numbers alone */
    PRETOKEN_O200K,  /* words cut where case begins anew, numbers in threes */
    PRETOKEN_TEKKEN, /* O200K without contractions, numbers alone */
    PRETOKEN_LINES   /* runs of newlines, runs of anything else */
};

/* What a name in tokenizer.ggml.pre stands for. */
struct pretoken_rule {
    enum pretoken_kind kind;
    bool whole_first; /* a piece that is a token is not taken apart ("ignore_merges") */
    bool add_bos;     /* unless tokenizer.ggml.add_bos_token says otherwise */
};

/* False if no such name is known. */
bool pretoken_find(const char *name, size_t len, struct pretoken_rule *rule);

/* End of the piece of s[0..len) that begins at `at` < len. s is well-formed UTF-8, and pieces are
 * asked for in order. *saw_end: the answer depends on the text ending there, so that a longer text
 * may have another. Constant stack; all pieces together cost time linear in len. */
size_t pretoken_next(enum pretoken_kind kind, const uint8_t *s, size_t len, size_t at,
                     bool *saw_end);

#endif
