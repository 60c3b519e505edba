// Connections and answers: keep-alive, pipelining, chunks both ways, HEAD, Expect, limits,
// deadlines, clients that leave, draining, TLS, Unix sockets.
import fs from 'fs';
import path from 'path';
import { startServer, connect, exchange, parseAnswer, run, sleep, expect, temporaryFolder, isSanitized, json, inParallel } from './client.js';

let server; // with the deadlines of the product
let quick; // with short ones
const short = ['head_ms=2000', 'body_ms=2000', 'body_rate=1000', 'idle_ms=2000', 'keep_alive_ms=200', 'stall_ms=600', 'linger_ms=200'];

const head = (s, line, fields = '') => `${line} HTTP/1.1\r\nHost: ${s.host}\r\n${fields}\r\n`;
const get = (s, where, fields = '') => head(s, `GET ${where}`, fields);
const post = (s, where, body, fields = '') => head(s, `POST ${where}`, `${json}Content-Length: ${body.length}\r\n${fields}`) + body;

// A socket that has sent this, and what has come of it: {text, ended, at} and when it ended.
function open(s, bytes, isAll = false) {
    const socket = connect(s);
    const o = { socket, text: '', ended: false, failed: false };
    socket.on('connect', () => (isAll ? socket.end(bytes) : socket.write(bytes)));
    socket.on('data', (data) => (o.text += data.toString('latin1')));
    o.end = new Promise((resolve) => {
        const done = () => {
            o.ended = true;
            resolve(performance.now());
        };
        socket.on('end', done);
        socket.on('close', done);
        socket.on('error', () => (o.failed = true));
    });
    return o;
}

// The limit, far from what it takes, only ends what has failed.
async function until(what, message) {
    const start = performance.now();
    while (!(await what())) {
        expect(performance.now() - start < 240000, message);
        await sleep(5);
    }
    return performance.now() - start;
}

async function answers_have_their_headers() {
    const { answers } = await exchange(server, get(server, '/path/a%20b') + get(server, '/stream?n=1'), { n: 2 });
    const [whole, stream] = answers;
    expect(whole.status === 200 && whole.body === '/path/a b', 'The path is not decoded.');
    const both = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cross-origin-resource-policy': 'same-origin' };
    for (const [name, value] of Object.entries({ ...both, 'cache-control': 'no-store', 'content-length': '9' })) {
        expect(whole.headers[name] === value, `${name}: ${whole.headers[name]}`);
    }
    for (const [name, value] of Object.entries({ ...both, 'cache-control': 'no-cache', 'x-accel-buffering': 'no', 'transfer-encoding': 'chunked' })) {
        expect(stream.headers[name] === value, `${name}: ${stream.headers[name]}`);
    }
    expect(Math.abs(Date.parse(whole.headers.date) - Date.now()) < 5000, `Date: ${whole.headers.date}`);
    expect(Object.keys(whole.headers).every((h) => !h.startsWith('access-control')), 'There is a CORS header.');
}

async function a_connection_is_kept() {
    const requests = [get(server, '/path/1'), post(server, '/echo', '{}'), get(server, '/path/2', 'Connection: close\r\n')];
    const { answers, closed } = await exchange(server, requests, { gap: 30, n: 0 });
    expect(answers.map((a) => a.body).join() === '/path/1,{},/path/2' && closed, `${answers.map((a) => a.body)} ${closed}`);
    expect(answers[2].headers.connection === 'close' && !answers[0].headers.connection, 'Connection: close is not said.');
}

// The second request waits until the first is answered, and the server reads no further meanwhile.
async function pipelined_requests_wait_for_their_turn() {
    const before = (await server.info()).requests;
    const o = open(server, head(server, 'POST /slow?ms=2000') + get(server, '/path/2') + get(server, '/path/3'));
    await until(async () => (await server.info()).requests > before, 'It did not arrive.');
    await sleep(100);
    const { requests } = await server.info();
    await sleep(20); // and what was said before that has come
    expect(requests === before + 1 || o.text.includes('late'), 'The second request was looked at too early.');
    await until(() => o.text.includes('/path/3'), 'The others were not answered.');
    expect(/late[^]*\/path\/2[^]*\/path\/3$/.test(o.text), 'The order is wrong.');
    o.socket.destroy();
}

