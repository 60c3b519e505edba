// Prompts, decoding and memory of bench/reach, model by model, beside the other engines.
"use strict";
const { LlamaBench, firstOpen, ingle, llamas, modelFile, parseTest } = require("./engines.js");
const { readModel } = require("./gguf.js");
const { compare, measure, share, summary } = require("./samples.js");

const COMPUTE = 0, READ = 1; // the canary's numbers

const MODELS = [
    { model: "smollm2-135m:q4_0", prompt: "pp512", short: true },
    { model: "smollm2-135m:q8_0", prompt: "pp512", short: true },
    { model: "qwen3-0.6b:q4_k_m", prompt: "pp512", short: true },
    { model: "qwen3-0.6b:q5_k_m", prompt: "pp512" },
    { model: "qwen3-0.6b:q6_k", prompt: "pp512" },
    { model: "qwen3-0.6b:iq4_xs", prompt: "pp512" },
    { model: "qwen3-0.6b:bf16", prompt: "pp512" },
    { model: "llama3.2-1b:q4_k_m", prompt: "pp512", short: true },
    { model: "smollm3-3b:q4_k_m", prompt: "pp128", short: true },
    { model: "smollm3-3b:q4_0", prompt: "pp128" },
];
const QUICK = ["smollm2-135m:q4_0", "smollm2-135m:q8_0", "qwen3-0.6b:q4_k_m"];
const DEEP = ["smollm2-135m:q8_0", "qwen3-0.6b:q4_k_m"];

const isLlama = (name) => name.startsWith("llama"), isIk = (name) => name.startsWith("ik");
const times = ({ ratio, low, high }) => `${ratio.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;

// Of a peer with several sets of flags, the one that a first sample finds fastest.
async function bestCells(opt, file, test) {
    const chosen = [];
    for (const peer of opt.peers) {
        let best = null;
        for (const flags of peer.cells) {
            const cell = new LlamaBench(`${peer.name} ${flags}`.trim(), opt.threads, peer.program, flags, file), seconds = await cell.sample(test);
            if (!best || seconds < best.seconds) best = { cell, seconds };
        }
        chosen.push(best.cell);
    }
    return chosen;
}

// The rival with the best median among those that `is` names.
function rival(run, measured, is) {
    const rows = measured.names.filter(is).map((name) => summary(run.opt, run.canary, measured, name));
    return rows.length ? rows.reduce((a, b) => (b.median > a.median ? b : a)) : null;
}

async function runTest(run, m, test, engines, withPeers) {
    console.error(`${m.model} ${test.name} ...`);
    const cells = withPeers ? await bestCells(run.opt, m.file, test) : [];
    const measured = await measure(run.opt, test, [...engines, ...cells], run.canary);
    cells.forEach((c) => run.builds.add(`${c.name.split(" ")[0]}: ${c.build}`));
    run.record.addMeasured(m.model, measured);
    return measured;
}

async function runModel(run, m) {
    m.file = modelFile(run.opt, m.model);
    m.shape = readModel(m.file);
    run.canary.kind = m.shape.isBf16 ? "bf16" : "";
    m.tests = [m.prompt, "tg64", ...(m.short ? ["pp12@200"] : [])].map(parseTest);
    m.firstOpen = await firstOpen(run.opt, m.file);
    const engines = [ingle(run.opt, "ingle", m.file, 1024), ...llamas(run.opt, m.file, 1024)];
    for (const e of engines) await e.start();
    m.results = [];
    for (const test of m.tests) m.results.push(await runTest(run, m, test, engines, test.depth === 0));
    m.peak = Object.fromEntries(engines.map((e) => [e.name, e.peakBytes()]));
    m.load = Object.fromEntries(engines.map((e) => [e.name, e.load]));
    for (const e of engines) e.stop();
    run.canary.kind = "";
}

// "3.38 (3.27 to 3.62) met" against the better cell of a kind of rival, and that cell's speed.
function against(run, what, m, measured, is, least) {
    const best = rival(run, measured, is);
    if (!best) return ["", ""];
    const c = compare(run.opt, run.canary, measured, "ingle", best.name);
    return [`${best.median.toFixed(1)} (${best.name})`, run.table.check(what, m.model, c.ratio, times(c), { least })];
}

function percent(run, what, m, value, least) {
    return run.table.check(what, m.model, 100 * value, `${(100 * value).toFixed(0)} %`, { least });
}

function ours(run, measured) {
    const row = summary(run.opt, run.canary, measured, "ingle");
    return [row.median.toFixed(1), row.kept];
}

const hasIk = (run) => run.opt.peers.some((p) => isIk(p.name));
const ikHead = (run) => (hasIk(run) ? ["ik_llama.cpp", "ratio"] : []);

// "1950e9 operations/s, bf16 890e9 operations/s"
function peaks(run, i, unit) {
    return Object.keys(run.canary.seen).map((kind) => `${kind} ${run.canary.peak(kind)[i].toFixed(i ? 1 : 0)}e9 ${unit}`.trim()).join(", ");
}

// The head counts once: only the last token of a prompt asks for logits.
function promptNeed({ shape }, n) {
    return 2 * (shape.layerParams + shape.headParams / n);
}

function printPrompts(run, models) {
    run.table.section("Prompts", "Tokens/s, medians; the better of flash attention on and off; 95 % intervals. Share: 2 operations for each weight " +
        `of the layers and token, and of the head once, attention left out, of the canary's peak (${run.loops}): ${peaks(run, COMPUTE, "operations/s")}.`,
    ["model", "test", "ingle", "samples", "llama.cpp", "ratio", ...ikHead(run), "share of peak"]);
    for (const m of models) {
        const measured = m.results[0];
        run.table.row([m.model, measured.test.name, ...ours(run, measured), ...against(run, "prefill / llama.cpp", m, measured, isLlama, 2.5),
            ...(hasIk(run) ? against(run, "prefill / ik_llama.cpp", m, measured, isIk, 1.5) : []),
            percent(run, "prefill, % of peak", m, share(run.opt, run.canary, measured, "ingle", COMPUTE, promptNeed(m, measured.test.n)), 55)]);
    }
}

