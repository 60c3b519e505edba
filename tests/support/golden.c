#include "support/golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void expect_golden(const char *folder, const char *name, const struct buf *text) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    const char *mode = getenv("INGLE_GOLDEN");
    bool writes = mode && strcmp(mode, "write") == 0;
    FILE *f = fopen(path, writes ? "w" : "r");
    if (!f) fail_msg("cannot open %s", path);
    if (writes) {
        fwrite(text->data, 1, text->size, f);
        fclose(f);
        return;
    }
    struct buf was = {.max = 1 << 20};
    char piece[4096];
    for (size_t n; (n = fread(piece, 1, sizeof piece, f)) > 0;) buf_add(&was, piece, n);
    fclose(f);
    if (was.size != text->size || memcmp(was.data, text->data, was.size) != 0) {
        print_error("%s was:\n%s\nand is:\n%s\n", path, was.data, text->data);
        fail();
    }
    buf_clear(&was);
}
