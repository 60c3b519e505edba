// What a page of somebody else's can do from inside a real browser: by a name that it has made to
// mean this machine, by requests to our own address, by forms, images, beacons, sockets. It learns
// not one byte, and nothing that it sends is done. And the table of hosts and origins at the real
// service, with and without a token.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { ask, load, model, serve, until } from './lib.mjs';
import { open, sleep } from './hostile.mjs';

// ---- the table ----

const cases = {
    hosts: (port) => ({
        'localhost': [`localhost:${port}`],
        '127.0.0.1': [`127.0.0.1:${port}`],
        '[::1]': [`[::1]:${port}`],
        'evil.com': ['evil.com'],
        'evil.com:port': [`evil.com:${port}`],
        '127.0.0.1.nip.io': [`127.0.0.1.nip.io:${port}`],
        'LOCALHOST': [`LOCALHOST:${port}`],
        'localhost.': [`localhost.:${port}`],
        'empty': [''],
        'missing': [],
        'two': [`localhost:${port}`, `localhost:${port}`],
        'absolute': [`localhost:${port}`],
    }),
    origins: (host) => ({
        'none': [],
        'same': [`http://${host}`],
        'null': ['null'],
        'evil': ['https://evil.com'],
        'other port': ['http://localhost:1'],
        'extension': ['chrome-extension://x'],
        'file': ['file://'],
        'two': [`http://${host}`, `http://${host}`],
    }),
};
const allowed = new Set(['localhost', '127.0.0.1', '[::1]', 'LOCALHOST'].flatMap((host) => [`${host} none`, `${host} same`]));
const malformed = new Set(['missing', 'two', 'absolute']);

async function status_of(s, head, body) {
    const socket = open(s);
    socket.write(`${head}Connection: close\r\n${body === undefined ? '\r\n' : `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`}`);
    await Promise.race([socket.gone, sleep(30000)]);
    const answer = socket.text();
    socket.destroy();
    assert.doesNotMatch(answer, /^access-control/im, head);
    return Number(answer.slice(9, 12));
}

/** All 96 cells, each with a question and with something to do. */
async function try_table(s, token, wanted) {
    const port = new URL(s.url).port;
    const before = (await ask({ ...s, token }, '/ingle/status')).json.queue.requests;
    let n = 0, n_done = 0;
    for (const [host, hosts] of Object.entries(cases.hosts(port))) {
        for (const [origin, origins] of Object.entries(cases.origins(hosts[0] || `localhost:${port}`))) {
            const target = host === 'absolute' ? 'http://evil.com:80' : '';
            const fields = [...hosts.map((h) => `Host: ${h}\r\n`), ...origins.map((o) => `Origin: ${o}\r\n`)].join('') + (wanted.shows ? `Authorization: Bearer ${token}\r\n` : '');
            const is_allowed = allowed.has(`${host} ${origin}`);
            const status = is_allowed ? wanted.status : malformed.has(host) ? 400 : 403;
            const got = await status_of(s, `GET ${target}/ingle/status HTTP/1.1\r\n${fields}`);
            assert.equal(got, status, `GET, ${host} x ${origin}`);
            const done = await status_of(s, `POST ${target}/v1/completions HTTP/1.1\r\n${fields}`, '{"prompt":"x","max_tokens":1}');
            assert.equal(done, status, `POST, ${host} x ${origin}`);
            n_done += done === 200;
            n++;
        }
    }
    assert.equal(n, 96);
    assert.equal(n_done, wanted.status === 200 ? allowed.size : 0);
    assert.equal((await ask({ ...s, token }, '/ingle/status')).json.queue.requests - before, n_done);
}

test('of 96 hosts and origins eight are answered, at a service without a token', async () => {
    await try_table(await serve({ args: ['--no-token'] }), '', { status: 200 });
});

test('with a token the same eight, and only to those who show it', async () => {
    const s = await serve();
    await try_table(s, s.token, { status: 200, shows: true });
    await try_table(s, s.token, { status: 401, shows: false });
});

// ---- a browser ----

const limit_ms = 180_000; // of what is waited for: it only ends what has failed
const program = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

