// Clients that go away, at any moment of an answer of any dialect: what was made for them stops at
// once, nothing is left behind, and others do not notice.
//
// HOSTILE_LONG=1: 10,000 of them instead of 300.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { model, serve, until } from './lib.mjs';
import { at_rest, client, dice, is_long, is_sanitized, lasting, open, percentile, shape, sleep, written } from './hostile.mjs';

const n_streams = is_long ? 10000 : 300;
const n_together = is_long ? 40 : 20;
const { number, below, of } = dice(Number(process.env.SEED ?? 1));

const s = await serve({ models: [model('lasting')], args: ['-c', '16384', '--memory', '400'] });
const watcher = client(s);
const queue = async () => (await watcher.ask('/ingle/status')).json.queue;
await until(async () => (await watcher.ask('/ingle/status')).json.models[0].state === 'ready');

const ways = {
    reset: (socket) => socket.resetAndDestroy(),
    close: (socket) => socket.destroy(),
    half: async (socket) => { // as one who waits for the answer, and leaves later
        socket.end();
        await sleep(60);
        socket.destroy();
    },
};

/** One that begins, and is cut where `moment` says: { cut }, which resolves when it was. */
function victim(moment) {
    const [path, body] = lasting[of(Object.keys(lasting))];
    const bytes = written(s, path, { ...body, stream: number() < 0.75 });
    const way = ways[of(Object.keys(ways))];
    const socket = open(s);
    const cut = async () => {
        await socket.connected;
        socket.write(moment === 'unfinished' ? bytes.subarray(0, below(bytes.length)) : bytes);
        if (moment === 'first byte') await Promise.race([new Promise((go) => socket.once('data', go)), sleep(400)]);
        if (moment !== 'at once') await sleep(below(60));
        await way(socket);
    };
    return cut();
}

const moments = ['unfinished', 'at once', 'before', 'before', 'first byte', 'first byte', 'first byte'];

/** So many are cut; how long it then took until no more than `n_others` ran. */
async function batch(n, n_others = 0) {
    await Promise.all(Array.from({ length: n }, async () => {
        await sleep(below(80));
        await victim(of(moments));
    }));
    return stopped(n_others);
}

async function stopped(n_others = 0) {
    const begin = performance.now();
    for (;;) {
        const q = await queue();
        if (q.running + q.waiting <= n_others) return performance.now() - begin;
        assert.ok(performance.now() - begin < 120000, `${JSON.stringify(q)} after two minutes`);
        await sleep(1);
    }
}

/** Somebody who means well, and must notice nothing. */
function honest() {
    const mine = client(s, { 'user-agent': 'honest' });
    const body = { messages: [{ role: 'user', content: 'Once upon a time' }], max_tokens: 24, temperature: 0 };
    const answers = [];
    let is_over = false;
    const run = (async () => {
        while (!is_over) {
            const a = await mine.ask('/v1/chat/completions', body);
            answers.push({ status: a.status, said: a.json?.choices?.[0].message.content, why: a.json?.choices?.[0].finish_reason, ms: a.ms });
            await sleep(30);
        }
        mine.close();
    })();
    return { answers, stop: () => ((is_over = true), run) };
}

test(`${n_streams} streams are cut, and nothing of them is left`, async (t) => {
    const before_all = honest();
    await sleep(600);
    await before_all.stop();
    const { said } = before_all.answers[0];
    for (const a of before_all.answers) assert.deepEqual([a.status, a.said], [200, said]);

    // what is remembered of prompts fills its room first
    const n_first = is_long ? 1000 : 80;
    const times = [];
    for (let done = 0; done < n_first; done += n_together) times.push(await batch(n_together));
    await until(() => queue().then((q) => q.running === 0));
    const before = await at_rest(s, watcher);
    const other = honest();
    for (let done = n_first; done < n_streams; done += n_together) {
        times.push(await batch(n_together, 1));
    }
    await other.stop();
    const end = await at_rest(s, watcher);
    t.diagnostic(`generation stopped after: ${shape(times)}`);
    t.diagnostic(`honest: ${shape(other.answers.map((a) => a.ms))}`);
    t.diagnostic(`before ${JSON.stringify(before)}, after ${JSON.stringify(end)}`);
    for (const a of other.answers) assert.deepEqual([a.status, a.said, a.why], [200, said, before_all.answers[0].why]);
    assert.ok(other.answers.length >= 3, `${other.answers.length} answers`);
    // the long run measures; the short one, beside other tests, sees only what goes on
    assert.ok(percentile(times, 50) < (is_long ? 100 : 3000), `half of them took longer than ${percentile(times, 50)} ms to stop`);
    assert.ok(percentile(times, 99) < (is_long ? 1500 : 15000), `it took ${percentile(times, 99)} ms to stop`);
    assert.equal(end.files, before.files);
    assert.equal(end.threads, before.threads);
    assert.equal(end.processes, before.processes);
    if (is_sanitized) return;
    assert.ok(end.front - before.front < 16, `the front grew from ${before.front} to ${end.front} MiB`);
    // what it remembers of prompts is still growing in a short run: 64 MiB at most
    assert.ok(end.worker - before.worker < (is_long ? 16 : 80), `the worker grew from ${before.worker} to ${end.worker} MiB`);
});

/** The connection of one that runs: a model of chance may end its answer before that was seen. */
async function running(path, body) {
    for (let i = 0; i < 10; i++) {
        const socket = open(s);
        socket.write(written(s, path, body));
        for (let k = 0; k < 5000 && !socket.text().includes('\r\n0\r\n\r\n'); k++) {
            if ((await queue()).running > 0) return socket;
            await sleep(2);
        }
        socket.destroy();
    }
    assert.fail(`${path} does not run`);
}

test('what is made in each dialect ends when its client goes', async (t) => {
    const slow = [];
    for (const [name, [path, body]] of Object.entries(lasting)) {
        const times = [];
        for (const way of Object.values(ways)) {
            for (const stream of [true, false]) {
                const socket = await running(path, { ...body, stream });
                await sleep(below(60));
                await way(socket);
                times.push(await stopped());
            }
        }
        if (percentile(times, 40) > (is_long && !is_sanitized ? 100 : 3000)) slow.push(name);
        t.diagnostic(`${name}: ${shape(times)}`);
    }
    assert.deepEqual(slow, [], 'take too long to stop');
});

test('every slot can be used afterwards', async () => {
    const sockets = Array.from({ length: 6 }, () => {
        const socket = open(s);
        socket.write(written(s, ...lasting.completion));
        return socket;
    });
    await until(async () => (await queue()).running === 6);
    sockets.forEach((socket) => socket.destroy());
    await until(async () => (await queue()).running === 0);
    const { http } = (await watcher.ask('/ingle/status')).json;
    assert.equal(http.running, 1, 'the one that asks');
    assert.equal(await s.stop(), 0);
});
