// Markdown as models write it, read into a tree. Nothing in it is ever HTML: what looks like a tag
// is text. Every step takes time in proportion to the text, however it is made.
//
//   block   { kind: 'p' | 'h' | 'code' | 'list' | 'quote' | 'table' | 'rule', raw, at, ... }
//   inline  a string, or { kind: 'em' | 'strong' | 'del' | 'code' | 'link' | 'br', ... }

const MAX_DEPTH = 8; // of lists and quotes in each other, and of emphasis

const lines_of = (text) => text.replace(/\r\n?/g, '\n').split('\n');

/** The blocks of a text; raw is the text of each, by which one that did not change is known. */
export const parse = (text) => blocks_of(lines_of(text), 0);

/**
 * parse() for a text that grows: what is before its last blocks stays as it is, whatever follows (a
 * block looks one line beyond its own), and is not read again.
 */
export function reader() {
    let [before, settled, at] = ['', [], 0];
    return (text) => {
        if (!text.startsWith(before)) [settled, at] = [[], 0];
        before = text;
        const blocks = blocks_of(lines_of(text.slice(at)), 0);
        const all = [...settled, ...blocks];
        if (blocks.length > 3 && !text.includes('\r', at)) {
            at += blocks.at(-3).at;
            settled = all.slice(0, -3);
        }
        return all;
    };
}

// ---- blocks ----

