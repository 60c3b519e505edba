// Making elements. Text is always a text node: nothing here, or anywhere in the page, reads HTML.

const SVG = 'http://www.w3.org/2000/svg';

/**
 * h('button', { class: 'quiet', type: 'button', onclick: f }, icon('stop'), 'Stop')
 * A property that is a function is a listener, true an empty attribute, false and null none.
 */
export function h(tag, properties, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties ?? {})) {
        if (value === false || value === null || value === undefined) continue;
        if (typeof value === 'function') element.addEventListener(name.slice(2), value);
        else element.setAttribute(name, value === true ? '' : value);
    }
    element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
    return element;
}

/** A picture of the sheet in index.html; it says nothing that the text beside it does not. */
export function icon(name) {
    const svg = document.createElementNS(SVG, 'svg');
    const use = document.createElementNS(SVG, 'use');
    svg.setAttribute('class', 'icon');
    svg.setAttribute('aria-hidden', 'true');
    use.setAttribute('href', `#i-${name}`);
    svg.append(use);
    return svg;
}

export const button = (label, properties, picture) =>
    h('button', { type: 'button', ...properties }, picture ? icon(picture) : null, h('span', null, label));

let n_ids = 0;
/** A label above a control. */
export function field(label, control, hint) {
    control.id ||= `field-${++n_ids}`;
    const about = hint ? h('p', { class: 'hint', id: `${control.id}-hint` }, hint) : null;
    if (about) control.setAttribute('aria-describedby', about.id);
    return h('div', { class: 'field' }, h('label', { for: control.id }, label), control, about);
}

/** One of a few: { value } and the element, a group of radio buttons that looks like one control. */
export function choice(legend, name, options, chosen) {
    const inputs = options.map(([value, label]) => {
        const input = h('input', { type: 'radio', name, value, checked: value === chosen });
        return h('label', { class: 'option' }, input, h('span', null, label));
    });
    const element = h(
        'fieldset',
        { class: 'field choice' },
        h('legend', null, legend),
        h('div', { class: 'options' }, inputs),
    );
    return {
        element,
        get value() {
            return element.querySelector('input:checked').value;
        },
    };
}

export const select = (options, chosen) =>
    h(
        'select',
        null,
        options.map(([value, label]) => h('option', { value, selected: value === chosen }, label)),
    );

/** Says it to whoever listens to a screen reader, once, when nothing else is being said. */
export function announce(text) {
    const place = document.getElementById('announcer');
    place.replaceChildren(text);
}

/** A button that copies what get() returns, and says that it did. */
export function copy_button(get, label = 'Copy') {
    const words = h('span', null, label);
    const element = h(
        'button',
        {
            type: 'button',
            class: 'quiet',
            onclick: async () => {
                const done = await copy(get());
                words.textContent = done ? 'Copied' : 'Could not copy';
                announce(words.textContent);
                setTimeout(() => (words.textContent = label), 1600);
            },
        },
        icon('copy'),
        words,
    );
    return element;
}

async function copy(text) {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        // Not a secure context (another name than localhost): the old way, through a selection.
        const area = h('textarea', { class: 'unseen', 'aria-hidden': 'true', tabindex: -1 });
        area.value = text;
        document.body.append(area);
        area.select();
        const done = document.execCommand('copy');
        area.remove();
        return done;
    }
}

const units = ['B', 'KB', 'MB', 'GB', 'TB'];
export function bytes(n) {
    let k = 0;
    while (n >= 1000 && k < units.length - 1) {
        n /= 1000;
        k++;
    }
    return `${n >= 100 || k === 0 ? Math.round(n) : n.toFixed(1)} ${units[k]}`;
}

/** Where the service is: on the machine of the browser, or one that has a name. */
export const is_here = /^(?:localhost|.*\.localhost|127\.[0-9.]+|\[::1\])$/.test(location.hostname);
export const machine = is_here ? 'this machine' : location.hostname;

export const plural = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;
