#include "cli/seal_here.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/audit_note.h"
#include "cli/audit_worker.h"
#include "cli/interrupt.h"
#include "cli/say.h"
#include "guard/prove/look.h"
#include "guard/prove/prove.h"
#include "guard/seal/seal.h"
#include "ingle/cpu.h"

ingle_status seal_front(struct cli *cli, bool local_sockets, ingle_error *err) {
    static const int families[] = {AF_UNIX};
    ingle_error why = {0};
    ingle_status status = seal_no_network(families, local_sockets ? 1 : 0, &why);
    if (status == INGLE_OK) return INGLE_OK;
    if (status != INGLE_UNSUPPORTED) return status_set(err, status, 0, "%s", why.msg);
    if (!cli->keeps_network) say(cli->command, why.msg);
    cli->keeps_network = true;
    return INGLE_OK;
}

static void say_unsealed(bool is_recorded) {
    struct out o;
    out_init(&o, STDERR_FILENO, "standard error");
    bool has_colours = out_has_colours(&o);
    if (has_colours) out_str(&o, "\033[31m");
    out_str(&o, "ingle: --unsealed: the process that reads the model and your words is not "
                "sealed.");
    if (!is_recorded) out_str(&o, " This build keeps no record of it.");
    if (has_colours) out_str(&o, "\033[0m");
    out_str(&o, "\n");
    ingle_status unheard = out_flush(&o, NULL);
    (void)unheard; /* nobody is left to tell */
}

ingle_status go_unsealed(const char *what, ingle_error *err) {
    bool is_recorded;
    INGLE_TRY(audit_unsealed(&is_recorded, what, err));
    say_unsealed(is_recorded);
    return INGLE_OK;
}

/* What is read of it was read, and it might lead to more. */
static ingle_status forget_input(ingle_error *err) {
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    bool is_done = null >= 0 && dup2(null, STDIN_FILENO) == STDIN_FILENO;
    int error = errno;
    if (null > STDERR_FILENO) close(null);
    return is_done ? INGLE_OK : status_errno(err, error, "open", "/dev/null");
}

/* What would be read of the system later, where nothing can be opened. */
static void calm_libc(void) {
    mallopt(M_ARENA_MAX, 8);
    tzset();
    (void)ingle_cpu_get_info();
}

/* Standard output may be a file that is large already. */
static uint64_t max_file(const struct model_files *files) {
    uint64_t most = 0;
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
        struct stat st;
        bool is_larger = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size > most;
        if (is_larger) most = (uint64_t)st.st_size;
    }
    return most + seal_max_file(files->fds, files->n_fds);
}

static ingle_status seal(const struct model_files *files, ingle_error *err) {
    int keep[STDERR_FILENO + 1 + MODEL_FILES_MAX + MODEL_FILES_OTHERS];
    _Static_assert(BASE_COUNT(keep) <= SEAL_MAX_KEEP, "as many as there may be");
    size_t n = 0;
    for (int fd = 0; fd <= STDERR_FILENO; fd++) keep[n++] = fd;
    n += model_files_list(files, keep + n);
    struct seal_plan plan = {
        .keep = keep, .n_keep = n, .is_own_master = true, .max_file = max_file(files)};
    struct seal_report report;
    INGLE_TRY(seal_prepare(&report, &plan, err));
    INGLE_TRY(prove_short(&report, err));
    (void)prctl(PR_SET_NAME, LOOK_IN_PLACE); /* for `ingle prove`, and who looks at processes */
    return seal_finish(&report, err);
}

ingle_status seal_here(struct cli *cli, struct model_files *files, bool unsealed,
                       ingle_error *err) {
    if (unsealed) return go_unsealed("a command", err);
    audit_in_place(files);
    audit_note_end();
    calm_libc();
    INGLE_TRY(forget_input(err));
    /* The keeper removes what is not finished: here, nothing can be unlinked any more. */
    INGLE_TRY(model_files_keep(files, err));
    interrupt_keep(files->unfinished);
    INGLE_TRY(seal(files, err));
    cli->is_sealed = true;
    return INGLE_OK;
}
