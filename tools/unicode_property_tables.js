// Writes src/engine/text/unicode_property_tables.c: the code points of every property that \p{...}
// of ECMA-262 can name, as node's own regular expressions know them (that Unicode's version is
// process.versions.unicode); the names and their aliases are npm's. By hand:
//   npm install --prefix FOLDER unicode-match-property-value-ecmascript \
//       unicode-canonical-property-names-ecmascript unicode-property-aliases-ecmascript
//   node tools/unicode_property_tables.js FOLDER > src/engine/text/unicode_property_tables.c
"use strict";
const LAST = 0x10ffff;
const folder = require("path").resolve(process.argv[2], "node_modules");
const values = require(`${folder}/unicode-match-property-value-ecmascript/data/mappings.js`);
const binaries = require(`${folder}/unicode-canonical-property-names-ecmascript/index.js`);
const aliases = require(`${folder}/unicode-property-aliases-ecmascript/index.js`);

const deltas = [], starts = [], known = new Map();

// The code points where the property begins and ends to hold, each as the distance from the one
// before it; 65535 stands for that distance and no change.
function encode(expression) {
    const out = [];
    let holds = false, last = 0;
    for (let cp = 0; cp <= LAST + 1; cp++) {
        const now = cp <= LAST && expression.test(String.fromCodePoint(cp));
        if (now === holds) continue;
        for (; cp - last >= 65535; last += 65535) out.push(65535);
        out.push(cp - last);
        last = cp;
        holds = now;
    }
    return out;
}

// The number of the set of \p{text}; null if node does not know it.
function setOf(text) {
    let expression;
    try {
        expression = new RegExp(`^\\p{${text}}$`, "u");
    } catch {
        return null;
    }
    const list = encode(expression), key = list.join();
    if (!known.has(key)) {
        known.set(key, starts.length);
        starts.push(deltas.length);
        deltas.push(...list);
    }
    return known.get(key);
}

function byName(a, b) {
    return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}

// [name, set] of all names of the values of a property, aliases too, in the order of strcmp.
function valuesOf(property) {
    const sets = new Map();
    for (const [alias, value] of values.get(property)) {
        sets.set(alias, value);
        sets.set(value, value);
    }
    const numbers = new Map(), out = [];
    for (const [name, value] of sets) {
        if (!numbers.has(value)) numbers.set(value, setOf(`${property}=${value}`));
        if (numbers.get(value) !== null) out.push([name, numbers.get(value)]);
    }
    return out.sort(byName);
}

function binaryNames() {
    const out = [];
    const listed = new Map([...aliases].map(([alias, name]) => [name, alias]));
    for (const name of binaries) {
        const set = setOf(name);
        if (set === null || values.has(name)) continue;
        out.push([name, set]);
        const alias = listed.get(name);
        if (alias && alias !== name) out.push([alias, set]);
    }
    return out.sort(byName);
}

function rows(list, perRow) {
    const out = [];
    for (let i = 0; i < list.length; i += perRow) {
        out.push("    " + list.slice(i, i + perRow).join(",") + ",");
    }
    return out.join("\n");
}

function names(table, list) {
    return `const struct unicode_property_name ${table}[] = {
${rows(list.map(([name, set]) => `{"${name}", ${set}}`), 4)}
};
const size_t ${table}_n = sizeof ${table} / sizeof *${table};
`;
}

const text = [
    names("unicode_categories", valuesOf("General_Category")),
    names("unicode_scripts", valuesOf("Script")),
    names("unicode_script_extensions", valuesOf("Script_Extensions")),
    names("unicode_binaries", binaryNames()),
].join("\n");
console.log(`/* Made by tools/unicode_property_tables.js from Unicode ${process.versions.unicode}; not edited by hand. */
/* clang-format off */
#include "engine/text/unicode_property.h"

${text}
const uint16_t unicode_property_starts[] = {
${rows([...starts, deltas.length], 24)}
};

const uint16_t unicode_property_deltas[] = {
${rows(deltas, 80)}
};`);
