/* What /proc says of the fronts of services that run: processes that are confined, not sealed. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guard/prove/look_internal.h"

/* One line of mountinfo: "36 35 98:0 /in /at rw,nosuid master:1 - tmpfs source options". */
static void add_mount(struct look_front *f, const char *line) {
    char at[12] = "", flags[3] = "", kind[16];
    const char *rest = strstr(line, " - ");
    int n = 0; /* where the fifth word begins: of it and the sixth the first characters matter */
    if (!rest || sscanf(line, "%*s %*s %*s %*s %n%11s", &n, at) != 1) return;
    const char *space = strchr(line + n, ' ');
    if (!space || sscanf(space, " %2s", flags) != 1) return;
    bool is_writable = strncmp(flags, "rw", 2) == 0;
    if (strcmp(at, "/") != 0) {
        f->n_places++;
        f->n_writable += is_writable && strcmp(at, "/dev/null") != 0;
        return;
    }
    bool is_memory = sscanf(rest, " - %15s", kind) == 1 && strcmp(kind, "tmpfs") == 0;
    f->has_root = is_memory && !is_writable;
}

static void look_at_mounts(struct look_front *f, struct buf *text) {
    f->has_mounts = look_read_of(text, f->pid, "mountinfo");
    if (!f->has_mounts) return;
    for (char *line = text->data, *next; line && *line; line = next) {
        next = strchr(line, '\n');
        if (next) *next++ = '\0';
        add_mount(f, line);
    }
    if (!f->has_root) f->n_places = f->n_writable = 0; /* those of everybody */
}

static const char *find_wrong(const struct look_front *f) {
    if (f->seccomp != 2) return "no filter of system calls: it is not confined";
    if (f->no_new_privs != 1) return "it may get new privileges";
    if (f->capabilities != 0) return "it has capabilities";
    return "";
}

/* False if it is gone. */
static bool look_at_front(struct look_front *f, struct buf *text) {
    if (!look_read_of(text, f->pid, "status") || strstr(text->data, "\nState:\tZ")) return false;
    f->seccomp = (int)look_field(text, "Seccomp", 10, 0);
    f->n_filters = (int)look_field(text, "Seccomp_filters", 10, UINT64_MAX);
    f->no_new_privs = (int)look_field(text, "NoNewPrivs", 10, 0);
    f->capabilities = look_field(text, "CapEff", 16, UINT64_MAX);
    f->dumpable = look_dumpable(text, f->pid);
    look_at_mounts(f, text);
    snprintf(f->wrong, sizeof f->wrong, "%s", find_wrong(f));
    return true;
}

static bool is_front(struct buf *text, pid_t pid) {
    if (!look_is_named(text, pid, LOOK_FRONT) || !look_read_of(text, pid, "status")) return false;
    return geteuid() == 0 || look_field(text, "Uid", 10, UINT64_MAX) == geteuid();
}

void look_at_fronts(look_front_fn on_front, void *user) {
    DIR *dir = opendir("/proc");
    if (!dir) return;
    struct buf text;
    buf_init(&text, LOOK_MAX_TEXT);
    for (struct dirent *e; (e = readdir(dir));) {
        char *end;
        struct look_front f = {.pid = (pid_t)strtol(e->d_name, &end, 10)};
        if (f.pid <= 0 || *end || !is_front(&text, f.pid)) continue;
        if (look_at_front(&f, &text)) on_front(&f, user);
    }
    closedir(dir);
    buf_clear(&text);
}
