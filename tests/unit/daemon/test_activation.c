/* daemon/activation: sockets of a service manager, and nothing else. */
#include "daemon/activation.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/folder.h"
#include "support/refusal.h"

static struct sockaddr_un address_of(const char *path) {
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    return a;
}

/* What a child that was given this as its descriptor 3 has to say: 0 if `ok`. */
static void in_child(int fd, const char *pid, const char *n, bool (*ok)(int fd)) {
    int status;
    pid_t child = fork();
    if (child == 0) {
        char own[16];
        snprintf(own, sizeof own, "%d", getpid());
        if (fd != 3) dup2(fd, 3);
        for (int i = 4; i < 32; i++) close(i);
        if (pid) setenv("LISTEN_PID", strcmp(pid, "own") == 0 ? own : pid, 1);
        if (n) setenv("LISTEN_FDS", n, 1);
        setenv("LISTEN_FDNAMES", "ingle", 1);
        _exit(ok(fd) ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static bool takes(int expected) {
    int fds[ACTIVATION_MAX];
    size_t n = 99;
    ingle_error err;
    if (activation_take(fds, &n, &err) != INGLE_OK || n != (size_t)expected) return false;
    if (getenv("LISTEN_PID") && expected) return false;
    return n == 0 || (fds[0] == 3 && fcntl(3, F_GETFD) == FD_CLOEXEC);
}

static bool takes_one(int fd) {
    (void)fd;
    return takes(1) && takes(0); /* once */
}

static bool takes_none(int fd) {
    (void)fd;
    return takes(0);
}

static bool refuses(ingle_status code, const char *saying) {
    int fds[ACTIVATION_MAX];
    size_t n;
    ingle_error err = {0};
    return activation_take(fds, &n, &err) == code && n == 0 && strstr(err.msg, saying) &&
           !getenv("LISTEN_FDS");
}

static bool is_senseless(int fd) {
    (void)fd;
    return refuses(INGLE_INVALID, "make no sense");
}

static bool is_no_listener(int fd) {
    (void)fd;
    return refuses(INGLE_REFUSED, "no listening stream socket");
}

static bool is_open_to_all(int fd) {
    (void)fd;
    return refuses(INGLE_REFUSED, "listens to other machines");
}

static int listener(void) {
    struct sockaddr_un a = address_of(folder_file("a"));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    (void)unlink(a.sun_path);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, 1), 0);
    return fd;
}

static void a_listening_socket_is_taken_once(void **state) {
    (void)state;
    int fd = listener();
    in_child(fd, "own", "1", takes_one);
    in_child(fd, NULL, NULL, takes_none);
    in_child(fd, "1", "1", takes_none); /* they are of a process before this one */
    in_child(fd, "own", "0", takes_none);
    close(fd);
}

static void senseless_words_are_refused(void **state) {
    (void)state;
    static const char *const words[][2] = {{"own", "x"},
                                           {"own", "-1"},
                                           {"own", ""},
                                           {"own", "9"},
                                           {"own", "1 "},
                                           {"x", "1"},
                                           {NULL, "1"},
                                           {"own", NULL},
                                           {"own", "1e0"},
                                           {"", "1"},
                                           {"own", "99999999999999999999"}};
    int fd = listener();
    for (size_t i = 0; i < BASE_COUNT(words); i++)
        in_child(fd, words[i][0], words[i][1], is_senseless);
    close(fd);
}

static void other_descriptors_are_refused(void **state) {
    (void)state;
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    int pair[2], file = open("/dev/null", O_RDWR), fd = listener();
    in_child(file, "own", "1", is_no_listener);
    in_child(fd, "own", "2", is_no_listener); /* there is no second one: descriptor 4 is closed */
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    in_child(pair[0], "own", "1", is_no_listener);
    int datagram = socket(AF_UNIX, SOCK_DGRAM, 0), tcp = socket(AF_INET, SOCK_STREAM, 0);
    in_child(datagram, "own", "1", is_no_listener);
    if (tcp >= 0 && bind(tcp, (struct sockaddr *)&v4, sizeof v4) == 0 && listen(tcp, 1) == 0) {
        in_child(tcp, "own", "1", is_open_to_all);
    }
    int loop = socket(AF_INET, SOCK_STREAM, 0);
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (loop >= 0 && bind(loop, (struct sockaddr *)&v4, sizeof v4) == 0 && listen(loop, 1) == 0) {
        in_child(loop, "own", "1", takes_one);
    }
    const int all[] = {file, fd, pair[0], pair[1], datagram, tcp, loop};
    for (size_t i = 0; i < BASE_COUNT(all); i++) close(all[i]);
}

/* ---- by the tool that does it ---- */

static const char *self;

static int served(void) {
    int fds[ACTIVATION_MAX];
    size_t n;
    if (activation_take(fds, &n, NULL) != INGLE_OK || n != 1) return 1;
    int fd = accept(fds[0], NULL, NULL);
    return fd >= 0 && write(fd, "hello", 5) == 5 ? 0 : 1;
}

static void systemd_starts_us_at_the_first_connection(void **state) {
    (void)state;
    const char *tool = "/usr/bin/systemd-socket-activate";
    if (access(tool, X_OK) != 0) skip();
    struct sockaddr_un a = address_of(folder_file("served"));
    char text[8] = "";
    pid_t child = fork();
    if (child == 0) {
        execl(tool, tool, "-l", a.sun_path, self, "--served", (char *)NULL);
        _exit(127);
    }
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), status;
    bool is_connected = false;
    for (int i = 0; i < 1000 && !is_connected; i++) {
        is_connected = connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
        if (!is_connected) nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    assert_true(is_connected);
    assert_int_equal(read(fd, text, sizeof text), 5);
    assert_string_equal(text, "hello");
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(fd);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--served") == 0) return served();
    self = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_listening_socket_is_taken_once),
        cmocka_unit_test(senseless_words_are_refused),
        cmocka_unit_test(other_descriptors_are_refused),
        cmocka_unit_test(systemd_starts_us_at_the_first_connection),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
