// The Ollama dialect, spoken by Ollama's own client.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ask, load, model, serve, until } from './lib.mjs';

const { Ollama } = load('ollama');
const service = await serve({ models: [model('tiny'), model('chat'), model('fim')] });
const { url, token } = service;
const headers = { authorization: `Bearer ${token}` };
const client = new Ollama({ host: url, headers });
const messages = [{ role: 'user', content: 'Once upon a time' }];
const few = { num_predict: 6, seed: 3 };

const post = (path, body) => ask(service, path, body);
const lines = (text) => text.trimEnd().split('\n').map((line) => JSON.parse(line));

function is_end(end, reason) {
    assert.equal(end.done, true);
    assert.equal(end.done_reason, reason);
    for (const field of ['total_duration', 'load_duration', 'prompt_eval_duration', 'eval_duration']) {
        assert.ok(Number.isInteger(end[field]) && end[field] >= 0, field);
    }
    assert.ok(end.total_duration >= end.prompt_eval_duration + end.eval_duration);
    assert.match(end.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
    assert.ok(Math.abs(Date.parse(end.created_at) - Date.now()) < 60000);
}

test('it is running', async () => {
    const root = await ask(service, '/');
    assert.equal(root.text, 'Ollama is running');
    const head = await fetch(`${url}/`, { method: 'HEAD', headers });
    assert.equal(head.status, 200);
    assert.equal(await head.text(), '');
    const { version } = await client.version();
    assert.match(version, /^\d+\.\d+\.\d+$/);
    const [major, minor, patch] = version.split('.').map(Number);
    assert.ok(major > 0 || minor > 6 || (minor === 6 && patch >= 4));
});

test('a list of the models', async () => {
    const { models } = await client.list();
    assert.deepEqual(
        models.map((m) => m.name),
        ['tiny:latest', 'chat:latest', 'fim:latest'],
    );
    for (const m of models) {
        assert.equal(m.model, m.name);
        assert.match(m.digest, /^[0-9a-f]{64}$/);
        assert.ok(m.size > 10000);
        assert.ok(!Number.isNaN(Date.parse(m.modified_at)));
        assert.equal(m.details.format, 'gguf');
        assert.deepEqual(m.details.families, [m.details.family]);
        assert.match(m.details.parameter_size, /^\d+K$/);
        assert.equal(m.details.quantization_level, 'F32');
    }
    assert.equal(models[1].details.family, 'smollm3');
});

test('what a model is', async () => {
    const chat = await client.show({ model: 'chat' });
    assert.ok(chat.capabilities.includes('completion'));
    assert.ok(chat.capabilities.includes('tools'));
    assert.ok(chat.capabilities.includes('thinking'));
    assert.ok(!chat.capabilities.includes('insert'));
    assert.ok(!chat.template.includes('.Suffix'));
    assert.equal(chat.model_info['general.architecture'], 'smollm3');
    assert.ok(Number.isInteger(chat.model_info['smollm3.context_length']));
    assert.ok(chat.model_info['general.parameter_count'] > 1000);
    assert.ok(chat.model_info['tokenizer.chat_template'].includes('<|im_start|>'));
    assert.equal(chat.model_info['tokenizer.ggml.tokens'], null);
    assert.match(chat.parameters, /^num_ctx +\d+$/);
    assert.ok(!JSON.stringify(chat).includes('.gguf'), 'no path and no file name');
    const fim = await client.show({ model: 'fim:latest' });
    assert.ok(fim.capabilities.includes('insert'));
    assert.ok(!fim.capabilities.includes('tools'), 'it has no chat template');
    assert.ok(fim.template.includes('.Suffix'));
    const again = await client.show({ model: 'fim' });
    assert.deepEqual(again, fim);
});

test('a file that is no model is listed, and no path is told', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ingle-ollama-'));
    const path = join(folder, 'broken.gguf');
    writeFileSync(path, 'GGUF is not enough');
    const other = await serve({ models: [model('tiny'), path] });
    const { json } = await ask(other, '/api/tags');
    assert.deepEqual(json.models.map((m) => [m.name, m.details.family]), [['tiny:latest', 'llama'], ['broken:latest', '']]);
    const shown = await ask(other, '/api/show', { model: 'broken' });
    assert.equal(shown.status, 500);
    assert.match(shown.json.error, /'broken' could not be loaded/);
    assert.ok(!shown.text.includes(folder));
    rmSync(folder, { recursive: true });
});

