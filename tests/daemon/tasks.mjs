// ingle's own endpoints: the everyday tasks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, model, serve, shared, until } from './lib.mjs';

const s = await serve({ models: [shared('models/stories260K.gguf')] });
const task = (name, body) => ask(s, `/ingle/tasks/${name}`, body);
const story = 'The harbour of Aldmouth opened in 1874. It was built of granite from the hills nearby. ' +
    'Fishing boats filled it for eighty years. In 1956 the railway closed and the boats went elsewhere. ' +
    'Today the harbour is a museum, and forty thousand people visit it every summer. 😀 The last smokehouse is a café.';

/** The events of a stream: [{ event, data }]. */
async function stream(name, body) {
    const answer = await ask(s, `/ingle/tasks/${name}`, { ...body, stream: true });
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.headers.get('content-type'), /text\/event-stream/);
    return answer.text.split('\n\n').filter((part) => part && !part.startsWith(':')).map((part) => {
        const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(part);
        return { event, data: JSON.parse(data) };
    });
}

test('a summary is made of the text, and says which sentences it rests on', async () => {
    const { status, json } = await task('summarize', { text: story, extractive: true, length: 'short' });
    assert.equal(status, 200);
    assert.equal(json.extractive, true);
    assert.equal(json.source.text, story);
    assert.ok(json.source.spans.length > 0);
    for (const span of json.source.spans) {
        const said = json.text.slice(...span.summary);
        assert.equal(story.slice(...span.source).trim(), said.trim(), 'an extract rests on itself');
    }
});

test('a document is read first, whatever its kind', async () => {
    const html = `<html><head><title>Harbour</title><script>x()</script></head><body><h1>Harbour</h1><p>${story}</p></body></html>`;
    const data = Buffer.from(html).toString('base64');
    const read = await task('document', { name: 'a.html', data });
    assert.equal(read.status, 200);
    assert.match(read.json.text, /opened in 1874/);
    assert.ok(!read.json.text.includes('x()'));
    const sum = await task('summarize', { document: { name: 'a.html', data }, extractive: true, style: 'bullets' });
    assert.equal(sum.status, 200);
    assert.match(sum.json.text, /^- /);
    assert.match(sum.json.source.text, /opened in 1874/);
});

test('a stream ends with the same object that is given at once', async () => {
    const body = { text: story, extractive: true };
    const events = await stream('summarize', body);
    const last = events.at(-1);
    assert.equal(last.event, 'result');
    assert.deepEqual(last.data, (await task('summarize', body)).json);
    const said = events.filter((e) => e.event === 'text').map((e) => e.data.text).join('');
    assert.equal(said, last.data.text);
});

test('a rewrite tells every block, at its place in the text as a browser counts', async () => {
    const text = '# 😀 Title\n\nFirst paragraph here.\n\n```\ncode stays\n```\n\nSecond one.\n';
    const { status, json } = await task('rewrite', { text, manner: 'concise' });
    assert.equal(status, 200, JSON.stringify(json));
    assert.ok(json.text.includes('code stays'));
    assert.ok(json.blocks.length >= 2);
    const places = json.blocks.map((b) => text.slice(b.from, b.to).trim());
    assert.ok(places.includes('First paragraph here.'), JSON.stringify(places));
    assert.ok(places.includes('Second one.'), JSON.stringify(places));
    assert.equal((await task('rewrite', { text, manner: 'free' })).status, 400);
});

test('a draft has a body', async () => {
    const { status, json } = await task('draft', { kind: 'note', about: 'buy milk', max_tokens: 30 });
    assert.equal(status, 200, JSON.stringify(json));
    assert.equal(typeof json.body, 'string');
    assert.ok(Array.isArray(json.placeholders));
});

test('an intent is one of the labels or none, with its neighbours', async () => {
    const own = await task('intent', { text: 'wake me up at seven tomorrow' });
    assert.equal(own.status, 200, JSON.stringify(own.json));
    assert.ok(own.json.intent === null || typeof own.json.intent === 'string');
    assert.ok(own.json.confidence >= 0 && own.json.confidence <= 1);
    const labels = ['weather', { name: 'music', description: 'play a song', examples: ['play jazz'] }];
    const mine = await task('intent', { text: 'play some jazz', labels, top: 2 });
    assert.equal(mine.status, 200, JSON.stringify(mine.json));
    assert.equal(mine.json.top.length, 2);
    assert.deepEqual(mine.json.top.map((t) => t.label).sort(), ['music', 'weather']);
    assert.equal((await task('intent', { text: 'x', labels: [{}] })).status, 400);
    assert.equal((await task('intent', { text: 'x', labels: ['one'] })).status, 400);
});

