#include "cli/serve_confine.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/folder.h"
#include "base/part_name.h"
#include "cli/say.h"
#include "cli/user_dir.h"
#include "guard/prove/look.h"
#include "worker/client/model_files.h"

#define N_FOLDERS 4
#define MAX_FD 4096

struct places {
    struct seal_place items[SEAL_MAX_PLACES];
    size_t n;
    char folders[N_FOLDERS][USER_DIR_CAP];
    char parts[SEAL_MAX_PLACES][PATH_MAX];
    size_t n_parts;
};

static void add(struct places *p, const char *path, enum seal_use use) {
    if (p->n < SEAL_MAX_PLACES) p->items[p->n++] = (struct seal_place){path, use};
}

/* All parts that there are of a model in parts, as model_files_open() takes them along. */
static void add_model(struct places *p, const char *path) {
    int n = part_name_count(path);
    add(p, path, SEAL_READ);
    for (int i = 1; i < n && i < MODEL_FILES_MAX && p->n_parts < SEAL_MAX_PLACES; i++) {
        char *part = p->parts[p->n_parts];
        if (snprintf(part, PATH_MAX, "%s", path) >= PATH_MAX) return;
        part_name_set(part, i);
        if (access(part, F_OK) != 0) return;
        add(p, part, SEAL_READ);
        p->n_parts++;
    }
}

/* Folders to write to must be there to be kept; what needs one that cannot be made says so. */
static void add_folders(struct places *p) {
    bool (*const places[N_FOLDERS])(char[USER_DIR_CAP], const char *) = {
        user_cache_dir, user_state_dir, user_state_dir, user_config_dir};
    static const char *const below[N_FOLDERS] = {"", "/audit", "/crashes", ""};
    for (size_t i = 0; i < N_FOLDERS; i++) {
        bool is_settings = places[i] == user_config_dir;
        if (!places[i](p->folders[i], below[i])) continue;
        if (!is_settings && folder_create(p->folders[i], NULL) != INGLE_OK) continue;
        add(p, p->folders[i], is_settings ? SEAL_READ : SEAL_WRITE);
    }
}

static void say_open(struct cli *cli, const struct seal_confinement *c) {
    char line[256];
    snprintf(line, sizeof line,
             "The process that listens can read all files that you can: this system gives it no "
             "root folder of its own (%s) and has no Landlock; the workers are sealed all the "
             "same.",
             strerror(c->root_errno));
    say(cli->command, line);
}

static ingle_status confine(struct seal_confinement *out, struct cli *cli, struct places *p,
                            bool unsealed, ingle_error *err) {
    struct seal_confine_plan plan = {
        .places = p->items, .n_places = p->n, .shows_memory = unsealed};
    ingle_error why = {0};
    ingle_status status = seal_confine(out, &plan, &why);
    if (status == INGLE_UNSUPPORTED) {
        if (!cli->keeps_network) say(cli->command, why.msg);
        cli->keeps_network = true;
        return INGLE_OK;
    }
    if (status != INGLE_OK) return status_set(err, status, 0, "%s", why.msg);
    if (out->files == SEAL_FILES_ALL) say_open(cli, out);
    (void)prctl(PR_SET_NAME, LOOK_FRONT); /* for `ingle prove`, and who looks at processes */
    return INGLE_OK;
}

ingle_status serve_confine(struct seal_confinement *out, struct cli *cli, const char *const *models,
                           size_t n_models, bool unsealed, ingle_error *err) {
    struct places *p = mem_calloc(1, sizeof *p);
    if (!p) return status_no_memory(err, "a list of files", sizeof *p);
    for (size_t i = 0; i < n_models; i++) {
        if (models[i][0]) add_model(p, models[i]); /* else what is built in */
    }
    add_folders(p);
    ingle_status status = confine(out, cli, p, unsealed, err);
    mem_free(p);
    return status;
}

void serve_close_from(int n) {
    if (syscall(SYS_close_range, (unsigned)n, ~0u, 0) == 0) return;
    for (int fd = n; fd < MAX_FD; fd++) close(fd);
}
