// Reads the lines of schema_random and compares each verdict with ajv's. Exit 1 if any differs.
//
//     ajv.js FOLDER LEAST     FOLDER/node_modules has ajv; at least LEAST verdicts must be compared
'use strict';
const path = require('path');
const Ajv = require(path.resolve(process.argv[2], 'node_modules/ajv/dist/2020'));
const lines = require('fs').readFileSync(0, 'utf8').split('\n').filter((line) => line);
let compared = 0, wrong = 0, valid = 0, unread = 0;
for (const line of lines) {
    const { schema, cases } = JSON.parse(line);
    let validate;
    try {
        validate = new Ajv({ strict: false, logger: false }).compile(schema);
    } catch (error) {
        unread++;
        continue;
    }
    for (const [value, verdict] of cases) {
        let theirs;
        try {
            theirs = validate(value);
        } catch (error) {
            continue;
        }
        compared++;
        valid += theirs;
        if (theirs === verdict) continue;
        wrong++;
        if (wrong <= 20) {
            console.log(`ajv says ${theirs}: ${JSON.stringify(value)}\n    ${JSON.stringify(schema)}`);
        }
    }
}
console.log(`${compared} verdicts on ${lines.length} schemas (${valid} valid): ${wrong} differ; ` +
            `${unread} schemas that ajv does not read`);
process.exit(wrong > 0 || compared < Number(process.argv[3]) ? 1 : 0);
