// The parts of bench/reach that need no other engine: sequences decoded together, the start of a
// process, an intent, the tokenizer.
"use strict";
const child = require("child_process");
const fs = require("fs");
const path = require("path");
const { Runner, ingle, modelFile, pinned, vocabFile } = require("./engines.js");
const stats = require("./stats.js");

const root = path.dirname(__dirname);

// ---- batch ----

async function batch(run) {
    const { opt, table, record, canary } = run, nSeq = 6, nGen = 32, depth = 32;
    table.section("Sequences decoded together", `${nSeq} sequences, ${nGen} tokens each after ${depth} of their own; tokens/s of all.`, ["model", "one", "six", "ratio"]);
    for (const model of ["smollm2-135m:q4_0", "qwen3-0.6b:q4_k_m"]) {
        console.error(`${model} batch ...`);
        const e = ingle(opt, "ingle", modelFile(opt, model), 256), rates = { 1: [], [nSeq]: [] };
        await e.start();
        for (let i = 0; i < 2 * opt.samples; i++) {
            for (const n of i % 2 ? [1, nSeq] : [nSeq, 1]) {
                const before = await canary.look(), seconds = Number(await e.ask(`batch ${n} ${nGen} ${depth}`));
                rates[n].push(n * nGen / seconds);
                record.add(model, `batch${n}`, "ingle", i, n * nGen / seconds, "tokens/s", before, await canary.look());
            }
        }
        e.stop();
        const ratio = stats.median(rates[nSeq]) / stats.median(rates[1]);
        const [low, high] = stats.ratioInterval(rates[1].map((one, i) => [rates[nSeq][i], one]));
        table.row([model, stats.median(rates[1]).toFixed(1), stats.median(rates[nSeq]).toFixed(1),
            table.check("6 sequences / one", model, ratio, `${ratio.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`, { least: 3.5 })]);
    }
}

// ---- start ----

const STARTS = [["smollm2-135m:q4_0", 60], ["smollm2-135m:q8_0", 60], ["smollm3-3b:q4_k_m", 300]];

async function start(run) {
    const { opt, table, record } = run, n = opt.quick ? 5 : 25;
    const cache = path.join(opt.build, "bench-cache"); // "ingle run" keeps prepared weights and its log in it
    fs.mkdirSync(cache, { recursive: true });
    table.section("Warm start", `Milliseconds from fork to the first byte of \`ingle run -p Hello -n 1\`, ${n} processes after a first one that does not count; median.`,
        ["model", "vocabulary", "first byte", "slowest", "the first process"]);
    for (const [model, most] of STARTS.filter(([m]) => !opt.quick || m.startsWith("smollm2"))) {
        console.error(`${model} start ...`);
        const file = modelFile(opt, model), ms = [];
        for (let i = 0; i <= n; i++) {
            const out = child.execFileSync("taskset", [...pinned(opt.threads), path.join(opt.build, "bench", "first_byte"), path.join(opt.build, "ingle"), "run",
                "-m", file, "-p", "Hello", "-n", "1", "--temp", "0", "-t", String(opt.threads)], { env: { ...process.env, XDG_CACHE_HOME: cache, XDG_STATE_HOME: cache } });
            const [first, wrote, status] = out.toString().split(" ").map(Number);
            if (!wrote || status) throw new Error(`ingle run of ${model} ended with status ${status}${wrote ? "" : " and wrote nothing"}`);
            record.add(model, "start", "ingle", i, first, "ms");
            ms.push(first);
        }
        const cold = ms.shift(), value = stats.median(ms);
        const vocab = /-(starcoder|llama-bpe|qwen2)\.gguf$/.exec(file)?.[1] || "made up, few merges";
        table.row([model, vocab, table.check("warm start, ms", model, value, value.toFixed(0), { most }), Math.max(...ms).toFixed(0), cold.toFixed(0)]);
    }
}

// ---- intent ----

async function intent(run) {
    const { opt, table, record, canary } = run, model = "smollm2-135m:q4_0", blocks = opt.quick ? 5 : 10, perBlock = 100;
    console.error(`${model} intent ...`);
    const e = ingle(opt, "ingle", modelFile(opt, model), 256), seen = [];
    await e.start();
    await e.ask("intent 20 12 200 8");
    for (let i = 0; i < blocks; i++) {
        const before = await canary.look(), ms = (await e.ask(`intent ${perBlock} 12 200 8`)).split(" labels")[0].trim().split(" ").map(Number);
        const after = await canary.look();
        ms.forEach((x) => record.add(model, "intent", "ingle", i, x, "ms", before, after));
        seen.push({ ms, before, after });
    }
    e.stop();
    const quiet = seen.filter((b) => canary.isQuiet(b, "")), used = quiet.length * perBlock >= 500 ? quiet : seen;
    const all = used.flatMap((b) => b.ms), at = (q) => stats.quantile(all, q);
    table.section("Intent", `A query of 12 tokens after 200 cached ones, with the logits of 8 labels; milliseconds in the process, ${all.length} queries ` +
        `(${quiet.length} of ${blocks} blocks on a quiet machine).`, ["model", "p50", "p90", "p99", "slowest"]);
    table.row([model, table.check("intent p50, ms", model, at(0.5), at(0.5).toFixed(2), { most: 5 }), at(0.9).toFixed(2),
        table.check("intent p99, ms", model, at(0.99), at(0.99).toFixed(2), { most: 8 }), Math.max(...all).toFixed(2)]);
}

