// Writes src/engine/text/unicode_tables.c: the class of every code point. The data is that of one
// version of Unicode, which npm keeps; docs/agreement-tokens.md says why it is this one. By hand:
//   npm install --prefix FOLDER @unicode/unicode-15.1.0
//   node tools/unicode_tables.js FOLDER > src/engine/text/unicode_tables.c
"use strict";
const VERSION = "15.1.0";
const PAGE = 128;

// Which properties make up each class of enum unicode_class, from UNICODE_SPACE on.
const classes = [
    ["Binary_Property/White_Space"],
    ["General_Category/Uppercase_Letter", "General_Category/Titlecase_Letter"],
    ["General_Category/Lowercase_Letter"],
    ["General_Category/Modifier_Letter", "General_Category/Other_Letter"],
    ["General_Category/Mark"],
    ["General_Category/Number"],
];

async function readClasses(folder) {
    const classOf = new Uint8Array(0x110000);
    const path = require("path").resolve(folder, `node_modules/@unicode/unicode-${VERSION}`);
    for (const [i, properties] of classes.entries()) {
        for (const property of properties) {
            const points = (await import(`${path}/${property}/code-points.mjs`)).default;
            for (const cp of points) classOf[cp] = i + 1;
        }
    }
    return classOf;
}

// Pages of code points, each kept once, and the number of the page of each stretch.
function pack(classOf) {
    const pages = [], index = [], seen = new Map();
    for (let base = 0; base < 0x110000; base += PAGE) {
        const page = classOf.slice(base, base + PAGE);
        const key = page.join();
        if (!seen.has(key)) {
            seen.set(key, pages.length);
            pages.push(page);
        }
        index.push(seen.get(key));
    }
    if (pages.length > 256) throw new Error("more pages than a byte can number");
    return { pages, index };
}

function rows(list, perRow) {
    const out = [];
    for (let i = 0; i < list.length; i += perRow) {
        out.push("    " + list.slice(i, i + perRow).join(",") + ",");
    }
    return out.join("\n");
}

readClasses(process.argv[2]).then((classOf) => {
    const { pages, index } = pack(classOf);
    console.log(`/* Made by tools/unicode_tables.js from Unicode ${VERSION}; not edited by hand. */
/* clang-format off */
#include "engine/text/unicode.h"

const uint8_t unicode_page_of[0x110000 / UNICODE_PAGE] = {
${rows(index, 32)}
};

const uint8_t unicode_pages[][UNICODE_PAGE] = {
${pages.map((page) => `    {${page.join()}},`).join("\n")}
};`);
});
