/* ingle cpu: what this machine offers to the kernels and what is used. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "cli/command.h"
#include "cli/engine_arg.h"
#include "cli/json.h"

struct cpu_args {
    bool json;
};

static const struct option cpu_options[] = {
    {"json", '\0', OPTION_FLAG, NULL, "One JSON object", .offset = offsetof(struct cpu_args, json)},
};

static void print_json(struct out *o, const ingle_cpu_info *info, const char *used) {
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
    json_put_str(&j, "used", used);
    json_put_int(&j, "cores", info->n_cores);
    json_put_int(&j, "usable", info->n_usable);
    json_put_number(&j, "quota", info->quota > 0 ? info->quota : NAN, 6);
    json_put_uint(&j, "l1d", info->l1d);
    json_put_uint(&j, "l2", info->l2);
    json_put_uint(&j, "l3", info->l3);
    json_put_uint(&j, "memory", info->memory);
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

static void print_text(struct out *o, const ingle_cpu_info *info, const char *used) {
    const char *processor = info->name[0] ? info->name : "unknown";
    out_str(o, "name      ");
    out_line_text(o, processor, strlen(processor));
    out_str(o, "\ntiers     ");
    bool available;
    const char *name;
    for (size_t i = 0; (name = ingle_cpu_tier(i, &available)); i++) {
        out_f(o, "%s%s%s", i ? ", " : "", name, available ? "" : " (not on this machine)");
    }
    bool is_lowered = strcmp(used, info->tier) != 0;
    out_f(o, "\ndetected  %s\nused      %s%s\n", info->tier, used,
          is_lowered ? " (by INGLE_CPU)" : "");
    out_f(o, "cores     %d online, %d usable\n", info->n_cores, info->n_usable);
    if (info->quota > 0) {
        out_f(o, "quota     %g cores\n", info->quota);
    } else {
        out_str(o, "quota     none\n");
    }
    print_size(o, "L1 data", info->l1d);
    print_size(o, "L2", info->l2);
    print_size(o, "L3", info->l3);
    print_size(o, "memory", info->memory);
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct cpu_args args = {0};
    INGLE_TRY(options_parse_all(cli->command, argc, argv, &args, "", err));
    const char *used;
    INGLE_TRY(engine_tier(&used, err));
    ingle_cpu_info info = ingle_cpu_get_info();
    if (!used) used = info.tier;
    if (args.json) {
        print_json(&cli->out, &info, used);
    } else {
        print_text(&cli->out, &info, used);
    }
    return INGLE_OK;
}

const struct command cmd_cpu = {
    .name = "cpu",
    .summary = "Show the kernel tiers detected and used, cores, caches and quotas",
    .arguments = "[--json]",
    .example = "cpu",
    COMMAND_OPTIONS(cpu_options),
    .run = run,
};
