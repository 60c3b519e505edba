// What the views of the everyday tasks share: asking for one, stopping it, how far it is, what went
// wrong.
import { stream } from './api.js';
import { announce, button, h, icon } from './dom.js';

/**
 * The foot of a task's form. request() -> the body, or null if something is missing; on_text(all so
 * far) (optional), on_result(result), on_begin(); stays: the page does not move to the result.
 * -> { element, run, stop, say }
 */
export function task_runner(app, { path, label, request, on_begin, on_text, on_result, stays = false }) {
    let running = null;
    const run_button = h('button', { type: 'submit', class: 'main' }, h('span', null, label));
    const stop_button = button('Stop', { class: 'plain', hidden: true, onclick: (e) => e.detail < 2 && stop() }, 'stop'); // a double click began it
    const bar = h('progress', { 'aria-label': 'How far it is', hidden: true });
    const step = h('span', { class: 'hint' });
    const trouble = h('p', { class: 'trouble', role: 'alert', hidden: true });

    const say = (message) => {
        trouble.hidden = !message;
        trouble.textContent = message;
    };
    const update = (is_running) => {
        const has_focus = [run_button, stop_button].includes(document.activeElement);
        run_button.hidden = is_running;
        stop_button.hidden = !is_running;
        bar.hidden = !is_running;
        step.textContent = is_running ? 'Reading …' : '';
        bar.removeAttribute('value');
        if (has_focus) (is_running ? stop_button : run_button).focus();
    };
    const stop = () => running?.abort();

    async function listen(body, control) {
        const begin = performance.now();
        const m = { tokens: 0 };
        let text = '';
        for await (const { event, data } of stream(path, body, control.signal)) {
            if (event === 'progress' && data.total > 0) {
                bar.max = data.total;
                bar.value = Math.min(data.done, data.total);
                step.textContent = data.step;
            } else if (event === 'text') {
                const now = performance.now();
                m.first ??= now;
                m.tokens++;
                text += data.text;
                step.textContent = 'Writing …';
                on_text?.(text);
                const seconds = (now - m.first) / 1000;
                if (seconds > 0.05) app.measure({ first_ms: m.first - begin, tokens: m.tokens, rate: (m.tokens - 1) / seconds });
            } else if (event === 'result') {
                return data;
            }
        }
        throw new Error('The answer ended too early.');
    }

    async function run() {
        const body = await request();
        if (!body) return;
        stop();
        const control = (running = new AbortController());
        if (app.model) body.model = app.model;
        say('');
        update(true);
        const place = element.closest('.task').querySelector('.result');
        const before = [...place.childNodes];
        on_begin();
        app.busy++;
        app.refresh();
        try {
            const result = await listen(body, control);
            if (running === control) {
                on_result(result);
                if (!stays) into_view(element);
            }
        } catch (e) {
            if (running === control) {
                if (!place.textContent.trim()) place.replaceChildren(...before);
                say(e.name === 'AbortError' ? '' : e.message);
                if (e.name === 'AbortError') announce('Stopped.');
            }
        }
        app.busy--;
        if (running === control) {
            running = null;
            update(false);
        }
        app.refresh();
    }

    const element = h('div', { class: 'foot' }, h('div', { class: 'row' }, run_button, stop_button, bar, step), trouble);
    return { element, run, stop, say };
}

/** Where the result stands below the form, out of sight, it comes into sight. */
function into_view(foot) {
    const result = foot.closest('.task').querySelector('.result');
    const main = document.getElementById('main').getBoundingClientRect();
    if (result.getBoundingClientRect().top > main.bottom - 200) result.scrollIntoView({ block: 'start' });
}

/** The page of a task: its form beside what comes of it. */
export function task_page(title, lead, form_children, runner, result) {
    const form = h(
        'form',
        {
            class: 'ask',
            'aria-label': title,
            onsubmit: (e) => {
                e.preventDefault();
                runner.run();
            },
            onkeydown: (e) => {
                if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) {
                    e.preventDefault();
                    runner.run();
                }
            },
        },
        form_children,
        runner.element,
    );
    const page = h(
        'div',
        { class: 'task' },
        h('header', null, h('h1', null, title), h('p', null, lead)),
        h('div', { class: 'split' }, form, result),
    );
    page.addEventListener('keydown', (e) => e.key === 'Escape' && runner.stop());
    return page;
}

/** What stands where a result will be. */
export const nothing_yet = (picture, text) => h('div', { class: 'nothing' }, icon(picture), h('p', null, text));

/** The text in pieces, cut at the ranges: make(range, text) makes the element of one. */
export function pieces(text, ranges, make) {
    const out = [];
    let at = 0;
    for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
        if (range.from < at || range.to > text.length || range.to <= range.from) continue;
        out.push(text.slice(at, range.from), make(range, text.slice(range.from, range.to)));
        at = range.to;
    }
    out.push(text.slice(at));
    return out;
}
