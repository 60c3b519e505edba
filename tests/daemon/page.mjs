// The page, as a person with a browser meets it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { accessible, fits, open, shoot } from './browser.mjs';
import { ask, model, serve, until } from './lib.mjs';

const service = await serve({ models: [model('tiny'), model('chat')] });
const web = new URL('../../web/', import.meta.url);
const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', authorization: '' };

async function send(page, question) {
    await page.locator('#question').fill(question);
    await page.keyboard.press('Enter');
}

/** The last answer, once it has ended. */
async function answered(page) {
    await page.locator('.turns li:last-child .actions button').first().waitFor();
    return page.locator('.turns li:last-child .answered > .words').innerText();
}

/** Makes the service answer these pieces to every question, as if a model had said them. */
async function say(page, pieces, end = {}) {
    const line = (value) => `data: ${JSON.stringify(value)}\n\n`;
    const usage = { prompt_tokens: 40, completion_tokens: 120, prompt_tokens_details: { cached_tokens: 20 } };
    const body =
        pieces.map((delta) => line({ choices: [{ delta }] })).join('') +
        line({ choices: [{ delta: {}, finish_reason: 'stop', ...end }] }) +
        line({ choices: [], usage }) +
        'data: [DONE]\n\n';
    await page.route('**/v1/chat/completions', (route) =>
        route.fulfill({ status: 200, contentType: 'text/event-stream', body }),
    );
}

// ---- how it is delivered ----

