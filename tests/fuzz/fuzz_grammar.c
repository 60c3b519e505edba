/* A grammar, a zero byte, a text: the grammar is refused with a place in it, or its machine keeps
 * the promises of machine.h along the text, whether it is compacted or not. */
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "engine/constraint/grammar.h"
#include "fuzz/fuzz.h"

#define MAX_SIZE 2048
#define MAX_FINISH 100000

static void check_finish(struct machine *m, machine_state state) {
    for (int i = 0, byte; i < MAX_FINISH && (byte = m->ops->finish(m, state)) >= 0; i++) {
        state = m->ops->step(m, state, (uint8_t)byte);
        if (m->failed) return;
        FUZZ_REQUIRE(state != MACHINE_DEAD);
        if (i + 1 == MAX_FINISH) return; /* a long text may be the shortest */
    }
    FUZZ_REQUIRE(m->ops->accepts(m, state));
}

static void check_lexer(struct machine *m, machine_state state) {
    uint64_t key = m->ops->lexeme(m, state);
    if (!key) return;
    FUZZ_REQUIRE(key > LEXER_EXIT && !m->ops->accepts(m, state));
    for (int byte = 0; byte < 256; byte++) {
        uint64_t next = m->ops->lex(m, key, (uint8_t)byte);
        machine_state to = m->ops->step(m, state, (uint8_t)byte);
        if (m->failed) return;
        if (next == LEXER_DEAD) FUZZ_REQUIRE(to == MACHINE_DEAD);
        if (next > LEXER_EXIT) FUZZ_REQUIRE(to && m->ops->lexeme(m, to) == next);
    }
}

/* -1: past a limit; else whether the text is accepted. */
static int run(struct machine *m, const char *text, size_t len, bool compacts) {
    machine_state state = m->start;
    for (size_t i = 0; i < len && state != MACHINE_DEAD; i++) {
        state = m->ops->step(m, state, (uint8_t)text[i]);
        if (m->failed) return -1;
        if (state == MACHINE_DEAD) break;
        if (compacts) m->ops->compact(m, &state);
        if (i < 64) check_lexer(m, state);
        if (m->failed) return -1;
    }
    if (state == MACHINE_DEAD) return 0;
    check_finish(m, state);
    return m->failed ? -1 : m->ops->accepts(m, state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > MAX_SIZE) return 0;
    const char *text = (const char *)data, *end = size ? memchr(text, 0, size) : NULL;
    size_t len = end ? (size_t)(end - text) : size;
    uint64_t live = mem_live();
    struct machine *m;
    ingle_error err = {0};
    ingle_status status = grammar_machine_new(&m, text, len, &err);
    FUZZ_REQUIRE((status == INGLE_OK) == (m != NULL));
    if (status == INGLE_OK && end) {
        const char *subject = end + 1;
        size_t subject_len = size - len - 1;
        int plain = run(m, subject, subject_len, false);
        int compacted = m->failed ? -1 : run(m, subject, subject_len, true);
        if (plain >= 0 && compacted >= 0) FUZZ_REQUIRE(plain == compacted);
        if (plain == 1) FUZZ_REQUIRE(utf8_is_valid(subject, subject_len));
    } else if (status != INGLE_OK) {
        FUZZ_REQUIRE(status == INGLE_INVALID || status == INGLE_REFUSED || status == INGLE_LIMIT);
        FUZZ_REQUIRE(err.where <= len && err.msg[0]);
    }
    machine_free(m);
    FUZZ_REQUIRE(mem_live() == live);
    return 0;
}
