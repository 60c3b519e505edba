/* Writes the tiny models that the command-line tests run on: cli_make_models FOLDER. */
#include <stdio.h>

#include "support/make_model.h"

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    char path[4096];
    snprintf(path, sizeof path, "%s/tiny.gguf", argv[1]);
    return make_model_write(path, &(struct make_model_spec){.arch = "llama", .seed = 1}) ? 0 : 1;
}
