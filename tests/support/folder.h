/* The temporary folder of one test program: made before its tests, removed after them with all
 * that is in it. Both are group fixtures of cmocka. */
#ifndef INGLE_TESTS_SUPPORT_FOLDER_H
#define INGLE_TESTS_SUPPORT_FOLDER_H

int folder_make(void **state);
int folder_remove(void **state);

/* "<folder>/<name>"; overwritten by the fourth call from now. */
const char *folder_file(const char *name);

/* Waits for the next tick of the file system's clock: what changes from now on shows in its time.
 */
void folder_tick(void);

#endif
