// Raw requests of the families that RFC 9110 and 9112 want refused, or that two readers might
// understand differently: each gets its status, the connection closes, the second request that is
// hidden behind each is not answered, and no handler sees any of it.
import { startServer, exchange, inParallel, run, expect, json } from './client.js';

let server;
const cases = []; // [status, bytes]
const add = (status, bytes) => cases.push([status, bytes]);
const hidden = () => `GET /path/hidden HTTP/1.1\r\nHost: ${server.host}\r\n\r\n`;

// POST /echo with these fields and this body.
const post = (fields, body = '') => `POST /echo HTTP/1.1\r\nHost: ${server.host}\r\n${json}${fields}\r\n${body}`;
const get = (fields) => `GET /path/x HTTP/1.1\r\nHost: ${server.host}\r\n${fields}\r\n`;
const chunked = (body) => post('Transfer-Encoding: chunked\r\n', body);

// The two framings at once, in every order, spelling and disguise.
function addSmuggling() {
    const lengths = ['Content-Length: 5', 'content-length: 5', 'Content-Length:5', 'Content-Length: 0', 'Content-Length: 35'];
    const codings = ['Transfer-Encoding: chunked', 'transfer-encoding: chunked', 'Transfer-Encoding:chunked', 'Transfer-Encoding: CHUNKED', 'Transfer-Encoding: \tchunked'];
    for (const length of lengths) {
        for (const coding of codings) {
            add(400, post(`${length}\r\n${coding}\r\n`, '0\r\n\r\n'));
            add(400, post(`${coding}\r\n${length}\r\n`, '0\r\n\r\n'));
        }
    }
    const disguises = ['xchunked', 'chunked, identity', 'identity, chunked', 'chunked, chunked', 'gzip, chunked', 'chunked;a=b', 'chunked,', ',chunked', 'chunk', 'chunkedx', '"chunked"', 'identity', '', 'cow', 'chunked\t, x', '[chunked]', 'x,chunked', 'deflate', 'compress', 'trailers', 'chunked chunked'];
    for (const value of disguises) add(400, post(`Transfer-Encoding: ${value}\r\n`, '0\r\n\r\n'));
    for (const name of ['Transfer-Encoding ', ' Transfer-Encoding', 'Transfer-Encoding\t', 'Transfer Encoding', 'Transfer-Encoding\x0b', '\x00Transfer-Encoding', 'Transfer-Encoding\x00', 'Transfer-Encod\xefng']) {
        add(400, post(`Content-Length: 5\r\n${name}: chunked\r\n`, '0\r\n\r\n'));
    }
    for (const value of ['\x0bchunked', 'chunked\x0c', '\x00chunked', 'chun\x00ked', 'chunked\x7f', '\x1bchunked']) {
        add(400, post(`Transfer-Encoding: ${value}\r\n`, '0\r\n\r\n'));
    }
    add(400, post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'));
    add(400, post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n', '0\r\n\r\n'));
    add(400, post('Transfer-Encoding:\r\n chunked\r\n', '0\r\n\r\n'));
    add(400, post('X: a\r\n Transfer-Encoding: chunked\r\n', '0\r\n\r\n'));
    add(400, post('X: a\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'));
    add(400, post('X: a\rTransfer-Encoding: chunked\r\n', '0\r\n\r\n'));
}

function addLengths() {
    for (const value of ['+5', '-5', '-0', '+0', '5 5', '5,5', '5, 5', '0x5', '0b1', '5.0', '5e0', '', 'five', '5;', '"5"', "'5'", '5_0', '5\x0b', '\x0b5', '5\x00', '\x005', '٥', '5-', '5\t5', '१', 'Infinity', 'NaN', '5,', ',5', '0,5', '5 ,5', '1'.repeat(20) + 'x', '(5)', '5/5', '--5', '5\x80', '\xa05', '#5', '%35', '&5']) {
        add(400, post(`Content-Length: ${value}\r\n`, 'hello'));
    }
    for (const [a, b] of [[5, 5], [5, 6], [0, 5], [5, 0], ['5', '+5'], ['05', '5']]) {
        add(400, post(`Content-Length: ${a}\r\nContent-Length: ${b}\r\n`, 'hello'));
        add(400, post(`Content-Length: ${a}\r\nX: y\r\ncontent-length: ${b}\r\n`, 'hello'));
    }
    for (const value of ['8388609', '2147483648', '4294967296', '9223372036854775807', '9223372036854775808', '18446744073709551615', '18446744073709551616', '99999999999999999999999', '4294967301']) {
        add(413, post(`Content-Length: ${value}\r\n`, 'hello'));
    }
    for (const method of ['GET', 'HEAD', 'OPTIONS']) {
        add(400, `${method} /path/x HTTP/1.1\r\nHost: ${server.host}\r\nContent-Length: 5\r\n\r\nhello`);
        add(400, `${method} /path/x HTTP/1.1\r\nHost: ${server.host}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`);
    }
}

function addLines() {
    for (const line of ['GET /path/x', 'GET', '', ' ', 'GET  /path/x HTTP/1.1', 'GET /path/x  HTTP/1.1', ' GET /path/x HTTP/1.1', 'GET /path/x HTTP/1.1 ', 'GET\t/path/x\tHTTP/1.1', 'GET /path/x HTTP/1.1\t', 'GET /path /x HTTP/1.1', '\tGET /path/x HTTP/1.1', 'GET /path/x HTTP/1', 'GET /path/x HTTP', 'GET /path/x http/1.1', 'GET /path/x Http/1.1', 'GET /path/x HTTP/1,1', 'GET /path/x HTTP/1.1.1', 'GET /path/x HTTP/01.1', 'GET /path/x HTTP/1.01', 'GET /path/x HTTP/-1.1', 'GET /path/x HTTP/+1.1', 'GET /path/x HTTPS/1.1', 'GET /path/x HTTP /1.1', 'GET /path/x HTTP/ 1.1', 'GET /path/x ICY/1.1', 'GET /path/x\x00 HTTP/1.1', 'G\x00T /path/x HTTP/1.1', 'GET /path/x HTTP/1.1\x00', 'GET /path/\x01 HTTP/1.1', 'GET /path/\x7f HTTP/1.1', 'GET /path/\xc3\xa9 HTTP/1.1', 'GET /path/\xff HTTP/1.1', 'G\xc3T /path/x HTTP/1.1', 'GET path/x HTTP/1.1', 'GET \\path HTTP/1.1', 'GET * HTTP/1.1', 'GET ?a HTTP/1.1', 'GET localhost:80 HTTP/1.1', 'GET //\x0b HTTP/1.1', 'GET /path/%00 HTTP/1.1', 'GET /path/%0d%0aX:y HTTP/1.1', 'GET /path/%0a HTTP/1.1', 'GET /path/%7f HTTP/1.1', 'GET /path/% HTTP/1.1', 'GET /path/%4 HTTP/1.1', 'GET /path/%zz HTTP/1.1', 'GET /path/%u0041 HTTP/1.1', 'GET /path/%c0%af HTTP/1.1', 'GET /path/%ff HTTP/1.1', 'GET /path/%ed%a0%80 HTTP/1.1', 'GET /path/%f4%90%80%80 HTTP/1.1', 'GET /path/x#y HTTP/1.1', 'GET # HTTP/1.1', 'GET ftp://localhost/ HTTP/1.1', 'GET http:/path/x HTTP/1.1', 'GET http//x HTTP/1.1', 'G(T /path/x HTTP/1.1', 'GET: /path/x HTTP/1.1', '"GET" /path/x HTTP/1.1', 'GET,POST /path/x HTTP/1.1', '{"a":1}']) {
        add(400, `${line}\r\nHost: ${server.host}\r\n\r\n`);
    }
    for (const method of ['get', 'Get', 'PATCH', 'TRACE', 'CONNECT', 'PROPFIND', 'PRI', 'M-SEARCH', 'X'.repeat(100)]) {
        add(501, `${method} /path/x HTTP/1.1\r\nHost: ${server.host}\r\n\r\n`);
    }
    for (const version of ['1.0', '0.9', '1.2', '2.0', '3.0', '9.9']) add(505, `GET /path/x HTTP/${version}\r\nHost: ${server.host}\r\n\r\n`);
    for (const field of ['Connection: keep-alive', 'Connection: close', 'Transfer-Encoding: chunked']) {
        add(400, `GET /path/x HTTP/1.0\r\nHost: ${server.host}\r\n${field}\r\n\r\n`);
    }
    add(505, 'GET /path/x HTTP/1.0\r\n\r\n');
    add(505, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    add(400, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03');
    add(400, '\r\n' + get(''));
    add(400, '\n' + get(''));
    add(400, '\x00' + get(''));
    add(400, '\xef\xbb\xbf' + get(''));
}

function addFields() {
    const host = `Host: ${server.host}\r\n`;
    for (const field of ['X : a', 'X\t: a', ' X: a', '\tX: a', 'X', ':', ': a', 'X Y: a', 'X\x00: a', 'X\x01: a', 'X\x7f: a', 'X\x80: a', '(X): a', 'X@: a', 'X[: a', 'X{: a', 'X/: a', 'X=: a', 'X,Y: a', 'X;: a', '"X": a', 'X\\: a', 'X<: a', 'X?: a', 'X: a\x00b', 'X: \x01', 'X: a\x08', 'X: a\x0bb', 'X: a\x0c', 'X: \x1b[31m', 'X: a\x7f', 'X: a\x1f', 'X: a\r', 'X: a\rY: b', 'X: a\nY: b', '\n', '\r', 'X: a\r\r', 'X: a\r\n b', 'X: a\r\n\tb', 'X: a\r\n ', 'X: a\r\n \r\n Y: b', 'X:\r\n a']) {
        add(400, `GET /path/x HTTP/1.1\r\n${host}${field}\r\n\r\n`);
        add(400, `POST /echo HTTP/1.1\r\n${field}\r\n${host}${json}Content-Length: 2\r\n\r\n{}`);
    }
    add(400, get('').replaceAll('\r\n', '\n'));
    add(400, get('').replaceAll('\r\n', '\r'));
    add(400, get('').replace(/\r\n\r\n$/, '\r\n\n'));
    add(400, get('').replace(/\r\n\r\n$/, '\n\r\n'));
    add(400, get('').replace('HTTP/1.1\r\n', 'HTTP/1.1\n'));
    add(400, `GET /path/x HTTP/1.1\r\n ${host}\r\n`);
    for (const name of ['Content-Type: application/json', 'Authorization: Bearer a', 'Expect: 100-continue', 'X-Api-Key: a', 'Sec-Fetch-Site: none', 'Content-Encoding: identity']) {
        add(400, get(`${name}\r\n${name}\r\n`));
    }
    for (const field of ['Trailer: X', 'Upgrade: websocket', 'Connection: upgrade', 'Connection: keep-alive, Upgrade\r\nUpgrade: h2c', 'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__']) {
        add(400, post(`${field}\r\nContent-Length: 2\r\n`, '{}'));
    }
    for (const value of ['100-continue, x', 'x', '', '200-ok', '100']) add(417, post(`Expect: ${value}\r\nContent-Length: 2\r\n`, '{}'));
    add(414, `GET /${'a'.repeat(8200)} HTTP/1.1\r\n${host}\r\n`);
    add(414, `GET /${'a'.repeat(100000)}`);
    add(414, 'A'.repeat(9000));
    add(431, get(`X: ${'a'.repeat(16400)}\r\n`));
    add(431, get(`${'X'.repeat(17000)}`));
    add(431, get(Array.from({ length: 64 }, (_, i) => `X${i}: a\r\n`).join('')));
    add(431, get('X: a\r\n'.repeat(3000)));
}

function addHosts() {
    const get = (fields) => `GET /path/x HTTP/1.1\r\n${fields}\r\n`;
    add(400, get(''));
    add(400, get('X-Host: localhost\r\n'));
    add(400, get(`Host: ${server.host}\r\nHost: ${server.host}\r\n`));
    add(400, get(`Host: ${server.host}\r\nhost: evil.com\r\n`));
    for (const value of ['local host', 'localhost/', 'u@localhost', 'localhost?x', 'localhost#', 'local\\host', '<x>', '"x"', 'a|b', 'a^b', '\xe9', 'a\x00', `${server.host} `.trim() + ' x', '{x}', '`x`']) {
        add(400, get(`Host: ${value}\r\n`));
    }
    const { port } = server;
    for (const value of ['localhost:abc', `localhost:${port}:${port}`, `localhost:+${port}`, 'localhost:%38', '[::1', '::1', `::1:${port}`, '[]', `[localhost]:${port}`, `[::1]${port}`, `[::1%25lo]:${port}`, '%6', 'local%host', '%zz', ']', `[::1]:${port}]`]) {
        add(400, get(`Host: ${value}\r\n`));
    }
    for (const target of ['http://evil.com/', `http://u@${server.host}/`, `https://${server.host}/`, 'http://localhost/', `http://${server.host}.evil.com/`, 'http:///path', 'http://', `http://${server.host}?a`]) {
        add(400, `GET ${target} HTTP/1.1\r\nHost: ${server.host}\r\n\r\n`);
    }
}

function addChunks() {
    for (const body of ['\r\n', 'x\r\n\r\n', '-1\r\na\r\n', '+1\r\na\r\n0\r\n\r\n', '0x1\r\na\r\n0\r\n\r\n', ' 1\r\na\r\n0\r\n\r\n', '1 \r\na\r\n0\r\n\r\n', '1\t\r\na\r\n0\r\n\r\n', '1;a\r\na\r\n0\r\n\r\n', '1;a=b\r\na\r\n0\r\n\r\n', '1;a="\r\n"\r\na\r\n', '1\na\r\n0\r\n\r\n', '1\ra\r\n0\r\n\r\n', '1\r\na\n0\r\n\r\n', '1\r\nab\r\n0\r\n\r\n', '2\r\na\r\n0\r\n\r\n', '1\r\na0\r\n\r\n', '1\r\na\r\n0\r\nX: y\r\n\r\n', '0\r\nX: y\r\n\r\n', '0\r\nContent-Length: 5\r\n\r\n', '0\r\n\n', '0\r\n\rx', '0;x\r\n\r\n', '0 \r\n\r\n', '0\n\n', '000000000\r\n\r\n', '100000000\r\n', 'fffffffffffffffff\r\n', 'FFFFFFFFFFFFFFFF0\r\n', '1,1\r\na', '1\x00\r\na', '\x001\r\na', '1\x0b\r\na', 'g\r\n', '1.0\r\na', '1g1\r\n', '٣\r\n', '%31\r\na', '"1"\r\na', '\n1\r\na', '1\r\r\na']) {
        add(400, chunked(body));
    }
    for (const body of ['800001\r\n', 'ffffffff\r\n', '7fffffff\r\n', '80000000\r\n']) add(413, chunked(body));
}

// An answer to HEAD has no body, however little of the request is understood (RFC 9110, 9.3.2).
function addHeads() {
    const host = `Host: ${server.host}\r\n`;
    const head = (rest, fields = host) => `HEAD ${rest}\r\n${fields}\r\n`;
    for (const target of ['path/x', '/%', '*', '/x#y', 'ftp://localhost/', '/x /y', '/\x01', '/x\n', '/\xff']) add(400, head(`${target} HTTP/1.1`));
    for (const version of ['HTTP/1.x', 'http/1.1', 'HTTP/1.1 ', '']) add(400, head(`/path/x ${version}`));
    for (const version of ['1.0', '1.2', '2.0']) add(505, head(`/path/x HTTP/${version}`));
    for (const fields of ['', `${host}${host}`, 'Host: a:b\r\n', `${host}X : y\r\n`, `${host}X: a\rb\r\n`, `${host}X: a\n`, `${host}X: \0\r\n`, `${host} X\r\n`, `${host}Content-Length: x\r\n`, `${host}Upgrade: h2c\r\n`, `${host}Trailer: X\r\n`]) add(400, head('/path/x HTTP/1.1', fields));
    add(417, head('/path/x HTTP/1.1', `${host}Expect: x\r\n`));
    add(414, `HEAD /${'a'.repeat(9000)}`);
    add(431, head('/path/x HTTP/1.1', `${host}X: ${'a'.repeat(17000)}\r\n`));
}

async function each_is_refused_alone() {
    const before = await server.info();
    const wrong = [];
    await inParallel(cases, 40, async ([status, bytes]) => {
        const result = await exchange(server, bytes + hidden(), { n: 0, heads: bytes.startsWith('HEAD') ? [0] : [] });
        const one = result.answers.length === 1 && result.answers[0].status === status && result.closed && result.rest === '';
        if (!one) wrong.push(`${status} ${JSON.stringify(bytes.slice(0, 200))}: ${result.answers.map((a) => a.status)} closed=${result.closed} rest=${JSON.stringify(result.rest.slice(0, 80))}`);
    });
    expect(wrong.length === 0, `${wrong.length} of ${cases.length}:\n${wrong.join('\n')}`);
    const after = await server.info();
    expect(after.requests === before.requests, `${after.requests - before.requests} reached a handler.`);
    expect(cases.length >= 300, `Only ${cases.length} requests.`);
    return `${cases.length} requests`;
}

// How the bytes of a bad request are cut up changes nothing: byte by byte, the same answer.
async function each_is_refused_byte_by_byte() {
    const some = cases.filter(([, bytes], i) => bytes.length < 300 && i % 7 === 0);
    await inParallel(some, 20, async ([status, bytes]) => {
        const result = await exchange(server, Array.from(bytes), { n: 0, heads: bytes.startsWith('HEAD') ? [0] : [] });
        expect(result.answers.length === 1 && result.status === status && result.closed, `${status} ${JSON.stringify(bytes)}: ${result.status}`);
    });
    return `${some.length} requests`;
}

async function split_at_every_byte() {
    const body = '{"a":"0123456789"}';
    const half = body.length / 2;
    const requests = [
        [post(`Content-Length: ${body.length}\r\n`, body), body],
        [chunked(`9\r\n${body.slice(0, half)}\r\n9\r\n${body.slice(half)}\r\n0\r\n\r\n`), body],
        [get('Accept: */*\r\n').replace('/path/x', '/path/a%2Fb?c'), '/path/a/b'],
        [`${get('')}${get('').replace('/path/x', '/path/y')}`, '/path/x', '/path/y'],
    ];
    let n = 0;
    for (const [bytes, ...bodies] of requests) {
        const cuts = Array.from({ length: bytes.length - 1 }, (_, i) => i + 1);
        await inParallel(cuts, 40, async (cut) => {

            const result = await exchange(server, [bytes.slice(0, cut), bytes.slice(cut)], { gap: 2, n: bodies.length });
            const got = result.answers.map((a) => a.body).join('|');
            expect(got === bodies.join('|') && result.answers.every((a) => a.status === 200), `Cut at ${cut}: ${result.answers.map((a) => a.status)} ${got}`);
            n++;
        });
    }
    return `${n} cuts`;
}

async function main() {
    server = await startServer('per_loopback=1024');
    for (const family of [addSmuggling, addLengths, addLines, addFields, addHosts, addChunks, addHeads]) family();
    await run({ each_is_refused_alone, each_is_refused_byte_by_byte, split_at_every_byte, the_server_is_well: () => server.stop() });
}
main();