test('personal data becomes placeholders, at its place', async () => {
    const text = '😀 Write to ann.lee@example.org, or call +44 20 7946 0958.';
    const { json } = await task('redact', { text });
    assert.ok(!json.text.includes('ann.lee@example.org'));
    assert.match(json.text, /\[EMAIL_ADDRESS\]/);
    const spans = json.spans.map((p) => [p.kind, text.slice(p.from, p.to)]);
    assert.ok(spans.some(([kind, words]) => kind === 'EMAIL_ADDRESS' && words === 'ann.lee@example.org'), JSON.stringify(spans));
});

test('a digest groups what arrived', async () => {
    const notifications = [
        { app: 'Mail', title: 'Ann', body: 'Lunch on Friday?', time: 1700000000 },
        { app: 'Mail', title: 'Ann', body: 'At noon.', time: 1700000060 },
        { app: 'Bank', body: 'Your code is 482913. Do not share it.', time: 1700000090 },
    ];
    const { status, json } = await task('digest', { notifications });
    assert.equal(status, 200, JSON.stringify(json));
    assert.equal(json.notifications, 3);
    assert.ok(json.groups.length >= 2);
    assert.ok(!JSON.stringify(json).includes('482913'), 'a code is never repeated');
});

test('a completion stands at a place that the file has', async () => {
    const file = { name: 'story.txt', text: 'Once upon a time\nthere was\n' };
    const { status, json } = await task('complete', { file, line: 2, column: 10, max_tokens: 5 });
    assert.equal(status, 200, JSON.stringify(json));
    assert.equal(typeof json.text, 'string');
    assert.equal((await task('complete', { file, line: 9 })).status, 400);
    assert.equal((await task('complete', { file, line: 1, column: 40 })).status, 400);
});

test('requests that are wrong are told what is wrong', async () => {
    const odd = [-1, 0, 1.5, 1e308, '5', true, [], {}, [[]], '', '\u0000'];
    const base = { summarize: { text: 'A. B.' }, rewrite: { text: 'A.' }, draft: { about: 'x' }, intent: { text: 'x' },
        redact: { text: 'x' }, digest: { notifications: [] }, complete: { file: { name: 'a', text: 'x' }, line: 1 }, document: { data: '' } };
    const names = { summarize: ['text', 'document', 'style', 'length', 'extractive', 'title', 'model', 'stream'],
        rewrite: ['text', 'manner', 'instruction'], draft: ['kind', 'to', 'about', 'tone', 'context', 'max_tokens'],
        intent: ['text', 'labels', 'top'], redact: ['text', 'only', 'keep'], digest: ['notifications', 'max_groups', 'now'],
        complete: ['file', 'line', 'column', 'max_tokens', 'extent', 'others', 'repository'], document: ['data', 'name'] };
    for (const [name, fields] of Object.entries(names)) {
        for (const field of fields) {
            for (const value of odd) {
                const { status, text } = await task(name, { ...base[name], max_tokens: 1, [field]: value });
                assert.ok([200, 400, 404].includes(status), `${name} ${field} ${JSON.stringify(value)}: ${status} ${text}`);
            }
        }
    }
});

test('a client that goes away ends its task', async () => {
    const own = await serve({ models: [model('lasting')], args: ['-c', '16384', '--memory', '400'] });
    const control = new AbortController();
    const going = fetch(`${own.url}/ingle/tasks/draft`, { method: 'POST', signal: control.signal,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${own.token}` },
        body: JSON.stringify({ kind: 'message', about: 'the harbour', max_tokens: 9000 }) });
    const running = async () => (await ask(own, '/ingle/status')).json.queue.running;
    await until(async () => (await running()) === 1);
    control.abort();
    await assert.rejects(going);
    await until(async () => (await running()) === 0);
});