test('every file of the page is there, with its type, a tag and a strict policy', async () => {
    const types = { html: 'text/html', css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml' };
    const names = readdirSync(web).filter((name) => name !== 'package.json');
    let size = 0;
    for (const path of ['/', '/favicon.ico', ...names.map((name) => `/page/${name}`)]) {
        const type = path === '/' ? types.html : path === '/favicon.ico' ? types.svg : types[path.split('.').at(-1)];
        const a = await ask(service, path, undefined, { headers: html });
        assert.equal(a.status, 200, path);
        assert.ok(a.headers.get('content-type').startsWith(type), path);
        const policy = a.headers.get('content-security-policy');
        assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self';/);
        assert.match(policy, /base-uri 'none'; form-action 'none'; frame-ancestors 'none'/);
        assert.ok(!policy.includes('unsafe'));
        assert.equal(a.headers.get('x-content-type-options'), 'nosniff');
        assert.equal(a.headers.get('referrer-policy'), 'no-referrer');
        assert.equal(a.headers.get('cross-origin-opener-policy'), 'same-origin');
        assert.equal(a.headers.get('cross-origin-resource-policy'), 'same-origin');
        assert.match(a.headers.get('permissions-policy'), /camera=\(\)/);
        const known = { ...html, 'if-none-match': a.headers.get('etag') };
        const again = await ask(service, path, undefined, { headers: known });
        assert.deepEqual([again.status, again.text], [304, ''], path);
        const other = await ask(service, path, undefined, { headers: { ...html, 'if-none-match': '"0"' } });
        assert.equal(other.text, a.text);
        const head = await ask(service, path, undefined, { headers: html, method: 'HEAD' });
        assert.deepEqual([head.status, head.text, head.headers.get('etag')], [200, '', a.headers.get('etag')]);
        assert.equal(Number(head.headers.get('content-length')), Buffer.byteLength(a.text));
        if (path.startsWith('/page/')) size += a.text.length;
    }
    assert.ok(size < 120_000, `${size} bytes are too many`);
});

test('what is no file of the page is 404, and Ollama\'s clients get their words', async () => {
    for (const path of ['/page/', '/page/x.js', '/page/%2e%2e/app.js', '/page/package.json']) {
        assert.equal((await ask(service, path)).status, 404, path);
    }
    const plain = await ask(service, '/', undefined, { headers: { accept: '*/*' } });
    assert.equal(plain.text, 'Ollama is running');
    assert.equal(plain.headers.get('vary'), 'Accept');
});

// ---- who may use it ----

test('nothing is shown before the token is, and a wrong one does not help', async () => {
    const page = await open(service, { token: false });
    await page.locator('#token').waitFor();
    assert.equal(await page.locator('#frame').isVisible(), false);
    await accessible(page, 'sign in');
    await page.locator('#token').fill('nonsense');
    await page.keyboard.press('Enter');
    await page.getByText('That is not the token.').waitFor();
    await page.locator('#token').fill(service.token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('#question').waitFor();
    const kept = await page.evaluate(() => ({ ...sessionStorage, ...localStorage, cookie: document.cookie }));
    assert.ok(!JSON.stringify(kept).includes(service.token), 'the page keeps a session, not the token');
    await page.reload();
    await page.locator('#question').waitFor();
    await page.done();
    assert.ok(page.asked.every((url) => !url.includes(service.token)));
});

test('the link of the terminal opens it, once, and leaves no trace', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ingle-page-'));
    const env = { ...process.env };
    for (const name of ['STATE_HOME', 'CACHE_HOME', 'CONFIG_HOME', 'DATA_HOME', 'RUNTIME_DIR']) env[`XDG_${name}`] = folder;
    // script(1) gives it a terminal: the link is for people.
    const command = `exec '${process.env.INGLE}' serve --listen 127.0.0.1:0 -m '${model('tiny')}'`;
    const child = spawn('script', ['-qefc', command, '/dev/null'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = new Promise((done) => child.on('exit', done));
    after(() => child.kill('SIGKILL'));
    let text = '';
    child.stdout.on('data', (bytes) => (text += bytes));
    const [, url, key] = await until(() => /(http:\/\/[0-9.:]+)\/#key=([0-9a-f]+)/.exec(text), 10_000);
    const one = await open({ url }, { token: false, path: `/#key=${key}` });
    await one.locator('#question').waitFor();
    assert.ok(!one.url().includes('key'));
    assert.equal(await one.evaluate(() => history.length), 2, 'about:blank and the page');
    assert.ok(one.asked.every((address) => !address.includes(key)));
    await one.done();
    const two = await open({ url }, { token: false, path: `/#key=${key}` });
    await two.getByText('This link has been used').waitFor();
    await two.done();
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
});

test('with --no-token nobody is asked', async () => {
    const free = await serve({ args: ['--no-token'] });
    const page = await open({ ...free, token: '' });
    await page.locator('#question').waitFor();
    await page.done();
});

test('a service that is gone is said to be', async () => {
    const other = await serve();
    const page = await open(other);
    await other.stop();
    await send(page, 'Hello');
    await page.getByText('The service does not answer.').first().waitFor();
    assert.deepEqual(page.trouble, []);
});

// ---- chat ----

test('an answer streams, is rendered, and is the one of the model', async () => {
    const page = await open(service);
    await page.evaluate(() => (document.getElementById('question').value = ''));
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByLabel('Temperature').fill('0');
    await page.getByLabel('Tokens at most').fill('40');
    await page.getByRole('button', { name: 'Keep' }).click();
    await send(page, 'Once upon a time');
    const shown = await answered(page);
    const messages = [{ role: 'user', content: 'Once upon a time' }];
    const own = await ask(service, '/v1/chat/completions', { messages, temperature: 0, max_tokens: 40 });
    const words = (text) => text.replace(/\s+/g, ' ').trim();
    assert.equal(words(shown), words(own.json.choices[0].message.content));
    assert.match(await page.locator('.note').innerText(), /has reached its greatest length/);
    assert.match(await page.locator('.figure').innerText(), /^[1-9][0-9.]*$/);
    assert.match(await page.locator('#panel').innerText(), /First token\s+\d+ ms\s+Tokens\s+40/);
    // a second question has the first one before it
    const [asked] = await Promise.all([
        page.waitForRequest('**/v1/chat/completions'),
        send(page, 'And then?'),
    ]);
    const roles = asked.postDataJSON().messages.map((m) => m.role);
    assert.deepEqual(roles, ['user', 'assistant', 'user']);
    await answered(page);
    await page.getByRole('button', { name: 'New chat' }).click();
    assert.equal(await page.locator('.turns li').count(), 0);
    await page.done();
});

test('stop stops it in the service too, by the button and by Escape', async () => {
    const slow = await serve({ models: [model('slow')], args: ['-t', '1'] });
    const page = await open(slow);
    const running = async () => (await ask(slow, '/ingle/status')).json.queue.running;
    await page.route('**/v1/chat/completions', (route) => {
        // an answer that does not end by itself
        const body = { ...route.request().postDataJSON(), temperature: 1.5, logit_bias: { 1: -100, 2: -100 } };
        return route.continue({ postData: JSON.stringify(body) });
    });
    for (const how of ['button', 'key']) {
        await send(page, 'Tell me a story that does not end');
        await page.locator('.turns li:last-child .answered > .words > *').first().waitFor();
        assert.equal(await running(), 1);
        if (how === 'button') await page.getByRole('button', { name: 'Stop' }).click();
        else await page.keyboard.press('Escape');
        await until(async () => (await running()) === 0, 500);
        assert.equal(await page.locator('.turns li:last-child .note').innerText(), 'Stopped.');
        await page.getByRole('button', { name: 'New chat' }).click();
    }
    await page.done();
});

test('retry asks again, edit asks something else', async () => {
    const page = await open(service);
    const asked = [];
    page.on('request', (r) => r.url().endsWith('completions') && asked.push(r.postDataJSON().messages));
    await say(page, [{ content: 'One.' }]);
    await send(page, 'First');
    await answered(page);
    await say(page, [{ content: 'Two.' }]);
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.getByText('Two.').first().waitFor();
    assert.equal(await page.locator('.turns li').count(), 1);
    assert.deepEqual(asked[0], asked[1]);
    await page.getByRole('button', { name: 'Edit' }).click();
    assert.equal(await page.locator('#question').inputValue(), 'First');
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('#question').inputValue(), '');
    await page.getByRole('button', { name: 'Edit' }).click();
    await say(page, [{ content: 'Three.' }]);
    await send(page, 'Second');
    await page.getByText('Three.').first().waitFor();
    assert.deepEqual(asked[2], [{ role: 'user', content: 'Second' }]);
    assert.equal(await page.locator('.turns li').count(), 1);
    await page.done();
});

test('thinking is folded, Markdown is rendered, and no word becomes more than text', async () => {
    const page = await open(service);
    const tricks = [
        '<script>document.title="caught"</script>',
        '<img src=x onerror="document.title=\'caught\'">',
        '[click](javascript:document.title="caught")',
        '![pixel](https://example.org/pixel.png)',
        '<a href="https://example.org">x</a>',
        '</div></article><h1>Outside</h1>',
    ];
    const text = `# Title\n\nSome **bold** text\n\n- a\n- b\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n\`\`\`js\nlet a = "<b>";\n\`\`\`\n\n${tricks.join('\n\n')}`;
    await say(page, [{ reasoning_content: 'Hm <b>hm</b>' }, ...[...text].map((content) => ({ content }))]);
    await send(page, '<img src=y onerror="document.title=\'caught\'">');
    const shown = await answered(page);
    for (const trick of tricks.filter((t) => t.startsWith('<'))) assert.ok(shown.includes(trick), trick);
    const answer = page.locator('.answered');
    assert.deepEqual(
        await answer.evaluate((e) => [...new Set([...e.querySelectorAll('.words *')].map((n) => n.localName))].sort()),
        ['a', 'button', 'code', 'div', 'figcaption', 'figure', 'h3', 'li', 'p', 'pre', 'span', 'strong', 'svg', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'ul', 'use'],
    );
    assert.deepEqual(await answer.locator('a').evaluateAll((all) => all.map((a) => a.href)), ['https://example.org/pixel.png', 'https://example.org/']);
    assert.match(await page.title(), /^Chat/);
    assert.equal(await page.locator('.thinking').evaluate((d) => d.open), false);
    await page.locator('.thinking summary').click();
    assert.equal(await page.locator('.thinking .words').innerText(), 'Hm <b>hm</b>');
    await page.locator('.code').getByRole('button', { name: 'Copy' }).click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'let a = "<b>";');
    // a link says where it leads, and leads nowhere by itself
    await answer.locator('a').first().click();
    const dialog = page.getByRole('dialog');
    assert.match(await dialog.innerText(), /leaves your machine[^]*https:\/\/example\.org\/pixel\.png/);
    await accessible(page, 'a link');
    await dialog.getByRole('button', { name: 'Stay here' }).click();
    assert.equal(await page.getByRole('dialog').count(), 0);
    await page.done();
});

test('an error of the service is said, and what was asked can be asked again', async () => {
    const page = await open(service);
    await page.route('**/v1/chat/completions', (route) =>
        route.fulfill({ status: 429, contentType: 'application/json', body: '{"error":{"message":"Too many wait."}}' }),
    );
    await send(page, 'Hello');
    await page.getByText('Too many wait.').first().waitFor();
    await page.unroute('**/v1/chat/completions');
    await say(page, [{ content: 'Hello.' }]);
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.getByText('Hello.').first().waitFor();
    await page.done();
});

test('another model can be chosen, and its needs are shown', async () => {
    const page = await open(service);
    await page.locator('#model').click();
    const dialog = page.getByRole('dialog');
    assert.match(await dialog.innerText(), /tiny[^]*ready · .*B of memory[^]*chat[^]*needs about .*B of memory/);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Escape');
    assert.match(await page.locator('#model').innerText(), /chat/);
    const [asked] = await Promise.all([page.waitForRequest('**/v1/chat/completions'), send(page, 'Hello')]);
    assert.equal(asked.postDataJSON().model, 'chat');
    await page.keyboard.press('Escape');
    await page.done();
});

// ---- for everybody ----

test('all of it can be done with the keyboard', async () => {
    const page = await open(service);
    await say(page, [{ content: 'Hello.' }]);
    await page.evaluate(() => document.activeElement.blur());
    const seen = [];
    for (let i = 0; i < 40 && !seen.includes('question'); i++) {
        await page.keyboard.press('Tab');
        seen.push(await page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim()));
        const outline = await page.evaluate(() => {
            const focus = document.activeElement;
            const box = focus.id === 'question' ? focus.parentElement : focus;
            const style = getComputedStyle(box);
            const inner = focus.matches('input') ? getComputedStyle(focus.nextElementSibling ?? focus) : style;
            return style.outlineStyle !== 'none' || inner.outlineStyle !== 'none';
        });
        assert.ok(outline, `the focus is seen on ${seen.at(-1)}`);
    }
    assert.ok(seen.includes('model') && seen.includes('theme') && seen.includes('gauge'), seen.join(', '));
    await page.keyboard.type('Hi');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('there');
    await page.keyboard.press('Enter');
    assert.match(await answered(page), /Hello/);
    assert.equal(await page.locator('.asked .words').innerText(), 'Hi\nthere');
    assert.equal(await page.locator('#announcer').innerText(), 'Hello.');
    await page.done();
});

test('dark and light, by the system and by the switch, which is remembered', async () => {
    const page = await open(service, { scheme: 'dark' });
    const is_dark = () => page.evaluate(() => {
        const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number);
        return r + g + b < 200;
    });
    assert.equal(await is_dark(), true);
    await page.emulateMedia({ colorScheme: 'light' });
    assert.equal(await is_dark(), false);
    await page.locator('#theme').click();
    assert.equal(await is_dark(), true);
    await page.reload();
    await page.locator('#question').waitFor();
    assert.equal(await is_dark(), true);
    await page.done();
});

