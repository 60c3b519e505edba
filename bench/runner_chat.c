/* A chat's answer made in one process, for bench/serve: what the service's own costs come on top
 * of. After "ready SECONDS" it answers every line on its input with one.
 *
 *   N_TOKENS SEED TEMPERATURE TOP_K MESSAGES     a JSON array on the same line
 *
 * -> JSON: microseconds from the call to the first and to the last piece of text, the tokens of the
 * answer, and its text.
 *
 *   runner_chat MODEL N_THREADS [FOLDER]     FOLDER is where prepared weights are kept */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_write.h"
#include "ingle/ingle.h"

#define MAX_TEXT ((size_t)16 << 20)

struct runner {
    ingle_model *model;
    ingle_session *session;
    ingle_chat *chat;
};

struct piece_times {
    double first, last; /* ms; 0: none has come */
    struct buf text;
};

static void check(ingle_status status, const ingle_error *err) {
    if (status == INGLE_OK) return;
    fprintf(stderr, "runner_chat: %s\n", err->msg);
    exit(1);
}

static void open_runner(struct runner *r, int argc, char **argv) {
    ingle_error err = {0};
    ingle_model_options model = ingle_model_options_default();
    ingle_session_options session = ingle_session_options_default();
    model.n_threads = session.n_threads = (int)strtol(argv[2], NULL, 10);
    if (argc > 3) model.cache_dir = argv[3];
    check(ingle_model_open(&r->model, argv[1], &model, &err), &err);
    check(ingle_session_new(&r->session, r->model, &session, &err), &err);
    check(ingle_chat_new(&r->chat, r->model, NULL, &err), &err);
}

static bool on_event(const ingle_chat_event *event, void *user) {
    struct piece_times *t = user;
    t->last = clock_ms();
    if (t->first == 0) t->first = t->last;
    return buf_add(&t->text, event->text, event->len);
}

static void print(const struct piece_times *t, double start, const ingle_chat_result *result) {
    struct buf out;
    struct json j;
    buf_init(&out, 8 * MAX_TEXT);
    json_init_buf(&j, &out);
    json_begin(&j, '{');
    json_put_number(&j, "first", 1e3 * (t->first - start), 9);
    json_put_number(&j, "last", 1e3 * (t->last - start), 9);
    json_put_int(&j, "tokens", result->n_answer + result->n_thinking);
    json_put_text(&j, "text", t->text.data ? t->text.data : "", t->text.size);
    json_end(&j, '}');
    puts(out.data);
    buf_clear(&out);
}

/* As the service does it: with a sampler of its own, stopping where it turns in circles. */
static void answer(const struct runner *r, int n_tokens, const ingle_sampling_options *sampling,
                   const char *messages) {
    ingle_error err = {0};
    ingle_sampler *sampler;
    ingle_chat_result result;
    struct piece_times times = {0};
    ingle_chat_reply_options options = ingle_chat_reply_options_default();
    buf_init(&times.text, MAX_TEXT);
    options.max_tokens = n_tokens;
    options.stop_loops = true;
    options.on_event = on_event;
    options.user = &times;
    double start = clock_ms();
    check(ingle_chat_replace(r->chat, 0, ingle_chat_n_messages(r->chat), messages, strlen(messages),
                             &err),
          &err);
    check(ingle_sampler_new(&sampler, r->model, sampling, &err), &err);
    check(ingle_chat_reply(r->chat, r->session, sampler, &options, &result, &err), &err);
    ingle_sampler_free(sampler);
    print(&times, start, &result);
    buf_clear(&times.text);
}

static void serve_line(const struct runner *r, char *line) {
    ingle_sampling_options sampling = ingle_sampling_options_default();
    char *at = line;
    int n_tokens = (int)strtol(at, &at, 10);
    sampling.seed = strtoull(at, &at, 10);
    sampling.temperature = strtof(at, &at);
    sampling.top_k = (int)strtol(at, &at, 10);
    answer(r, n_tokens, &sampling, at);
}

int main(int argc, char **argv) {
    struct runner r = {0};
    char *line = NULL;
    size_t cap = 0;
    if (argc < 3) {
        fputs("usage: runner_chat MODEL N_THREADS [FOLDER]\n", stderr);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    double start = clock_ms();
    open_runner(&r, argc, argv);
    printf("ready %.6f\n", 1e-3 * (clock_ms() - start));
    for (ssize_t n; (n = getline(&line, &cap, stdin)) > 0;) {
        if (line[n - 1] == '\n') line[n - 1] = '\0';
        serve_line(&r, line);
    }
    free(line);
    ingle_chat_free(r.chat);
    ingle_session_free(r.session);
    ingle_model_close(r.model);
    return 0;
}
