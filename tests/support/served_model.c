#include "support/served_model.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/folder.h"
#include "support/make_model.h"

#define TURNS                                                                                      \
    "{%- for m in messages -%}{{- '<|im_start|>' + m.role + '\n' + (m.content or '') + "           \
    "'<|im_end|>\n' -}}{%- endfor -%}"                                                             \
    "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\n' -}}{%- endif -%}"

static const char *const controls[] = {"<|im_start|>", "<|im_end|>",   "<think>", "</think>",
                                       "<tool_call>",  "</tool_call>", NULL};
static struct served_model served;

int served_model_make(void **state) {
    static const struct make_model_spec spec = {.arch = "llama",
                                                .seed = 3,
                                                .n_layer = 2,
                                                .n_ctx_train = SERVED_N_CTX,
                                                .controls = controls,
                                                .chat_template = TURNS};
    if (folder_make(state) != 0) return -1;
    assert_true(make_model_write(folder_file("model.gguf"), &spec));
    ingle_error err = {0};
    if (ingle_model_open(&served.model, folder_file("model.gguf"), NULL, &err) != INGLE_OK) {
        fail_msg("%s", err.msg);
    }
    ingle_session_options opt = ingle_session_options_default();
    opt.n_ctx = SERVED_N_CTX;
    opt.n_threads = 1;
    assert_int_equal(ingle_session_new(&served.session, served.model, &opt, NULL), INGLE_OK);
    *state = &served;
    return 0;
}

int served_model_remove(void **state) {
    ingle_session_free(served.session);
    ingle_model_close(served.model);
    return folder_remove(state);
}

struct worker *served_worker(const struct msg_start *start) {
    struct msg_start m = {.has_session = true};
    if (start) m = *start;
    m.model_name = "model.gguf";
    m.n_ctx = SERVED_N_CTX;
    m.n_threads = m.session_threads = 1;
    int fd = open(folder_file("model.gguf"), O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    const struct worker_files files = {
        .shards = &fd, .n_shards = 1, .packed = -1, .packed_new = -1};
    struct worker *w;
    ingle_error err = {0};
    if (worker_new(&w, &m, &files, &err) != INGLE_OK) fail_msg("%s", err.msg);
    close(fd);
    return w;
}

void served_ask(struct worker *w, ingle_status wanted, const struct worker_ask *ask,
                ingle_error *err) {
    ingle_error own = {0};
    if (!err) err = &own;
    ingle_status status = worker_do(w, ask, err);
    if (status != wanted) fail_msg("status %d instead of %d: %s", status, wanted, err->msg);
}
