/* The commands that let a model talk, told anything by their worker, which may be in the hands of a
 * hostile model: whatever it says of its answers and of itself, they end in order. What is said is
 * made of right messages, changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "support/files.h"
#include "support/folder.h"
#include "support/lying.h"
#include "support/messages.h"
#include "worker/wire/message.h"
#include "worker/wire/msg_chat.h"
#include "worker/wire/msg_generate.h"
#include "worker/wire/msg_logits.h"
#include "worker/wire/msg_start.h"
#include "worker/wire/msg_tokens.h"

#define N_ROUNDS 600
/* Of the lines below. Numbers that fit the requests of the others, of rows and spans and verdicts,
 * are hardly made here. */
#define N_TALKING 6

/* ---- the worker ---- */

static struct rng rng;
static struct arena arena;
static size_t n_changed;

static const struct message_kind *kind_of(wire_fn visit) {
    for (size_t i = 0; i < n_message_kinds; i++) {
        if (message_kinds[i].visit == visit) return &message_kinds[i];
    }
    fail_msg("a message that tests/support/messages.c does not know");
    return NULL;
}

/* An example, some of its bytes changed; a valid one for as long as it is tried. */
static void make(struct buf *bytes, wire_fn visit, bool is_valid) {
    static _Alignas(16) uint8_t message[MESSAGES_MAX_SIZE];
    static const uint8_t values[] = {0, 1, 5, 0x1b, 0x7f, 0x80, 0xff};
    const struct message_kind *k = kind_of(visit);
    for (int i = 0; i < 30; i++) {
        buf_reset(bytes);
        assert_int_equal(wire_write(bytes, k->visit, k->example, NULL), INGLE_OK);
        for (uint32_t n = rng_below(&rng, 6); n > 0 && bytes->size > 0; n--) {
            bytes->data[rng_below(&rng, (uint32_t)bytes->size)] =
                (char)values[rng_below(&rng, sizeof values)];
        }
        if (!is_valid || wire_read(message, k->size, k->visit, bytes->data, bytes->size, &arena,
                                   NULL) == INGLE_OK) {
            n_changed++;
            return;
        }
    }
    buf_reset(bytes);
    assert_int_equal(wire_write(bytes, k->visit, k->example, NULL), INGLE_OK);
}

static void make_valid(void *out, size_t size, wire_fn visit) {
    struct buf bytes;
    buf_init(&bytes, 1 << 20);
    make(&bytes, visit, true);
    assert_int_equal(wire_read(out, size, visit, bytes.data, bytes.size, &arena, NULL), INGLE_OK);
    buf_clear(&bytes);
}

static const struct msg_started *start(void) {
    static struct msg_started started;
    make_valid(&started, sizeof started, msg_started);
    return &started;
}

static const struct {
    enum msg_type type;
    wire_fn visit; /* NULL = any bytes */
} answers[] = {{MSG_TEXT, NULL},           {MSG_TOKEN, msg_token},   {MSG_EVENT, msg_event},
               {MSG_MESSAGE, msg_message}, {MSG_TOKENS, msg_tokens}, {MSG_SNAPSHOT, NULL},
               {MSG_ROWS, NULL},           {MSG_TOP, msg_top},       {MSG_VERDICTS, NULL}};

/* Often what the request is answered with. */
static size_t choose(enum msg_type request) {
    size_t any = rng_below(&rng, BASE_COUNT(answers));
    if (rng_below(&rng, 8) == 0) return any;
    switch ((int)request) {
    case MSG_GENERATE:
        return rng_below(&rng, 2);
    case MSG_CHAT:
        return 2 + rng_below(&rng, 2);
    case MSG_CHAT_COUNT:
        return 3;
    case MSG_TOKENIZE:
        return 4;
    case MSG_LOGITS:
        return 6 + rng_below(&rng, 2);
    case MSG_JUDGE:
        return 8;
    default:
        return 0;
    }
}

static bool tell(const struct worker_ask *ask) {
    static const char words[] = "Words \x1b[2J\xff\0\r\n{\"a\": [}";
    size_t i = choose(ask->type);
    struct buf bytes;
    buf_init(&bytes, 1 << 20);
    if (answers[i].visit) {
        make(&bytes, answers[i].visit, rng_below(&rng, 10) > 0);
    } else {
        for (uint32_t n = rng_below(&rng, 40); n > 0; n--) {
            buf_add(&bytes, words + rng_below(&rng, sizeof words), 1);
        }
    }
    bool goes_on =
        ask->on_answer(answers[i].type, bytes.data ? bytes.data : "", bytes.size, ask->user);
    buf_clear(&bytes);
    return goes_on;
}

static ingle_status answer(const struct worker_ask *ask, ingle_error *err) {
    uint32_t n = rng_below(&rng, 12);
    while (ask->on_answer && n > 0 && tell(ask)) n--;
    bool is_success = rng_below(&rng, 5) > 0;
    if (ask->result && (is_success || rng_below(&rng, 2))) {
        make_valid(ask->result, ask->result_size, ask->visit_result);
    }
    if (is_success) return INGLE_OK;
    ingle_error why = {.code = (ingle_status)(1 + rng_below(&rng, INGLE_UNSUPPORTED)),
                       .msg = "The worker says \x1b[2J\xff."};
    if (err) *err = why;
    return why.code;
}

/* ---- the commands ---- */

static const struct command *const commands[] = {
    &cmd_run, &cmd_chat, &cmd_tokens, &cmd_template, &cmd_logits, &cmd_constrain,
};

static void seed(uint64_t number) {
    rng_init(&rng, number);
}

static void forget(void) {
    arena_clear(&arena);
}

static void no_command_falls_for_a_lie(void **state) {
    static const char *const lines[] = {
        "run -m MODEL -p hello -t 1 --stats",
        "run -m MODEL -p hello -t 1 --json --logprobs 2",
        "chat -m MODEL -t 1",
        "chat -m MODEL -t 1 --json",
        "tokens -m MODEL hello",
        "tokens -m MODEL hello --json",
        "template -m MODEL",
        "template -m MODEL --json",
        "logits -m MODEL -t 1 --tokens 1,2,3 --all -o ROWS",
        "logits -m MODEL -t 1 --tokens 1,2,3 --top 3",
        "constrain -m MODEL --regex a+ --text FILE",
        "constrain -m MODEL --regex a+ --texts FILE",
    };
    static const struct lying lying = {.seed = seed,
                                       .start = start,
                                       .answer = answer,
                                       .forget = forget,
                                       .commands = commands,
                                       .n_commands = BASE_COUNT(commands),
                                       .lines = lines,
                                       .n_lines = BASE_COUNT(lines),
                                       .n_talking = N_TALKING,
                                       .n_rounds = N_ROUNDS,
                                       .input = "said"};
    (void)state;
    lying_run(&lying);
    assert_true(n_changed > N_ROUNDS);
}

static int begin(void **state) {
    if (lying_make(state) != 0) return -1;
    arena_init(&arena, 1 << 26);
    file_write(folder_file("text"), "\"aaa\"\n\"b\"\n", 10);
    file_write(folder_file("model"), "no model", 8);
    file_write(folder_file("said"), "hello\n/stats\n/model\nhow are you\n", 32);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_command_falls_for_a_lie),
    };
    return cmocka_run_group_tests(tests, begin, folder_remove);
}