test('a model that is not there', async () => {
    for (const name of ['nosuch', 'tiny:other', '../tiny', 'tiny.gguf', model('tiny')]) {
        await assert.rejects(client.show({ model: name }), (e) => {
            assert.equal(e.status_code, 404);
            assert.equal(e.message, `model '${name.slice(0, 120)}' not found`);
            return true;
        });
        await assert.rejects(client.generate({ model: name, prompt: 'x' }), { status_code: 404 });
        await assert.rejects(client.chat({ model: name, messages }), { status_code: 404 });
    }
    const none = await post('/api/chat', { messages });
    assert.equal(none.status, 400);
    assert.deepEqual(none.json, { error: 'model is required' });
});

test('a prompt is answered at once, or in lines', async () => {
    const whole = await client.generate({ model: 'chat', prompt: 'hello', options: few });
    assert.equal(whole.model, 'chat');
    is_end(whole, 'length');
    assert.equal(whole.eval_count, 6);
    assert.ok(whole.prompt_eval_count > 5, 'the template is around it');
    let text = '';
    let last;
    for await (const part of await client.generate({
        model: 'chat',
        prompt: 'hello',
        options: few,
        stream: true,
    })) {
        if (last) assert.equal(last.done, false);
        text += part.response;
        last = part;
    }
    is_end(last, 'length');
    assert.equal(text, whole.response, 'the same seed');
    const system = await client.generate({ model: 'chat', prompt: 'hello', system: 'Be kind.', options: few });
    assert.ok(system.prompt_eval_count > whole.prompt_eval_count);
    const raw = await client.generate({ model: 'chat', prompt: 'hello', raw: true, options: few });
    assert.ok(raw.prompt_eval_count < whole.prompt_eval_count);
});

test('a context is brought along', async () => {
    const asked = { model: 'chat', think: false, options: few };
    const first = await client.generate({ ...asked, prompt: 'hello', system: 'Be kind.' });
    assert.ok(first.context.every((n) => Number.isInteger(n) && n >= 0));
    const second = await client.generate({ ...asked, prompt: 'and now?', context: first.context });
    const said = [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: 'hello' },
        { role: 'assistant', content: first.response },
        { role: 'user', content: 'and now?' },
    ];
    const chat = await client.chat({ ...asked, messages: said });
    assert.equal(second.prompt_eval_count, chat.prompt_eval_count);
    assert.equal(second.response, chat.message.content);
    let last;
    for await (const part of await client.generate({ ...asked, prompt: 'and now?', context: first.context, stream: true })) last = part;
    assert.deepEqual(last.context, second.context);
    const other = await client.generate({ ...asked, prompt: 'and now?', system: 'Be rude, be very rude.', context: first.context });
    said[0].content = 'Be rude, be very rude.';
    assert.equal(other.prompt_eval_count, (await client.chat({ ...asked, messages: said })).prompt_eval_count);
    const broken = [1, {}, 'x', [1, 2, 3], first.context.slice(0, -1), [...first.context, 1], first.context.with?.(1, 1e9), first.context.map((n, i) => (i > 1 ? n ^ 0x555555 : n)), first.context.map((n, i) => (i === 2 ? -1 : n))];
    for (const context of broken.filter((b) => b !== undefined)) {
        const answer = await post('/api/generate', { ...asked, prompt: 'x', context });
        assert.equal(answer.status, 400);
        assert.match(answer.json.error, /'context'/);
    }
    for (const more of [{ raw: true }, { suffix: 'x' }]) {
        const answer = await post('/api/generate', { model: 'fim', prompt: 'x', context: first.context, ...more });
        assert.equal(answer.status, 400);
    }
});

