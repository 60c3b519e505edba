/* The public JSON-Schema-Test-Suite through the schema compiler, the plain judge of shapes and the
 * machine that runs them: every instance of every group is judged right by both, or its schema is
 * refused. A table, a file a line.
 *
 *     schema_suite FOLDER DIALECT PERCENT [-v]
 *
 * FOLDER/json-schema/suite/DIALECT (INGLE_ORACLE_DIR wins over FOLDER); PERCENT: how many of the
 * instances must get a verdict; -v names each refused group. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "engine/constraint/json_machine.h"
#include "engine/constraint/schema.h"
#include "oracle/json_write.h"
#include "unit/constraint/shape_judge.h"

struct tally {
    unsigned right, refused, wrong;
};

static bool is_verbose;

static char *read_file(const char *path, size_t *len) {
    FILE *file = fopen(path, "rb");
    char *text = malloc(1 << 22);
    *len = 0;
    if (!file || !text) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(1);
    }
    *len = fread(text, 1, 1 << 22, file);
    fclose(file);
    return text;
}

static const char *string_of(const struct json_value *value, const char *name) {
    const struct json_value *member = json_member(value, name);
    return member ? member->text.data : "";
}

static bool takes(struct machine *machine, const struct json_value *value) {
    struct buf text;
    buf_init(&text, 1 << 22);
    json_write(&text, value);
    machine_state state = machine_steps(machine, machine->start, text.data, text.size);
    buf_clear(&text);
    return state != MACHINE_DEAD && machine->ops->accepts(machine, state) && !machine->failed;
}

static void judge_group(const struct json_value *group, struct tally *tally) {
    const struct json_value *tests = json_member(group, "tests");
    struct buf text;
    buf_init(&text, 1 << 22);
    json_write(&text, json_member(group, "schema"));
    struct shape_table *table;
    ingle_error err;
    ingle_status status = schema_compile(&table, text.data, text.size, &err);
    if (status != INGLE_OK && is_verbose) {
        printf("  refused (%zu): %s: %s\n", tests->n, string_of(group, "description"), err.msg);
    }
    struct machine *machine = NULL;
    if (status == INGLE_OK) status = json_machine_new(&machine, table, &err);
    if (status != INGLE_OK && table && is_verbose) {
        printf("  no machine (%zu): %s: %s\n", tests->n, string_of(group, "description"), err.msg);
    }
    const char *broken = table ? shape_check(table) : NULL;
    if (broken) printf("  broken promise: %s: %s\n", string_of(group, "description"), broken);
    for (size_t i = 0; i < tests->n; i++) {
        const struct json_value *test = &tests->items[i];
        if (status != INGLE_OK) {
            tally->refused++;
            continue;
        }
        bool is_valid = json_member(test, "valid")->kind == JSON_TRUE;
        const struct json_value *data = json_member(test, "data");
        bool is_right = shape_judge(table, table->root, data) == is_valid;
        is_right = is_right && takes(machine, data) == is_valid;
        tally->right += is_right && !broken;
        tally->wrong += !is_right || broken;
        if (is_right) continue;
        printf("  wrong: %s: %s (should be %s)\n    %s\n", string_of(group, "description"),
               string_of(test, "description"), is_valid ? "valid" : "invalid", text.data);
    }
    machine_free(machine);
    shape_table_free(table);
    buf_clear(&text);
}

static void judge_file(const char *folder, const char *name, struct tally *total) {
    char path[4096];
    size_t len;
    struct arena arena;
    const struct json_value *groups;
    ingle_error err;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    char *text = read_file(path, &len);
    arena_init(&arena, 1 << 26);
    if (json_tree_parse(&groups, &arena, text, len, path, &err) != INGLE_OK) {
        printf("  %s\n", err.msg);
        total->wrong++;
    } else {
        struct tally tally = {0};
        for (size_t i = 0; i < groups->n; i++) judge_group(&groups->items[i], &tally);
        printf("%-32s %6u %8u %6u\n", name, tally.right, tally.refused, tally.wrong);
        total->right += tally.right;
        total->refused += tally.refused;
        total->wrong += tally.wrong;
    }
    arena_clear(&arena);
    free(text);
}

static int is_json(const struct dirent *entry) {
    const char *end = strrchr(entry->d_name, '.');
    return end && strcmp(end, ".json") == 0;
}

int main(int argc, char **argv) {
    struct dirent **entries;
    struct tally total = {0};
    char folder[2048];
    if (argc < 4) return 2;
    is_verbose = argc > 4;
    const char *home = getenv("INGLE_ORACLE_DIR");
    snprintf(folder, sizeof folder, "%s/json-schema/suite/%s", home ? home : argv[1], argv[2]);
    int n = scandir(folder, &entries, is_json, alphasort);
    printf("%-32s %6s %8s %6s\n", "", "right", "refused", "wrong");
    for (int i = 0; i < n; i++) {
        judge_file(folder, entries[i]->d_name, &total);
        free(entries[i]);
    }
    if (n >= 0) free(entries);
    unsigned all = total.right + total.refused + total.wrong;
    double percent = all ? 100.0 * total.right / all : 0;
    printf("%-32s %6u %8u %6u   %.1f %% of %u\n", "together", total.right, total.refused,
           total.wrong, percent, all);
    return all > 0 && total.wrong == 0 && percent >= strtod(argv[3], NULL) ? 0 : 1;
}
