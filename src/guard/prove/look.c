#include "guard/prove/look.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "guard/prove/look_internal.h"

#define N_LOOKS 4         /* at a worker that looks wrong, */
#define PAUSE_NS 60000000 /* with this pause between them */

const char *look_kind_name(enum look_kind kind, int n) {
    static const char *const one[] = {
        "local socket", "other socket", "memory file", "file to read",  "file to write",
        "pipe",         "null device",  "terminal",    "event counter", "thing of another kind"};
    static const char *const many[] = {"local sockets",        "other sockets",  "memory files",
                                       "files to read",        "files to write", "pipes",
                                       "null devices",         "terminals",      "event counters",
                                       "things of other kinds"};
    return n == 1 ? one[kind] : many[kind];
}

/* ---- files of /proc ---- */

/* False if it cannot be read. */
static bool read_text(struct buf *out, const char *path) {
    char part[4096];
    ssize_t n;
    buf_reset(out);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    while ((n = read(fd, part, sizeof part)) > 0) buf_add(out, part, (size_t)n);
    close(fd);
    return n == 0 && out->size > 0 && !buf_failed(out);
}

bool look_read_of(struct buf *out, pid_t pid, const char *name) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    return read_text(out, path);
}

uint64_t look_field(const struct buf *text, const char *name, int base, uint64_t otherwise) {
    size_t len = strlen(name);
    for (const char *line = text->data; line; line = strchr(line, '\n')) {
        if (line != text->data) line++;
        if (strncmp(line, name, len) == 0 && line[len] == ':') {
            return strtoull(line + len + 1, NULL, base);
        }
    }
    return otherwise;
}

bool look_is_named(struct buf *text, pid_t pid, const char *name) {
    size_t n = strlen(name);
    return look_read_of(text, pid, "comm") && text->size == n + 1 &&
           memcmp(text->data, name, n) == 0 && text->data[n] == '\n';
}

/* Files of a process that is not dumpable belong to root, whoever runs it. */
int look_dumpable(const struct buf *text, pid_t pid) {
    struct stat st;
    char path[64];
    uint64_t uid = look_field(text, "Uid", 10, 0);
    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    return uid == 0 || stat(path, &st) != 0 ? -1 : st.st_uid == uid;
}

static bool is_in_place(struct buf *text, pid_t pid) {
    return look_is_named(text, pid, LOOK_IN_PLACE);
}

/* False if it is gone; one that has ended, and that its parent has not asked about yet, is. (If
 * only its first thread has ended, there are others.) */
static bool look_at_status(struct look_worker *w, struct buf *text) {
    if (!look_read_of(text, w->pid, "status")) return false;
    w->seccomp = (int)look_field(text, "Seccomp", 10, 0);
    w->n_filters = (int)look_field(text, "Seccomp_filters", 10, UINT64_MAX);
    w->no_new_privs = (int)look_field(text, "NoNewPrivs", 10, 0);
    w->capabilities = look_field(text, "CapEff", 16, UINT64_MAX);
    w->n_threads = (int)look_field(text, "Threads", 10, 0);
    if (w->n_threads <= 1 && strstr(text->data, "\nState:\tZ")) return false;
    w->dumpable = look_dumpable(text, w->pid);
    return true;
}

/* ---- namespaces and network ---- */

static void look_at_namespaces(struct look_worker *w) {
    char path[64], theirs[64], ours[64];
    w->has_namespaces = true;
    for (enum seal_namespace i = 0; i < SEAL_N_NAMESPACES; i++) {
        snprintf(path, sizeof path, "/proc/%ld/ns/%s", (long)w->pid, seal_namespace_name(i));
        ssize_t n = readlink(path, theirs, sizeof theirs);
        snprintf(path, sizeof path, "/proc/self/ns/%s", seal_namespace_name(i));
        ssize_t m = readlink(path, ours, sizeof ours);
        if (n <= 0 || m <= 0) w->has_namespaces = false;
        w->is_apart[i] = n > 0 && m > 0 && (n != m || memcmp(theirs, ours, (size_t)n) != 0);
    }
}

