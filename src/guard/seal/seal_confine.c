#include "guard/seal/seal_confine.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guard/seal/seal_confine_internal.h"
#include "guard/seal/seal_instrumented.h"
#include "guard/seal/seal_internal.h"

#define SCOPE_SIGNAL 2u /* of Landlock */

const char *seal_files_name(enum seal_files files) {
    static const char *const names[] = {
        [SEAL_FILES_ALL] = "all", [SEAL_FILES_RULES] = "rules", [SEAL_FILES_ROOT] = "its own root"};
    return names[files];
}

bool seal_keeps_signals(const struct seal_confinement *c) {
    return c->landlock_scope & SCOPE_SIGNAL;
}

/* A folder that is open leads past every root: `ingle serve </`. */
static ingle_status forget_folders(ingle_error *err) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        struct stat st;
        if (fstat(fd, &st) != 0 || !S_ISDIR(st.st_mode)) continue;
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        bool is_done = null >= 0 && dup2(null, fd) == fd;
        int error = errno;
        if (null > STDERR_FILENO) close(null);
        if (!is_done) return seal_failed(err, error, "closing a folder");
    }
    return INGLE_OK;
}

static ingle_status hide_memory(struct seal_confinement *out, ingle_error *err) {
    struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return seal_failed(err, errno, "hiding its memory");
    }
    out->hides_memory = true;
    return INGLE_OK;
}

static void count(struct seal_confinement *out, const struct seal_kept_list *list) {
    for (size_t i = 0; i < list->n; i++) {
        out->n_places += list->items[i].is_first;
        out->n_writable += list->items[i].is_first && list->items[i].use == SEAL_WRITE;
    }
}

/* Its own root rather than rules: under rules nothing can be mounted any more, and a worker could
 * not empty its root. */
static ingle_status keep_files(struct seal_confinement *out, const struct seal_kept_list *list,
                               ingle_error *err) {
    out->root_errno = seal_root_try(list);
    if (out->root_errno == 0) {
        int error = seal_root_enter(list);
        if (error) return seal_failed(err, error, "entering a root folder of its own");
        out->files = SEAL_FILES_ROOT;
    }
    INGLE_TRY(seal_drop_privileges(err));
    INGLE_TRY(seal_rules(out, list, out->files != SEAL_FILES_ROOT, err));
    if (out->files != SEAL_FILES_ALL) count(out, list);
    return INGLE_OK;
}

ingle_status seal_confine(struct seal_confinement *out, const struct seal_confine_plan *plan,
                          ingle_error *err) {
    *out = (struct seal_confinement){.files = SEAL_FILES_ALL};
    struct seal_kept_list list = {0};
    INGLE_TRY(seal_no_network(NULL, 0, err));
    seal_tell_sanitizers();
    INGLE_TRY(seal_one_thread(err));
    INGLE_TRY(forget_folders(err));
    ingle_status status = seal_places_list(&list, plan, err);
    if (status == INGLE_OK) status = keep_files(out, &list, err);
    seal_places_clear(&list);
    if (status != INGLE_OK) return status;
    /* What looks for memory that was never freed must see it. */
    if (!plan->shows_memory && !SEAL_LEAVES_PTRACE) INGLE_TRY(hide_memory(out, err));
    return seal_doors(err);
}
