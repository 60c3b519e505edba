// The page's everyday tasks. Summaries out of sentences of the text, redaction and intents need no model that
// says anything sensible; for the others one is made up.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { answer_task, before, better, copied, council, drafted, fits, go, letter, open, rewritten } from './browser.mjs';
import { ask, model, serve, until } from './lib.mjs';

const service = await serve({ models: [model('tiny')] });

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

test('a file dropped beside its place is to be summarized, and of several one is taken, in words', async () => {
    const page = await open(service);
    await page.locator('#question').evaluate((target) => {
        const data = new DataTransfer();
        for (const name of ['one.txt', 'two.txt']) data.items.add(new File(['Some words.'], name));
        target.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    });
    assert.equal(await page.locator('.chip .name').innerText(), 'one.txt');
    assert.match(await page.locator('.foot .trouble').innerText(), /One document at a time: one\.txt is chosen/);
    await until(() => new URL(page.url()).hash === '#summarize');
    await page.done();
});

test('a file that is empty or cannot be read is refused in words, and a long name fits', async () => {
    const page = await open(service, { width: 360 });
    await go(page, 'summarize');
    const pick = page.locator('input[type=file]');
    await pick.setInputFiles({ name: 'empty.txt', mimeType: 'text/plain', buffer: Buffer.alloc(0) });
    assert.equal(await page.locator('.foot .trouble').innerText(), 'empty.txt is empty.');
    assert.equal(await page.locator('.chip').isVisible(), false);
    const path = `${service.folder}/${'a long name '.repeat(15)}.txt`;
    writeFileSync(path, council);
    await pick.setInputFiles(path);
    await page.locator('.chip').waitFor();
    await fits(page, 'a long name');
    rmSync(path); // as good as a folder: it has a name and cannot be read
    await page.getByRole('button', { name: 'Summarize' }).click();
    await page.getByText(/cannot be read/).waitFor();
    await page.getByText('The summary appears here').waitFor();
    await page.done();
});

test('what is too much to be sent is said to be, and nothing stands where a result would', async () => {
    const page = await open(service);
    await go(page, 'rewrite');
    await page.getByLabel('Text', { exact: true }).fill('Hello');
    await page.route('**/ingle/tasks/rewrite', (route) =>
        route.fulfill({ status: 413, contentType: 'application/json', body: '{"error":{"message":"The body is larger than is taken."}}' }),
    );
    await page.getByRole('button', { name: 'Rewrite' }).click();
    await page.getByText('too much to be sent at once').waitFor();
    await page.getByText('The new text appears here').waitFor();
    await page.done();
});

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
    await copied(page, await page.locator('.paper').textContent());
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
    // what is typed slowly is asked in between, too, with half a word as a label
    const told = async (labels) => (await page.locator('.bars .name').allTextContents()).sort().join() === labels;
    await until(() => told('music,nothing,weather'));
    await page.getByRole('button', { name: 'Remove the label' }).last().click();
    await until(() => told('music,weather'));
    await page.done();
});

test('a task that is stopped stops in the service too', async () => {
    const own = await serve({ models: [model('lasting')], args: ['-c', '16384', '-t', '1'] });
    const page = await open(own);
    await go(page, 'draft');
    await page.route('**/ingle/tasks/draft', (route) => {
        // one that takes its time
        const body = { ...route.request().postDataJSON(), max_tokens: 9000 };
        return route.continue({ postData: JSON.stringify(body) });
    });
    const status = async () => (await ask(own, '/ingle/status')).json;
    await page.getByLabel('What it is to say').fill('cannot come');
    await page.getByRole('button', { name: 'Write it' }).click();
    await until(async () => (await status()).queue.running === 1);
    assert.equal((await status()).http.gone, 0);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Write it' }).waitFor();
    await until(async () => (await status()).queue.running === 0);
    assert.equal((await status()).http.gone, 1);
    assert.equal(await page.locator('.foot .trouble').isVisible(), false);
    assert.equal(await page.locator('.subject').count(), 0);
    await page.done();
});
