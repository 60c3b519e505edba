// The page's chat.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, answered, copied, fits, go, open, say, send } from './browser.mjs';
import { ask, model, serve, until } from './lib.mjs';

const service = await serve({ models: [model('tiny'), model('chat')], args: ['--keep-alive', '-1'] });

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
    const lasting = await serve({ models: [model('lasting')], args: ['-c', '16384', '-t', '1'] });
    const page = await open(lasting);
    const running = async () => (await ask(lasting, '/ingle/status')).json.queue.running;
    await page.route('**/v1/chat/completions', (route) => {
        // an answer that does not end by itself
        const body = { ...route.request().postDataJSON(), temperature: 1.5, logit_bias: { 257: -100 } };
        return route.continue({ postData: JSON.stringify(body) });
    });
    for (const how of ['button', 'key']) {
        await send(page, 'Tell me a story that does not end');
        await page.locator('.turns li:last-child .answered > .words > *').first().waitFor();
        assert.equal(await running(), 1);
        // what comes in one piece has no speed: this comes in many
        await until(async () => Number(await page.locator('.figure').innerText()) > 0);
        if (how === 'button') await page.getByRole('button', { name: 'Stop' }).click();
        else await page.keyboard.press('Escape');
        await until(async () => (await running()) === 0);
        await answered(page);
        assert.equal(await page.locator('.turns li:last-child .note').innerText(), 'Stopped.');
        await page.getByRole('button', { name: 'New chat' }).click();
    }
    await page.done();
});

test('a double click sends, and does not stop what it sent', async () => {
    const page = await open(service);
    await page.route('**/v1/chat/completions', () => {}); // never answered
    await page.locator('#question').fill('Hello');
    await page.getByRole('button', { name: 'Send' }).dblclick();
    await page.getByText('Reading …').waitFor();
    assert.equal(await page.getByText('Stopped.').count(), 0);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('Stopped.').first().waitFor();
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
    assert.equal(await answered(page), 'Two.');
    assert.equal(await page.locator('.turns li').count(), 1);
    assert.deepEqual(asked[0], asked[1]);
    await page.getByRole('button', { name: 'Edit' }).click();
    assert.equal(await page.locator('#question').inputValue(), 'First');
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('#question').inputValue(), '');
    await page.getByRole('button', { name: 'Edit' }).click();
    await say(page, [{ content: 'Three.' }]);
    await send(page, 'Second');
    assert.equal(await answered(page), 'Three.');
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
    await copied(page, 'let a = "<b>";');
    // a link says where it leads, and leads nowhere by itself
    await answer.locator('a').first().click();
    const dialog = page.getByRole('dialog');
    assert.match(await dialog.innerText(), /leaves your machine[^]*https:\/\/example\.org\/pixel\.png/);
    await accessible(page, 'a link');
    await dialog.getByRole('button', { name: 'Stay here' }).click();
    assert.equal(await page.getByRole('dialog').count(), 0);
    await page.done();
});

test('an answer that grows looks like one that came at once, and each paragraph has its direction', async () => {
    const page = await open(service);
    const differs = await page.evaluate(async () => {
        const { show_markdown } = await import('/page/render.js');
        const parts = ['*', '`', '```js\n', '\n```\n', '\n', '\n', '\n\n', '  ', '- ', '-', '1. ', '> ', '|', '---', '| a | b |\n|-|-|\n', '| c | d |\n',
            '[x] ', 'word', 'a', '\r\n', '    '];
        let seed = 1;
        const next = (n) => {
            seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
            return Math.floor((seed / 2 ** 32) * n);
        };
        for (let k = 0; k < 400; k++) {
            const place = document.createElement('div');
            let text = '';
            for (let n = 5 + next(40); n > 0; n--) {
                text += parts[next(parts.length)];
                if (next(3) > 0) show_markdown(place, text);
            }
            show_markdown(place, text);
            const at_once = document.createElement('div');
            show_markdown(at_once, text);
            if (place.innerHTML !== at_once.innerHTML) return JSON.stringify(text);
        }
        return '';
    });
    assert.equal(differs, '');
    await say(page, [{ content: 'One.\n\n\u0645\u0631\u062d\u0628\u0627 2\n\n- \u0645\n\n- [x] done' }]);
    await send(page, '\u0645\u0631\u062d\u0628\u0627');
    await answered(page);
    const directions = await page.locator('.answered > .words > *').evaluateAll((all) => all.map((e) => getComputedStyle(e).direction));
    assert.deepEqual(directions, ['ltr', 'rtl', 'rtl']);
    await page.done();
});

