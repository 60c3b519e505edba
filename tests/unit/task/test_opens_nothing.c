/* A process that was handed a model's open files opens nothing more, whatever it does with the
 * model: it does all of that where the kernel ends it if it tries. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "builtin/builtin.h"
#include "ingle/ingle.h"
#include "support/chat_model.h"
#include "support/folder.h"
#include "support/no_files.h"

#define N_THREADS 4

/* What the process is handed, and does with it. Nothing may fail: it ends, having said what did. */
struct handed {
    int fd, packed, packed_new;
};
typedef void (*work_fn)(const ingle_model *model);

static char path[128], packed[128];

static void need(bool is_good, const char *what, const ingle_error *err) {
    if (is_good) return;
    dprintf(STDERR_FILENO, "failed: %s: %s\n", what, err ? err->msg : "");
    _exit(1);
}

static ingle_model *open_handed(const struct handed *h, ingle_weights_from from) {
    ingle_model_files files = ingle_model_files_default();
    files.fds = &h->fd;
    files.n_fds = 1;
    files.packed = h->packed;
    files.packed_new = h->packed_new;
    ingle_model_options options = ingle_model_options_default();
    options.n_threads = N_THREADS;
    ingle_model *model;
    ingle_error err = {0};
    need(ingle_model_open_files(&model, &files, &options, &err) == INGLE_OK, "open", &err);
    ingle_model_info info = ingle_model_get_info(model);
    need(info.weights_from == from, info.cache_note, NULL);
    return model;
}

static ingle_session *session_of(const ingle_model *model) {
    ingle_session_options options = ingle_session_options_default();
    options.n_threads = N_THREADS;
    options.n_ctx = 512;
    ingle_session *session;
    ingle_error err = {0};
    need(ingle_session_new(&session, model, &options, &err) == INGLE_OK, "session", &err);
    return session;
}

static size_t tokens_of(const ingle_model *model, ingle_token ids[64]) {
    static const char text[] = "Once upon a time there was a cat.";
    size_t n;
    ingle_error err = {0};
    need(ingle_tokenize(model, text, sizeof text - 1, 0, ids, 64, &n, &err) == INGLE_OK, "tokenize",
         &err);
    return n;
}

/* ---- what is done ---- */

static void nothing(const ingle_model *model) {
    (void)model;
}

static void opens_a_file(const ingle_model *model) {
    (void)model;
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    need(fd >= 0, "open", NULL);
}

/* The defaults of everything that depends on the machine, too. */
static void evaluates(const ingle_model *model) {
    ingle_token ids[64];
    size_t n = tokens_of(model, ids);
    ingle_session *session = session_of(model), *other;
    ingle_error err = {0};
    need(ingle_session_new(&other, model, NULL, &err) == INGLE_OK, "session", &err);
    need(ingle_cpu_get_info().n_threads > 0, "cpu", NULL);
    need(ingle_session_eval(session, ids, n, NULL, &err) == INGLE_OK, "eval", &err);
    const ingle_batch_item items[] = {{session, ids, 1}, {other, ids, n}};
    need(ingle_session_eval_batch(items, 2, &err) == INGLE_OK, "batch", &err);
    ingle_session_free(other);
    ingle_session_free(session);
}

static void generate(const ingle_model *model, ingle_constraint *constraint) {
    ingle_token ids[64];
    size_t n = tokens_of(model, ids);
    ingle_session *session = session_of(model);
    ingle_sampling_options sampling = ingle_sampling_options_default();
    sampling.seed = 7;
    ingle_sampler *sampler;
    ingle_error err = {0};
    need(ingle_sampler_new(&sampler, model, &sampling, &err) == INGLE_OK, "sampler", &err);
    ingle_generate_options options = ingle_generate_options_default();
    ingle_generate_result result;
    options.max_tokens = 40;
    options.constraint = constraint;
    size_t reused;
    need(ingle_session_prompt(session, ids, n, 0, &reused, &err) == INGLE_OK, "prompt", &err);
    need(ingle_session_generate(session, sampler, &options, &result, &err) == INGLE_OK, "generate",
         &err);
    ingle_sampler_free(sampler);
    ingle_session_free(session);
}

