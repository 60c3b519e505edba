/* ingle cpu: what this machine offers to the kernels and what is used. */
#include <inttypes.h>
#include <string.h>

#include "cli/command.h"
#include "cli/engine_arg.h"
#include "cli/json.h"

struct cpu_args {
    bool json;
};

static const struct option cpu_options[] = {
    {"json", '\0', OPTION_FLAG, NULL, "One JSON object", offsetof(struct cpu_args, json), 0, 0,
     false},
};

static void print_json(struct out *o, const ingle_cpu_info *info, const char *used) {
    struct json j;
    json_init(&j, o);
    json_begin(&j, '{');
    json_key(&j, "name");
    json_str(&j, info->name);
    json_key(&j, "tiers");
    json_begin(&j, '[');
    bool available;
    const char *name;
    for (size_t i = 0; (name = ingle_cpu_tier(i, &available)); i++) {
        json_begin(&j, '{');
        json_key(&j, "name");
        json_str(&j, name);
        json_key(&j, "available");
        json_bool(&j, available);
        json_end(&j, '}');
    }
    json_end(&j, ']');
    json_key(&j, "detected");
    json_str(&j, info->tier);
    json_key(&j, "used");
    json_str(&j, used);
    json_key(&j, "cores");
    json_int(&j, info->n_cores);
    json_key(&j, "usable");
    json_int(&j, info->n_usable);
    json_key(&j, "quota");
    if (info->quota > 0) {
        json_number(&j, info->quota, 6);
    } else {
        json_null(&j);
    }
    json_key(&j, "l1d");
    json_uint(&j, info->l1d);
    json_key(&j, "l2");
    json_uint(&j, info->l2);
    json_key(&j, "l3");
    json_uint(&j, info->l3);
    json_key(&j, "memory");
    json_uint(&j, info->memory);
    json_end(&j, '}');
}

static void print_cache(struct out *o, const char *name, size_t size) {
    if (size) {
        out_f(o, "%-9s %zu KiB\n", name, size >> 10);
    } else {
        out_f(o, "%-9s unknown\n", name);
    }
}

static void print_text(struct out *o, const ingle_cpu_info *info, const char *used) {
    out_str(o, "name      ");
    out_text(o, info->name[0] ? info->name : "unknown",
             strlen(info->name[0] ? info->name : "unknown"));
    out_str(o, "\ntiers    ");
    bool available;
    const char *name;
    for (size_t i = 0; (name = ingle_cpu_tier(i, &available)); i++) {
        out_f(o, " %s%s", name, available ? "" : " (not on this machine)");
    }
    out_f(o, "\ndetected  %s\nused      %s%s\n", info->tier, used,
          strcmp(used, info->tier) != 0 ? " (INGLE_CPU)" : "");
    out_f(o, "cores     %d online, %d usable\n", info->n_cores, info->n_usable);
    if (info->quota > 0) {
        out_f(o, "quota     %g cores\n", info->quota);
    } else {
        out_str(o, "quota     none\n");
    }
    print_cache(o, "L1 data", info->l1d);
    print_cache(o, "L2", info->l2);
    print_cache(o, "L3", info->l3);
    out_f(o, "memory    %" PRIu64 " MiB\n", info->memory >> 20);
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct cpu_args args = {0};
    struct words words;
    INGLE_TRY(options_parse(cli->command, argc, argv, &args, &words, err));
    if (words.n) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "'%.60s' belongs to no option.",
                          words.items[0]);
    }
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
