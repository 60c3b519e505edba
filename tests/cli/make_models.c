/* Writes the models that the command-line tests run on: cli_make_models FOLDER. */
#include <stdio.h>

#include "base/compiler.h"
#include "support/make_model.h"

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    static const struct {
        const char *name;
        struct make_model_spec spec;
    } models[] = {
        {"tiny.gguf", {.arch = "llama", .seed = 1}},
        /* Opening it takes long enough to be interrupted. */
        {"slow.gguf",
         {.arch = "llama",
          .type = "q8_0",
          .seed = 1,
          .n_layer = 1,
          .n_vocab = 200000,
          .tied = true,
          .pooled = true}},
    };
    for (size_t i = 0; i < BASE_COUNT(models); i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", argv[1], models[i].name);
        if (!make_model_write(path, &models[i].spec)) return 1;
    }
    return 0;
}
