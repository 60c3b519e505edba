// Requests that are made to be too much: deep, wide, long, endless, or that ask for what explodes.
// Each gets one clear answer in bounded time, and nobody else waits for it.
//
// HOSTILE_LONG=1: 100,000 different schemas instead of 2,000.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { model, serve, until } from './lib.mjs';
import { at_rest, client, is_long, is_sanitized, open, percentile, shape, sleep, vitals, written } from './hostile.mjs';

const s = await serve({ models: [model('wide')], args: ['--memory', '400'] });
const mine = client(s);
await until(async () => (await mine.ask('/ingle/status')).json.models[0].state === 'ready');
const requests = async () => (await mine.ask('/ingle/status')).json.queue.requests;
const tokens = async () => Number(/tokens_predicted_total (\d+)/.exec((await mine.ask('/metrics')).text)[1]);

const messages = [{ role: 'user', content: 'x' }];
// on a machine that does other things, too; what is wrong takes minutes, or all memory
const limit_ms = is_sanitized ? 60000 : is_long ? 2000 : 6000;
const chat = (more) => ({ messages, max_tokens: 4, ...more });

/** Sends bytes as they are; the answer's status and text, and how long it took. */
async function raw(bytes) {
    const socket = open(s);
    const begin = performance.now();
    await socket.connected;
    socket.write(bytes);
    await until(() => /^HTTP\/1.1 \d+/.test(socket.text()) && (socket.readableEnded || whole(socket.text())), 120000);
    const ms = performance.now() - begin;
    socket.destroy();
    const text = socket.text();
    return { status: Number(text.slice(9, 12)), text: text.slice(text.indexOf('\r\n\r\n') + 4), ms };
}

function whole(text) {
    const end = text.indexOf('\r\n\r\n');
    const length = /content-length: (\d+)/i.exec(text.slice(0, end));
    return end > 0 && (length ? text.length >= end + 4 + Number(length[1]) : text.endsWith('\r\n0\r\n\r\n'));
}

const post = (path, body) => raw(written(s, path, body));

/** It was refused in the form of OpenAI, with a sentence, and quickly. */
function refused(a, what, statuses = [400, 413]) {
    assert.ok(statuses.includes(a.status), `${what}: ${a.status} ${a.text.slice(0, 200)}`);
    const { error } = JSON.parse(a.text);
    const message = error.message ?? error;
    assert.match(message, /^[^\n]{8,400}$/, what);
    assert.ok(a.ms < limit_ms, `${what} took ${a.ms} ms`);
}

/** Somebody in a thread of his own asks for little all the time; how long each took. */
async function trifles() {
    const thread = new Worker(new URL('./trifles.mjs', import.meta.url), { workerData: { url: s.url, token: s.token } });
    await new Promise((go) => thread.once('message', go));
    return {
        stop: async () => {
            const times = new Promise((done, fail) => thread.once('message', done).once('error', fail));
            thread.postMessage('stop');
            return times;
        },
    };
}

/**
 * Nobody waited: the loop reads a body of eight megabytes in much less than this. The long run
 * measures; the short one, beside other tests, sees what holds the loop for seconds.
 */
function nobody_waited(times) {
    if (is_sanitized) return;
    const is_fine = is_long ? percentile(times, 99) < 50 : percentile(times, 90) < 200 && Math.max(...times) < 4000;
    assert.ok(is_fine, `an honest client waited: ${shape(times)}`);
}

const most = 8 << 20; // bytes of a body
/** Eight megabytes: begin, unit as often as it fits, end. */
function filled(begin, unit, end) {
    const n = Math.floor((most - begin.length - end.length) / unit.length);
    return Buffer.concat([Buffer.from(begin), Buffer.alloc(n * unit.length, unit), Buffer.from(end)]);
}

function many_keys(digits, n) {
    const parts = [];
    for (let i = 0; i < n; i++) parts.push(`"${String(i).padStart(digits, '0')}":0`);
    return `{"messages":[{"role":"user","content":"x"}],"metadata":{${parts.join(',')}}}`;
}

const nested = (n, inner = '1') => `${'['.repeat(n)}${inner}${']'.repeat(n)}`;
const within = (json) => `{"messages":[{"role":"user","content":"x"}],"max_tokens":2,"metadata":${json}}`;

