/* How the files of a model in several parts are named: NAME-00001-of-00003.gguf is the first of
 * three. */
#ifndef INGLE_BASE_PART_NAME_H
#define INGLE_BASE_PART_NAME_H

#include <stdbool.h>

/* Whether a path ends like that of part i of n, from 0. */
bool part_name_is(const char *path, int i, int n);

/* How many parts the name of a first part speaks of; 0 if it is none. */
int part_name_count(const char *path);

/* Writes the name of part i over that of another one. */
void part_name_set(char *path, int i);

#endif
