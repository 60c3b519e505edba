// The other side of compare_regex.c: node's own regular expressions.
//
// On standard input cases: a u32 length and a pattern, a u32 number of texts, each a u32 length and
// its bytes. For each case a line: E if the pattern is none, else for each text two digits: 1 if the
// pattern is found in it, 1 if the whole text matches.
"use strict";
const input = require("fs").readFileSync(0);
let at = 0;

function number() {
    at += 4;
    return input.readUInt32LE(at - 4);
}

function text() {
    const length = number();
    at += length;
    return input.toString("utf8", at - length, at);
}

function compile(pattern) {
    try {
        new RegExp(pattern, "u"); // on its own first: "a)(b" is none, though "(?:a)(b)" is one
        return [new RegExp(pattern, "uy"), new RegExp(`^(?:${pattern})$`, "uy")];
    } catch {
        return null;
    }
}

// A search from every character on, as ECMA-262 has it. node's own search also tries the middle of a
// surrogate pair where the pattern begins with an assertion.
function isFound(expression, subject) {
    let index = 0;
    for (const character of subject + "$") {
        expression.lastIndex = index;
        if (expression.test(subject)) return true;
        index += character.length;
    }
    return false;
}

const lines = [];
while (at < input.length) {
    const both = compile(text());
    let line = "";
    for (let n = number(); n > 0; n--) {
        const subject = text();
        for (const one of both || []) line += isFound(one, subject) ? "1" : "0";
    }
    lines.push(both ? line : "E");
}
process.stdout.write(lines.join("\n") + "\n");