test('bodies that are too deep, too wide or no JSON are refused, and nobody waits', async (t) => {
    const bodies = {
        'depth 10,000': within(nested(10000)),
        'depth 65': within(nested(64)),
        'objects 10,000 deep': within(`${'{"a":'.repeat(10000)}1${'}'.repeat(10000)}`),
        'only brackets': filled('', '[', ''),
        'only braces': filled('', '{"a":', ''),
        'eight MiB of empty lists': filled('{"metadata":[', '[],', '0]}'),
        'eight MiB of nested lists': filled('{"metadata":[', `${nested(50, '')},`, '0]}'),
        'eight MiB of numbers': filled('{"metadata":[', '0,', '0]}'),
        'eight MiB of objects': filled('{"metadata":[', '{},', '0]}'),
        'eight MiB of empty texts': filled('{"metadata":[', '"",', '0]}'),
        'eight MiB of messages': filled('{"messages":[', '{"role":"user","content":"x"},', '{"role":"user","content":"x"}]}'),
        'eight MiB of keys': many_keys(6, 700000).slice(0, most),
        'a text that does not end': filled('{"messages":"', 'x', ''),
        'eight MiB of one text': filled('{"messages":[{"role":"user","content":"', 'x', '"}]}'),
        'eight MiB of escapes': filled('{"messages":[{"role":"user","content":"', '\\u00e9', '"}]}'),
        'eight MiB of newlines': filled('{"messages":[{"role":"user","content":"', '\\n', '"}]}'),
        'a prompt of 2^20 newlines': JSON.stringify(chat({ messages: [{ role: 'user', content: '\n'.repeat(1 << 20) }] })),
        'a name twice': '{"messages":[{"role":"user","content":"x"}],"max_tokens":2,"max_tokens":3}',
        'a name twice, written otherwise': '{"messages":[{"role":"user","content":"x"}],"max_tokens":2,"max\\u005ftokens":3}',
        'a name twice among many': many_keys(5, 100000).replace('"00007"', '"00008"'),
        'bytes that are no UTF-8': Buffer.from('{"messages":[{"role":"user","content":"\xff\xfe"}]}', 'latin1'),
        'a surrogate in UTF-8': Buffer.from('{"messages":[{"role":"user","content":"\xed\xa0\x80"}]}', 'latin1'),
        'a needlessly long form': Buffer.from('{"messages":[{"role":"user","content":"\xc0\x80"}]}', 'latin1'),
        'half of a pair': '{"messages":[{"role":"user","content":"\\ud800"}]}',
        'the other half': '{"messages":[{"role":"user","content":"\\udc00\\ud800"}]}',
        'a number past all': within('1e999').replace('"max_tokens":2', '"max_tokens":1e999'),
        'minus that': within('0').replace('"max_tokens":2', '"temperature":-1e999'),
        'two to the 64th': within('0').replace('"max_tokens":2', '"max_tokens":18446744073709551616'),
        'a number of a megabyte': within('0').replace('"max_tokens":2', `"max_tokens":${'9'.repeat(1 << 20)}`),
        'NaN': within('NaN'), 'Infinity': within('Infinity'), 'hexadecimal': within('0x10'), 'a comma too many': within('[1,]'),
        'a comment': `/* x */${within('1')}`, 'two values': `${within('1')}{}`, 'a mark of order': `\ufeff${within('1')}`,
        'no object': '[]', 'a text': '"x"', 'blanks only': filled('', ' ', ''), 'nothing': ' ',
        'a raw newline in a text': '{"messages":[{"role":"user","content":"a\nb"}]}',
        'a NUL byte': '{"messages":[{"role":"user","content":"a\0b"}]}',
    };
    const waits = await trifles();
    const times = [];
    for (const [what, body] of Object.entries(bodies)) {
        const a = await post('/v1/chat/completions', body);
        refused(a, what);
        times.push(a.ms);
    }
    const honest = await waits.stop();
    t.diagnostic(`refused after ${shape(times)}; honest ${shape(honest)}`);
    nobody_waited(honest);
});

