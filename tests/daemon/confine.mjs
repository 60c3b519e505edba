// What the service's front may: seen from outside, in /proc, while it answers; where the system has
// no namespaces for users; and that it leaves nothing of what was said.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { ask, model, serve, until } from './lib.mjs';

const folder = mkdtempSync(join(tmpdir(), 'ingle-confine-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const chat = { messages: [{ role: 'user', content: 'hello' }], max_tokens: 3 };
const proc = (pid, name) => readFileSync(`/proc/${pid}/${name}`, 'utf8');
const field = (pid, name) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(proc(pid, 'status'))?.[1];
const front = async (s) => (await ask(s, '/ingle/status')).json.front;
const ALL_NAMESPACES = 0x5e020000; // user, net, ipc, uts, mount, cgroup

/** What is mounted for a process: { at, flags, kind }. */
const mounts = (pid) =>
    proc(pid, 'mountinfo').trim().split('\n').map((line) => {
        const [before, behind] = line.split(' - ');
        return { at: before.split(' ')[4], flags: before.split(' ')[5].split(','), kind: behind.split(' ')[0] };
    });

/** All regular files below a folder. */
const files = (at) =>
    readdirSync(at, { withFileTypes: true }).flatMap((e) =>
        e.isDirectory() ? files(join(at, e.name)) : e.isFile() ? [join(at, e.name)] : []);

test('the front keeps its models, cache and log, and nothing else of the machine', async (t) => {
    const s = await serve({ models: [model('tiny')] });
    assert.equal((await ask(s, '/v1/chat/completions', chat)).status, 200);
    const facts = await front(s);
    assert.equal(facts.network, 'none');
    assert.equal(field(s.pid, 'Seccomp'), '2');
    assert.equal(field(s.pid, 'NoNewPrivs'), '1');
    assert.equal(field(s.pid, 'CapEff'), '0000000000000000');
    assert.equal(field(s.pid, 'CapBnd'), '0000000000000000');
    assert.equal(proc(s.pid, 'comm').trim(), 'ingle: front');
    if (facts.files !== 'its own root') return t.skip(`files: ${facts.files}`);
    const all = mounts(s.pid), root = all.find((m) => m.at === '/');
    assert.equal(root.kind, 'tmpfs');
    assert.ok(root.flags.includes('ro'));
    const writable = all.filter((m) => m.flags.includes('rw')).map((m) => m.at).sort();
    const inside = (name) => join(s.folder, name);
    assert.deepEqual(writable, ['/dev/null', inside('cache/ingle'), inside('state/ingle/audit'),
        inside('state/ingle/crashes')].sort());
    // Libraries and the program alone can be run; the folder of the model is not there, only it.
    const runnable = all.filter((m) => !m.flags.includes('noexec')).map((m) => m.at);
    assert.ok(runnable.every((at) => /\.so(\.|$)/.test(at) || at.endsWith('/ingle')), runnable.join());
    assert.ok(all.some((m) => m.at === model('tiny')));
    assert.ok(!all.some((m) => m.at === dirname(model('tiny')) || m.at === process.env.HOME));
    assert.ok(!all.some((m) => m.at === inside('state/ingle') || m.at === inside('state')), 'not the token');
});

test('its workers are sealed as if it were not confined', async () => {
    const s = await serve();
    assert.equal((await ask(s, '/v1/chat/completions', chat)).status, 200);
    const status = (await ask(s, '/ingle/status')).json;
    const seal = status.models[0].seal;
    assert.equal(seal.sealed, true);
    if (status.front.files === 'its own root') assert.equal(seal.namespaces, ALL_NAMESPACES);
    const shown = JSON.parse(spawnSync(process.env.INGLE, ['prove', '--json'],
        { encoding: 'utf8', env: { ...process.env, XDG_STATE_HOME: folder } }).stdout);
    const worker = Number(proc(s.pid, `task/${s.pid}/children`).trim().split(' ').pop());
    assert.equal(shown.workers.find((w) => w.pid === worker).wrong, '');
    const seen = shown.services.find((f) => f.pid === s.pid);
    assert.equal(seen.wrong, '');
    assert.equal(seen.own_root, status.front.files === 'its own root');
    if (seen.own_root) assert.equal(seen.writable, status.front.writable);
    assert.equal(seen.capabilities, 0);
});

test('its end, however it comes, is that of its workers', async () => {
    const s = await serve();
    assert.equal((await ask(s, '/v1/chat/completions', chat)).status, 200);
    const children = proc(s.pid, `task/${s.pid}/children`).trim().split(' ');
    assert.ok(children.length > 0);
    process.kill(s.pid, 'SIGKILL');
    const ended = (pid) => !existsSync(`/proc/${pid}`) || /^State:\s+Z/m.test(proc(pid, 'status'));
    await until(() => children.every(ended));
});

test('models are found by names that go through links, and from where it was started', async () => {
    const place = join(folder, 'models');
    mkdirSync(join(place, 'blobs'), { recursive: true });
    copyFileSync(model('tiny'), join(place, 'blobs/0123'));
    symlinkSync('blobs/0123', join(place, 'linked.gguf'));
    symlinkSync('blobs/0123', join(place, 'other.gguf'));
    symlinkSync(place, join(folder, 'through'));
    const before = process.cwd();
    process.chdir(place);
    const s = await serve({ models: ['linked.gguf', join(folder, 'through/other.gguf'), 'missing.gguf'] });
    process.chdir(before);
    for (const id of ['linked', 'other']) {
        assert.equal((await ask(s, '/v1/chat/completions', { ...chat, model: id })).status, 200, s.log());
    }
    assert.equal((await ask(s, '/v1/chat/completions', { ...chat, model: 'missing' })).status, 500);
});

test('what it was started with is closed: a folder that is open would lead past all of it', async (t) => {
    const state = join(folder, 'held');
    const child = spawn('bash', ['-c', 'exec "$0" serve -m "$1" --listen 127.0.0.1:0 --no-token </ 7</ 9</etc',
        process.env.INGLE, model('tiny')], { stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, XDG_STATE_HOME: state, XDG_CACHE_HOME: state, XDG_CONFIG_HOME: state } });
    after(() => child.kill('SIGKILL'));
    let text = '';
    child.stderr.on('data', (bytes) => (text += bytes));
    await until(() => text.includes('Listening on'));
    let held;
    try {
        held = readdirSync(`/proc/${child.pid}/fd`).map((fd) => readlinkSync(`/proc/${child.pid}/fd/${fd}`));
    } catch {
        return t.skip('its descriptors are hidden from this user');
    }
    assert.ok(held.length > 3);
    assert.ok(!held.includes('/') && !held.includes('/etc'), held.join());
    child.kill('SIGTERM');
});

test('where users have no namespaces, rules of Landlock keep its files', async (t) => {
    const state = join(folder, 'rules');
    const off = 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$0" "$@"';
    if (spawnSync('unshare', ['--user', '--map-root-user', 'sh', '-c', off, 'true']).status !== 0) {
        return t.skip('no user namespaces to try it in');
    }
    const child = spawn('unshare', ['--user', '--map-root-user', 'sh', '-c', off, process.env.INGLE, 'serve',
        '-m', model('tiny'), '--listen', '127.0.0.1:0', '--no-token'], { stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, XDG_STATE_HOME: state, XDG_CACHE_HOME: state, XDG_CONFIG_HOME: state } });
    after(() => child.kill('SIGKILL'));
    let text = '';
    child.stderr.on('data', (bytes) => (text += bytes));
    const url = (await until(() => /http:\/\/[0-9.]+:\d+/.exec(text)))[0];
    const s = { url, token: '' };
    assert.equal((await ask(s, '/v1/chat/completions', chat)).status, 200, text);
    const facts = await front(s);
    assert.equal(facts.files, facts.landlock > 0 ? 'rules' : 'all');
    assert.equal(/can read all files that you can/.test(text), facts.landlock === 0, text);
    child.kill('SIGTERM');
});

