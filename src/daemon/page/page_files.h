/* The files of the page (web/), as bytes of the program's read-only data. */
#ifndef INGLE_DAEMON_PAGE_PAGE_FILES_H
#define INGLE_DAEMON_PAGE_PAGE_FILES_H

#include <stddef.h>
#include <stdint.h>

struct page_file {
    const char *name; /* "app.js" */
    const char *type;
    const uint8_t *data, *end;
};

/* NULL if there is none of this name. */
const struct page_file *page_file_find(const char *name);

#endif
