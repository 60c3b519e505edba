// Who waits, for how long, and who is sent away.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, model, serve, shared, until } from './lib.mjs';

const long = { messages: [{ role: 'user', content: 'Once' }], max_tokens: 9000, temperature: 0 };
/* Each of its answers takes seconds, however busy the machine is. */
const lasting = (parallel) =>
    serve({ models: [model('lasting')], args: ['-c', '16384', '--memory', '400', '--parallel', parallel] });
const story = shared('models/stories260K.gguf');
const queue = async (s) => (await ask(s, '/ingle/status')).json.queue;

/** A chat that can be given up: { answer, abort } */
function chat(s, body, headers = {}) {
    const control = new AbortController();
    const answer = fetch(`${s.url}/v1/chat/completions`, { method: 'POST', signal: control.signal,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${s.token}`, ...headers },
        body: JSON.stringify(body) }).then(async (a) => ({ status: a.status, headers: a.headers, json: await a.json() }),
        (error) => ({ error }));
    return { answer, abort: () => control.abort() };
}

/** One in a stream: { abort, has_begun } */
function stream(s, body, headers) {
    const control = new AbortController();
    const one = { abort: () => control.abort(), has_begun: false };
    const read = async () => {
        const answer = await fetch(`${s.url}/v1/chat/completions`, { method: 'POST', signal: control.signal,
            headers: { 'content-type': 'application/json', authorization: `Bearer ${s.token}`, ...headers },
            body: JSON.stringify({ ...body, stream: true }) });
        for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) one.has_begun ||= piece.includes('data:');
    };
    read().catch(() => {}); // when it is given up
    return one;
}

test('more than fit in the queue are sent away with the time to come back', async () => {
    const s = await lasting('1');
    const first = chat(s, { ...long, max_tokens: 16000 });
    await until(async () => (await queue(s)).running === 1);
    const chats = [first, ...Array.from({ length: 64 + 6 }, () => chat(s, long))];
    await until(async () => (await queue(s)).refused === 6);
    const refused = await ask(s, '/v1/chat/completions', long);
    assert.equal(refused.status, 429);
    assert.equal(refused.json.error.code, 'rate_limit_exceeded');
    assert.ok(Number(refused.headers.get('retry-after')) >= 1);
    assert.equal((await queue(s)).waiting, 64);
    chats.forEach((c) => c.abort());
    const answers = await Promise.all(chats.map((c) => c.answer));
    const sent_away = answers.filter((a) => a.status === 429);
    assert.equal(sent_away.length, 6);
    for (const a of sent_away) assert.ok(Number(a.headers.get('retry-after')) >= 1);
    await until(async () => { const q = await queue(s); return q.running === 0 && q.waiting === 0; });
    assert.equal((await ask(s, '/v1/chat/completions', { ...long, max_tokens: 2 })).status, 200);
});

test('a client with one wish is not held up by one with many', async () => {
    const s = await lasting('2');
    const greedy = Array.from({ length: 20 }, () => stream(s, long, { 'user-agent': 'greedy' }));
    const begun = () => greedy.filter((g) => g.has_begun);
    await until(() => begun().length === 2);
    const modest = chat(s, { ...long, max_tokens: 5 }, { 'user-agent': 'modest' });
    await until(async () => (await queue(s)).waiting === 19);
    begun()[0].abort();
    assert.equal((await modest.answer).status, 200);
    assert.ok(begun().length <= 4, `${begun().length - 2} of 18 went before`); // one follows it at once
    greedy.forEach((g) => g.abort());
    await until(async () => (await queue(s)).running === 0);
});

test('chats go before tasks, and tasks before digests', async () => {
    const s = await lasting('1');
    const order = [];
    const first = Array.from({ length: 30 }, () => chat(s, long, { 'user-agent': 'first' }));
    await until(async () => (await queue(s)).waiting === 29);
    const came = async (n) => (await queue(s)).requests >= 30 + n;
    const note = (name, what) => what.then(() => order.push(name));
    const notifications = Array.from({ length: 3 }, (_, i) => ({ app: 'Mail', title: 'Ann', body: `Message number ${i}.` }));
    const all = [note('digest', ask(s, '/ingle/tasks/digest', { notifications }))];
    await until(() => came(1));
    all.push(note('task', ask(s, '/ingle/tasks/draft', { kind: 'note', about: 'milk', max_tokens: 300 })));
    await until(() => came(2));
    all.push(note('chat', chat(s, { ...long, max_tokens: 5 }).answer));
    await until(() => came(3));
    first.forEach((f) => f.abort());
    await Promise.all(all);
    assert.deepEqual(order, ['chat', 'task', 'digest']);
});

test('short questions are answered while all slots are at work', async () => {
    const s = await lasting('2');
    const busy = Array.from({ length: 40 }, () => chat(s, long));
    await until(async () => (await queue(s)).running === 2);
    assert.equal((await ask(s, '/ingle/tasks/redact', { text: 'Write to a@b.org' })).status, 200);
    assert.equal((await ask(s, '/ingle/status')).status, 200);
    assert.ok((await queue(s)).waiting > 0, 'they did not wait for those that came before');
    busy.forEach((b) => b.abort());
    await until(async () => (await queue(s)).running === 0);
});

test('of two models that do not fit together one makes room for the other', async () => {
    const s = await serve({ models: [model('tiny'), story], args: ['--memory', '30'] });
    const states = async () => Object.fromEntries((await ask(s, '/ingle/status')).json.models.map((m) => [m.id, m.state]));
    await until(async () => (await states()).tiny === 'ready');
    const short = { ...long, max_tokens: 2 };
    assert.equal((await ask(s, '/v1/chat/completions', { ...short, model: 'stories260K' })).status, 200);
    assert.deepEqual(await states(), { tiny: 'unloaded', stories260K: 'ready' });
    assert.equal((await ask(s, '/v1/chat/completions', { ...short, model: 'tiny' })).status, 200);
    assert.deepEqual(await states(), { tiny: 'ready', stories260K: 'unloaded' });
    const both = await Promise.all(['tiny', 'stories260K', 'tiny', 'stories260K'].map((name) =>
        ask(s, '/v1/chat/completions', { ...short, model: name })));
    assert.deepEqual(both.map((b) => b.status), [200, 200, 200, 200]);
});

test('SIGTERM while many wait: each gets its answer, or is told that none comes', async () => {
    const s = await serve({ models: [model('slow')], args: ['--parallel', '1', '-t', '1'] });
    await until(async () => (await ask(s, '/ingle/status')).json.models[0].state === 'ready');
    const chats = Array.from({ length: 50 }, () => chat(s, { ...long, max_tokens: 1500 }));
    const stream = fetch(`${s.url}/v1/chat/completions`, { method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${s.token}` },
        body: JSON.stringify({ ...long, max_tokens: 2000, stream: true }) }).then((a) => a.text());
    await until(async () => (await queue(s)).waiting >= 40);
    const begin = Date.now();
    const code = s.stop();
    for (const { status, json, error } of await Promise.all(chats.map((c) => c.answer))) {
        assert.equal(error, undefined);
        if (status !== 200) assert.match(json.error.message, /The service was ended/);
    }
    assert.match(await stream, /The service was ended|\[DONE\]/);
    assert.equal(await code, 0);
    assert.ok(Date.now() - begin < 30000, `${Date.now() - begin} ms`); // all of them would take a minute
});

