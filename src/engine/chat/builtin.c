#include "engine/chat/builtin.h"

#include <string.h>

static const struct builtin_template chatml = {
    "chatml", "{%- for message in messages -%}\n"
              "{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' -}}\n"
              "{%- endfor -%}\n"
              "{%- if add_generation_prompt -%}\n"
              "{{- '<|im_start|>assistant\\n' -}}\n"
              "{%- endif -%}\n"};

static const struct builtin_template llama3 = {
    "llama3", "{{- bos_token -}}\n"
              "{%- for message in messages -%}\n"
              "{{- '<|start_header_id|>' + message.role + '<|end_header_id|>\\n\\n' -}}\n"
              "{{- message.content | trim + '<|eot_id|>' -}}\n"
              "{%- endfor -%}\n"
              "{%- if add_generation_prompt -%}\n"
              "{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' -}}\n"
              "{%- endif -%}\n"};

/* It knows no system turn: the host makes it a part of the first user turn. */
static const struct builtin_template gemma = {
    "gemma", "{{- bos_token -}}\n"
             "{%- for message in messages -%}\n"
             "{%- if message.role == 'user' -%}\n"
             "{{- '<start_of_turn>user\\n' + message.content | trim + '<end_of_turn>\\n' -}}\n"
             "{%- elif message.role == 'assistant' -%}\n"
             "{{- '<start_of_turn>model\\n' + message.content | trim + '<end_of_turn>\\n' -}}\n"
             "{%- endif -%}\n"
             "{%- endfor -%}\n"
             "{%- if add_generation_prompt -%}\n"
             "{{- '<start_of_turn>model\\n' -}}\n"
             "{%- endif -%}\n"};

static const struct builtin_template phi3 = {
    "phi3", "{%- for message in messages -%}\n"
            "{{- '<|' + message.role + '|>\\n' + message.content + '<|end|>\\n' -}}\n"
            "{%- endfor -%}\n"
            "{%- if add_generation_prompt -%}\n"
            "{{- '<|assistant|>\\n' -}}\n"
            "{%- endif -%}\n"};

static const struct builtin_template zephyr = {
    "zephyr", "{%- for message in messages -%}\n"
              "{{- '<|' + message.role + '|>\\n' + message.content + '<|endoftext|>\\n' -}}\n"
              "{%- endfor -%}\n"
              "{%- if add_generation_prompt -%}\n"
              "{{- '<|assistant|>\\n' -}}\n"
              "{%- endif -%}\n"};

static bool has(const struct tokenizer *t, const char *text) {
    return tokenizer_find(t, text, strlen(text)) != TOKENIZER_NONE;
}

const struct builtin_template *builtin_template_for(const struct tokenizer *t) {
    if (has(t, "<|im_start|>")) return &chatml;
    if (has(t, "<|start_header_id|>")) return &llama3;
    if (has(t, "<start_of_turn>")) return &gemma;
    if (has(t, "<|user|>") && has(t, "<|end|>")) return &phi3;
    if (has(t, "<|user|>") && has(t, "<|endoftext|>")) return &zephyr;
    return &chatml;
}
