/* What the built-in intents are learned from, written to standard output as JSON lines {"text",
 * "label"}, label null for what is out of scope:
 *   prepare_intents DATA_FULL.json PART...       those parts of CLINC150 ("train", "oos_train" ...)
 *   prepare_intents --none FOLDER INTENT...      the texts of HWU64's FOLDER that have one of these
 *                                                intents, as out of scope */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_tree.h"
#include "base/map.h"

static void fail(const char *what) {
    fprintf(stderr, "prepare_intents: %s\n", what);
    exit(1);
}

/* The texts have no control characters but what JSON escapes with a backslash. */
static void put_json(const struct json_text *t) {
    putchar('"');
    for (size_t i = 0; i < t->len; i++) {
        unsigned char c = (unsigned char)t->data[i];
        if (c < 0x20) {
            printf("\\u%04x", c);
        } else {
            if (c == '"' || c == '\\') putchar('\\');
            putchar(c);
        }
    }
    putchar('"');
}

static void put_part(const struct json_value *root, const char *name) {
    const struct json_value *part = json_member(root, name);
    if (!part || part->kind != JSON_ARRAY) fail("a part is missing");
    for (size_t i = 0; i < part->n; i++) {
        const struct json_value *pair = &part->items[i];
        if (pair->kind != JSON_ARRAY || pair->n != 2 || pair->items[0].kind != JSON_STRING ||
            pair->items[1].kind != JSON_STRING) {
            fail("an example is no pair of strings");
        }
        printf("{\"text\":");
        put_json(&pair->items[0].text);
        printf(",\"label\":");
        if (json_text_is(&pair->items[1].text, "oos")) {
            printf("null");
        } else {
            put_json(&pair->items[1].text);
        }
        printf("}\n");
    }
}

static void put_clinc150(const char *path, char **parts) {
    ingle_error err = {0};
    struct file_map map;
    struct arena arena;
    const struct json_value *root;
    if (file_map_open(&map, path, &err) != INGLE_OK) fail(err.msg);
    arena_init(&arena, (size_t)1 << 30);
    if (json_tree_parse(&root, &arena, (const char *)map.data, map.size, path, &err) != INGLE_OK) {
        fail(err.msg);
    }
    for (; *parts; parts++) put_part(root, *parts);
    arena_clear(&arena);
    file_map_close(&map);
}

static FILE *open_in(const char *folder, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    if (!file) fail("a file of HWU64 is missing");
    return file;
}

/* The next line without its newline; -1 at the end. */
static ssize_t next_line(FILE *file, char **line, size_t *cap) {
    ssize_t n = getline(line, cap, file);
    if (n > 0 && (*line)[n - 1] == '\n') (*line)[--n] = '\0';
    return n;
}

/* A text a line in seq.in, its intent in the same line of label. */
static void put_none(const char *folder, char **intents) {
    FILE *texts = open_in(folder, "seq.in"), *labels = open_in(folder, "label");
    char *text = NULL, *label = NULL;
    size_t text_cap = 0, label_cap = 0;
    ssize_t n;
    while ((n = next_line(texts, &text, &text_cap)) >= 0) {
        if (next_line(labels, &label, &label_cap) < 0) fail("HWU64 has fewer labels than texts");
        char **wanted = intents;
        while (*wanted && strcmp(*wanted, label) != 0) wanted++;
        if (!*wanted) continue;
        printf("{\"text\":");
        put_json(&(struct json_text){text, (size_t)n});
        printf(",\"label\":null}\n");
    }
    fclose(texts);
    fclose(labels);
    free(text); /* getline()'s */
    free(label);
}

int main(int argc, char **argv) {
    if (argc < 3) fail("usage: prepare_intents DATA_FULL.json PART... | --none FOLDER INTENT...");
    if (strcmp(argv[1], "--none") == 0) {
        put_none(argv[2], argv + 3);
    } else {
        put_clinc150(argv[1], argv + 2);
    }
    if (fflush(stdout) != 0) fail("cannot write");
    return 0;
}