async function pipelined_bytes_stay_in_the_kernel() {
    const before = server.status('VmRSS');
    const o = open(server, head(server, 'POST /slow?ms=20000'));
    await sleep(50);
    let nWritten = 0;
    for (let i = 0; i < 256; i++) o.socket.write(Buffer.alloc(65536, 65), () => (nWritten += 65536));
    await sleep(400);
    const grown = server.status('VmRSS') - before;
    expect(nWritten < (16 << 20), 'All of it was taken.');
    expect(grown < 2048 || isSanitized, `The server grew by ${grown} KiB.`);
    o.socket.destroy();
}

async function heads_have_no_body() {
    const requests = head(server, 'HEAD /path/x') + head(server, 'HEAD /nothing') + head(server, 'HEAD /stream?n=2') + get(server, '/path/y');
    const { answers, rest } = await exchange(server, requests, { heads: [0, 1, 2], n: 4 });
    expect(answers.map((a) => a.status).join() === '200,404,200,200' && rest === '', `${answers.map((a) => a.status)} ${rest}`);
    expect(answers[0].headers['content-length'] === '7' && answers[3].body === '/path/y', 'A HEAD had a body.');
}

async function options_tell_what_is_allowed() {
    const { answers } = await exchange(server, head(server, 'OPTIONS *') + head(server, 'OPTIONS /echo'), { n: 2 });
    expect(answers.length === 2 && answers.every((a) => a.status === 204 && a.headers.allow.includes('POST')), 'OPTIONS failed.');
    expect(!answers[0].headers['content-length'], 'A 204 has no length.');
}

async function a_body_is_asked_for_after_the_gate() {
    const fields = `${json}Content-Length: 2\r\nExpect: 100-continue\r\n`;
    const good = open(server, head(server, 'POST /echo', fields));
    await until(() => good.text.includes('100 Continue\r\n\r\n'), 'No 100 came.');
    good.socket.write('{}');
    await until(() => good.text.endsWith('{}'), 'No answer came.');
    good.socket.destroy();
    const bad = await exchange(server, head(server, 'POST /echo', fields.replace('application/json', 'text/plain')), { n: 0 });
    expect(bad.answers.length === 1 && bad.status === 415 && bad.closed, 'The gate came too late.');
}

async function large_bodies_pass() {
    const body = Buffer.alloc(8 << 20, 'x');
    const one = await exchange(server, [head(server, 'POST /size', `${json}Content-Length: ${body.length}\r\n`), body]);
    expect(one.answers[0]?.body === String(body.length), 'Eight MiB did not pass.');
    const chunk = Buffer.concat([Buffer.from('100000\r\n'), body.subarray(0, 1 << 20), Buffer.from('\r\n')]);
    const pieces = [head(server, 'POST /size', `${json}Transfer-Encoding: chunked\r\n`), ...Array(8).fill(chunk), '0\r\n\r\n'];
    const two = await exchange(server, pieces);
    expect(two.answers[0]?.body === String(body.length), 'Eight MiB in chunks did not pass.');
    const nine = await exchange(server, [...pieces.slice(0, -1), '1\r\nx\r\n0\r\n\r\n'], { n: 0 });
    expect(nine.status === 413 && nine.closed, `One byte more: ${nine.status}`);
}

// By its length, before one byte of it is kept.
async function too_large_bodies_are_not_kept() {
    const before = server.status('VmRSS');
    const gib = head(server, 'POST /size', `${json}Content-Length: ${1 << 30}\r\n`);
    const list = Array.from({ length: 20 });
    await inParallel(list, 10, async () => {
        const r = await exchange(server, [gib, Buffer.alloc(1 << 20)], { n: 0 });
        expect(r.status === 413 && r.closed, `${r.status}`);
    });
    const grown = server.status('VmRSS') - before;
    expect(grown < 4096 || isSanitized, `The server grew by ${grown} KiB.`);
    return `${grown} KiB more`;
}

async function all_bodies_together_are_limited() {
    const s = await startServer('bodies=1000000');
    const body = Buffer.alloc(600000, 'x');
    const first = open(s, Buffer.concat([Buffer.from(head(s, 'POST /size', `${json}Content-Length: 700000\r\n`)), body]));
    const other = () => exchange(s, [head(s, 'POST /size', `${json}Content-Length: 600000\r\n`), body]);
    let second;
    await until(async () => (second = await other()).status === 503, 'More than the limit was taken.'); // once the first is there
    expect(second.answers[0].headers['retry-after'], 'It is not told when to come back.');
    first.socket.destroy();
    await until(async () => (await s.info()).connections === 0, 'It did not notice that the first has gone.');
    const third = await other();
    expect(third.status === 200, `${third.status}`);
    await s.stop();
}

