// The services under measurement: ours, and llama.cpp's server if there is one; their processes'
// times and memory; and who asks them.
"use strict";
const child = require("child_process");
const fs = require("fs");
const net = require("net");
const os = require("os");
const path = require("path");
const { Runner } = require("./engines.js");

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const read = (file) => { try { return fs.readFileSync(file, "utf8"); } catch { return ""; } };

// Microseconds of processor time that a process has used, all its threads together.
function cpuUs(pid) {
    let folder;
    try { folder = fs.readdirSync(`/proc/${pid}/task`); } catch { return 0; }
    return folder.reduce((sum, tid) => sum + Number(read(`/proc/${pid}/task/${tid}/schedstat`).split(" ")[0]) / 1000, 0);
}

// MiB: now, and at most.
function memoryMib(pid) {
    const status = read(`/proc/${pid}/status`), kb = (name) => Number((new RegExp(`${name}:\\s+(\\d+)`).exec(status) || [0, 0])[1]);
    return { now: kb("VmRSS") / 1024, most: kb("VmHWM") / 1024, own: kb("RssAnon") / 1024 };
}

const children = (pid) => read(`/proc/${pid}/task/${pid}/children`).split(" ").map(Number).filter((n) => n > 1);

function freePort() {
    return new Promise((done) => {
        const server = net.createServer().listen(0, "127.0.0.1", () => {
            const { port } = server.address();
            server.close(() => done(port));
        });
    });
}

async function get(port, what) {
    try { return await fetch(`http://127.0.0.1:${port}${what}`); } catch { return { ok: false }; }
}

class Service {
    // Until it answers that it is well.
    async ready(command, env) {
        let said = "";
        this.process = child.spawn(command[0], command.slice(1), { stdio: ["ignore", "pipe", "pipe"], env });
        for (const s of ["stdout", "stderr"]) this.process[s].on("data", (bytes) => { said = (said + bytes).slice(-2000); });
        process.on("exit", () => this.process.kill("SIGKILL"));
        for (let i = 0; i < 600; i++) {
            if (this.process.exitCode !== null) throw new Error(`${this.name} ended: ${said}`);
            if ((await get(this.port, "/health")).ok) break;
            await sleep(100);
        }
        this.client = new Client(this.opt, this.port);
        await this.client.start();
    }
    pids() { return [this.process.pid]; }
    ask(path_, bodies) { return this.client.post(path_, bodies); }
    cpu() { return this.pids().map(cpuUs); }
    async stop() {
        this.client.stop();
        const ended = new Promise((done) => this.process.on("exit", done));
        this.process.kill("SIGTERM");
        await ended;
        if (this.folder) fs.rmSync(this.folder, { recursive: true, force: true });
    }
}

// `ingle serve`: its front, and the worker that it starts for the model.
class Ingle extends Service {
    constructor(opt, model, slots, threads) { super(); Object.assign(this, { opt, model, slots, threads, name: "ingle" }); }
    async start() {
        this.port = await freePort();
        this.folder = fs.mkdtempSync(path.join(os.tmpdir(), "ingle-bench-"));
        const home = (name) => path.join(this.folder, name);
        const env = { ...process.env, XDG_STATE_HOME: home("state"), XDG_CONFIG_HOME: home("config"), XDG_DATA_HOME: home("data"),
            XDG_RUNTIME_DIR: this.folder, XDG_CACHE_HOME: path.dirname(this.opt.cache) };
        await this.ready([path.join(this.opt.build, "ingle"), "serve", "-m", this.model, "--listen",
            `127.0.0.1:${this.port}`, "--no-token", "-t", String(this.threads), "--parallel", String(this.slots)], env);
    }
    pids() { return [this.process.pid, ...children(this.process.pid)]; } // the front first
}

// llama.cpp's, whose path was given; with flash attention, and as many slots.
class Llama extends Service {
    constructor(opt, model, slots, threads) { super(); Object.assign(this, { opt, model, slots, threads, name: "llama-server" }); }
    async start() {
        this.port = await freePort();
        await this.ready([this.opt.peer, "-m", this.model, "--host", "127.0.0.1", "--port", String(this.port),
            "-t", String(this.threads), "-np", String(this.slots), "-c", String(2048 * this.slots), ...this.opt.peerFlags.split(" ").filter(Boolean)],
            process.env);
    }
}

// bench/serve_client.c.
class Client extends Runner {
    constructor(opt, port) { super("serve_client", os.cpus().length, [path.join(opt.build, "bench", "serve_client"), String(port)]); }
    async post(path_, bodies) { return JSON.parse(await this.ask([path_, ...bodies.map((b) => JSON.stringify(b))].join("\t"))); }
}

// bench/runner_chat.c: the engine without a service around it.
class Chat extends Runner {
    constructor(opt, model, threads) {
        super("runner_chat", os.cpus().length, [path.join(opt.build, "bench", "runner_chat"), model, String(threads), opt.cache]);
    }
    async answer(body) {
        return JSON.parse(await this.ask(`${body.max_tokens} ${body.seed} ${body.temperature} ${body.top_k} ${JSON.stringify(body.messages)}`));
    }
    cpu() { return cpuUs(this.process.pid); }
}

// Requests a second of a small answer, and the time that one in a hundred takes longer than; or null
// if there is no wrk.
function wrk(service, what, connections, seconds) {
    try {
        const said = child.execFileSync("wrk", ["-t1", `-c${connections}`, `-d${seconds}s`, "--latency", `http://127.0.0.1:${service.port}${what}`]).toString();
        const [, p99, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(said), failed = /Non-2xx.*: (\d+)|Socket errors: (.*)/.exec(said);
        return { rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(said)[1]), p99: Number(p99) * { us: 0.001, ms: 1, s: 1000 }[unit], failed: failed && failed[0] };
    } catch (e) {
        if (e.code === "ENOENT") return null;
        throw e;
    }
}

module.exports = { Chat, Ingle, Llama, cpuUs, memoryMib, wrk };
