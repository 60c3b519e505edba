// Many clients that mean no good: N each of drip head, drip body, idle, and a stream that is never
// read, all at once; meanwhile an honest one. Then M streams that are left at a random moment.
//   node hostile.js SERVER N M SECONDS   deadlines of so many seconds (fractions are fine)
import { startServer, connect, parseAnswer, percentile, run, sleep, expect, isSanitized, json } from './client.js';

const n = Number(process.argv[3]);
const m = Number(process.argv[4]);
const seconds = Number(process.argv[5]);
const ms = Math.round(seconds * 1000);
const isLong = n >= 1000;
let server;

// Each client from one of several addresses, as the limit of one of them is half of all.
const address = (i) => `127.0.0.${1 + (i % 4)}`;

// Opens `count` clients that send `first` and then `drip` every `every` ms; resolves with how long
// each lived: {times, whenOpen}.
function crowd(count, first, drip, { reads = true, every = 1000 } = {}) {
    const lives = [];
    const opened = [];
    const sockets = [];
    for (let i = 0; i < count; i++) {
        const socket = connect(server, { localAddress: address(i) });
        sockets.push(socket);
        if (!reads) socket.pause();
        else socket.resume();
        let timer;
        let start;
        opened.push(new Promise((resolve) => socket.on('connect', resolve)));
        lives.push(
            new Promise((resolve) => {
                const done = () => {
                    clearInterval(timer);
                    socket.destroy();
                    resolve(performance.now() - start);
                };
                socket.on('connect', () => {
                    start = performance.now();
                    if (first) socket.write(first);
                    if (drip) timer = setInterval(() => socket.writable && socket.write(drip), every);
                });
                socket.on('end', done);
                socket.on('close', done);
                socket.on('error', () => {});
            }),
        );
    }
    return { lives: Promise.all(lives), opened: Promise.all(opened), sockets };
}

// An honest client asks again and again over one connection, until told to stop.
function honest() {
    const times = [];
    const socket = connect(server, { localAddress: '127.0.0.9' });
    const request = `POST /echo HTTP/1.1\r\nHost: ${server.host}\r\n${json}Content-Length: 8\r\n\r\n{"a":12}`;
    let start;
    let isOver = false;
    let text = Buffer.alloc(0);
    const ask = () => {
        start = performance.now();
        socket.write(request);
    };
    const end = new Promise((resolve, reject) => {
        socket.on('error', reject);
        socket.on('connect', ask);
        socket.on('end', () => reject(new Error('The honest client was cut.')));
        socket.on('data', (data) => {
            text = Buffer.concat([text, data]);
            if (!parseAnswer(text, false)) return;
            text = Buffer.alloc(0);
            times.push(performance.now() - start);
            if (isOver) {
                socket.destroy();
                resolve();
            } else setTimeout(ask, 5);
        });
    });
    return {
        stop: () => {
            isOver = true;
            return end.then(() => times);
        },
    };
}

const head = (line, fields = '') => `${line} HTTP/1.1\r\nHost: ${server.host}\r\n${fields}\r\n`;
const drips = {
    drip_head: () => [`GET /path/x HTTP/1.1\r\nHost: ${server.host}\r\nX: `, 'a', {}, 'cut_head'],
    drip_body: () => [head('POST /echo', `${json}Content-Length: 1000000\r\n`), 'x', {}, 'cut_body'],
    idle: () => [head('GET /path/x'), null, {}, 'cut_idle'],
    silent: () => ['', null, {}, 'cut_head'],
    never_reading: () => [head(`GET /stream?n=1000000&ms=${isLong ? 200 : 20}&size=4000`), null, { reads: false }, 'cut_stall'],
};

// What the server tells when nobody is left; else after a while.
async function whenEmpty() {
    for (const end = performance.now() + 30000; ; await sleep(20)) {
        const info = await server.info();
        if (info.connections === 0 || performance.now() > end) return info;
    }
}