const fence_at = /^ {0,3}(`{3,}|~{3,})\s*([^\s`]*)[^`]*$/;
const heading_at = /^ {0,3}(#{1,6})(?:[ \t]+(.*))?$/;
const rule_at = /^ {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$/;
const item_at = /^( {0,3})([-*+]|\d{1,9}[.)])(?:[ \t]+(.*)|)$/;
const quote_at = /^ {0,3}> ?(.*)$/;
const divider_at = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;

const is_blank = (line) => line.trim() === '';
const is_table_at = (lines, i) =>
    lines[i].includes('|') &&
    i + 1 < lines.length &&
    lines[i + 1].includes('-') &&
    lines[i + 1].length < 2000 &&
    divider_at.test(lines[i + 1]) &&
    cells_of(lines[i]).length === cells_of(lines[i + 1]).length;

const starts_block = (lines, i) =>
    fence_at.test(lines[i]) ||
    heading_at.test(lines[i]) ||
    rule_at.test(lines[i]) ||
    quote_at.test(lines[i]) ||
    item_at.test(lines[i]) ||
    is_table_at(lines, i);

function blocks_of(lines, depth) {
    const blocks = [];
    for (let i = 0, at = 0; i < lines.length; ) {
        if (is_blank(lines[i])) {
            at += lines[i++].length + 1;
            continue;
        }
        const { block, next } = block_at(lines, i, depth);
        block.raw = lines.slice(i, next).join('\n');
        block.at = at; // where it begins
        blocks.push(block);
        at += block.raw.length + 1;
        i = next;
    }
    return blocks;
}

function block_at(lines, i, depth) {
    const line = lines[i];
    let found;
    if ((found = fence_at.exec(line))) return code_at(lines, i, found);
    if ((found = heading_at.exec(line))) {
        const text = (found[2] ?? '').replace(/(?:^|[ \t]+)#+[ \t]*$/, '');
        return { block: { kind: 'h', level: found[1].length, inline: inline_of(text) }, next: i + 1 };
    }
    if (rule_at.test(line)) return { block: { kind: 'rule' }, next: i + 1 };
    if (depth < MAX_DEPTH && quote_at.test(line)) return quote_from(lines, i, depth);
    if (depth < MAX_DEPTH && item_at.test(line)) return list_at(lines, i, depth);
    if (is_table_at(lines, i)) return table_at(lines, i);
    let next = i + 1;
    while (next < lines.length && !is_blank(lines[next]) && !starts_block(lines, next)) next++;
    const text = lines.slice(i, next).map((l) => l.trimStart()).join('\n');
    return { block: { kind: 'p', inline: inline_of(text.trimEnd()) }, next };
}

/** Code that has not ended yet, in a stream, is code to the end. */
function code_at(lines, i, [, fence, lang]) {
    let next = i + 1;
    const is_end = (l) => {
        const t = l.trim();
        return t.length >= fence.length && t === fence[0].repeat(t.length);
    };
    while (next < lines.length && !is_end(lines[next])) next++;
    const text = lines.slice(i + 1, next).join('\n');
    return { block: { kind: 'code', lang, text }, next: Math.min(next + 1, lines.length) };
}

function quote_from(lines, i, depth) {
    const inner = [];
    let next = i;
    for (let found; next < lines.length && (found = quote_at.exec(lines[next])); next++) inner.push(found[1]);
    return { block: { kind: 'quote', blocks: blocks_of(inner, depth + 1) }, next };
}

function list_at(lines, i, depth) {
    const kind_of = (marker) => (/\d/.test(marker) ? marker.at(-1) : marker);
    const [, , first] = item_at.exec(lines[i]);
    const is_ordered = /\d/.test(first);
    const items = [];
    let next = i;
    let is_loose = false;
    let was_blank = false;
    for (let found; next < lines.length && (found = item_at.exec(lines[next])); ) {
        if (kind_of(found[2]) !== kind_of(first) || rule_at.test(lines[next])) break;
        if (was_blank) is_loose = true;
        const width = found[1].length + found[2].length + 1;
        const own = [found[3] ?? ''];
        was_blank = false;
        for (next++; next < lines.length; next++) {
            const l = lines[next];
            const indent = l.length - l.trimStart().length;
            if (is_blank(l)) {
                was_blank = true;
                own.push('');
            } else if (indent >= Math.min(width, 2)) {
                if (was_blank) is_loose = true;
                own.push(l.slice(Math.min(indent, width)));
            } else if (was_blank || starts_block(lines, next)) {
                break;
            } else {
                own.push(l); // goes on without being indented
            }
        }
        items.push(item_of(own, depth));
    }
    if (next === i) return { block: { kind: 'p', inline: inline_of(lines[i].trim()) }, next: i + 1 };
    const start = is_ordered ? parseInt(first, 10) : 1;
    return { block: { kind: 'list', is_ordered, start, is_loose, items }, next };
}

function item_of(lines, depth) {
    const task = /^\[([ xX])\][ \t]+/.exec(lines[0]);
    const raw = lines.join('\n');
    if (task) lines[0] = lines[0].slice(task[0].length);
    let blocks;
    return {
        task: task ? task[1] !== ' ' : null,
        raw,
        // read when they are shown, which those of a list that grows are once
        get blocks() {
            return (blocks ??= blocks_of(lines, depth + 1));
        },
    };
}

function cells_of(line) {
    const cells = [];
    let cell = '';
    const text = line.trim().replace(/^\|/, '');
    for (let i = 0; i < text.length; i++) {
        if (text[i] === '\\' && text[i + 1] === '|') {
            cell += '|';
            i++;
        } else if (text[i] === '|') {
            cells.push(cell);
            cell = '';
        } else {
            cell += text[i];
        }
    }
    if (cell.trim() !== '') cells.push(cell);
    return cells.map((c) => c.trim());
}

function table_at(lines, i) {
    const head = cells_of(lines[i]);
    const align = cells_of(lines[i + 1]).map((c) =>
        c.endsWith(':') ? (c.startsWith(':') ? 'center' : 'right') : '',
    );
    const rows = [];
    let next = i + 2;
    for (; next < lines.length && !is_blank(lines[next]) && lines[next].includes('|'); next++) {
        const cells = cells_of(lines[next]);
        rows.push(head.map((_, k) => inline_of(cells[k] ?? '')));
    }
    return { block: { kind: 'table', align, head: head.map((c) => inline_of(c)), rows }, next };
}

// ---- what is in a line ----

const is_space = (c) => c === undefined || /\s/.test(c);
const is_word = (c) => c !== undefined && /[\p{L}\p{N}]/u.test(c);

/** http, https and mailto; null for everything else, which stays text. */
export function safe_link(address) {
    if (!/^(?:https?:\/\/|mailto:)/i.test(address) || address.length > 2000) return null;
    try {
        return new URL(address).href;
    } catch {
        return null;
    }
}

export function inline_of(text, depth = 0, in_link = false) {
    const out = [];
    const state = { text, depth, in_link, missing: new Set() };
    let plain = '';
    for (let i = 0; i < text.length; ) {
        const found = inline_at(state, i);
        if (!found) {
            plain += text[i++];
            continue;
        }
        if (plain && found.node !== null) {
            out.push(plain);
            plain = '';
        }
        if (found.node === null) plain += found.text;
        else out.push(found.node);
        i = found.next;
    }
    if (plain) out.push(plain);
    return out;
}

function inline_at(state, i) {
    const { text } = state;
    switch (text[i]) {
        case '\\':
            if (text[i + 1] === '\n') return { node: { kind: 'br' }, next: i + 2 };
            return /[!-/:-@[-`{-~]/.test(text[i + 1] ?? '') ? { node: null, text: text[i + 1], next: i + 2 } : null;
        case '\n':
            return text.slice(Math.max(0, i - 2), i) === '  ' ? { node: { kind: 'br' }, next: i + 1 } : null;
        case '`':
            return code_span(state, i);
        case '*':
        case '_':
        case '~':
            return emphasis(state, i);
        case '!':
            return text[i + 1] === '[' ? link(state, i + 1) : null; // a picture is a link to it
        case '[':
            return link(state, i);
        case 'h':
        case '<':
            return address(state, i);
        default:
            return null;
    }
}

