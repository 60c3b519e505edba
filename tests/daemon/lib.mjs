// What the tests with real clients share: each starts a service of its own, on a port that the
// kernel chooses and with folders of its own, and asks it things.
//
// ctest gives INGLE (the program), MODELS (a folder of small models: tiny, chat, wide, fim), SHARED (big
// files, may be missing) and CLIENTS (where daemon/fetch installed the packages).
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after } from 'node:test';

const clients = process.env.INGLE_ORACLE_DIR
    ? join(process.env.INGLE_ORACLE_DIR, 'clients')
    : process.env.CLIENTS;
if (!existsSync(join(clients, 'installed'))) {
    console.log('The clients are not installed.');
    process.exit(process.env.INGLE_REQUIRE_ORACLE === '1' ? 1 : 77);
}

/** A package of package.json: load('openai'). */
export const load = createRequire(join(resolve(clients), 'package.json'));

/** The path of one of the small models, or of a file in SHARED. */
export const model = (name) => join(process.env.MODELS, `${name}.gguf`);
export const shared = (name) => join(process.env.SHARED ?? '', name);

/**
 * A service on these model files, with more arguments of `ingle serve`. Ended after the tests.
 * { url: 'http://127.0.0.1:1234', token, pid, folder, stop() -> its exit code, log() -> what it said }
 */
export async function serve({ models = [model('tiny')], args = [], env = {} } = {}) {
    const folder = mkdtempSync(join(tmpdir(), 'ingle-daemon-'));
    const inside = (name) => join(folder, name);
    const child = spawn(
        process.env.INGLE,
        ['serve', '--listen', '127.0.0.1:0', ...models.flatMap((m) => ['-m', m]), ...args],
        {
            stdio: ['ignore', 'pipe', 'pipe'],
            env: {
                ...process.env,
                XDG_CACHE_HOME: inside('cache'),
                XDG_STATE_HOME: inside('state'),
                XDG_CONFIG_HOME: inside('config'),
                XDG_DATA_HOME: inside('data'),
                XDG_RUNTIME_DIR: folder,
                ...env,
            },
        },
    );
    let text = '';
    const ended = new Promise((done) => child.on('exit', (code, signal) => done(code ?? signal)));
    const url = await new Promise((done, fail) => {
        const look = (bytes) => {
            text += bytes;
            const found = /http:\/\/[0-9.]+:[0-9]+/.exec(text);
            if (found) done(found[0]);
        };
        child.stdout.on('data', look);
        child.stderr.on('data', look);
        ended.then((code) => fail(new Error(`ingle serve ended with ${code}: ${text}`)));
    });
    let is_stopping = false;
    ended.then((code) => {
        if (!is_stopping) console.error(`ingle serve ended with ${code}: ${text}`);
    });
    const stop = async () => {
        is_stopping = true;
        child.kill('SIGTERM');
        const code = await ended;
        rmSync(folder, { recursive: true, force: true });
        return code;
    };
    process.on('exit', () => child.kill('SIGKILL'));
    after(stop);
    const file = join(inside('state'), 'ingle', 'token');
    const token = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
    return { url, token, pid: child.pid, folder, stop, log: () => text };
}

/**
 * One request as it is, of a service. body: an object (sent as JSON) or text.
 * -> { status, headers, text, json }
 */
export async function ask({ url, token }, path, body, { method, headers = {} } = {}) {
    const all = { authorization: `Bearer ${token}`, ...headers };
    if (body !== undefined) all['content-type'] ??= 'application/json';
    const answer = await fetch(url + path, {
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: all,
        body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    let json;
    try {
        json = JSON.parse(text);
    } catch {
        json = undefined;
    }
    return { status: answer.status, headers: answer.headers, text, json };
}

/** Waits until `what` returns something true, and returns that. The limit only ends what has failed. */
export async function until(what, limit_ms = 120000) {
    for (const end = Date.now() + limit_ms; Date.now() < end; ) {
        const got = await what();
        if (got) return got;
        await new Promise((go) => setTimeout(go, 20));
    }
    throw new Error(`It did not become true: ${what}`);
}

/** Ends the workers of a service as a crash would. */
export function kill_workers({ pid }, signal = 'SIGKILL') {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    const workers = children.split(' ').map(Number).filter((n) => n > 1);
    if (workers.length === 0) throw new Error('There is no worker.');
    workers.forEach((worker) => process.kill(worker, signal));
}