// ---- tasks ----

const council =
    'The city council met on Tuesday. It decided to build a new bridge over the river. The bridge will cost ' +
    '40 million euros. Work begins in March. Critics say that the money is needed for schools. The mayor, Anna ' +
    'Berg, said that the old bridge is not safe any more. A decision on the schools follows in May.\n\n' +
    'The old bridge was built in 1931. Heavy lorries may not use it since last winter. Shopkeepers in the old ' +
    'town hope that visitors will come back once the new bridge is open. \u{1F309} The council will publish the plans.\n';

const go = async (page, view) => {
    await page.locator(`#views a[href="#${view}"]`).click();
    await page.locator(`main.view-${view} h1`).first().waitFor();
};

/** Makes a task answer this, for models that say nothing sensible. */
async function answer_task(page, task, pieces, result) {
    const event = (name, data) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
    const body = pieces.map((text) => event('text', { text })).join('') + event('result', result);
    await page.route(`**/ingle/tasks/${task}`, (route) =>
        route.fulfill({ status: 200, contentType: 'text/event-stream', body }),
    );
}

test('a document is summarized, and each sentence shows where it comes from', async () => {
    const page = await open(service);
    await go(page, 'summarize');
    const file = { name: 'council.html', mimeType: 'text/html', buffer: Buffer.from(`<p>${council}<script>1</script>`) };
    await page.locator('input[type=file]').setInputFiles(file);
    await page.getByText('council.html').first().waitFor();
    await page.getByLabel('Only sentences of the text itself').check();
    await page.getByLabel('Points', { exact: true }).check();
    await page.getByRole('button', { name: 'Summarize' }).click();
    const cites = page.locator('.summary .cite');
    await cites.first().waitFor();
    const n = await cites.count();
    assert.ok(n >= 2);
    assert.equal(await page.locator('mark.on').count(), 0);
    for (const how of ['hover', 'focus']) {
        for (let i = 0; i < n; i++) {
            await cites.nth(i)[how]();
            const said = (await cites.nth(i).textContent()).replace(/^- /, '');
            assert.equal((await page.locator('mark.on').textContent()).trim(), said.trim(), `${how} ${i}`);
            const is_seen = await page.locator('mark.on').evaluate((m) => {
                const [a, b] = [m, m.closest('.source')].map((e) => e.getBoundingClientRect());
                return a.bottom > b.top && a.top < b.bottom;
            });
            assert.ok(is_seen);
        }
    }
    assert.ok((await page.locator('.source').textContent()).includes('\u{1F309}'));
    // and a text, pasted, after the document was taken away
    await page.getByRole('button', { name: 'Change' }).click();
    await page.getByRole('button', { name: 'Remove council.html' }).click();
    await page.getByLabel('Text', { exact: true }).fill(council);
    await page.getByLabel('Short', { exact: true }).check();
    await page.keyboard.press('Control+Enter');
    await until(async () => (await page.locator('.source').textContent()).trim() === council.trim());
    await page.done();
});

