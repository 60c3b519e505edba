#include "guard/vault/vault_credential.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define NAME "ingle-vault" /* is sealed with it: another service's credential is refused */
#define WAIT_MS 60000      /* a person may be asked for a password */

/* Not looked for along PATH, which decides who is given the key. */
static const char *program(void) {
    static const char *const paths[] = {"/usr/bin/systemd-creds", "/bin/systemd-creds"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        if (access(paths[i], X_OK) == 0) return paths[i];
    }
    return NULL;
}

struct exchange {
    const char *verb; /* "encrypt", "decrypt" */
    const uint8_t *in;
    size_t n_in;
    uint8_t *out;
    size_t cap, n_out;
    bool is_too_long;
};

/* Between fork and exec: system calls only. */
static void become(const char *path, const char *verb, int in, int out) {
    static char environment[] = "PATH=/usr/bin:/bin";
    char name[] = "--name=" NAME, user[] = "--user", dash[] = "-", own[] = "systemd-creds";
    char word[16] = {0};
    strncpy(word, verb, sizeof word - 1);
    char *with_user[] = {own, word, user, name, dash, dash, NULL};
    char *as_root[] = {own, word, name, dash, dash, NULL};
    char *env[] = {environment, NULL};
    int null = open("/dev/null", O_WRONLY);
    if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0) _exit(127);
    if (null < 0 || dup2(null, STDERR_FILENO) < 0) _exit(127);
    execve(path, geteuid() == 0 ? as_root : with_user, env);
    _exit(127);
}

/* Until its end, or until too long. */
static void listen_to(struct exchange *x, int fd) {
    double end = clock_ms() + WAIT_MS;
    uint8_t more;
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        double left = end - clock_ms();
        int ready = left > 0 ? poll(&p, 1, (int)left + 1) : 0;
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) break;
        bool is_full = x->n_out == x->cap;
        ssize_t n = read(fd, is_full ? &more : x->out + x->n_out, is_full ? 1 : x->cap - x->n_out);
        if (n < 0 && errno == EINTR) continue;
        if (n == 0) return;
        if (n < 0 || is_full) break;
        x->n_out += (size_t)n;
    }
    x->is_too_long = true;
}

static void shut(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

/* What goes in fits into a pipe that nobody reads yet: no write waits, and none is to a reader that
 * has gone. */
static ingle_status talk(struct exchange *x, const char *path, int in[2], int out[2],
                         ingle_error *err) {
    int result = 0;
    if (write(in[1], x->in, x->n_in) != (ssize_t)x->n_in) {
        return status_errno(err, errno, "write to", path);
    }
    pid_t child = fork();
    if (child < 0) return status_errno(err, errno, "start", path);
    if (child == 0) become(path, x->verb, in[0], out[1]);
    shut(&in[1]);
    shut(&out[1]);
    listen_to(x, out[0]);
    if (x->is_too_long) (void)kill(child, SIGKILL);
    while (waitpid(child, &result, 0) < 0 && errno == EINTR) continue;
    if (!x->is_too_long && WIFEXITED(result) && WEXITSTATUS(result) == 0) return INGLE_OK;
    return status_set(err, INGLE_REFUSED, 0, "systemd-creds %s failed%s.", x->verb,
                      geteuid() == 0 ? "" : "; before version 256 it works for root only");
}

static ingle_status exchange(struct exchange *x, ingle_error *err) {
    const char *path = program();
    int in[2] = {-1, -1}, out[2] = {-1, -1};
    if (!path) {
        return status_set(err, INGLE_UNSUPPORTED, 0,
                          "This machine has no systemd-creds, which would seal the key to it.");
    }
    ingle_status status = INGLE_OK;
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) {
        status = status_errno(err, errno, "start", path);
    } else {
        status = talk(x, path, in, out, err);
    }
    for (int i = 0; i < 2; i++) {
        shut(&in[i]);
        shut(&out[i]);
    }
    return status;
}

ingle_status vault_credential_make(uint8_t *out, size_t cap, size_t *size,
                                   const uint8_t key[CRYPT_KEY_SIZE], ingle_error *err) {
    struct exchange x = {
        .verb = "encrypt", .in = key, .n_in = CRYPT_KEY_SIZE, .out = out, .cap = cap};
    INGLE_TRY(exchange(&x, err));
    *size = x.n_out;
    if (x.n_out > 0) return INGLE_OK;
    return status_set(err, INGLE_FAILED, 0, "systemd-creds gave nothing back.");
}

ingle_status vault_credential_open(uint8_t key[CRYPT_KEY_SIZE], const uint8_t *credential,
                                   size_t size, ingle_error *err) {
    struct exchange x = {
        .verb = "decrypt", .in = credential, .n_in = size, .out = key, .cap = CRYPT_KEY_SIZE};
    INGLE_TRY(exchange(&x, err));
    if (x.n_out == CRYPT_KEY_SIZE) return INGLE_OK;
    return status_set(err, INGLE_INVALID, 0, "systemd-creds gave back something else than a key.");
}
