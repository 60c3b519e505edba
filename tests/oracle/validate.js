// Judges the lines that constrained.c writes with ajv:
//
//   validate.js AJV_FOLDER PROGRAM FOLDER FIRST N     runs PROGRAM FOLDER FIRST N
//
// Exit 1, having shown it, for a text that is no JSON or does not satisfy its schema. Texts with
// numbers that JavaScript cannot hold are not judged, and counted.
"use strict";
const { spawn } = require("child_process");
const path = require("path");
const readline = require("readline");

const [folder, program, ...args] = process.argv.slice(2);
const Ajv = require(path.join(folder, "node_modules/ajv/dist/2020.js")).default;

// A number whose double is the number: up to 15 digits, of a size that is none of JavaScript's bounds.
function isHeld(number) {
    const [mantissa, exponent] = number.split(/[eE]/);
    const digits = mantissa.replace(/[-.]/g, "").replace(/^0+/, "");
    return digits.length <= 15 && Math.abs(Number(exponent || 0)) < 290;
}

function numbersAreHeld(text) {
    const bare = text.replace(/"(?:[^"\\]|\\.)*"/g, "");
    return (bare.match(/-?[0-9][0-9.eE+-]*/g) || []).every(isHeld);
}

// JSON.parse takes the last of equal names for all of them; ours must not write any.
function judge({ schema, text }) {
    const value = JSON.parse(text);
    if (!numbersAreHeld(text)) return null;
    const ajv = new Ajv({ strict: false, allErrors: true, multipleOfPrecision: 9 });
    const validate = ajv.compile(schema);
    return validate(value) ? "" : ajv.errorsText(validate.errors);
}

let n = 0, skipped = 0, wrong = 0;
const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
readline.createInterface({ input: child.stdout }).on("line", line => {
    n++;
    const sample = JSON.parse(line);
    let why;
    try {
        why = judge(sample);
    } catch (error) {
        why = error.message;
    }
    if (why === null) skipped++;
    if (!why) return;
    wrong++;
    if (wrong <= 10) console.log(`${why}\n${JSON.stringify(sample.schema)}\n${sample.text}\n`);
});
child.on("close", code => {
    console.log(`${n} texts, ${wrong} wrong, ${skipped} with numbers that are not judged`);
    process.exit(code !== 0 || wrong > 0 || n === 0 ? 1 : 0);
});
