#include "support/chat_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/json_tree.h"
#include "support/fixture.h"
#include "unit/text/vocab_file.h"

/* Turns in ChatML, what stands in them between BEGIN and END. */
#define TURNS                                                                                      \
    "{%- for m in messages -%}{{- '<|im_start|>' + m.role + '\\n' + (m.content or '') + "          \
    "'<|im_end|>\\n' -}}{%- endfor -%}"
#define PROMPT "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}"
#define TELLING(words)                                                                             \
    "{%- if tools -%}{{- '<|im_start|>system\\n' + (tools | tojson) + '" words                     \
    "<|im_end|>\\n' -}}{%- endif -%}" TURNS PROMPT

/* Calls as Qwen's template writes them: the others are written by the host. */
#define TAGGED                                                                                     \
    "{%- if tools -%}{{- '<|im_start|>system\\n' + (tools | tojson) + '<|im_end|>\\n' -}}"         \
    "{%- endif -%}{%- for m in messages -%}{{- '<|im_start|>' + m.role + '\\n' -}}"                \
    "{%- if m.content -%}{{- m.content -}}{%- endif -%}"                                           \
    "{%- for c in m.tool_calls or [] -%}{{- '\\n<tool_call>\\n{\"name\": \"' + c.function.name + " \
    "'\", \"arguments\": ' + (c.function.arguments | tojson) + '}\\n</tool_call>' -}}"             \
    "{%- endfor -%}{{- '<|im_end|>\\n' -}}{%- endfor -%}" PROMPT

static const struct chat_family families[] = {
    {"generic", TURNS PROMPT, NULL},
    {"tagged", TAGGED, "<tool_call>"},
    {"llama3", TELLING("<|python_tag|>{\"name\": f, \"parameters\": {}}"), NULL},
    {"phi4", TELLING("<|tool_call|>"), "<|tool_call|>"},
    {"mistral", TELLING("[TOOL_CALLS]"), "[TOOL_CALLS]"},
    {"ministral", TELLING("[TOOL_CALLS]f[ARGS]{}"), "[TOOL_CALLS]"},
    {"lfm2", TELLING("<|tool_call_start|>"), "<|tool_call_start|>"},
    {"gemma4", TELLING("<|tool_call>call:f{}<tool_call|>"), "<|tool_call>"},
    {"xml", TELLING("<function=f>"), "<tool_call>"},
};

const struct chat_family *chat_family(size_t i) {
    return i < BASE_COUNT(families) ? &families[i] : NULL;
}

const char *const chat_thinking_template =
    TURNS PROMPT "{%- if add_generation_prompt and enable_thinking is defined and not "
                 "enable_thinking -%}{{- '<think>\\n\\n</think>\\n\\n' -}}{%- endif -%}";

const char *const chat_always_thinking_template =
    TURNS PROMPT "{%- if add_generation_prompt -%}{{- '<think>\\n' -}}{%- endif -%}";

const char *const chat_test_tools =
    "[{\"type\": \"function\", \"function\": {\"name\": \"pick\", \"description\": \"Picks.\", "
    "\"parameters\": {\"type\": \"object\", \"properties\": {"
    "\"side\": {\"type\": \"string\", \"enum\": [\"left\", \"right\"]}, "
    "\"count\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 9}, "
    "\"all\": {\"type\": \"boolean\"}}, "
    "\"required\": [\"side\", \"count\"], \"additionalProperties\": false}}}, "
    "{\"type\": \"function\", \"function\": {\"name\": \"stop\"}}, "
    "{\"type\": \"function\", \"function\": {\"name\": \"place\", \"parameters\": "
    "{\"type\": \"object\", \"properties\": {\"at\": {\"type\": \"object\", \"properties\": "
    "{\"x\": {\"type\": \"integer\", \"minimum\": 0, \"maximum\": 99}, "
    "\"y\": {\"type\": \"integer\", \"minimum\": 0, \"maximum\": 99}}, "
    "\"required\": [\"x\", \"y\"], \"additionalProperties\": false}}, "
    "\"required\": [\"at\"], \"additionalProperties\": false}}}]";

static bool is_integer(const struct json_value *v, long min, long max) {
    if (!v || v->kind != JSON_NUMBER) return false;
    double value = strtod(v->text.data, NULL);
    return value == (double)(long)value && value >= (double)min && value <= (double)max;
}

