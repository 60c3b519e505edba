/* The front after its worker: no word that was asked or answered is left in its memory, nor the
 * memory that it shared. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "support/fixture.h"
#include "support/folder.h"
#include "support/process.h"
#include "support/sanitized.h"
#include "worker/client/worker.h"
#include "worker/serve/worker_main.h"
#include "worker/wire/msg_generate.h"

/* "canary-of-...", never written out but into what is wiped. */
#define MASK 0x55
static const uint8_t hidden[] = {0x36, 0x34, 0x3b, 0x34, 0x27, 0x2c, 0x78, 0x3a,
                                 0x33, 0x78, 0x63, 0x67, 0x62, 0x66, 0x64, 0x78};

static void add_canary(struct buf *b) {
    for (size_t i = 0; i < sizeof hidden; i++) {
        char c = (char)(hidden[i] ^ MASK);
        assert_true(buf_add(b, &c, 1));
    }
}

/* ---- looking for it ---- */

#define CHUNK ((size_t)1 << 20)

static size_t count_in(const uint8_t *data, size_t size) {
    size_t n = 0;
    for (size_t i = 0; i + sizeof hidden <= size; i++) {
        size_t same = 0;
        while (same < sizeof hidden && (data[i + same] ^ MASK) == hidden[same]) same++;
        n += same == sizeof hidden;
    }
    return n;
}

static size_t count_between(int memory, uint64_t from, uint64_t to) {
    static uint8_t data[CHUNK + sizeof hidden];
    size_t n = 0;
    for (uint64_t at = from; at < to; at += CHUNK) {
        size_t wanted = to - at < sizeof data ? (size_t)(to - at) : sizeof data;
        ssize_t got = pread(memory, data, wanted, (off_t)at);
        if (got <= 0) break;
        n += count_in(data, (size_t)got);
        explicit_bzero(data, sizeof data); /* or it would be found again in here */
    }
    return n;
}

/* Everywhere that this process can read; *rings: how many are mapped. */
static size_t count_everywhere(int *rings) {
    static char maps[1 << 20];
    size_t n = 0;
    *rings = 0;
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0 && memory >= 0);
    size_t size = 0;
    for (ssize_t got; (got = read(fd, maps + size, sizeof maps - 1 - size)) > 0;) {
        size += (size_t)got;
    }
    maps[size] = '\0';
    for (char *line = maps, *next; *line; line = next) {
        char *rest;
        next = strchr(line, '\n');
        *next++ = '\0';
        uint64_t from = strtoull(line, &rest, 16), to = strtoull(rest + 1, &rest, 16);
        char can_read = rest[1];
        *rings += strstr(line, "ingle ring") != NULL;
        bool is_shadow = to - from > (uint64_t)1 << 30; /* of a sanitizer */
        if (can_read == 'r' && !is_shadow && !strstr(line, "[vvar]")) {
            size_t here = count_between(memory, from, to);
            if (here) fprintf(stderr, "%zu in %s\n", here, line);
            n += here;
        }
    }
    close(memory);
    close(fd);
    return n;
}

/* ---- what is asked ---- */

static char model_path[128];

struct told {
    size_t n_texts, n_tokens;
    struct buf text;
    struct arena arena;
};

static bool on_answer(enum msg_type type, const void *body, size_t size, void *user) {
    struct told *t = user;
    struct msg_token m;
    if (type == MSG_TEXT) {
        t->n_texts++;
        return buf_add(&t->text, body, size);
    }
    t->n_tokens++;
    return type == MSG_TOKEN &&
           wire_read(&m, sizeof m, msg_token, body, size, &t->arena, NULL) == INGLE_OK;
}

