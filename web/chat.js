// Talking with a model. The conversation lives in this page's memory and nowhere else.
import { stream } from './api.js';
import { announce, button, copy_button, field, h, icon, machine, select } from './dom.js';
import { chosen, talks } from './models.js';
import { show_markdown } from './render.js';

const suggestions = [
    'Explain how a heat pump works, in five sentences.',
    'What should I ask before signing a lease?',
    'Give me three names for a small bakery.',
];

class Chat {
    turns = []; // { question, answer, thinking, state: 'waiting' | 'done' | 'stopped' | 'failed', ... }
    settings = { system: '', temperature: '', thinks: 'auto', max_tokens: '' };
    editing = false; // the last question is in the composer, to be asked anew
    running = null; // AbortController

    constructor(app) {
        this.app = app;
        this.list = h('ol', { class: 'turns' });
        this.scroll = h(
            'section',
            { class: 'talk', 'aria-label': 'Conversation', tabindex: 0 },
            (this.empty = this.make_empty()),
            this.list,
        );
        this.make_composer();
        this.element = h('div', { class: 'chat' }, h('h1', { class: 'unseen' }, 'Chat'), this.scroll, this.form);
        this.element.addEventListener('keydown', (e) => {
            if (e.key !== 'Escape') return;
            if (this.running) this.stop();
            else if (this.editing) this.cancel_edit();
        });
        this.element.addEventListener('shown', () => this.to_end());
        for (const event of ['model', 'status']) app.addEventListener(event, () => this.update_words());
        this.update_words();
        this.update();
    }

    // ---- what is there ----

    make_empty() {
        const picks = suggestions.map((text) =>
            h('li', null, button(text, { class: 'suggestion', onclick: () => this.suggest(text) })),
        );
        return h(
            'div',
            { class: 'welcome' },
            icon('flame'),
            h('h2', null, 'What is on your mind?'),
            (this.promise = h('p')),
            h('ul', { class: 'suggestions' }, picks),
        );
    }

    make_composer() {
        this.input = h('textarea', {
            id: 'question',
            rows: 1,
            'aria-label': 'Your question',
            oninput: () => this.grow(),
            onkeydown: (e) => {
                if (e.key !== 'Enter' || e.shiftKey || e.isComposing) return;
                e.preventDefault();
                if (!this.running) this.send();
            },
        });
        this.send_button = h('button', { type: 'submit', class: 'main round', 'aria-label': 'Send', title: 'Send (Enter)' }, icon('send'));
        this.stop_button = h(
            'button',
            { type: 'button', class: 'main round', 'aria-label': 'Stop', title: 'Stop (Esc)', onclick: (e) => e.detail < 2 && this.stop() }, // a double click sent it
            icon('stop'),
        );
        this.edit_note = h(
            'p',
            { class: 'editing' },
            icon('edit'),
            h('span', null, 'Asking your last question anew.'),
            button('Cancel', { class: 'quiet', onclick: () => this.cancel_edit() }),
        );
        this.new_button = button('New chat', { class: 'quiet', onclick: () => this.clear() }, 'plus');
        this.form = h(
            'form',
            {
                class: 'composer',
                'aria-label': 'Ask',
                onsubmit: (e) => {
                    e.preventDefault();
                    if (!this.running) this.send();
                },
            },
            this.edit_note,
            h('div', { class: 'box' }, this.input, this.send_button, this.stop_button),
            h(
                'div',
                { class: 'row under' },
                this.new_button,
                button('Settings', { class: 'quiet', 'aria-haspopup': 'dialog', onclick: () => this.open_settings() }, 'gear'),
                h('p', { class: 'hint keys' }, 'Enter sends, Shift + Enter begins a line'),
            ),
        );
    }

    /** What depends on the model. */
    update_words() {
        const model = chosen(this.app);
        const has_none = this.app.status !== null && !talks(model);
        this.input.setAttribute('placeholder', talks(model) ? `Ask ${model.id}` : 'Ask');
        const promise = has_none
            ? 'There is no model here that could answer: “ingle serve -m model.gguf” serves one. To redact, to tell intents and to pick sentences out of a text, none is needed.'
            : `A model on ${machine} answers. Your words go nowhere else, and this page forgets them when you close it.`;
        if (this.promise.textContent !== promise) this.promise.textContent = promise;
    }

    grow() {
        this.input.style.height = 'auto';
        this.input.style.height = `${Math.min(this.input.scrollHeight + 2, 220)}px`;
    }

    /** Follows the answer, unless the reader has scrolled up. */
    to_end(is_forced = true) {
        if (is_forced || this.is_following) this.scroll.scrollTop = this.turns.length > 0 ? this.scroll.scrollHeight : 0;
    }
    get is_following() {
        return this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < 80;
    }