test('a middle is filled', async () => {
    const asked = { model: 'fim', prompt: 'int add(int a, int b) {', suffix: '}', options: few };
    const whole = await client.generate(asked);
    is_end(whole, 'length');
    assert.equal(whole.eval_count, 6);
    assert.equal(whole.dropped_count, undefined);
    let text = '';
    for await (const part of await client.generate({ ...asked, raw: true, stream: true })) {
        text += part.response;
    }
    assert.equal(text, whole.response);
    const other = await client.generate({ ...asked, suffix: '} and much more' });
    assert.ok(other.prompt_eval_count > whole.prompt_eval_count);
    const long = await client.generate({ ...asked, prompt: 'int a = b + c;\n'.repeat(2000) });
    assert.ok(long.dropped_count > 1000);
    const cannot = await post('/api/generate', { ...asked, model: 'tiny' });
    assert.equal(cannot.status, 400);
    for (const [name, value] of [['system', 'x'], ['think', true]]) {
        const answer = await post('/api/generate', { ...asked, [name]: value });
        assert.equal(answer.status, 400);
        assert.ok(answer.json.error.includes(`'${name}'`));
    }
});

test('streaming is what happens if nothing is said', async () => {
    const answer = await post('/api/generate', { model: 'tiny', prompt: 'x', options: few });
    assert.equal(answer.headers.get('content-type'), 'application/x-ndjson');
    const all = lines(answer.text);
    assert.ok(all.length >= 2);
    assert.equal(all.at(-1).done, true);
});

test('messages are answered at once, or in lines', async () => {
    const whole = await client.chat({ model: 'chat', messages, think: false, options: few });
    assert.equal(whole.message.role, 'assistant');
    assert.equal(whole.message.thinking, undefined);
    is_end(whole, 'length');
    let text = '';
    let last;
    for await (const part of await client.chat({
        model: 'chat',
        messages,
        think: false,
        options: few,
        stream: true,
    })) {
        text += part.message.content;
        last = part;
    }
    is_end(last, 'length');
    assert.equal(text, whole.message.content);
});

test('thinking stands apart', async () => {
    const options = { num_predict: 12, seed: 3, temperature: 0 };
    const on = await client.chat({ model: 'chat', messages, think: true, options });
    assert.ok(on.message.thinking.length > 0);
    const level = await client.chat({ model: 'chat', messages, think: 'low', options });
    assert.ok(level.message.thinking.length > 0);
    const off = await client.chat({ model: 'chat', messages, think: false, options });
    assert.equal(off.message.thinking, undefined);
    const prompt = await client.generate({ model: 'chat', prompt: 'x', think: true, options });
    assert.ok(prompt.thinking.length > 0);
    let thinking = '';
    for await (const part of await client.chat({ model: 'chat', messages, think: true, options, stream: true })) {
        thinking += part.message.thinking ?? '';
    }
    assert.equal(thinking, on.message.thinking);
    await assert.rejects(client.chat({ model: 'tiny', messages, think: true }), { status_code: 400 });
    const odd = await post('/api/chat', { model: 'chat', messages, think: 'much' });
    assert.equal(odd.status, 400);
    assert.match(odd.json.error, /'think' is 'much'/);
});

const weather = {
    type: 'function',
    function: {
        name: 'get_weather',
        description: 'The weather of a place.',
        parameters: {
            type: 'object',
            properties: { city: { type: 'string', enum: ['Paris', 'Oslo'] } },
            required: ['city'],
            additionalProperties: false,
        },
    },
};

test('a call has its arguments as an object, and all of it in one line', async () => {
    const ask_for = { model: 'fim', messages, tools: [weather] };
    for (let seed = 1; seed <= 80; seed++) {
        const options = { seed, temperature: 3, top_k: 0 };
        const whole = await client.chat({ ...ask_for, options });
        if (!whole.message.tool_calls) continue;
        const [call] = whole.message.tool_calls;
        assert.equal(whole.message.content, '');
        assert.equal(call.function.name, 'get_weather');
        assert.ok(['Paris', 'Oslo'].includes(call.function.arguments.city));
        assert.deepEqual(Object.keys(call.function.arguments), ['city']);
        const calls = [];
        for await (const part of await client.chat({ ...ask_for, options, stream: true })) {
            calls.push(...(part.message.tool_calls ?? []));
        }
        assert.deepEqual(calls[0].function, call.function);
        const followed = await client.chat({
            ...ask_for,
            messages: [...messages, whole.message, { role: 'tool', content: '7', tool_name: 'get_weather' }],
            options,
        });
        assert.equal(followed.done, true);
        return;
    }
    assert.fail('no seed made a call');
});