/* Those at the front of the list of models once took the room from one another, for ever, and none
 * of them for those who had asked first. */
test('room for one model goes to who asked first', async () => {
    const own = await serve({ models: ['chat', 'fim', 'thinking'].map(model), args: ['--memory', '30'] });
    let n_tries = 1;
    while (!(await room_is_fair(own))) assert.ok(++n_tries <= 20, 'the first one is over too soon');
});

/** False: the one whose model is loaded had ended before the others waited for its room. */
async function room_is_fair(own) {
    const one = (name) => ask(own, '/v1/completions', { model: name, prompt: 'x', max_tokens: 1 });
    const schema = { type: 'array', items: { type: 'boolean' }, minItems: 150 };
    const asked = [ask(own, '/v1/chat/completions', { ...long, model: 'chat', max_tokens: 4000,
        response_format: { type: 'json_schema', json_schema: { name: 'list', schema } } })];
    let is_over = false; // before it was seen, where this process was held up
    asked[0].then(() => (is_over = true));
    await until(async () => is_over || (await queue(own)).running === 1);
    asked.push(one('thinking'));
    await until(async () => is_over || (await queue(own)).waiting === 1);
    const is_made = !is_over;
    asked.push(one('fim'), one('chat'));
    for (const answer of await Promise.all(asked)) assert.equal(answer.status, 200, answer.text);
    return is_made;
}