/* "  lo: 1 2 3 ...": bytes received are the 1st number, bytes sent the 9th. */
static void add_interface(struct look_worker *w, const char *line) {
    const char *colon = strchr(line, ':');
    if (!colon) return;
    while (*line == ' ') line++;
    if (colon - line != 2 || memcmp(line, "lo", 2) != 0) w->n_interfaces++;
    char *at = (char *)(uintptr_t)(colon + 1);
    for (int i = 1; i <= 9; i++) {
        uint64_t n = strtoull(at, &at, 10);
        if (i == 1 || i == 9) w->n_bytes += n;
    }
}

static void look_at_network(struct look_worker *w, struct buf *text) {
    w->has_network = look_read_of(text, w->pid, "net/dev");
    if (!w->has_network) return;
    for (char *line = text->data, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next) *next++ = '\0';
        if (!strchr(line, '|')) add_interface(w, line); /* the two lines above have bars */
    }
}

/* ---- descriptors ---- */

/* Is the socket of this number among those of this list of local ones? A pair belongs to the
 * network namespace that it was made in. */
static bool is_listed(struct buf *text, const char *list, const char *number) {
    char word[32];
    snprintf(word, sizeof word, " %s", number);
    size_t len = strlen(word);
    if (!read_text(text, list)) return false;
    for (const char *at = text->data; (at = strstr(at, word)); at += len) {
        if (at[len] == '\n' || at[len] == ' ' || at[len] == '\0') return true;
    }
    return false;
}

static enum look_kind kind_of_socket(struct buf *text, pid_t pid, const char *link) {
    char number[24], path[64];
    if (sscanf(link, "socket:[%20[0-9]]", number) != 1) return LOOK_OTHER_SOCKET;
    snprintf(path, sizeof path, "/proc/%ld/net/unix", (long)pid);
    bool is_local = is_listed(text, "/proc/self/net/unix", number) || is_listed(text, path, number);
    return is_local ? LOOK_LOCAL_SOCKET : LOOK_OTHER_SOCKET;
}

static bool starts(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

/* A file can be written to unless its flags, octal in fdinfo, say O_RDONLY. */
static enum look_kind kind_of_file(struct buf *text, pid_t pid, const char *fd) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/fdinfo/%.16s", (long)pid, fd);
    if (!read_text(text, path)) return LOOK_FILE_WRITE;
    bool is_read = (look_field(text, "flags", 8, O_RDWR) & O_ACCMODE) == O_RDONLY;
    return is_read ? LOOK_FILE_READ : LOOK_FILE_WRITE;
}

static enum look_kind kind_of(struct buf *text, pid_t pid, const char *fd, bool in_place) {
    char path[64], link[512];
    struct stat st;
    snprintf(path, sizeof path, "/proc/%ld/fd/%.16s", (long)pid, fd);
    ssize_t n = readlink(path, link, sizeof link - 1);
    if (n < 0 || stat(path, &st) != 0) return LOOK_OTHER;
    link[n] = '\0';
    if (S_ISSOCK(st.st_mode)) return kind_of_socket(text, pid, link);
    if (S_ISFIFO(st.st_mode)) return LOOK_PIPE;
    if (starts(link, "/memfd:") || starts(link, "/dev/shm/")) return LOOK_MEMORY;
    if (S_ISREG(st.st_mode)) return kind_of_file(text, pid, fd);
    if (strcmp(link, "/dev/null") == 0) return LOOK_NULL;
    /* As standard output they swallow what is written, too, or do not. */
    bool is_like_null = strcmp(link, "/dev/zero") == 0 || strcmp(link, "/dev/full") == 0;
    if (in_place && is_like_null) return LOOK_NULL;
    if (starts(link, "/dev/pts/") || starts(link, "/dev/tty")) return LOOK_TERMINAL;
    return starts(link, "anon_inode:[eventfd]") ? LOOK_EVENT : LOOK_OTHER;
}

