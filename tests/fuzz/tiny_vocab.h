/* Small vocabularies of every kind of tokenizer, for the fuzz target and its corpus. */
#ifndef INGLE_TESTS_FUZZ_TINY_VOCAB_H
#define INGLE_TESTS_FUZZ_TINY_VOCAB_H

#include <stdbool.h>

#include "support/gguf_writer.h"

#define TINY_VOCABS 9

/* Appends the tokenizer.* keys of vocabulary 0 .. TINY_VOCABS - 1. */
void tiny_vocab_write(struct gguf_writer *w, int which);

/* True if it is byte-level BPE: any valid UTF-8 comes back as it was. */
bool tiny_vocab_is_bytes(int which);

#endif
