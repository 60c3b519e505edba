// Raw samples as a CSV file in bench/results, with the machine and the commit.
"use strict";
const child = require("child_process");
const fs = require("fs");
const os = require("os");
const path = require("path");

const root = path.dirname(__dirname);

function commit() {
    const git = (...args) => child.execFileSync("git", ["-C", root, ...args]).toString().trim();
    return git("rev-parse", "--short=10", "HEAD") + (git("status", "--porcelain", "-uno", "--", "src", "include") ? "-modified" : "");
}

class Record {
    constructor(opt) {
        this.opt = opt;
        this.lines = [];
        this.notes = [];
    }
    // One number: what was measured, by which engine, how often before, in which unit, and what the
    // canary saw before and after, if it looked.
    add(model, test, engine, cycle, value, unit, before = ["", ""], after = ["", ""]) {
        this.lines.push([model, test, engine, cycle, typeof value === "number" ? Number(value.toPrecision(7)) : value, unit, ...before, ...after].join(","));
    }
    addMeasured(model, { test, cycles, names }) {
        cycles.forEach((c, i) => names.forEach((name) =>
            this.add(model, test.name, name, i, c[name].value, "tokens/s", c[name].before, c[name].after)));
    }
    // What the tables show: of the samples that count.
    addMedian(model, test, engine, value) { this.add(model, test.name, engine, "median", value, "tokens/s"); }
    note(text) { this.notes.push(text); }
    machine() {
        return `${os.cpus()[0].model}, ${os.cpus().length} processors, ${this.opt.threads} threads; Linux ${os.release()}`;
    }
    // peer: whose version is told; the oracle's, if nothing is said.
    save(name, peer) {
        const id = commit(), date = new Date().toISOString();
        const dir = path.join(root, "bench", "results"), file = path.join(dir, `${date.slice(0, 16).replace(/:/g, "")}-${name}-${id}.csv`);
        const version = peer || fs.readFileSync(path.join(this.opt.oracle, "VERSION"), "utf8").trim();
        fs.mkdirSync(dir, { recursive: true });
        fs.writeFileSync(file, [`# machine: ${this.machine()}`, `# commit: ${id}; peer: ${version}; ${date}`,
            ...this.notes.map((n) => `# ${n}`),
            "model,test,engine,cycle,value,unit,compute_before,read_before,compute_after,read_after", ...this.lines].join("\n") + "\n");
        return path.relative(root, file);
    }
}

module.exports = { Record, commit };
