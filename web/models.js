// Which model answers: the button in the header, and the list behind it.
import { bytes, h, icon, machine } from './dom.js';

const states = { ready: 'ready', loading: 'loading …', unloaded: 'loads when asked' };

const needs = (m) => (m.memory > 0 ? `${bytes(m.memory)} of memory` : `needs about ${bytes(m.size)} of memory`);

export const chosen = (app) => {
    const models = app.status?.models ?? [];
    return models.find((m) => m.id === app.model) ?? models[0];
};

/** Without a model there is only what is built in, which has no file and says nothing. */
export const talks = (m) => m !== undefined && m.file !== '';

export function models_button(app, place) {
    let shown = '';
    const update = () => {
        const m = chosen(app);
        const is_gone = Boolean(app.failed);
        const name = talks(m) ? m.id : 'no model';
        const text = `${name} ${m?.state} ${is_gone}`;
        if (text === shown) return;
        shown = text;
        place.replaceChildren(
            h('span', { class: `dot ${is_gone ? 'gone' : talks(m) ? m.state : ''}` }),
            h('span', { class: 'name' }, is_gone ? 'not running' : name),
            icon('down'),
        );
        const state = is_gone ? ', the service is not running' : talks(m) ? `, ${states[m.state]}` : '';
        place.setAttribute('aria-label', `Model: ${name}${state}`);
    };
    app.addEventListener('status', update);
    app.addEventListener('model', update);
    place.addEventListener('click', () => pick(app));
    update();
}

function card(app, m) {
    const facts = [
        states[m.state],
        needs(m),
        talks(m) ? null : 'finds sentences, intents and personal data, but cannot write',
        m.context ? `remembers ${m.context.toLocaleString('en')} tokens` : null,
    ].filter(Boolean);
    const input = h('input', {
        type: 'radio',
        name: 'model',
        value: m.id,
        checked: chosen(app)?.id === m.id,
        onchange: () => {
            app.model = m.id;
            app.tell('model');
        },
    });
    return h(
        'label',
        { class: 'model' },
        input,
        h('span', { class: 'about' }, h('strong', null, m.id), h('span', { class: 'facts' }, facts.join(' · '))),
        h('span', { class: `dot ${m.state}` }),
    );
}

function pick(app) {
    const list = h('fieldset', { class: 'models' }, h('legend', { class: 'unseen' }, 'Model'));
    const fill = () => {
        const focus = document.activeElement?.value;
        const models = app.status?.models ?? [];
        list.replaceChildren(list.firstChild, ...models.map((m) => card(app, m)));
        list.querySelector(`input[value="${CSS.escape(focus ?? '')}"]`)?.focus();
    };
    const dialog = h(
        'dialog',
        {
            class: 'card',
            'aria-labelledby': 'models-title',
            onclose: () => {
                app.removeEventListener('status', fill);
                dialog.remove();
            },
            onclick: (e) => e.target === dialog && dialog.close(),
        },
        h('h2', { id: 'models-title' }, `Models on ${machine}`),
        list,
        h('p', { class: 'hint' }, 'A model runs in a process of its own, which has no network and no files. “ingle serve -m NAME” serves others.'),
        h('div', { class: 'row end' }, h('button', { type: 'button', class: 'main', onclick: () => dialog.close() }, 'Done')),
    );
    fill();
    app.addEventListener('status', fill);
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector('input:checked')?.focus();
}
