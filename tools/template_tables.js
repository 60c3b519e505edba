// Writes src/engine/template/chars_tables.c: what Python knows of characters when it changes their
// case, asks for their kind or prints them in quotes. The data is that of node's own Unicode:
//   node tools/template_tables.js > src/engine/template/chars_tables.c
"use strict";
const MAX = 0x110000;

function isSurrogate(cp) {
    return cp >= 0xd800 && cp < 0xe000;
}

// Ranges [first, last] of the code points that the test names.
function ranges(test) {
    const out = [];
    for (let cp = 0; cp < MAX; cp++) {
        if (!test(cp)) continue;
        const last = out.at(-1);
        if (last && last[1] === cp - 1) last[1] = cp;
        else out.push([cp, cp]);
    }
    return out;
}

function property(expression) {
    const regex = new RegExp(`^[${expression}]$`, "u");
    return ranges((cp) => regex.test(String.fromCodePoint(cp)));
}

function points(text) {
    return [...text].map((c) => c.codePointAt(0));
}

// Runs of code points, `step` apart, whose other case is the same distance away.
function caseRuns() {
    const runs = [];
    for (let cp = 0; cp < MAX; cp++) {
        if (isSurrogate(cp)) continue;
        const c = String.fromCodePoint(cp);
        const up = points(c.toUpperCase()), low = points(c.toLowerCase());
        const upper = up.length === 1 ? up[0] - cp : 0, lower = low.length === 1 ? low[0] - cp : 0;
        if (!upper && !lower) continue;
        const run = runs.findLast((r) => r.upper === upper && r.lower === lower);
        const step = run ? cp - run.last : 0;
        if (run && runs.slice(-2).includes(run) && (run.step === step || (!run.step && step <= 2))) {
            run.last = cp;
            run.step = step;
        } else {
            runs.push({ first: cp, last: cp, step: 0, upper, lower });
        }
    }
    return runs.map((r) => [r.first, r.last, r.step || 1, r.upper, r.lower]);
}

// Upper case of more than one character.
function longUpper() {
    const out = [];
    for (let cp = 0; cp < MAX; cp++) {
        if (isSurrogate(cp)) continue;
        const up = points(String.fromCodePoint(cp).toUpperCase());
        if (up.length > 1) out.push([cp, [up[0], up[1], up[2] ?? 0]]);
    }
    return out;
}

// Numbers that are digits but no decimal ones: superscripts, circles.
const OTHER_DIGITS = [
    [0xb2, 0xb3], [0xb9, 0xb9], [0x1369, 0x1371], [0x19da, 0x19da], [0x2070, 0x2070],
    [0x2074, 0x2079], [0x2080, 0x2089], [0x2460, 0x2468], [0x2474, 0x247c], [0x2488, 0x2490],
    [0x24ea, 0x24ea], [0x24f5, 0x24fd], [0x24ff, 0x24ff], [0x2776, 0x277e], [0x2780, 0x2788],
    [0x278a, 0x2792], [0x10a40, 0x10a43], [0x10e60, 0x10e68], [0x11052, 0x1105a], [0x1f100, 0x1f10a],
];

function table(type, name, list) {
    const items = list.map((row) => JSON.stringify(row).replaceAll("[", "{").replaceAll("]", "}"));
    const lines = [];
    let line = "   ";
    for (const item of items) {
        if (line.length + item.length > 98) {
            lines.push(line);
            line = "   ";
        }
        line += ` ${item},`;
    }
    lines.push(line);
    return `const struct ${type} chars_${name}[] = {\n${lines.join("\n")}\n};\n` +
        `const size_t chars_n_${name} = ${list.length};\n`;
}

console.log(`/* Made by tools/template_tables.js from Unicode ${process.versions.unicode}; not edited by hand. */
/* clang-format off */
#include "engine/template/chars_tables.h"
`);
console.log([
    table("chars_range", "alpha", property("\\p{L}")),
    table("chars_range", "numeric", property("\\p{N}")),
    table("chars_range", "decimal", property("\\p{Nd}")),
    table("chars_range", "other_digit", OTHER_DIGITS),
    table("chars_range", "lower", property("\\p{Lowercase}")),
    table("chars_range", "upper", property("\\p{Uppercase}")),
    table("chars_range", "unprintable",
        ranges((cp) => cp !== 0x20 && (isSurrogate(cp) || /^[\p{C}\p{Z}]$/u.test(String.fromCodePoint(cp))))),
    table("chars_case", "case", caseRuns()),
    table("chars_long", "long_upper", longUpper()),
].join("\n"));
