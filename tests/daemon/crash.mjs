// Workers that die, are ended or stand still in the middle of answers of every dialect: each client
// is told in its own form and soon, the next one is served, and a model that crashes again and again
// is not tried for ever.
//
// HOSTILE_LONG=1: 300 deaths instead of 16.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, model, serve, until } from './lib.mjs';
import { at_rest, client, dice, is_long, is_sanitized, lasting, open, shape, sleep, workers, written } from './hostile.mjs';

const { below, of, number } = dice(Number(process.env.SEED ?? 2));
const start = (more) => serve({ models: [model('lasting')], args: ['-c', '16384', '--memory', '400'], ...more });
const trifle = { messages: [{ role: 'user', content: 'Once' }], max_tokens: 2, temperature: 0 };

/** The last thing that a stream said, as JSON, and its name if events have names. */
function last_of(text) {
    const body = text.slice(text.indexOf('\r\n\r\n') + 4).replace(/(^|\r\n)[0-9a-f]+\r\n/g, '').replaceAll('\r\n', '');
    const piece = body.split('\n').filter((line) => line && !line.startsWith(':') && !line.startsWith('event: ')).at(-1);
    const event = [...body.matchAll(/^event: (.*)$/gm)].at(-1)?.[1];
    return { event, json: JSON.parse(piece.replace(/^data: /, '')) };
}

const is_sentence = (message) => assert.match(message, /^[^\n/]{10,300}$/);

/** What each dialect says of a failure, whole or at the end of a stream. */
const told = {
    openai: ({ json }) => is_sentence(json.error.message),
    responses: ({ event, json }) => {
        if (event === undefined) return is_sentence(json.error.message);
        assert.match(event, /^(response\.failed|error)$/);
        is_sentence(json.response?.error?.message ?? json.message);
    },
    anthropic: ({ event, json }) => {
        assert.ok(event === undefined || event === 'error', event);
        assert.equal(json.type, 'error');
        is_sentence(json.error.message);
    },
    ollama: ({ json }) => is_sentence(json.error),
    llamacpp: ({ json }) => {
        assert.equal(typeof json.error.code, 'number');
        is_sentence(json.error.message);
    },
    ingle: ({ event, json }) => {
        assert.ok(event === undefined || event === 'error', event);
        is_sentence(json.error.message);
    },
};
const dialect_of = (path) =>
    ({ '/v1/responses': 'responses', '/v1/messages': 'anthropic', '/completion': 'llamacpp' })[path] ??
    (path.startsWith('/api/') ? 'ollama' : path.startsWith('/ingle/') ? 'ingle' : 'openai');

/** Somebody whose answer will not come to its end. */
async function sufferer(s, name) {
    const [path, body] = lasting[name];
    const stream = number() < 0.6;
    const socket = open(s);
    await socket.connected;
    socket.write(written(s, path, { ...body, stream }, { fields: 'Connection: close\r\n' }));
    return { name, path, stream, socket };
}

/** It was told, in the form of its dialect; how it is known from one that had ended by itself. */
async function was_told({ name, path, stream, socket }, limit_ms) {
    const limit = new Promise((go) => setTimeout(() => go(false), limit_ms).unref()); // it is no reason to stay
    const is_over = await Promise.race([socket.gone.then(() => true), limit]);
    const what = `${name}, ${stream ? 'streamed' : 'whole'}`;
    assert.ok(is_over, `${what} heard nothing for ${limit_ms} ms: ${socket.text().slice(-200)}`);
    const text = socket.text();
    socket.destroy();
    const status = Number(text.slice(9, 12));
    try {
        if (status !== 200) {
            assert.equal(status, 500);
            told[dialect_of(path)](last_of(text));
            return true;
        }
        if (!stream) return false; // it had come to its end
        const { event, json } = last_of(text.replace('data: [DONE]\n\n', 'data: {"done":true}\n\n'));
        const is_end = json.done || json.stop || json.type === 'message_stop' || event === 'result' || /completed|incomplete/.test(event);
        if (is_end) return false;
        told[dialect_of(path)]({ event, json });
        return true;
    } catch (error) {
        error.message = `${what}: ${error.message}: ${text.slice(-400)}`;
        throw error;
    }
}

