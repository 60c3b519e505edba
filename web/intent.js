// A playground for intents: what somebody wants, among labels that you can change, while you type.
import { button, field, h, icon, machine } from './dom.js';
import { nothing_yet, task_page, task_runner } from './task.js';

const WAIT_MS = 300; // after a key, before it is asked
const examples = ['Wake me at half past six tomorrow', 'How much is left in my account?', 'Play something quiet'];

export function intent_view(app) {
    const text = h('input', { type: 'text', placeholder: 'What somebody might say', autocomplete: 'off' });
    const rows = h('ul', { class: 'labels' });
    const result = h('section', { class: 'result', 'aria-label': 'Intents' });
    result.replaceChildren(nothing_yet('intent', 'How sure it is of each intent appears here.'));
    let timer = 0;
    const soon = () => {
        clearTimeout(timer);
        if (text.value.trim()) timer = setTimeout(() => runner.run(), WAIT_MS);
    };
    text.addEventListener('input', soon);

    const runner = task_runner(app, {
        path: '/ingle/tasks/intent',
        label: 'What is it?',
        request() {
            clearTimeout(timer);
            if (!text.value.trim()) {
                text.focus();
                return null;
            }
            const labels = [...rows.children].map((row) => row.label()).filter((l) => l.name !== '');
            return { text: text.value, top: 5, ...(labels.length > 0 ? { labels } : {}) };
        },
        stays: true,
        on_begin() {},
        on_result: (r) => show(r),
    });

    function show(r) {
        const bars = r.top.map((t) => {
            const percent = Math.round(Math.max(0, Math.min(1, t.confidence)) * 100);
            const fill = h('span', { class: 'fill' });
            fill.style.width = `${percent}%`;
            return h(
                'li',
                { class: t.label === r.intent ? 'chosen' : null },
                h('span', { class: 'name' }, t.label),
                h('span', { class: 'value' }, percent === 0 ? 'under 1 %' : `${percent} %`),
                h('span', { class: 'bar', 'aria-hidden': 'true' }, fill),
            );
        });
        result.replaceChildren(
            h('h2', null, r.intent ?? 'None of them'),
            r.intent ? '' : h('p', { class: 'hint' }, 'It is not sure enough of any.'),
            h('ul', { class: 'bars' }, bars),
            h('p', { class: 'hint' }, `In ${r.ms < 10 ? r.ms.toFixed(1) : Math.round(r.ms)} ms, on ${machine}.`),
        );
    }

    function add_row(name = '', description = '') {
        const names = h('input', { type: 'text', 'aria-label': 'Label', placeholder: 'alarm_set', oninput: soon });
        const about = h('input', { type: 'text', 'aria-label': 'What it means', placeholder: 'to be woken', oninput: soon });
        names.value = name;
        about.value = description;
        const row = h(
            'li',
            null,
            names,
            about,
            h(
                'button',
                {
                    type: 'button',
                    class: 'round',
                    'aria-label': 'Remove the label',
                    onclick: () => {
                        row.remove();
                        add.focus();
                        soon();
                    },
                },
                icon('close'),
            ),
        );
        row.label = () => ({
            name: names.value.trim(),
            ...(about.value.trim() ? { description: about.value.trim() } : {}),
        });
        rows.append(row);
        return names;
    }

    const add = button('Add a label', { class: 'quiet', onclick: () => add_row().focus() }, 'plus');
    const picks = examples.map((example) =>
        h(
            'li',
            null,
            button(example, {
                class: 'suggestion',
                onclick: () => {
                    text.value = example;
                    runner.run();
                },
            }),
        ),
    );
    const editor = h(
        'fieldset',
        { class: 'field' },
        h('legend', null, 'Labels of your own'),
        h('p', { class: 'hint' }, 'Without any, those that are built in are told apart.'),
        rows,
        h('div', { class: 'row' }, add),
    );
    return task_page('Intents', 'What somebody wants, told apart in a moment.', [field('Sentence', text), h('ul', { class: 'suggestions' }, picks), editor], runner, result);
}