test('a call that was cut is none, in lines or not', async () => {
    const loose = structuredClone(weather);
    loose.function.parameters = { type: 'object' };
    for (let seed = 1; seed <= 12; seed++) {
        const asked = { model: 'fim', messages, tools: [loose], options: { seed, temperature: 3, top_k: 0, num_predict: 200 } };
        const whole = await client.chat(asked);
        let n = 0;
        for await (const part of await client.chat({ ...asked, stream: true })) n += part.message.tool_calls?.length ?? 0;
        assert.equal(whole.message.tool_calls?.length ?? 0, n);
    }
});

test('results of tools find their calls', async () => {
    const call = (name, id) => ({ id, function: { name, arguments: { city: 'Oslo' } } });
    const conversation = [
        ...messages,
        { role: 'assistant', content: '', thinking: 'hm', tool_calls: [call('get_weather'), call('other')] },
        { role: 'tool', content: '3', tool_name: 'other' },
        { role: 'tool', content: '7', tool_name: 'get_weather' },
    ];
    const answer = await client.chat({ model: 'chat', messages: conversation, tools: [weather], options: few });
    assert.equal(answer.message.role, 'assistant');
    const lost = [...messages, { role: 'tool', content: '3', tool_name: 'nobody' }];
    await assert.rejects(client.chat({ model: 'chat', messages: lost }), { status_code: 400 });
});

test('a schema is kept to, whatever the model would say', async () => {
    const format = {
        type: 'object',
        properties: { n: { type: 'integer', minimum: 0, maximum: 9 }, yes: { type: 'boolean' } },
        required: ['n', 'yes'],
        additionalProperties: false,
    };
    const chat = await client.chat({ model: 'chat', messages, format, think: false, options: { seed: 1 } });
    assert.deepEqual(Object.keys(JSON.parse(chat.message.content)).sort(), ['n', 'yes']);
    const generated = await client.generate({ model: 'chat', prompt: 'x', format, think: false });
    assert.deepEqual(Object.keys(JSON.parse(generated.response)).sort(), ['n', 'yes']);
    const raw = await client.generate({ model: 'chat', prompt: 'x', format, raw: true });
    assert.equal(typeof JSON.parse(raw.response).yes, 'boolean');
    const json = await client.chat({ model: 'tiny', messages, format: 'json', options: { num_predict: 30 } });
    assert.equal(json.message.content.trimStart()[0], '{');
    for (const wrong of ['xml', 7, ['json'], { type: 'nosuch' }, { $ref: 'https://example.org/x' }]) {
        const answer = await post('/api/chat', { model: 'chat', messages, format: wrong, stream: false });
        assert.equal(answer.status, 400, JSON.stringify(wrong));
        assert.equal(typeof answer.json.error, 'string');
    }
    const both = await post('/api/chat', { model: 'chat', messages, format, tools: [weather], stream: false });
    assert.equal(both.status, 400);
});