test('who is being answered when a worker dies is told at once, and the next one is served', async (t) => {
    const s = await start();
    const mine = client(s);
    assert.equal((await mine.ask('/v1/chat/completions', trifle)).status, 200);
    process.kill(workers(s)[0], 'SIGKILL'); // the first one alone writes prepared weights
    await until(() => workers(s).length === 0);
    assert.equal((await mine.ask('/v1/chat/completions', trifle)).status, 200);
    const before = await at_rest(s, mine);
    const n = is_long ? 300 : 16;
    const names = Object.keys(lasting);
    const times = { SIGKILL: [], SIGSTOP: [], again: [] };
    let n_told = 0;
    for (let i = 0; i < n; i++) {
        const signal = i % 8 === 7 ? 'SIGSTOP' : 'SIGKILL';
        const [worker] = workers(s);
        // more than its slots, so that some wait
        const all = await Promise.all(Array.from({ length: 4 + below(5) }, (_, k) => sufferer(s, names[(i * 5 + k) % names.length])));
        await until(async () => (await mine.ask('/ingle/status')).json.queue.running > 0);
        await sleep(below(80));
        process.kill(worker, signal);
        const begin = performance.now();
        // those that waited are answered by the next worker: they are left
        await until(() => workers(s)[0] !== worker);
        times[signal].push(performance.now() - begin);
        for (const one of all) {
            one.socket.gone.then(() => (one.is_over = true));
        }
        await until(() => all.some((a) => a.is_over), 2000).catch(() => {});
        await sleep(50);
        for (const one of all.filter((a) => a.is_over)) n_told += await was_told(one, 1);
        all.forEach((a) => a.socket.destroy());
        const after = performance.now();
        const next = await mine.ask('/v1/chat/completions', trifle);
        assert.equal(next.status, 200, next.text);
        times.again.push(performance.now() - after);
    }
    const end = await at_rest(s, mine);
    t.diagnostic(`${n_told} were told`);
    t.diagnostic(`killed, another one there after ${shape(times.SIGKILL)}`);
    t.diagnostic(`stopped, another one there after ${shape(times.SIGSTOP)}`);
    t.diagnostic(`the next was answered after ${shape(times.again)}`);
    t.diagnostic(`before ${JSON.stringify(before)}, after ${JSON.stringify(end)}`);
    assert.ok(n_told >= n, `${n_told} were told`);
    // the short run, beside other tests, sees only what takes for ever
    assert.ok(Math.max(...times.SIGKILL) < (is_long ? 2000 : 15000));
    assert.ok(Math.max(...times.SIGSTOP) < (is_long ? 4000 : 15000), 'life.h: stopped for a second');
    assert.deepEqual([end.files, end.threads, end.processes], [before.files, before.threads, before.processes]);
    assert.ok(is_sanitized || end.front - before.front < 16, `the front grew from ${before.front} to ${end.front} MiB`);
    mine.close();
    assert.equal(await s.stop(), 0);
});

test('in every dialect, whole and streamed, a death is told in its form', async () => {
    const s = await start();
    const mine = client(s);
    for (const name of Object.keys(lasting)) {
        let n = 0;
        for (let i = 0; i < 5 && n === 0; i++) { // what is short may have ended before that was seen
            const all = [];
            for (const stream of [true, false]) {
                const [path, body] = lasting[name];
                const socket = open(s);
                await socket.connected;
                socket.write(written(s, path, { ...body, stream }, { fields: 'Connection: close\r\n' }));
                all.push({ name, path, stream, socket });
            }
            await until(async () => {
                const { http, queue } = (await mine.ask('/ingle/status')).json;
                // both of them, and the one that asks; what waits would be answered by the next worker
                const are_there = http.running === 3 && queue.running > 0 && queue.waiting === 0;
                return are_there || all.some((a) => a.socket.readableEnded);
            });
            await sleep(20);
            for (const worker of workers(s)) process.kill(worker, 'SIGKILL');
            for (const one of all) n += await was_told(one, 120000);
        }
        assert.ok(n > 0, `${name}: nobody was told`);
        assert.equal((await mine.ask('/v1/chat/completions', trifle)).status, 200);
    }
    mine.close();
});

test('a model that crashes three times in a row is put away, and others are served', async () => {
    const s = await start({ models: [model('lasting'), model('tiny')] });
    for (let i = 0; i < 3; i++) {
        assert.equal((await ask(s, '/v1/chat/completions', trifle)).status, 200, `before crash ${i + 1}`);
        const [worker] = workers(s);
        const socket = open(s);
        socket.write(written(s, '/completion', { prompt: 'x', n_predict: -1, ignore_eos: true }));
        await until(async () => (await ask(s, '/ingle/status')).json.queue.running > 0);
        process.kill(worker, 'SIGSEGV');
        await until(() => workers(s)[0] !== worker);
        socket.destroy();
    }
    const refused = await ask(s, '/v1/chat/completions', trifle);
    assert.equal(refused.status, 500);
    assert.match(refused.json.error.message, /'lasting' could not be loaded/);
    assert.ok(!refused.text.includes('/'), 'no path is told');
    await until(() => /crashed|Segmentation/.test(s.log()));
    assert.match(s.log(), /quarantine|three times|3 times|crash/i);
    const begin = Date.now();
    for (let i = 0; i < 5; i++) assert.equal((await ask(s, '/v1/chat/completions', trifle)).status, 500);
    assert.ok(Date.now() - begin < 10000, 'it is not tried again each time');
    assert.deepEqual(workers(s), [], 'nor is a worker there');
    assert.equal((await ask(s, '/v1/chat/completions', { ...trifle, model: 'tiny' })).status, 200);
    assert.equal(await s.stop(), 0);
});

test('a worker that dies while it starts, or with nobody there, is nobody\'s loss', async () => {
    const s = await serve({ models: [model('slow')] });
    // at the very first start it would be the end of all
    assert.equal((await ask(s, '/completion', { prompt: 'x', n_predict: 1 })).status, 200);
    for (let i = 0; i < 6; i++) {
        for (const worker of workers(s)) process.kill(worker, 'SIGKILL');
        await until(() => workers(s).length === 0);
        const answer = ask(s, '/completion', { prompt: 'x', n_predict: 1 });
        const [worker] = await until(() => workers(s).length > 0 && workers(s));
        await sleep(below(40));
        process.kill(worker, 'SIGKILL');
        const { status } = await answer;
        assert.ok([200, 500].includes(status), `${status}`);
        await sleep(30);
    }
    assert.equal((await ask(s, '/completion', { prompt: 'x', n_predict: 1 })).status, 200);
    for (const worker of workers(s)) process.kill(worker, 'SIGKILL');
    await until(() => workers(s).length === 0);
    assert.equal((await ask(s, '/completion', { prompt: 'x', n_predict: 1 })).status, 200);
    assert.equal(await s.stop(), 0);
});
