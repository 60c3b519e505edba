// Whose fault it is: what is wrong with a request is 4xx, what is wrong here is 5xx, in the form of
// the dialect, streamed or not.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ask, kill_workers, model, serve, until } from './lib.mjs';

const folder = mkdtempSync(join(tmpdir(), 'ingle-faults-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const broken = join(folder, 'broken.gguf');
writeFileSync(broken, 'GGUF is not enough');

const service = await serve({ models: [model('chat'), model('fim'), broken] });
const messages = [{ role: 'user', content: 'Hi.' }];
const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] };

/** How each dialect asks, and the word for the kind of an error that is our own. */
const dialects = [
    ['openai', '/v1/chat/completions', { messages, max_tokens: 400 }, (j) => j.error.type],
    ['completions', '/v1/completions', { prompt: 'Hi.', max_tokens: 400 }, (j) => j.error.type],
    ['responses', '/v1/responses', { input: 'Hi.', max_output_tokens: 400 }, (j) => j.error.type],
    ['anthropic', '/v1/messages', { messages, max_tokens: 400 }, (j) => j.type === 'error' && j.error.type],
    ['ollama', '/api/chat', { messages, options: { num_predict: 400 } }, (j) => typeof j.error],
    ['ollama generate', '/api/generate', { prompt: 'Hi.', options: { num_predict: 400 } }, (j) => typeof j.error],
    ['llama.cpp', '/completion', { prompt: 'Hi.', n_predict: 400 }, (j) => j.error.type],
];
const ours = { anthropic: 'api_error', ollama: 'string', 'ollama generate': 'string' };
const is_ours = (name, kind) => assert.equal(kind, ours[name] ?? 'server_error', name);

for (const [name, path, body, kind] of dialects) {
    for (const stream of [false, true]) {
        test(`${name}: a model that cannot be read is a fault of ours, stream ${stream}`, async () => {
            const got = await ask(service, path, { model: 'broken', ...body, stream });
            assert.equal(got.status, 500, got.text);
            is_ours(name, kind(got.json));
            assert.match(got.text, /'broken' could not be loaded/);
            assert.ok(!got.text.includes(folder), 'no path is told');
        });
    }
}

test('so are vectors and tokens of such a model', async () => {
    const rows = [
        ['/v1/embeddings', { input: 'a' }],
        ['/api/embed', { input: 'a' }],
        ['/embedding', { content: 'a' }],
        ['/tokenize', { content: 'a' }],
        ['/v1/messages/count_tokens', { messages }],
        ['/v1/responses/input_tokens', { input: 'a' }],
        ['/api/show', {}],
    ];
    for (const [path, body] of rows) {
        const got = await ask(service, path, { model: 'broken', ...body });
        assert.equal(got.status, 500, `${path}: ${got.text}`);
    }
});

test('no memory for a model: 503, and where the dialect says so its word', async () => {
    const small = await serve({ models: [model('tiny'), model('slow')], args: ['--memory', '25'] });
    for (const [name, path, body, kind] of dialects) {
        for (const stream of [false, true]) {
            const got = await ask(small, path, { model: 'slow', ...body, stream });
            assert.equal(got.status, 503, `${name}: ${got.text}`);
            const word = { anthropic: 'overloaded_error', 'llama.cpp': 'unavailable_error' }[name];
            assert.equal(kind(got.json), word ?? ours[name] ?? 'server_error', name);
        }
    }
});

/** A model whose answers take seconds, if nothing is left to chance: they may be ended in time. */
const serve_lasting = () => serve({ models: [model('lasting')], args: ['-c', '16384', '--memory', '400'] });
const endless = { model: 'lasting', max_tokens: 9000, max_output_tokens: 9000, n_predict: 9000, temperature: 0,
    options: { num_predict: 9000, temperature: 0 } };

/** The service's one worker ends in the middle of an answer. SIGBUS: as if its file were cut short. */
async function die(own, path, body, signal) {
    await ask(own, '/v1/completions', { prompt: 'a', max_tokens: 1 }); /* there is one */
    const asked = ask(own, path, body);
    await until(async () => (await ask(own, '/ingle/status')).json.queue.running === 1);
    kill_workers(own, signal);
    return asked;
}

/* After a crash of its own a model is not tried again so soon: one dialect is enough. */
for (const [signal, of] of [['SIGKILL', dialects], ['SIGBUS', dialects.slice(0, 1)], ['SIGSYS', dialects.slice(0, 1)]]) {
    test(`a worker that ends by ${signal} is a fault of ours`, async () => {
        const own = await serve_lasting();
        for (const [name, path, body, kind] of of) {
            const whole = await die(own, path, { ...body, ...endless, stream: false }, signal);
            assert.equal(whole.status, 500, `${name}: ${whole.text}`);
            is_ours(name, kind(whole.json));
        }
    });
}

