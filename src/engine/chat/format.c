#include "engine/chat/format.h"

static const struct call_format_info formats[CALLS_N] = {
    [CALLS_GENERIC] = {"generic", SYNTAX_GENERIC, NULL, NULL, NULL, "arguments", '{', true},
    [CALLS_TAGGED] = {"tagged", SYNTAX_OBJECT, "<tool_call>", NULL, "</tool_call>", "arguments", 0,
                      true},
    [CALLS_CODE] = {"code", SYNTAX_REGION, "<code>", NULL, "</code>", NULL, 0, true},
    [CALLS_LLAMA3] = {"llama3", SYNTAX_OBJECT, "<|python_tag|>", NULL, NULL, "parameters", '{',
                      true},
    [CALLS_PHI4] = {"phi4", SYNTAX_LIST, "<|tool_call|>", "functools", "<|/tool_call|>",
                    "arguments", '[', true},
    [CALLS_MISTRAL] = {"mistral", SYNTAX_LIST, "[TOOL_CALLS]", NULL, NULL, "arguments", 0, true},
    [CALLS_MINISTRAL] = {"ministral", SYNTAX_NAMED, "[TOOL_CALLS]", NULL, NULL, NULL, 0, true},
    [CALLS_GRANITE3] = {"granite3", SYNTAX_LIST, "<|tool_call|>", "<tool_call>", NULL, "arguments",
                        0, true},
    [CALLS_LFM2] = {"lfm2", SYNTAX_REGION, "<|tool_call_start|>", NULL, "<|tool_call_end|>", NULL,
                    0, true},
    [CALLS_GEMMA4] = {"gemma4", SYNTAX_REGION, "<|tool_call>", NULL, "<tool_call|>", NULL, 0, true},
    [CALLS_XML] = {"xml", SYNTAX_REGION, "<tool_call>", NULL, "</tool_call>", NULL, 0, true},
};

const struct call_format_info *call_format_info(enum call_format format) {
    return &formats[format];
}

static const struct think_style styles[THINK_N] = {
    [THINK_TAGS] = {"<think>", "</think>", "\n", "\n\n", NULL, NULL},
    [THINK_MISTRAL] = {"[THINK]", "[/THINK]", "", "", NULL, NULL},
    [THINK_GEMMA4] = {"<|channel>thought", "<channel|>", "\n", "", NULL, NULL},
    [THINK_GRANITE] = {"<think>", "</think>", "", "", "<response>", "</response>"},
};

const struct think_style *think_style(enum think_kind kind) {
    return kind == THINK_NONE ? NULL : &styles[kind];
}