static void look_at_descriptors(struct look_worker *w, struct buf *text) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/fd", (long)w->pid);
    DIR *dir = opendir(path);
    w->has_descriptors = dir != NULL;
    if (!dir) return;
    for (struct dirent *e; (e = readdir(dir));) {
        if (e->d_name[0] != '.') w->kinds[kind_of(text, w->pid, e->d_name, w->is_in_place)]++;
    }
    closedir(dir);
}

/* ---- what has to be ---- */

static const char *find_wrong(const struct look_worker *w) {
    const int *k = w->kinds;
    if (w->seccomp != 2) return "no filter of system calls: it is not sealed";
    if (w->no_new_privs != 1) return "it may get new privileges";
    if (w->capabilities != 0) return "it has capabilities";
    if (w->dumpable == 1) return "others may look into its memory";
    if (w->has_network && w->is_apart[SEAL_NET] && w->n_interfaces > 0) {
        return "its network namespace has interfaces";
    }
    if (!w->has_descriptors) return "";
    if (k[LOOK_OTHER_SOCKET] > 0) return "it has a socket that is not local";
    if (k[LOOK_LOCAL_SOCKET] != 1 && !w->is_in_place) return "it does not have exactly one socket";
    if (k[LOOK_OTHER] > 0) return "it has a device or a folder open";
    return "";
}

ingle_status look_at(struct look_worker *out, pid_t pid, ingle_error *err) {
    *out = (struct look_worker){.pid = pid};
    struct buf text;
    buf_init(&text, LOOK_MAX_TEXT);
    bool is_there = look_at_status(out, &text);
    out->is_in_place = is_there && is_in_place(&text, pid);
    if (is_there) {
        look_at_namespaces(out);
        look_at_network(out, &text);
        look_at_descriptors(out, &text);
        snprintf(out->wrong, sizeof out->wrong, "%s", find_wrong(out));
    }
    buf_clear(&text);
    if (is_there) return INGLE_OK;
    return status_set(err, INGLE_NOT_FOUND, 0, "There is no process %ld.", (long)pid);
}

/* ---- all workers ---- */

static bool is_named_worker(struct buf *text, pid_t pid) {
    size_t len = strlen(LOOK_WORKER);
    if (!look_read_of(text, pid, "cmdline") || text->size < len) return false;
    if (memcmp(text->data, LOOK_WORKER, len) != 0) return false;
    return text->data[len] == '\0' || text->data[len] == ' ';
}

static bool is_worker(struct buf *text, pid_t pid) {
    if (!is_named_worker(text, pid) && !is_in_place(text, pid)) return false;
    if (!look_read_of(text, pid, "status")) return false;
    return geteuid() == 0 || look_field(text, "Uid", 10, UINT64_MAX) == geteuid();
}

static void look_until_right(pid_t pid, look_worker_fn on_worker, void *user) {
    struct look_worker w;
    for (int i = 0; i < N_LOOKS; i++) {
        if (i > 0) nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
        if (look_at(&w, pid, NULL) != INGLE_OK) return; /* it has ended */
        if (!w.wrong[0]) break;
    }
    on_worker(&w, user);
}

ingle_status look_at_workers(look_worker_fn on_worker, void *user, ingle_error *err) {
    DIR *dir = opendir("/proc");
    struct stat self;
    if (!dir || stat("/proc/self/status", &self) != 0) {
        if (dir) closedir(dir);
        return status_set(err, INGLE_UNSUPPORTED, 0,
                          "There is no /proc here: running workers cannot be looked at.");
    }
    struct buf text;
    buf_init(&text, LOOK_MAX_TEXT);
    for (struct dirent *e; (e = readdir(dir));) {
        char *end;
        long pid = strtol(e->d_name, &end, 10);
        if (pid > 0 && !*end && is_worker(&text, (pid_t)pid)) {
            look_until_right((pid_t)pid, on_worker, user);
        }
    }
    closedir(dir);
    buf_clear(&text);
    return INGLE_OK;
}