static void generates(const ingle_model *model) {
    generate(model, NULL);
}

static void generates_under_constraints(const ingle_model *model) {
    static const char schema[] = "{\"type\": \"object\", \"properties\": {\"a\": {\"type\": "
                                 "\"string\", \"format\": \"date\"}, \"b\": {\"type\": "
                                 "\"number\"}}, \"required\": [\"a\"]}";
    ingle_constraint *c;
    ingle_error err = {0};
    need(ingle_constraint_new_schema(&c, model, schema, sizeof schema - 1, &err) == INGLE_OK,
         "schema", &err);
    generate(model, c);
    ingle_constraint_free(c);
    need(ingle_constraint_new_regex(&c, model, "[a-z]{1,20}", 11, &err) == INGLE_OK, "regex", &err);
    generate(model, c);
    ingle_constraint_free(c);
}

static void renders_and_replies(const ingle_model *model) {
    /* The present local time is of a zone that is a file. */
    static const char source[] = "{{ strftime_now('%H:%M %Z') }} {{ messages[0].content }}";
    static const char messages[] = "[{\"role\": \"user\", \"content\": \"Hello\"}]";
    ingle_template *t;
    ingle_rendering *r;
    ingle_error err = {0};
    need(ingle_template_new(&t, source, sizeof source - 1, &err) == INGLE_OK, "template", &err);
    need(ingle_template_render(&r, t, messages, NULL, &err) == INGLE_OK, "render", &err);
    ingle_rendering_free(r);
    ingle_template_free(t);
    ingle_chat *chat;
    need(ingle_chat_new(&chat, model, NULL, &err) == INGLE_OK, "chat", &err);
    need(ingle_chat_add(chat, "user", "Hello", 5, &err) == INGLE_OK, "add", &err);
    ingle_session *session = session_of(model);
    ingle_sampler *sampler;
    need(ingle_sampler_new(&sampler, model, NULL, &err) == INGLE_OK, "sampler", &err);
    ingle_chat_reply_options options = ingle_chat_reply_options_default();
    ingle_chat_result result;
    options.max_tokens = 20;
    need(ingle_chat_reply(chat, session, sampler, &options, &result, &err) == INGLE_OK, "reply",
         &err);
    ingle_sampler_free(sampler);
    ingle_session_free(session);
    ingle_chat_free(chat);
}

static ingle_pack *pack_of(enum builtin_pack which) {
    struct builtin_bytes b = builtin_bytes(which);
    ingle_pack *pack;
    ingle_error err = {0};
    need(ingle_pack_open_memory(&pack, b.data, b.size, b.name, &err) == INGLE_OK, "pack", &err);
    return pack;
}

static bool on_span(const ingle_span *span, void *user) {
    (void)span;
    (void)user;
    return true;
}

static void uses_packs(const ingle_model *model) {
    static const char text[] = "Wake me at seven, says Anna Novak. Then call Peter.";
    (void)model;
    ingle_pack *intents = pack_of(BUILTIN_INTENTS), *tagger = pack_of(BUILTIN_TAGGER);
    ingle_pack *encoder = pack_of(BUILTIN_ENCODER);
    ingle_error err = {0};
    ingle_class top;
    ingle_classification c;
    need(ingle_classify(intents, text, 16, &top, 1, &c, &err) == INGLE_OK, "classify", &err);
    need(ingle_tag(tagger, text, sizeof text - 1, on_span, NULL, &err) == INGLE_OK, "tag", &err);
    float vector[2048];
    need(ingle_pack_get_info(encoder).n_dims <= BASE_COUNT(vector), "room", NULL);
    need(ingle_encode(encoder, text, sizeof text - 1, vector, &err) == INGLE_OK, "encode", &err);
    ingle_pack_close(intents);
    ingle_pack_close(tagger);
    ingle_pack_close(encoder);
}

static void summarize_with(ingle_tasks *tasks, const char *text) {
    ingle_summary_result result;
    ingle_error err = {0};
    need(ingle_summarize(tasks, text, strlen(text), NULL, &result, &err) == INGLE_OK, "summarize",
         &err);
}

