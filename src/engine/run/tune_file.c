#include "engine/run/tune_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"

#define VERSION "1"
#define MAX_SIZE 32768 /* of a file that is still added to */
#define LINE_CAP 512
#define FOLDER_CAP 4096

void tune_key(char key[TUNE_KEY_CAP], const struct cpu_topology *t, enum cpu_tier tier) {
    snprintf(key, TUNE_KEY_CAP, "%s, %s, %d processors, %d cores, %d fast, quota %.0f %%",
             t->name[0] ? t->name : "unknown", cpu_tier_name(tier), t->n_slots, t->n_physical,
             t->n_fast, t->quota * 100);
    for (char *p = key; *p; p++) {
        if (*p == '\t' || *p == '\n') *p = ' ';
    }
}

static ingle_status open_file(int *fd, const char *folder, int flags, ingle_error *err) {
    char path[FOLDER_CAP + sizeof TUNE_NAME];
    *fd = -1;
    int len = snprintf(path, sizeof path, "%s/" TUNE_NAME, folder);
    if (len < 0 || (size_t)len >= sizeof path) {
        return status_errno(err, ENAMETOOLONG, "open the tuning file in", folder);
    }
    *fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW, 0600);
    if (*fd < 0) return status_errno(err, errno, "open", path);
    struct stat st;
    if (fstat(*fd, &st) == 0 && S_ISREG(st.st_mode)) return INGLE_OK;
    close(*fd);
    *fd = -1;
    return status_set(err, INGLE_INVALID, 0, "'%s' is no regular file.", path);
}

/* ---- reading ---- */

static bool read_int(const char **at, int64_t *value, char end) {
    char *stop;
    errno = 0;
    long long parsed = strtoll(*at, &stop, 10);
    if (stop == *at || errno != 0 || *stop != end) return false;
    *value = parsed;
    *at = stop + 1;
    return true;
}

/* "1=17300 2=29800" and a tab; the numbers of threads must be those of the candidates. */
static bool read_speeds(const char **at, struct tune_result *result, int64_t least) {
    for (int i = 0; i < result->n; i++) {
        int64_t count, mb;
        if (!read_int(at, &count, '=') || count != result->counts[i]) return false;
        if (!read_int(at, &mb, i + 1 < result->n ? ' ' : '\t') || mb < least) return false;
        result->speeds[i] = (double)mb * 1e-3;
    }
    return true;
}

static bool is_candidate(const struct tune_result *result, int64_t n_threads) {
    for (int i = 0; i < result->n; i++) {
        if (result->counts[i] == n_threads) return true;
    }
    return false;
}

static bool read_line(struct tune_record *r, const char *line, const char *key) {
    struct tune_record got = {.result = r->result};
    int64_t n_threads;
    if (strncmp(line, VERSION "\t", 2) != 0) return false;
    line += 2;
    if (!read_int(&line, &got.when, '\t') || got.when <= 0) return false;
    if (!read_int(&line, &n_threads, '\t')) return false;
    if (n_threads != 0 && !is_candidate(&r->result, n_threads)) return false;
    if (!read_speeds(&line, &got.result, n_threads != 0) || strcmp(line, key) != 0) return false;
    got.n_threads = (int)n_threads;
    *r = got;
    return true;
}

static ingle_status read_all(char *text, size_t cap, const char *folder, ingle_error *err) {
    int fd;
    INGLE_TRY(open_file(&fd, folder, O_RDONLY, err));
    size_t n = 0;
    ssize_t got;
    while (n < cap - 1 && (got = read(fd, text + n, cap - 1 - n)) > 0) n += (size_t)got;
    close(fd);
    text[n] = '\0';
    return INGLE_OK;
}

ingle_status tune_file_find(struct tune_record *r, const char *folder, const char *key,
                            ingle_error *err) {
    char text[MAX_SIZE + LINE_CAP + 1];
    ingle_error why = {0};
    ingle_status status = read_all(text, sizeof text, folder, &why);
    if (status == INGLE_NOT_FOUND) {
        return status_set(err, status, 0, "'%s' holds no results of tuning yet.", folder);
    }
    if (status != INGLE_OK && err) *err = why;
    if (status != INGLE_OK) return status;
    bool found = false;
    for (char *line = text; *line;) {
        char *end = line + strcspn(line, "\n");
        bool is_whole = *end == '\n';
        *end = '\0';
        if (is_whole && read_line(r, line, key)) found = true;
        line = end + is_whole;
    }
    if (found) return INGLE_OK;
    return status_set(err, INGLE_NOT_FOUND, 0,
                      "'%s/" TUNE_NAME "' has no result for this machine as it is now.", folder);
}

/* ---- writing ---- */

ingle_status tune_file_open(int *fd, const char *folder, ingle_error *err) {
    *fd = -1;
    INGLE_TRY(folder_create(folder, err));
    return open_file(fd, folder, O_RDWR | O_APPEND | O_CREAT, err);
}

/* A disk that filled up, or a hand, left half a line at the end. */
static bool is_unfinished(int fd, off_t size) {
    char last = '\n';
    return size > 0 && (pread(fd, &last, 1, size - 1) != 1 || last != '\n');
}

static int make_line(char line[LINE_CAP], bool ends_another, const char *key,
                     const struct tune_record *r) {
    int n = snprintf(line, LINE_CAP, "%s" VERSION "\t%" PRId64 "\t%d\t", ends_another ? "\n" : "",
                     r->when, r->n_threads);
    for (int i = 0; i < r->result.n; i++) {
        double mb = ceil(r->result.speeds[i] * 1e3); /* so that what is slow is not 0 */
        n += snprintf(line + n, LINE_CAP - (size_t)n, "%d=%.0f%c", r->result.counts[i], mb,
                      i + 1 < r->result.n ? ' ' : '\t');
    }
    return n + snprintf(line + n, LINE_CAP - (size_t)n, "%s\n", key);
}

ingle_status tune_file_append(int fd, const char *folder, const char *key,
                              const struct tune_record *r, ingle_error *err) {
    struct stat st;
    off_t size = fstat(fd, &st) == 0 ? st.st_size : 0;
    if (size > MAX_SIZE) size = ftruncate(fd, 0) == 0 ? 0 : size;
    char line[LINE_CAP];
    int n = make_line(line, is_unfinished(fd, size), key, r);
    errno = ENOSPC; /* what a short write means */
    int errnum = write(fd, line, (size_t)n) == n ? 0 : errno;
    bool is_whole = errnum == 0 || ftruncate(fd, size) == 0;
    (void)is_whole; /* the next line would end it first */
    if (close(fd) != 0 && errnum == 0) errnum = errno;
    return errnum ? status_errno(err, errnum, "write the tuning file in", folder) : INGLE_OK;
}
