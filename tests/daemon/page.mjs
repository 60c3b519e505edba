// The page: how it is delivered, and who may use it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { accessible, open, send } from './browser.mjs';
import { ask, model, serve, until } from './lib.mjs';

const service = await serve({ models: [model('tiny')] });
const web = new URL('../../web/', import.meta.url);
const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', authorization: '' };

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
    assert.ok(size < 125_000, `${size} bytes are too many`);
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
    const [, url, key] = await until(() => /(http:\/\/[0-9.:]+)\/#key=([0-9a-f]+)\s/.exec(text));
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

test('a session that has ended asks for the token again, and loses no word', async () => {
    const page = await open(service);
    await send(page, 'Remember me');
    await page.locator('.turns .actions').first().waitFor();
    await page.evaluate(() => sessionStorage.setItem('ingle.session', 'f'.repeat(64)));
    await page.locator('#token').waitFor();
    assert.equal(await page.locator('#frame').isVisible(), false);
    await page.locator('#token').fill(service.token);
    await page.keyboard.press('Enter');
    await page.getByText('Remember me').waitFor();
    await page.done();
});

test('the policy keeps out what a mistake in the page would let in', async () => {
    const page = await open(service);
    const refused = await page.evaluate(async () => {
        const kept_out = [];
        document.addEventListener('securitypolicyviolation', (e) => kept_out.push(e.effectiveDirective));
        const add = (tag, properties) => document.body.append(Object.assign(document.createElement(tag), properties));
        add('script', { textContent: 'window.caught = true' });
        add('script', { src: 'data:text/javascript,window.caught=true' });
        add('img', { src: 'https://example.org/pixel.png' });
        add('iframe', { src: 'https://example.org/' });
        add('div', { innerHTML: '<p style="color:red" onclick="window.caught=true">x</p>' });
        await fetch('https://example.org/').catch(() => {});
        const form = Object.assign(document.createElement('form'), { action: 'https://example.org/' });
        document.body.append(form);
        form.submit();
        // reported when the browser comes to it
        for (let i = 0; i < 2000 && new Set(kept_out).size < 7; i++) await new Promise((go) => setTimeout(go, 50));
        return { kept_out: [...new Set(kept_out)].sort(), caught: window.caught === true };
    });
    assert.deepEqual(refused, {
        kept_out: ['connect-src', 'form-action', 'frame-src', 'img-src', 'script-src-attr', 'script-src-elem', 'style-src-attr'],
        caught: false,
    });
    assert.ok(page.trouble.length > 0, 'and such things do not go unnoticed here');
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
    await page.locator('#model').getByText('not running').waitFor();
    await accessible(page, 'a service that is gone');
    assert.deepEqual(page.trouble, []);
});

test('where a browser keeps nothing, the page works as long as it is open', async () => {
    const page = await open(service, { token: false });
    await page.addInitScript(() => {
        for (const name of ['localStorage', 'sessionStorage']) {
            Object.defineProperty(window, name, {
                get() {
                    throw new DOMException('Not here', 'SecurityError');
                },
            });
        }
    });
    await page.reload();
    await page.locator('#token').fill(service.token);
    await page.keyboard.press('Enter');
    await page.locator('#question').waitFor();
    await page.locator('#theme').click();
    await page.done();
});

test('on another machine the page does not say that the words stay on this one', async () => {
    const other = await serve({ args: ['--name', 'ingle.test'] });
    const page = await open({ ...other, url: other.url.replace('127.0.0.1', 'ingle.test') });
    assert.match(await page.locator('.welcome').innerText(), /A model on ingle\.test answers/);
    assert.match(await page.locator('.vow').innerText(), /go to ingle\.test and no further/);
    assert.match(await page.locator('.nowhere').innerText(), /To ingle\.test/);
    assert.ok(!(await page.locator('body').innerText()).includes('this machine'));
    // a browser says that without TLS the header means nothing
    page.trouble = page.trouble.filter((t) => !t.includes('Cross-Origin-Opener-Policy'));
    await page.done();
    const here = await open(other);
    assert.match(await here.locator('.vow').innerText(), /stay on this machine/);
    await here.done();
});
