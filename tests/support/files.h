/* Whole files and what lies in a folder. A failure ends the test. For programs with cmocka. */
#ifndef INGLE_TESTS_SUPPORT_FILES_H
#define INGLE_TESTS_SUPPORT_FILES_H

#include <stddef.h>
#include <stdint.h>

/* The caller frees it. */
uint8_t *file_read(const char *path, size_t *size);

/* Makes or replaces it, mode 0600. */
void file_write(const char *path, const void *data, size_t size);

size_t file_size(const char *path);
unsigned file_mode(const char *path); /* the permissions */

/* Names in a folder whose name contains this ("" = any). */
int folder_count(const char *folder, const char *containing);

#endif
