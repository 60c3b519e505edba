/* Writes a model of a published shape with random weights: speed does not depend on their values,
 * and nothing has to be downloaded.
 *
 *   make_shape SHAPE TYPE FILE [VOCAB]   make_shape smollm3-3b q4_k_m smollm3.gguf
 *   make_shape                           lists the shapes
 *
 * VOCAB is a GGUF file whose tokenizer the model gets. A type of one kind of block is all of that
 * kind (llama-quantize calls it --pure) but for iq4_xs, which is as published: a mixture. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/format/gguf.h"
#include "support/make_model.h"

/* SmolLM2's vocabulary is StarCoder's with other control tokens, these two for chats. */
static const char *const chat_marks[] = {"<|im_start|>", "<|im_end|>", NULL};

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
      .tied = true,
      .controls = chat_marks}},
    {"smollm2-360m",
     {.arch = "llama",
      .n_layer = 32,
      .n_embd = 960,
      .n_ff = 2560,
      .n_head = 15,
      .n_head_kv = 5,
      .n_vocab = 49152,
      .rope_base = 100000,
      .tied = true,
      .controls = chat_marks}},
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

static struct gguf *open_vocab(const char *path) {
    ingle_error err;
    struct gguf *vocab;
    if (gguf_open(&vocab, path, &err) == INGLE_OK) return vocab;
    fprintf(stderr, "make_shape: %s\n", err.msg);
    exit(1);
}

static int write_shape(struct make_model_spec spec, char **argv, const char *vocab) {
    struct gguf *from = vocab ? open_vocab(vocab) : NULL;
    spec.type = strcmp(argv[2], "iq4_xs") == 0 ? "iq4_xs_mix" : argv[2];
    spec.seed = 1;
    spec.n_ctx_train = 8192;
    spec.pooled = true;
    spec.vocab = from;
    bool ok = make_model_write(argv[3], &spec);
    gguf_close(from);
    return ok ? 0 : 1;
}

int main(int argc, char **argv) {
    size_t n_shapes = sizeof shapes / sizeof shapes[0];
    if (argc != 4 && argc != 5) {
        for (size_t i = 0; i < n_shapes; i++) puts(shapes[i].name);
        return argc == 1 ? 0 : 2;
    }
    for (size_t i = 0; i < n_shapes; i++) {
        if (strcmp(argv[1], shapes[i].name) == 0)
            return write_shape(shapes[i].spec, argv, argc == 5 ? argv[4] : NULL);
    }
    fprintf(stderr, "make_shape: there is no shape '%s'\n", argv[1]);
    return 2;
}
