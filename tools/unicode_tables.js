// Writes src/engine/text/unicode_tables.c: the class of every code point, from the Unicode data
// that node's regular expressions carry. Run by hand when that data should move on:
//   node tools/unicode_tables.js > src/engine/text/unicode_tables.c
"use strict";
const PAGE = 128;
const classes = [
    ["UNICODE_SPACE", /^\p{White_Space}$/u],
    ["UNICODE_UPPER", /^[\p{Lu}\p{Lt}]$/u],
    ["UNICODE_LOWER", /^\p{Ll}$/u],
    ["UNICODE_LETTER", /^[\p{Lm}\p{Lo}]$/u],
    ["UNICODE_MARK", /^\p{M}$/u],
    ["UNICODE_NUMBER", /^\p{N}$/u],
];

function classOf(cp) {
    if (cp >= 0xd800 && cp <= 0xdfff) return 0;
    const ch = String.fromCodePoint(cp);
    for (let i = 0; i < classes.length; i++) if (classes[i][1].test(ch)) return i + 1;
    return 0;
}

const pages = [], index = [], seen = new Map();
for (let base = 0; base < 0x110000; base += PAGE) {
    const page = [];
    for (let i = 0; i < PAGE; i++) page.push(classOf(base + i));
    const key = page.join();
    if (!seen.has(key)) {
        seen.set(key, pages.length);
        pages.push(page);
    }
    index.push(seen.get(key));
}
if (pages.length > 256) throw new Error("more pages than a byte can number");

function rows(list, perRow) {
    const out = [];
    for (let i = 0; i < list.length; i += perRow) {
        out.push("    " + list.slice(i, i + perRow).join(",") + ",");
    }
    return out.join("\n");
}

console.log(`/* Made by tools/unicode_tables.js from Unicode ${process.versions.unicode}; not edited by hand. */
/* clang-format off */
#include "engine/text/unicode.h"

const uint8_t unicode_page_of[0x110000 / UNICODE_PAGE] = {
${rows(index, 32)}
};

const uint8_t unicode_pages[][UNICODE_PAGE] = {
${pages.map((p) => "    {\n" + rows(p, 64) + "\n    },").join("\n")}
};`);
