/* Twins: one tries one way and tells by its exit code what came of it, if it is still there. */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard/prove/prove_internal.h"
#include "guard/seal/seal.h"

/* Exit codes of a twin. WAY_OPEN is 0, an errno itself. */
enum { EXIT_ERRNO_MAX = 199, EXIT_MISSING = 200, EXIT_NOT_SEALED = 201 };

static _Noreturn void be_twin(const struct prove_scene *s, const struct prove_way *way,
                              const struct seal_report *prepared, unsigned patience) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int i = 1; i < 32; i++) signal(i, SIG_DFL); /* what kills is to be seen */
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    alarm(patience);
    if (prepared) {
        struct seal_report report = *prepared;
        if (seal_finish(&report, NULL) != INGLE_OK) _exit(EXIT_NOT_SEALED);
    }
    int how = way->attempt(s, way);
    if (how == WAY_MISSING) _exit(EXIT_MISSING);
    _exit(how < EXIT_ERRNO_MAX ? how : EXIT_ERRNO_MAX);
}

ingle_status prove_twin_start(pid_t *out, const struct prove_scene *s, const struct prove_way *way,
                              const struct seal_report *prepared, unsigned patience,
                              ingle_error *err) {
    *out = fork();
    if (*out == 0) be_twin(s, way, prepared, patience);
    if (*out < 0) return status_errno(err, errno, "start a twin for", way->name);
    return INGLE_OK;
}

ingle_status prove_twin_wait(struct prove_end *out, pid_t twin, const struct prove_way *way,
                             ingle_error *err) {
    int status;
    while (waitpid(twin, &status, __WALL) < 0) {
        if (errno != EINTR) return status_errno(err, errno, "wait for the twin of", way->name);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOT_SEALED) {
        return status_set(err, INGLE_FAILED, 0, "The twin for '%s' could not be sealed.",
                          way->name);
    }
    *out = prove_judge(way, status);
    return INGLE_OK;
}

/* A way that was let through as far as anything can be told. */
static struct prove_end gone_through(const struct prove_way *way) {
    return (struct prove_end){.outcome = way->allowed ? PROVE_ALLOWED : PROVE_OPEN};
}

static struct prove_end judge_errno(const struct prove_way *way, int errnum) {
    struct prove_end refused = {.outcome = PROVE_REFUSED, .errnum = errnum};
    if (way->allowed) return gone_through(way);
    /* An answer other than "not for you" is about the arguments: the call itself was let in. */
    if (way->is_call) {
        bool is_shut = errnum == EPERM || errnum == EACCES || errnum == ENOSYS;
        return is_shut ? refused : gone_through(way);
    }
    bool is_missing = errnum == EAFNOSUPPORT || errnum == EPFNOSUPPORT ||
                      errnum == EPROTONOSUPPORT || errnum == ESOCKTNOSUPPORT;
    return is_missing ? (struct prove_end){.outcome = PROVE_MISSING, .errnum = errnum} : refused;
}

struct prove_end prove_judge(const struct prove_way *way, int wait_status) {
    if (WIFSIGNALED(wait_status)) {
        int signal = WTERMSIG(wait_status);
        /* Of a call that has no business to be made, any end but the filter's is one too late. */
        bool is_late = signal == SIGALRM || (way->is_call && signal != SIGSYS);
        return is_late ? gone_through(way) : (struct prove_end){.outcome = PROVE_KILLED};
    }
    int code = WEXITSTATUS(wait_status);
    if (code == EXIT_MISSING) return (struct prove_end){.outcome = PROVE_MISSING};
    if (code == WAY_OPEN || code > EXIT_ERRNO_MAX) return gone_through(way);
    return judge_errno(way, code);
}
