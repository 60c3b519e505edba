// What a model file asks of a machine: the products of a token, the bytes it reads, its cache.
"use strict";
const fs = require("fs");

// Elements and bytes of a block, by tensor type.
const BLOCKS = { 0: [1, 4], 1: [1, 2], 2: [32, 18], 3: [32, 20], 6: [32, 22], 7: [32, 24], 8: [32, 34], 10: [256, 84], 11: [256, 110],
    12: [256, 144], 13: [256, 176], 14: [256, 210], 20: [32, 18], 23: [256, 136], 30: [1, 2], 39: [32, 17] };
const SCALARS = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8]; // bytes, by value type
const U32 = 4, STRING = 8, ARRAY = 9;

class Reader {
    constructor(bytes) { this.bytes = bytes; this.at = 0; }
    u32() { this.at += 4; return this.bytes.readUInt32LE(this.at - 4); }
    u64() { this.at += 8; return Number(this.bytes.readBigUInt64LE(this.at - 8)); }
    string() { const n = this.u64(); this.at += n; return this.bytes.toString("latin1", this.at - n, this.at); }
    value(type) {
        if (type === STRING) return this.string();
        if (type === U32) return this.u32();
        if (type !== ARRAY) { this.at += SCALARS[type]; return null; }
        const of = this.u32(), n = this.u64();
        if (of === STRING) for (let i = 0; i < n; i++) this.at += 8 + Number(this.bytes.readBigUInt64LE(this.at));
        else this.at += n * SCALARS[of];
        return null;
    }
}

function readHead(file) {
    const size = Math.min(fs.statSync(file).size, 64 << 20), bytes = Buffer.alloc(size), fd = fs.openSync(file, "r");
    fs.readSync(fd, bytes, 0, size, 0);
    fs.closeSync(fd);
    const r = new Reader(bytes);
    if (r.u32() !== 0x46554747) throw new Error(`${file} is no GGUF file`);
    r.u32();
    const nTensors = r.u64(), nKeys = r.u64(), keys = {}, tensors = [];
    for (let i = 0; i < nKeys; i++) {
        const key = r.string();
        keys[key] = r.value(r.u32());
    }
    for (let i = 0; i < nTensors; i++) {
        const name = r.string(), dims = Array.from({ length: r.u32() }, () => r.u64()), type = r.u32();
        r.u64();
        const n = dims.reduce((a, b) => a * b, 1), [elements, size] = BLOCKS[type];
        tensors.push({ name, n, type, isMatrix: dims.length > 1 && dims[1] > 1, size: n / elements * size });
    }
    return { keys, tensors };
}

// layerParams and headParams: weights that a token is multiplied with; bytes: what decoding one
// token reads of the file (the embedding only if it is the head); kvBytes: of the F16 cache, a token.
function readModel(file) {
    const { keys, tensors } = readHead(file), arch = keys["general.architecture"], key = (name) => keys[`${arch}.${name}`];
    const tied = !tensors.some((t) => t.name === "output.weight"), embedding = (t) => t.name === "token_embd.weight";
    const read = tensors.filter((t) => tied || !embedding(t)), matrices = read.filter((t) => t.isMatrix);
    const head = (t) => t.name === (tied ? "token_embd.weight" : "output.weight");
    const sum = (list, field) => list.reduce((all, t) => all + t[field], 0);
    return { layerParams: sum(matrices.filter((t) => !head(t)), "n"), headParams: sum(matrices.filter(head), "n"), bytes: sum(read, "size"),
        isBf16: matrices.every((t) => t.type === 30), fileSize: fs.statSync(file).size,
        kvBytes: 2 * key("block_count") * key("attention.head_count_kv") * (key("attention.key_length") + key("attention.value_length")) };
}

module.exports = { readModel };
