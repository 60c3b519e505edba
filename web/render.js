// The tree of markdown.js as elements.
import { copy_button, h } from './dom.js';
import { parse } from './markdown.js';

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
    return h(
        'figure',
        { class: 'code' },
        h('figcaption', null, h('span', null, name || 'text'), copy_button(() => block.text)),
        h('pre', { tabindex: 0, role: 'group', 'aria-label': `Code${name ? `, ${name}` : ''}` }, h('code', null, block.text)),
    );
}

function table(block) {
    const cells = (tag, row) =>
        h(
            'tr',
            null,
            row.map((cell, i) =>
                h(tag, { scope: tag === 'th' && 'col', class: block.align[i] || null }, inline(cell)),
            ),
        );
    const body = h('tbody', null, block.rows.map((row) => cells('td', row)));
    const whole = h('table', null, h('thead', null, cells('th', block.head)), body);
    return h('div', { class: 'wide', tabindex: 0, role: 'group', 'aria-label': 'Table' }, whole);
}

function list(block) {
    const items = block.items.map((item) => {
        const mark = item.task === null ? null : h('span', { class: 'task' }, item.task ? '☑ ' : '☐ ');
        const only = item.blocks[0];
        const rest = item.blocks.slice(only?.kind === 'p' && !block.is_loose ? 1 : 0);
        const first = rest.length < item.blocks.length ? inline(only.inline) : [];
        return h('li', null, mark, first, rest.map(render));
    });
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

/** Shows the text in `place`; blocks that are there already, from an earlier call, stay. */
export function show_markdown(place, text) {
    const blocks = parse(text);
    const shown = (place.shown ??= []);
    let same = 0;
    while (same < blocks.length && same < shown.length && shown[same] === blocks[same].raw) same++;
    while (place.children.length > same) place.lastElementChild.remove();
    place.append(...blocks.slice(same).map(render));
    place.shown = blocks.map((block) => block.raw);
}