/** Where `what` is next, from `from` on; a search that failed once is not made again. */
function find(state, what, from) {
    if (state.missing.has(what)) return -1;
    const at = state.text.indexOf(what, from);
    if (at < 0) state.missing.add(what);
    return at;
}

function run_at(text, i) {
    let n = 1;
    while (text[i + n] === text[i]) n++;
    return n;
}

function code_span(state, i) {
    const { text } = state;
    const n = run_at(text, i);
    const ticks = '`'.repeat(n);
    const skip = { node: null, text: ticks, next: i + n };
    if (n > 32) return skip;
    let end = find(state, ticks, i + n);
    for (let tries = 0; end >= 0 && tries < 32; tries++) {
        const m = run_at(text, end);
        if (m === n) {
            let inner = text.slice(i + n, end).replace(/\n/g, ' ');
            if (/^ .*[^ ].* $/.test(inner)) inner = inner.slice(1, -1);
            return { node: { kind: 'code', text: inner }, next: end + n };
        }
        end = find(state, ticks, end + m);
    }
    return skip;
}

const kinds = { '*': ['em', 'strong'], _: ['em', 'strong'], '~': [null, 'del'] };

function emphasis(state, i) {
    const { text, depth } = state;
    const c = text[i];
    const n = run_at(text, i);
    const skip = { node: null, text: c.repeat(n), next: i + n };
    const size = Math.min(n, n > 2 ? 2 : n);
    const kind = kinds[c][size - 1];
    if (!kind || n > 3 || depth >= MAX_DEPTH || is_space(text[i + n])) return skip;
    if (c === '_' && is_word(text[i - 1])) return skip;
    const mark = c.repeat(size);
    let end = find(state, mark, i + n);
    for (let tries = 0; end >= 0 && tries < 32; tries++) {
        const m = run_at(text, end);
        const closes =
            !is_space(text[end - 1]) &&
            text[end - 1] !== '\\' &&
            (m === size || m === n || m === 3) &&
            !(c === '_' && is_word(text[end + m]));
        if (closes) {
            const at = n === 3 && m === 3 ? end + 1 : end; // ***both***
            const inner = inline_of(text.slice(i + size, at), depth + 1, state.in_link);
            return { node: { kind, inline: inner }, next: at + size };
        }
        end = find(state, mark, end + m);
    }
    return skip;
}

function link(state, i) {
    const { text, depth } = state;
    if (state.in_link || depth >= MAX_DEPTH) return null;
    const middle = find(state, '](', i);
    if (middle < 0 || middle - i > 1000) return null;
    const label = text.slice(i + 1, middle);
    if (label.includes('[')) return null;
    const end = text.slice(middle + 2, middle + 2100).search(/[)\n]/);
    if (end < 0) return null;
    const inside = text.slice(middle + 2, middle + 2 + end).trim();
    const href = safe_link(inside.split(/\s/)[0].replace(/^<|>$/g, ''));
    if (!href) return null;
    const inline = label ? inline_of(label, depth + 1, true) : [href];
    return { node: { kind: 'link', href, inline }, next: middle + 3 + end };
}

function address({ text, in_link }, i) {
    if (in_link || (text[i] === 'h' && (is_word(text[i - 1]) || text[i - 1] === ':'))) return null;
    const start = text[i] === '<' ? i + 1 : i;
    if (!/^https?:\/\//.test(text.slice(start, start + 8))) return null;
    const found = /^[^\s<>"`*]+/.exec(text.slice(start, start + 2000))[0];
    const shown = found.replace(/[.,;:!?'")\]]+$/, '');
    const href = safe_link(shown);
    if (!href) return null;
    const next = start + shown.length;
    const closes = start > i && text[next] === '>';
    if (start > i && !closes) return null;
    return { node: { kind: 'link', href, inline: [shown] }, next: closes ? next + 1 : next };
}