    update() {
        const has_focus = [this.send_button, this.stop_button].includes(document.activeElement);
        this.empty.hidden = this.turns.length > 0;
        this.send_button.hidden = this.running !== null;
        this.stop_button.hidden = this.running === null;
        this.edit_note.hidden = !this.editing;
        this.new_button.disabled = this.turns.length === 0;
        if (has_focus) this.input.focus();
    }

    suggest(text) {
        this.input.value = text;
        this.grow();
        this.input.focus();
    }

    clear() {
        this.stop();
        this.turns = [];
        this.editing = false;
        this.list.replaceChildren();
        this.update();
        this.input.focus();
        announce('The conversation is gone.');
    }

    // ---- one question and its answer ----

    make_turn(question) {
        const turn = { question, answer: '', thinking: '', state: 'waiting' };
        turn.asked = h('div', { class: 'words' }, question);
        turn.text = h('div', { class: 'words' });
        turn.thought = h('div', { class: 'words' });
        turn.thinking_title = h('summary', null, 'Thinking …');
        turn.details = h('details', { class: 'thinking', hidden: true }, turn.thinking_title, turn.thought);
        turn.note = h('p', { class: 'note', hidden: true });
        turn.actions = h('div', { class: 'row actions', hidden: true });
        turn.edit = button('Edit', { class: 'quiet edit', onclick: () => this.edit() }, 'edit');
        turn.wait = h('p', { class: 'waiting' }, h('span', { class: 'ember' }), h('span', null, 'Reading …'));
        turn.element = h(
            'li',
            null,
            h('article', { class: 'asked', 'aria-label': 'You' }, turn.asked, turn.edit),
            h('article', { class: 'answered', 'aria-label': 'Answer' }, turn.details, turn.text, turn.wait, turn.note, turn.actions),
        );
        return turn;
    }

    send() {
        const question = this.input.value.trim();
        if (!question) return;
        if (this.editing) this.drop_last();
        this.input.value = '';
        this.editing = false;
        this.grow();
        this.ask(question);
    }

    drop_last() {
        this.turns.pop()?.element.remove();
    }

    edit() {
        const last = this.turns.at(-1);
        if (!last || this.running) return;
        this.editing = true;
        this.suggest(last.question);
        this.update();
    }

    cancel_edit() {
        this.editing = false;
        this.input.value = '';
        this.grow();
        this.update();
        this.input.focus();
    }

    retry() {
        const last = this.turns.at(-1);
        if (!last || this.running) return;
        this.drop_last();
        this.ask(last.question);
        this.input.focus();
    }

    stop() {
        this.running?.abort();
    }

    request(turn) {
        const { system, temperature, thinks, max_tokens } = this.settings;
        const messages = system.trim() ? [{ role: 'system', content: system }] : [];
        for (const t of this.turns) {
            messages.push({ role: 'user', content: t.question });
            if (t !== turn) messages.push({ role: 'assistant', content: t.answer });
        }
        const body = { messages, stream_options: { include_usage: true } };
        if (this.app.model) body.model = this.app.model;
        if (temperature !== '') body.temperature = Number(temperature);
        if (max_tokens !== '') body.max_tokens = Number(max_tokens);
        if (thinks === 'off') body.reasoning_effort = 'none';
        return body;
    }

    async ask(question) {
        // What failed without a word is not part of the conversation.
        this.turns = this.turns.filter((t) => t.answer !== '' || t.element.remove());
        const turn = this.make_turn(question);
        this.turns.push(turn);
        this.list.append(turn.element);
        const control = (this.running = new AbortController());
        this.app.busy++;
        this.app.refresh();
        this.update();
        this.to_end();
        try {
            await this.listen(turn, control.signal);
            turn.state = 'done';
        } catch (e) {
            turn.state = e.name === 'AbortError' ? 'stopped' : 'failed';
            turn.message = e.message;
            turn.code = e.code;
        }
        if (this.running === control) this.running = null;
        this.app.busy--;
        this.end(turn);
        this.app.refresh();
    }

    async listen(turn, signal) {
        const begin = performance.now();
        const m = { tokens: 0, begin };
        for await (const { data } of stream('/v1/chat/completions', this.request(turn), signal)) {
            const [choice] = data.choices ?? [];
            if (data.usage) this.count(m, data.usage);
            if (choice?.finish_reason) turn.reason = choice.finish_reason;
            const { content, reasoning_content } = choice?.delta ?? {};
            if (!content && !reasoning_content) continue;
            const now = performance.now();
            m.first ??= now;
            m.last = now;
            m.tokens++;
            turn.answer += content ?? '';
            turn.thinking += reasoning_content ?? '';
            if (content) turn.thought_ms ??= now - m.first;
            this.measure(m);
            this.draw_soon(turn);
        }
    }

