// Renders templates with @huggingface/jinja for template_compare.py: lines of JSON in and out.
//   node template_hf.mjs FOLDER      the package unpacked
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { resolve } from "node:path";

const { Template } = await import(pathToFileURL(resolve(process.argv[2], "dist/index.js")));
const NOW = new Date(Date.UTC(2026, 0, 31, 12, 34, 56));

function answer({ source, messages, tools, documents, vars, add_generation_prompt }) {
    const template = new Template(source);
    return { text: template.render({ messages, tools: tools ?? null, documents: documents ?? null,
        add_generation_prompt, ...vars }) };
}

globalThis.Date = class extends Date {
    constructor(...args) {
        super(...(args.length ? args : [NOW.getTime()]));
    }
};

for await (const line of createInterface({ input: process.stdin })) {
    let result;
    try {
        result = answer(JSON.parse(line));
    } catch (error) {
        result = { error: String(error.message), refused: false };
    }
    process.stdout.write(JSON.stringify(result) + "\n");
}