test('vectors', async () => {
    const input = ['one text', 'another one', 'one text'];
    const { model: name, embeddings, prompt_eval_count, total_duration } = await client.embed({ model: 'tiny', input });
    assert.equal(name, 'tiny');
    assert.equal(embeddings.length, 3);
    assert.deepEqual(embeddings[0], embeddings[2]);
    assert.notDeepEqual(embeddings[0], embeddings[1]);
    assert.ok(prompt_eval_count > 3 && Number.isInteger(total_duration));
    const length = (v) => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
    assert.ok(Math.abs(length(embeddings[0]) - 1) < 1e-5);
    const one = await client.embed({ model: 'tiny', input: 'one text', dimensions: 8 });
    assert.equal(one.embeddings[0].length, 8);
    assert.ok(Math.abs(length(one.embeddings[0]) - 1) < 1e-5);
    const old = await client.embeddings({ model: 'tiny', prompt: 'one text' });
    old.embedding.forEach((x, i) => assert.ok(Math.abs(x - embeddings[0][i]) < 1e-5));
    const long = 'word '.repeat(3000);
    const cut = await client.embed({ model: 'tiny', input: long });
    assert.equal(cut.prompt_eval_count, 512);
    await assert.rejects(client.embed({ model: 'tiny', input: long, truncate: false }), { status_code: 400 });
    await assert.rejects(client.embed({ model: 'nosuch', input: 'x' }), { status_code: 404 });
    for (const model of ['tiny', 'chat']) {
        const empty = await client.embed({ model, input: [] });
        assert.deepEqual([empty.embeddings, empty.prompt_eval_count], [[], 0]);
        assert.deepEqual((await client.embed({ model, input: '' })).embeddings, []);
        assert.deepEqual(await client.embeddings({ model, prompt: '' }), { embedding: [] });
    }
    await assert.rejects(client.embed({ model: 'nosuch', input: [] }), { status_code: 404 });
    for (const wrong of [{}, { input: 1 }, { input: {} }, { input: 'x', dimensions: 100000 }, { input: 'x', dimensions: 'x' }, { input: 'x', truncate: 1 }, { input: 'x', options: { num_ctx: 1e6 } }, { input: 'x', keep_alive: 'x' }]) {
        const answer = await post('/api/embed', { model: 'tiny', ...wrong });
        assert.equal(answer.status, 400, JSON.stringify(wrong));
    }
    assert.equal((await post('/api/embeddings', { model: 'tiny', prompt: ['x'] })).status, 400);
});

test('log-probabilities', async () => {
    const whole = await client.generate({ model: 'tiny', prompt: 'a', raw: true, logprobs: true, top_logprobs: 3, options: few });
    assert.equal(whole.logprobs.length, 6);
    for (const token of whole.logprobs) {
        assert.ok(token.logprob <= 0);
        assert.equal(token.top_logprobs.length, 3);
        assert.ok(token.top_logprobs[0].logprob >= token.top_logprobs[2].logprob);
        assert.ok(token.bytes.every((b) => b >= 0 && b < 256));
    }
    const told = [];
    for await (const part of await client.chat({ model: 'chat', messages, logprobs: true, options: few, stream: true })) {
        told.push(...(part.logprobs ?? []));
    }
    assert.equal(told.length, 6);
    assert.equal(told[0].top_logprobs, undefined);
    const alone = await post('/api/chat', { model: 'chat', messages, top_logprobs: 2 });
    assert.equal(alone.status, 400);
});

test('options are honoured or refused by name', async () => {
    const cold = { temperature: 0, num_predict: 8 };
    const say = async (options) =>
        (await client.generate({ model: 'tiny', prompt: 'abc', raw: true, options })).response;
    const greedy = await say(cold);
    assert.equal(await say({ ...cold, seed: 9, top_k: 1 }), greedy);
    assert.notEqual(await say({ ...cold, repeat_penalty: 900, repeat_last_n: -1 }), greedy);
    assert.equal(await say({ temperature: 1000, top_k: 1, num_predict: 8 }), greedy);
    assert.equal(await say({ ...cold, num_thread: 1, num_gpu: 99, num_batch: 2, use_mmap: false, nosuch: {} }), greedy);
    const stop = greedy.slice(3, 5);
    const cut = await client.generate({ model: 'tiny', prompt: 'abc', raw: true, options: { ...cold, stop: [stop] } });
    assert.equal(cut.response, greedy.slice(0, greedy.indexOf(stop)));
    assert.equal(cut.done_reason, 'stop');
    assert.equal((await say({ ...cold, num_ctx: 64 })).length, greedy.length);
    const large = await post('/api/generate', { model: 'fim', prompt: 'x', options: { num_ctx: 100000 } });
    assert.equal(large.status, 400);
    assert.match(large.json.error, /'num_ctx' is 100000.*2048 tokens/);
    for (const [path, empty] of [['/api/generate', { prompt: '' }], ['/api/chat', { messages: [] }], ['/api/embed', { input: [] }]]) {
        const nothing = await post(path, { model: 'fim', ...empty, options: { num_ctx: 100000 } });
        assert.equal(nothing.status, 400, path);
    }
    for (const [name, value] of [['mirostat', 1], ['tfs_z', 0.5]]) {
        const answer = await post('/api/generate', { model: 'tiny', prompt: 'x', options: { [name]: value } });
        assert.equal(answer.status, 400);
        assert.match(answer.json.error, new RegExp(`'${name}' is not supported`));
    }
});