test('a file can be dropped; one that is too large or no text is refused in words', async () => {
    const page = await open(service);
    await go(page, 'summarize');
    const drop = (name, size) =>
        page.locator('.drop').evaluate((target, [file, n]) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(n)], file));
            target.dispatchEvent(new DragEvent('dragover', { dataTransfer: data, bubbles: true, cancelable: true }));
            target.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
        }, [name, size]);
    await drop('big.txt', 6e6);
    assert.match(await page.locator('.foot .trouble').innerText(), /big\.txt has 6\.0 MB/);
    assert.equal(await page.locator('.chip').isVisible(), false);
    await drop('zeros.bin', 100);
    assert.equal(await page.locator('.chip .name').innerText(), 'zeros.bin');
    await page.getByRole('button', { name: 'Summarize' }).click();
    await until(async () => /\.$/.test(await page.locator('.foot .trouble').innerText()));
    await page.done();
});

const before = 'We has meet on tuesday. The bridge costs 40 million.\n\nCall Anna.';
const better = 'We met on Tuesday. The bridge costs 40 million.\n\nCall Anna.';
const rewritten = {
    text: better,
    blocks: [
        { from: 0, to: 53, text: better.split('\n')[0], kept_because: null },
        { from: 54, to: 64, text: 'Call Anna.', kept_because: 'The rewritten text says less.' },
    ],
    asked: 2,
    changed: 1,
    kept: 1,
};

