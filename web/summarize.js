// A text or a document in a few sentences, and where in it each of them comes from.
import { announce, button, choice, copy_button, field, h, icon, plural } from './dom.js';
import { nothing_yet, pieces, task_page, task_runner } from './task.js';

const MAX_FILE = 5e6; // bytes; what is sent may be 8 MiB, and base64 is a third larger

function base64(bytes) {
    let text = '';
    for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
    return btoa(text);
}

class Summarize {
    file = null; // instead of the text

    constructor(app) {
        this.text = h('textarea', { rows: 9, placeholder: 'Paste a text, or drop a document here' });
        this.pick = h('input', { type: 'file', class: 'unseen', tabindex: -1, 'aria-hidden': 'true', onchange: () => this.take(this.pick.files) });
        this.chip = h('div', { class: 'chip', hidden: true });
        this.drop = h(
            'div',
            { class: 'drop' },
            field('Text', this.text),
            this.chip,
            h(
                'div',
                { class: 'row' },
                button('Choose a document', { class: 'quiet', onclick: () => this.pick.click() }, 'file'),
                this.pick,
                h('p', { class: 'hint' }, 'Text, Markdown, HTML or e-mail'),
            ),
        );
        this.style = choice('Form', 'style', [['prose', 'Prose'], ['bullets', 'Points'], ['tldr', 'One sentence']], 'prose');
        this.length = choice('Length', 'length', [['short', 'Short'], ['medium', 'Medium'], ['long', 'Long']], 'medium');
        this.extractive = h('input', { type: 'checkbox', id: 'extractive' });
        const only = h(
            'div',
            { class: 'check' },
            this.extractive,
            h('label', { for: 'extractive' }, 'Only sentences of the text itself', h('span', { class: 'hint' }, 'Nothing can be made up; needs no large model.')),
        );
        this.result = h('section', { class: 'result', 'aria-label': 'Summary' });
        this.runner = task_runner(app, {
            path: '/ingle/tasks/summarize',
            label: 'Summarize',
            request: () => this.request(),
            on_begin: () => this.begin(),
            on_text: (text) => this.draw_text(text),
            on_result: (result) => this.show(result),
        });
        this.clear();
        this.element = task_page(
            'Summarize',
            'What a text says, in short, with the places it rests on.',
            [this.drop, this.style.element, this.length.element, only],
            this.runner,
            this.result,
        );
        this.accept_drops();
    }

    clear() {
        this.result.replaceChildren(nothing_yet('summarize', 'The summary appears here, beside the text it comes from.'));
    }

    // ---- what is to be summarized ----

    accept_drops() {
        const has_file = (e) => [...(e.dataTransfer?.types ?? [])].includes('Files');
        this.element.addEventListener('dragover', (e) => {
            if (!has_file(e)) return;
            e.preventDefault();
            this.drop.classList.add('over');
        });
        this.element.addEventListener('dragleave', (e) => {
            if (!this.element.contains(e.relatedTarget)) this.drop.classList.remove('over');
        });
        this.element.addEventListener('drop', (e) => {
            if (!has_file(e)) return;
            e.preventDefault();
            this.drop.classList.remove('over');
            this.take(e.dataTransfer.files);
        });
        this.element.addEventListener('files', (e) => this.take(e.detail)); // dropped elsewhere
    }

    take(files) {
        const [file, ...others] = files;
        this.pick.value = '';
        if (!file) return;
        if (file.size > MAX_FILE) {
            this.runner.say(`${file.name} has ${(file.size / 1e6).toFixed(1)} MB; 5 MB are the most that the page sends.`);
            return;
        }
        if (file.size === 0) {
            this.runner.say(`${file.name} is empty.`);
            return;
        }
        this.runner.say(others.length ? `One document at a time: ${file.name} is chosen.` : '');
        this.file = file;
        this.update();
        announce(`${file.name} is chosen.`);
    }

    update() {
        this.text.disabled = this.file !== null;
        this.chip.hidden = this.file === null;
        if (!this.file) return;
        const remove = h(
            'button',
            {
                type: 'button',
                class: 'round',
                'aria-label': `Remove ${this.file.name}`,
                onclick: () => {
                    this.file = null;
                    this.update();
                    this.text.focus();
                },
            },
            icon('close'),
        );
        this.chip.replaceChildren(icon('file'), h('span', { class: 'name' }, this.file.name), remove);
    }