async function slow_requests_are_cut() {
    const cut = async (first, drip) => {
        const start = performance.now();
        const o = open(quick, first);
        const timer = drip && setInterval(() => o.socket.writable && o.socket.write(drip), 30);
        const ms = (await o.end) - start;
        clearInterval(timer);
        o.socket.destroy();
        expect(ms > 1500 && ms < 30000, `Cut after ${Math.round(ms)} ms: ${JSON.stringify(first.slice(0, 30))}`);
    };
    await Promise.all([
        cut('', null),
        cut('', 'G'),
        cut('GET / HT', null),
        cut(get(quick, '/path/x'), null),
        cut(head(quick, 'POST /echo', `${json}Content-Length: 1000\r\n`), 'x'),
        cut(head(quick, 'POST /echo', `${json}Transfer-Encoding: chunked\r\n`), '1\r\nx\r\n'),
    ]);
    const info = await quick.info();
    expect(info.cut_head === 3 && info.cut_idle === 1 && info.cut_body === 2, JSON.stringify(info));
}

// Slower than the deadline, but at the rate that is asked for.
async function a_body_at_its_rate_is_not_cut() {
    const s = await startServer('body_ms=2500', 'body_rate=1000');
    const body = 'x'.repeat(60000);
    const pieces = [head(s, 'POST /size', `${json}Content-Length: ${body.length}\r\n`)];
    for (let i = 0; i < body.length; i += 1000) pieces.push(body.slice(i, i + 1000));
    const r = await exchange(s, pieces, { gap: 50 });
    expect(r.status === 200 && r.answers[0].body === '60000', `${r.status}`);
    await s.stop();
}

async function silence_is_filled() {
    const o = open(quick, get(quick, '/stream?n=1&first=900'));
    await until(() => o.text.includes('data: 1'), 'The event did not come.');
    const n = o.text.split('4\r\n: \n\n\r\n').length - 1;
    expect(n >= 1 && n <= 5, `${n} keep-alive texts in 900 ms.`);
    o.socket.destroy();
}

// One whose first piece takes long is begun meanwhile: it waits, and knows that it is not forgotten.
async function silence_before_the_beginning_is_filled() {
    const o = open(quick, get(quick, '/late?n=1&first=100000'));
    await until(() => o.text.includes('4\r\n: \n\n\r\n'), 'It was silent.');
    expect(o.text.startsWith('HTTP/1.1 200 OK\r\n') && o.text.includes('text/event-stream'), o.text);
    o.socket.destroy();
    await until(async () => (await quick.info()).running === 0, 'It was not noticed.');
}

async function who_takes_nothing_is_cut() {
    const before = (await quick.info()).cut_stall;
    const o = open(quick, get(quick, '/stream?n=100000&ms=1&size=4000'));
    o.socket.on('connect', () => o.socket.pause());
    o.socket.pause();
    const ms = await until(async () => (await quick.info()).cut_stall > before, 'It was not cut.');
    o.socket.destroy();
    return `after ${Math.round(ms)} ms`;
}

async function who_reads_slowly_is_not_cut() {
    const s = await startServer('stall_ms=2000');
    const o = open(s, get(s, '/stream?n=1500&ms=1&size=4000'));
    let on = true;
    const timer = setInterval(() => ((on = !on) ? o.socket.resume() : o.socket.pause()), 100);
    const isWhole = () => o.text.endsWith('0\r\n\r\n');
    await until(() => o.ended || isWhole(), 'The stream did not end.');
    clearInterval(timer);
    o.socket.destroy();
    const after = await s.info();
    expect(isWhole() && after.cut_stall === 0 && after.cut_size === 0, 'It was cut.');
    await s.stop();
}

async function what_is_unsent_is_limited() {
    const before = (await server.info()).cut_size;
    const o = open(server, get(server, '/burst?n=4000000'));
    o.socket.pause();
    await until(async () => (await server.info()).cut_size > before, 'It was not cut.');
    o.socket.destroy();
    const peak = server.status('VmHWM');
    expect(peak < 48 * 1024 || isSanitized, `The server had ${peak} KiB.`);
}

