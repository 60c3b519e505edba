// What the page reads and compares: event streams, the Markdown of models, two texts. No browser, no service.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { word_diff } from '../../web/diff.js';
import { inline_of, parse, reader, safe_link } from '../../web/markdown.js';
import { sse_parser } from '../../web/sse.js';

// ---- event streams ----

function read(pieces) {
    const events = [];
    const parser = sse_parser((e) => events.push(e));
    pieces.forEach((piece) => parser.push(piece));
    parser.end();
    return events;
}

const stream =
    '\uFEFF: hello\n\nevent: text\ndata: {"a": 1}\n\ndata:one\r\ndata: two\r\n\r\nid: 7\nretry: 5\nevent: x\n\n' +
    'event: last\rdata\r\rdata: ünï\u{1F525}\n\ndata: cut';
const expected = [
    { event: 'text', data: '{"a": 1}' },
    { event: 'message', data: 'one\ntwo' },
    { event: 'last', data: '' },
    { event: 'message', data: 'ünï\u{1F525}' },
];

test('events are those of the stream, and what was cut off is none', () => {
    assert.deepEqual(read([stream]), expected);
});

test('it does not matter where a stream was cut into pieces', () => {
    for (let i = 0; i <= stream.length; i++) {
        assert.deepEqual(read([stream.slice(0, i), stream.slice(i)]), expected, `at ${i}`);
        assert.deepEqual(read([stream.slice(0, i), '', stream.slice(i)]), expected, `with nothing at ${i}`);
    }
    assert.deepEqual(read([...stream]), expected);
});

test('random streams are read the same in random pieces', () => {
    const next = random(4711);
    const parts = ['data', ':', ' ', '\n', '\r', '\r\n', 'event', 'x', '{"a":1}', ': c', '\n\n', 'id'];
    for (let k = 0; k < 2000; k++) {
        const text = Array.from({ length: next(40) }, () => parts[next(parts.length)]).join('');
        const pieces = [];
        for (let i = 0; i < text.length; ) {
            const n = 1 + next(5);
            pieces.push(text.slice(i, i + n));
            i += n;
        }
        assert.deepEqual(read(pieces), read([text]), JSON.stringify(text));
    }
});

// ---- Markdown ----

/** A generator of whole numbers below n that is the same every time. */
function random(seed) {
    return (n) => {
        seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
        return Math.floor((seed / 2 ** 32) * n);
    };
}

const plain = (blocks) => JSON.parse(JSON.stringify(blocks, (key, value) => (['raw', 'at'].includes(key) ? undefined : value)));
const blocks = (text) => plain(parse(text));

test('paragraphs, headings and rules', () => {
    assert.deepEqual(blocks('# One #\n\nTwo\nlines\n\n---\n###### Six\n#no'), [
        { kind: 'h', level: 1, inline: ['One'] },
        { kind: 'p', inline: ['Two\nlines'] },
        { kind: 'rule' },
        { kind: 'h', level: 6, inline: ['Six'] },
        { kind: 'p', inline: ['#no'] },
    ]);
});

test('emphasis, code, breaks and escapes', () => {
    const cases = [
        ['a *b* **c** ***d*** ~~e~~', ['a ', { kind: 'em', inline: ['b'] }, ' ', { kind: 'strong', inline: ['c'] }, ' ',
            { kind: 'strong', inline: [{ kind: 'em', inline: ['d'] }] }, ' ', { kind: 'del', inline: ['e'] }]],
        ['snake_case_name and 2 * 3 * 4', ['snake_case_name and 2 * 3 * 4']],
        ['_a_ __b__', [{ kind: 'em', inline: ['a'] }, ' ', { kind: 'strong', inline: ['b'] }]],
        ['`a*b*` `` c`d ``', [{ kind: 'code', text: 'a*b*' }, ' ', { kind: 'code', text: 'c`d' }]],
        ['not `closed and *open', ['not `closed and *open']],
        ['\\*no\\* a\\b', ['*no* a\\b']],
        ['one  \ntwo\\\nthree', ['one  ', { kind: 'br' }, 'two', { kind: 'br' }, 'three']],
    ];
    for (const [text, tree] of cases) assert.deepEqual(inline_of(text), tree, text);
});