test('nothing of what was said is left in any file, or in what it says', async () => {
    const s = await serve({ models: [model('tiny')] });
    const words = ['zanzibarquux', 'flibbertigibbet', 'quixotryplover'];
    const message = (text) => [{ role: 'user', content: text }];
    const asked = [
        ['/v1/chat/completions', { messages: message(words[0]), max_tokens: 8, user: words[1] }],
        ['/v1/chat/completions', { messages: message(words[0]), max_tokens: 8, stream: true }],
        ['/v1/completions', { prompt: words[1], max_tokens: 8 }],
        ['/v1/messages', { model: 'tiny', messages: message(words[2]), max_tokens: 8 }],
        ['/api/chat', { model: 'tiny', messages: message(words[2]), stream: false }],
        ['/completion', { prompt: words[0], n_predict: 8 }],
        ['/v1/responses', { model: 'tiny', input: words[1], max_output_tokens: 16, store: true }],
        ['/v1/chat/completions', { messages: words[2] }], // is refused
        [`/v1/${words[0]}`, {}],
    ];
    let n_fine = 0;
    for (const [path, body] of asked) n_fine += (await ask(s, path, body)).status === 200;
    assert.ok(n_fine >= 6, s.log());
    await ask({ ...s, token: words[0] }, '/ingle/status');
    const look = () => {
        const kept = files(s.folder);
        assert.ok(kept.some((name) => name.endsWith('audit.log')));
        for (const name of kept) {
            const bytes = readFileSync(name);
            for (const word of words) assert.ok(!bytes.includes(word), `${basename(name)} has ${word}`);
        }
        for (const word of words) assert.ok(!s.log().includes(word), s.log());
    };
    look();
    process.kill(s.pid, 'SIGTERM');
    await until(() => !existsSync(`/proc/${s.pid}`));
    look();
    const log = readFileSync(join(s.folder, 'state/ingle/audit/audit.log'), 'utf8');
    const record = (kind) => log.split('\n').filter((line) => line.includes(`"kind":"${kind}"`)).map(JSON.parse);
    assert.equal(record('listen').length, 1);
    assert.deepEqual({ ...record('listen')[0].fields, files: '' }, { sockets: 0, addresses: 1,
        for_other_machines: 0, token: true, tls: false, files: '' });
    assert.equal(record('served')[0].fields.without_token, 1);
    assert.equal(record('served')[0].fields.requests, asked.length);
});