    /** Pieces are about a token each, until the usage says how many there were. */
    measure(m) {
        const seconds = (m.last - m.first) / 1000;
        this.app.measure({
            first_ms: m.first - m.begin,
            tokens: m.tokens,
            rate: m.tokens > 1 && seconds > 0.001 ? (m.tokens - 1) / seconds : 0,
            prompt: m.prompt,
            cached: m.cached,
        });
    }

    count(m, usage) {
        m.tokens = usage.completion_tokens;
        m.prompt = usage.prompt_tokens;
        m.cached = usage.prompt_tokens_details?.cached_tokens ?? 0;
        if (m.first !== undefined) this.measure(m);
    }

    /** The longer drawing takes, the seldomer: most of the time is everybody else's. */
    draw_soon(turn) {
        turn.timer ??= setTimeout(() => {
            const begin = performance.now();
            this.draw(turn);
            turn.timer = null;
            turn.rest = 4 * (performance.now() - begin);
        }, Math.max(16, turn.rest ?? 0));
    }

    draw(turn) {
        const follows = this.is_following;
        show_markdown(turn.text, turn.answer);
        turn.wait.hidden = turn.answer !== '' || turn.state !== 'waiting';
        if (turn.thinking) {
            turn.details.hidden = false;
            turn.wait.lastChild.textContent = 'Thinking …';
            show_markdown(turn.thought, turn.thinking);
            if (turn.thought_ms !== undefined) {
                const seconds = turn.thought_ms / 1000;
                turn.thinking_title.textContent = seconds < 1 ? 'Thought for a moment' : `Thought for ${seconds.toFixed(1)} s`;
            }
        }
        if (follows) this.to_end();
    }

    end(turn) {
        clearTimeout(turn.timer);
        this.draw(turn);
        turn.wait.hidden = true;
        if (turn.thinking && turn.thought_ms === undefined) turn.thinking_title.textContent = 'Thinking, not ended';
        const note = this.note_of(turn);
        turn.note.textContent = note;
        turn.note.hidden = note === '';
        turn.note.classList.toggle('trouble', turn.state === 'failed');
        turn.actions.hidden = false;
        turn.actions.replaceChildren(
            ...(turn.answer ? [copy_button(() => turn.answer)] : []),
            button('Retry', { class: 'quiet retry', onclick: () => this.retry() }, 'retry'),
        );
        this.update();
        if (this.turns.includes(turn)) announce(note ? `${turn.answer} ${note}` : turn.answer);
    }

    note_of(turn) {
        if (turn.state === 'stopped') return 'Stopped.';
        if (turn.code === 'context_length_exceeded') {
            return 'The conversation is longer than this model can remember. Begin a new chat, or choose another model.';
        }
        if (turn.state === 'failed') return turn.message;
        if (turn.reason === 'length') return 'The answer ends here: it has reached its greatest length.';
        return turn.answer ? '' : 'The model said nothing.';
    }

    // ---- settings ----

    open_settings() {
        const s = this.settings;
        const system = h('textarea', { rows: 4, placeholder: 'You are a patient teacher …' });
        system.value = s.system;
        const number = (value, min, max, step, hint) => {
            const input = h('input', { type: 'number', min, max, step, placeholder: hint });
            input.value = value;
            return input;
        };
        const temperature = number(s.temperature, 0, 2, 0.1, 'as the model likes it');
        const max_tokens = number(s.max_tokens, 1, 100000, 1, 'no limit');
        const thinks = select([['auto', 'If the model does'], ['off', 'No, answer at once']], s.thinks);
        const form = h(
            'form',
            {
                method: 'dialog',
                onsubmit: (e) => {
                    e.preventDefault();
                    this.settings = {
                        system: system.value,
                        temperature: temperature.value,
                        max_tokens: max_tokens.value,
                        thinks: thinks.value,
                    };
                    dialog.close();
                },
            },
            field('What the model should keep in mind', system, 'Said before every conversation; others call it the system prompt.'),
            h('div', { class: 'pair' }, field('Temperature', temperature), field('Tokens at most', max_tokens)),
            field('Thinking first', thinks),
            h('p', { class: 'hint' }, 'Kept until you close this page, like the conversation.'),
            h(
                'div',
                { class: 'row end' },
                h('button', { type: 'button', class: 'plain', onclick: () => dialog.close() }, 'Cancel'),
                h('button', { type: 'submit', class: 'main' }, 'Keep'),
            ),
        );
        const dialog = h(
            'dialog',
            { class: 'card', 'aria-labelledby': 'settings-title', onclose: () => dialog.remove() },
            h('h2', { id: 'settings-title' }, 'Settings of the chat'),
            form,
        );
        document.body.append(dialog);
        dialog.showModal();
        system.focus();
    }
}

export const chat_view = (app) => new Chat(app).element;
