#include "support/lying.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "support/folder.h"

static const struct lying *lying;

/* ---- the worker ---- */

static const struct msg_started *started;

ingle_status __wrap_worker_new(struct worker **out, struct msg_start *start,
                               const struct worker_files *files, ingle_error *err);
ingle_status __wrap_worker_new(struct worker **out, struct msg_start *start,
                               const struct worker_files *files, ingle_error *err) {
    static int anything;
    (void)start;
    (void)files;
    (void)err;
    *out = (struct worker *)(void *)&anything;
    started = lying->start();
    return INGLE_OK;
}

void __wrap_worker_free(struct worker *w);
void __wrap_worker_free(struct worker *w) {
    (void)w;
}

const struct msg_started *__wrap_worker_started(const struct worker *w);
const struct msg_started *__wrap_worker_started(const struct worker *w) {
    (void)w;
    return started;
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

ingle_status __wrap_worker_do(struct worker *w, const struct worker_ask *ask, ingle_error *err);
ingle_status __wrap_worker_do(struct worker *w, const struct worker_ask *ask, ingle_error *err) {
    (void)w;
    if (ask->result) memset(ask->result, 0, ask->result_size);
    return lying->answer(ask, err);
}

/* ---- the commands ---- */

/* So many would be too many for the kernel. */
ingle_status __wrap_seal_front(struct cli *cli, bool local_sockets, ingle_error *err);
ingle_status __wrap_seal_front(struct cli *cli, bool local_sockets, ingle_error *err) {
    (void)cli;
    (void)local_sockets;
    (void)err;
    return INGLE_OK;
}

const struct command *command_at(size_t i) {
    return i < lying->n_commands ? lying->commands[i] : NULL;
}

const struct command *command_find(const char *name) {
    for (size_t i = 0; i < lying->n_commands; i++) {
        if (strcmp(lying->commands[i]->name, name) == 0) return lying->commands[i];
    }
    return NULL;
}

static struct place {
    const char *word, *name;
    char path[128];
} places[] = {{.word = "FILE", .name = "text"},
              {.word = "OTHER", .name = "other"},
              {.word = "MODEL", .name = "model"},
              {.word = "ROWS", .name = "rows"},
              {.word = "MAP", .name = "map"}};

static char *path_or_word(char *word) {
    for (size_t i = 0; i < BASE_COUNT(places); i++) {
        if (strcmp(word, places[i].word) == 0) return places[i].path;
    }
    return word;
}

static ingle_status run(char *line, bool is_terminal, int fd) {
    char *argv[32] = {NULL};
    int argc = 0;
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) {
        argv[argc++] = path_or_word(word);
    }
    struct cli *cli = mem_calloc(1, sizeof *cli);
    ingle_error err = {0};
    if (!cli || !argv[0]) abort();
    out_init(&cli->out, fd, "standard output");
    cli->out.is_terminal = is_terminal;
    cli->command = command_find(argv[0]);
    ingle_status status = cli->command->run(cli, argc - 1, argv + 1, &err);
    if (status != INGLE_OK) assert_true(err.msg[0]);
    assert_int_equal(out_flush(&cli->out, NULL), INGLE_OK);
    mem_free(cli);
    lying->forget();
    return status;
}

static void read_from_the_start_of(const char *name) {
    int in = open(folder_file(name), O_RDONLY | O_CLOEXEC);
    assert_true(in >= 0 && dup2(in, STDIN_FILENO) == STDIN_FILENO);
    close(in);
}

void lying_run(const struct lying *l) {
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC), standard_error = dup(STDERR_FILENO);
    assert_true(fd >= 0 && standard_error >= 0);
    lying = l;
    for (size_t i = 0; i < l->n_lines; i++) {
        size_t n_ok = 0;
        for (uint64_t round = 0; round < l->n_rounds; round++) {
            char line[200];
            if (l->input) read_from_the_start_of(l->input);
            l->seed(i * l->n_rounds + round);
            memcpy(line, l->lines[i], strlen(l->lines[i]) + 1);
            assert_true(dup2(fd, STDERR_FILENO) == STDERR_FILENO);
            n_ok += run(line, round % 2 == 1, fd) == INGLE_OK;
            assert_true(dup2(standard_error, STDERR_FILENO) == STDERR_FILENO);
        }
        if (n_ok == 0 && i < l->n_talking) fail_msg("%s never ended well", l->lines[i]);
    }
    close(fd);
    close(standard_error);
}

int lying_make(void **state) {
    if (folder_make(state) != 0) return -1;
    for (size_t i = 0; i < BASE_COUNT(places); i++) {
        snprintf(places[i].path, sizeof places[i].path, "%s", folder_file(places[i].name));
    }
    setenv("XDG_CACHE_HOME", folder_file("cache"), 1);
    setenv("XDG_STATE_HOME", folder_file("state"), 1);
    setenv("XDG_CONFIG_HOME", folder_file("config"), 1);
    return 0;
}