async function leaving_is_noticed(s, line, leave) {
    const before = await s.info();
    const o = open(s, head(s, line));
    await until(async () => (await s.info()).requests > before.requests, `It did not arrive: ${line}`);
    await sleep(20);
    leave(o.socket);
    const ms = await until(async () => (await s.info()).gone_seen > before.gone_seen, `Nobody noticed: ${line}`);
    expect(ms < 10000, `Noticed after ${Math.round(ms)} ms.`);
    return ms;
}

async function clients_that_leave_are_noticed() {
    const times = [];
    for (const line of ['GET /stream?n=10000&ms=20', 'GET /stream?n=1&first=100000', 'GET /late?n=1&first=100000', 'POST /slow?ms=100000']) {
        times.push(await leaving_is_noticed(server, line, (s) => s.destroy()));
        times.push(await leaving_is_noticed(server, line, (s) => s.resetAndDestroy()));
    }
    times.push(await leaving_is_noticed(server, 'POST /slow?ms=100000', (s) => s.end()));
    // one that closed its half, waited, and leaves in a silence of the stream
    times.push(
        await leaving_is_noticed(server, 'GET /stream?n=2&first=1&ms=100000', (s) => {
            s.end();
            setTimeout(() => s.destroy(), 300);
        }),
    );
    return `${times.map((t) => Math.round(t))} ms`;
}

async function a_half_closed_stream_goes_on() {
    const before = (await server.info()).gone_seen;
    const o = open(server, get(server, '/stream?n=2&ms=500&first=2000'));
    await until(() => o.text.includes('200 OK'), 'It did not begin.');
    o.socket.end();
    await until(() => o.ended, 'It did not end.');
    expect(o.text.includes(': \n\n') && o.text.includes('data: 2') && o.text.endsWith('0\r\n\r\n'), o.text);
    expect((await server.info()).gone_seen === before, 'It was taken for gone.');
}

// What is to be streamed is as wanted before its first piece as after it.
async function a_half_closed_stream_that_has_not_begun_goes_on() {
    const o = open(server, get(server, '/late?n=2&ms=50&first=400'), true);
    await until(() => o.ended, 'It did not end.');
    expect(o.text.includes(': \n\n') && o.text.includes('data: 2') && o.text.endsWith('0\r\n\r\n'), o.text);
    expect(o.text.includes('Connection: close') && o.text.match(/HTTP\/1.1/g).length === 1, o.text);
    const whole = open(server, get(server, '/late?n=1&ms=10&first=200'));
    await until(() => whole.text.includes('data: 1'), 'It did not come.');
    expect(!whole.text.includes(': \n\n'), 'It was probed for nothing.');
    whole.socket.destroy();
}

async function a_request_with_its_end_is_answered() {
    const o = open(server, get(server, '/stream?n=1&ms=10'), true);
    await until(() => o.ended, 'It did not end.');
    expect(o.text.includes('data: 1') && o.text.endsWith('0\r\n\r\n'), o.text);
    const half = await exchange(server, 'GET /path/x HTTP/1.1\r\nHo', { quiet: 100, n: 0 });
    expect(half.answers.length === 0, 'Half a request was answered.');
}

async function a_broken_stream_has_no_end() {
    const { answers, closed, rest } = await exchange(server, get(server, '/break'), { n: 0 });
    expect(answers.length === 0 && closed, `${answers.length} ${closed}`);
    expect(rest === '' || (rest.includes('half') && !rest.includes('0\r\n\r\n')), rest);
}

async function full_is_said() {
    const s = await startServer('connections=4', 'linger_ms=100');
    const busy = Array.from({ length: 4 }, () => open(s, head(s, 'POST /slow?ms=3000')));
    await until(async () => (await s.info()).running === 4, 'They did not arrive.');
    const fifth = await exchange(s, get(s, '/path/x'), { n: 0 });
    expect(fifth.status === 503 && fifth.closed && fifth.answers[0].headers['retry-after'] === '1', `${fifth.status}`);
    await until(() => busy.every((o) => o.text.includes('late')), 'They were not answered.');
    const sixth = await exchange(s, get(s, '/path/x'));
    expect(sixth.status === 200, `${sixth.status}`);
    await until(() => busy.some((o) => o.ended), 'No idle connection made room.');
    expect(busy.filter((o) => o.ended).length === 1, 'More than one made room.');
    busy.forEach((o) => o.socket.destroy());
    await s.stop();
}

