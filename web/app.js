// The frame of the page: who is signed in, which view is shown, what is known of the service.
import { get, sign_in, signed_in, storage, take_key, when_locked } from './api.js';
import { chat_view } from './chat.js';
import { draft_view } from './draft.js';
import { announce, h, icon, is_here, machine } from './dom.js';
import { intent_view } from './intent.js';
import { models_button } from './models.js';
import { panel } from './panel.js';
import { redact_view } from './redact.js';
import { rewrite_view } from './rewrite.js';
import { summarize_view } from './summarize.js';

const views = [
    ['chat', 'Chat', chat_view],
    ['summarize', 'Summarize', summarize_view],
    ['rewrite', 'Rewrite', rewrite_view],
    ['draft', 'Draft', draft_view],
    ['redact', 'Redact', redact_view],
    ['intent', 'Intents', intent_view],
];
const by_id = (id) => document.getElementById(id);

/**
 * What the views share. model: the chosen one's name, '' = the service's default; status: what
 * /ingle/status last said; answer: how the last answer went, for the panel.
 */
const app = new EventTarget();
Object.assign(app, { model: '', status: null, answer: null, busy: 0, view: '' });
app.tell = (name) => app.dispatchEvent(new Event(name));
app.measure = (answer) => {
    app.answer = answer;
    app.tell('answer');
};

// ---- what is going on in the service ----

let timer = 0;
app.refresh = async () => {
    clearTimeout(timer);
    try {
        app.status = await get('/ingle/status');
        if (app.failed) announce('The service answers again.');
        app.failed = null;
        if (app.model && !app.status.models.some((m) => m.id === app.model)) {
            app.model = ''; // started anew, with other models
            app.tell('model');
        }
    } catch (e) {
        if (e.status === 401) return;
        if (!app.failed) announce(e.message);
        app.failed = e.message;
    }
    app.tell('status');
    if (!document.hidden) timer = setTimeout(app.refresh, app.busy ? 700 : 3000);
};

// ---- views ----

const made = new Map();
function show(name) {
    const [id, title, make] = views.find(([v]) => v === name) ?? views[0];
    if (!made.has(id)) made.set(id, make(app));
    const view = made.get(id);
    const main = by_id('main');
    if (main.firstChild !== view) {
        main.replaceChildren(view);
        main.scrollTop = 0;
    }
    main.className = `view-${id}`;
    document.title = `${title} · ingle`;
    for (const link of by_id('views').querySelectorAll('a')) {
        const is_here = link.hash === `#${id}`;
        if (is_here) link.setAttribute('aria-current', 'page');
        else link.removeAttribute('aria-current');
    }
    app.view = id;
    app.tell('view');
    view.dispatchEvent(new Event('shown'));
}

function make_views() {
    const links = views.map(([id, title]) => h('a', { href: `#${id}` }, icon(id), h('span', null, title)));
    const vow = h(
        'p',
        { class: 'vow' },
        icon('lock'),
        h('span', null, is_here ? 'Your words stay on this machine.' : `Your words go to ${machine} and no further.`),
    );
    by_id('views').append(...links, vow);
    addEventListener('hashchange', () => {
        if (location.hash === '#main') return;
        show(location.hash.slice(1));
        announce(document.title);
    });
    document.querySelector('.skip').addEventListener('click', (e) => {
        e.preventDefault();
        by_id('main').focus();
    });
}

// ---- colours ----

const themes = { system: 'as the system has them', light: 'light', dark: 'dark' };
function make_theme() {
    const root = document.documentElement;
    const set = (theme) => {
        if (theme === 'system') delete root.dataset.theme;
        else root.dataset.theme = theme;
        by_id('theme').setAttribute('aria-label', `Colours: ${themes[theme]}`);
        by_id('theme').title = `Colours: ${themes[theme]}`;
    };
    const kept = storage('localStorage');
    let theme = kept.getItem('ingle.theme');
    if (!Object.hasOwn(themes, theme)) theme = 'system';
    set(theme);
    by_id('theme').addEventListener('click', () => {
        const is_dark = matchMedia('(prefers-color-scheme: dark)').matches;
        const order = is_dark ? ['system', 'light', 'dark'] : ['system', 'dark', 'light'];
        theme = order[(order.indexOf(theme) + 1) % order.length];
        kept.setItem('ingle.theme', theme);
        set(theme);
    });
}

// ---- links that lead away ----

