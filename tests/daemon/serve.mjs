// ingle serve itself: where it listens, who may ask, how it ends.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ask, model, serve, until } from './lib.mjs';

const folder = mkdtempSync(join(tmpdir(), 'ingle-serve-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const chat = { messages: [{ role: 'user', content: 'hello' }], max_tokens: 3 };
const nobody = (s) => ({ ...s, token: '' }); // shows an empty token, unless headers say otherwise
const bearer = (token) => ({ authorization: `Bearer ${token}` });

/** A service by hand, for those that are not to start as usual: { code, text } once it has ended. */
function run(args, env = {}) {
    const state = mkdtempSync(join(folder, 'run-'));
    const child = spawn(process.env.INGLE, ['serve', ...args], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, XDG_STATE_HOME: state, XDG_CACHE_HOME: state, XDG_CONFIG_HOME: state,
            XDG_RUNTIME_DIR: state, ...env },
    });
    const r = { child, text: '', state };
    child.stderr.on('data', (bytes) => (r.text += bytes));
    r.ended = new Promise((done) => child.on('exit', (code, signal) => done(code ?? signal)));
    after(() => child.kill('SIGKILL'));
    return r;
}

const overPath = (socketPath, path, body) =>
    new Promise((done, fail) => {
        const r = request(
            { socketPath, path, method: body ? 'POST' : 'GET', headers: { host: 'localhost', 'content-type': 'application/json' } },
            (answer) => {
                let text = '';
                answer.on('data', (bytes) => (text += bytes));
                answer.on('end', () => done({ status: answer.statusCode, text }));
            },
        );
        r.on('error', fail);
        r.end(body && JSON.stringify(body));
    });

test('over TCP a program shows the token, in either of two headers, and nothing else will do', async () => {
    const s = await serve();
    const file = join(s.folder, 'state/ingle/token');
    const token = readFileSync(file, 'utf8').trim();
    assert.match(token, /^[0-9a-f]{64}$/);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const wrong = [{}, bearer('x'), bearer(token.slice(1)), bearer(token + '0'), bearer(''),
        { authorization: token }, { authorization: `Basic ${token}` }, { 'x-api-key': 'x' },
        { cookie: `token=${token}` }];
    for (const headers of wrong) {
        const answer = await ask(nobody(s), '/v1/chat/completions', chat, { headers });
        assert.equal(answer.status, 401, JSON.stringify(headers));
        assert.equal(answer.json.error.type, 'authentication_error');
    }
    assert.equal((await ask(nobody(s), `/v1/chat/completions?key=${token}`, chat)).status, 401);
    for (const headers of [bearer(token), { authorization: `bearer ${token}` }, { authorization: 'x', 'x-api-key': token }]) {
        assert.equal((await ask(nobody(s), '/v1/chat/completions', chat, { headers })).status, 200);
    }
    assert.equal((await ask(nobody(s), '/ingle/status')).status, 401);
    assert.ok(!s.log().includes(token), 'a log keeps no token');
});

test('the token opens a session for the page, and a wrong key none', async () => {
    const s = await serve();
    const token = readFileSync(join(s.folder, 'state/ingle/token'), 'utf8').trim();
    assert.equal((await ask(nobody(s), '/ingle/session', { key: 'f'.repeat(64) })).status, 401);
    assert.equal((await ask(nobody(s), '/ingle/session', { key: 5 })).status, 400);
    assert.equal((await ask(nobody(s), '/ingle/session', {})).status, 400);
    const opened = await ask(nobody(s), '/ingle/session', { key: token });
    assert.equal(opened.status, 200);
    assert.notEqual(opened.json.token, token);
    assert.equal((await ask(nobody(s), '/ingle/status', undefined, { headers: bearer(opened.json.token) })).status, 200);
});

