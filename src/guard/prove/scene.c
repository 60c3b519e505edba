/* What the ways are tried on, set up by the process that proves, and what it sees of it in the end.
 * Whatever this machine does not have is left out: the ways to it are "missing". */
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard/prove/prove_internal.h"
#include "guard/prove/tiny_program.h"

#define N_LETTERS 8 /* with a descriptor each, for the ways that receive one */
#define SECRET "secret"

enum { TCP4, TCP6, UDP4, UDP6, PATH, PATH_DATAGRAM, ABSTRACT };

/* ---- listeners ---- */

/* A socket that is bound to *address, or -1; what the kernel made of the address is stored. */
static int listen_at(void *address, socklen_t size, int type) {
    struct sockaddr *sa = address;
    int fd = socket(sa->sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool is_up = fd >= 0 && bind(fd, sa, size) == 0 && getsockname(fd, sa, &size) == 0 &&
                 (type == SOCK_DGRAM || listen(fd, 64) == 0);
    if (is_up) return fd;
    if (fd >= 0) close(fd);
    return -1;
}

static void listen_ip(struct prove_scene *s) {
    s->tcp4 = s->udp4 =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    s->tcp6 = s->udp6 =
        (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    s->listeners[TCP4] = listen_at(&s->tcp4, sizeof s->tcp4, SOCK_STREAM);
    s->listeners[TCP6] = listen_at(&s->tcp6, sizeof s->tcp6, SOCK_STREAM);
    s->listeners[UDP4] = listen_at(&s->udp4, sizeof s->udp4, SOCK_DGRAM);
    s->listeners[UDP6] = listen_at(&s->udp6, sizeof s->udp6, SOCK_DGRAM);
}

/* Addresses stay whole sockaddr_un; an empty sun_path + 1 says that there is no listener. */
static int listen_unix(struct sockaddr_un *address, const char *name, int type, bool is_abstract) {
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    char *path = address->sun_path + (is_abstract ? 1 : 0);
    snprintf(path, sizeof address->sun_path - 1, "%s", name);
    struct sockaddr_un bound = *address; /* the kernel shortens what it stores */
    int fd = name[0] ? listen_at(&bound, sizeof bound, type) : -1;
    if (fd < 0) address->sun_path[1] = '\0';
    return fd;
}

/* Abstract names belong to the network, which processes of the same number may share. */
static void listen_local(struct prove_scene *s) {
    char name[32];
    uint64_t mark = (uint64_t)getpid();
    (void)!getrandom(&mark, sizeof mark, 0);
    snprintf(name, sizeof name, "ingle-prove-%016" PRIx64, mark);
    s->listeners[PATH] = listen_unix(&s->path, prove_scene_path(s, "socket"), SOCK_STREAM, false);
    s->listeners[PATH_DATAGRAM] =
        listen_unix(&s->path_datagram, prove_scene_path(s, "datagram"), SOCK_DGRAM, false);
    s->listeners[ABSTRACT] = listen_unix(&s->abstract, name, SOCK_STREAM, true);
}

/* ---- files ---- */

const char *prove_scene_path(const struct prove_scene *s, const char *name) {
    static char path[sizeof s->folder + 32];
    if (!s->folder[0]) return "";
    snprintf(path, sizeof path, "%s/%s", s->folder, name);
    return path;
}

static bool put_file(const struct prove_scene *s, const char *name, const void *data, size_t size,
                     mode_t mode) {
    int fd = open(prove_scene_path(s, name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    bool is_put = fd >= 0 && write(fd, data, size) == (ssize_t)size && fchmod(fd, mode) == 0;
    if (fd >= 0) close(fd);
    return is_put;
}

static const char *const file_names[] = {"secret", "gone", "moved", "model"};

/* All that the twins of a broken seal could have left there, too. */
static void remove_folder(struct prove_scene *s) {
    static const char *const left[] = {"secret",  "gone",     "moved",   "model",  "program",
                                       "socket",  "datagram", "renamed", "linked", "fifo",
                                       "created", "symlink",  "bound"};
    if (!s->folder[0]) return;
    for (size_t i = 0; i < BASE_COUNT(left); i++) unlink(prove_scene_path(s, left[i]));
    rmdir(prove_scene_path(s, "folder"));
    rmdir(prove_scene_path(s, "removed"));
    rmdir(prove_scene_path(s, "made-folder"));
    rmdir(s->folder);
}

static void make_folder(struct prove_scene *s) {
    static const char *const places[] = {"/tmp", "/dev/shm", "/var/tmp", "/run"};
    for (size_t i = 0; i < BASE_COUNT(places); i++) {
        snprintf(s->folder, sizeof s->folder, "%s/ingle-prove-XXXXXX", places[i]);
        if (!mkdtemp(s->folder)) continue;
        bool is_full = mkdir(prove_scene_path(s, "folder"), 0700) == 0 &&
                       mkdir(prove_scene_path(s, "removed"), 0700) == 0 &&
                       put_file(s, "program", tiny_program, sizeof tiny_program, 0700);
        for (size_t k = 0; k < BASE_COUNT(file_names); k++) {
            is_full = put_file(s, file_names[k], SECRET, sizeof SECRET - 1, 0600) && is_full;
        }
        if (is_full) return;
        remove_folder(s);
    }
    s->folder[0] = '\0';
}

/* ---- what a twin has ---- */

#define READ_ONLY (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

static int sealed_memory(const char *name, int seals) {
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) return -1;
    if (ftruncate(fd, 4096) == 0 && fcntl(fd, F_ADD_SEALS, seals) == 0) return fd;
    close(fd);
    return -1;
}

static void send_letters(int front, int enclosed) {
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec byte = {.iov_base = "x", .iov_len = 1};
    struct msghdr letter = {.msg_iov = &byte,
                            .msg_iovlen = 1,
                            .msg_control = control,
                            .msg_controllen = sizeof control};
    struct cmsghdr *c = CMSG_FIRSTHDR(&letter);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &enclosed, sizeof enclosed);
    for (int i = 0; i < N_LETTERS; i++) {
        if (sendmsg(front, &letter, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) return;
    }
}

static ingle_status make_held(struct prove_scene *s, ingle_error *err) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return status_errno(err, errno, "make", "a socket pair");
    }
    s->front = pair[0];
    s->channel = pair[1];
    s->ring = sealed_memory("ring", F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
    s->text = sealed_memory("text", READ_ONLY);
    s->model = open(prove_scene_path(s, "model"), O_RDONLY | O_CLOEXEC);
    if (s->model < 0) s->model = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (s->model < 0) s->model = sealed_memory("model", READ_ONLY);
    if (s->ring < 0 || s->text < 0 || s->model < 0) {
        return status_errno(err, errno, "make", "what a worker has");
    }
    send_letters(s->front, s->model);
    return INGLE_OK;
}

/* ---- the other process ---- */

static struct prove_bystander *its_page; /* of the bystander itself */

static void count_signal(int number) {
    (void)number;
    its_page->n_signals++;
}

static _Noreturn void be_bystander(struct prove_bystander *page) {
    its_page = page;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct sigaction count = {.sa_handler = count_signal};
    sigaction(SIGUSR1, &count, NULL);
    for (;;) pause();
}

static ingle_status make_bystander(struct prove_scene *s, ingle_error *err) {
    size_t size = sizeof *s->seen;
    s->seen = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (s->seen == MAP_FAILED) {
        s->seen = NULL;
        return status_no_memory(err, "another process", size);
    }
    s->seen->word = PROVE_WORD;
    s->bystander_fd = s->front;
    s->bystander = fork();
    if (s->bystander == 0) be_bystander(s->seen);
    if (s->bystander < 0) return status_errno(err, errno, "start", "another process");
    madvise((void *)s->seen, size, MADV_DONTFORK);
    return INGLE_OK;
}

/* ---- all of it ---- */

ingle_status prove_scene_open(struct prove_scene *s, ingle_error *err) {
    *s = (struct prove_scene){.channel = -1, .ring = -1, .text = -1, .model = -1, .front = -1};
    memset(s->listeners, -1, sizeof s->listeners);
    make_folder(s);
    listen_ip(s);
    listen_local(s);
    ingle_status status = make_held(s, err);
    if (status == INGLE_OK) status = make_bystander(s, err);
    if (status != INGLE_OK) prove_scene_close(s);
    return status;
}

static void close_if_open(int fd) {
    if (fd >= 0) close(fd);
}

void prove_scene_close(struct prove_scene *s) {
    if (s->bystander > 0) {
        kill(s->bystander, SIGKILL);
        waitpid(s->bystander, NULL, 0);
    }
    if (s->seen) munmap((void *)s->seen, sizeof *s->seen);
    for (size_t i = 0; i < BASE_COUNT(s->listeners); i++) close_if_open(s->listeners[i]);
    close_if_open(s->front);
    close_if_open(s->channel);
    close_if_open(s->ring);
    close_if_open(s->text);
    close_if_open(s->model);
    remove_folder(s);
}

/* ---- what was seen ---- */

static bool came(int fd, bool is_datagram) {
    char byte;
    if (fd < 0) return false;
    if (is_datagram) return recv(fd, &byte, 1, MSG_DONTWAIT) >= 0;
    int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    close_if_open(connection);
    return connection >= 0;
}

/* Are the files still what they were, and is there nothing that was not there? */
static bool is_changed(const struct prove_scene *s) {
    static const char *const new[] = {"renamed", "linked", "fifo",       "created",
                                      "symlink", "bound",  "made-folder"};
    struct stat st;
    for (size_t i = 0; i < BASE_COUNT(file_names); i++) {
        if (stat(prove_scene_path(s, file_names[i]), &st) != 0) return true;
        if (st.st_size != sizeof SECRET - 1 || (st.st_mode & 07777) != 0600) return true;
    }
    for (size_t i = 0; i < BASE_COUNT(new); i++) {
        if (lstat(prove_scene_path(s, new[i]), &st) == 0) return true;
    }
    return stat(prove_scene_path(s, "removed"), &st) != 0;
}

void prove_scene_tell(struct prove_scene *s, prove_result_fn on_result, void *user,
                      size_t *n_open) {
    const int *l = s->listeners;
    const struct {
        const char *name;
        bool is_there, is_seen;
    } rows[] = {
        {"a TCP connection arrived", l[TCP4] >= 0 || l[TCP6] >= 0,
         came(l[TCP4], false) || came(l[TCP6], false)},
        {"a UDP datagram arrived", l[UDP4] >= 0 || l[UDP6] >= 0,
         came(l[UDP4], true) || came(l[UDP6], true)},
        {"a connection to a socket file arrived", l[PATH] >= 0, came(l[PATH], false)},
        {"a datagram to a socket file arrived", l[PATH_DATAGRAM] >= 0,
         came(l[PATH_DATAGRAM], true)},
        {"a connection to an abstract socket arrived", l[ABSTRACT] >= 0, came(l[ABSTRACT], false)},
        {"a signal arrived in another process", true, s->seen->n_signals > 0},
        {"another process's memory changed", true, s->seen->word != PROVE_WORD},
        {"files changed", s->folder[0] != '\0', s->folder[0] && is_changed(s)},
    };
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        enum prove_outcome outcome = rows[i].is_seen    ? PROVE_OPEN
                                     : rows[i].is_there ? PROVE_REFUSED
                                                        : PROVE_MISSING;
        struct prove_result r = {
            .group = "seen from outside", .name = rows[i].name, .outcome = outcome};
        if (rows[i].is_seen) ++*n_open;
        on_result(&r, user);
    }
}
