#include "cli/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/interrupt.h"

#define LONGEST 1024

bool passphrase_can_ask(void) {
    return isatty(STDIN_FILENO) == 1;
}

void passphrase_clear(struct passphrase *p) {
    private_memory_clear(&p->memory);
    *p = (struct passphrase){0};
}

/* A byte at a time: what follows the line is somebody else's, the new passphrase's perhaps. */
static ingle_status read_line(struct passphrase *out, int fd, const char *name, ingle_error *err) {
    size_t len = 0;
    bool has_line = false;
    INGLE_TRY(private_memory_reserve(&out->memory, LONGEST + 1, err));
    for (;;) {
        char *at = (char *)out->memory.data + len;
        ssize_t n = read(fd, at, 1);
        if (n < 0 && errno == EINTR) {
            if (interrupt_came()) return INGLE_CANCELLED;
            continue;
        }
        if (n < 0) return status_errno(err, errno, "read", name);
        has_line |= n == 1;
        if (n == 0 || *at == '\n') break;
        if (++len > LONGEST) {
            return status_set(err, INGLE_LIMIT, 0, "A passphrase has at most %d bytes.", LONGEST);
        }
    }
    if (!has_line) {
        return status_set(err, INGLE_INVALID, 0, "There is no passphrase in '%s'.", name);
    }
    out->value = (struct vault_passphrase){(const char *)out->memory.data, len};
    return INGLE_OK;
}

static void prompt_with(const char *text) {
    fputs(text, stderr);
    fflush(stderr);
}

static ingle_status type(struct passphrase *out, const char *prompt, ingle_error *err) {
    static struct termios before; /* a signal handler may have to restore it */
    struct termios silent;
    if (tcgetattr(STDIN_FILENO, &before) != 0) {
        return status_errno(err, errno, "ask at", "the terminal");
    }
    silent = before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
    silent.c_lflag |= ICANON;
    interrupt_restore(&before);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    prompt_with(prompt);
    ingle_status status = read_line(out, STDIN_FILENO, "the terminal", err);
    prompt_with("\n");
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
    interrupt_restore(NULL);
    return status;
}

static bool is_same(const struct vault_passphrase *a, const struct vault_passphrase *b) {
    return a->text && b->text && a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

static ingle_status type_again(const struct passphrase *first, ingle_error *err) {
    struct passphrase second = {0};
    ingle_status status = type(&second, "Again: ", err);
    if (status == INGLE_OK && !is_same(&first->value, &second.value)) {
        status = status_set(err, INGLE_BAD_ARGUMENT, 0, "These were two different passphrases.");
    }
    passphrase_clear(&second);
    return status;
}

static ingle_status from_file(struct passphrase *out, const char *path, ingle_error *err) {
    if (strcmp(path, "-") == 0) return read_line(out, STDIN_FILENO, "standard input", err);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return status_unreadable(err, errno, "open", path);
    ingle_status status = read_line(out, fd, path, err);
    close(fd);
    return status;
}

ingle_status passphrase_read(struct passphrase *out, const char *from, const char *prompt,
                             bool is_new, ingle_error *err) {
    *out = (struct passphrase){0};
    ingle_status status;
    if (from) {
        status = from_file(out, from, err);
    } else if (!passphrase_can_ask()) {
        status = status_set(err, INGLE_REFUSED, 0,
                            "There is no terminal to ask for the passphrase at; see "
                            "--passphrase-from.");
    } else {
        status = type(out, prompt, err);
        if (status == INGLE_OK && is_new) status = type_again(out, err);
    }
    if (status != INGLE_OK) passphrase_clear(out);
    return status;
}