/** What a page tries; each answers with what it could read of us, or null. */
const attempts = {
    'fetch, as JSON': async (base) => (await fetch(`${base}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"messages":[{"role":"user","content":"x"}],"max_tokens":1}' })).text(),
    'fetch of a list': async (base) => (await fetch(`${base}/v1/models`)).text(),
    'fetch of the state': async (base) => (await fetch(`${base}/ingle/status`)).text(),
    'fetch of the page': async (base) => (await fetch(`${base}/`)).text(),
    'fetch of the health': async (base) => (await fetch(`${base}/health`)).text(),
    'fetch with cookies': async (base) => (await fetch(`${base}/v1/models`, { credentials: 'include' })).text(),
    'fetch with a made up token': async (base) => (await fetch(`${base}/v1/models`, { headers: { authorization: 'Bearer x' } })).text(),
    'no-cors': async (base) => (await fetch(`${base}/v1/models`, { mode: 'no-cors' })).text(),
    'no-cors, posted as text': async (base) => (await fetch(`${base}/v1/completions`, { method: 'POST', mode: 'no-cors', headers: { 'content-type': 'text/plain' }, body: '{"prompt":"x","max_tokens":1}' })).text(),
    'deleting': async (base) => (await fetch(`${base}/api/delete`, { method: 'DELETE', body: '{"model":"tiny"}' })).text(),
    'unloading, posted as text': async (base) => (await fetch(`${base}/api/generate`, { method: 'POST', mode: 'no-cors', body: '{"model":"tiny","keep_alive":0}' })).text(),
    'XMLHttpRequest': (base) => new Promise((done, fail) => {
        const r = new XMLHttpRequest();
        r.onload = () => done(r.responseText);
        r.onerror = fail;
        r.open('GET', `${base}/api/tags`);
        r.send();
    }),
    'a beacon': async (base) => {
        navigator.sendBeacon(`${base}/v1/completions`, '{"prompt":"x","max_tokens":1}');
        navigator.sendBeacon(`${base}/v1/completions`, new Blob(['{"prompt":"x","max_tokens":1}'], { type: 'text/plain' }));
        return null;
    },
    'an image': (base) => new Promise((done) => {
        const image = new Image();
        image.onload = () => done(`an image of ${image.width}`);
        image.onerror = () => done(null);
        image.src = `${base}/favicon.ico`;
    }),
    'a script': (base) => new Promise((done) => {
        const script = document.createElement('script');
        script.onload = () => done('a script was run');
        script.onerror = () => done(null);
        script.src = `${base}/page/app.js`;
        document.head.append(script);
    }),
    'a style sheet': (base) => new Promise((done) => {
        const link = document.createElement('link');
        link.rel = 'stylesheet';
        link.onload = () => done('a style was read');
        link.onerror = () => done(null);
        link.href = `${base}/page/style.css`;
        document.head.append(link);
    }),
    'a frame': (base) => new Promise((done) => {
        const frame = document.createElement('iframe');
        frame.onload = () => {
            let read = null;
            try { read = frame.contentDocument?.body?.innerText || null; } catch { read = null; }
            done(read);
        };
        frame.src = `${base}/ingle/status`;
        document.body.append(frame);
        setTimeout(() => done(null), 1500);
    }),
    'forms': (base) => new Promise((done) => {
        for (const enctype of ['text/plain', 'multipart/form-data', 'application/x-www-form-urlencoded']) {
            const frame = document.createElement('iframe');
            frame.name = `f${enctype.length}`;
            document.body.append(frame);
            const form = document.createElement('form');
            Object.assign(form, { method: 'POST', action: `${base}/v1/completions`, enctype, target: frame.name });
            const input = document.createElement('input');
            Object.assign(input, { name: '{"prompt":"x","max_tokens":1,"y":"', value: '"}' });
            form.append(input);
            document.body.append(form);
            form.submit();
        }
        setTimeout(() => done(null), 600);
    }),
    'a web socket': (base) => new Promise((done) => {
        const socket = new WebSocket(`${base.replace('http', 'ws')}/v1/models`);
        socket.onopen = () => done('it is open');
        socket.onmessage = (m) => done(m.data);
        socket.onerror = () => done(null);
    }),
    'an event source': (base) => new Promise((done) => {
        const source = new EventSource(`${base}/ingle/status`);
        source.onopen = () => done('it is open');
        source.onerror = () => { source.close(); done(null); };
    }),
    'a service worker': async (base) => {
        if (!navigator.serviceWorker) return null;
        const it = await navigator.serviceWorker.register(`${base}/page/app.js`);
        return it ? 'it is registered' : null;
    },
    'a module': async (base) => Object.keys(await import(`${base}/page/app.js`)).join() || 'a module was run',
    'a font': async (base) => {
        const font = new FontFace('x', `url(${base}/)`);
        await font.load();
        return 'a font was read';
    },
    'a worker': (base) => new Promise((done) => {
        const it = new Worker(`${base}/page/app.js`);
        it.onmessage = () => done('a worker ran');
        it.onerror = () => done(null);
        setTimeout(() => done(null), 500);
    }),
};

/** All of it at once: [name, what it read] of those that read something. */
async function try_all(page, base) {
    const list = Object.entries(attempts).map(([name, attempt]) => `[${JSON.stringify(name)}, ${attempt}]`);
    const got = await page.evaluate(`Promise.all([${list}].map(async ([name, attempt]) => {
        try { return [name, await attempt(${base})]; } catch { return [name, null]; }
    }))`);
    return got.filter(([, read]) => read);
}

async function browser_of(t) {
    if (!program) {
        assert.notEqual(process.env.INGLE_REQUIRE_ORACLE, '1', 'there is no Chromium');
        t.skip('There is no Chromium (scripts/setup test installs it).');
        return null;
    }
    const { chromium } = load('playwright-core');
    const browser = await chromium.launch({ executablePath: program, timeout: limit_ms, args: ['--no-sandbox', '--disable-gpu', '--disable-features=BlockInsecurePrivateNetworkRequests,LocalNetworkAccessChecks',
        `--host-resolver-rules=MAP evil.test 127.0.0.1, MAP other.localhost 127.0.0.1`] });
    after(() => browser.close());
    return browser;
}

/** A server of the evil page, on a port of its own. */
async function evil_server() {
    const server = createServer((request, answer) => answer.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>evil</title><body>evil'));
    await new Promise((go) => server.listen(0, '127.0.0.1', go));
    after(() => server.close());
    return server.address().port;
}

test('a page of another origin reads nothing and does nothing', async (t) => {
    const browser = await browser_of(t);
    if (!browser) return;
    for (const args of [['--no-token'], []]) {
        const s = await serve({ args });
        const mine = await until(async () => {
            const { json } = await ask(s, '/ingle/status');
            return json.models[0].state === 'ready' && json;
        });
        const evil = await evil_server();
        const page = await browser.newPage();
        page.setDefaultTimeout(limit_ms);
        const names = args.length > 0 ? ['evil.test', '127.0.0.1', 'other.localhost'] : ['evil.test'];
        for (const where of names.map((name) => `http://${name}:${evil}/`)) {
            await page.goto(where);
            for (const base of [s.url, s.url.replace('127.0.0.1', 'localhost'), s.url.replace('127.0.0.1', 'evil.test')]) {
                const read = await try_all(page, JSON.stringify(base));
                assert.deepEqual(read, [], `${where} at ${base}`);
            }
        }
        await page.close();
        const now = (await ask(s, '/ingle/status')).json;
        assert.equal(now.queue.requests, mine.queue.requests, 'something was done');
        assert.deepEqual(now.models.map((m) => m.state), mine.models.map((m) => m.state));
        assert.ok(now.http.refused - mine.http.refused > 20, `${now.http.refused - mine.http.refused} were refused`);
        await s.stop();
    }
});

