// What the tests of the HTTP core share: the server as a child process, raw sockets, and a strict
// reader of answers. A failed expectation throws.
import { spawn } from 'child_process';
import fs from 'fs';
import net from 'net';
import os from 'os';
import path from 'path';
import tls from 'tls';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function expect(condition, message) {
    if (!condition) throw new Error(message);
}

// Starts the server; options are "name=value". Asks it by ask("info").
async function startServer(...options) {
    const child = spawn(process.argv[2], options, { stdio: ['pipe', 'pipe', 'inherit'] });
    const waiting = [];
    let text = '';
    let early = null;
    child.stdout.on('data', (data) => {
        text += data;
        for (let end; (end = text.indexOf('\n')) >= 0; text = text.slice(end + 1)) {
            const line = text.slice(0, end);
            const next = waiting.shift();
            if (next) next(line);
            else early = line;
        }
    });
    const exited = new Promise((resolve) => child.on('exit', (code, signal) => resolve(signal || code)));
    const readLine = () => {
        if (early === null) return new Promise((resolve) => waiting.push(resolve));
        const line = early;
        early = null;
        return Promise.resolve(line);
    };
    const [kind, where] = (await readLine()).split(' ');
    const server = { child, exited, readLine };
    server.port = kind === 'port' ? Number(where) : 0;
    server.where = kind === 'port' ? { port: server.port, host: options.includes('v6=1') ? '::1' : '127.0.0.1' } : { path: where };
    server.host = kind === 'port' ? `localhost:${where}` : 'localhost';
    server.isTls = options.includes('tls=1');
    server.info = async () => {
        const line = readLine();
        child.stdin.write('info\n');
        return JSON.parse((await line).slice(5));
    };
    server.stop = async () => {
        child.stdin.end();
        const code = await exited;
        expect(code === 0, `The server ended with ${code}.`);
    };
    server.status = (name) => {
        const line = fs.readFileSync(`/proc/${child.pid}/status`, 'utf8').match(`${name}:\\s*(\\d+)`);
        return Number(line[1]);
    };
    server.nFiles = () => fs.readdirSync(`/proc/${child.pid}/fd`).length;
    return server;
}

function connect(server, options = {}) {
    const where = { ...server.where, ...options, allowHalfOpen: true };
    const socket = server.isTls ? tls.connect({ ...where, rejectUnauthorized: false }) : net.connect(where);
    socket.setNoDelay?.(true);
    return socket;
}

// One answer at the start of the bytes: {status, headers, body, size}; null if it is not all there.
// `toHead`: it answers a HEAD.
function parseAnswer(bytes, toHead) {
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) return null;
    const lines = bytes.toString('latin1', 0, end).split('\r\n');
    const first = /^HTTP\/1\.1 (\d{3}) [A-Za-z ]+$/.exec(lines[0]);
    expect(first, `No status line: ${JSON.stringify(lines[0])}`);
    const headers = {};
    for (const line of lines.slice(1)) {
        const field = /^([A-Za-z-]+): ([\x20-\x7e]*)$/.exec(line);
        expect(field, `No header: ${JSON.stringify(line)}`);
        const name = field[1].toLowerCase();
        expect(!(name in headers), `${name} is said twice.`);
        headers[name] = field[2];
    }
    const status = Number(first[1]);
    let at = end + 4;
    const done = (body) => ({ status, headers, body: body.toString('latin1'), size: at });
    if (toHead || status === 204 || status === 304 || status < 200) return done(Buffer.alloc(0));
    if (headers['transfer-encoding'] === 'chunked') {
        const parts = [];
        for (;;) {
            const lineEnd = bytes.indexOf('\r\n', at);
            if (lineEnd < 0) return null;
            const size = parseInt(bytes.toString('latin1', at, lineEnd), 16);
            if (bytes.length < lineEnd + 2 + size + 2) return null;
            parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
            expect(bytes.toString('latin1', lineEnd + 2 + size, lineEnd + 4 + size) === '\r\n', 'A bad chunk.');
            at = lineEnd + 4 + size;
            if (size === 0) return done(Buffer.concat(parts));
        }
    }
    const size = Number(headers['content-length']);
    expect(Number.isInteger(size), 'An answer without a length.');
    if (bytes.length < at + size) return null;
    at += size;
    return done(bytes.subarray(at - size, at));
}

// Sends the pieces one after the other, `gap` ms apart, and reads until `n` answers are there (0: as
// many as come), the other side closes, or nothing has come for `quiet` ms: {answers, closed, rest, ms}.
function exchange(server, pieces, { gap = 0, quiet = 60000, n = 1, heads = [], options } = {}) {
    const list = Array.isArray(pieces) ? pieces : [pieces];
    return new Promise((resolve, reject) => {
        const socket = connect(server, options);
        const start = performance.now();
        const parts = [];
        let closed = false;
        let timer = null;
        const read = () => {
            let bytes = Buffer.concat(parts);
            const answers = [];
            for (let a; (a = parseAnswer(bytes, heads.includes(answers.length))); bytes = bytes.subarray(a.size)) {
                answers.push(a);
            }
            return { answers, rest: bytes.toString('latin1') };
        };
        const finish = () => {
            clearTimeout(timer);
            socket.destroy();
            try {
                const { answers, rest } = read();
                resolve({ answers, closed, rest, ms: performance.now() - start, status: answers[0]?.status });
            } catch (e) {
                reject(e);
            }
        };
        const wait = () => {
            clearTimeout(timer);
            timer = setTimeout(finish, quiet);
        };
        socket.on('data', (data) => {
            parts.push(data);
            if (n && data.length < 65536 && read().answers.length >= n) finish();
            else wait();
        });
        socket.on('end', () => {
            closed = true;
            finish();
        });
        socket.on('error', () => {
            closed = true;
            finish();
        });
        socket.on('connect', async () => {
            for (const piece of list) {
                socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece);
                if (gap && list.length > 1) await sleep(gap);
                else if (list.length > 1) await new Promise(setImmediate);
            }
            wait();
        });
    });
}

// `n` things at a time.
async function inParallel(list, n, work) {
    let next = 0;
    const lane = async () => {
        while (next < list.length) {
            const i = next++;
            await work(list[i], i);
        }
    };
    await Promise.all(Array.from({ length: Math.min(n, list.length) }, lane));
}

function percentile(values, p) {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor((p / 100) * sorted.length))];
}

// Runs what is exported as named steps; prints each with its time.
async function run(steps) {
    let nFailed = 0;
    for (const [name, step] of Object.entries(steps)) {
        const start = performance.now();
        try {
            const note = await step();
            console.log(`ok ${name.replace(/_/g, ' ')} (${Math.round(performance.now() - start)} ms)${note ? `: ${note}` : ''}`);
        } catch (e) {
            nFailed++;
            console.log(`FAILED ${name.replace(/_/g, ' ')}: ${e.stack}`);
        }
    }
    process.exit(nFailed ? 1 : 0);
}

function temporaryFolder() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ingle-http-'));
    process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
    return folder;
}

// A sanitizer's own memory is not to be measured.
const isSanitized = process.env.INGLE_SANITIZED === '1';
const json = 'Content-Type: application/json\r\n';

export { startServer, connect, parseAnswer, exchange, inParallel, percentile, run, sleep, expect, temporaryFolder, isSanitized, json };
