/* Writes a model of a published shape with random weights: speed does not depend on their values,
 * and nothing has to be downloaded.
 *
 *   make_shape SHAPE TYPE FILE     make_shape smollm3-3b q4_k_m smollm3.gguf
 *   make_shape                     lists the shapes */
#include <stdio.h>
#include <string.h>

#include "support/make_model.h"

static const struct {
    const char *name;
    struct make_model_spec spec;
} shapes[] = {
    {"smollm2-135m",
     {.arch = "llama",
      .n_layer = 30,
      .n_embd = 576,
      .n_ff = 1536,
      .n_head = 9,
      .n_head_kv = 3,
      .n_vocab = 49152,
      .rope_base = 100000,
      .tied = true}},
    {"smollm2-360m",
     {.arch = "llama",
      .n_layer = 32,
      .n_embd = 960,
      .n_ff = 2560,
      .n_head = 15,
      .n_head_kv = 5,
      .n_vocab = 49152,
      .rope_base = 100000,
      .tied = true}},
    {"qwen3-0.6b",
     {.arch = "qwen3",
      .n_layer = 28,
      .n_embd = 1024,
      .n_ff = 3072,
      .n_head = 16,
      .n_head_kv = 8,
      .head_dim = 128,
      .n_vocab = 151936,
      .rope_base = 1e6f,
      .tied = true}},
    {"qwen2.5-0.5b",
     {.arch = "qwen2",
      .n_layer = 24,
      .n_embd = 896,
      .n_ff = 4864,
      .n_head = 14,
      .n_head_kv = 2,
      .n_vocab = 151936,
      .rope_base = 1e6f,
      .tied = true}},
    {"llama3.2-1b",
     {.arch = "llama",
      .n_layer = 16,
      .n_embd = 2048,
      .n_ff = 8192,
      .n_head = 32,
      .n_head_kv = 8,
      .n_vocab = 128256,
      .rope_base = 500000,
      .tied = true}},
    {"smollm3-3b",
     {.arch = "smollm3",
      .n_layer = 36,
      .n_embd = 2048,
      .n_ff = 11008,
      .n_head = 16,
      .n_head_kv = 4,
      .n_vocab = 128256,
      .rope_base = 5e6f,
      .tied = true}},
    {"phi-4-mini",
     {.arch = "phi3",
      .n_layer = 32,
      .n_embd = 3072,
      .n_ff = 8192,
      .n_head = 24,
      .n_head_kv = 8,
      .n_rot = 96,
      .n_vocab = 200064,
      .tied = true}},
};

int main(int argc, char **argv) {
    size_t n_shapes = sizeof shapes / sizeof shapes[0];
    if (argc != 4) {
        for (size_t i = 0; i < n_shapes; i++) puts(shapes[i].name);
        return argc == 1 ? 0 : 2;
    }
    for (size_t i = 0; i < n_shapes; i++) {
        if (strcmp(argv[1], shapes[i].name) != 0) continue;
        struct make_model_spec spec = shapes[i].spec;
        spec.type = argv[2];
        spec.seed = 1;
        spec.n_ctx_train = 8192;
        spec.pooled = true;
        return make_model_write(argv[3], &spec) ? 0 : 1;
    }
    fprintf(stderr, "make_shape: there is no shape '%s'\n", argv[1]);
    return 2;
}
