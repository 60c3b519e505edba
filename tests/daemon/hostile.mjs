// What the hostile tests share: raw connections that can be cut at any moment, the answers of every
// dialect, and what a service holds in memory, descriptors and threads.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';

export const sleep = (ms) => new Promise((go) => setTimeout(go, ms));
export const is_long = process.env.HOSTILE_LONG === '1';
export const is_sanitized = Boolean(process.env.SANITIZED);

const messages = [{ role: 'user', content: 'Tell me of the harbour.' }];
const text = 'The harbour of Aldmouth opened in 1874. It was built of granite from the hills nearby. ';

/** Requests whose answers last, by name: [path, body]. Of a task one token more is another step. */
export const lasting = {
    chat: ['/v1/chat/completions', { messages, max_tokens: 9000, temperature: 1 }],
    several: ['/v1/chat/completions', { messages, max_tokens: 9000, temperature: 1, n: 2 }],
    completions: ['/v1/completions', { prompt: 'The harbour', max_tokens: 9000, temperature: 1 }],
    responses: ['/v1/responses', { input: 'Tell me of the harbour.', max_output_tokens: 9000, temperature: 1 }],
    messages: ['/v1/messages', { messages, max_tokens: 9000, temperature: 1 }],
    ollama_chat: ['/api/chat', { model: 'lasting', messages, options: { num_predict: 9000, temperature: 1 } }],
    ollama_generate: ['/api/generate', { model: 'lasting', prompt: 'The harbour', options: { num_predict: 9000, temperature: 1 } }],
    completion: ['/completion', { prompt: 'The harbour', n_predict: 9000, temperature: 1, ignore_eos: true }],
    prompts: ['/completion', { prompt: [text.repeat(50), text.repeat(60)], n_predict: 9000, temperature: 1 }],
    draft: ['/ingle/tasks/draft', { kind: 'message', about: 'the harbour', max_tokens: 9000 }],
    summarize: ['/ingle/tasks/summarize', { text: text.repeat(20) }],
    rewrite: ['/ingle/tasks/rewrite', { text: `${text.repeat(4)}\n\n`.repeat(5), manner: 'formal' }],
    redact: ['/ingle/tasks/redact', { text: 'Write to a@b.org, or call Ada Smith. '.repeat(8000) }],
    embeddings: ['/v1/embeddings', { input: Array.from({ length: 12 }, (_, i) => text.repeat(i + 4)) }],
};

/** A request as it is on the wire. fields: more lines of its head, each with its end. */
export function written(service, path, body, { method = 'POST', fields = '' } = {}) {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const head = `${method} ${path} HTTP/1.1\r\nHost: ${new URL(service.url).host}\r\n` +
        `Authorization: Bearer ${service.token}\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${bytes.length}\r\n${fields}\r\n`;
    return Buffer.concat([Buffer.from(head), bytes]);
}

/** A connection of one's own; `gone` is told when it has ended, `text()` what came. */
export function open(service, options = {}) {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(service.url).port), allowHalfOpen: true, noDelay: true, ...options });
    const parts = [];
    socket.on('data', (bytes) => parts.push(bytes));
    socket.on('error', () => {});
    socket.gone = new Promise((done) => {
        socket.on('close', done);
        socket.on('end', done);
    });
    socket.connected = new Promise((done) => socket.on('connect', done));
    socket.text = () => Buffer.concat(parts).toString('latin1');
    return socket;
}

/** A client that asks over one connection it keeps, with an object or text, and tells how long that took. */
export function client(service, headers = {}) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const all = { authorization: `Bearer ${service.token}`, 'content-type': 'application/json', ...headers };
    const asks = (path, body) =>
        new Promise((done, fail) => {
            const begin = performance.now();
            const bytes = body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
            const r = request(service.url + path, { agent, method: bytes ? 'POST' : 'GET',
                headers: bytes ? { ...all, 'content-length': bytes.length } : all }, (answer) => {
                const parts = [];
                answer.on('data', (part) => parts.push(part));
                answer.on('error', fail);
                answer.on('end', () => {
                    const whole = Buffer.concat(parts).toString();
                    let json;
                    try { json = JSON.parse(whole); } catch { json = undefined; }
                    done({ status: answer.statusCode, text: whole, json, ms: performance.now() - begin });
                });
            });
            r.on('error', fail);
            r.end(bytes);
        });
    return { ask: asks, close: () => agent.destroy() };
}

const children = (pid) => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

/** The processes of a service's models. */
export const workers = ({ pid }) => children(pid);

/**
 * What its processes hold: { files, threads, front, worker: MiB }. Descriptors of a worker count
 * only where its folder in /proc can be read, which a seal may forbid.
 */
export function vitals(service) {
    const sum = { files: 0, threads: 0, front: 0, worker: 0, processes: 1 };
    for (const pid of [service.pid, ...children(service.pid)]) {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        const number = (name) => Number(new RegExp(`${name}:\\s*(\\d+)`).exec(status)[1]);
        sum.threads += number('Threads');
        sum[pid === service.pid ? 'front' : 'worker'] += number('VmRSS') / 1024;
        sum.processes += pid !== service.pid;
        try {
            sum.files += readdirSync(`/proc/${pid}/fd`).length;
        } catch (error) {
            assert.ok(pid !== service.pid, `${error}`);
        }
    }
    return sum;
}

/**
 * What its processes hold when no connection is left but n, of which `watcher` has one: one that was
 * closed lingers for a second, and one that asks nothing is cut after a minute.
 */
export async function at_rest(service, watcher, n = 1) {
    const connections = async () => (await watcher.ask('/ingle/status')).json.http.connections;
    for (const end = Date.now() + 30000; (await connections()) !== n && Date.now() < end; ) await sleep(20);
    return vitals(service);
}

export function percentile(values, p) {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor((p / 100) * sorted.length))];
}

/** How the middle and the end of a list of times look, for a line of a report. */
export const shape = (values) =>
    `${values.length}: median ${percentile(values, 50).toFixed(1)}, p99 ${percentile(values, 99).toFixed(1)}, most ${Math.max(...values).toFixed(1)} ms`;

/** Numbers that look random and are the same in every run, from `seed`. */
export function dice(seed) {
    let state = seed >>> 0;
    const next = () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 4294967296;
    };
    return { number: next, below: (n) => Math.floor(next() * n), of: (list) => list[Math.floor(next() * list.length)] };
}
