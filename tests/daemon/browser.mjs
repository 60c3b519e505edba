// A real browser for the tests of the page: Debian's Chromium, driven by playwright-core. It can
// reach this machine only, and what it asks for elsewhere, or does against the page's policy, fails
// the test.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { load } from './lib.mjs';

const { chromium } = load('playwright-core');
const program = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
if (!program) {
    console.log('There is no Chromium (scripts/setup test installs it).');
    process.exit(process.env.INGLE_REQUIRE_ORACLE === '1' ? 1 : 77);
}
const axe = readFileSync(load.resolve('axe-core/axe.min.js'), 'utf8');
// The sandbox of Chromium needs user namespaces that root in a container may not have.
const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox', '--disable-gpu'] });
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
    page.setDefaultTimeout(15_000);
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