async function peers_have_a_limit() {
    const s = await startServer('per_loopback=3');
    const busy = Array.from({ length: 3 }, () => open(s, head(s, 'POST /slow?ms=20000')));
    await until(async () => (await s.info()).running === 3, 'They did not arrive.');
    expect((await exchange(s, get(s, '/path/x'))).status === 503, 'The fourth was let in.');
    const other = await exchange(s, get(s, '/path/x'), { options: { localAddress: '127.0.0.2' } });
    expect(other.status === 200, 'Another peer was turned away.');
    busy.forEach((o) => o.socket.destroy());
    await s.stop();
}

// Neither does it spin, nor does it lose those that wait.
async function descriptors_may_run_out() {
    const s = await startServer('files=30');
    const holders = Array.from({ length: 60 }, () => open(s, 'GET /'));
    await sleep(300);
    const ticks = () => Number(fs.readFileSync(`/proc/${s.child.pid}/stat`, 'utf8').split(' ')[13]) + Number(fs.readFileSync(`/proc/${s.child.pid}/stat`, 'utf8').split(' ')[14]);
    const before = ticks();
    await sleep(500);
    expect(ticks() - before < 10, `${ticks() - before} ticks of processor time in half a second.`);
    const late = open(s, get(s, '/path/x'));
    holders.forEach((o) => o.socket.destroy());
    await until(() => late.text.includes('200 OK'), 'Who waited was not answered.');
    late.socket.destroy();
    await s.stop();
}

async function tokens_are_asked_for_first() {
    const s = await startServer('token=secret');
    const status = async (line, fields = '') => (await exchange(s, head(s, line, fields))).answers[0];
    const none = await status('GET /path/x');
    expect(none.status === 401 && none.headers['www-authenticate'] === 'Bearer' && JSON.parse(none.body).error.type === 'authentication_error', `${none.status}`);
    expect((await status('GET /path/x', 'Authorization: Bearer secreT\r\n')).status === 401, 'A wrong token passed.');
    expect((await status('GET /path/x', 'Authorization: Bearer secret\r\n')).status === 200, 'The token did not pass.');
    expect((await status('GET /path/public/x')).status === 200, 'A public path asked for a token.');
    expect((await status('POST /path/public/x')).status === 401, 'A public path may be read, not written.');
    const big = await status('POST /echo', `${json}Content-Length: ${1 << 30}\r\n`);
    expect(big.status === 401, 'A stranger learns of the limits.');
    await s.stop();
}

async function draining_ends_in_order() {
    const s = await startServer();
    const running = open(s, get(s, '/stream?n=10&ms=200'));
    const idle = open(s, get(s, '/path/x'));
    await until(() => running.text.includes('data: 1') && idle.text.includes('/path/x'), 'They were not answered.');
    s.child.stdin.write('drain\n');
    const line = s.readLine();
    await until(() => idle.ended, 'The idle connection was kept.');
    const late = await exchange(s, get(s, '/path/x'));
    expect(late.answers.length === 0, 'A new connection was let in.');
    expect((await line) === 'drained', 'It did not drain.');
    await until(() => running.ended, 'The stream was not ended.');
    expect(running.text.endsWith('0\r\n\r\n'), 'The stream was cut.');
    expect((await s.exited) === 0, 'It did not end well.');
}

async function over_a_unix_socket() {
    const s = await startServer(`unix=${path.join(temporaryFolder(), 'socket')}`, 'keep_alive_ms=100');
    const { answers } = await exchange(s, get(s, '/path/x') + post(s, '/echo', '{}'), { n: 2 });
    expect(answers.map((a) => a.body).join() === '/path/x,{}', 'It does not answer.');
    for (const line of ['GET /stream?n=10000&ms=20', 'GET /stream?n=1&first=100000', 'GET /late?n=1&first=100000', 'POST /slow?ms=100000']) {
        await leaving_is_noticed(s, line, (socket) => socket.destroy());
    }
    const o = open(s, get(s, '/stream?n=2&ms=50&first=200'));
    await until(() => o.text.includes('200 OK'), 'It did not begin.');
    o.socket.end();
    await until(() => o.ended, 'It did not end.');
    expect(o.text.includes('data: 2') && o.text.endsWith('0\r\n\r\n'), o.text);
    await s.stop();
}