async function attack(name) {
    const [first, drip, options, counter] = drips[name]();
    const memory = server.status('VmRSS');
    const nFiles = server.nFiles();
    const before = await server.info();
    const client = honest();
    const { lives, opened, sockets } = crowd(n, first, drip, { ...options, every: Math.min(1000, ms / 4) });
    await opened;
    let peak = 0;
    const watch = setInterval(() => (peak = Math.max(peak, server.status('VmRSS'))), 100);
    // Who does not read does not see that it was cut; the server says so.
    if (name === 'never_reading') {
        const nCut = (i) => i.cut_stall - before.cut_stall + i.cut_size - before.cut_size;
        while (nCut(await server.info()) < n) await sleep(20);
        sockets.forEach((socket) => socket.destroy());
    }
    const times = await lives;
    clearInterval(watch);
    const latencies = await client.stop();
    const after = await whenEmpty();
    const longest = Math.max(...times);
    const p99 = percentile(latencies, 99);
    const note = `${n} clients cut after ${Math.round(Math.min(...times))} to ${Math.round(longest)} ms; honest p50 ${percentile(latencies, 50).toFixed(1)}, p99 ${p99.toFixed(1)} ms of ${latencies.length}; memory +${((peak - memory) / 1024).toFixed(1)} MiB`;
    // A stream that takes too much of what all share is cut before its deadline.
    const nCut = after[counter] - before[counter] + (name === 'never_reading' ? after.cut_size - before.cut_size : 0);
    expect(nCut === n, `${nCut} of ${n} were cut by ${counter}: ${note}`);
    if (name !== 'never_reading') expect(longest < ms + (isLong ? 1000 : 15000), note);
    expect(isLong ? p99 < 50 : percentile(latencies, 50) < 500, note);
    expect(peak - memory < 64 * 1024 || isSanitized, note);
    expect(server.nFiles() <= nFiles, `${server.nFiles()} descriptors, ${nFiles} before.`);
    expect(after.open === 0 && after.running === 0 && after.connections === 0, JSON.stringify(after));
    return note;
}

// Streams (and answers that are still to come) that their clients leave, by FIN or by RST, at a
// random moment. The server says how many it has noticed.
async function streams_that_are_left() {
    const nFiles = server.nFiles();
    const before = await server.info();
    const late = [];
    let left = 0;
    const poll = async (goal, at) => {
        for (;;) {
            const seen = (await server.info()).gone_seen - before.gone_seen;
            if (seen >= goal) return performance.now() - at;
            expect(performance.now() - at < 30000, `${seen} of ${goal} were noticed.`);
            await sleep(1);
        }
    };
    while (left < m) {
        const batch = Array.from({ length: Math.min(100, m - left) });
        const sockets = await Promise.all(
            batch.map(
                (_, i) =>
                    new Promise((resolve, reject) => {
                        const socket = connect(server, { localAddress: address(i) });
                        socket.on('error', reject);
                        socket.resume();
                        const line = ['GET /stream?n=1000000&ms=3', 'GET /stream?n=1&first=100000', 'POST /slow?ms=100000'][i % 3];
                        socket.on('connect', () => socket.write(head(line), () => resolve(socket)));
                    }),
            ),
        );
        const goal = left + batch.length;
        for (;;) {
            if ((await server.info()).open === batch.length) break;
            await sleep(1);
        }
        await sleep(Math.random() * 10);
        for (const [i, socket] of sockets.entries()) {
            socket.removeAllListeners('error');
            socket.on('error', () => {});
            if (i % 2) socket.destroy();
            else socket.resetAndDestroy();
        }
        late.push(await poll(goal, performance.now()));
        left = goal;
    }
    const after = await whenEmpty();
    expect(after.open === 0 && after.running === 0 && after.connections === 0, JSON.stringify(after));
    expect(server.nFiles() <= nFiles, `${server.nFiles()} descriptors, ${nFiles} before.`);
    const worst = Math.max(...late);
    expect(worst < (isLong ? 100 : 5000), `The last of a hundred was noticed after ${Math.round(worst)} ms.`);
    return `${m} left; the last of each hundred was noticed after ${percentile(late, 50).toFixed(1)} ms (median), ${worst.toFixed(1)} ms (worst)`;
}

async function main() {
    const deadlines = ['head_ms', 'body_ms', 'idle_ms', 'stall_ms'].map((name) => `${name}=${ms}`);
    server = await startServer(...deadlines, 'linger_ms=200');
    const steps = {};
    for (const name of Object.keys(drips)) steps[name] = () => attack(name);
    await run({ ...steps, streams_that_are_left, the_server_is_well: () => server.stop() });
}
main();
