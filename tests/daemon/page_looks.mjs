// How the page looks: every view at three widths, light and dark, for eyes, screen readers and phones. What it
// saw is in SCREENSHOTS.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, answer_task, answered, before, better, council, drafted, fits, go, letter, open, rewritten, say, send, shoot } from './browser.mjs';
import { model, serve } from './lib.mjs';

const service = await serve({ models: [model('tiny'), model('chat')] });

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
            await go(page, 'chat');
            await page.getByRole('button', { name: 'Settings' }).click();
            await fits(page, 'settings');
            await accessible(page, 'settings');
            await shoot(page, page.name('settings'));
            await page.keyboard.press('Escape');
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