/** Anything in a link's address would leave the machine: it is shown before it does. */
function leave(href) {
    const close = () => dialog.close();
    const dialog = h(
        'dialog',
        { class: 'card', 'aria-labelledby': 'leave-title', onclose: () => dialog.remove() },
        h('h2', { id: 'leave-title' }, 'This link leaves your machine'),
        h('p', null, 'Opening it tells another computer exactly this address:'),
        h('p', { class: 'address' }, href),
        h(
            'div',
            { class: 'row end' },
            h('button', { type: 'button', class: 'plain', onclick: close, autofocus: true }, 'Stay here'),
            h(
                'button',
                {
                    type: 'button',
                    class: 'main',
                    onclick: () => {
                        window.open(href, '_blank', 'noopener,noreferrer');
                        close();
                    },
                },
                'Open it',
            ),
        ),
    );
    document.body.append(dialog);
    dialog.showModal();
}

for (const kind of ['click', 'auxclick']) {
    addEventListener(kind, (e) => {
        const link = e.target instanceof Element ? e.target.closest('a.outside') : null;
        if (!link || e.button === 2) return;
        e.preventDefault();
        leave(link.href);
    });
}

/** A file that is dropped beside its place does not replace the page: it is to be summarized. */
addEventListener('dragover', (e) => e.preventDefault());
addEventListener('drop', (e) => {
    const is_taken = e.defaultPrevented, { files } = e.dataTransfer;
    e.preventDefault();
    if (is_taken || files.length === 0 || by_id('frame').hidden) return;
    location.hash = 'summarize';
    show('summarize');
    made.get('summarize').dispatchEvent(new CustomEvent('files', { detail: files }));
});

// ---- who is signed in ----

function show_locked(message) {
    by_id('frame').hidden = true;
    const trouble = h('p', { class: 'trouble', role: 'alert' }, message);
    trouble.hidden = !message;
    const token = h('input', {
        id: 'token',
        type: 'password',
        autocomplete: 'off',
        spellcheck: 'false',
        required: true,
        'aria-describedby': 'token-hint',
    });
    const form = h(
        'form',
        {
            onsubmit: async (e) => {
                e.preventDefault();
                try {
                    await sign_in(token.value.trim());
                    token.value = '';
                    await start();
                } catch (error) {
                    trouble.hidden = false;
                    trouble.replaceChildren(error.status === 401 ? 'That is not the token.' : error.message);
                    token.select();
                }
            },
        },
        h('label', { for: 'token' }, 'Token'),
        token,
        h('button', { type: 'submit', class: 'main' }, 'Sign in'),
        h(
            'p',
            { class: 'hint', id: 'token-hint' },
            'It is in the file that ',
            h('code', null, 'ingle serve'),
            ' named when it started: usually ',
            h('code', null, '~/.local/state/ingle/token'),
            '. Or start it anew in a terminal and open the link it prints, which works once.',
        ),
    );
    const card = h(
        'div',
        { class: 'card' },
        h('p', { class: 'brand' }, icon('flame'), 'ingle'),
        h('h1', null, 'Who is there?'),
        h('p', null, `Other programs and people ${is_here ? 'on this machine ' : ''}can reach this page, too. Show that you are you.`),
        trouble,
        form,
    );
    by_id('locked').replaceChildren(card);
    by_id('locked').hidden = false;
    document.title = 'Sign in · ingle';
    token.focus();
}

async function start() {
    const locked = by_id('locked');
    await app.refresh();
    if (!app.status && !app.failed) return; // locked again
    locked.hidden = true;
    locked.replaceChildren();
    by_id('frame').hidden = false;
    show(location.hash.slice(1));
    // not on a phone, whose keyboard would hide the page
    if (matchMedia('(pointer: fine)').matches) by_id('question')?.focus();
}

async function open() {
    make_theme();
    make_views();
    models_button(app, by_id('model'));
    panel(app, by_id('panel'), by_id('gauge'));
    when_locked(() => {
        app.status = null;
        if (by_id('locked').hidden) show_locked('');
    });
    document.addEventListener('visibilitychange', () => {
        if (!document.hidden && !by_id('frame').hidden) app.refresh();
    });
    const key = take_key();
    if (key) {
        try {
            await sign_in(key);
        } catch (e) {
            if (!signed_in()) {
                show_locked(e.message);
                return;
            }
        }
    }
    await start();
}

open();