function printShort(run, models) {
    run.table.section("Short prompts", "12 new tokens after 200 cached ones; tokens/s.", ["model", "ingle", "samples", "llama.cpp", "ratio"]);
    for (const m of models.filter((m) => m.short))
        run.table.row([m.model, ...ours(run, m.results[2]), ...against(run, "short prompts / llama.cpp", m, m.results[2], isLlama, 2)]);
}

function printDecoding(run, models) {
    run.table.section("Decoding", "64 tokens one by one from depth 0; tokens/s. Share: bytes of the file that a token reads, and of " +
        `the F16 cache, of the canary's bandwidth: ${peaks(run, READ, "bytes/s")}.`,
    ["model", "ingle", "samples", "llama.cpp", "ratio", ...ikHead(run), "share of bandwidth"]);
    for (const m of models) {
        const measured = m.results[1], params = m.shape.layerParams + m.shape.headParams, need = m.shape.bytes + m.shape.kvBytes * 32;
        const ik = hasIk(run) ? rival(run, measured, isIk) : null;
        run.table.row([m.model, ...ours(run, measured), ...against(run, "decoding / llama.cpp", m, measured, isLlama, params < 0.7e9 ? 1.3 : 1.15),
            ...(ik ? [`${ik.median.toFixed(1)} (${ik.name})`, times(compare(run.opt, run.canary, measured, "ingle", ik.name))] : hasIk(run) ? ["", ""] : []),
            percent(run, "decoding, % of bandwidth", m, share(run.opt, run.canary, measured, "ingle", READ, need), params < 0.2e9 ? 75 : 85)]);
    }
}

function printMemory(run, models) {
    const mib = (bytes) => (bytes / 1048576).toFixed(0);
    run.table.section("Memory", "MiB; peak of the process (VmHWM) after the tests above, without the cache that they filled, as a multiple of the file; " +
        "the open before is the first of this run, which prepares the weights if it finds none.",
        ["model", "file", "cache", "ingle", "of the file", "llama.cpp", "ready after, ms", "the open before", "llama.cpp"]);
    for (const m of models) {
        const cache = m.shape.kvBytes * Math.max(...m.tests.map((t) => t.n + t.depth)), of = (m.peak.ingle - cache) / m.shape.fileSize;
        run.table.row([m.model, mib(m.shape.fileSize), mib(cache), mib(m.peak.ingle), run.table.check("peak memory / file", m.model, of, of.toFixed(2), { most: 1.1 }),
            mib(m.peak["llama.cpp"]), (1000 * m.load.ingle).toFixed(0), (1000 * m.firstOpen).toFixed(0), (1000 * m.load["llama.cpp"]).toFixed(0)]);
        run.record.add(m.model, "peak", "ingle", 0, m.peak.ingle, "bytes");
        run.record.add(m.model, "peak", "llama.cpp", 0, m.peak["llama.cpp"], "bytes");
    }
}

// The canary's peak, and so which samples count, is only known at the end.
function recordMedians(run, model, measured) {
    for (const name of measured.names) run.record.addMedian(model, measured.test, name, summary(run.opt, run.canary, measured, name).median);
}

async function models(run) {
    const rows = run.opt.rows || (run.opt.quick ? QUICK : MODELS.map((m) => m.model));
    const list = MODELS.filter((m) => rows.includes(m.model));
    if (!list.length) throw new Error(`no row is called ${rows.join(" or ")}; they are ${MODELS.map((m) => m.model).join(", ")}`);
    for (const m of list) await runModel(run, m);
    for (const m of list) m.results.forEach((measured) => recordMedians(run, m.model, measured));
    printPrompts(run, list);
    printShort(run, list);
    printDecoding(run, list);
    printMemory(run, list);
}

async function deep(run) {
    const rows = [], test = parseTest("tg32@4096"), nCtx = 4096 + 64;
    for (const model of DEEP.filter((name) => !run.opt.rows || run.opt.rows.includes(name))) {
        const file = modelFile(run.opt, model);
        await firstOpen(run.opt, file);
        const engines = [ingle(run.opt, "ingle", file, nCtx), ingle(run.opt, "ingle-int8", file, nCtx, "int8"), ...llamas(run.opt, file, nCtx)];
        for (const e of engines) await e.start();
        const m = { model, file };
        rows.push({ m, measured: await runTest(run, m, test, engines, false) });
        for (const e of engines) e.stop();
    }
    run.table.section("Decoding at depth 4096", "32 tokens after 4,096; F16 cache on both sides, and ours in int8; tokens/s.",
        ["model", "ingle", "samples", "llama.cpp", "ratio", "ingle, int8 cache"]);
    for (const { m, measured } of rows) {
        recordMedians(run, m.model, measured);
        run.table.row([m.model, ...ours(run, measured), ...against(run, "decoding at depth 4096 / llama.cpp", m, measured, isLlama, 1.5),
            summary(run.opt, run.canary, measured, "ingle-int8").median.toFixed(1)]);
    }
}

module.exports = { models, deep };
