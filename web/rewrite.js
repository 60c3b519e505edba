// A text in another manner, with every changed word shown.
import { announce, button, choice, copy_button, field, h, plural } from './dom.js';
import { word_diff } from './diff.js';
import { nothing_yet, task_page, task_runner } from './task.js';

const manners = [
    ['proofread', 'Correct'],
    ['concise', 'Shorter'],
    ['formal', 'Formal'],
    ['friendly', 'Friendly'],
    ['plain', 'Plain'],
    ['free', 'As I say'],
];

export function rewrite_view(app) {
    const text = h('textarea', { rows: 9, placeholder: 'What you have written' });
    const manner = choice('How', 'manner', manners, 'proofread');
    const instruction = h('input', { type: 'text', placeholder: 'as a poem, for a child, in British spelling …' });
    const how = field('In your words', instruction);
    how.hidden = true;
    manner.element.addEventListener('change', () => (how.hidden = manner.value !== 'free'));
    const result = h('section', { class: 'result', 'aria-label': 'Rewritten text' });
    result.replaceChildren(nothing_yet('rewrite', 'The new text appears here, with what changed.'));
    let asked = '';
    let live = null;

    const runner = task_runner(app, {
        path: '/ingle/tasks/rewrite',
        label: 'Rewrite',
        request() {
            const is_free = manner.value === 'free';
            if (!text.value.trim() || (is_free && !instruction.value.trim())) {
                (text.value.trim() ? instruction : text).focus();
                return null;
            }
            asked = text.value;
            return { text: asked, manner: manner.value, ...(is_free ? { instruction: instruction.value } : {}) };
        },
        on_begin() {
            live = h('div', { class: 'paper' });
            result.replaceChildren(live);
        },
        on_text: (so_far) => (live.textContent = so_far),
        on_result: (r) => show(r),
    });

    function show(r) {
        const kept = r.blocks.filter((b) => b.kept_because);
        const changes = word_diff(asked, r.text);
        const n = changes.filter((c, i) => c.kind === 'ins' || (c.kind === 'del' && changes[i + 1]?.kind !== 'ins')).length;
        const parts = changes.map((c) => (c.kind === 'same' ? c.text : h(c.kind, null, c.text)));
        const said = n === 0 ? 'Nothing had to change' : plural(n, 'change');
        result.replaceChildren(
            h('h2', null, said),
            h('div', { class: 'paper diff', tabindex: 0, role: 'group', 'aria-label': 'What changed' }, parts),
            h(
                'div',
                { class: 'row' },
                button(
                    'Use it',
                    {
                        class: 'plain',
                        onclick: () => {
                            text.value = r.text;
                            text.focus();
                            announce('The new text is in its place.');
                        },
                    },
                    'check',
                ),
                copy_button(() => r.text),
            ),
            kept.length === 0 ? '' : kept_list(kept),
        );
        announce(`${said}. ${r.text}`);
    }

    function kept_list(kept) {
        const items = kept.map((b) => {
            const was = asked.slice(b.from, b.to).trim();
            return h('li', null, h('q', null, was.length > 80 ? `${was.slice(0, 80)}…` : was), ` ${b.kept_because}`);
        });
        return h(
            'details',
            { class: 'kept' },
            h('summary', null, `${plural(kept.length, 'paragraph')} left as written`),
            h('ul', null, items),
        );
    }

    return task_page('Rewrite', 'The same words, better said. Numbers, names and quotes stay what they are.', [field('Text', text), manner.element, how], runner, result);
}
