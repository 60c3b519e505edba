// The engines under measurement: long-lived runners that answer a line with a line, and
// llama-bench programs of other builds. Both take samples of a test { prompt, gen, depth }.
"use strict";
const child = require("child_process");
const fs = require("fs");
const path = require("path");
const readline = require("readline");

const pinned = (threads) => ["-c", `0-${threads - 1}`];

class Runner {
    constructor(name, threads, command) {
        this.name = name;
        this.process = child.spawn("taskset", [...pinned(threads), ...command], { stdio: ["pipe", "pipe", "inherit"] });
        this.process.stdin.on("error", () => {}); // that it ended is said where an answer is missing
        this.lines = readline.createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
    }
    async line() {
        const { value, done } = await this.lines.next();
        if (done) throw new Error(`${this.name} ended`);
        return value;
    }
    async start() { this.load = Number((await this.line()).split(" ")[1]); } // seconds
    async ask(text) {
        this.process.stdin.write(text + "\n");
        return this.line();
    }
    async sample(test) { return Number(await this.ask(`${test.prompt} ${test.gen} ${test.depth}`)); } // seconds
    peakBytes() {
        const status = fs.readFileSync(`/proc/${this.process.pid}/status`, "utf8");
        return 1024 * Number(/VmHWM:\s+(\d+)/.exec(status)[1]);
    }
    stop() { this.process.stdin.end(); this.process.kill(); }
}

// Loads the model for every sample, warms up, reports tokens a second.
class LlamaBench {
    constructor(name, threads, program, flags, model) {
        this.name = name;
        this.command = [...pinned(threads), program, "-m", model, "-t", String(threads), "-r", "1", "-o", "json",
            ...flags.split(" ").filter(Boolean)];
    }
    async start() { this.load = NaN; }
    async sample(test) {
        const args = ["-p", String(test.prompt), "-n", String(test.gen)];
        if (test.depth) args.push("-d", String(test.depth));
        const out = child.execFileSync("taskset", [...this.command, ...args], { stdio: ["ignore", "pipe", "ignore"] }).toString();
        const result = JSON.parse(out.slice(out.indexOf("[\n")))[0];
        this.build = `${result.build_commit} (${result.build_number})`;
        return test.n / result.avg_ts;
    }
    peakBytes() { return NaN; }
    stop() {}
}

function parseTest(name) {
    const m = /^(pp|tg)(\d+)(?:@(\d+))?$/.exec(name);
    if (!m) throw new Error(`${name} is no test; pp512 and tg64@1024 are`);
    const n = Number(m[2]);
    return { name, n, prompt: m[1] === "pp" ? n : 0, gen: m[1] === "tg" ? n : 0, depth: Number(m[3] || 0) };
}

// A vocabulary of the shape's size, if the folder of vocabularies has one.
const VOCABS = { "smollm2-135m": "starcoder", "smollm2-360m": "starcoder", "llama3.2-1b": "llama-bpe", "smollm3-3b": "llama-bpe",
    "qwen3-0.6b": "qwen2", "qwen2.5-0.5b": "qwen2" };

function vocabFile(opt, name) {
    const file = path.join(opt.vocabs, `ggml-vocab-${name}.gguf`);
    return name && fs.existsSync(file) ? file : "";
}

// The file of SHAPE:TYPE, written if it is not there yet; a file is itself.
function modelFile(opt, model) {
    if (model.endsWith(".gguf")) return model;
    const [shape, type] = model.split(":"), vocab = vocabFile(opt, VOCABS[shape]);
    const file = path.join(opt.modelDir, `${shape}-${type}${vocab && "-" + VOCABS[shape]}.gguf`);
    if (!fs.existsSync(file)) {
        fs.mkdirSync(opt.modelDir, { recursive: true });
        child.execFileSync(path.join(opt.build, "bench", "make_shape"), [shape, type, file + ".new", ...(vocab ? [vocab] : [])], { stdio: "inherit" });
        fs.renameSync(file + ".new", file);
    }
    return file;
}

// Prepared weights are kept between runs, as a user has them from the second time on.
function ingle(opt, name, file, nCtx, kv = "f16") {
    return new Runner(name, opt.threads, [path.join(opt.build, "bench", "runner_ingle"), file, String(opt.threads), String(nCtx), kv, opt.cache]);
}

// Seconds of an open that may have to prepare the weights: the ones that are measured do not.
async function firstOpen(opt, file) {
    const first = ingle(opt, "ingle", file, 256);
    await first.start();
    first.stop();
    return first.load;
}

// llama.cpp of the oracle, without and with flash attention.
function llamas(opt, file, nCtx) {
    const program = path.join(opt.oracle, "runner_llama");
    return [["llama.cpp", "0"], ["llama.cpp-fa", "1"]].map(([name, flash]) =>
        new Runner(name, opt.threads, [program, file, String(opt.threads), String(nCtx), flash]));
}

// Folders and the downloaded llama.cpp, as every command needs them.
function prepare(opt) {
    const root = path.dirname(__dirname);
    opt.build = opt.build || path.join(root, "build");
    opt.oracle = opt.oracle || process.env.INGLE_ORACLE_DIR || path.join(opt.build, "oracle");
    opt.modelDir = opt.modelDir || path.join(opt.build, "bench-models");
    opt.cache = path.join(opt.build, "bench-cache", "packed");
    fs.mkdirSync(path.dirname(opt.cache), { recursive: true });
    opt.vocabs = opt.vocabs || path.join(root, "..", "shared", "models", "vocab");
    child.execFileSync(path.join(root, "tests", "oracle", "fetch"), [opt.oracle],
        { stdio: ["ignore", 2, 2], env: { ...process.env, INGLE_ORACLE_DIR: opt.oracle } });
}

module.exports = { Runner, LlamaBench, firstOpen, ingle, llamas, modelFile, parseTest, pinned, prepare, vocabFile };
