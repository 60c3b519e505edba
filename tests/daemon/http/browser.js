// What a browser on a foreign page, or a name made to point at this machine, can do: the 96 cells of
// Host and Origin, forms and beacons, CORS for configured origins and for nobody else.
import { startServer, exchange, inParallel, run, expect, json } from './client.js';

let server;
let configured;

const hosts = (port) => [
    ['localhost', [`localhost:${port}`]],
    ['127.0.0.1', [`127.0.0.1:${port}`]],
    ['[::1]', [`[::1]:${port}`]],
    ['evil.com', ['evil.com']],
    ['evil.com:port', [`evil.com:${port}`]],
    ['127.0.0.1.nip.io', [`127.0.0.1.nip.io:${port}`]],
    ['LOCALHOST', [`LOCALHOST:${port}`]],
    ['localhost.', [`localhost.:${port}`]],
    ['empty', ['']],
    ['missing', []],
    ['two headers', [`localhost:${port}`, `localhost:${port}`]],
    ['absolute-form', [`localhost:${port}`], `http://evil.com:${port}/path/x`],
];
const origins = (host) => [
    ['none', []],
    ['same', [`http://${host}`]],
    ['null', ['null']],
    ['https://evil', ['https://evil.com']],
    ['other port', ['http://localhost:1']],
    ['extension', ['chrome-extension://x']],
    ['file', ['file://']],
    ['two headers', [`http://${host}`, `http://${host}`]],
];

// The written allow-list: these cells are answered, all others are not. A request that is malformed
// (no Host, two, a target that contradicts it) is 400, the rest 403.
const answered = new Set(['localhost none', 'localhost same', '127.0.0.1 none', '127.0.0.1 same', '[::1] none', '[::1] same', 'LOCALHOST none', 'LOCALHOST same']);
const malformed = new Set(['missing', 'two headers', 'absolute-form']);

async function the_matrix_of_host_and_origin() {
    const before = (await server.info()).requests;
    let nCells = 0;
    for (const [hostName, hostValues, target] of hosts(server.port)) {
        for (const [originName, originValues] of origins(hostValues[0] || `localhost:${server.port}`)) {
            const fields = [...hostValues.map((h) => `Host: ${h}\r\n`), ...originValues.map((o) => `Origin: ${o}\r\n`)].join('');
            for (const line of ['GET', 'POST']) {
                const body = line === 'POST' ? `${json}Content-Length: 2\r\n` : '';
                const { answers } = await exchange(server, `${line} ${target || '/path/x'} HTTP/1.1\r\n${fields}${body}\r\n`.concat(body ? '{}' : ''));
                const isAnswered = answered.has(`${hostName} ${originName}`);
                const wanted = isAnswered ? 200 : malformed.has(hostName) ? 400 : 403;
                expect(answers.length === 1 && answers[0].status === wanted, `${line} ${hostName} x ${originName}: ${answers[0]?.status}, not ${wanted}`);
                expect(!Object.keys(answers[0].headers).some((h) => h.startsWith('access-control')), 'A CORS header.');
            }
            nCells++;
        }
    }
    const after = (await server.info()).requests;
    expect(nCells === 96 && after - before === 2 * answered.size, `${nCells} cells, ${after - before} requests passed.`);
    return `${nCells} cells, ${answered.size} answered`;
}

