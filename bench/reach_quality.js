// Quality in the same table: how far each block type and kernel tier is from the exact model, beside
// llama.cpp. The comparison is the oracle's (tests/oracle/compare_models.c), here with more positions.
"use strict";
const child = require("child_process");
const path = require("path");

function quality(run) {
    const { opt, table, record } = run, seeds = opt.quick ? 1 : 4;
    console.error("quality ...");
    const out = child.spawnSync(path.join(opt.build, "tests", "oracle_compare_models"), ["quantised", opt.oracle, String(seeds)],
        { encoding: "utf8", env: { ...process.env, INGLE_ORACLE_DIR: opt.oracle }, stdio: ["ignore", "pipe", "inherit"] });
    const positions = /mean over (\d+) positions/.exec(out.stdout)?.[1];
    const rows = out.stdout.split("\n").filter((l) => /^\| \w+ \| \w+ \| [\d.]/.test(l)).map((l) => l.split("|").slice(1, -1).map((c) => c.trim()));
    if (!rows.length || !positions) throw new Error(`oracle_compare_models printed no table (status ${out.status})`);
    table.section("Quality", "Kullback-Leibler divergence, in nats, of the next token's distribution from the exact model's (every tensor in F32), mean over " +
        `${positions} positions; the ratio with its standard error. Same choice: the likeliest token is the exact model's.`,
    ["type", "tier", "llama.cpp", "ingle", "ratio", "same choice, llama.cpp", "ingle"]);
    for (const [type, tier, theirs, ours, ratio, error, , , sameTheirs, sameOurs] of rows) {
        table.row([type, tier, theirs, ours, table.check("divergence / llama.cpp", `${type}, ${tier}`, parseFloat(ratio), `${parseFloat(ratio)} ± ${error}`, { most: 1.1 }), sameTheirs, sameOurs]);
        record.add(type, `divergence ${tier}`, "ingle", 0, Number(ours), "nats");
        record.add(type, `divergence ${tier}`, "llama.cpp", 0, Number(theirs), "nats");
    }
}

module.exports = { quality };
