// Personal data out, placeholders in: found here, replaced here.
import { announce, copy_button, field, h, plural } from './dom.js';
import { nothing_yet, pieces, task_page, task_runner } from './task.js';

const name_of = (kind) => kind.toLowerCase().replaceAll('_', ' ');

export function redact_view(app) {
    const text = h('textarea', { rows: 9, placeholder: 'A letter, a log, a chat: what you want to pass on' });
    const result = h('section', { class: 'result', 'aria-label': 'Redacted text' });
    result.replaceChildren(nothing_yet('redact', 'The text appears here without names, addresses, numbers and secrets.'));
    let asked = '';

    const runner = task_runner(app, {
        path: '/ingle/tasks/redact',
        label: 'Redact',
        request() {
            if (!text.value.trim()) {
                text.focus();
                return null;
            }
            asked = text.value;
            return { text: asked };
        },
        on_begin: () => result.replaceChildren(),
        on_result: (r) => show(r),
    });

    function show(r) {
        const counts = new Map();
        for (const s of r.spans) counts.set(s.kind, (counts.get(s.kind) ?? 0) + 1);
        const kept = new Set();
        const paper = h('div', { class: 'paper', tabindex: 0, role: 'group', 'aria-label': 'Redacted text' });
        let whole = '';
        const draw = () => {
            const hidden = r.spans.filter((s) => !kept.has(s.kind));
            paper.replaceChildren(
                ...pieces(asked, hidden, (s, was) =>
                    h('mark', { class: 'hole', title: `${was} (${Math.round(s.confidence * 100)} % sure)` }, `[${s.kind}]`),
                ),
            );
            whole = paper.textContent;
        };
        const boxes = [...counts].map(([kind, n]) =>
            h(
                'label',
                { class: 'option' },
                h('input', {
                    type: 'checkbox',
                    checked: true,
                    onchange: (e) => {
                        if (e.target.checked) kept.delete(kind);
                        else kept.add(kind);
                        draw();
                    },
                }),
                h('span', null, `${name_of(kind)} ${n}`),
            ),
        );
        draw();
        const said = r.spans.length === 0 ? 'Nothing personal was found' : `${plural(r.spans.length, 'place')} replaced`;
        result.replaceChildren(
            h('h2', null, said),
            boxes.length > 0
                ? h('fieldset', { class: 'field choice' }, h('legend', null, 'What is replaced'), h('div', { class: 'options' }, boxes))
                : '',
            paper,
            h('div', { class: 'row' }, copy_button(() => whole)),
            h('p', { class: 'hint' }, 'A help, not a guarantee: read it before you pass it on.'),
        );
        announce(said);
    }

    return task_page('Redact', 'Take out who it is about before you pass it on.', [field('Text', text)], runner, result);
}
