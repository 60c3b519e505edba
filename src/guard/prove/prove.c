/* The batteries. The long one: this process sets the scene; its child, the mother, comes as far as
 * a worker does before its filter, and forks a twin a way; what the twins told comes back in shared
 * memory, since the mother has no descriptor for it. */
#include "guard/prove/prove.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard/prove/prove_internal.h"
#include "guard/seal/seal.h"

/* Of twins that may do what they try: some of that waits. */
#define PATIENCE_OPEN 2

struct run {
    const struct prove_scene *scene;
    const struct prove_list *list;
    enum prove_depth depth;
    pid_t prover;
    struct tidings *tidings;
};

/* From the mother, shared. */
struct tidings {
    ingle_status status;
    ingle_error err;
    struct prove_end ends[];
};

/* As a worker starts. */
static ingle_status prepare_worker(const struct run *run, struct seal_report *report,
                                   ingle_error *err) {
    const struct prove_scene *s = run->scene;
    const int keep[] = {s->channel, s->ring, s->text, s->model};
    struct seal_plan plan = {.keep = keep, .n_keep = BASE_COUNT(keep), .parent = run->prover};
    return seal_prepare(report, &plan, err);
}

static ingle_status prepare(const struct run *run, struct seal_report *report, ingle_error *err) {
    const struct prove_scene *s = run->scene;
    if (run->depth == PROVE_PREPARED || run->depth == PROVE_SEALED) {
        return prepare_worker(run, report, err);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0});
    close(s->front);
    for (size_t i = 0; i < BASE_COUNT(s->listeners); i++) {
        if (s->listeners[i] >= 0) close(s->listeners[i]);
    }
    if (run->depth != PROVE_NO_NETWORK) return INGLE_OK;
    /* Some systems collect what is left of a killed process, whatever the limit says. */
    prctl(PR_SET_DUMPABLE, 0);
    return seal_no_network(NULL, 0, err);
}

static ingle_status try_all(const struct run *run, ingle_error *err) {
    struct seal_report report = {0};
    const struct seal_report *prepared = run->depth == PROVE_SEALED ? &report : NULL;
    bool is_shut = run->depth == PROVE_SEALED || run->depth == PROVE_NO_NETWORK;
    unsigned patience = is_shut ? PROVE_PATIENCE : PATIENCE_OPEN;
    INGLE_TRY(prepare(run, &report, err));
    for (size_t i = 0; i < run->list->n; i++) {
        const struct prove_way *way = &run->list->ways[i];
        pid_t twin;
        INGLE_TRY(prove_twin_start(&twin, run->scene, way, prepared, patience, err));
        INGLE_TRY(prove_twin_wait(&run->tidings->ends[i], twin, way, err));
    }
    return INGLE_OK;
}

static _Noreturn void be_mother(const struct run *run) {
    setsid(); /* no terminal to reach, and none that could be hung up */
    run->tidings->status = try_all(run, &run->tidings->err);
    _exit(0);
}

static ingle_status wait_for_mother(struct run *run, ingle_error *err) {
    run->tidings->status = INGLE_FAILED;
    run->prover = getpid();
    pid_t mother = fork();
    if (mother == 0) be_mother(run);
    if (mother < 0) return status_errno(err, errno, "start", "the process that makes twins");
    int status;
    while (waitpid(mother, &status, 0) < 0) {
        if (errno != EINTR) return status_errno(err, errno, "wait for", "twins");
    }
    const struct tidings *t = run->tidings;
    if (!WIFEXITED(status)) {
        return status_set(err, INGLE_FAILED, 0,
                          "The process that makes twins was ended by signal %d.", WTERMSIG(status));
    }
    return t->status == INGLE_OK ? INGLE_OK : status_set(err, t->status, 0, "%s", t->err.msg);
}

static void tell(const struct run *run, prove_result_fn on_result, void *user, size_t *n_open) {
    for (size_t i = 0; i < run->list->n; i++) {
        const struct prove_way *way = &run->list->ways[i];
        struct prove_result r = {.group = way->group,
                                 .name = way->name,
                                 .why = way->allowed,
                                 .outcome = run->tidings->ends[i].outcome,
                                 .errnum = run->tidings->ends[i].errnum};
        if (r.outcome == PROVE_OPEN) ++*n_open;
        on_result(&r, user);
    }
}

