// An e-mail, a reply, a message or a note from a few words. What nobody said stays open.
import { announce, choice, copy_button, field, h, plural } from './dom.js';
import { nothing_yet, task_page, task_runner } from './task.js';

export function draft_view(app) {
    const kind = choice('What', 'kind', [['email', 'E-mail'], ['reply', 'Reply'], ['message', 'Message'], ['note', 'Note']], 'email');
    const about = h('textarea', { rows: 3, placeholder: 'cannot come on Friday, ask for Monday instead' });
    const to = h('input', { type: 'text', placeholder: 'my landlord' });
    const tone = h('input', { type: 'text', placeholder: 'friendly, formal, firm …' });
    const context = h('textarea', { rows: 5, placeholder: 'What it answers, or what there is to know' });
    const result = h('section', { class: 'result', 'aria-label': 'Draft' });
    result.replaceChildren(nothing_yet('draft', 'The draft appears here. What it cannot know, it leaves open for you.'));
    let live = null;

    const runner = task_runner(app, {
        path: '/ingle/tasks/draft',
        label: 'Write it',
        request() {
            const is_reply = kind.value === 'reply';
            const needed = is_reply ? context : about;
            if (!needed.value.trim()) {
                needed.focus();
                return null;
            }
            const body = { kind: kind.value };
            for (const [name, input] of Object.entries({ about, to, tone, context })) {
                if (input.value.trim()) body[name] = input.value.trim();
            }
            return body;
        },
        on_begin() {
            live = h('div', { class: 'paper' });
            result.replaceChildren(live);
        },
        on_text: (so_far) => (live.textContent = so_far),
        on_result: (r) => show(r),
    });

    function show(r) {
        const open = r.placeholders;
        result.replaceChildren(
            h('h2', null, 'Draft'),
            r.subject ? h('p', { class: 'subject' }, h('span', { class: 'hint' }, 'Subject'), ' ', with_marks(r.subject, open)) : '',
            h('div', { class: 'paper', tabindex: 0, role: 'group', 'aria-label': 'Text' }, with_marks(r.body, open)),
            h('div', { class: 'row' }, copy_button(() => (r.subject ? `${r.subject}\n\n${r.body}` : r.body))),
            open.length > 0 ? h('p', { class: 'hint' }, `${plural(open.length, 'place')} to fill in: what you have not said is not made up.`) : '',
            r.was_cut ? h('p', { class: 'hint' }, 'The model did not come to an end; the draft is cut.') : '',
        );
        announce(`Draft: ${r.subject} ${r.body}`);
    }

    return task_page(
        'Draft',
        'A few words of yours, and a text that says them.',
        [kind.element, field('What it is to say', about), h('div', { class: 'pair' }, field('To', to), field('Tone', tone)), field('Context', context, 'A reply needs what it answers.')],
        runner,
        result,
    );
}

/** The text with its open places marked, in the order in which they stand. */
function with_marks(text, places) {
    const out = [];
    let at = 0;
    for (const place of places) {
        const found = text.indexOf(place.text, at);
        if (found < 0) continue;
        out.push(text.slice(at, found), h('mark', { title: place.replaced ? `instead of “${place.replaced}”, which nobody said` : null }, place.text));
        at = found + place.text.length;
    }
    return [...out, text.slice(at)];
}
