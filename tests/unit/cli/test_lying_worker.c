/* The commands of everyday tasks, told anything by their worker: messages that are none, places
 * that are not in the text, answers that nobody asked for, results that fit nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/files.h"
#include "support/folder.h"
#include "support/lying.h"
#include "unit/worker/task_message_cases.h"
#include "worker/wire/msg_draft.h"
#include "worker/wire/msg_redact.h"
#include "worker/wire/msg_rewrite.h"

#define N_ROUNDS 300

/* ---- the worker ---- */

static struct maker maker;
static struct arena result_arena;
static size_t n_answers, n_refused;

static const struct msg_started *start(void) {
    static const struct msg_started started = {
        .is_sealed = true,
        .fills_middle = true,
        .packs = WORKER_INTENTS | WORKER_ENCODER | WORKER_TAGGER,
        .model = {.architecture = "", .name = "", .tier = "", .cache_file = "", .cache_note = ""},
    };
    return &started;
}

static const struct task_message *kind_of(wire_fn visit) {
    for (size_t i = 0; i < TASK_MESSAGES; i++) {
        if (task_messages[i].visit == visit) return &task_messages[i];
    }
    return NULL;
}

static void make(struct buf *bytes, const struct task_message *k) {
    union any_message message;
    memset(&message, 0, sizeof message);
    k->make(&maker, &message);
    assert_int_equal(wire_write(bytes, k->visit, &message, NULL), INGLE_OK);
}

struct answer {
    enum msg_type type;
    wire_fn visit; /* NULL = any bytes */
};

static const struct answer answers[] = {
    {MSG_TEXT, NULL},       {MSG_PROGRESS, msg_progress}, {MSG_BLOCK, msg_block},
    {MSG_FOUND, msg_found}, {MSG_GROUP, msg_group},       {MSG_SPANS, msg_spans},
    {MSG_TOKEN, msg_group},
};

static bool is_expected(enum msg_type request, enum msg_type answer) {
    switch ((int)request) {
    case MSG_DIGEST:
        return answer == MSG_FOUND || answer == MSG_GROUP || answer == MSG_PROGRESS;
    case MSG_REDACT:
        return answer == MSG_SPANS;
    case MSG_REWRITE:
        return answer == MSG_TEXT || answer == MSG_BLOCK || answer == MSG_PROGRESS;
    case MSG_SUMMARIZE:
        return answer == MSG_TEXT || answer == MSG_PROGRESS;
    default:
        return answer == MSG_TEXT;
    }
}

static bool seldom(void) {
    return rng_below(&maker.rng, 20) == 0;
}

/* A message that fits the request and is whole, but seldom. */
static bool tell(const struct worker_ask *ask) {
    const struct answer *a;
    do {
        a = &answers[rng_below(&maker.rng, BASE_COUNT(answers))];
    } while (!is_expected(ask->type, a->type) && !seldom());
    const struct task_message *k = kind_of(a->visit);
    if (seldom()) k = &task_messages[rng_below(&maker.rng, TASK_MESSAGES)];
    struct buf bytes;
    buf_init(&bytes, 1 << 20);
    if (k) {
        make(&bytes, k);
    } else {
        buf_add_str(&bytes, "Some words \xff\x1b[31m, and [PERSON_1].\n");
    }
    if (seldom() && bytes.size > 0) {
        bytes.data[rng_below(&maker.rng, (uint32_t)bytes.size)] ^= 0x55;
    }
    bool goes_on = ask->on_answer(a->type, bytes.data ? bytes.data : "", bytes.size, ask->user);
    n_answers++;
    n_refused += !goes_on;
    buf_clear(&bytes);
    return goes_on;
}

static void fill_result(const struct worker_ask *ask) {
    const struct task_message *k = kind_of(ask->visit_result);
    struct buf bytes;
    assert_non_null(k);
    assert_int_equal(k->size, ask->result_size);
    buf_init(&bytes, 1 << 20);
    make(&bytes, k);
    assert_int_equal(wire_read(ask->result, ask->result_size, ask->visit_result, bytes.data,
                               bytes.size, &result_arena, NULL),
                     INGLE_OK);
    buf_clear(&bytes);
}

static ingle_status answer(const struct worker_ask *ask, ingle_error *err) {
    struct buf bytes;
    buf_init(&bytes, 1 << 20);
    assert_int_equal(wire_write(&bytes, ask->visit, ask->request, NULL), INGLE_OK);
    buf_clear(&bytes);
    uint32_t n = rng_below(&maker.rng, 12);
    while (ask->on_answer && n > 0 && tell(ask)) n--;
    if (ask->result) fill_result(ask);
    if (rng_below(&maker.rng, 5) > 0) return INGLE_OK;
    *err = (ingle_error){.code = INGLE_INVALID, .msg = "The worker says \x1b[2J\xff."};
    return err->code;
}

/* ---- the commands ---- */

static const struct command *const commands[] = {
    &cmd_summarize, &cmd_rewrite, &cmd_draft, &cmd_complete, &cmd_intent, &cmd_notify, &cmd_redact,
};

static void seed(uint64_t number) {
    rng_init(&maker.rng, number);
}

static void forget(void) {
    arena_clear(&maker.arena);
    arena_clear(&result_arena);
}

/* Without the words that a command says. */
static void no_command_falls_for_a_lie(void **state) {
    static const char *const lines[] = {
        "summarize FILE --extractive",
        "summarize FILE OTHER -m MODEL -t 1 --json",
        "summarize FILE OTHER -m MODEL -t 1 --each",
        "rewrite FILE -m MODEL -t 1 --as formal",
        "rewrite FILE -m MODEL -t 1 --as proofread --json",
        "draft -m MODEL -t 1 email --about lunch",
        "draft -m MODEL -t 1 note --about lunch --json",
        "complete -m MODEL -t 1 --file FILE --line 1 --json --alone",
        "complete -m MODEL -t 1 --file FILE --line 1 --context OTHER --alone",
        "intent wake me up",
        "intent wake me up --json --top 5",
        "notify FILE",
        "notify FILE --json",
        "redact FILE",
        "redact FILE --json",
        "redact FILE --map MAP",
    };
    static const struct lying lying = {.seed = seed,
                                       .start = start,
                                       .answer = answer,
                                       .forget = forget,
                                       .commands = commands,
                                       .n_commands = BASE_COUNT(commands),
                                       .lines = lines,
                                       .n_lines = BASE_COUNT(lines),
                                       .n_talking = BASE_COUNT(lines),
                                       .n_rounds = N_ROUNDS};
    (void)state;
    lying_run(&lying);
    assert_true(n_answers > n_refused && n_refused > N_ROUNDS);
}

static int begin(void **state) {
    static const char words[] = "Ana wrote to Bob. It was Monday.\n\nBob did not answer her.\n";
    if (lying_make(state) != 0) return -1;
    arena_init(&maker.arena, 1 << 24);
    arena_init(&result_arena, 1 << 24);
    file_write(folder_file("text"), words, sizeof words - 1);
    file_write(folder_file("other"), "One line.\n", 10);
    file_write(folder_file("model"), "no model", 8);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_command_falls_for_a_lie),
    };
    return cmocka_run_group_tests(tests, begin, folder_remove);
}
