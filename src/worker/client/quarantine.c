#include "worker/client/quarantine.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cache_folder.h"
#include "base/hash.h"

#define PREFIX "crashes-"
#define MAX_HOW 60

/* ---- which model ---- */

static bool name_model(struct quarantine *q, const int *fds, int n_fds) {
    uint64_t hash = (uint64_t)n_fds;
    for (int i = 0; i < n_fds; i++) {
        struct stat st;
        if (fstat(fds[i], &st) != 0) return false;
        const uint64_t what[] = {(uint64_t)st.st_dev, (uint64_t)st.st_ino, (uint64_t)st.st_size,
                                 (uint64_t)st.st_mtim.tv_sec, (uint64_t)st.st_mtim.tv_nsec};
        hash = hash_bytes(hash, what, sizeof what);
    }
    snprintf(q->name, sizeof q->name, PREFIX "%016" PRIx64, hash);
    return true;
}

/* ---- the file: "3 Segmentation fault" ---- */

static bool is_word(char c) {
    return isalnum((unsigned char)c) || c == ' ' || c == '-' || c == '/';
}

/* What it says of the model; 0 if it says nothing that makes sense. */
static int parse(const char *text, char how[MAX_HOW]) {
    char *rest;
    long n = strtol(text, &rest, 10);
    size_t len = 0;
    if (n < 1 || n > 1000000) return 0;
    for (rest += *rest == ' '; len + 1 < MAX_HOW && is_word(rest[len]); len++) how[len] = rest[len];
    how[len] = '\0';
    return (int)n;
}

static int read_count(const struct cache_folder *f, const char *name, char how[MAX_HOW]) {
    char text[128] = "";
    int fd;
    how[0] = '\0';
    if (cache_folder_find(&fd, f, name, NULL) != INGLE_OK) return 0;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    return n > 0 ? parse(text, how) : 0;
}

static bool open_folder(struct cache_folder *f, const struct quarantine *q) {
    return q->folder[0] && cache_folder_open(f, q->folder, NULL) == INGLE_OK;
}

ingle_status quarantine_check(struct quarantine *q, const char *folder, const int *fds, int n_fds,
                              ingle_error *err) {
    struct cache_folder f;
    char how[MAX_HOW];
    *q = (struct quarantine){.n_crashes = 0};
    if (!folder || n_fds == 0 || !name_model(q, fds, n_fds)) return INGLE_OK;
    if (strlen(folder) >= sizeof q->folder) return INGLE_OK;
    memcpy(q->folder, folder, strlen(folder) + 1);
    /* It is made when there is something to be counted. */
    if (access(folder, F_OK) != 0 || !open_folder(&f, q)) return INGLE_OK;
    q->n_crashes = read_count(&f, q->name, how);
    cache_folder_close(&f);
    if (q->n_crashes < QUARANTINE_CRASHES) return INGLE_OK;
    return status_set(err, INGLE_REFUSED, 0,
                      "This model crashed %d times in a row (%s); it is tried again once it was "
                      "changed, or '%s/%s' is deleted.",
                      q->n_crashes, how[0] ? how : "unknown how", q->folder, q->name);
}

/* ---- counting ---- */

/* The time of change that a file must have to be among those that stay. */
struct ages {
    struct timespec times[QUARANTINE_MAX_FILES + 1]; /* the youngest, which come first */
    size_t n;
};

static bool is_older(struct timespec a, struct timespec b) {
    return a.tv_sec < b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec < b.tv_nsec);
}

static bool note_age(int fd, const char *name, const void *arg) {
    struct ages *a = (struct ages *)(uintptr_t)arg;
    struct stat st;
    (void)name;
    if (fstat(fd, &st) != 0) return false;
    size_t at = a->n;
    while (at > 0 && is_older(a->times[at - 1], st.st_mtim)) at--;
    if (at == BASE_COUNT(a->times)) return false;
    if (a->n < BASE_COUNT(a->times)) a->n++;
    memmove(a->times + at + 1, a->times + at, (a->n - at - 1) * sizeof *a->times);
    a->times[at] = st.st_mtim;
    return false;
}

static bool is_too_old(int fd, const char *name, const void *arg) {
    const struct ages *a = arg;
    struct stat st;
    (void)name;
    return fstat(fd, &st) == 0 && is_older(st.st_mtim, a->times[QUARANTINE_MAX_FILES - 1]);
}

static void keep_few(const struct cache_folder *f) {
    struct ages a = {.n = 0};
    cache_folder_remove(f, PREFIX, note_age, &a);
    if (a.n > QUARANTINE_MAX_FILES) cache_folder_remove(f, PREFIX, is_too_old, &a);
}

static bool write_count(const struct cache_folder *f, const struct quarantine *q, const char *how) {
    char text[128];
    struct cache_temp t;
    int len = snprintf(text, sizeof text, "%d %.*s\n", q->n_crashes, MAX_HOW - 1, how);
    if (cache_temp_open(&t, f, (uint64_t)len, NULL) != INGLE_OK) return false;
    bool is_written = write(t.fd, text, (size_t)len) == len &&
                      cache_temp_commit(&t, f, q->name, NULL) == INGLE_OK;
    if (!is_written) cache_temp_abandon(&t, f);
    if (is_written) close(t.fd);
    return is_written;
}

void quarantine_crashed(struct quarantine *q, const char *how) {
    struct cache_folder f;
    char before[MAX_HOW];
    if (!open_folder(&f, q)) return;
    q->n_crashes = 1 + read_count(&f, q->name, before); /* another process may have counted, too */
    cache_folder_sweep(&f);
    if (write_count(&f, q, how)) keep_few(&f);
    cache_folder_close(&f);
}

void quarantine_worked(struct quarantine *q) {
    struct cache_folder f;
    if (q->n_crashes == 0 || !open_folder(&f, q)) return;
    (void)unlinkat(f.fd, q->name, 0);
    q->n_crashes = 0;
    cache_folder_close(&f);
}
