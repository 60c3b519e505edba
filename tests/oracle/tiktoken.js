// The other side of compare_tiktoken.c.
//
//   tiktoken.js vocab RANKS CONFIG PRE
//       writes a vocabulary to standard output, as GGUF: the tokens of a .tiktoken file, the special
//       tokens of a tokenizer_config.json, tokenizer.ggml.pre
//   tiktoken.js encode PACKAGE ENCODING CONFIG PARSE
//       texts on standard input, each a u32 length and its bytes; for each a line of ids. PARSE: 1 to
//       recognise special tokens
"use strict";
const fs = require("fs");
const path = require("path");

function readSpecials(config) {
    const added = JSON.parse(fs.readFileSync(config, "utf8")).added_tokens_decoder;
    return Object.entries(added).map(([id, token]) => ({ id: Number(id), text: token.content }));
}

// ---- the vocabulary ----

// Byte strings are kept as Latin-1 here.
function readRanks(file) {
    const ranks = new Map();
    for (const line of fs.readFileSync(file, "latin1").split("\n")) {
        const [token, rank] = line.split(" ");
        if (rank) ranks.set(Buffer.from(token, "base64").toString("latin1"), Number(rank));
    }
    return ranks;
}

// A token is merged from the two parts that merging its bytes arrives at by lower ranks.
function partsOf(token, ranks) {
    const limit = ranks.get(token), parts = [...token];
    while (parts.length > 2) {
        let best = limit, at = -1;
        for (let i = 0; i + 1 < parts.length; i++) {
            const rank = ranks.get(parts[i] + parts[i + 1]);
            if (rank !== undefined && rank < best) [best, at] = [rank, i];
        }
        if (at < 0) throw new Error(`no merge makes token ${limit}`);
        parts.splice(at, 2, parts[at] + parts[at + 1]);
    }
    return parts;
}

// GPT-2's alphabet: a printable character for every byte.
function alphabet() {
    const out = [];
    let next = 0x100;
    for (let b = 0; b < 256; b++) {
        const prints = (b > 0x20 && b < 0x7f) || (b > 0xa0 && b !== 0xad);
        out.push(String.fromCharCode(prints ? b : next++));
    }
    return out;
}

const STRING = 8, ARRAY = 9, I32 = 5, U32 = 4;
const NORMAL = 1, CONTROL = 3, UNUSED = 5;

function u32(value) {
    const b = Buffer.alloc(4);
    b.writeUInt32LE(value);
    return b;
}

function string(text) {
    const bytes = Buffer.from(text, "utf8");
    return Buffer.concat([u32(bytes.length), u32(0), bytes]);
}

function array(key, type, items) {
    return Buffer.concat([string(key), u32(ARRAY), u32(type), u32(items.length), u32(0), ...items]);
}

function writeVocab(ranksFile, config, pre) {
    const ranks = readRanks(ranksFile), specials = readSpecials(config), letters = alphabet();
    const spell = (bytes) => [...bytes].map((c) => letters[c.charCodeAt(0)]).join("");
    const n = Math.max(ranks.size, ...specials.map((s) => s.id + 1));
    const tokens = Array.from({ length: n }, (_, i) => `[PAD${i}]`);
    const types = new Array(n).fill(UNUSED), merges = [];
    for (const [token, rank] of ranks) {
        tokens[rank] = spell(token);
        types[rank] = NORMAL;
        if (token.length > 1) merges.push([rank, partsOf(token, ranks).map(spell).join(" ")]);
    }
    for (const special of specials) {
        tokens[special.id] = special.text;
        types[special.id] = CONTROL;
    }
    merges.sort((a, b) => a[0] - b[0]);
    const keys = [
        [string("general.architecture"), u32(STRING), string("phi3")],
        [string("tokenizer.ggml.model"), u32(STRING), string("gpt2")],
        [string("tokenizer.ggml.pre"), u32(STRING), string(pre)],
        [array("tokenizer.ggml.tokens", STRING, tokens.map(string))],
        [array("tokenizer.ggml.token_type", I32, types.map(u32))],
        [array("tokenizer.ggml.merges", STRING, merges.map((m) => string(m[1])))],
    ];
    const head = [Buffer.from("GGUF"), u32(3), u32(0), u32(0), u32(keys.length), u32(0)];
    fs.writeFileSync(1, Buffer.concat([...head, ...keys.flat()]));
}

// ---- the ids ----

function encodeAll(folder, encoding, config, parse) {
    const { Tiktoken } = require(path.resolve(folder, "tiktoken.cjs"));
    const known = JSON.parse(fs.readFileSync(`${folder}/encoders/${encoding}.json`, "utf8"));
    const specials = Object.fromEntries(readSpecials(config).map((s) => [s.text, s.id]));
    const encoder = new Tiktoken(known.bpe_ranks, specials, known.pat_str);
    const input = fs.readFileSync(0), lines = [];
    for (let at = 0; at < input.length;) {
        const len = input.readUInt32LE(at);
        const text = input.toString("utf8", at + 4, at + 4 + len);
        const ids = parse ? encoder.encode(text, "all", []) : encoder.encode_ordinary(text);
        lines.push(ids.join(" ") + "\n");
        at += 4 + len;
    }
    fs.writeFileSync(1, lines.join(""));
}

const [command, ...args] = process.argv.slice(2);
if (command === "vocab") writeVocab(...args);
else encodeAll(args[0], args[1], args[2], args[3] === "1");
