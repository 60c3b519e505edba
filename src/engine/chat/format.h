/* How model families write calls of tools, and how they mark thinking. */
#ifndef INGLE_ENGINE_CHAT_FORMAT_H
#define INGLE_ENGINE_CHAT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

/* One each, with what stands between the markers. */
enum call_format {
    CALLS_GENERIC,   /* the whole answer is JSON: {"tool_call": ...} or {"response": "..."} */
    CALLS_TAGGED,    /* <tool_call>{"name": "f", "arguments": {}}</tool_call>, Qwen, Hermes ... */
    CALLS_CODE,      /* <code>f(a=1)</code>, SmolLM3's python_tools */
    CALLS_LLAMA3,    /* {"name": "f", "parameters": {}} and nothing else */
    CALLS_PHI4,      /* <|tool_call|>[{"name": "f", "arguments": {}}]<|/tool_call|> */
    CALLS_MISTRAL,   /* [TOOL_CALLS][{"name": "f", "arguments": {}, "id": "..."}] */
    CALLS_MINISTRAL, /* [TOOL_CALLS]f[ARGS]{} */
    CALLS_GRANITE3,  /* <|tool_call|>[{"name": "f", "arguments": {}}] */
    CALLS_LFM2,      /* <|tool_call_start|>[f(a=1)]<|tool_call_end|> */
    CALLS_GEMMA4,    /* <|tool_call>call:f{a:1}<tool_call|> */
    CALLS_XML,       /* <tool_call><function=f><parameter=a>1</parameter></function></tool_call> */
    CALLS_N
};

enum call_syntax {
    SYNTAX_OBJECT,  /* JSON objects with name and arguments, one at a time */
    SYNTAX_LIST,    /* a JSON array of them */
    SYNTAX_GENERIC, /* see CALLS_GENERIC */
    SYNTAX_NAMED,   /* a name, a marker, a JSON object */
    SYNTAX_REGION   /* all up to the end marker is read as a whole */
};

struct call_format_info {
    const char *name;
    enum call_syntax syntax;
    const char *start;       /* marker; NULL: calls begin at once, with a bracket */
    const char *other_start; /* also understood; NULL */
    const char *end;         /* marker, which may be missing at the end of an answer; NULL: none */
    const char *arguments;   /* key of the arguments in JSON */
    char bare;     /* the bracket that begins calls without a marker, at the beginning of an
                      answer only; '\0' */
    bool has_many; /* more than one call an answer */
};

const struct call_format_info *call_format_info(enum call_format format);

/* Around thinking. */
struct think_style {
    const char *open, *close;
    const char *after_open, *after_close; /* white space that the family writes there */
    const char *answer_open,
        *answer_close; /* tags around the answer that are not part of it; NULL */
};

enum think_kind { THINK_NONE, THINK_TAGS, THINK_MISTRAL, THINK_GEMMA4, THINK_GRANITE, THINK_N };

/* NULL for THINK_NONE. */
const struct think_style *think_style(enum think_kind kind);

#endif
