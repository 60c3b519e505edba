// A real browser for the tests of the page: Debian's Chromium, driven by playwright-core. It can
// reach this machine only, and what it asks for elsewhere, or does against the page's policy, fails
// the test.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { load, until } from './lib.mjs';

const { chromium } = load('playwright-core');
const limit_ms = 180_000; // of what a test waits for: it only ends what has failed
const program = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
if (!program) {
    console.log('There is no Chromium (scripts/setup test installs it).');
    process.exit(process.env.INGLE_REQUIRE_ORACLE === '1' ? 1 : 77);
}
const axe = readFileSync(load.resolve('axe-core/axe.min.js'), 'utf8');
// The sandbox of Chromium needs user namespaces that root in a container may not have.
// ingle.test is this machine under a name, as if it were another.
const browser = await chromium.launch({ executablePath: program, timeout: limit_ms, args: ['--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP ingle.test 127.0.0.1'] });
after(() => browser.close());

const shots = process.env.SCREENSHOTS;
if (shots) mkdirSync(shots, { recursive: true });

/**
 * A page at the service, signed in by the token unless path says otherwise. options: width, scheme
 * ('light', 'dark'), token (false: not signed in). page.asked: the addresses that it asked for.
 */
export async function open(service, { width = 1280, scheme = 'light', token = service.token, path = '/' } = {}) {
    const context = await browser.newContext({
        viewport: { width, height: width < 500 ? 740 : 800 },
        colorScheme: scheme,
        permissions: ['clipboard-read', 'clipboard-write'],
        reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    page.setDefaultTimeout(limit_ms);
    page.asked = [];
    page.trouble = [];
    page.on('request', (r) => page.asked.push(r.url()));
    page.on('pageerror', (e) => page.trouble.push(`error: ${e.message}`));
    page.on('console', (m) => {
        // a browser reports every answer that is no success, also those that a test asks for
        if (m.type() === 'error' && !m.text().startsWith('Failed to load resource')) page.trouble.push(m.text());
    });
    await page.route('**', (route) => {
        if (new URL(route.request().url()).origin === service.url) return route.fallback();
        page.trouble.push(`asked for ${route.request().url()}`);
        return route.abort();
    });
    await page.goto(service.url + path);
    if (token) {
        await page.locator('#token').fill(token);
        await page.keyboard.press('Enter');
        await page.locator('#question').waitFor();
    }
    page.done = async () => {
        assert.deepEqual(page.trouble, []);
        assert.deepEqual(page.asked.filter((u) => new URL(u).origin !== service.url && !u.startsWith('data:')), []);
        await page.unrouteAll({ behavior: 'ignoreErrors' });
        await context.close();
    };
    return page;
}

/** Nothing sticks out to the right, so that nobody has to scroll there. */
export async function fits(page, what) {
    const wide = await page.evaluate(() => {
        const root = document.documentElement;
        const main = document.querySelector('#main');
        return [root.scrollWidth - root.clientWidth, main ? main.scrollWidth - main.clientWidth : 0];
    });
    assert.deepEqual(wide, [0, 0], `${what}: wider than the window`);
}

/** No serious finding of axe-core. */
export async function accessible(page, what) {
    // injected past the page's policy, by the debugger
    await page.evaluate(axe);
    const violations = await page.evaluate(async () => {
        const { violations: all } = await globalThis.axe.run(document, { resultTypes: ['violations'] });
        return all.map((v) => ({ id: v.id, impact: v.impact, where: v.nodes.slice(0, 3).map((n) => `${n.target} ${n.failureSummary}`) }));
    });
    const bad = violations.filter((v) => ['serious', 'critical'].includes(v.impact));
    assert.deepEqual(bad, [], what);
}

export async function shoot(page, name) {
    if (shots) await page.screenshot({ path: join(shots, `${name}.png`) });
}

/** Waits until this is what was copied: the page has it copied after the click. */
export const copied = (page, text) =>
    until(async () => (await page.evaluate(() => navigator.clipboard.readText())) === text);

// ---- the chat ----

/** Asks in the chat. */
export async function send(page, question) {
    await page.locator('#question').fill(question);
    await page.keyboard.press('Enter');
}

/** The last answer, once it has ended. */
export async function answered(page) {
    await page.locator('.turns li:last-child .actions button').first().waitFor();
    return page.locator('.turns li:last-child .answered > .words').innerText();
}

/** Makes the service answer these pieces to every question, as if a model had said them. */
export async function say(page, pieces, end = {}) {
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

// ---- tasks ----

/** To another view. */
export const go = async (page, view) => {
    await page.locator(`#views a[href="#${view}"]`).click();
    await page.locator(`main.view-${view} h1`).first().waitFor();
};

/** Makes a task answer this, for models that say nothing sensible. */
export async function answer_task(page, task, pieces, result) {
    const event = (name, data) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
    const body = pieces.map((text) => event('text', { text })).join('') + event('result', result);
    await page.route(`**/ingle/tasks/${task}`, (route) =>
        route.fulfill({ status: 200, contentType: 'text/event-stream', body }),
    );
}

// What several tests show, and what a model might have made of it.

export const council =
    'The city council met on Tuesday. It decided to build a new bridge over the river. The bridge will cost ' +
    '40 million euros. Work begins in March. Critics say that the money is needed for schools. The mayor, Anna ' +
    'Berg, said that the old bridge is not safe any more. A decision on the schools follows in May.\n\n' +
    'The old bridge was built in 1931. Heavy lorries may not use it since last winter. Shopkeepers in the old ' +
    'town hope that visitors will come back once the new bridge is open. \u{1F309} The council will publish the plans.\n';

export const before = 'We has meet on tuesday. The bridge costs 40 million.\n\nCall Anna.';
export const better = 'We met on Tuesday. The bridge costs 40 million.\n\nCall Anna.';
export const rewritten = {
    text: better,
    blocks: [
        { from: 0, to: 53, text: better.split('\n')[0], kept_because: null },
        { from: 54, to: 64, text: 'Call Anna.', kept_because: 'The rewritten text says less.' },
    ],
    asked: 2,
    changed: 1,
    kept: 1,
};

export const drafted = {
    subject: 'Our appointment',
    body: 'Dear Ms Berg,\n\nI cannot come on Friday. Could we meet on [date] instead?\n\nKind regards\n[name]',
    placeholders: [{ text: '[date]', replaced: 'Monday 3 March' }, { text: '[name]', replaced: '' }],
    was_cut: false,
};

export const letter = 'Dear Ada Byron, call me at +49 30 1234567 or write to ada@example.org. \u{1F525} Yours, Bob';
