/* The first byte chooses the family (bits 0-3) and the way of thinking (bits 4-6), the second how
 * the answer arrives; the rest is the answer. It is taken apart in bounded time, however it
 * arrives the same comes out, and what comes out as calls are calls of the tools there are.
 *
 *     bit 0     streams_arguments
 *     bit 1     the answer begins inside thinking
 *     bit 2     it was broken off
 *     bits 3-7  length of the pieces, less one */
#include <string.h>

#include "base/alloc.h"
#include "engine/chat/answer.h"
#include "fuzz/fuzz.h"

#define MAX_TEXT 4096

static struct tool_set *open_tools(void) {
    static const char json[] =
        "[{\"type\": \"function\", \"function\": {\"name\": \"f\", \"parameters\": {\"type\": "
        "\"object\", \"properties\": {\"a\": {\"type\": \"integer\"}, \"b\": {\"type\": "
        "\"string\"}, "
        "\"c\": {}}, \"required\": [\"a\"]}}}, "
        "{\"type\": \"function\", \"function\": {\"name\": \"g\"}}]";
    static struct tool_set *tools;
    ingle_error err;
    if (tools) return tools;
    if (tool_set_read(&tools, json, sizeof json - 1, &err) != INGLE_OK) {
        fprintf(stderr, "%s\n", err.msg);
    }
    FUZZ_REQUIRE(tools != NULL);
    return tools;
}

struct outcome {
    ingle_status status;
    struct answer answer;
    struct split split;
};

static bool keep(const struct split_event *event, void *user) {
    answer_put(user, event);
    return true;
}

static void take_apart(struct outcome *out, struct split_options options, const char *text,
                       size_t len, size_t piece, bool is_whole) {
    struct call_ids ids = {0};
    answer_init(&out->answer);
    options.ids = &ids;
    options.put = keep;
    options.user = &out->answer;
    split_init(&out->split, &options);
    out->status = INGLE_OK;
    for (size_t at = 0; at < len && out->status == INGLE_OK; at += piece) {
        size_t n = len - at < piece ? len - at : piece;
        out->status = split_feed(&out->split, text + at, n, NULL);
    }
    if (out->status == INGLE_OK) out->status = split_finish(&out->split, is_whole, NULL);
    split_clear(&out->split);
}

static bool same(const struct buf *a, const struct buf *b) {
    return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

static void check_calls(const struct answer *a, const struct tool_set *tools) {
    for (size_t i = 0; i < a->n_calls; i++) {
        const struct message_call *call = &a->calls[i];
        const struct tool *tool = tool_find(tools, call->name.data, call->name.len);
        FUZZ_REQUIRE(tool != NULL);
        FUZZ_REQUIRE(tool_judge(tool, call->arguments.data, call->arguments.len, NULL) == INGLE_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2 || size > MAX_TEXT) return 0;
    struct split_options options = {.format = (enum call_format)((data[0] & 15) % CALLS_N),
                                    .tools = open_tools(),
                                    .think =
                                        think_style((enum think_kind)((data[0] >> 4) % THINK_N)),
                                    .streams_arguments = data[1] & 1,
                                    .in_thinking = data[1] & 2};
    const char *text = (const char *)data + 2;
    bool is_whole = !(data[1] & 4);
    struct outcome a, b;
    uint64_t live = mem_live();
    take_apart(&a, options, text, size - 2, 1u + (data[1] >> 3), is_whole);
    options.streams_arguments = false;
    take_apart(&b, options, text, size - 2, size, is_whole);
    /* Of a call that was broken off, only who passes it on as it comes knows that it is none. */
    FUZZ_REQUIRE(a.status == b.status || (!is_whole && a.status == INGLE_INVALID));
    if (a.status == INGLE_OK) {
        FUZZ_REQUIRE(same(&a.answer.text, &b.answer.text));
        FUZZ_REQUIRE(same(&a.answer.thinking, &b.answer.thinking));
        FUZZ_REQUIRE(a.answer.n_calls == b.answer.n_calls);
        FUZZ_REQUIRE(a.answer.n_calls == a.split.n_calls);
    }
    check_calls(&a.answer, options.tools);
    check_calls(&b.answer, options.tools);
    answer_clear(&a.answer);
    answer_clear(&b.answer);
    FUZZ_REQUIRE(mem_live() == live);
    return 0;
}