test('a token that others can read, or that is none, is refused with exit code 5 or 3', async () => {
    for (const [mode, text, code] of [[0o644, 'a'.repeat(64), 5], [0o600, 'too short', 3], [0o600, '', 3]]) {
        const state = mkdtempSync(join(folder, 'token-'));
        execFileSync('mkdir', ['-p', join(state, 'ingle')]);
        writeFileSync(join(state, 'ingle/token'), text, { mode });
        chmodSync(join(state, 'ingle/token'), mode);
        const r = run(['-m', model('tiny'), '--listen', '127.0.0.1:0'], { XDG_STATE_HOME: state });
        assert.equal(await r.ended, code, r.text);
    }
});

test('an address that other machines reach needs a token and TLS', async () => {
    for (const args of [['--listen', '0.0.0.0:0'], ['--listen', '[::]:0'], ['--listen', '0.0.0.0:0', '--no-token']]) {
        const r = run(['-m', model('tiny'), ...args]);
        const code = await r.ended;
        if (code === 1 && /Cannot/.test(r.text)) continue; // no IPv6 here
        assert.equal(code, 5, r.text);
        assert.match(r.text, /token and TLS/);
    }
});

test('what is no address to listen on is refused, and never another is taken', async () => {
    const rest = ['', ':', ':0x50', ':-1', ':+0', ': 0', ':0a', ':65536', ':99999999999', ':0:0'];
    for (const address of [...rest.map((r) => `127.0.0.1${r}`), ':8080', '8080', '[::1]', 'http://127.0.0.1:0', 'unix:/x']) {
        const r = run(['-m', model('tiny'), '--listen', address]);
        assert.equal(await r.ended, 2, `${address}: ${r.text}`);
        assert.match(r.text, /no address to listen on/);
    }
});

test('with TLS it answers over TLS, and to plain HTTP nothing', async (t) => {
    const cert = join(folder, 'cert.pem'), key = join(folder, 'key.pem');
    try {
        execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost',
            '-keyout', key, '-out', cert, '-days', '2'], { stdio: 'ignore' });
    } catch {
        assert.notEqual(process.env.INGLE_REQUIRE_ORACLE, '1', 'openssl is missing');
        return t.skip('no openssl');
    }
    const r = run(['-m', model('tiny'), '--listen', '0.0.0.0:0', '--tls-cert', cert, '--tls-key', key]);
    const port = (await until(() => /https:\/\/0\.0\.0\.0:(\d+)/.exec(r.text)))[1];
    const answer = await new Promise((done, fail) => {
        const q = secureRequest({ host: '127.0.0.1', port, path: '/ingle/status', rejectUnauthorized: false,
            headers: { host: `localhost:${port}` } }, (a) => done(a.resume()));
        q.on('error', fail);
        q.end();
    });
    assert.equal(answer.statusCode, 401);
    await assert.rejects(fetch(`http://127.0.0.1:${port}/ingle/status`));
    r.child.kill('SIGTERM');
    assert.equal(await r.ended, 0, r.text);
    const bad = run(['-m', model('tiny'), '--listen', '127.0.0.1:0', '--tls-cert', key, '--tls-key', cert]);
    assert.equal(await bad.ended, 3, bad.text);
    assert.match(bad.text, /certificate/);
    const locked = join(folder, 'locked.pem');
    execFileSync('openssl', ['pkey', '-in', key, '-out', locked, '-aes256', '-passout', 'pass:secret'], { stdio: 'ignore' });
    const asks = run(['-m', model('tiny'), '--listen', '127.0.0.1:0', '--tls-cert', cert, '--tls-key', locked]);
    assert.equal(await asks.ended, 3, asks.text);
    assert.match(asks.text, /locked\.pem' is encrypted/);
    for (const pair of [[`${cert}x`, key], [cert, `${key}x`]]) {
        const none = run(['-m', model('tiny'), '--listen', '127.0.0.1:0', '--tls-cert', pair[0], '--tls-key', pair[1]]);
        assert.equal(await none.ended, 4, none.text);
        assert.match(none.text, /No such file/);
    }
});