test('a rewritten text shows what changed, and can be taken', async () => {
    const page = await open(service);
    await go(page, 'rewrite');
    await page.getByLabel('Text', { exact: true }).fill(before);
    const [asked] = await Promise.all([
        page.waitForRequest('**/ingle/tasks/rewrite'),
        page.getByRole('button', { name: 'Rewrite' }).click(),
    ]);
    assert.deepEqual(asked.postDataJSON(), { text: before, manner: 'proofread', stream: true });
    await page.locator('.diff').waitFor(); // of the small model, which changes nothing it may not
    await answer_task(page, 'rewrite', [better.slice(0, 20), better.slice(20)], rewritten);
    await page.getByLabel('As I say').check();
    await page.getByLabel('In your words').fill('nicer');
    await page.keyboard.press('Enter');
    await page.getByText('Call Anna.').last().waitFor();
    const diff = page.locator('.diff');
    await until(async () => (await diff.locator('ins').count()) > 0);
    assert.deepEqual(await diff.locator('del').allTextContents(), ['has meet', 'tuesday']);
    assert.deepEqual(await diff.locator('ins').allTextContents(), ['met', 'Tuesday']);
    assert.match(await page.locator('.result').innerText(), /2 changes[^]*1 paragraph left as written/);
    await page.getByRole('button', { name: 'Use it' }).click();
    assert.equal(await page.getByLabel('Text', { exact: true }).inputValue(), better);
    await page.done();
});

