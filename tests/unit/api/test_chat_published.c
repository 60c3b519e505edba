/* Templates as they were published, from the folder that the build names: what is found out about
 * each, and calls on their way through it and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "support/chat_model.h"
#include "support/folder.h"

static ingle_model *model;

static int open_all(void **state) {
    if (folder_make(state) != 0) return -1;
    model = chat_model(NULL, true);
    return 0;
}

static int close_all(void **state) {
    ingle_model_close(model);
    return folder_remove(state);
}

static const struct published {
    const char *file, *format;
    bool has_system, can_think;
    const char *turn, *end; /* around an assistant's turn */
} templates[] = {
    {"Qwen-Qwen2.5-7B-Instruct.jinja", "tagged", true, false, "<|im_start|>assistant\n",
     "<|im_end|>"},
    {"Qwen-Qwen3-0.6B.jinja", "tagged", true, true, "<|im_start|>assistant\n", "<|im_end|>"},
    {"smollm3-official.jinja", "tagged", true, true, "<|im_start|>assistant\n", "<|im_end|>"},
    {"HuggingFaceTB-SmolLM3-3B.jinja", "generic", true, true, "<|im_start|>assistant\n",
     "<|im_end|>"},
    {"google-gemma-2-2b-it.jinja", "generic", false, false, "<start_of_turn>model\n",
     "<end_of_turn>"},
    {"microsoft-Phi-3.5-mini-instruct.jinja", "generic", true, false, "<|assistant|>\n", "<|end|>"},
    {"phi-4-mini-reasoning.jinja", "phi4", true, false, "<|assistant|>", "<|end|>"},
    {"meta-llama-Llama-3.2-3B-Instruct.jinja", "llama3", true, false,
     "<|start_header_id|>assistant<|end_header_id|>\n\n", "<|eot_id|>"},
};

static char *read_template(const char *name, char *text, size_t size) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", TEMPLATES, name);
    FILE *file = fopen(path, "rb");
    if (!file) fail_msg("%s cannot be read", path);
    size_t n = fread(text, 1, size - 1, file);
    fclose(file);
    text[n] = '\0';
    return text;
}

static void published_templates_are_known_for_what_they_are(void **state) {
    (void)state;
    static char text[1 << 16];
    for (size_t i = 0; i < BASE_COUNT(templates); i++) {
        const struct published *p = &templates[i];
        ingle_chat_options options = ingle_chat_options_default();
        options.template_text = read_template(p->file, text, sizeof text);
        ingle_chat *chat = chat_of(model, &options);
        ingle_chat_info info = ingle_chat_get_info(chat);
        if (strcmp(info.tool_format, p->format) != 0 || info.has_system != p->has_system ||
            info.can_think != p->can_think) {
            fail_msg("%s: %s, system %d, thinking %d", p->file, info.tool_format, info.has_system,
                     info.can_think);
        }
        ingle_chat_free(chat);
    }
}

static void calls_survive_published_templates(void **state) {
    (void)state;
    static char text[1 << 16];
    static const char messages[] =
        "[{\"role\": \"system\", \"content\": \"S\"}, {\"role\": \"user\", \"content\": \"U\"}, "
        "{\"role\": \"assistant\", \"content\": \"\", \"tool_calls\": [{\"id\": \"c\", "
        "\"function\": "
        "{\"name\": \"pick\", \"arguments\": {\"side\": \"left\", \"count\": 3}}}]}, "
        "{\"role\": \"tool\", \"content\": \"RESULT\"}, {\"role\": \"user\", \"content\": \"V\"}]";
    for (size_t i = 0; i < BASE_COUNT(templates); i++) {
        const struct published *p = &templates[i];
        ingle_chat_options options = ingle_chat_options_default();
        const char *prompt;
        size_t len;
        ingle_error err;
        ingle_chat_message m;
        options.template_text = read_template(p->file, text, sizeof text);
        options.tools = chat_test_tools;
        options.now = 1;
        ingle_chat *chat = chat_of(model, &options);
        if (ingle_chat_add_json(chat, messages, sizeof messages - 1, &err) != INGLE_OK ||
            ingle_chat_render(chat, &prompt, &len, &err) != INGLE_OK) {
            fail_msg("%s: %s", p->file, err.msg);
        }
        const char *start = strstr(prompt, p->turn), *end = start ? strstr(start, p->end) : NULL;
        if (!end || !strstr(end, "RESULT")) fail_msg("%s: %s", p->file, prompt);
        start += strlen(p->turn);
        char answer[2048];
        snprintf(answer, sizeof answer, "%.*s", (int)(end - start), start);
        if (ingle_chat_parse(chat, answer, strlen(answer), &m, &err) != INGLE_OK) {
            fail_msg("%s: %s: %s", p->file, answer, err.msg);
        }
        if (m.n_calls != 1 || m.text_len > 0) fail_msg("%s: %s", p->file, answer);
        assert_string_equal(m.calls[0].name, "pick");
        assert_string_equal(m.calls[0].arguments, "{\"side\": \"left\", \"count\": 3}");
        ingle_chat_free(chat);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_templates_are_known_for_what_they_are),
        cmocka_unit_test(calls_survive_published_templates),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