test('without an address it listens on a socket that only its user can open', async () => {
    const r = run(['-m', model('tiny')]);
    const path = join(r.state, 'ingle/ingle.sock');
    await until(() => r.text.includes('Listening on'));
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(join(r.state, 'ingle')).mode & 0o777, 0o700);
    assert.equal((await overPath(path, '/v1/chat/completions', chat)).status, 200);
    const second = run(['-m', model('tiny'), '--socket', path]);
    assert.equal(await second.ended, 1, 'a socket in use is not taken away');
    assert.equal((await overPath(path, '/ingle/status')).status, 200);
    r.child.kill('SIGTERM');
    assert.equal(await r.ended, 0, r.text);
    assert.ok(!existsSync(path));
});

test('a socket that nobody listens on is replaced, a file or a link of that name is not', async () => {
    const path = join(folder, 'stale.sock');
    const r = run(['-m', model('tiny'), '--socket', path]);
    await until(() => r.text.includes('Listening on'));
    r.child.kill('SIGKILL');
    await r.ended;
    await until(() => !existsSync(path)); // also then it is removed
    const dead = spawn(process.execPath, ['-e', 'require("net").createServer().listen(process.argv[1])', path]);
    await until(() => existsSync(path));
    dead.kill('SIGKILL');
    await new Promise((done) => dead.on('exit', done));
    assert.ok(existsSync(path));
    const again = run(['-m', model('tiny'), '--socket', path]);
    await until(() => again.text.includes('Listening on'));
    again.child.kill('SIGTERM');
    assert.equal(await again.ended, 0);
    const file = join(folder, 'file');
    writeFileSync(file, 'mine');
    assert.equal(await run(['-m', model('tiny'), '--socket', file]).ended, 1);
    assert.equal(readFileSync(file, 'utf8'), 'mine');
    symlinkSync(file, join(folder, 'link'));
    assert.equal(await run(['-m', model('tiny'), '--socket', join(folder, 'link')]).ended, 1);
    assert.equal(readFileSync(file, 'utf8'), 'mine');
});

test('sockets of a service manager are taken over, and idle it ends by itself', async () => {
    const listener = createServer();
    await new Promise((go) => listener.listen(join(folder, 'given.sock'), go));
    const child = spawn('sh', ['-c', `LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" serve -m "$1" --idle-exit 2`,
        process.env.INGLE, model('tiny')], {
        stdio: ['ignore', 'ignore', 'pipe', listener._handle.fd],
        env: { ...process.env, XDG_STATE_HOME: folder, XDG_CACHE_HOME: folder, XDG_CONFIG_HOME: folder },
    });
    let text = '';
    child.stderr.on('data', (bytes) => (text += bytes));
    const ended = new Promise((done) => child.on('exit', (code, signal) => done(code ?? signal)));
    await until(() => text.includes('Listening on'));
    listener.close();
    const answer = await overPath(join(folder, 'given.sock'), '/v1/chat/completions', chat).catch((e) => e);
    if (answer.status !== undefined) assert.equal(answer.status, 200); // node may have removed its path
    assert.equal(await ended, 0, text);
});