// What pages can send without being asked first (no preflight), each as the browsers do.
async function what_foreign_pages_send_changes_nothing() {
    const before = (await server.info()).requests;
    const from = { evil: 'Origin: https://evil.com\r\nSec-Fetch-Site: cross-site\r\n', old: '', sandbox: 'Origin: null\r\nSec-Fetch-Site: cross-site\r\n', site: 'Origin: http://other.localhost\r\nSec-Fetch-Site: same-site\r\n' };
    const types = ['text/plain', 'text/plain;charset=UTF-8', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded', 'text/plain; application/json', 'application/octet-stream', '', 'application/json-seq'];
    const list = [];
    for (const [who, fields] of Object.entries(from)) {
        for (const type of types) {
            for (const method of ['POST', 'PUT', 'DELETE']) {
                list.push([who === 'old' ? 415 : 403, `${method} /echo HTTP/1.1\r\nHost: ${server.host}\r\n${fields}Content-Type: ${type}\r\nContent-Length: 2\r\n\r\n{}`]);
            }
        }
        list.push([who === 'old' ? 415 : 403, `POST /echo HTTP/1.1\r\nHost: ${server.host}\r\n${fields}Content-Length: 2\r\n\r\n{}`]);
        list.push([who === 'old' ? 415 : 403, `POST /echo HTTP/1.1\r\nHost: ${server.host}\r\n${fields}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n\r\n`]);
        list.push([who === 'old' ? 415 : 403, `POST /echo HTTP/1.1\r\nHost: ${server.host}\r\n${fields}Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`]);
    }
    // <img>, <script>, <link>, a link that is clicked, a prefetch, EventSource, WebSocket.
    for (const mode of ['no-cors', 'navigate', 'cors']) {
        for (const dest of ['image', 'script', 'style', 'document', 'empty', 'iframe']) {
            list.push([403, `GET /path/x HTTP/1.1\r\nHost: ${server.host}\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: ${mode}\r\nSec-Fetch-Dest: ${dest}\r\n\r\n`]);
        }
    }
    list.push([400, `GET /path/x HTTP/1.1\r\nHost: ${server.host}\r\nOrigin: https://evil.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA\r\n\r\n`]);
    list.push([403, `OPTIONS /echo HTTP/1.1\r\nHost: ${server.host}\r\nOrigin: https://evil.com\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n\r\n`]);
    await inParallel(list, 20, async ([status, bytes]) => {
        const { answers } = await exchange(server, bytes);
        expect(answers.length === 1 && answers[0].status === status, `${status}: ${bytes}: ${answers[0]?.status}`);
        expect(!Object.keys(answers[0].headers).some((h) => h.startsWith('access-control')), 'A CORS header.');
    });
    expect((await server.info()).requests === before, 'Something reached a handler.');
    return `${list.length} requests`;
}

async function our_own_page_may_call() {
    const fields = `Host: ${server.host}\r\nOrigin: http://${server.host}\r\nSec-Fetch-Site: same-origin\r\n`;
    const { answers } = await exchange(server, `POST /echo HTTP/1.1\r\n${fields}${json}Content-Length: 2\r\n\r\n{}`);
    expect(answers[0].status === 200 && !answers[0].headers['access-control-allow-origin'], `${answers[0].status}`);
}

async function configured_origins_get_cors() {
    const from = (origin) => `Host: ${configured.host}\r\nOrigin: ${origin}\r\nSec-Fetch-Site: cross-site\r\n`;
    const ask = async (line, origin, more = '', body = '') => (await exchange(configured, `${line} HTTP/1.1\r\n${from(origin)}${more}\r\n${body}`)).answers[0];
    const good = 'https://app.example';
    const before = await ask('OPTIONS /echo', good, 'Access-Control-Request-Method: POST\r\nAccess-Control-Request-Private-Network: true\r\n');
    expect(before.status === 204 && before.headers['access-control-allow-origin'] === good && before.headers.vary === 'Origin', `${before.status}`);
    expect(/POST/.test(before.headers['access-control-allow-methods']) && /x-stainless-arch/.test(before.headers['access-control-allow-headers']) && /x-api-key/.test(before.headers['access-control-allow-headers']), 'The preflight allows too little.');
    expect(before.headers['access-control-allow-private-network'] === 'true', 'No private network.');
    const post = await ask('POST /echo', good, `${json}Content-Length: 2\r\nAuthorization: Bearer t\r\n`, '{}');
    expect(post.status === 200 && post.headers['access-control-allow-origin'] === good, `${post.status}`);
    const refused = await ask('POST /echo', good, `${json}Content-Length: 2\r\n`, '{}');
    expect(refused.status === 401 && refused.headers['access-control-allow-origin'] === good, 'An error is readable, too.');
    for (const a of [before, post, refused]) expect(!a.headers['access-control-allow-credentials'], 'Credentials are never allowed.');
    for (const origin of ['https://app.example:444', 'http://app.example', 'https://app.example/', 'https://APP.example', 'https://x.app.example', 'https://app.example.evil.com', '*', 'null', '']) {
        const a = await ask('OPTIONS /echo', origin);
        expect(a.status === 403 && !a.headers['access-control-allow-origin'], `${origin}: ${a.status}`);
    }
}

async function main() {
    server = await startServer();
    configured = await startServer('origin=https://app.example', 'token=t');
    await run({
        the_matrix_of_host_and_origin,
        what_foreign_pages_send_changes_nothing,
        our_own_page_may_call,
        configured_origins_get_cors,
        the_servers_are_well: () => Promise.all([server.stop(), configured.stop()]).then(() => ''),
    });
}
main();
