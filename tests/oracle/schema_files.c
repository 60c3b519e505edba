/* Compiles schema files and says what became of each: schema_files FILE... */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engine/constraint/schema.h"
#include "unit/constraint/shape_judge.h"

static char text[1 << 24];

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (!file) return 1;
        size_t len = fread(text, 1, sizeof text, file);
        fclose(file);
        struct shape_table *table;
        ingle_error err = {0};
        uint64_t start = clock_ns();
        ingle_status status = schema_compile(&table, text, len, &err);
        double ms = (double)(clock_ns() - start) / 1e6;
        const char *broken = table ? shape_check(table) : NULL;
        printf("%d %.1f ms %zu shapes %s: %s%s\n", (int)status, ms, table ? table->n_shapes : 0,
               argv[i], status ? err.msg : "", broken ? broken : "");
        shape_table_free(table);
    }
    return 0;
}
