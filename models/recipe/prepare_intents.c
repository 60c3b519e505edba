/* What the built-in intents are learned from: prepare_intents DATA_FULL.json PART... writes those
 * parts of CLINC150 ("train", "oos_train" ...) to its standard output as JSON lines {"text",
 * "label"}, label null for what is out of scope. */
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

int main(int argc, char **argv) {
    ingle_error err = {0};
    struct file_map map;
    struct arena arena;
    const struct json_value *root;
    if (argc < 3) fail("usage: prepare_intents DATA_FULL.json PART...");
    if (file_map_open(&map, argv[1], &err) != INGLE_OK) fail(err.msg);
    arena_init(&arena, (size_t)1 << 30);
    if (json_tree_parse(&root, &arena, (const char *)map.data, map.size, argv[1], &err) !=
        INGLE_OK) {
        fail(err.msg);
    }
    for (int i = 2; i < argc; i++) put_part(root, argv[i]);
    arena_clear(&arena);
    file_map_close(&map);
    if (fflush(stdout) != 0) fail("cannot write");
    return 0;
}
