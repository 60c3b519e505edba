// What is going on, measured and told plainly: the last answer's speed, memory, the queue, and what
// the kernel enforces.
import { bytes, copy_button, h, icon, is_here, machine, plural } from './dom.js';
import { chosen } from './models.js';

// CLONE_NEW* of Linux
const namespaces = [
    [0x10000000, 'users'],
    [0x40000000, 'network'],
    [0x00020000, 'files'],
    [0x20000000, 'processes'],
    [0x08000000, 'memory between processes'],
    [0x04000000, 'host name'],
    [0x02000000, 'control groups'],
];
const CLONE_NEWNET = 0x40000000;

/** Open where there is room for it, which tasks need more of; or as somebody wants it. */
export function panel(app, place, toggle) {
    const is_wide = matchMedia('(min-width: 1180px)');
    const is_widest = matchMedia('(min-width: 1600px)');
    let wanted = null;
    const show = (is_open) => {
        place.hidden = !is_open;
        toggle.setAttribute('aria-expanded', String(is_open));
        document.getElementById('frame').classList.toggle('with-panel', is_open);
    };
    const settle = () => {
        const has_room = is_widest.matches || (is_wide.matches && app.view === 'chat');
        show(is_wide.matches ? (wanted ?? has_room) : false);
    };
    toggle.addEventListener('click', () => {
        show(place.hidden);
        if (is_wide.matches) wanted = !place.hidden;
        else if (!place.hidden) close.focus();
    });
    is_wide.addEventListener('change', settle);
    is_widest.addEventListener('change', settle);
    app.addEventListener('view', settle);
    // Where it lies over the page, whatever is done beside it closes it.
    const leave = (to) => {
        const is_over = !is_wide.matches && !place.hidden;
        if (is_over && to instanceof Node && !place.contains(to) && !toggle.contains(to)) show(false);
    };
    document.addEventListener('focusin', (e) => leave(e.target));
    document.addEventListener('pointerdown', (e) => leave(e.target));
    document.addEventListener('keydown', (e) => {
        if (e.key !== 'Escape' || is_wide.matches || place.hidden) return;
        show(false);
        toggle.focus();
    });
    show(false);

    const close = h(
        'button',
        {
            type: 'button',
            class: 'round close',
            'aria-label': 'Close',
            onclick: () => {
                show(false);
                toggle.focus();
            },
        },
        icon('close'),
    );
    const [speed, memory, queue, seal] = [speed_part(app), memory_part(app), queue_part(app), seal_part(app)];
    place.append(
        close,
        h('section', null, h('h2', null, 'Speed'), speed),
        h('section', null, h('h2', null, 'Memory and queue'), memory, queue),
        h('section', null, h('h2', null, 'Where your words go'), seal),
    );
}

/** A list of names and values that is written anew only where it changes. */
function facts() {
    const list = h('dl', { class: 'facts' });
    let before = '';
    return {
        list,
        set(rows) {
            const now = JSON.stringify(rows);
            if (now === before) return;
            before = now;
            list.replaceChildren(...rows.map(([name, value]) => h('div', null, h('dt', null, name), h('dd', null, value))));
        },
    };
}

function speed_part(app) {
    const figure = h('span', { class: 'figure' });
    const { list, set } = facts();
    const rows = (a) => [
        ['First token', `${Math.round(a.first_ms)} ms`],
        ['Tokens', String(a.tokens)],
        ...(a.cached > 0 ? [['Remembered of the prompt', `${a.cached} of ${a.prompt}`]] : []),
    ];
    app.addEventListener('answer', () => {
        const a = app.answer;
        figure.textContent = a.rate ? (a.rate >= 100 ? Math.round(a.rate) : a.rate.toFixed(1)) : '';
        set(rows(a));
    });
    set([['No answer yet', '']]);
    return h('div', null, h('p', { class: 'big' }, figure, h('span', null, ' tokens a second')), list);
}

function memory_part(app) {
    const { list, set } = facts();
    app.addEventListener('status', () => {
        const models = (!app.failed && app.status?.models) || [];
        const loaded = models.filter((m) => m.memory > 0);
        set(
            loaded.length > 0
                ? loaded.map((m) => [m.id, bytes(m.memory)])
                : [['No model is loaded', models.length > 0 ? 'the next question loads one' : '–']],
        );
    });
    return list;
}

function queue_part(app) {
    const { list, set } = facts();
    app.addEventListener('status', () => {
        const queue = app.status?.queue;
        set(
            app.failed
                ? [['The service', 'does not answer']]
                : [
                      ['Being answered', String(queue?.running ?? 0)],
                      ['Waiting', String(queue?.waiting ?? 0)],
                  ],
        );
    });
    return list;
}

function seal_part(app) {
    const place = h('div', { class: 'seal' });
    let before = '';
    app.addEventListener('status', () => {
        const model = chosen(app);
        const sealed = model?.seal ? model : app.status?.models.find((m) => m.seal);
        const now = JSON.stringify([sealed?.seal, sealed?.id]);
        if (now === before) return;
        before = now;
        place.replaceChildren(...seal_facts(sealed?.seal));
    });
    return place;
}

function seal_facts(seal) {
    const nowhere = h('p', { class: 'nowhere' }, is_here ? 'Nowhere.' : `To ${machine}, and no further.`);
    const vow = h(
        'p',
        null,
        `They go from this page to “ingle serve” on ${machine}, are answered there, and are forgotten. The page keeps them in its memory until you close it.`,
    );
    if (!seal) {
        return [nowhere, vow, h('p', { class: 'hint' }, 'What the kernel enforces is shown once a model is loaded.')];
    }
    if (!seal.sealed) {
        return [
            nowhere,
            vow,
            h('p', { class: 'trouble' }, 'The model runs unsealed (--unsealed): nothing but its own program keeps it from the network and from your files.'),
        ];
    }
    const names = namespaces.filter(([bit]) => (seal.namespaces & bit) !== 0).map(([, name]) => name);
    const row = (name, value) => h('li', null, icon('check'), h('span', null, h('strong', null, name), ` ${value}`));
    const has_network = (seal.namespaces & CLONE_NEWNET) !== 0;
    const list = h(
        'ul',
        { class: 'checks' },
        row('No network.', `It cannot make a socket${has_network ? ', and its network has nothing in it' : ''}.`),
        row('No files.', `It can open none${seal.landlock > 0 ? `; Landlock ${seal.landlock} denies all of them` : ''}.`),
        row(plural(seal.calls, 'system call') + '.', 'The kernel ends it if it tries another.'),
        names.length > 0 ? row('Its own world.', `Of ${names.join(', ')}.`) : null,
    );
    return [
        nowhere,
        vow,
        h('h3', null, 'What the kernel enforces'),
        list,
        h('p', { class: 'prove' }, 'Check it yourself: ', h('code', null, 'ingle prove'), copy_button(() => 'ingle prove')),
    ];
}
