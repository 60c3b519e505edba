/* How a worker ended, or why it was ended. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "worker/client/spawn.h"
#include "worker/client/worker_internal.h"

static ingle_status signal_error(int number, ingle_error *err) {
    switch (number) {
    case SIGBUS:
        return status_set(err, INGLE_INVALID, 0,
                          "A file in use was cut short, or can no longer be read.");
    case SIGSYS:
        return status_set(err, INGLE_REFUSED, 0,
                          "The worker tried what its seal forbids, and the kernel ended it.");
    case SIGKILL:
        return status_set(err, INGLE_FAILED, 0,
                          "The worker was killed; if memory ran out, a smaller context (-c) "
                          "or model may fit.");
    default:
        return status_set(err, INGLE_FAILED, 0, "The worker crashed (%s).", strsignal(number));
    }
}

/* What only a model, or what it made of the worker, does; a kill comes from outside. */
static bool is_crash(int number) {
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};
    for (size_t i = 0; i < BASE_COUNT(numbers); i++) {
        if (number == numbers[i]) return true;
    }
    return false;
}

bool worker_has_ended(struct worker *w, double wait_ms) {
    double begin = clock_ms();
    while (w->pid > 0) {
        pid_t pid = waitpid(w->pid, &w->how, WNOHANG);
        if (pid == w->pid || (pid < 0 && errno == ECHILD)) w->pid = 0;
        if (w->pid == 0 || clock_ms() - begin >= wait_ms) break;
        nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
    }
    return w->pid == 0;
}

static void kill_it(const struct worker *w) {
    if (w->pid > 0) kill(w->pid, SIGKILL);
}

/* One that even then does not end, since the kernel holds it in a read from a broken disk, is not
 * waited for. */
void worker_kill_and_wait(struct worker *w) {
    kill_it(w);
    bool is_over = worker_has_ended(w, 5 * WORKER_ENDS_MS);
    (void)is_over;
}

/* It is gone: says how it ended. */
static ingle_status bury(struct worker *w) {
    if (w->pid > 0) {
        kill_it(w);
        quarantine_crashed(&w->quarantine, "hung up");
        return status_set(&w->why, INGLE_FAILED, 0, "The worker hung up and was ended.");
    }
    if (WIFSIGNALED(w->how)) {
        int number = WTERMSIG(w->how);
        if (is_crash(number)) quarantine_crashed(&w->quarantine, strsignal(number));
        return signal_error(number, &w->why);
    }
    if (WIFEXITED(w->how) && WEXITSTATUS(w->how) == SPAWN_FAILED) {
        return status_set(&w->why, INGLE_FAILED, 0,
                          "The worker could not be started: this program cannot be run again "
                          "through /proc.");
    }
    quarantine_crashed(&w->quarantine, "ended without an answer");
    return status_set(&w->why, INGLE_FAILED, 0, "The worker ended without an answer.");
}

void worker_die_because(struct worker *w, ingle_status code, const char *sentence) {
    kill_it(w);
    w->is_dead = true;
    w->why.code = status_set(&w->why, code, 0, "%s", sentence);
}

static void end_for_silence(struct worker *w) {
    bool is_stopped = w->verdict == LIFE_SILENT && w->life.last.is_stopped;
    if (w->verdict != LIFE_DISOBEYS && !is_stopped) quarantine_crashed(&w->quarantine, "hung");
    worker_die_because(w, INGLE_FAILED, life_sentence(w->verdict));
}

/* The end of a process follows that of its socket at once, as a rule; a front with an event loop,
 * which hears of the one as long as the other has not come, is kept from turning in a circle. */
static bool waits_for_its_end(struct worker *w) {
    double now = clock_ms();
    if (w->hung_up_ms == 0.0) w->hung_up_ms = now;
    return !worker_has_ended(w, 0.4) && now - w->hung_up_ms < WORKER_ENDS_MS;
}

bool worker_die(struct worker *w, ingle_status status) {
    int n_before = w->quarantine.n_crashes;
    if (w->verdict != LIFE_GOES_ON) {
        end_for_silence(w);
    } else if (status == INGLE_CANCELLED) {
        if (waits_for_its_end(w)) return false;
        w->why.code = bury(w);
        w->is_dead = true;
    } else if (status == INGLE_NO_MEMORY) {
        worker_die_because(w, status, "There is no memory for the worker's answer.");
    } else {
        quarantine_crashed(&w->quarantine, "broke the protocol");
        worker_die_because(w, INGLE_FAILED, "The worker broke the protocol and was ended.");
    }
    int n_crashes = w->quarantine.n_crashes;
    if (w->on_death) w->on_death(n_crashes > n_before ? n_crashes : 0);
    return true;
}