async function over_ipv6() {
    const s = await startServer('v6=1', 'per_loopback=1');
    const busy = open(s, head(s, 'POST /slow?ms=3000'));
    await until(async () => (await s.info()).running === 1, 'It did not arrive.');
    expect((await exchange(s, get(s, '/path/x'))).status === 503, 'The limit of a peer does not hold.');
    await until(() => busy.text.includes('late'), 'It does not answer.');
    const again = await exchange(s, get({ host: `[::1]:${s.port}` }, '/path/x'));
    expect(again.status === 200, `${again.status}`);
    busy.socket.destroy();
    await s.stop();
}

async function over_tls() {
    const s = await startServer('tls=1', 'head_ms=3000', 'linger_ms=100');
    const { answers } = await exchange(s, get(s, '/path/x') + post(s, '/echo', '{}') + get(s, '/stream?n=3'), { n: 3 });
    expect(answers.map((a) => a.status).join() === '200,200,200', 'It does not answer.');
    const body = Buffer.alloc(3 << 20, 'x');
    const big = await exchange(s, [head(s, 'POST /size', `${json}Content-Length: ${body.length}\r\n`), body]);
    expect(big.answers[0]?.body === String(body.length), 'Three MiB did not pass.');
    const burst = await exchange(s, get(s, '/burst?n=200000', 'Connection: close\r\n'), { n: 0 });
    expect(burst.answers[0]?.body === eventsOf(200000), 'A large stream did not arrive as it was sent.');
    for (const line of ['GET /stream?n=10000&ms=20', 'POST /slow?ms=100000']) await leaving_is_noticed(s, line, (socket) => socket.destroy());
    const plain = await exchange({ ...s, isTls: false }, get(s, '/path/x'), { n: 0 });
    expect(plain.answers.length === 0 && plain.closed, 'Plain HTTP was answered.');
    const silent = open({ ...s, isTls: false }, '');
    const start = performance.now();
    const ms = (await silent.end) - start;
    expect(ms > 2500 && ms < 30000, `A handshake that does not begin was cut after ${Math.round(ms)} ms.`);
    await s.stop();
}

const eventsOf = (n) => Array.from({ length: n }, (_, i) => `data: ${String(i).padStart(8, '0')}\n\n`).join('');

async function large_streams_arrive() {
    const r = await exchange(server, get(server, '/burst?n=300000', 'Connection: close\r\n'), { n: 0 });
    expect(r.answers[0]?.body === eventsOf(300000), `${r.answers[0]?.body.length} of 4800000 bytes`);
}

// More than the kernel takes waits for a reader that begins late, and then arrives in pieces.
async function large_streams_wait_for_their_reader() {
    const n = 300000;
    const o = open(server, get(server, `/burst?n=${n}`));
    o.socket.pause();
    await sleep(300);
    o.socket.resume();
    await until(() => o.text.endsWith('\r\n0\r\n\r\n'), `${o.text.length} bytes came.`);
    expect(parseAnswer(Buffer.from(o.text, 'latin1'), false).body === eventsOf(n), 'It is not what was sent.');
    o.socket.destroy();
}

async function nothing_is_left() {
    for (const s of [server, quick]) {
        await until(async () => {
            const info = await s.info();
            return info.running === 0 && info.open === 0;
        }, 'Something is left.');
        await s.stop();
    }
}

async function main() {
    server = await startServer('linger_ms=200');
    quick = await startServer(...short);
    await run({
        answers_have_their_headers,
        a_connection_is_kept,
        pipelined_requests_wait_for_their_turn,
        pipelined_bytes_stay_in_the_kernel,
        heads_have_no_body,
        options_tell_what_is_allowed,
        a_body_is_asked_for_after_the_gate,
        large_bodies_pass,
        too_large_bodies_are_not_kept,
        all_bodies_together_are_limited,
        slow_requests_are_cut,
        a_body_at_its_rate_is_not_cut,
        silence_is_filled,
        silence_before_the_beginning_is_filled,
        who_takes_nothing_is_cut,
        who_reads_slowly_is_not_cut,
        what_is_unsent_is_limited,
        clients_that_leave_are_noticed,
        a_half_closed_stream_goes_on,
        a_half_closed_stream_that_has_not_begun_goes_on,
        a_request_with_its_end_is_answered,
        a_broken_stream_has_no_end,
        full_is_said,
        peers_have_a_limit,
        descriptors_may_run_out,
        tokens_are_asked_for_first,
        draining_ends_in_order,
        over_a_unix_socket,
        over_ipv6,
        over_tls,
        large_streams_arrive,
        large_streams_wait_for_their_reader,
        nothing_is_left,
    });
}
main();