const drafted = {
    subject: 'Our appointment',
    body: 'Dear Ms Berg,\n\nI cannot come on Friday. Could we meet on [date] instead?\n\nKind regards\n[name]',
    placeholders: [{ text: '[date]', replaced: 'Monday 3 March' }, { text: '[name]', replaced: '' }],
    was_cut: false,
};

test('a draft leaves open what nobody said', async () => {
    const page = await open(service);
    await go(page, 'draft');
    await page.getByLabel('Message', { exact: true }).check();
    await page.getByLabel('What it is to say').fill('cannot come');
    const [asked] = await Promise.all([
        page.waitForRequest('**/ingle/tasks/draft'),
        page.getByRole('button', { name: 'Write it' }).click(),
    ]);
    assert.deepEqual(asked.postDataJSON(), { kind: 'message', about: 'cannot come', stream: true });
    await page.getByRole('heading', { name: 'Draft' }).last().waitFor();
    await answer_task(page, 'draft', [drafted.body], drafted);
    await page.getByRole('button', { name: 'Write it' }).click();
    await page.locator('.subject').waitFor();
    assert.match(await page.locator('.subject').innerText(), /Our appointment/);
    assert.deepEqual(await page.locator('.paper mark').allTextContents(), ['[date]', '[name]']);
    await page.done();
});

const letter = 'Dear Ada Byron, call me at +49 30 1234567 or write to ada@example.org. \u{1F525} Yours, Bob';

test('what is personal is replaced, kind by kind', async () => {
    const page = await open(service);
    await go(page, 'redact');
    await page.getByLabel('Text', { exact: true }).fill(letter);
    await page.getByRole('button', { name: 'Redact' }).click();
    await page.locator('mark.hole').first().waitFor();
    const own = (await ask(service, '/ingle/tasks/redact', { text: letter })).json;
    assert.equal(await page.locator('.paper').textContent(), own.text);
    await page.getByLabel(/^email address/).uncheck();
    assert.ok((await page.locator('.paper').textContent()).includes('ada@example.org'));
    await page.locator('.result').getByRole('button', { name: 'Copy' }).click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await page.locator('.paper').textContent());
    await page.done();
});