    async request() {
        const body = { style: this.style.value, length: this.length.value, extractive: this.extractive.checked };
        if (this.file) {
            const { name } = this.file;
            try {
                const bytes = new Uint8Array(await this.file.arrayBuffer());
                return { ...body, document: { name, data: base64(bytes) } };
            } catch {
                this.runner.say(`${name} cannot be read: it is a folder, or not there any more.`);
                return null;
            }
        }
        if (!this.text.value.trim()) {
            this.text.focus();
            return null;
        }
        return { ...body, text: this.text.value };
    }

    // ---- what came of it ----

    begin() {
        this.draft = h('div', { class: 'summary' });
        this.result.replaceChildren(this.draft);
    }

    draw_text(text) {
        this.draft.textContent = text;
    }

    show(r) {
        const spans = r.source.spans.map((s) => ({
            from: s.summary[0],
            to: s.summary[1],
            source: `${s.source[0]}-${s.source[1]}`,
            source_from: s.source[0],
            source_to: s.source[1],
        }));
        const marks = new Map();
        const sources = [...new Map(spans.map((s) => [s.source, { from: s.source_from, to: s.source_to, id: s.source }])).values()];
        const source = h(
            'div',
            { class: 'source', tabindex: 0, role: 'group', 'aria-label': 'The text, with the places the summary rests on' },
            pieces(r.source.text, sources, (range, text) => {
                const mark = h('mark', null, text);
                marks.set(range.id, mark);
                return mark;
            }),
        );
        const summary = h('div', { class: 'summary' }, pieces(r.text, spans, (span, text) => this.sentence(span, text, marks, source)));
        this.link_back(summary, marks);
        const notes = this.notes(r);
        const title = h('h2', { tabindex: -1 }, 'Summary');
        this.result.replaceChildren(
            h(
                'div',
                { class: 'sides' },
                h(
                    'div',
                    null,
                    title,
                    summary,
                    notes ? h('p', { class: 'hint' }, notes) : null,
                    h('div', { class: 'row' }, copy_button(() => r.text), button('Change', { class: 'quiet', onclick: () => this.change() }, 'edit')),
                ),
                h(
                    'div',
                    null,
                    h('h2', null, 'Where it comes from'),
                    h('p', { class: 'hint' }, 'Point at a sentence of the summary to see the one it shares most words with.'),
                    source,
                ),
            ),
        );
        this.element.classList.add('done');
        title.focus();
        announce(`Summary: ${r.text}`);
    }

    /** Back to what was asked. */
    change() {
        this.element.classList.remove('done');
        this.clear();
        (this.file ? this.chip.querySelector('button') : this.text).focus();
    }

    /** A sentence that shows its source when it is pointed at or has the focus. */
    sentence(span, text, marks, source) {
        const light = (is_on) => {
            const mark = marks.get(span.source);
            this.darken();
            if (!mark || !is_on) return;
            mark.classList.add('on');
            element.classList.add('on');
            const is_calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
            source.scrollTo({ top: mark.offsetTop - source.clientHeight / 3, behavior: is_calm ? 'auto' : 'smooth' });
        };
        const element = h(
            'span',
            {
                class: 'cite',
                tabindex: 0,
                role: 'button',
                'data-source': span.source,
                'aria-label': `${text} Show where it comes from.`,
                onmouseenter: () => light(true),
                onmouseleave: () => light(false),
                onfocus: () => light(true),
                onblur: () => light(false),
                onclick: () => light(true),
                onkeydown: (e) => {
                    if (e.key !== 'Enter' && e.key !== ' ') return;
                    e.preventDefault();
                    source.focus({ preventScroll: true });
                    source.scrollIntoView({ block: 'nearest' });
                    light(true);
                },
            },
            text,
        );
        return element;
    }

    darken() {
        this.result.querySelectorAll('.on').forEach((e) => e.classList.remove('on'));
    }

    link_back(summary, marks) {
        for (const [id, mark] of marks) {
            const set = (is_on) => {
                this.darken();
                if (!is_on) return;
                mark.classList.add('on');
                summary.querySelectorAll(`[data-source="${id}"]`).forEach((s) => s.classList.add('on'));
            };
            mark.addEventListener('mouseenter', () => set(true));
            mark.addEventListener('mouseleave', () => set(false));
        }
    }

    notes(r) {
        const notes = [];
        if (r.extractive) notes.push('All sentences are those of the text');
        if (r.parts > 1) notes.push(`read in ${r.parts} parts`);
        if (r.was_replaced) notes.push('the model said what the text does not, so that sentences of the text stand in its place');
        else if (r.replaced > 0) notes.push(`${plural(r.replaced, 'part')} of the model replaced by sentences of the text`);
        if (r.unfounded) notes.push(`not in the text: ${r.unfounded}`);
        return notes.length > 0 ? `${notes.join('; ')}.` : '';
    }
}

export const summarize_view = (app) => new Summarize(app).element;