static ingle_status run_at(const struct prove_scene *s, enum prove_depth depth,
                           prove_result_fn on_result, void *user, size_t *n_open,
                           ingle_error *err) {
    struct prove_list list = {0};
    struct run run = {.scene = s, .list = &list, .depth = depth};
    size_t size = 0;
    ingle_status status = depth == PROVE_NO_NETWORK ? prove_list_add_network(&list, err)
                                                    : prove_list_add_all(&list, err);
    if (status != INGLE_OK) goto out;
    size = sizeof *run.tidings + list.n * sizeof run.tidings->ends[0];
    run.tidings = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (run.tidings == MAP_FAILED) {
        run.tidings = NULL;
        status = status_no_memory(err, "what the twins tell", size);
        goto out;
    }
    status = wait_for_mother(&run, err);
    if (status == INGLE_OK) tell(&run, on_result, user, n_open);
out:
    if (run.tidings) munmap(run.tidings, size);
    prove_list_clear(&list);
    return status;
}

static ingle_status run_depths(const enum prove_depth *depths, size_t n, prove_result_fn on_result,
                               void *user, size_t *n_open, ingle_error *err) {
    struct prove_scene scene;
    *n_open = 0;
    INGLE_TRY(prove_scene_open(&scene, err));
    ingle_status status = INGLE_OK;
    for (size_t i = 0; i < n && status == INGLE_OK; i++) {
        status = run_at(&scene, depths[i], on_result, user, n_open, err);
    }
    if (status == INGLE_OK) prove_scene_tell(&scene, on_result, user, n_open);
    prove_scene_close(&scene);
    return status;
}

ingle_status prove_all_at(enum prove_depth depth, prove_result_fn on_result, void *user,
                          size_t *n_open, ingle_error *err) {
    return run_depths(&depth, 1, on_result, user, n_open, err);
}

ingle_status prove_all(prove_result_fn on_result, void *user, size_t *n_open, ingle_error *err) {
    static const enum prove_depth depths[] = {PROVE_SEALED, PROVE_NO_NETWORK};
    return run_depths(depths, BASE_COUNT(depths), on_result, user, n_open, err);
}

/* ---- the short one ---- */

/* One of each kind: the network, other processes by sockets and directly, files, programs, the door
 * of another architecture. None needs anything that a scene would have. */
static const struct prove_row few[] = {
    {"TCP socket", NULL, SYS_socket, {AF_INET, SOCK_STREAM, 0}, 0},
    {"local socket", NULL, SYS_socket, {AF_UNIX, SOCK_DGRAM, 0}, 0},
    {"reading a file", NULL, SYS_openat, {AT_FDCWD, (intptr_t) "/", O_RDONLY, 0}, 0},
    {"running a program", NULL, SYS_execve, {(intptr_t) "/", 0, 0}, EACCES},
    {"signalling its parent", NULL, SYS_kill, {0, 0}, 0},
    {"io_uring", NULL, 425, {1, -1}, EFAULT},
};

ingle_status prove_few(const struct seal_report *prepared, ingle_error *err) {
    struct prove_scene nothing = {.channel = -1, .ring = -1, .text = -1, .model = -1};
    struct prove_list list = {0};
    pid_t twins[BASE_COUNT(few)];
    size_t n_started = 0;
    ingle_status status = prove_list_add_rows(&list, "at the start", few, BASE_COUNT(few), err);
    while (status == INGLE_OK && n_started < list.n) {
        status = prove_twin_start(&twins[n_started], &nothing, &list.ways[n_started], prepared,
                                  PROVE_PATIENCE, err);
        if (status == INGLE_OK) n_started++;
    }
    for (size_t i = 0; i < n_started; i++) {
        struct prove_end end;
        ingle_status ended = prove_twin_wait(&end, twins[i], &list.ways[i], status ? NULL : err);
        if (status == INGLE_OK) status = ended;
        if (status == INGLE_OK && end.outcome == PROVE_OPEN) {
            status = status_set(err, INGLE_REFUSED, 0, "The seal has a hole: %s works inside.",
                                list.ways[i].name);
        }
    }
    prove_list_clear(&list);
    return status;
}

ingle_status prove_short(const struct seal_report *prepared, ingle_error *err) {
    return prove_few(prepared, err);
}