test('fields of odd kinds are refused by name', async () => {
    const odd = ['x', {}, [], true, 1e300, -1e300, 0.5];
    const numbers = ['num_ctx', 'num_predict', 'top_k', 'seed', 'repeat_last_n'];
    const fractions = ['temperature', 'top_p', 'min_p', 'typical_p', 'repeat_penalty', 'presence_penalty', 'frequency_penalty'];
    const tries = [];
    for (const name of [...numbers, ...fractions]) {
        for (const value of odd) {
            if (fractions.includes(name) && value === 0.5) continue;
            tries.push([name, { options: { [name]: value } }]);
        }
    }
    for (const value of [1, {}, [1], true]) tries.push(['stop', { options: { stop: value } }]);
    for (const value of ['x', 1, [], {}]) {
        tries.push(['stream', { stream: value }], ['logprobs', { logprobs: value }]);
    }
    for (const value of ['x', 21, -1, 0.5, {}]) tries.push(['top_logprobs', { logprobs: true, top_logprobs: value }]);
    for (const value of ['x', '5', '5x', '1.2.3s', 's', '--1s', '1e999s', '0x1s', '', {}, [], true, 1e300].slice(0)) {
        if (value === '5') continue; /* seconds */
        tries.push(['keep_alive', { keep_alive: value }]);
    }
    for (const value of [1, 'x', []]) tries.push(['options', { options: value }]);
    for (const value of [1, [], {}]) tries.push(['prompt', { prompt: value }], ['system', { system: value }]);
    for (const [name, fields] of tries) {
        const answer = await post('/api/generate', { model: 'tiny', prompt: 'x', ...fields });
        assert.equal(answer.status, 400, `${JSON.stringify(fields)}: ${answer.text}`);
        assert.ok(answer.json.error.includes(`'${name}'`), `${JSON.stringify(fields)}: ${answer.text}`);
    }
    for (const refused of ['images', 'template', 'truncate', 'shift']) {
        const value = { images: ['aGk='], template: '{{ .Prompt }}', truncate: true, shift: true }[refused];
        const answer = await post('/api/generate', { model: 'tiny', prompt: 'x', [refused]: value });
        assert.equal(answer.status, 400);
        assert.ok(answer.json.error.includes(`'${refused}'`));
    }
    for (const wrong of [1, 'x', {}, [1], [null], [{}], [{ role: 'nobody', content: 'x' }], [{ role: 'user', content: 1 }], [{ role: 'user', content: 'x', images: ['aGk='] }]]) {
        const answer = await post('/api/chat', { model: 'chat', messages: wrong });
        assert.equal(answer.status, 400, JSON.stringify(wrong));
    }
    for (const nothing of [{ options: null, format: null, think: null, keep_alive: null, stream: null, system: null }]) {
        const answer = await post('/api/generate', { model: 'tiny', prompt: 'x', ...nothing, options: { num_predict: 1, stop: null } });
        assert.equal(answer.status, 200);
    }
});

