/* Writes the models that the command-line tests run on: cli_make_models FOLDER. */
#include <stdio.h>

#include "base/compiler.h"
#include "support/make_model.h"
#include "support/split_model.h"

#define N_PARTS 120

/* As SmolLM3's does: thinking is on unless it is told otherwise, and an empty thought stands in its
 * place when it is off. */
static const char smollm_template[] =
    "{%- if enable_thinking is not defined %}{% set enable_thinking = true %}{% endif %}"
    "{%- for message in messages %}"
    "{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}"
    "{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}"
    "{%- if not enable_thinking %}{{- '<think>\\n\\n</think>\\n' }}{% endif %}{% endif %}";

/* Its prompt opens the thinking, as DeepSeek's does. */
static const char thinking_template[] =
    "{%- for message in messages %}"
    "{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}"
    "{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n<think>\\n' }}{% endif %}";

static const char *const smollm_controls[] = {"<|im_start|>", "<|im_end|>", "<think>", "</think>",
                                              NULL};

static const char *const fim_controls[] = {"<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>",
                                           "<|repo_name|>",  "<|file_sep|>",   NULL};

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    static const struct {
        const char *name;
        struct make_model_spec spec;
    } models[] = {
        {"tiny.gguf", {.arch = "llama", .seed = 1}},
        {"chat.gguf",
         {.arch = "smollm3",
          .seed = 1,
          .n_ctx_train = 4096,
          .controls = smollm_controls,
          .chat_template = smollm_template}},
        /* Room for tools, and no thoughts that use it up. */
        {"wide.gguf", {.arch = "llama", .seed = 3, .n_layer = 1, .n_ctx_train = 4096}},
        {"thinking.gguf",
         {.arch = "smollm3",
          .seed = 3,
          .n_ctx_train = 2048,
          .controls = smollm_controls,
          .chat_template = thinking_template}},
        {"fim.gguf",
         {.arch = "llama", .seed = 2, .n_layer = 1, .n_ctx_train = 2048, .controls = fim_controls}},
        /* Its answers last: they end at their limit only, and each token takes a while. */
        {"lasting.gguf",
         {.arch = "llama",
          .type = "q8_0",
          .seed = 5,
          .n_layer = 4,
          .n_embd = 256,
          .n_ff = 512,
          .n_head_kv = 1,
          .n_vocab = 8192,
          .n_ctx_train = 16384,
          .endless = true}},
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
    char tiny[4096];
    snprintf(tiny, sizeof tiny, "%s/tiny.gguf", argv[1]);
    if (!split_model_write(tiny, argv[1], "parts", N_PARTS)) return 1;
    return 0;
}