/** A stream whose worker dies after its first piece: all of it. */
async function die_in_stream(own, path, body) {
    const answer = await fetch(own.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${own.token}` },
        body: JSON.stringify({ ...body, stream: true }),
    });
    assert.equal(answer.status, 200, answer.ok ? '' : await answer.text());
    let text = '';
    for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
        if (text === '') kill_workers(own);
        text += piece;
    }
    return text;
}

test('a stream that fails says so at its end, as its dialect does', async () => {
    const own = await serve_lasting();
    for (const [name, path, body, kind] of dialects.filter(([n]) => n !== 'responses')) {
        const text = await die_in_stream(own, path, { ...body, ...endless });
        const last = text.trim().split('\n').at(-1);
        assert.ok(!text.includes('[DONE]'), name);
        is_ours(name, kind(JSON.parse(last.replace(/^data: /, ''))));
    }
});

test('a request that is too much is a fault of its own, and not worth a second try', async () => {
    const many = Array.from({ length: 2000 }, (_, i) => `tool_${i}`);
    const functions = many.map((name) => ({ type: 'function', function: { name, parameters: schema } }));
    const rows = [
        ['/v1/chat/completions', { messages, tools: functions }],
        ['/v1/responses', { input: 'a', tools: many.map((name) => ({ type: 'function', name, parameters: schema })) }],
        ['/v1/messages', { messages, max_tokens: 9, tools: many.map((name) => ({ name, input_schema: schema })) }],
        ['/api/chat', { messages, tools: functions }],
    ];
    for (const [path, body] of rows) {
        const got = await ask(service, path, { model: 'chat', ...body });
        assert.equal(got.status, 400, `${path}: ${got.text}`);
        assert.equal(got.headers.get('retry-after'), null);
        assert.match(got.text, /2000 tools/);
    }
});

test('a call that was cut is no call, in any whole answer', async () => {
    const tool = { name: 'note', parameters: schema };
    const n_calls = {
        '/v1/chat/completions': (j) => j.choices[0].message.tool_calls?.length ?? 0,
        '/v1/messages': (j) => j.content.filter((b) => b.type === 'tool_use').length,
        '/v1/responses': (j) => j.output.filter((i) => i.type === 'function_call' && i.status === 'completed').length,
    };
    const more = { model: 'fim', temperature: 1, seed: 1 };
    const bodies = {
        '/v1/chat/completions': { ...more, messages, max_tokens: 80, tool_choice: 'required', tools: [{ type: 'function', function: tool }] },
        '/v1/responses': { ...more, input: 'Hi.', max_output_tokens: 80, tool_choice: 'required', tools: [{ type: 'function', ...tool }] },
        '/v1/messages': { ...more, messages, max_tokens: 80, tool_choice: { type: 'any' }, tools: [{ name: tool.name, input_schema: schema }] },
    };
    const ends = { '/v1/chat/completions': (j) => j.choices[0].finish_reason, '/v1/messages': (j) => j.stop_reason, '/v1/responses': (j) => j.incomplete_details?.reason };
    const cut = { '/v1/chat/completions': 'length', '/v1/messages': 'max_tokens', '/v1/responses': 'max_output_tokens' };
    for (const [path, body] of Object.entries(bodies)) {
        let n_cut = 0;
        for (let seed = 1; seed <= 6; seed++) {
            const { json, text } = await ask(service, path, { ...body, seed });
            const streamed = await ask(service, path, { ...body, seed, stream: true });
            if (ends[path](json) !== cut[path]) continue;
            assert.ok(streamed.text.includes('"note"'), 'a stream has begun the call');
            assert.equal(n_calls[path](json), 0, text);
            n_cut++;
        }
        assert.ok(n_cut > 0, `${path}: none was cut`);
    }
});

test('what is wrong is named, also inside of messages', async () => {
    const rows = [
        [{ messages: [1] }, 'messages'],
        [{ messages: [{ content: 'x' }] }, 'messages'],
        [{ messages: [{ role: 'martian', content: 'x' }] }, 'messages'],
        [{ messages: [{ role: 'user', content: 5 }] }, 'messages'],
        [{ messages, stop: '' }, 'stop'],
        [{ messages, stop: ['a', ''] }, 'stop'],
        [{ messages, tool_choice: 'required' }, 'tool_choice'],
    ];
    for (const [body, param] of rows) {
        const got = await ask(service, '/v1/chat/completions', { model: 'chat', ...body });
        assert.equal(got.status, 400, got.text);
        assert.equal(got.json.error.param, param, got.text);
    }
    const long = await ask(service, '/v1/responses', { model: 'chat', input: 'word '.repeat(9000) });
    assert.equal(long.json.error.code, 'context_length_exceeded');
    assert.equal(long.json.error.param, 'input');
});

test('a message without content is an empty one for clients of Ollama', async () => {
    for (const message of [{ role: 'user' }, { role: 'user', content: null }]) {
        const got = await ask(service, '/api/chat', { model: 'chat', messages: [message], stream: false, options: { num_predict: 1 } });
        assert.equal(got.status, 200, got.text);
    }
});

test('what is not there is refused in the form of its dialect, and methods are told', async () => {
    const gone = await ask(service, '/api/nothing');
    assert.equal(gone.status, 404);
    assert.equal(typeof gone.json.error, 'string');
    assert.equal((await ask(service, '/v1/nothing')).json.error.type, 'not_found_error');
    assert.equal((await ask(service, '/v1/messages/nothing')).json.type, 'error');
    const rows = [
        ['/api/chat', 'GET', 'OPTIONS, POST'],
        ['/v1/chat/completions', 'HEAD', 'OPTIONS, POST'],
        ['/v1/models', 'DELETE', 'OPTIONS, GET, HEAD'],
        ['/lora-adapters', 'DELETE', 'OPTIONS, GET, HEAD, POST'],
    ];
    for (const [path, method, allow] of rows) {
        const got = await ask(service, path, undefined, { method });
        assert.equal(got.status, 405, path);
        assert.equal(got.headers.get('allow'), allow);
    }
    const { json } = await ask(service, '/models');
    assert.deepEqual(json, (await ask(service, '/v1/models')).json);
    for (const path of ['/models/load', '/models/unload']) {
        assert.equal((await ask(service, path, { model: 'chat' })).json.error.type, 'not_supported_error');
    }
});
