// A day in little: several clients of all dialects at once, who change their minds, on two models of
// which only one fits at a time; at the end nothing is left, and the service ends when told to.
//
// SOAK_S seconds, 8 where nothing is said; HOSTILE_LONG=1: 600.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { model, serve, until } from './lib.mjs';
import { at_rest, client, dice, is_long, is_sanitized, open, percentile, sleep, written } from './hostile.mjs';

const seconds = Number(process.env.SOAK_S ?? (is_long ? 600 : 8));
const { below, number, of } = dice(Number(process.env.SEED ?? 4));
// the front's cache of prompts is 64 MiB at least, a quarter of which is counted for each model
const s = await serve({ models: [model('wide'), model('chat')], args: ['--memory', '30'] });
const watcher = client(s);
await until(async () => (await watcher.ask('/ingle/status')).json.models[0].state === 'ready');

const words = ['Tell me', 'of the harbour', 'in 1874', 'and why', 'the boats', 'went elsewhere', 'é😀', '\n\n'];
const talk = () => Array.from({ length: 1 + below(12) }, () => of(words)).join(' ');
const schema = { type: 'object', properties: { a: { type: 'integer' }, b: { enum: ['x', 'y'] } }, required: ['a', 'b'], additionalProperties: false };
const tool = (n) => ({ type: 'function', function: { name: `f${n}`, parameters: schema } });
const messages = () => [{ role: 'user', content: talk() }];
const name = () => of(['wide', 'wide', 'wide', 'chat']);
const some = () => ({ temperature: of([0, 0.7, 1]), max_tokens: 1 + below(60) });
const options = () => ({ temperature: of([0, 1]), num_predict: 1 + below(60) });

const wishes = [
    () => ['/v1/chat/completions', { model: name(), messages: messages(), ...some() }],
    () => ['/v1/chat/completions', { model: name(), messages: messages(), ...some(), n: 2, logprobs: true, top_logprobs: 3 }],
    () => ['/v1/chat/completions', { model: name(), messages: messages(), ...some(), max_tokens: 200, response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } }],
    () => ['/v1/chat/completions', { model: 'wide', messages: messages(), ...some(), max_tokens: 300, tools: [tool(1), tool(2)], tool_choice: 'required' }],
    () => ['/v1/completions', { model: name(), prompt: [talk(), talk()], ...some() }],
    () => ['/v1/embeddings', { model: name(), input: [talk(), talk()] }],
    () => ['/v1/responses', { model: name(), input: talk(), max_output_tokens: 1 + below(60), store: number() < 0.3 }],
    () => ['/v1/messages', { model: name(), messages: messages(), max_tokens: 1 + below(60) }],
    () => ['/v1/messages/count_tokens', { model: name(), messages: messages() }],
    () => ['/api/chat', { model: name(), messages: messages(), options: options() }],
    () => ['/api/generate', { model: name(), prompt: talk(), options: options() }],
    () => ['/api/generate', { model: name(), keep_alive: of([0, 1, '5m', -1]), stream: false }],
    () => ['/api/embed', { model: name(), input: talk() }],
    () => ['/api/show', { model: name() }],
    () => ['/completion', { model: name(), prompt: talk(), n_predict: 1 + below(60), n_probs: of([0, 3]) }],
    () => ['/tokenize', { model: name(), content: talk() }],
    () => ['/apply-template', { model: 'chat', messages: messages() }],
    () => ['/ingle/tasks/redact', { text: `${talk()} a@b.org` }],
    () => ['/ingle/tasks/intent', { text: talk() }],
    () => ['/ingle/tasks/summarize', { text: `${talk()}. ${talk()}. ${talk()}.`, extractive: number() < 0.5 }],
    () => ['/ingle/tasks/draft', { kind: 'message', about: talk(), max_tokens: 1 + below(40) }],
    () => ['/ingle/tasks/digest', { notifications: [{ app: 'a', title: talk(), body: talk() }] }],
    () => ['/v1/chat/completions', { model: 'none', messages: messages() }],
    () => ['/v1/chat/completions', { messages: 5 }],
];
const expected = new Set([200, 400, 404, 429]);

