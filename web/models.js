// Which model answers: the button in the header, and the list behind it.
import { bytes, h, icon } from './dom.js';

const states = { ready: 'ready', loading: 'loading …', unloaded: 'loads when asked' };

const needs = (m) => (m.memory > 0 ? `${bytes(m.memory)} of memory` : `needs about ${bytes(m.size)} of memory`);

export const chosen = (app) => {
    const models = app.status?.models ?? [];
    return models.find((m) => m.id === app.model) ?? models[0];
};

export function models_button(app, place) {
    let shown = '';
    const update = () => {
        const m = chosen(app);
        const text = m ? `${m.id} ${m.state}` : '';
        if (text === shown) return;
        shown = text;
        place.replaceChildren(
            h('span', { class: `dot ${m?.state ?? ''}` }),
            h('span', { class: 'name' }, m?.id ?? 'no model'),
            icon('down'),
        );
        place.setAttribute('aria-label', m ? `Model: ${m.id}, ${states[m.state]}` : 'Model: none');
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
        h('h2', { id: 'models-title' }, 'Models on this machine'),
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
