/* Gives every file of a folder to a fuzz target, so that each build checks what fuzzing found:
 *
 *     replay_NAME FOLDER */
#include <dirent.h>
#include <string.h>

#include "fuzz/fuzz.h"

#define MAX_BYTES ((size_t)1 << 20)

static int replay(const char *folder, const char *name) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    uint8_t *all = malloc(MAX_BYTES);
    FILE *file = fopen(path, "rb");
    if (!all || !file) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(1);
    }
    size_t size = fread(all, 1, MAX_BYTES, file);
    fclose(file);
    /* Of its own size, so that the address sanitizer sees a read past the end. */
    uint8_t *data = realloc(all, size ? size : 1);
    fprintf(stderr, "%s\n", name);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 1;
}

int main(int argc, char **argv) {
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (!folder) {
        fputs("usage: replay FOLDER\n", stderr);
        return 2;
    }
    int n = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] != '.') n += replay(argv[1], entry->d_name);
    }
    closedir(folder);
    printf("%d inputs\n", n);
    return n > 0 ? 0 : 1;
}