test('what is large but right is answered', async () => {
    const fine = {
        'depth 64': within(nested(62)),
        'many keys': many_keys(5, 50000).replace('{"messages"', '{"max_tokens":2,"messages"'),
        'blanks': Buffer.concat([Buffer.alloc(most - 200, ' '), Buffer.from(JSON.stringify(chat()))]),
        'a long text nobody reads': within(`"${'x'.repeat(7 << 20)}"`),
        'a NUL, written': JSON.stringify(chat({ messages: [{ role: 'user', content: 'a\0b' }] })),
        'minus zero': '{"messages":[{"role":"user","content":"x"}],"max_tokens":2,"temperature":-0.0}',
        'a number written at length': within(`0.${'0'.repeat(1000)}1`),
    };
    for (const [what, body] of Object.entries(fine)) {
        const a = await post('/v1/chat/completions', body);
        assert.ok([200, 400].includes(a.status), `${what}: ${a.status} ${a.text.slice(0, 300)}`);
        if (what !== 'a NUL, written') assert.equal(a.status, 200, `${what}: ${a.text.slice(0, 300)}`);
        assert.ok(a.ms < limit_ms, `${what} took ${a.ms} ms`);
    }
});

test('what says that it is too long is refused before it is read', async () => {
    const before = vitals(s).front;
    const head = (length) => written(s, '/v1/chat/completions', '').toString().replace('Content-Length: 0', `Content-Length: ${length}`);
    for (const length of [2 ** 30, most + 1, 2 ** 40, '9'.repeat(19)]) {
        refused(await raw(head(length)), `${length} bytes`, [413]);
    }
    refused(await raw(head('9'.repeat(30))), 'a length of 30 digits', [400, 413]);
    const chunked = written(s, '/v1/chat/completions', '').toString().replace('Content-Length: 0', 'Transfer-Encoding: chunked');
    refused(await raw(`${chunked}40000000\r\n`), 'one chunk of a gigabyte', [413]);
    const endless = open(s);
    endless.write(chunked);
    const piece = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65536, 'x'), Buffer.from('\r\n')]);
    let sent = 0;
    while (!endless.text() && sent < 1 << 30) {
        if (!endless.write(piece)) await Promise.race([new Promise((go) => endless.once('drain', go)), endless.gone, sleep(1000)]);
        sent += 65536;
        await new Promise(setImmediate);
    }
    assert.match(endless.text(), /^HTTP\/1.1 413/);
    endless.destroy();
    assert.ok(is_sanitized || vitals(s).front - before < 32, `the front grew from ${before} to ${vitals(s).front} MiB`);
});

const object = (properties, more = {}) => ({ type: 'object', properties, required: Object.keys(properties), additionalProperties: false, ...more });
const pattern = (text) => object({ a: { type: 'string', pattern: text } });
const deep_schema = (n) => (n === 0 ? { type: 'integer' } : object({ a: deep_schema(n - 1) }));