static void summarizes(const ingle_model *model) {
    char text[2000] = "";
    for (int i = 0; i < 25; i++) {
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "The %d houses were not sold to Anna in %d. ", i + 2,
                 1900 + i);
    }
    ingle_session_options session = ingle_session_options_default();
    session.n_threads = N_THREADS;
    session.n_ctx = 2400;
    ingle_tasks_options options = ingle_tasks_options_default();
    ingle_pack *encoder = pack_of(BUILTIN_ENCODER), *tagger = pack_of(BUILTIN_TAGGER);
    options.session = &session;
    options.encoder = encoder;
    options.tagger = tagger;
    for (int with_model = 0; with_model < 2; with_model++) {
        options.model = with_model ? model : NULL;
        ingle_tasks *tasks;
        ingle_error err = {0};
        need(ingle_tasks_new(&tasks, &options, &err) == INGLE_OK, "tasks", &err);
        summarize_with(tasks, text);
        ingle_tasks_free(tasks);
    }
    ingle_pack_close(encoder);
    ingle_pack_close(tagger);
}

/* ---- where it is done ---- */

/* The exit code of a process that is handed the files, loses all others, opens the model and does
 * the work with it. */
static int exit_code_of(work_fn work, int packed_flags, ingle_weights_from from) {
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct handed h = {.fd = open(path, O_RDONLY | O_CLOEXEC), .packed = -1, .packed_new = -1};
        int fd = packed_flags < 0 ? -1 : open(packed, packed_flags | O_CLOEXEC, 0600);
        *(from == INGLE_WEIGHTS_WRITTEN ? &h.packed_new : &h.packed) = fd;
        need(h.fd >= 0, "files", NULL);
        /* All that has to be done before. */
        (void)ingle_cpu_get_info();
        tzset();
        if (!no_files()) _exit(77);
        ingle_model *model = open_handed(&h, from);
        work(model);
        ingle_model_close(model);
        _exit(0);
    }
    int ended;
    assert_int_equal(waitpid(child, &ended, 0), child);
    if (!WIFEXITED(ended)) fail_msg("signal %d", WTERMSIG(ended));
    return WEXITSTATUS(ended);
}

static void does(work_fn work) {
    assert_int_equal(exit_code_of(work, -1, INGLE_WEIGHTS_MEMORY), 0);
}

static void the_net_catches_what_opens_a_file(void **state) {
    (void)state;
    assert_int_equal(exit_code_of(opens_a_file, -1, INGLE_WEIGHTS_MEMORY), NO_FILES_EXIT);
}

static void a_model_is_opened_without_opening_anything(void **state) {
    (void)state;
    does(nothing);
    assert_int_equal(exit_code_of(nothing, O_RDWR | O_CREAT | O_TRUNC, INGLE_WEIGHTS_WRITTEN), 0);
    assert_int_equal(exit_code_of(evaluates, O_RDWR, INGLE_WEIGHTS_CACHED), 0);
}

static void it_is_run_without_opening_anything(void **state) {
    (void)state;
    does(evaluates);
    does(generates);
    does(generates_under_constraints);
    does(renders_and_replies);
}

static void tasks_and_packs_open_nothing(void **state) {
    (void)state;
    does(uses_packs);
    does(summarizes);
}

static int begin(void **state) {
    if (folder_make(state) != 0) return -1;
    ingle_model_close(chat_model(chat_family(0)->source, false));
    snprintf(path, sizeof path, "%s", folder_file("chat.gguf"));
    snprintf(packed, sizeof packed, "%s", folder_file("chat.packed"));
    int code = exit_code_of(nothing, -1, INGLE_WEIGHTS_MEMORY);
    if (code == 77) puts("this system has no seccomp filters");
    if (code == 77) _exit(77);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_net_catches_what_opens_a_file),
        cmocka_unit_test(a_model_is_opened_without_opening_anything),
        cmocka_unit_test(it_is_run_without_opening_anything),
        cmocka_unit_test(tasks_and_packs_open_nothing),
    };
    return cmocka_run_group_tests(tests, begin, folder_remove);
}