/** Never both: the budget is for one. */
async function look(seen) {
    const { models } = (await watcher.ask('/ingle/status')).json;
    const loaded = models.filter((m) => m.state !== 'unloaded').map((m) => m.id);
    assert.ok(loaded.length <= 1, `${loaded} at once`);
    loaded.forEach((id) => seen.add(id));
}

/** One client, until `is_over()`. */
async function live(i, is_over, counts, times) {
    const mine = client(s, { 'user-agent': `client ${i % 4}` });
    while (!is_over()) {
        const [path, body] = of(wishes)();
        const streams = 'stream' in body || !/completion|chat|generate|messages$|responses$|tasks/.test(path) || path.endsWith('/show') ? body : { ...body, stream: number() < 0.5 };
        if (number() < 0.25) {
            const socket = open(s);
            await socket.connected;
            socket.write(written(s, path, streams));
            await sleep(below(40));
            if (number() < 0.5) socket.destroy();
            else socket.resetAndDestroy();
            counts.cut = (counts.cut ?? 0) + 1;
            continue;
        }
        const a = await mine.ask(path, streams);
        counts[a.status] = (counts[a.status] ?? 0) + 1;
        times.push(a.ms);
        assert.ok(expected.has(a.status), `${path} ${JSON.stringify(streams)}: ${a.status} ${a.text.slice(0, 300)}`);
        assert.ok(!/"error":\s*["{]/.test(a.text) || a.status !== 200, `${path} ${JSON.stringify(streams)}: ${a.text.slice(-300)}`);
        if (path === '/v1/chat/completions' && a.status === 200 && body.response_format && !streams.stream) {
            const { finish_reason, message } = a.json.choices[0];
            if (finish_reason === 'stop') assert.deepEqual(Object.keys(JSON.parse(message.content)).sort(), ['a', 'b']);
        }
    }
    mine.close();
}

test(`${seconds} seconds of everything`, async (t) => {
    const counts = {};
    const times = [];
    const seen = new Set();
    const run = async (share) => {
        const end = performance.now() + seconds * 1000 * share;
        // where all is slow it takes longer until something has happened
        const is_over = () => performance.now() > end && ((seen.size === 2 && counts[200] > 10) || performance.now() > end + 120000);
        const all = Array.from({ length: 6 }, (_, i) => live(i, is_over, counts, times));
        while (!is_over()) {
            await look(seen);
            await sleep(20);
        }
        await Promise.all(all);
        await until(async () => {
            const { queue } = (await watcher.ask('/ingle/status')).json;
            return queue.running + queue.waiting === 0;
        });
    };
    /** Both states are compared with the same model loaded, and only that. */
    const rest = async () => {
        await watcher.ask('/api/generate', { model: 'chat', keep_alive: 0, stream: false });
        await watcher.ask('/v1/chat/completions', { model: 'wide', messages: messages(), max_tokens: 2 });
        await until(async () => (await watcher.ask('/ingle/status')).json.models[1].state === 'unloaded');
        return at_rest(s, watcher);
    };
    await run(0.3);
    const before = await rest();
    await run(0.7);
    const after = await rest();
    t.diagnostic(`${JSON.stringify(counts)}, median ${percentile(times, 50).toFixed(0)} ms, p99 ${percentile(times, 99).toFixed(0)} ms`);
    t.diagnostic(`before ${JSON.stringify(before)}, after ${JSON.stringify(after)}`);
    assert.ok(counts[200] > 10);
    assert.deepEqual([...seen].sort(), ['chat', 'wide'], 'both had their turn');
    assert.ok(after.files <= before.files + 1, `${before.files}, then ${after.files} descriptors`); // one worker has prepared weights open, another not
    assert.deepEqual([after.threads, after.processes], [before.threads, before.processes]);
    assert.ok(is_sanitized || after.front - before.front < 16, `the front grew from ${before.front} to ${after.front} MiB`);
    assert.doesNotMatch(s.log(), /worker/i, 'it is told when one dies');
    watcher.close();
    const begin = performance.now();
    assert.equal(await s.stop(), 0, s.log());
    const ms = performance.now() - begin;
    assert.ok(ms < (is_long && !is_sanitized ? 2000 : 15000), `it took ${ms} ms to end`);
});