const schemas = {
    '$ref to itself': { $ref: '#' },
    'a cycle of two': { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } },
    'anyOf of itself': { anyOf: [{ $ref: '#' }] },
    'allOf of itself': { allOf: [{ $ref: '#' }, { $ref: '#' }] },
    'a remote $ref': { $ref: 'http://127.0.0.1/x.json' },
    'a $ref to nowhere': { $ref: '#/$defs/none' },
    '2^40 items': { type: 'array', items: { type: 'integer' }, minItems: 2 ** 40 },
    'a text of 2^40': { type: 'string', minLength: 2 ** 40 },
    'nested repetitions': { type: 'array', minItems: 1000, items: { type: 'array', minItems: 1000, items: { type: 'array', minItems: 1000, items: { type: 'integer' } } } },
    'a quantifier of nothing': pattern('^+[a-z]$'),
    'a quantifier of the beginning': pattern('^{2}x$'),
    'nested parentheses': pattern(`^${'('.repeat(60000)}x${')'.repeat(60000)}$`),
    'parentheses that do not end': pattern('^((((x$'),
    'nested quantifiers': pattern('^((((x{1,1000}){1,1000}){1,1000}){1,1000})$'),
    'a class that does not end': pattern('^[a-$'),
    'a million times': pattern('^x{0,1000000}$'),
    'a look ahead': pattern('^(?=x)x$'),
    'a reference back': pattern('^(x)\\1$'),
    'multipleOf 0': object({ a: { type: 'integer', multipleOf: 0 } }),
    'minimum above maximum': object({ a: { type: 'integer', minimum: 5, maximum: 1 } }),
    'nothing allowed': false,
    'not': { not: {} },
    'a product of alternatives': { allOf: Array.from({ length: 24 }, (_, i) => ({ anyOf: [{ required: [`a${i}`] }, { required: [`b${i}`] }] })) },
    'a text as a schema': 'x',
    'a type of none': { type: 'nothing' },
    'an enum of nothing': { enum: [] },
};
const possible = {
    'an enum of 10,000': object({ a: { enum: Array.from({ length: 10000 }, (_, i) => `value ${i}`) } }),
    'a thousand fields': object(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`field_${i}`, { type: 'integer' }]))),
    'fifteen deep': deep_schema(15),
    'alternatives in alternatives': { anyOf: [{ anyOf: [{ anyOf: [{ type: 'integer' }, { type: 'string' }] }, { type: 'null' }] }, { type: 'boolean' }] },
};
const grammars = {
    'no root': 'x ::= "a"',
    'a rule that is none': 'root ::= nothing',
    'left recursion': 'root ::= root "a" | "a"',
    'left recursion by a detour': 'root ::= a "x"\na ::= root "y" | "z"',
    'nested groups': `root ::= ${'('.repeat(60000)}"x"${')'.repeat(60000)}`,
    'a million times': 'root ::= "x"{0,1000000}',
    'repetitions of repetitions': 'root ::= ((("x"{1,1000}){1,1000}){1,1000}){1,1000}',
    'a class that does not end': 'root ::= [a-',
    'a text that does not end': 'root ::= "x',
    'a rule twice': 'root ::= "a"\nroot ::= "b"',
};

test('schemas and grammars that explode are refused before the first token', async (t) => {
    const before = await tokens();
    const waits = await trifles();
    const times = [];
    const ask = async (path, body) => {
        const a = await post(path, body);
        times.push(a.ms);
        return a;
    };
    const is_clear = (a, what) => {
        if (a.status === 200) return true;
        refused(a, what, [400]);
        return false;
    };
    const answered = [];
    for (const [what, schema] of Object.entries(schemas)) {
        const format = { type: 'json_schema', json_schema: { name: 'x', schema } };
        const uses = [
            ['/v1/chat/completions', chat({ response_format: format })],
            ['/v1/chat/completions', chat({ tools: [{ type: 'function', function: { name: 'f', parameters: schema } }], tool_choice: 'required' })],
            ['/v1/responses', { input: 'x', max_output_tokens: 4, text: { format: { type: 'json_schema', name: 'x', schema } } }],
            ['/v1/messages', { messages, max_tokens: 4, tools: [{ name: 'f', input_schema: schema }], tool_choice: { type: 'any' } }],
            ['/api/chat', { model: 'wide', messages, format: schema, stream: false, options: { num_predict: 4 } }],
            ['/completion', { prompt: 'x', json_schema: schema, n_predict: 4 }],
        ];
        for (const [path, body] of uses) {
            if (is_clear(await ask(path, body), `${what} at ${path}`)) answered.push(`${what} at ${path}`);
        }
    }
    for (const [what, grammar] of Object.entries(grammars)) {
        for (const [path, body] of [['/completion', { prompt: 'x', grammar, n_predict: 4 }], ['/v1/chat/completions', chat({ grammar })]]) {
            if (is_clear(await ask(path, body), `${what} at ${path}`)) answered.push(`${what} at ${path}`);
        }
    }
    const honest = await waits.stop();
    t.diagnostic(`${shape(times)}; honest ${shape(honest)}`);
    nobody_waited(honest);
    assert.deepEqual(answered, []);
    assert.equal(await tokens(), before, 'a token was made');
});

test('schemas and grammars that are possible are held to in time', async (t) => {
    for (const [what, schema] of Object.entries(possible)) {
        const a = await post('/v1/chat/completions', chat({ max_tokens: 3500, response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } }));
        t.diagnostic(`${what}: ${a.status} after ${a.ms.toFixed(0)} ms`);
        if (a.status !== 200) refused(a, what, [400]);
        else JSON.parse(JSON.parse(a.text).choices[0].message.content);
    }
    const held = async (grammar) => (await mine.ask('/completion', { prompt: 'x', grammar, n_predict: 20 })).json.content;
    assert.match(await held('root ::= ( [x]* )*'), /^x*$/);
    assert.equal(await held('root ::= "\0" "a"'), '\0a');
});

