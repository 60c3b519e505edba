// What changed between two texts, word by word.

const word_at = /\s+|[\p{L}\p{N}\p{M}_]+(?:['’-][\p{L}\p{N}\p{M}_]+)*|[^]/gu;
const MAX_CELLS = 4e6; // of the table of a comparison; beyond, the middle counts as one change

const words_of = (text) => text.match(word_at) ?? [];

/** [{ kind: 'same' | 'del' | 'ins', text }]: without 'ins' it is a, without 'del' it is b. */
export function word_diff(a, b) {
    const from = words_of(a);
    const to = words_of(b);
    let start = 0;
    while (start < from.length && start < to.length && from[start] === to[start]) start++;
    let end = 0;
    const most = Math.min(from.length, to.length) - start;
    while (end < most && from[from.length - 1 - end] === to[to.length - 1 - end]) end++;
    const out = [];
    add(out, 'same', from.slice(0, start));
    middle(out, from.slice(start, from.length - end), to.slice(start, to.length - end));
    add(out, 'same', from.slice(from.length - end));
    return out;
}

function add(out, kind, words) {
    if (words.length === 0) return;
    const last = out.at(-1);
    const text = words.join('');
    if (last?.kind === kind) last.text += text;
    else out.push({ kind, text });
}

/** The longest common part, by its table. */
function middle(out, a, b) {
    const width = b.length + 1;
    if ((a.length + 1) * width > MAX_CELLS || a.length === 0 || b.length === 0) {
        add(out, 'del', a);
        add(out, 'ins', b);
        return;
    }
    const common = new Uint32Array((a.length + 1) * width);
    for (let i = a.length - 1; i >= 0; i--) {
        for (let k = b.length - 1; k >= 0; k--) {
            const at = i * width + k;
            common[at] = a[i] === b[k] ? common[at + width + 1] + 1 : Math.max(common[at + width], common[at + 1]);
        }
    }
    let deleted = [];
    let inserted = [];
    const flush = () => {
        add(out, 'del', deleted);
        add(out, 'ins', inserted);
        deleted = [];
        inserted = [];
    };
    let i = 0;
    let k = 0;
    while (i < a.length && k < b.length) {
        const at = i * width + k;
        if (a[i] === b[k] && common[at] === common[at + width + 1] + 1) {
            flush();
            add(out, 'same', [a[i]]);
            i++;
            k++;
        } else if (common[at + width] >= common[at + 1]) {
            deleted.push(a[i++]);
        } else {
            inserted.push(b[k++]);
        }
    }
    deleted.push(...a.slice(i));
    inserted.push(...b.slice(k));
    flush();
}
