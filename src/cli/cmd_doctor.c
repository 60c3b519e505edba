/* ingle doctor: what this machine can do for ingle, what it lacks, and what is wrong. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/doctor.h"
#include "cli/json.h"

struct doctor_args {
    bool json;
};

static const struct option doctor_options[] = {
    {"json", '\0', OPTION_FLAG, NULL, "One JSON object",
     .offset = offsetof(struct doctor_args, json)},
};

/* ---- for the checks ---- */

static void fill(struct doctor_finding *f, enum doctor_state state, const char *remedy,
                 const char *fmt, va_list args) {
    f->state = state;
    vsnprintf(f->found, sizeof f->found, fmt, args);
    snprintf(f->remedy, sizeof f->remedy, "%s", remedy);
}

void doctor_ok(struct doctor_finding *f, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    fill(f, DOCTOR_OK, "", fmt, args);
    va_end(args);
}

void doctor_lacks(struct doctor_finding *f, const char *remedy, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    fill(f, DOCTOR_LACKS, remedy, fmt, args);
    va_end(args);
}

void doctor_wrong(struct doctor_finding *f, const char *remedy, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    fill(f, DOCTOR_WRONG, remedy, fmt, args);
    va_end(args);
}

bool doctor_read(char *out, size_t cap, const char *root, const char *path) {
    char full[512];
    snprintf(full, sizeof full, "%.200s%.300s", root, path);
    out[0] = '\0';
    int fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return false;
    ssize_t n = read(fd, out, cap - 1);
    close(fd);
    if (n < 0) return false;
    out[n] = '\0';
    if (n > 0 && out[n - 1] == '\n') out[n - 1] = '\0';
    return true;
}

/* ---- showing ---- */

struct doctor {
    struct out *out;
    struct json json;
    bool as_json;
    int n[DOCTOR_WRONG + 1];
};

static const char *const states[] = {"ok", "lacks", "wrong"};

static void put_line(struct out *o, const char *text) {
    out_line_text(o, text, strlen(text));
    out_str(o, "\n");
}

static void show(struct doctor *d, const char *name, const struct doctor_finding *f) {
    if (d->as_json) {
        struct json *j = &d->json;
        json_begin(j, '{');
        json_put_str(j, "name", name);
        json_put_str(j, "state", states[f->state]);
        json_put_str(j, "found", f->found);
        json_put_str(j, "remedy", f->remedy);
        json_end(j, '}');
        return;
    }
    out_f(d->out, "%-6s %-14s ", states[f->state], name);
    put_line(d->out, f->found);
    if (!f->remedy[0]) return;
    out_f(d->out, "%-6s %-14s ", "", "");
    put_line(d->out, f->remedy);
}

static void look_all(struct doctor *d, const struct doctor_check *checks, size_t n) {
    for (size_t i = 0; i < n; i++) {
        struct doctor_finding f = {0};
        checks[i].look(&f, "");
        d->n[f.state]++;
        show(d, checks[i].name, &f);
    }
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct doctor_args args = {0};
    INGLE_TRY(options_parse_all(cli->command, argc, argv, &args, "", err));
    struct doctor d = {.out = &cli->out, .as_json = args.json};
    json_init(&d.json, d.out);
    if (d.as_json) {
        json_begin(&d.json, '{');
        json_key(&d.json, "checks");
        json_begin(&d.json, '[');
    }
    look_all(&d, doctor_kernel, doctor_n_kernel);
    look_all(&d, doctor_user, doctor_n_user);
    if (d.as_json) {
        json_end(&d.json, ']');
        json_put_bool(&d.json, "ok", d.n[DOCTOR_WRONG] == 0);
        json_end(&d.json, '}');
    }
    if (d.n[DOCTOR_WRONG] == 0) return INGLE_OK;
    return status_set(err, INGLE_FAILED, 0, "%d of these %s to be put right first.",
                      d.n[DOCTOR_WRONG], d.n[DOCTOR_WRONG] == 1 ? "has" : "have");
}

const struct command cmd_doctor = {
    .name = "doctor",
    .summary = "Say what this machine can do for ingle, what it lacks, and what is wrong",
    .arguments = "[--json]",
    .example = "doctor",
    .details = "A line a check: ok; lacks: ingle works, with less; wrong: something does not work\n"
               "until it is put right, and the exit code is 1. Looks only, and changes nothing.",
    COMMAND_OPTIONS(doctor_options),
    .run = run,
};