test('templates, tools and lists without measure are refused, or read in time', async (t) => {
    const tool = (i, text = 'x') => ({ type: 'function', function: { name: `f${i}`, description: text, parameters: object({ a: { type: 'string' } }) } });
    const uses = {
        'a variable of 1 MiB': ['/v1/chat/completions', chat({ chat_template_kwargs: { x: 'y'.repeat(1 << 20) } })],
        'variables without end': ['/v1/chat/completions', chat({ chat_template_kwargs: Object.fromEntries(Array.from({ length: 50000 }, (_, i) => [`v${i}`, i])) })],
        'variables that name what is there': ['/v1/chat/completions', chat({ chat_template_kwargs: { messages: [], tools: 5, add_generation_prompt: 'no', raise_exception: 1, range: 1e9 } })],
        'deep variables': ['/v1/chat/completions', `{"messages":[{"role":"user","content":"x"}],"max_tokens":2,"chat_template_kwargs":{"a":${nested(60)}}}`],
        'a tool of 1 MiB': ['/v1/chat/completions', chat({ tools: [tool(0, 'x'.repeat(1 << 20))] })],
        '5,000 tools': ['/v1/chat/completions', chat({ tools: Array.from({ length: 5000 }, (_, i) => tool(i)) })],
        'a tool name of 1 MiB': ['/v1/chat/completions', chat({ tools: [{ type: 'function', function: { name: 'f'.repeat(1 << 20) } }] })],
        '100,000 stops': ['/v1/chat/completions', chat({ stop: Array.from({ length: 100000 }, (_, i) => `s${i}`) })],
        '100,000 stops of Anthropic': ['/v1/messages', { messages, max_tokens: 4, stop_sequences: Array.from({ length: 100000 }, (_, i) => `s${i}`) }],
        '100,000 stops of Ollama': ['/api/generate', { model: 'wide', prompt: 'x', stream: false, options: { num_predict: 4, stop: Array.from({ length: 100000 }, (_, i) => `s${i}`) } }],
        '100,000 stops of llama.cpp': ['/completion', { prompt: 'x', n_predict: 4, stop: Array.from({ length: 100000 }, (_, i) => `s${i}`) }],
        'a stop of 1 MiB': ['/v1/chat/completions', chat({ stop: 's'.repeat(1 << 20) })],
        'n of 2^31-1': ['/v1/chat/completions', chat({ n: 2 ** 31 - 1 })],
        'n_probs of 2^31-1': ['/completion', { prompt: 'x', n_predict: 4, n_probs: 2 ** 31 - 1 }],
        '100,000 prompts': ['/completion', { prompt: Array.from({ length: 100000 }, () => 'x'), n_predict: 1 }],
        '100,000 prompts of OpenAI': ['/v1/completions', { prompt: Array.from({ length: 100000 }, () => 'x'), max_tokens: 1 }],
        '200,000 tokens': ['/completion', { prompt: Array.from({ length: 200000 }, () => 1), n_predict: 1 }],
        '100,000 inputs': ['/v1/embeddings', { input: Array.from({ length: 100000 }, () => 'x') }],
        'a long input': ['/v1/embeddings', { input: 'x'.repeat(4 << 20) }],
        'a bias of all': ['/v1/chat/completions', chat({ logit_bias: Object.fromEntries(Array.from({ length: 100000 }, (_, i) => [i, -100])) })],
        '100,000 messages': ['/v1/chat/completions', chat({ messages: Array.from({ length: 50000 }, () => messages[0]) })],
        'an id as a prompt': ['/v1/responses', { previous_response_id: 'x'.repeat(1 << 20), input: 'x' }],
        'a model of 1 MiB': ['/v1/chat/completions', chat({ model: 'x'.repeat(1 << 20) })],
        '100,000 samplers': ['/completion', { prompt: 'x', n_predict: 1, samplers: Array.from({ length: 100000 }, () => 'top_k') }],
        '100,000 wanted fields': ['/completion', { prompt: 'x', n_predict: 1, response_fields: Array.from({ length: 100000 }, (_, i) => `a/${i}`) }],
        'labels without end': ['/ingle/tasks/intent', { text: 'x', labels: Array.from({ length: 50000 }, (_, i) => ({ name: `l${i}` })) }],
        'notifications without end': ['/ingle/tasks/digest', { notifications: Array.from({ length: 30000 }, (_, i) => ({ app: 'a', title: `t${i}`, body: 'b' })) }],
        'a text to redact': ['/ingle/tasks/redact', { text: 'a@b.org 4111111111111111 '.repeat(8000) }],
        'a document that is none': ['/ingle/tasks/document', { name: 'a.docx', data: Buffer.alloc(3 << 20, 'PK').toString('base64') }],
        'tokens of 4 MiB': ['/tokenize', { content: 'x y'.repeat(1 << 20) }],
        'newlines to tokens': ['/tokenize', { content: '\n'.repeat(1 << 20) }],
        'one word of 4 MiB': ['/tokenize', { content: 'x'.repeat(4 << 20) }],
        'ids that are none': ['/detokenize', { tokens: [2 ** 40, -1, 1.5] }],
    };
    const waits = await trifles();
    const slow = [];
    const notes = [];
    for (const [what, [path, body]] of Object.entries(uses)) {
        const begin = performance.now();
        const a = await post(path, body);
        notes.push(`${what}: ${a.status} ${a.ms.toFixed(0)}`);
        if (a.status !== 200) {
            assert.ok([400, 404, 413].includes(a.status), `${what}: ${a.status} ${a.text.slice(0, 200)}`);
            assert.ok(a.text.length < 2000, `${what}: its refusal has ${a.text.length} bytes`);
        }
        if (performance.now() - begin > limit_ms) slow.push(`${what} (${a.ms.toFixed(0)} ms)`);
    }
    const long = await mine.ask('/ingle/tasks/redact', { text: 'Write to a@b.org, or else call Ada Smith. '.repeat(3000) });
    assert.equal(long.json.text.split('[EMAIL_ADDRESS]').length - 1, 3000, 'none is missed where a long text is cut');
    const honest = await waits.stop();
    t.diagnostic(notes.join('; '));
    t.diagnostic(`honest ${shape(honest)}`);
    nobody_waited(honest);
    assert.deepEqual(slow, [], 'take too long');
});