test('lists in lists, with numbers and boxes', () => {
    const [list] = blocks('3. a\n4. b\n   - c\n   - [x] d\n\n5. e');
    assert.equal(list.is_ordered, true);
    assert.equal(list.start, 3);
    assert.equal(list.items.length, 3);
    const inner = list.items[1].blocks[1];
    assert.equal(inner.kind, 'list');
    assert.deepEqual(inner.items.map((i) => i.task), [null, true]);
    assert.deepEqual(blocks('- a\n+ b').length, 2, 'another marker begins another list');
    assert.deepEqual(blocks('- a\n\n1. b').map((l) => l.is_loose), [false, false], 'nor does it spread the items of the one before');
});

test('code is as it was written, also before it ends', () => {
    assert.deepEqual(blocks('```js\n<b>*x*</b>\n\n# y\n```\nz'), [
        { kind: 'code', lang: 'js', text: '<b>*x*</b>\n\n# y' },
        { kind: 'p', inline: ['z'] },
    ]);
    assert.deepEqual(blocks('~~~\n```\na'), [{ kind: 'code', lang: '', text: '```\na' }]);
});

test('tables', () => {
    const [table] = blocks('| a | b |\n|:-:|--:|\n| 1 \\| 2 | *x* | 3 |\n| only |\nend');
    assert.deepEqual(table.align, ['center', 'right']);
    assert.deepEqual(table.head, [['a'], ['b']]);
    assert.deepEqual(table.rows, [[['1 | 2'], [{ kind: 'em', inline: ['x'] }]], [['only'], []]]);
    assert.equal(blocks('a | b\n\nc')[0].kind, 'p');
});

test('links lead to where they say, to http, https and mailto only', () => {
    const link = (href, ...inline) => ({ kind: 'link', href, inline });
    assert.deepEqual(inline_of('[a *b*](https://x.org/y "t") ![pic](https://x.org/p.png)'), [
        link('https://x.org/y', 'a ', { kind: 'em', inline: ['b'] }), ' ', link('https://x.org/p.png', 'pic')]);
    assert.deepEqual(inline_of('see https://x.org/a_b_c. <https://y.org>'), [
        'see ', link('https://x.org/a_b_c', 'https://x.org/a_b_c'), '. ', link('https://y.org/', 'https://y.org')]);
    const bad = ['javascript:alert(1)', 'JaVaScRiPt:alert(1)', ' javascript:1', 'data:text/html,x', 'vbscript:x', '//x.org',
        '/page', '#x', 'file:///etc/passwd', 'blob:https://x', 'java\nscript:x', '\u0001javascript:x', 'https:x', ''];
    for (const address of bad) {
        assert.equal(safe_link(address), null, address);
        assert.ok(!JSON.stringify(inline_of(`[x](${address})`)).includes('"link"'), address);
    }
});

test('HTML is text', () => {
    const text = '<script>alert(1)</script> <img src=x onerror=alert(1)> &lt; <!-- x --> <a href="y">z</a>';
    assert.deepEqual(blocks(text), [{ kind: 'p', inline: [text] }]);
});

const kinds = new Set(['p', 'h', 'code', 'list', 'quote', 'table', 'rule', 'em', 'strong', 'del', 'link', 'br']);

/** Only what render.js knows, and only addresses that may be followed. -> the letters in it */
function check(node) {
    if (typeof node === 'string') return node;
    if (Array.isArray(node)) return node.map(check).join('');
    assert.ok(kinds.has(node.kind), node.kind);
    if (node.kind === 'link') assert.match(node.href, /^(https?:\/\/|mailto:)/);
    const parts = [node.inline, node.blocks, node.head, node.rows, node.items?.map((i) => i.blocks)];
    return (node.text ?? '') + parts.filter(Boolean).map(check).join('');
}

