/* The commands of everyday tasks, told anything by their worker: messages that are none, places
 * that are not in the text, answers that nobody asked for, results that fit nothing. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/command.h"
#include "support/files.h"
#include "support/folder.h"
#include "unit/worker/task_message_cases.h"
#include "worker/client/worker.h"
#include "worker/wire/msg_draft.h"
#include "worker/wire/msg_redact.h"
#include "worker/wire/msg_rewrite.h"

#define N_ROUNDS 300

/* ---- the worker ---- */

static struct maker maker;
static struct arena result_arena;
static size_t n_answers, n_refused;

static const struct msg_started started = {
    .is_sealed = true,
    .fills_middle = true,
    .packs = WORKER_INTENTS | WORKER_ENCODER | WORKER_TAGGER,
    .model = {.architecture = "", .name = "", .tier = "", .cache_file = "", .cache_note = ""},
};

ingle_status __wrap_worker_new(struct worker **out, struct msg_start *start,
                               const struct worker_files *files, ingle_error *err);
ingle_status __wrap_worker_new(struct worker **out, struct msg_start *start,
                               const struct worker_files *files, ingle_error *err) {
    static int anything;
    (void)start;
    (void)files;
    (void)err;
    *out = (struct worker *)(void *)&anything;
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

ingle_status __wrap_worker_do(struct worker *w, const struct worker_ask *ask, ingle_error *err);
ingle_status __wrap_worker_do(struct worker *w, const struct worker_ask *ask, ingle_error *err) {
    struct buf bytes;
    (void)w;
    buf_init(&bytes, 1 << 20);
    assert_int_equal(wire_write(&bytes, ask->visit, ask->request, NULL), INGLE_OK);
    buf_clear(&bytes);
    if (ask->result) memset(ask->result, 0, ask->result_size);
    uint32_t n = rng_below(&maker.rng, 12);
    while (ask->on_answer && n > 0 && tell(ask)) n--;
    if (ask->result) fill_result(ask);
    if (rng_below(&maker.rng, 5) > 0) return INGLE_OK;
    *err = (ingle_error){.code = INGLE_INVALID, .msg = "The worker says \x1b[2J\xff."};
    return err->code;
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
    &cmd_summarize, &cmd_rewrite, &cmd_draft, &cmd_complete, &cmd_intent, &cmd_notify, &cmd_redact,
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

static char file[4096], other[4096], model[4096], map[4096];

/* The words of a command; FILE, MODEL ... stand for paths. */
static ingle_status run(char *line, bool is_terminal, int fd) {
    char *argv[32];
    int argc = 0;
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) {
        argv[argc++] = strcmp(word, "FILE") == 0    ? file
                       : strcmp(word, "OTHER") == 0 ? other
                       : strcmp(word, "MODEL") == 0 ? model
                       : strcmp(word, "MAP") == 0   ? map
                                                    : word;
    }
    struct cli *cli = calloc(1, sizeof *cli);
    ingle_error err = {0};
    assert_non_null(cli);
    out_init(&cli->out, fd, "standard output");
    cli->out.is_terminal = is_terminal;
    cli->command = command_find(argv[0]);
    ingle_status status = cli->command->run(cli, argc - 1, argv + 1, &err);
    if (status != INGLE_OK) assert_true(err.msg[0]);
    ingle_status flushed = out_flush(&cli->out, NULL);
    assert_int_equal(flushed, INGLE_OK);
    free(cli);
    arena_clear(&maker.arena);
    arena_clear(&result_arena);
    return status;
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
    (void)state;
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC), standard_error = dup(STDERR_FILENO);
    assert_true(fd >= 0 && standard_error >= 0);
    for (size_t i = 0; i < BASE_COUNT(lines); i++) {
        size_t n_ok = 0;
        for (uint64_t round = 0; round < N_ROUNDS; round++) {
            char line[200];
            rng_init(&maker.rng, i * N_ROUNDS + round);
            memcpy(line, lines[i], strlen(lines[i]) + 1);
            assert_true(dup2(fd, STDERR_FILENO) == STDERR_FILENO);
            n_ok += run(line, round % 2 == 1, fd) == INGLE_OK;
            assert_true(dup2(standard_error, STDERR_FILENO) == STDERR_FILENO);
        }
        if (n_ok == 0) fail_msg("%s never ended well", lines[i]);
    }
    assert_true(n_answers > n_refused && n_refused > N_ROUNDS);
    close(fd);
    close(standard_error);
}

static int begin(void **state) {
    if (folder_make(state) != 0) return -1;
    memcpy(file, folder_file("text"), strlen(folder_file("text")) + 1);
    memcpy(other, folder_file("other"), strlen(folder_file("other")) + 1);
    memcpy(model, folder_file("model"), strlen(folder_file("model")) + 1);
    memcpy(map, folder_file("map"), strlen(folder_file("map")) + 1);
    static const char words[] = "Ana wrote to Bob. It was Monday.\n\nBob did not answer her.\n";
    setenv("XDG_CACHE_HOME", folder_file("cache"), 1);
    setenv("XDG_STATE_HOME", folder_file("state"), 1);
    setenv("XDG_CONFIG_HOME", folder_file("config"), 1);
    arena_init(&maker.arena, 1 << 24);
    arena_init(&result_arena, 1 << 24);
    file_write(file, words, sizeof words - 1);
    file_write(other, "One line.\n", 10);
    file_write(model, "no model", 8);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_command_falls_for_a_lie),
    };
    return cmocka_run_group_tests(tests, begin, folder_remove);
}
