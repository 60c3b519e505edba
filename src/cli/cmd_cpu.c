/* ingle cpu: what this machine offers to the kernels and what is used. */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "cli/command.h"
#include "cli/engine_arg.h"
#include "cli/json.h"

struct cpu_args {
    bool tune, json;
};

/* What there is to show. */
struct report {
    ingle_cpu_info info;
    const char *used; /* tier */
    ingle_tuning tuning;
};

static const struct option cpu_options[] = {
    {"tune", '\0', OPTION_FLAG, NULL, "Measure again which number of threads decodes fastest",
     .offset = offsetof(struct cpu_args, tune)},
    {"json", '\0', OPTION_FLAG, NULL, "One JSON object", .offset = offsetof(struct cpu_args, json)},
};

static void put_tuning(struct json *j, const ingle_tuning *t) {
    json_key(j, "threads");
    json_begin(j, '{');
    json_put_int(j, "use", t->n_threads);
    json_put_int(j, "measured", t->when);
    json_put_str(j, "note", t->note);
    json_key(j, "speeds");
    json_begin(j, '[');
    for (size_t i = 0; i < t->n; i++) {
        json_begin(j, '{');
        json_put_int(j, "threads", t->counts[i]);
        json_put_number(j, "gb_per_s", t->speeds[i] > 0 ? t->speeds[i] : NAN, 4);
        json_end(j, '}');
    }
    json_end(j, ']');
    json_end(j, '}');
}

static void print_json(struct out *o, const struct report *r) {
    const ingle_cpu_info *info = &r->info;
    struct json j;
    json_init(&j, o);
    json_begin(&j, '{');
    json_put_str(&j, "name", info->name);
    json_key(&j, "tiers");
    json_begin(&j, '[');
    bool available;
    const char *name;
    for (size_t i = 0; (name = ingle_cpu_tier(i, &available)); i++) {
        json_begin(&j, '{');
        json_put_str(&j, "name", name);
        json_put_bool(&j, "available", available);
        json_end(&j, '}');
    }
    json_end(&j, ']');
    json_put_str(&j, "detected", info->tier);
    json_put_str(&j, "used", r->used);
    json_put_int(&j, "cores", info->n_cores);
    json_put_int(&j, "usable", info->n_usable);
    json_put_int(&j, "physical", info->n_physical);
    json_put_int(&j, "fast", info->n_fast);
    json_put_number(&j, "quota", info->quota > 0 ? info->quota : NAN, 6);
    json_put_uint(&j, "l1d", info->l1d);
    json_put_uint(&j, "l2", info->l2);
    json_put_uint(&j, "l3", info->l3);
    json_put_uint(&j, "memory", info->memory);
    put_tuning(&j, &r->tuning);
    json_end(&j, '}');
}

static void print_size(struct out *o, const char *name, uint64_t size) {
    if (size == 0) {
        out_f(o, "%-9s unknown\n", name);
    } else if (size < (uint64_t)10 << 20) {
        out_f(o, "%-9s %" PRIu64 " KiB\n", name, size >> 10);
    } else {
        out_f(o, "%-9s %" PRIu64 " MiB\n", name, size >> 20);
    }
}

/* "2, measured on 2026-11-26 18:40: 1 reads 33.1 GB/s, 2 read 40.9" */
static void print_tuning(struct out *o, const ingle_tuning *t) {
    out_f(o, "threads   %d", t->n_threads);
    time_t when = (time_t)t->when;
    struct tm local;
    char date[32] = "";
    if (t->when > 0 && localtime_r(&when, &local)) {
        strftime(date, sizeof date, " on %Y-%m-%d %H:%M", &local);
    }
    for (size_t i = 0; t->when > 0 && i < t->n; i++) {
        if (i == 0) out_f(o, ", measured%s", date);
        out_f(o, "%s %d: %.1f GB/s", i ? "," : ";", t->counts[i], t->speeds[i]);
    }
    if (t->when == 0) out_str(o, ", not measured");
    if (t->note[0]) out_str(o, ": ");
    out_line_text(o, t->note, strlen(t->note));
    out_str(o, "\n");
}

static void print_text(struct out *o, const struct report *r) {
    const ingle_cpu_info *info = &r->info;
    const char *processor = info->name[0] ? info->name : "unknown";
    out_str(o, "name      ");
    out_line_text(o, processor, strlen(processor));
    out_str(o, "\ntiers     ");
    bool available;
    const char *name;
    for (size_t i = 0; (name = ingle_cpu_tier(i, &available)); i++) {
        out_f(o, "%s%s%s", i ? ", " : "", name, available ? "" : " (not on this machine)");
    }
    bool is_lowered = strcmp(r->used, info->tier) != 0;
    out_f(o, "\ndetected  %s\nused      %s%s\n", info->tier, r->used,
          is_lowered ? " (as set by INGLE_CPU or ingle config)" : "");
    out_f(o, "online    %d processors, %d usable\n", info->n_cores, info->n_usable);
    out_f(o, "cores     %d, %d of them fast\n", info->n_physical, info->n_fast);
    if (info->quota > 0) {
        out_f(o, "quota     %g cores\n", info->quota);
    } else {
        out_str(o, "quota     none\n");
    }
    print_size(o, "L1 data", info->l1d);
    print_size(o, "L2", info->l2);
    print_size(o, "L3", info->l3);
    print_size(o, "memory", info->memory);
    print_tuning(o, &r->tuning);
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct cpu_args args = {0};
    INGLE_TRY(options_parse_all(cli->command, argc, argv, &args, "", err));
    struct report r;
    INGLE_TRY(engine_tier(&r.used, err));
    INGLE_TRY(engine_tune(&r.tuning, args.tune ? INGLE_TUNE_ANEW : INGLE_TUNE_LOOK, err));
    r.info = ingle_cpu_get_info();
    if (!r.used) r.used = r.info.tier;
    if (args.json) {
        print_json(&cli->out, &r);
    } else {
        print_text(&cli->out, &r);
    }
    return INGLE_OK;
}

const struct command cmd_cpu = {
    .name = "cpu",
    .summary = "Show kernel tiers, cores, quotas, caches, and the number of threads used",
    .arguments = "[--tune] [--json]",
    .example = "cpu",
    .details = "The first command that computes on a new machine measures for at most 200 ms which "
               "number of\nthreads decodes fastest, and keeps the result in ingle/tune in "
               "XDG_CACHE_HOME or "
               "~/.cache.",
    COMMAND_OPTIONS(cpu_options),
    .run = run,
};