test('a model is loaded, kept and unloaded as told', async () => {
    const loaded = async (name) => (await client.ps()).models.find((m) => m.name === `${name}:latest`);
    const load_answer = await client.generate({ model: 'fim', prompt: '' });
    assert.equal(load_answer.done_reason, 'load');
    assert.equal(load_answer.response, '');
    const here = await loaded('fim');
    assert.ok(here.size > 0 && here.size_vram === 0);
    assert.equal(here.context_length, 2048);
    const left = (m) => Date.parse(m.expires_at) - Date.now();
    assert.ok(left(here) > 290000 && left(here) < 301000);
    await client.generate({ model: 'fim', prompt: 'x', keep_alive: '1h30m', options: few });
    assert.ok(Math.abs(left(await loaded('fim')) - 5400000) < 20000);
    await client.chat({ model: 'fim', messages: [], keep_alive: 60 });
    assert.ok(Math.abs(left(await loaded('fim')) - 60000) < 20000);
    await client.generate({ model: 'fim', prompt: 'x', keep_alive: -1, options: few });
    assert.ok(left(await loaded('fim')) > 1e9);
    const gone = await client.generate({ model: 'fim', prompt: '', keep_alive: 0 });
    assert.equal(gone.done_reason, 'unload');
    await until(async () => !(await loaded('fim')));
    const chat_gone = await client.chat({ model: 'fim', messages: [], keep_alive: 0 });
    assert.equal(chat_gone.done_reason, 'unload');
    await client.generate({ model: 'fim', prompt: 'x', options: few });
    assert.ok(left(await loaded('fim')) > 290000, 'that it was to go is forgotten');
    await client.generate({ model: 'fim', prompt: 'x', keep_alive: '0s', options: few });
    await until(async () => !(await loaded('fim')));
    await client.embed({ model: 'fim', input: [], keep_alive: '10m' });
    assert.ok(left(await loaded('fim')) > 301000);
    await client.embeddings({ model: 'fim', prompt: '', keep_alive: 0 });
    await until(async () => !(await loaded('fim')));
});

test('a model that is to go, but is at work, is not said to stay for ever', async () => {
    const own = await serve({ models: [model('lasting')], args: ['-c', '16384', '--memory', '400'] });
    const mine = new Ollama({ host: own.url, headers: { authorization: `Bearer ${own.token}` } });
    const long = { model: 'lasting', prompt: 'x', stream: true, options: { num_predict: 9000, temperature: 1 } };
    const stream = await mine.generate(long);
    await stream[Symbol.asyncIterator]().next();
    await mine.generate({ model: 'lasting', prompt: '', keep_alive: 0 });
    const [here] = (await mine.ps()).models;
    assert.ok(Math.abs(Date.parse(here.expires_at) - Date.now()) < 60000, here.expires_at);
    stream.abort();
    await until(async () => (await mine.ps()).models.length === 0);
});

test('a client that aborts is heard', async () => {
    const own = await serve({ models: [model('lasting')], args: ['-c', '16384', '--memory', '400'] });
    const other = new Ollama({ host: own.url, headers: { authorization: `Bearer ${own.token}` } });
    const options = { num_predict: 9000, temperature: 0 };
    const stream = await other.generate({ model: 'lasting', prompt: 'x', stream: true, options });
    const read = async () => {
        for await (const part of stream) if (!part.done) stream.abort();
    };
    await assert.rejects(read, { name: 'AbortError' });
    await until(async () => (await ask(own, '/ingle/status')).json.queue.running === 0);
    const after = await other.generate({ model: 'lasting', prompt: 'x', options: few });
    assert.equal(after.done, true);
});

test('who shows no token is told so in the same form', async () => {
    const stranger = new Ollama({ host: url });
    await assert.rejects(stranger.list(), (e) => {
        assert.equal(e.status_code, 401);
        assert.match(e.message, /token/);
        return true;
    });
});

test('nothing changes the models', async () => {
    const steps = [];
    for await (const step of await client.pull({ model: 'tiny', stream: true })) steps.push(step.status);
    assert.equal(steps.at(-1), 'success');
    assert.equal((await client.pull({ model: 'tiny' })).status, 'success');
    const refusals = [
        () => client.pull({ model: 'llama3' }),
        () => client.push({ model: 'tiny' }),
        () => client.create({ model: 'mine', from: 'tiny' }),
        () => client.copy({ source: 'tiny', destination: 'other' }),
        () => client.delete({ model: 'tiny' }),
    ];
    for (const refusal of refusals) {
        await assert.rejects(refusal, (e) => {
            assert.equal(e.status_code, 403);
            assert.match(e.message, /^This service [a-z ,]+.*\.$/);
            return true;
        });
    }
    const blob = await fetch(`${url}/api/blobs/sha256:${'0'.repeat(64)}`, { method: 'HEAD', headers });
    assert.equal(blob.status, 404);
    const method = await ask(service, '/api/generate');
    assert.equal(method.status, 405);
    assert.equal(typeof method.json.error, 'string');
});