test('a long answer that grows is drawn from where it grows', async () => {
    const page = await open(service);
    await say(page, [{ content: 'Hello.' }]);
    await send(page, 'Hello');
    await answered(page);
    const remade = await page.locator('.answered > .words').evaluate(async (place) => {
        const { show_markdown } = await import('/page/render.js');
        const lines = (line) => Array.from({ length: 2000 }, (_, i) => line(i)).join('\n');
        const texts = [lines((i) => `- item ${i}`), `\`\`\`\n${lines(String)}`, `| a | b |\n|---|---|\n${lines((i) => `| ${i} | x |`)}`, lines((i) => `Paragraph ${i}\n`)];
        const counts = [];
        for (const text of texts) {
            show_markdown(place, text);
            const watch = new MutationObserver(() => {});
            watch.observe(place, { childList: true, subtree: true });
            show_markdown(place, `${text} and more`);
            counts.push(watch.takeRecords().reduce((n, r) => n + r.removedNodes.length, 0));
        }
        return counts;
    });
    assert.ok(remade.every((n) => n <= 3), `${remade} elements are made anew for one word`);
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

test('a model that is not served any more is not asked', async () => {
    const page = await open(service);
    await page.locator('#model').click();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Escape');
    assert.match(await page.locator('#model').innerText(), /chat/);
    await page.route('**/ingle/status', async (route) => {
        const answer = await route.fetch();
        const status = await answer.json();
        await route.fulfill({ response: answer, json: { ...status, models: status.models.filter((m) => m.id === 'tiny') } });
    });
    await until(async () => /tiny/.test(await page.locator('#model').innerText()));
    const [asked] = await Promise.all([page.waitForRequest('**/v1/chat/completions'), send(page, 'Hello')]);
    assert.equal(asked.postDataJSON().model, undefined);
    await page.keyboard.press('Escape');
    await page.done();
});

test('a service without a model says what it cannot do, and what it can', async () => {
    const bare = await serve({ models: [] });
    const page = await open(bare);
    assert.match(await page.locator('.welcome').innerText(), /no model here[^]*none is needed/);
    assert.equal((await page.locator('#model').innerText()).trim(), 'no model');
    await accessible(page, 'no model');
    await send(page, 'Hello');
    await page.getByText('There is no language model here').first().waitFor();
    await go(page, 'intent');
    await page.getByLabel('Sentence').fill('wake me up at seven');
    await page.getByRole('heading', { name: 'alarm' }).waitFor();
    await page.done();
});

test('what lies over the page goes when it is left, by the keyboard and by the mouse', async () => {
    const page = await open(service, { width: 768 });
    const panel = page.locator('#panel');
    for (const leave of [
        () => page.keyboard.press('Escape'),
        () => page.keyboard.press('Shift+Tab'),
        () => page.mouse.click(300, 400),
    ]) {
        await page.locator('#gauge').click();
        assert.equal(await panel.isVisible(), true);
        await leave();
        assert.equal(await panel.isVisible(), false, String(leave));
    }
    await page.done();
});

test('names and words without an end stay where they belong', async () => {
    const page = await open(service, { width: 360 });
    const word = 'Donaudampfschifffahrtsgesellschaft'.repeat(6);
    await page.route('**/ingle/status', async (route) => {
        const answer = await route.fetch();
        const status = await answer.json();
        status.models.forEach((m, i) => (m.id = word + i));
        await route.fulfill({ response: answer, json: status });
    });
    await until(async () => (await page.locator('#model').innerText()).includes(word));
    const over = (where) => page.locator(where).evaluate((e) => e.scrollWidth - e.clientWidth);
    await page.locator('#model').click();
    assert.equal(await over('dialog'), 0);
    await page.keyboard.press('Escape');
    await page.locator('#gauge').click();
    assert.equal(await over('#panel'), 0);
    await page.keyboard.press('Escape');
    const kinds = [`# ${word}`, `- ${word}`, `> ${word}`, `\`${word}\``, `| ${word} | b |\n|---|---|\n| c | d |`, `[${word}](https://x.org/${word})`];
    await say(page, [{ content: kinds.join('\n\n') }]);
    await send(page, word);
    await answered(page);
    assert.equal(await over('.talk'), 0);
    await fits(page, 'long words');
    const height = await page.locator('.brand').evaluate((e) => e.offsetHeight);
    assert.ok(height < 40, 'the page keeps its own name in one piece');
    await page.done();
});

test('a low window, a much magnified one, has room for an answer', async () => {
    const page = await open(service);
    for (const [width, height] of [[720, 450], [640, 360], [320, 256]]) {
        await page.setViewportSize({ width, height });
        assert.ok(await page.locator('.talk').evaluate((e) => e.clientHeight) >= 90);
        assert.equal(await page.locator('.talk').evaluate((e) => e.scrollTop), 0, 'it begins at its beginning');
        for (const view of ['summarize', 'rewrite', 'draft', 'redact', 'intent', 'chat']) {
            await go(page, view);
            await fits(page, `${view} at ${width} x ${height}`);
        }
        await accessible(page, `${width} x ${height}`);
    }
    await page.done();
});

test('all of it can be done with the keyboard', async () => {
    const page = await open(service);
    await say(page, [{ content: 'Hello.' }]);
    await page.evaluate(() => document.activeElement.blur());
    const seen = [];
    for (let i = 0; i < 40 && !seen.includes('question'); i++) {
        await page.keyboard.press('Tab');
        if (await page.evaluate(() => document.activeElement === document.body)) continue; // around
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
