/* The commands that let a model talk, told anything by their worker, which may be in the hands of a
 * hostile model: whatever it says of its answers and of itself, they end in order. What is said is
 * made of right messages, changed. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/rng.h"
#include "cli/command.h"
#include "support/files.h"
#include "support/folder.h"
#include "support/messages.h"
#include "worker/client/worker.h"
#include "worker/wire/message.h"
#include "worker/wire/msg_chat.h"
#include "worker/wire/msg_generate.h"
#include "worker/wire/msg_logits.h"
#include "worker/wire/msg_start.h"
#include "worker/wire/msg_tokens.h"

#define N_ROUNDS 600
#define N_TALKING 6 /* of the lines below */

/* ---- the worker ---- */

static struct rng rng;
static struct arena arena;
static struct msg_started started;
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

ingle_status __wrap_worker_new(struct worker **out, struct msg_start *start,
                               const struct worker_files *files, ingle_error *err);
ingle_status __wrap_worker_new(struct worker **out, struct msg_start *start,
                               const struct worker_files *files, ingle_error *err) {
    static int anything;
    (void)start;
    (void)files;
    (void)err;
    *out = (struct worker *)(void *)&anything;
    make_valid(&started, sizeof started, msg_started);
    return INGLE_OK;
}

void __wrap_worker_free(struct worker *w);
void __wrap_worker_free(struct worker *w) {
    (void)w;
}

const struct msg_started *__wrap_worker_started(const struct worker *w);
const struct msg_started *__wrap_worker_started(const struct worker *w) {
    (void)w;
    return &started;
}

ingle_status __wrap_worker_tell_cache(struct worker *w, const ingle_model_info *info,
                                      ingle_error *err);
ingle_status __wrap_worker_tell_cache(struct worker *w, const ingle_model_info *info,
                                      ingle_error *err) {
    (void)w;
    (void)info;
    (void)err;
    return INGLE_OK;
}

bool __wrap_worker_is_dead(const struct worker *w);
bool __wrap_worker_is_dead(const struct worker *w) {
    (void)w;
    return false;
}

uint64_t __wrap_worker_peak_memory(const struct worker *w);
uint64_t __wrap_worker_peak_memory(const struct worker *w) {
    (void)w;
    return UINT64_MAX;
}

void __wrap_worker_forget_cancel(struct worker *w);
void __wrap_worker_forget_cancel(struct worker *w) {
    (void)w;
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

ingle_status __wrap_worker_do(struct worker *w, const struct worker_ask *ask, ingle_error *err);
ingle_status __wrap_worker_do(struct worker *w, const struct worker_ask *ask, ingle_error *err) {
    (void)w;
    if (ask->result) memset(ask->result, 0, ask->result_size);
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

/* So many would be too many for the kernel. */
ingle_status __wrap_seal_front(bool local_sockets, ingle_error *err);
ingle_status __wrap_seal_front(bool local_sockets, ingle_error *err) {
    (void)local_sockets;
    (void)err;
    return INGLE_OK;
}

static const struct command *const commands[] = {
    &cmd_run, &cmd_chat, &cmd_tokens, &cmd_template, &cmd_logits, &cmd_constrain,
};

const struct command *command_at(size_t i) {
    return i < BASE_COUNT(commands) ? commands[i] : NULL;
}

const struct command *command_find(const char *name) {
    for (size_t i = 0; i < BASE_COUNT(commands); i++) {
        if (strcmp(commands[i]->name, name) == 0) return commands[i];
    }
    return NULL;
}

static char file[4096], model[4096], said[4096], rows[4096];

/* The words of a command; FILE, MODEL ... stand for paths. */
static ingle_status run(char *line, bool is_terminal, int fd) {
    char *argv[32] = {NULL};
    int argc = 0;
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) {
        argv[argc++] = strcmp(word, "FILE") == 0    ? file
                       : strcmp(word, "MODEL") == 0 ? model
                       : strcmp(word, "ROWS") == 0  ? rows
                                                    : word;
    }
    struct cli *cli = calloc(1, sizeof *cli);
    ingle_error err = {0};
    if (!cli || !argv[0]) abort();
    out_init(&cli->out, fd, "standard output");
    cli->out.is_terminal = is_terminal;
    cli->command = command_find(argv[0]);
    ingle_status status = cli->command->run(cli, argc - 1, argv + 1, &err);
    if (status != INGLE_OK) assert_true(err.msg[0]);
    assert_int_equal(out_flush(&cli->out, NULL), INGLE_OK);
    free(cli);
    arena_clear(&arena);
    return status;
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
    (void)state;
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC), standard_error = dup(STDERR_FILENO);
    assert_true(fd >= 0 && standard_error >= 0);
    for (size_t i = 0; i < BASE_COUNT(lines); i++) {
        size_t n_ok = 0;
        for (uint64_t round = 0; round < N_ROUNDS; round++) {
            char line[200];
            int in = open(said, O_RDONLY | O_CLOEXEC);
            assert_true(in >= 0 && dup2(in, STDIN_FILENO) == STDIN_FILENO);
            close(in);
            rng_init(&rng, i * N_ROUNDS + round);
            memcpy(line, lines[i], strlen(lines[i]) + 1);
            assert_true(dup2(fd, STDERR_FILENO) == STDERR_FILENO);
            n_ok += run(line, round % 2 == 1, fd) == INGLE_OK;
            assert_true(dup2(standard_error, STDERR_FILENO) == STDERR_FILENO);
        }
        /* Numbers that fit the request, of rows and spans and verdicts, are hardly made here. */
        bool can_end_well = i < N_TALKING;
        if (n_ok == 0 && can_end_well) fail_msg("%s never ended well", lines[i]);
    }
    assert_true(n_changed > N_ROUNDS);
    close(fd);
    close(standard_error);
}

static void take(char out[4096], const char *name) {
    memcpy(out, folder_file(name), strlen(folder_file(name)) + 1);
}

static int begin(void **state) {
    if (folder_make(state) != 0) return -1;
    take(file, "text");
    take(model, "model");
    take(said, "said");
    take(rows, "rows");
    setenv("XDG_CACHE_HOME", folder_file("cache"), 1);
    setenv("XDG_STATE_HOME", folder_file("state"), 1);
    setenv("XDG_CONFIG_HOME", folder_file("config"), 1);
    arena_init(&arena, 1 << 26);
    file_write(file, "\"aaa\"\n\"b\"\n", 10);
    file_write(model, "no model", 8);
    file_write(said, "hello\n/stats\n/model\nhow are you\n", 32);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_command_falls_for_a_lie),
    };
    return cmocka_run_group_tests(tests, begin, folder_remove);
}