test('a name that is made to mean this machine opens nothing', async (t) => {
    const browser = await browser_of(t);
    if (!browser) return;
    const s = await serve({ args: ['--no-token'] });
    const port = new URL(s.url).port;
    const before = (await ask(s, '/ingle/status')).json;
    const page = await browser.newPage();
    page.setDefaultTimeout(limit_ms);
    // after the name was bound anew the page's own address is ours: its origin is the same as the
    // one that it asks, and only the Host says who it is
    let was_served = false;
    await page.route(`http://evil.test:${port}/`, (route) => {
        if (was_served) return route.continue();
        was_served = true;
        return route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>evil</title><body>evil' });
    });
    await page.goto(`http://evil.test:${port}/`);
    const got = await try_all(page, 'location.origin');
    // of the same origin its scripts may read the refusals, and nothing else
    for (const [name, read] of got) assert.match(read, /permission|refused|not allowed|Host|403/i, `${name}: ${read}`);
    for (const [name, read] of got) assert.doesNotMatch(read, /tiny|"object"|"models"|"version"/, name);
    const now = (await ask(s, '/ingle/status')).json;
    assert.equal(now.queue.requests, before.queue.requests, 'something was done');
    assert.ok(now.http.refused - before.http.refused > 10);
    t.diagnostic(`what it read: ${JSON.stringify([...new Set(got.map(([, read]) => read))])}`);
    // and a browser that is sent to us by that name sees nothing, either
    const answer = await page.goto(`http://evil.test:${port}/ingle/status`).catch(() => null);
    assert.equal(answer?.status() ?? 403, 403);
    await page.close();
});