test('SIGTERM lets an answer end, and refuses new ones meanwhile', async () => {
    const s = await serve({ args: ['--no-token'] });
    const stream = await fetch(`${s.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...chat, max_tokens: 300, stream: true, temperature: 0 }),
    });
    const reader = stream.body.getReader();
    let text = new TextDecoder().decode((await reader.read()).value);
    process.kill(s.pid, 'SIGTERM');
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
        text += new TextDecoder().decode(part.value);
    }
    assert.match(text, /data: \[DONE\]\n\n$/);
    assert.equal(await s.stop(), 0);
    await assert.rejects(fetch(`${s.url}/ingle/status`));
});

test('signals that come while it ends do not make it a failure', async () => {
    for (let i = 0; i < 5; i++) {
        const s = await serve();
        let is_over = false;
        const code = s.stop().finally(() => (is_over = true));
        while (!is_over) {
            try {
                process.kill(s.pid, i % 2 ? 'SIGINT' : 'SIGTERM');
            } catch {
                break; // it is gone
            }
            await new Promise((go) => setImmediate(go));
        }
        assert.equal(await code, 0);
    }
});

test('a model that cannot be read ends the start, with the exit code of its kind', async () => {
    const bad = join(folder, 'bad.gguf');
    writeFileSync(bad, readFileSync(model('tiny')).subarray(0, 3000));
    assert.equal(await run(['-m', bad, '--listen', '127.0.0.1:0']).ended, 3);
    assert.equal(await run(['-m', join(folder, 'none.gguf'), '--listen', '127.0.0.1:0']).ended, 4);
    assert.equal(await run(['-m', model('tiny'), '--memory', '1', '--listen', '127.0.0.1:0']).ended, 6);
    assert.equal(await run(['-m', model('tiny'), '--listen', 'nowhere']).ended, 2);
    assert.equal(await run(['-m', model('tiny'), '--tls-cert', 'x', '--listen', '127.0.0.1:0']).ended, 2);
});

test('two models of one name, or more addresses than are listened to, are refused', async () => {
    const other = mkdtempSync(join(folder, 'other-'));
    writeFileSync(join(other, 'tiny.gguf'), readFileSync(model('tiny')));
    const two = run(['-m', model('tiny'), '-m', join(other, 'tiny.gguf'), '--listen', '127.0.0.1:0']);
    assert.equal(await two.ended, 2);
    assert.match(two.text, /called 'tiny'/);
    const many = run(['-m', model('tiny'), ...Array.from({ length: 16 }, () => ['--listen', '127.0.0.1:0']).flat()]);
    assert.equal(await many.ended, 2);
    assert.match(many.text, /16 addresses/);
});

test('a second model that cannot be read is the misfortune of those who ask for it', async () => {
    const bad = join(folder, 'second.gguf');
    writeFileSync(bad, readFileSync(model('tiny')).subarray(0, 3000));
    const s = await serve({ models: [model('tiny'), bad], args: ['--no-token'] });
    const answer = await ask(s, '/v1/chat/completions', { ...chat, model: 'second' });
    assert.equal(answer.status, 500);
    assert.match(answer.json.error.message, /'second' could not be loaded/);
    await until(() => s.log().includes('second.gguf'));
    assert.ok(!answer.json.error.message.includes(folder), 'no path is told');
    assert.equal((await ask(s, '/v1/chat/completions', { ...chat, model: 'tiny' })).status, 200);
    assert.equal((await ask(s, '/v1/chat/completions', chat)).status, 200);
    const none = await ask(s, '/v1/chat/completions', { ...chat, model: 'nothing' });
    assert.equal(none.status, 404);
    assert.equal(none.json.error.code, 'model_not_found');
});

/* Each has a file that is not whole while it is loaded: more than three of them once ended the service. */
test('models that are asked for at the same time are all loaded', async () => {
    const names = ['tiny', 'chat', 'wide', 'fim', 'thinking', 'lasting'];
    const s = await serve({ models: names.map(model) });
    const asked = names.map((name) => ask(s, '/v1/chat/completions', { model: name, ...chat }));
    for (const answer of await Promise.all(asked)) assert.equal(answer.status, 200, answer.text);
    assert.equal(await s.stop(), 0);
});

test('a model is unloaded when it was idle for as long as it is kept, and loaded again', async () => {
    const s = await serve({ args: ['--no-token', '--keep-alive', '1'] });
    const state = async () => (await ask(s, '/ingle/status')).json.models[0].state;
    for (let i = 0; i < 2; i++) {
        assert.equal((await ask(s, '/v1/chat/completions', chat)).status, 200);
        await until(async () => (await state()) === 'unloaded');
    }
});

test('without a model, what is built in is served', async () => {
    const s = await serve({ models: [] });
    const redacted = await ask(s, '/ingle/tasks/redact', { text: 'Write to a@b.org' });
    assert.equal(redacted.status, 200);
    assert.match(redacted.json.text, /\[EMAIL_ADDRESS\]/);
    assert.equal((await ask(s, '/ingle/tasks/intent', { text: 'wake me up at seven' })).status, 200);
    const chatted = await ask(s, '/v1/chat/completions', chat);
    assert.equal(chatted.status, 400);
    assert.match(chatted.json.error.message, /no language model here/);
});