test('schemas that are all different leave nothing behind', async (t) => {
    const n = is_long ? 100000 : 2000;
    const clients = Array.from({ length: 4 }, (_, i) => client(s, { 'user-agent': `client ${i}` }));
    let next = 0;
    const some = async (count) => {
        const end = next + count;
        await Promise.all(clients.map(async (c) => {
            while (next < end) {
                const i = next++;
                const b = i % 4 === 0 ? { type: 'string', pattern: `^x${i}[a-f]{1,${1 + (i % 9)}}$` } : { type: 'null' };
                const schema = object({ [`a${i}`]: { enum: [`v${i}`, i] }, b });
                const a = await c.ask('/v1/chat/completions', chat({ max_tokens: 60, response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } }));
                assert.equal(a.status, 200, a.text);
            }
        }));
    };
    await some(n / 4);
    const before = await at_rest(s, mine, 5);
    await some((3 * n) / 4);
    const after = await at_rest(s, mine, 5);
    clients.forEach((c) => c.close());
    t.diagnostic(`${n} schemas: before ${JSON.stringify(before)}, after ${JSON.stringify(after)}`);
    assert.equal(after.threads, before.threads);
    assert.equal(after.files, before.files);
    // what it remembers of prompts is still growing in a short run: 64 MiB at most
    assert.ok(is_sanitized || after.worker - before.worker < (is_long ? 8 : 72), `the worker grew from ${before.worker} to ${after.worker} MiB`);
    assert.ok(is_sanitized || after.front - before.front < 8, `the front grew from ${before.front} to ${after.front} MiB`);
});

test('the service is well, and nothing of it reached a model that should not have', async () => {
    assert.ok((await requests()) > 0);
    assert.equal((await mine.ask('/v1/chat/completions', chat())).status, 200);
    mine.close();
    assert.equal(await s.stop(), 0);
});
