/* A model's file as a model of many parts: the first one has all of it, the others have no tensor.
 */
#ifndef INGLE_TESTS_SUPPORT_SPLIT_MODEL_H
#define INGLE_TESTS_SUPPORT_SPLIT_MODEL_H

#include <stdbool.h>

/* Writes folder/name-00001-of-0000n.gguf and so on. False, having said why on standard error, if it
 * cannot. */
bool split_model_write(const char *model, const char *folder, const char *name, int n);

#endif
