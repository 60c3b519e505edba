#include "cli/engine_arg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/config.h"
#include "cli/interrupt.h"
#include "cli/out.h"
#include "cli/user_dir.h"

#define NOTICEABLE_MS 500

ingle_status engine_tier(const char **out, ingle_error *err) {
    *out = NULL;
    char wanted[CONFIG_VALUE_MAX];
    INGLE_TRY(config_get(wanted, CONFIG_CPU, err));
    if (strcmp(wanted, "auto") == 0) return INGLE_OK;
    char list[128] = "";
    bool available;
    const char *name;
    for (size_t i = 0; (name = ingle_cpu_tier(i, &available)); i++) {
        if (!available) continue;
        if (strcmp(name, wanted) == 0) {
            *out = name;
            return INGLE_OK;
        }
        size_t n = strlen(list);
        snprintf(list + n, sizeof list - n, "%s%s", n ? ", " : "", name);
    }
    return status_set(err, INGLE_BAD_ARGUMENT, 0,
                      "INGLE_CPU is '%.40s'; the kernel tiers here are %s.", wanted, list);
}

static void say_it_was_once(const ingle_model_info *info) {
    if (info->weights_from != INGLE_WEIGHTS_WRITTEN || info->pack_ms < NOTICEABLE_MS) return;
    struct out o;
    out_init(&o, STDERR_FILENO, "standard error");
    if (!o.is_terminal) return;
    out_f(&o,
          "ingle: The weights were prepared for this processor in %.1f s; from now on they are "
          "taken from ",
          info->pack_ms * 1e-3);
    out_line_text(&o, info->cache_file, strlen(info->cache_file));
    out_str(&o, ".\n");
    ingle_error ignored;
    if (out_flush(&o, &ignored) != INGLE_OK) return; /* nobody is left to tell */
}

ingle_status engine_default(struct engine_args *args, ingle_error *err) {
    if (args->model) return INGLE_OK;
    INGLE_TRY(config_get(args->set, CONFIG_MODEL, err));
    if (args->set[0]) args->model = args->set;
    return INGLE_OK;
}

ingle_status engine_need_model(const struct engine_args *args, ingle_error *err) {
    if (args->model) return INGLE_OK;
    return status_set(err, INGLE_NOT_FOUND, 0,
                      "No model: download a GGUF file (huggingface.co has SmolLM2-135M-Instruct) "
                      "and say -m FILE, or once for all: ingle config model FILE.");
}

ingle_status engine_open_files(struct engine_files *f, const struct engine_args *args,
                               bool vocab_only, ingle_error *err) {
    *f = (struct engine_files){.opt = ingle_model_options_default()};
    char cache[USER_DIR_CAP];
    INGLE_TRY(engine_tier(&f->opt.tier, err));
    INGLE_TRY(engine_need_model(args, err));
    f->opt.vocab_only = vocab_only;
    f->opt.n_threads = args->n_threads;
    const char *tier = f->opt.tier ? f->opt.tier : ingle_cpu_get_info().tier;
    tzset();
    bool has_cache = !vocab_only && user_cache_dir(cache, "/packed");
    INGLE_TRY(model_files_open(&f->files, args->model, has_cache ? cache : NULL, tier, err));
    if (f->files.unfinished[0]) interrupt_remove(f->files.unfinished);
    return INGLE_OK;
}

ingle_status engine_parse_files(ingle_model **out, const struct engine_files *f, ingle_error *err) {
    ingle_model_files files = ingle_model_files_default();
    files.fds = f->files.fds;
    files.n_fds = f->files.n_fds;
    files.name = f->files.name;
    files.packed = f->files.packed;
    files.packed_new = f->files.packed_new;
    return ingle_model_open_files(out, &files, &f->opt, err);
}

void engine_settle_files(struct engine_files *f, ingle_model_info *info) {
    model_files_settle(&f->files, info);
    interrupt_keep(f->files.unfinished);
    if (info) say_it_was_once(info);
}

ingle_status engine_session(ingle_session **out, const ingle_model *model,
                            const struct engine_args *args, ingle_prefix_cache *cache,
                            ingle_error *err) {
    *out = NULL;
    ingle_session_options opt = ingle_session_options_default();
    opt.n_ctx = args->n_ctx;
    opt.n_batch = args->n_batch;
    opt.n_threads = args->n_threads;
    INGLE_TRY(engine_n_threads(&opt.n_threads, err));
    opt.kv_type = (ingle_kv_type)args->kv_type;
    opt.prefix_cache = cache;
    return ingle_session_new(out, model, &opt, err);
}

ingle_status engine_fits(const ingle_session *session, size_t n, ingle_error *err) {
    int n_ctx = ingle_session_n_ctx(session);
    if (n <= (size_t)n_ctx) return INGLE_OK;
    return status_set(err, INGLE_CONTEXT_FULL, 0,
                      "The context holds %d tokens and %zu are given; -c N makes it larger.", n_ctx,
                      n);
}

ingle_status engine_tune(ingle_tuning *out, ingle_tune_mode mode, ingle_error *err) {
    char folder[USER_DIR_CAP];
    if (user_cache_dir(folder, "")) return ingle_cpu_tune(out, folder, mode, err);
    /* What could not be kept would be measured every time. */
    return ingle_cpu_tune(out, NULL, mode == INGLE_TUNE_ANEW ? mode : INGLE_TUNE_LOOK, err);
}

ingle_status engine_n_threads(int *n_threads, ingle_error *err) {
    char set[CONFIG_VALUE_MAX];
    if (*n_threads != 0) return INGLE_OK;
    INGLE_TRY(config_get(set, CONFIG_THREADS, err));
    *n_threads = (int)strtol(set, NULL, 10); /* 0: auto */
    if (*n_threads != 0) return INGLE_OK;
    ingle_tuning tuning;
    INGLE_TRY(engine_tune(&tuning, INGLE_TUNE_ONCE, err));
    *n_threads = tuning.n_threads;
    return INGLE_OK;
}
