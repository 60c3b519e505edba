// The tree of markdown.js as elements.
import { copy_button, h } from './dom.js';
import { reader } from './markdown.js';

const tags = { em: 'em', strong: 'strong', del: 'del', code: 'code' };

const inline = (list) => list.map((node) => (typeof node === 'string' ? node : element_of(node)));

function element_of(node) {
    if (node.kind === 'br') return h('br');
    if (node.kind === 'code') return h('code', null, node.text);
    if (node.kind === 'link') {
        // opened by leave() only, which shows where it leads
        return h('a', { href: node.href, rel: 'noopener noreferrer', target: '_blank', class: 'outside' }, inline(node.inline));
    }
    return h(tags[node.kind], null, inline(node.inline));
}

function code(block) {
    const name = block.lang.slice(0, 40);
    const words = h('code', null, block.text);
    return h(
        'figure',
        { class: 'code' },
        h('figcaption', null, h('span', null, name || 'text'), copy_button(() => words.textContent)),
        h('pre', { tabindex: 0, role: 'group', 'aria-label': `Code${name ? `, ${name}` : ''}` }, words),
    );
}

const row_of = (block, tag, row) =>
    h(
        'tr',
        null,
        row.map((cell, i) => h(tag, { scope: tag === 'th' && 'col', class: block.align[i] || null }, inline(cell))),
    );

function table(block) {
    const body = h('tbody', null, block.rows.map((row) => row_of(block, 'td', row)));
    const whole = h('table', null, h('thead', null, row_of(block, 'th', block.head)), body);
    return h('div', { class: 'wide', tabindex: 0, role: 'group', 'aria-label': 'Table' }, whole);
}

function item_of(block, item) {
    const mark = item.task === null ? null : h('span', { class: 'tick' }, item.task ? '☑ ' : '☐ ');
    const only = item.blocks[0];
    const rest = item.blocks.slice(only?.kind === 'p' && !block.is_loose ? 1 : 0);
    const first = rest.length < item.blocks.length ? inline(only.inline) : [];
    return h('li', null, mark, first, rest.map(render));
}

function list(block) {
    const items = block.items.map((item) => item_of(block, item));
    return block.is_ordered ? h('ol', { start: block.start }, items) : h('ul', null, items);
}

/** One block. Headings begin below those of the page. */
export function render(block) {
    switch (block.kind) {
        case 'h':
            return h(`h${Math.min(6, block.level + 2)}`, null, inline(block.inline));
        case 'code':
            return code(block);
        case 'list':
            return list(block);
        case 'quote':
            return h('blockquote', null, block.blocks.map(render));
        case 'table':
            return table(block);
        case 'rule':
            return h('hr');
        default:
            return h('p', null, inline(block.inline));
    }
}

/** Makes the element of a block that of one which has grown; false: it has to be made anew. */
function grow(element, was, block) {
    if (was.kind !== block.kind || !block.raw.startsWith(was.raw)) return false;
    if (block.kind === 'code' && was.lang === block.lang && block.text.startsWith(was.text)) {
        element.querySelector('code').append(block.text.slice(was.text.length));
        return true;
    }
    const last = (was.items ?? was.rows)?.length - 1; // the one that may have changed
    const is_as_was = (item, i) => i === last || item.raw === block.items[i]?.raw;
    if (block.kind === 'list' && was.is_loose === block.is_loose && was.items.every(is_as_was)) {
        element.lastElementChild.remove();
        element.append(...block.items.slice(last).map((item) => item_of(block, item)));
        return true;
    }
    if (block.kind === 'table' && last >= 0) {
        const body = element.querySelector('tbody');
        body.lastElementChild.remove();
        body.append(...block.rows.slice(last).map((row) => row_of(block, 'td', row)));
        return true;
    }
    return false;
}

/** A block that is in no other: in the direction of its letters. */
function render_whole(block) {
    const element = render(block);
    if (block.kind !== 'code') element.dir = 'auto';
    return element;
}

/** Shows the text in `place`; blocks that are there already, from an earlier call, stay. */
export function show_markdown(place, text) {
    place.read ??= reader();
    const blocks = place.read(text);
    const shown = (place.shown ??= []);
    let same = 0;
    while (same < blocks.length && same < shown.length && shown[same].raw === blocks[same].raw) same++;
    if (same < blocks.length && same < shown.length && grow(place.children[same], shown[same], blocks[same])) same++;
    while (place.children.length > same) place.lastElementChild.remove();
    place.append(...blocks.slice(same).map(render_whole));
    place.shown = blocks;
}