// ---- tokenizer ----

// A megabyte in turns of prose, source text and other scripts and tables: this project's own files.
function mixedText(opt) {
    const files = child.execFileSync("git", ["-C", root, "ls-files"]).toString().split("\n");
    const pool = (...like) => files.filter((f) => like.some((l) => l.test(f))).map((f) => fs.readFileSync(path.join(root, f)));
    const pools = [pool(/\.md$/), pool(/^src\/.*\.[ch]$/), pool(/^tests\/oracle\/tokens_samples\.c$/, /^bench\/.*\.js$/)].map((p) => Buffer.concat(p));
    const at = pools.map(() => 0), parts = [];
    for (let size = 0, i = 0; size < 1000000; i = (i + 1) % pools.length) {
        const from = at[i], end = pools[i].indexOf("\n", Math.min(from + 8000, pools[i].length - 1)) + 1 || pools[i].length;
        parts.push(pools[i].subarray(from, end));
        size += end - from;
        at[i] = end >= pools[i].length ? 0 : end;
    }
    const file = path.join(opt.modelDir, "mixed.txt");
    fs.mkdirSync(opt.modelDir, { recursive: true });
    fs.writeFileSync(file, Buffer.concat(parts).subarray(0, 1000000));
    return file;
}

async function tokenizer(run) {
    const { opt, table, record } = run, vocab = vocabFile(opt, "llama-bpe"), many = opt.quick ? 10 : 100;
    table.section("Tokenizer", "llama-bpe, a megabyte of mixed text (prose, source text, other scripts), one thread; MB/s.", ["text", "MB/s", "tokens", "time a byte"]);
    if (!vocab) {
        table.row(["1 MB", table.missing("tokenizer, MB/s", "1 MB", "no ggml-vocab-llama-bpe.gguf beside the checkout"), "", ""]);
        return;
    }
    console.error("tokenizer ...");
    const e = new Runner("tokenizer", 1, [path.join(opt.build, "bench", "runner_tokenizer"), vocab, mixedText(opt)]), took = {}, count = {};
    await e.start();
    await e.ask("1");
    for (const [mb, n] of [[1, 15], [many, 3]]) {
        const times = [];
        for (let i = 0; i < n; i++) {
            const [seconds, tokens] = (await e.ask(String(mb))).split(" ").map(Number);
            record.add("llama-bpe", `tokenize${mb}MB`, "ingle", i, mb / seconds, "MB/s");
            times.push(seconds);
            count[mb] = tokens;
        }
        took[mb] = stats.median(times) / mb;
    }
    e.stop();
    const rate = 1 / took[1], longer = took[many] / took[1];
    table.row(["1 MB", table.check("tokenizer, MB/s", "1 MB", rate, rate.toFixed(1), { least: 40 }), count[1], "1"]);
    table.row([`${many} MB`, (1 / took[many]).toFixed(1), count[many],
        table.check("tokenizer, time a byte / at 1 MB", `${many} MB`, longer, longer.toFixed(2), { most: 1.25 })]);
}

// ---- masks ----

async function masks(run) {
    const { opt, table, record } = run, vocab = vocabFile(opt, "llama-bpe");
    table.section("Masks", "Random texts under the schemas of constrain_schemas.txt, llama-bpe (128,256 tokens); microseconds of processor time a mask.",
        ["texts", "mean", "p50", "p99", "slowest"]);
    if (!vocab) {
        table.row(["all", table.missing("mask, us", "mean", "no ggml-vocab-llama-bpe.gguf beside the checkout"), "", "", ""]);
        return;
    }
    console.error("masks ...");
    const out = child.execFileSync(path.join(root, "bench", "constrain"), [vocab, opt.quick ? "3" : "10"], { env: { ...process.env, BUILD: opt.build } }).toString();
    for (const kind of ["cold", "all"]) {
        const line = new RegExp(`^${kind} .*mean +([0-9.]+) .*p50 +([0-9.]+) .*p99 +([0-9.]+) .*max +([0-9.]+)`, "m").exec(out);
        if (!line) throw new Error(`bench/constrain says nothing of ${kind}`);
        const [mean, p50, p99, max] = line.slice(1).map(Number);
        record.add("llama-bpe", `mask-${kind}-mean`, "ingle", 0, mean, "us");
        record.add("llama-bpe", `mask-${kind}-p99`, "ingle", 0, p99, "us");
        const bound = (name, value, most) => kind === "all" ? table.check(name, "llama-bpe", value, value.toFixed(1), { most }) : value.toFixed(1);
        table.row([kind, bound("mask mean, us", mean, 50), p50.toFixed(1), bound("mask p99, us", p99, 1000), max.toFixed(0)]);
    }
}

module.exports = { batch, start, intent, masks, tokenizer };
