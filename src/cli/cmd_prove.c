/* ingle prove: what the kernel enforces right now: of the workers that run, by what /proc says of
 * them, and of a twin of a worker, by trying every way out. */
#include "base/clock.h"
#include "cli/audit_note.h"
#include "cli/command.h"
#include "cli/prove_view.h"

#include <stdio.h>

struct prove_args {
    bool all, json;
};

static const struct option prove_options[] = {
    {"all", 'a', OPTION_FLAG, NULL, "List every way, not only groups of them and what is open",
     .offset = offsetof(struct prove_args, all)},
    {"json", '\0', OPTION_FLAG, NULL, "One JSON object, with every way",
     .offset = offsetof(struct prove_args, json)},
};

static ingle_status look(struct prove_report *r, ingle_error *err) {
    ingle_error why = {0};
    ingle_status status = look_at_workers(prove_report_worker, r, &why);
    look_at_fronts(prove_report_front, r);
    if (status == INGLE_UNSUPPORTED) {
        snprintf(r->no_workers, sizeof r->no_workers, "%s", why.msg);
        return INGLE_OK;
    }
    return status ? status_set(err, status, 0, "%s", why.msg) : INGLE_OK;
}

static ingle_status find_out(struct prove_report *r, ingle_error *err) {
    INGLE_TRY(look(r, err));
    double before = clock_ms();
    INGLE_TRY(prove_all(prove_report_way, r, &r->n_open, err));
    r->seconds = (clock_ms() - before) / 1e3;
    if (r->status) return status_no_memory(err, "the list of ways", sizeof *r->ways * r->n_ways);
    return INGLE_OK;
}

static void note(const struct prove_report *r) {
    const struct audit_field fields[] = {
        AUDIT_FIELD_NUMBER("ways", r->n_ways), AUDIT_FIELD_NUMBER("open", r->n_open),
        AUDIT_FIELD_NUMBER("workers", r->n_workers), AUDIT_FIELD_NUMBER("unsealed", r->n_wrong)};
    audit_note(AUDIT_PROVE, fields, BASE_COUNT(fields));
}

static ingle_status verdict(const struct prove_report *r, ingle_error *err) {
    if (r->n_open > 0) {
        return status_set(err, INGLE_REFUSED, 0, "%zu way%s out %s open: the seal does not hold.",
                          r->n_open, r->n_open == 1 ? "" : "s", r->n_open == 1 ? "is" : "are");
    }
    if (r->n_wrong > 0) {
        return status_set(err, INGLE_REFUSED, 0,
                          "Running workers that are not sealed as they must be: %zu of %zu.",
                          r->n_wrong, r->n_workers);
    }
    if (r->n_fronts_wrong > 0) {
        return status_set(err, INGLE_REFUSED, 0,
                          "Running services that are not confined as they must be: %zu of %zu.",
                          r->n_fronts_wrong, r->n_fronts);
    }
    return INGLE_OK;
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct prove_args args = {0};
    INGLE_TRY(options_parse_all(cli->command, argc, argv, &args, "", err));
    struct prove_report report = {0};
    ingle_status status = find_out(&report, err);
    if (status != INGLE_OK) goto out;
    if (args.json) {
        prove_view_json(&cli->out, &report);
    } else {
        prove_view_text(&cli->out, &report, args.all);
    }
    note(&report);
    status = verdict(&report, err);
out:
    prove_report_clear(&report);
    return status;
}

const struct command cmd_prove = {
    .name = "prove",
    .summary = "Try every way out of a sealed worker, and look at those that run",
    .arguments = "[--all] [--json]",
    .example = "prove",
    .details = "A twin of a worker, with the same seal and the same kinds of descriptors, tries "
               "each way for\nreal and may be killed for it: sockets of every family, files, "
               "programs, other processes,\nthe machine itself, and every system call by its "
               "number. The exit code is 0 only if none of\nthem works and every running worker "
               "is sealed, else 5.",
    COMMAND_OPTIONS(prove_options),
    .has_network = true,
    .run = run,
};
