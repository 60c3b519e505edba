// Interleaved samples. They are short and alternate (A B C, C B A, ...), so that a slow minute of the
// machine hits all engines alike; a canary runs between them, and samples taken while the machine was
// slow are left out. What counts is a ratio of medians with a bootstrap interval.
"use strict";
const path = require("path");
const { Runner } = require("./engines.js");
const stats = require("./stats.js");

const QUIET = 0.95; // of what the canary reaches at its best
const BEST_TENTH = 0.9; // its very best may be one lucky moment of a shared machine

// Remembers all it saw, for each kind of arithmetic.
class Canary extends Runner {
    constructor(opt) {
        super("canary", opt.threads, [path.join(opt.build, "bench", "canary"), String(opt.threads)]);
        this.kind = "";
        this.seen = {};
    }
    // The machine at this moment: [1e9 operations/s, 1e9 bytes/s].
    async look() {
        const now = (await this.ask(this.kind)).split(" ").map(Number);
        (this.seen[this.kind] ||= []).push(now);
        return now;
    }
    // What this machine can do: reached or passed by one look in ten. Known at the end of a run.
    peak(kind) {
        return [0, 1].map((i) => stats.quantile(this.seen[kind].map((look) => look[i]), BEST_TENTH));
    }
    isQuiet(sample, kind) {
        const peak = this.peak(kind);
        return [sample.before, sample.after].every((look) => look.every((x, i) => x >= QUIET * peak[i]));
    }
}

// All cycles of one test: [{ engine: { value, before, after } }, ...]; value is tokens a second.
async function measure(opt, test, engines, canary) {
    const cycles = [], until = Date.now() + 1000 * opt.seconds;
    for (const e of engines) await e.sample({ ...test, prompt: Math.min(test.prompt, 64), gen: Math.min(test.gen, 8) });
    let before = await canary.look();
    for (let i = 0; i < opt.samples && (i < opt.minCycles || Date.now() < until); i++) {
        const cycle = {};
        for (const e of i % 2 ? [...engines].reverse() : engines) {
            const seconds = await e.sample(test), after = await canary.look();
            cycle[e.name] = { value: test.n / seconds, before, after };
            before = after;
        }
        cycles.push(cycle);
    }
    return { test, cycles, kind: canary.kind, names: engines.map((e) => e.name) };
}

// The cycles in which all the named engines had a quiet machine; all cycles if those are too few.
function quietCycles(opt, canary, measured, names) {
    const quiet = measured.cycles.filter((c) => names.every((n) => canary.isQuiet(c[n], measured.kind)));
    return quiet.length >= opt.minCycles ? { cycles: quiet, quiet: true } : { cycles: measured.cycles, quiet: false };
}

// Median and best of an engine, and how many samples they are from.
function summary(opt, canary, measured, name) {
    const { cycles, quiet } = quietCycles(opt, canary, measured, [name]);
    const all = measured.cycles.map((c) => c[name].value);
    return { name, median: stats.median(cycles.map((c) => c[name].value)), best: Math.max(...all),
        kept: quiet ? `${cycles.length}/${all.length}` : `all ${all.length}, noisy` };
}

// ours / theirs: ratio of medians over the cycles that both did undisturbed, with its interval.
function compare(opt, canary, measured, ours, theirs) {
    const { cycles, quiet } = quietCycles(opt, canary, measured, [ours, theirs]);
    const pairs = cycles.map((c) => [c[ours].value, c[theirs].value]);
    const [low, high] = stats.ratioInterval(pairs);
    const ratio = stats.median(pairs.map((p) => p[0])) / stats.median(pairs.map((p) => p[1]));
    return { ratio, low, high, quiet };
}

// What an engine reached of component i of the canary's peak: need = how much of it a token takes.
function share(opt, canary, measured, name, i, need) {
    return 1e-9 * need * summary(opt, canary, measured, name).median / canary.peak(measured.kind)[i];
}

module.exports = { Canary, measure, summary, compare, share };
