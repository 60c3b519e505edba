// Reads the lines of schema_random and compares each verdict with those of two validators. They
// are wrong themselves now and then: a verdict that one of them shares stands, and how often only
// one does is counted. ajv compiles slowly and sees every eighth schema.
//
//     schemas.js FOLDER LEAST     FOLDER/node_modules has them; at least LEAST verdicts must be
//                                 compared, and nearly all shared by each
'use strict';
const path = require('path');
const modules = path.resolve(process.argv[2], 'node_modules');
const Ajv = require(path.join(modules, 'ajv/dist/2020'));
const { Validator } = require(path.join(modules, '@cfworker/json-schema'));
const least = Number(process.argv[3]);
const counts = { compared: 0, valid: 0, second: 0, wrong: 0, cfworker: 0, ajv: 0, lost: 0 };

function withAjv(schema) {
    const validate = new Ajv({ strict: false, logger: false }).compile(schema);
    return (value) => validate(value);
}

function withCfworker(schema) {
    const validator = new Validator(schema, '2020-12', true);
    return (value) => validator.validate(value).valid;
}

// They follow references without end that no verdict needs, and ajv's code fails now and then.
function ask(validate, value) {
    try {
        return validate(value);
    } catch (error) {
        counts.lost++;
        return null;
    }
}

function compare({ schema, cases }, number) {
    const cfworker = withCfworker(schema);
    let ajv = null;
    if (number % 8 === 0) ajv = withAjv(schema);
    for (const [value, verdict] of cases) {
        const first = ask(cfworker, value);
        if (first === null) continue;
        counts.compared++;
        counts.valid += first;
        if (first !== verdict && ajv === null) ajv = withAjv(schema);
        const second = ajv === null ? first : ask(ajv, value);
        if (second === null) continue;
        counts.second += ajv !== null;
        counts.cfworker += first !== verdict;
        counts.ajv += ajv !== null && second !== verdict;
        if (first === verdict || second === verdict) continue;
        counts.wrong++;
        console.log(`both say ${first}: ${JSON.stringify(value)}\n    ${JSON.stringify(schema)}`);
    }
}

const lines = require('fs').readFileSync(0, 'utf8').trim().split('\n');
const last = lines.pop();
lines.forEach((line, number) => compare(JSON.parse(line), number));
console.log(`${counts.compared} verdicts on ${lines.length} schemas, ${counts.valid} valid: ` +
            `${counts.wrong} wrong`);
console.log(`not shared by cfworker: ${counts.cfworker}; by ajv: ${counts.ajv} of ${counts.second}; ` +
            `without an answer: ${counts.lost}`);
const isRight = last === '"end"' && counts.wrong === 0 && counts.compared >= least &&
    counts.valid > counts.compared / 4 && counts.cfworker < counts.compared / 5000 &&
    counts.ajv < counts.second / 500 && counts.lost < counts.compared / 200;
process.exit(isRight ? 0 : 1);