test('intents are told while one types, among labels of one\'s own too', async () => {
    const page = await open(service);
    await go(page, 'intent');
    await page.getByLabel('Sentence').fill('wake me up at seven');
    await page.getByRole('heading', { name: 'alarm' }).waitFor();
    assert.equal(await page.locator('.bars li').count(), 5);
    const bar = await page.locator('.chosen .fill').evaluate((e) => e.offsetWidth / e.parentElement.offsetWidth);
    const said = parseInt(await page.locator('.chosen .value').innerText(), 10) / 100;
    assert.ok(Math.abs(bar - said) < 0.02, `${bar} is drawn, ${said} is said`);
    for (const label of ['weather', 'music', 'nothing']) {
        await page.getByRole('button', { name: 'Add a label' }).click();
        await page.keyboard.type(label);
    }
    await page.getByRole('button', { name: 'Remove the label' }).last().click();
    await until(async () => (await page.locator('.bars li').count()) === 2);
    assert.deepEqual((await page.locator('.bars .name').allTextContents()).sort(), ['music', 'weather']);
    await page.done();
});

// ---- every view, at three widths, light and dark ----

const markdown = `Bread is mostly **flour**, \`water\` and time:

1. Mix *everything*.
2. Wait, then wait again.

\`\`\`python
def bread(flour, water):
    return flour + water  # and then a line that is longer than the box that it stands in
\`\`\`

| What | Grams |
|---|---:|
| Flour | 500 |
| Water | 350 |

> Patience is an ingredient.`;

/** Each view as it is first seen and when it has something to show. */
const scenes = {
    async chat(page) {
        await page.locator('#question').waitFor();
        await shoot(page, page.name('chat'));
        await say(page, [{ reasoning_content: 'They want a recipe.' }, { content: markdown }]);
        await send(page, 'How do I bake bread?');
        await answered(page);
    },
    async summarize(page) {
        await shoot(page, page.name('summarize'));
        await page.getByLabel('Text', { exact: true }).fill(council);
        await page.getByLabel('Only sentences of the text itself').check();
        await page.getByRole('button', { name: 'Summarize' }).click();
        await page.locator('.cite').first().waitFor();
        await page.locator('.cite').first().focus();
    },
    async rewrite(page) {
        await page.getByLabel('Text', { exact: true }).fill(before);
        await answer_task(page, 'rewrite', [better], rewritten);
        await page.getByRole('button', { name: 'Rewrite' }).click();
        await page.locator('.diff').waitFor();
    },
    async draft(page) {
        await page.getByLabel('What it is to say').fill('cannot come on Friday');
        await answer_task(page, 'draft', [drafted.body], drafted);
        await page.getByRole('button', { name: 'Write it' }).click();
        await page.locator('.subject').waitFor();
    },
    async redact(page) {
        await page.getByLabel('Text', { exact: true }).fill(letter);
        await page.getByRole('button', { name: 'Redact' }).click();
        await page.locator('mark.hole').first().waitFor();
    },
    async intent(page) {
        await page.getByRole('button', { name: 'Add a label' }).click();
        await page.getByLabel('Sentence').fill('wake me up at seven');
        await page.locator('.bars li').first().waitFor();
    },
};

for (const width of [360, 768, 1280]) {
    for (const scheme of ['light', 'dark']) {
        test(`${width} pixels wide and ${scheme}: nothing sticks out, nobody is left out`, async () => {
            const page = await open(service, { width, scheme });
            page.name = (what) => `${what}-${width}-${scheme}`;
            for (const [view, scene] of Object.entries(scenes)) {
                await go(page, view);
                await scene(page);
                await fits(page, view);
                await accessible(page, view);
                await shoot(page, page.name(`${view}-done`));
            }
            for (const [id, name] of [['#gauge', 'panel'], ['#model', 'models']]) {
                await page.locator(id).click();
                await fits(page, name);
                await accessible(page, name);
                await shoot(page, page.name(name));
                if (id === '#gauge') await page.locator(width < 1180 ? '#panel .close' : id).click();
                else await page.keyboard.press('Escape');
            }
            await page.done();
            const locked = await open(service, { width, scheme, token: false });
            await locked.locator('#token').waitFor();
            await fits(locked, 'sign in');
            await accessible(locked, 'sign in');
            await shoot(locked, page.name('sign-in'));
            await locked.done();
        });
    }
}