static bool takes(const char *name, const struct json_value *v) {
    if (v->kind != JSON_OBJECT) return false;
    if (strcmp(name, "stop") == 0) return v->n == 0;
    if (strcmp(name, "place") == 0) {
        const struct json_value *at = json_member(v, "at");
        return v->n == 1 && at && at->kind == JSON_OBJECT && at->n == 2 &&
               is_integer(json_member(at, "x"), 0, 99) && is_integer(json_member(at, "y"), 0, 99);
    }
    const struct json_value *side = json_member(v, "side"), *all = json_member(v, "all");
    if (strcmp(name, "pick") != 0 || !side || side->kind != JSON_STRING) return false;
    if (!json_text_is(&side->text, "left") && !json_text_is(&side->text, "right")) return false;
    if (all && all->kind != JSON_TRUE && all->kind != JSON_FALSE) return false;
    return v->n == (all ? 3u : 2u) && is_integer(json_member(v, "count"), 1, 9);
}

bool chat_tools_take(const char *name, const char *arguments) {
    struct arena arena = {.max = 1 << 20};
    const struct json_value *v;
    bool fits = json_tree_parse(&v, &arena, arguments, strlen(arguments), "It", NULL) == INGLE_OK &&
                takes(name, v);
    arena_clear(&arena);
    return fits;
}

static ingle_model *make(const char *source, const char *tool_source, bool vocab_only) {
    static const char *const controls[] = {"<|im_start|>",      "<|im_end|>", "<|endoftext|>",
                                           "[TOOL_CALLS]",      "[ARGS]",     "<|tool_call>",
                                           "<tool_call|>",      "<|\"|>",     "<|tool_call_start|>",
                                           "<|tool_call_end|>", "<s>"};
    static const char *const literals[] = {"<think>",      "</think>",      "<tool_call>",
                                           "</tool_call>", "<|tool_call|>", "<|/tool_call|>"};
    static const char *const merges[][2] = {{"t", "h"},   {"th", "e"}, {"n", "a"}, {"m", "e"},
                                            {"na", "me"}, {"\"", ":"}, {"{", "\""}};
    struct vocab_file f;
    vocab_file_init(&f, "gpt2", "gpt-2");
    vocab_file_add_alphabet(&f);
    for (size_t i = 0; i < BASE_COUNT(merges); i++) {
        vocab_file_add_merged(&f, merges[i][0], merges[i][1]);
    }
    for (size_t i = 0; i < BASE_COUNT(controls); i++) vocab_file_add(&f, controls[i], CONTROL);
    for (size_t i = 0; i < BASE_COUNT(literals); i++) vocab_file_add(&f, literals[i], USER_DEFINED);
    int n_vocab = (int)f.n_tokens;
    gguf_writer_u32(&f.w, "tokenizer.ggml.eos_token_id", 256 + BASE_COUNT(merges) + 1);
    if (source) gguf_writer_str(&f.w, "tokenizer.chat_template", source);
    if (tool_source) gguf_writer_str(&f.w, "tokenizer.chat_template.tool_use", tool_source);
    struct gguf *vocab = vocab_file_open(&f);
    const char *path = fixture_write(
        "chat.gguf", &(struct make_model_spec){
                         .n_layer = 1, .n_ctx_train = 4096, .n_vocab = n_vocab, .vocab = vocab});
    gguf_close(vocab);
    ingle_model_options options = ingle_model_options_default();
    options.vocab_only = vocab_only;
    options.n_threads = 2;
    ingle_model *model;
    ingle_error err;
    if (ingle_model_open(&model, path, &options, &err) != INGLE_OK) fail_msg("%s", err.msg);
    return model;
}

ingle_model *chat_model(const char *source, bool vocab_only) {
    return make(source, NULL, vocab_only);
}

ingle_model *chat_model_with(const char *source, const char *tool_source) {
    return make(source, tool_source, true);
}

ingle_chat *chat_of(const ingle_model *model, const ingle_chat_options *options) {
    ingle_chat *chat;
    ingle_error err;
    if (ingle_chat_new(&chat, model, options, &err) != INGLE_OK) fail_msg("%s", err.msg);
    return chat;
}