static struct worker *new_worker(void) {
    struct worker *w;
    ingle_error err;
    int fd = open(model_path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    struct worker_files files = {.shards = &fd, .n_shards = 1, .packed = -1, .packed_new = -1};
    struct msg_start start = {.model_name = "the model",
                              .has_session = true,
                              .n_threads = 1,
                              .n_ctx = 1024,
                              .n_batch = ingle_session_options_default().n_batch,
                              .session_threads = 1};
    if (worker_new(&w, &start, &files, &err) != INGLE_OK) fail_msg("%s", err.msg);
    close(fd);
    return w;
}

/* The word is in the prompt and, since nothing else may be answered, in the answer. */
static void ask(struct worker *w, size_t n_times) {
    struct buf prompt, choice;
    struct told told = {.n_texts = 0};
    struct msg_generated result;
    ingle_error err;
    buf_init_secret(&prompt, 1 << 20);
    buf_init_secret(&choice, 1 << 20);
    buf_init_secret(&told.text, 1 << 20);
    arena_init_secret(&told.arena, 1 << 20);
    for (size_t i = 0; i < n_times; i++) add_canary(&prompt);
    for (int i = 0; i < 3; i++) add_canary(&choice);
    const char *choices[] = {choice.data};
    struct msg_generate m = {
        .prompt = {prompt.data, prompt.size},
        .sampling = ingle_sampling_options_default(),
        .constraint = {.kind = CONSTRAINT_CHOICES, .choices = choices, .n_choices = 1},
        .max_tokens = 200,
        .n_logprobs = 2};
    struct worker_ask a = {.type = MSG_GENERATE,
                           .visit = msg_generate,
                           .request = &m,
                           .visit_result = msg_generated,
                           .result = &result,
                           .result_size = sizeof result,
                           .on_answer = on_answer,
                           .user = &told};
    if (worker_do(w, &a, &err) != INGLE_OK) fail_msg("%s", err.msg);
    assert_true(told.n_texts > 0 && told.n_tokens > 0);
    assert_int_equal(told.text.size, choice.size);
    assert_memory_equal(told.text.data, choice.data, choice.size);
    buf_clear(&prompt);
    buf_clear(&choice);
    buf_clear(&told.text);
    arena_clear(&told.arena);
}

static void no_word_is_left_in_the_front(void **state) {
    (void)state;
    int n_files = process_n_files(), rings;
    assert_int_equal(count_everywhere(&rings), 0);
    assert_int_equal(rings, 0);
    struct worker *w = new_worker();
    struct buf seen;
    buf_init_secret(&seen, 100);
    add_canary(&seen);
    assert_true(count_everywhere(&rings) > 0); /* it would be found */
    assert_int_equal(rings, 2);
    buf_clear(&seen);
    for (size_t n = 1; n <= 32; n *= 2) ask(w, n);
    worker_free(w);
    assert_int_equal(count_everywhere(&rings), 0);
    assert_int_equal(rings, 0);
    assert_int_equal(process_n_files(), n_files);
}

/* Between two requests the rings hold none, either: the front's own at once, the worker's when it
 * is asked again. */
static void a_later_question_wipes_what_was_said_before(void **state) {
    (void)state;
    int rings;
    struct worker *w = new_worker();
    ask(w, 4);
    struct msg_generate m = {.prompt = {"x", 1},
                             .sampling = ingle_sampling_options_default(),
                             .max_tokens = 1,
                             .n_logprobs = -1};
    struct worker_ask a = {.type = MSG_GENERATE, .visit = msg_generate, .request = &m};
    assert_int_equal(worker_do(w, &a, NULL), INGLE_OK);
    assert_int_equal(count_everywhere(&rings), 0);
    worker_free(w);
}

/* One that dies in the middle leaves nothing, either. */
static bool die_at_once(enum msg_type type, const void *body, size_t size, void *user) {
    (void)type;
    (void)body;
    (void)size;
    kill(worker_pid(user), SIGKILL);
    return true;
}

static void a_worker_that_died_leaves_no_word(void **state) {
    (void)state;
    int rings;
    struct worker *w = new_worker();
    struct buf prompt;
    buf_init_secret(&prompt, 1000);
    for (int i = 0; i < 10; i++) add_canary(&prompt);
    struct msg_generate m = {.prompt = {prompt.data, prompt.size},
                             .sampling = ingle_sampling_options_default(),
                             .max_tokens = 100000,
                             .ignore_end = true,
                             .n_logprobs = -1};
    struct worker_ask a = {.type = MSG_GENERATE,
                           .visit = msg_generate,
                           .request = &m,
                           .on_answer = die_at_once,
                           .user = w};
    assert_int_not_equal(worker_do(w, &a, NULL), INGLE_OK);
    worker_free(w);
    buf_clear(&prompt);
    assert_int_equal(count_everywhere(&rings), 0);
    assert_int_equal(rings, 0);
}

static int make(void **state) {
    if (folder_make(state) != 0) return -1;
    const struct make_model_spec spec = {.arch = "llama", .n_ctx_train = 1024};
    snprintf(model_path, sizeof model_path, "%s", folder_file("model.gguf"));
    return make_model_write(model_path, &spec) ? 0 : -1;
}

int main(int argc, char **argv) {
    if (worker_is_role(argc, argv)) return worker_main();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_word_is_left_in_the_front),
        cmocka_unit_test(a_later_question_wipes_what_was_said_before),
        cmocka_unit_test(a_worker_that_died_leaves_no_word),
    };
    return cmocka_run_group_tests(tests, make, folder_remove);
}