test('random text gives a tree of what is known, and all of its letters', () => {
    const next = random(2024);
    const parts = ['*', '**', '_', '`', '```', '~~', '[', '](', ')', '!', '<', '>', '\\', '\n', '\n\n', '  ', '\t', '- ', '1. ', '> ',
        '# ', '|', '---', '|-|', 'https://x.org/', 'javascript:', '<script>', 'onload=', '"', "'", 'é', '\u{1F525}', '\0', '\u2028', 'word', 'a', 'b'];
    for (let k = 0; k < 20000; k++) {
        const text = Array.from({ length: next(30) }, () => parts[next(parts.length)]).join('');
        const shown = check(parse(text));
        const letters = (s) => s.replace(/[^é]/g, '').length;
        // names of languages behind a fence, addresses and cells beyond a table's width are not shown
        if (!/`{3}|~{3}|https?:|\||\]\(/.test(text)) assert.equal(letters(shown), letters(text), JSON.stringify(text));
    }
});

test('a text that grows is read as one that came at once', () => {
    const next = random(7);
    const parts = ['*', '`', '```', '\n```\n', '~~~', '\n', '\n\n', '  ', '- ', '-', '1. ', '> ', '# ', '|', '---', '\n|-|-|\n', '| a | b |\n',
        '[x] ', 'word', 'a', '\r\n', '\r', '    ', '\t', '1', '.'];
    for (let k = 0; k < 2000; k++) {
        const read = reader();
        let text = '';
        for (let n = next(40); n > 0; n--) {
            text += parts[next(parts.length)];
            if (next(3) > 0) assert.deepEqual(plain(read(text)), blocks(text), JSON.stringify(text));
        }
        assert.deepEqual(plain(read('another')), blocks('another'));
    }
});

/** How much processor time it takes, in ms: a busy machine makes no difference. */
function cost(work) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
}

test('hostile text takes no time', () => {
    const hostile = ['*', '**a ', '_a', '`', '[', '[](', '[a](', '> ', '- ', '  - ', '|', '|-', '<', '\\', '~~a', '***a', '`` ` ', 'https://', '1. '];
    for (const part of hostile) {
        for (const end of ['', '\n']) {
            const text = (part + end).repeat(Math.ceil(50000 / (part.length + end.length)));
            const ms = cost(() => check(parse(text)));
            assert.ok(ms < 1500, `${JSON.stringify(part + end)} takes ${Math.round(ms)} ms`);
        }
    }
});

// ---- what changed ----

test('a difference is both texts, and as little of it changes as can be', () => {
    const next = random(99);
    const words = ['a', 'b', 'c', ' ', ' ', '\n', "don't", '1931', '.', 'é', '\u{1F525}'];
    const make = () => Array.from({ length: next(30) }, () => words[next(words.length)]).join('');
    const side = (parts, without) => parts.filter((p) => p.kind !== without).map((p) => p.text).join('');
    for (let k = 0; k < 3000; k++) {
        const [a, b] = [make(), make()];
        const parts = word_diff(a, b);
        assert.equal(side(parts, 'ins'), a);
        assert.equal(side(parts, 'del'), b);
        assert.ok(parts.every((p, i) => p.text !== '' && p.kind !== parts[i - 1]?.kind));
        if (a === b) assert.ok(parts.every((p) => p.kind === 'same'));
    }
    assert.deepEqual(word_diff('We has met.', 'We met all.'), [
        { kind: 'same', text: 'We ' },
        { kind: 'del', text: 'has ' },
        { kind: 'same', text: 'met' },
        { kind: 'ins', text: ' all' },
        { kind: 'same', text: '.' },
    ]);
});

test('long texts without a word in common are one change, and take no time', () => {
    const [a, b] = ['a ', 'b\n'].map((word) => word.repeat(20000).trimEnd());
    const ms = cost(() => assert.deepEqual(word_diff(a, b), [{ kind: 'del', text: a }, { kind: 'ins', text: b }]));
    assert.ok(ms < 1500, `${Math.round(ms)} ms`);
});
