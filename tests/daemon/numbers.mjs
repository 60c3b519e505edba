// Every field of every endpoint that docs/api.md names, with every value that is none of its own:
// a clear refusal or a right answer, never a failure of the service's.
//
// HOSTILE_LONG=1: with every value, and in streams, too; else a part of them, another with each SEED.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { model, serve, until } from './lib.mjs';
import { client, dice, is_long, is_sanitized, percentile, vitals } from './hostile.mjs';

const { number } = dice(Number(process.env.SEED ?? 3));
const text = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');

/** The names in backticks of the first column of the tables under these headings. */
function fields_under(...headings) {
    const names = new Set();
    for (const heading of headings) {
        const at = text.indexOf(`\n${heading}\n`);
        assert.ok(at >= 0, `docs/api.md has no "${heading}"`);
        const level = /^#+/.exec(heading)[0];
        const rest = text.slice(at + heading.length + 2);
        const end = new RegExp(`^#{1,${level.length}} `, 'm').exec(rest)?.index ?? rest.length;
        for (const [, cell] of rest.slice(0, end).matchAll(/^\| ([^|]*) \|/gm)) {
            for (const [, name] of cell.matchAll(/`([^`]+)`/g)) {
                if (/^[a-z_.[\]*]+$/i.test(name) && !/^(GET|POST|DELETE|HEAD)/.test(name)) names.add(name);
            }
        }
    }
    return [...names];
}

const messages = [{ role: 'user', content: 'x' }];
const chat = { messages, max_tokens: 3 };
const of_tasks = ['text', 'top', 'length', 'style', 'extractive', 'manner', 'max_tokens', 'line', 'column', 'labels', 'max_groups', 'now', 'notifications', 'file', 'others', 'only', 'keep', 'kind', 'about', 'to', 'tone', 'context', 'name', 'data', 'instruction', 'title', 'document', 'extent', 'repository', 'stream', 'model'];
const sampling = ['temperature', 'top_p', 'top_k', 'min_p', 'typical_p', 'seed', 'repeat_penalty', 'repeat_last_n', 'presence_penalty', 'frequency_penalty', 'dry_multiplier', 'dry_base', 'dry_allowed_length', 'dry_penalty_last_n', 'dry_sequence_breakers', 'n_ctx', 'num_ctx', 'n_keep', 'n_discard', 'min_keep', 'mirostat_tau', 'dynatemp_range', 'xtc_threshold'];

const endpoints = [
    ['/v1/chat/completions', chat, fields_under('### POST /v1/chat/completions')],
    ['/v1/completions', { prompt: 'x', max_tokens: 3 }, fields_under('### POST /v1/completions')],
    ['/v1/embeddings', { input: 'x' }, fields_under('### POST /v1/embeddings')],
    ['/v1/responses', { input: 'x', max_output_tokens: 3 }, fields_under('## OpenAI Responses')],
    ['/v1/responses/input_tokens', { input: 'x' }, fields_under('## OpenAI Responses')],
    ['/v1/messages', chat, fields_under('## Anthropic')],
    ['/v1/messages/count_tokens', { messages }, fields_under('## Anthropic')],
    ['/completion', { prompt: 'x', n_predict: 3 }, fields_under('## llama.cpp')],
    ['/infill', { input_prefix: 'x', input_suffix: 'y', n_predict: 3 }, ['input_prefix', 'input_suffix', 'input_extra', 'prompt', 'n_predict', 'n_indent', 't_max_predict_ms']],
    ['/tokenize', { content: 'x' }, ['content', 'add_special', 'parse_special', 'with_pieces']],
    ['/detokenize', { tokens: [1] }, ['tokens']],
    ['/apply-template', { messages }, ['messages', 'tools', 'chat_template_kwargs', 'add_generation_prompt']],
    ['/embedding', { content: 'x' }, ['content', 'input', 'embd_normalize']],
    ['/api/generate', { model: 'wide', prompt: 'x', stream: false, options: { num_predict: 3 } }, fields_under('## Ollama')],
    ['/api/chat', { model: 'wide', messages, stream: false, options: { num_predict: 3 } }, fields_under('## Ollama')],
    ['/api/embed', { model: 'wide', input: 'x' }, fields_under('## Ollama')],
    ['/api/embeddings', { model: 'wide', prompt: 'x' }, ['prompt', 'options', 'keep_alive']],
    ['/api/show', { model: 'wide' }, ['model', 'name', 'verbose']],
    ['/ingle/tasks/redact', { text: 'x' }, of_tasks],
    ['/ingle/tasks/intent', { text: 'x' }, of_tasks],
    ['/ingle/tasks/summarize', { text: 'One thing. Another.', extractive: true }, of_tasks],
    ['/ingle/tasks/rewrite', { text: 'x', manner: 'formal' }, of_tasks],
    ['/ingle/tasks/draft', { kind: 'message', about: 'x', max_tokens: 3 }, of_tasks],
    ['/ingle/tasks/digest', { notifications: [{ app: 'a', title: 't' }] }, of_tasks],
    ['/ingle/tasks/document', { name: 'a.txt', data: 'eA==' }, of_tasks],
    ['/ingle/tasks/complete', { file: { name: 'a.c', text: 'int\n' }, line: 1, max_tokens: 3 }, of_tasks],
    ['/ingle/session', { key: 'x' }, ['key']],
];

// As they stand in the JSON, since -0.0 and 2^53+1 are lost on the way through a number.
const values = ['-1', '0', '1', '2147483647', '-2147483648', '4294967296', '9007199254740993', '18446744073709551616', '1e308', '-1e308', '1e-308', '-0.0', '0.5', '"5"', '"NaN"', '""', '"\\u0000"',
    'null', 'true', 'false', '[]', '[1]', '["x"]', '[null]', '[[[]]]', '{}', '{"a":1}', '{"type":"x"}', '{"type":5}', '[{}]', '[{"type":"text"}]', '{"":null}'];

/** body with `path` ("options.top_k", "messages[].role") set to JSON text. */
function with_value(body, path, value) {
    const copy = structuredClone(body);
    const mark = '\u0001';
    const parts = path.replaceAll('[]', '.0').split('.').filter((p) => p && p !== '*');
    let at = copy;
    for (const [i, part] of parts.entries()) {
        if (i === parts.length - 1) at[part] = mark;
        else at = at[part] = typeof at[part] === 'object' && at[part] !== null ? at[part] : parts[i + 1] === '0' ? [{}] : {};
    }
    return JSON.stringify(copy).replace(JSON.stringify(mark), value);
}

const s = await serve({ models: [model('wide')], args: ['--memory', '400'] });
const lanes = Array.from({ length: 4 }, (_, i) => client(s, { 'user-agent': `lane ${i}` }));
await until(async () => (await lanes[0].ask('/ingle/status')).json.models[0].state === 'ready');

test('no value of any field of any endpoint makes the service fail', async (t) => {
    const before = vitals(s);
    const work = [];
    for (const [path, body, fields] of endpoints) {
        const all = new Set([...fields, ...(fields.length > 8 && !path.startsWith('/ingle') ? sampling : [])]);
        if (path.startsWith('/api/')) for (const name of sampling) all.add(`options.${name}`);
        assert.ok(all.size >= 1);
        for (const field of all) {
            for (const value of values) {
                for (const stream of is_long ? [false, true] : [false]) {
                    if (is_long || number() < 0.2 || value === '2147483647' || value === '1e308') {
                        const streamed = stream && field !== 'stream' ? { ...body, stream: true } : body;
                        work.push([path, field, value, with_value(streamed, field, value)]);
                    }
                }
            }
        }
    }
    const counts = {};
    const times = [];
    await Promise.all(lanes.map(async (lane) => {
        for (let next; (next = work.pop()); ) {
            const [path, field, value, body] = next;
            const a = await lane.ask(path, body);
            const what = `${path} ${field} = ${value}`;
            const is_ok = (a.status >= 200 && a.status < 500) || a.status === 501;
            assert.ok(is_ok && a.status !== 429, `${what}: ${a.status} ${a.text.slice(0, 300)}`);
            if (a.status >= 400) {
                const message = a.json.error.message ?? a.json.error;
                assert.match(message, /^[^\n]{5,500}$/, what);
            }
            assert.ok(is_sanitized || a.ms < 5000, `${what} took ${a.ms} ms`);
            times.push(a.ms);
            counts[a.status] = (counts[a.status] ?? 0) + 1;
        }
    }));
    t.diagnostic(`${times.length} requests: ${JSON.stringify(counts)}, median ${percentile(times, 50).toFixed(1)} ms, most ${Math.max(...times).toFixed(0)} ms`);
    assert.doesNotMatch(s.log(), /worker/i, 'it is told when one dies');
    assert.equal((await lanes[0].ask('/v1/chat/completions', chat)).status, 200); // keep_alive may have unloaded it
    assert.ok(is_sanitized || vitals(s).front - before.front < 16, 'the front grew');
    assert.equal(vitals(s).threads, before.threads);
    lanes.forEach((lane) => lane.close());
    assert.equal(await s.stop(), 0);
});
