// llama.cpp's own dialect, in raw requests: every endpoint, and the command line as the measure.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { open, written } from './hostile.mjs';
import { ask, model, serve, shared, until } from './lib.mjs';

const stories = shared('models/stories260K.gguf');
const has_stories = existsSync(stories);
const { url, folder } = await serve({
    models: [model('tiny'), model('chat'), model('fim'), ...(has_stories ? [stories] : [])],
    args: ['--no-token'],
});

/** One request as it is: body is an object, or text; none: GET. */
async function get(path, body) {
    const text = typeof body === 'object' ? JSON.stringify(body) : body;
    const a = await fetch(url + path, body === undefined ? {} : {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: text,
    });
    const answer = { status: a.status, headers: a.headers, text: await a.text() };
    try {
        answer.json = JSON.parse(answer.text);
    } catch {
        // a stream, metrics
    }
    return answer;
}
const post = get;
const ingle = (...args) =>
    execFileSync(process.env.INGLE, args, {
        env: { ...process.env, XDG_CACHE_HOME: join(folder, 'cli'), XDG_STATE_HOME: join(folder, 'cli') },
    });
const greedy = { temperature: 0, n_predict: 12 };

/** What a field of a /completion answer is, as its type. */
const shape = {
    index: 'number', content: 'string', tokens: 'object', id_slot: 'number', stop: 'boolean',
    model: 'string', tokens_predicted: 'number', tokens_evaluated: 'number',
    generation_settings: 'object', prompt: 'string', has_new_line: 'boolean', truncated: 'boolean',
    stop_type: 'string', stopping_word: 'string', tokens_cached: 'number', timings: 'object',
};
const timings = [
    'cache_n', 'prompt_n', 'prompt_ms', 'prompt_per_token_ms', 'prompt_per_second', 'predicted_n',
    'predicted_ms', 'predicted_per_token_ms', 'predicted_per_second',
];

async function refused(path, body, name, status = 400) {
    const a = await post(path, body);
    assert.equal(a.status, status, `${path} ${JSON.stringify(body)}: ${a.text}`);
    assert.equal(a.json.error.code, status);
    assert.equal(typeof a.json.error.type, 'string');
    if (name) assert.match(a.json.error.message, new RegExp(name), a.text);
}

async function stream(path, body) {
    const a = await post(path, { ...body, stream: true });
    assert.equal(a.status, 200, a.text);
    assert.match(a.headers.get('content-type'), /^text\/event-stream/);
    return a.text
        .split('\n\n')
        .filter((event) => event && !event.startsWith(':'))
        .map((event) => {
            assert.match(event, /^data: \{/);
            return JSON.parse(event.slice(6));
        });
}

// ---- what is there ----

test('health, and what llama.vscode asks first', async () => {
    for (let a, i = 0; (a = await get('/health')).status !== 200; i++) {
        assert.equal(a.status, 503);
        assert.deepEqual(a.json.error, { code: 503, message: 'Loading model', type: 'unavailable_error' });
        assert.ok(i < 3000);
        await new Promise((go) => setTimeout(go, 10));
    }
    for (const path of ['/health', '/v1/health']) {
        const a = await get(path);
        assert.deepEqual([a.status, a.json], [200, { status: 'ok' }]);
    }
    const props = (await get('/props')).json;
    assert.equal(props.model_path, 'tiny.gguf');
    assert.ok(props.default_generation_settings.n_ctx > 0);
    assert.ok(props.default_generation_settings.params.samplers.includes('top_k'));
    assert.equal(props.total_slots, 6);
    assert.equal(props.chat_template, '');
    assert.deepEqual(props.modalities, { vision: false, audio: false });
    assert.match(props.build_info, /^ingle \d+\.\d+\.\d+$/);
    // of another model, whose name may be written in any way that a query has for it
    for (const model of ['fim', '%66%69m', 'fim:latest']) {
        const other = (await get(`/props?x=1&model=${model}`)).json;
        assert.deepEqual([other.model_path, other.model_alias], ['fim.gguf', 'fim']);
        assert.equal((await get(`/slots?model=${model}`)).json.length, 6);
    }
    for (const path of ['/props', '/slots']) {
        for (const name of ['none', '%00fim', '%', '%f', '%ff']) {
            const none = await get(`${path}?model=${name}`);
            assert.equal(none.status, 404, none.text);
            assert.match(none.json.error.message, /not found/);
        }
        assert.equal((await get(`${path}?model=`)).status, 200);
    }
    const warm = await post('/infill', {
        model: 'fim', input_prefix: '', input_suffix: '', prompt: '', n_predict: 0, samplers: [],
        input_extra: [{ filename: 'a.c', text: 'int a;\n' }], response_fields: [''],
    });
    assert.deepEqual([warm.status, warm.json], [200, {}]);
});

test('slots and metrics tell numbers and no words', async () => {
    await post('/completion', { prompt: 'a secret of mine', ...greedy });
    const slots = (await get('/slots')).json;
    assert.equal(slots.length, 6);
    assert.deepEqual(Object.keys(slots[0]), ['id', 'n_ctx', 'speculative', 'is_processing']);
    const metrics = await get('/metrics');
    assert.match(metrics.headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
    const value = (name) => Number(new RegExp(`^llamacpp:${name} (.*)$`, 'm').exec(metrics.text)[1]);
    assert.ok(value('prompt_tokens_total') > 0);
    assert.ok(value('tokens_predicted_total') >= 12);
    assert.ok(value('tokens_predicted_seconds_total') > 0);
    assert.ok(value('n_tokens_max') >= 13);
    assert.equal(value('requests_deferred'), 0);
    assert.ok(value('n_decode_total') >= 12, 'a token a pass, and its prompt');
    assert.ok(value('n_busy_slots_per_decode') >= 1 && value('n_busy_slots_per_decode') <= 6);
    for (const line of metrics.text.trimEnd().split('\n')) {
        assert.match(line, /^(# (HELP|TYPE) )?llamacpp:[a-z_]+ /);
    }
    assert.doesNotMatch(JSON.stringify(slots) + metrics.text, /secret/);
});

test('to be looked at neither loads a model nor keeps it', async () => {
    const s = await serve({ args: ['--keep-alive', '1'] });
    const state = async () => (await ask(s, '/ingle/status')).json.models[0].state;
    assert.equal((await ask(s, '/completion', { prompt: 'a', n_predict: 1 })).status, 200);
    await until(async () => {
        assert.equal((await ask(s, '/metrics')).status, 200);
        return (await state()) === 'unloaded';
    });
    assert.equal((await ask(s, '/metrics')).status, 200);
    assert.equal(await state(), 'unloaded');
});

test('what is no business of a client is refused in words', async () => {
    assert.deepEqual((await get('/lora-adapters')).json, []);
    await refused('/lora-adapters', { id: 0, scale: 1 }, 'LoRA', 501);
    for (const action of ['save', 'restore', 'erase']) {
        await refused(`/slots/0?action=${action}`, { filename: 'x' }, 'slot', 501);
    }
    await refused('/rerank', { query: 'a', documents: ['b'] }, '', 501);
    assert.equal((await get('/completion')).status, 405);
});

// ---- tokens and templates ----

test('tokens are those of the command line', async () => {
    for (const text of ['Hello, world', '', 'é ☃ \u{1F600}\n\tx', '<|fim_prefix|>']) {
        const own = JSON.parse(ingle('tokens', '-m', model('fim'), '--no-bos', '--parse-special', text));
        const a = await post('/tokenize', { model: 'fim', content: text });
        assert.deepEqual(a.json, { tokens: own });
        const pieces = await post('/tokenize', { model: 'fim', content: text, with_pieces: true });
        const bytes = pieces.json.tokens.map(({ piece }) =>
            Buffer.from(typeof piece === 'string' ? piece : Uint8Array.from(piece)));
        assert.equal(Buffer.concat(bytes).toString(), text);
        const back = await post('/detokenize', { model: 'fim', tokens: own });
        assert.deepEqual(back.json, { content: text });
    }
    const plain = await post('/tokenize', { model: 'fim', content: '<|fim_prefix|>', parse_special: false });
    assert.ok(plain.json.tokens.length > 1);
    const mixed = await post('/tokenize', { content: ['ab', 5, 'c'] });
    const [ab, c] = [await post('/tokenize', { content: 'ab' }), await post('/tokenize', { content: 'c' })];
    assert.deepEqual(mixed.json.tokens, [...ab.json.tokens, 5, ...c.json.tokens]);
    assert.deepEqual((await post('/tokenize', {})).json, { tokens: [] });
    if (!has_stories) return;
    const own = JSON.parse(ingle('tokens', '-m', stories, 'ab'));
    const special = await post('/tokenize', { model: 'stories260K', content: 'ab', add_special: true });
    assert.deepEqual(special.json, { tokens: own });
});

test('a template writes what the command line writes', async () => {
    const messages = [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hi <|im_end|>' },
    ];
    const file = join(folder, 'messages.json');
    writeFileSync(file, JSON.stringify(messages));
    const own = ingle('template', '-m', model('chat'), '--messages', file).toString();
    assert.deepEqual((await post('/apply-template', { model: 'chat', messages })).json, { prompt: own });
    const quiet = ingle('template', '-m', model('chat'), '--messages', file, '--var', 'enable_thinking=false',
        '--no-generation-prompt').toString();
    const a = await post('/apply-template', {
        model: 'chat', messages, add_generation_prompt: false, chat_template_kwargs: { enable_thinking: false },
    });
    assert.deepEqual(a.json, { prompt: quiet });
    const parts = (...texts) => [{ role: 'user', content: texts.map((text) => ({ type: 'text', text })) }];
    const of = async (list) => (await post('/apply-template', { model: 'chat', messages: list })).json.prompt;
    assert.equal(await of(parts('Hi', 'there')), await of([{ role: 'user', content: 'Hi\nthere' }]));
    assert.equal(await of(parts()), await of([{ role: 'user', content: '' }]));
    for (const part of [{ type: 'image_url', image_url: { url: 'data:,' } }, { type: 'text' }, 'Hi', { text: 'Hi' }]) {
        await refused('/apply-template', { model: 'chat', messages: [{ role: 'user', content: [part] }] }, 'content\\[0\\]');
    }
    await refused('/apply-template', { model: 'chat' }, "'messages' is missing");
    const none = await post('/apply-template', { messages });
    assert.equal(none.status, 404);
    assert.doesNotMatch(none.text, /\/.*tiny/, 'no path of a model');
});

// ---- /completion ----

test('a whole answer has the fields of llama.cpp, and the text of the command line', async () => {
    const prompt = 'Once upon a time';
    const own = ingle('run', '-m', model('tiny'), '-p', prompt, '-n', '12', '--temp', '0').toString();
    for (const path of ['/completion', '/completions']) {
        const a = (await post(path, { prompt, ...greedy })).json;
        assert.deepEqual(Object.keys(a), Object.keys(shape));
        for (const [key, type] of Object.entries(shape)) assert.equal(typeof a[key], type, key);
        assert.deepEqual(Object.keys(a.timings), timings);
        assert.equal(a.content, own.replace(/\n$/, ''));
        assert.equal(a.prompt, prompt);
        assert.equal(a.model, 'tiny');
        assert.deepEqual([a.stop, a.stop_type, a.stopping_word], [true, 'limit', '']);
        assert.equal(a.tokens_predicted, 12);
        assert.deepEqual(a.tokens, []);
        assert.equal(a.timings.cache_n + a.timings.prompt_n, a.tokens_evaluated);
    }
});

test('a stream says the same, ends with stop and without [DONE]', async () => {
    const body = { prompt: 'Once upon a time', ...greedy, return_tokens: true };
    const whole = (await post('/completion', body)).json;
    const events = await stream('/completion', { ...body, timings_per_token: true });
    const last = events.at(-1);
    assert.deepEqual(events.map((e) => e.stop), [...events.slice(1).map(() => false), true]);
    assert.equal(events.map((e) => e.content).join(''), whole.content);
    assert.equal(last.content, '');
    assert.equal(last.tokens_predicted, 12);
    assert.deepEqual(events.flatMap((e) => e.tokens), whole.tokens.slice(0, events.flatMap((e) => e.tokens).length));
    assert.deepEqual(Object.keys(last), Object.keys(shape));
    assert.deepEqual(Object.keys(events[0].timings), timings.slice(5));
});

test('prompts: tokens, both, objects, several', async () => {
    const { tokens } = (await post('/tokenize', { content: 'Once', add_special: true })).json;
    const text = (await post('/completion', { prompt: 'Once', ...greedy })).json;
    const several = await post('/completion', {
        prompt: ['Once', tokens, { prompt_string: 'Once', multimodal_data: [] }, ['On', tokens.at(-1), 'ce']],
        ...greedy,
        response_fields: ['content', 'index', 'timings/prompt_n', 'no/such', 'prompt'],
    });
    assert.equal(several.json.length, 4);
    assert.deepEqual(several.json.map((a) => a.index), [0, 1, 2, 3]);
    for (const a of several.json) {
        assert.deepEqual(Object.keys(a), ['content', 'index', 'timings/prompt_n', 'prompt']);
    }
    for (const a of several.json.slice(0, 3)) assert.equal(a.content, text.content);
    const mixed = (await post('/completion', { prompt: ['On', 5, 'ce'], ...greedy })).json;
    assert.equal(mixed.index, 0);
    const one = (await post('/completion', { prompt: ['Once'], ...greedy })).json;
    assert.equal(one.content, text.content);
    const streams = await stream('/completion', { prompt: ['Once', 'Twice'], ...greedy });
    for (const index of [0, 1]) {
        assert.equal(streams.filter((e) => e.index === index && e.stop).length, 1);
    }
    await refused('/completion', { prompt: { prompt_string: 'a', multimodal_data: ['AAAA'] } }, 'multimodal_data');
    await refused('/completion', { prompt: Array(65).fill('a') }, 'more than 64');
});

test('why it ended', async () => {
    const all = (await post('/completion', { prompt: 'Once', temperature: 0, n_predict: 24 })).json.content;
    const word = [...all].slice(6, 9).join('');
    const a = (await post('/completion', { prompt: 'Once', temperature: 0, n_predict: 24, stop: ['', '\0'.slice(1), word] })).json;
    assert.deepEqual([a.stop_type, a.stopping_word], ['word', word]);
    assert.ok(all.startsWith(a.content) && !a.content.includes(word));
    const full = (await post('/completion', { prompt: 'Once', ignore_eos: true, temperature: 0 })).json;
    assert.deepEqual([full.stop_type, full.truncated], ['limit', true]);
    const { n_ctx } = (await get('/props')).json.default_generation_settings;
    await post('/completion', { prompt: 'Once upon' + ' a'.repeat(4 * n_ctx), n_predict: 1 }).then((long) => {
        assert.equal(long.status, 400);
        assert.equal(long.json.error.type, 'exceed_context_size_error');
    });
    const fresh = { ...greedy, prompt: 'Warm this one, please' };
    const warm = (await post('/completion', { ...fresh, n_predict: 0 })).json;
    assert.deepEqual([warm.content, warm.tokens_predicted, warm.stop_type], ['', 0, 'limit']);
    assert.ok((await post('/completion', fresh)).json.timings.cache_n > 0, 'it was remembered');
});

test('probabilities and tokens', async () => {
    const a = (await post('/completion', { prompt: 'Once', ...greedy, n_probs: 3, return_tokens: true })).json;
    assert.deepEqual(Object.keys(a), [...Object.keys(shape), 'completion_probabilities']);
    assert.deepEqual(a.completion_probabilities.map((t) => t.id), a.tokens);
    for (const t of a.completion_probabilities) {
        assert.deepEqual(Object.keys(t), ['id', 'token', 'bytes', 'logprob', 'top_logprobs']);
        assert.equal(t.top_logprobs.length, 3);
        assert.equal(t.top_logprobs[0].id, t.id, 'greedy takes the likeliest');
        assert.ok(t.logprob <= 0);
    }
    await refused('/completion', { prompt: 'a', n_probs: 1, post_sampling_probs: true }, 'post_sampling_probs');
});

test('what the text must be', async () => {
    const yes = await post('/completion', { prompt: 'a', grammar: 'root ::= "yes" | "no"', n_predict: 9 });
    assert.match(yes.json.content, /^(yes|no)$/);
    assert.equal(yes.json.stop_type, 'eos');
    const schema = { type: 'object', properties: { a: { type: 'integer', maximum: 9, minimum: 0 } },
        required: ['a'], additionalProperties: false };
    const late = { prompt: 'a', json_schema: schema, t_max_predict_ms: 1, n_predict: 90 };
    for (const body of [{ prompt: 'a', json_schema: schema, n_predict: 60 }, late]) {
        const a = await post('/completion', body);
        assert.equal(typeof JSON.parse(a.json.content).a, 'number', a.text);
    }
    await refused('/completion', { prompt: 'a', grammar: 'root ::= "' });
    await refused('/completion', { prompt: 'a', json_schema: { $dynamicRef: '#x' } });
    await refused('/completion', { prompt: 'a', grammar: 'root ::= "a"', json_schema: {} }, 'grammar');
    await refused('/completion', { prompt: 'a', grammar: 'root ::= "a"', n_indent: 2 }, 'n_indent');
});

test('how tokens are chosen', async () => {
    const content = async (more) => {
        const a = await post('/completion', { prompt: 'Once upon', n_predict: 10, ...more });
        assert.equal(a.status, 200, a.text);
        return a.json.content;
    };
    const plain = await content({ temperature: 0 });
    assert.equal(await content({ seed: 7 }), await content({ seed: 7 }), 'a seed replays');
    const { seed } = (await post('/completion', { prompt: 'a', n_predict: 1 })).json.generation_settings;
    assert.ok(Number.isSafeInteger(seed));
    assert.equal(await content({ top_k: 1 }), plain);
    assert.equal(await content({ samplers: ['top_k'], top_k: 1, temperature: 0.1 }), plain);
    assert.equal(await content({ samplers: ['top_k', 'infill', 'top_n_sigma', 'temp'], top_k: 1 }), plain);
    assert.equal(await content({ temperature: 0, samplers: ['temperature', 'penalties', 'dry', 'xtc'] }), plain,
        'the order of what does nothing is no matter');
    assert.notEqual(await content({ temperature: 0, repeat_penalty: 5 }), plain);
    assert.equal(await content({ temperature: 0, repeat_penalty: 5, samplers: ['temperature'] }), plain);
    for (const off of ['mirostat', 'xtc_probability', 'dynatemp_range', 'top_n_sigma']) {
        assert.equal(await content({ temperature: 0, [off]: 0 }), plain);
        await refused('/completion', { prompt: 'a', [off]: 1 }, off);
    }
    await refused('/completion', { prompt: 'a', min_keep: 2 }, 'min_keep');
    await refused('/completion', { prompt: 'a', lora: [{ id: 0, scale: 1 }] }, 'lora');
    await refused('/completion', { prompt: 'a', samplers: ['top_p', 'top_k'] }, 'order');
    await refused('/completion', { prompt: 'a', samplers: ['tfs_z'] }, 'tfs_z');
});

test('logit_bias in all its shapes', async () => {
    const first = async (logit_bias) => {
        const a = await post('/completion', { prompt: 'Once', n_predict: 1, temperature: 0, return_tokens: true, logit_bias });
        assert.equal(a.status, 200, a.text);
        return a.json.tokens[0];
    };
    const usual = await first([]);
    for (const bias of [[[usual, false]], { [usual]: false }, [[usual, -1000]]]) assert.notEqual(await first(bias), usual);
    assert.equal(await first([[5, 1000]]), 5);
    const { tokens } = (await post('/tokenize', { content: 'zq' })).json;
    for (const bias of [[['zq', 1000]], { zq: 1000 }, [[5, 1], ['zq', 1000]]]) {
        assert.ok(tokens.includes(await first(bias)));
    }
    for (const bad of [5, [5], [[5]], [[5, 'x']], [[-1, 1]], [[1.5, 1]], [[{}, 1]], { 5: true }]) {
        await refused('/completion', { prompt: 'a', n_predict: 1, logit_bias: bad }, 'logit_bias');
    }
    await refused('/completion', { prompt: 'a', n_predict: 1, logit_bias: [[99999999, 1]] }, 'logit_bias');
});

test('n_indent ends at a line that is indented less', async () => {
    const grammarless = { model: 'fim', input_prefix: 'def f():\n    a', input_suffix: '', n_predict: 120, n_indent: 4, seed: 1 };
    for (let seed = 1; seed <= 4; seed++) {
        const a = (await post('/infill', { ...grammarless, seed })).json;
        for (const line of a.content.split('\n').slice(1)) assert.match(line, /^([ \t]{4}|[ \t\r]*$)/);
        const events = await stream('/infill', { ...grammarless, seed });
        assert.equal(events.map((e) => e.content).join(''), a.content);
    }
});

// ---- /embedding ----

test('embeddings are those of the OpenAI dialect, a row each', async () => {
    const input = ['Once upon', 'a time'];
    const { data } = (await post('/v1/embeddings', { model: 'tiny', input })).json;
    for (const path of ['/embedding', '/embeddings']) {
        const a = await post(path, { content: input });
        assert.deepEqual(a.json, data.map(({ index, embedding }) => ({ index, embedding: [embedding] })));
    }
    assert.equal((await post('/embedding', { input: 'a' })).json[0].embedding.length, 1);
    await refused('/embedding', {}, 'content');
    await refused('/embedding', { content: [] }, 'content');
    await refused('/embedding', { content: 'a', embd_normalize: -1 }, 'embd_normalize');
});

// ---- /infill ----

test('infill as llama.vim asks for it', async () => {
    const body = {
        id_slot: 0, input_prefix: 'int main(void) {\n', input_suffix: '}\n', prompt: '    int a',
        input_extra: [{ text: '#define A 5\n', time: 1, filename: 'a.h' }, { text: 'b' }],
        n_predict: 32, stop: [], n_indent: 4, top_k: 40, top_p: 0.9, samplers: ['top_k', 'top_p', 'infill'],
        stream: false, cache_prompt: true, t_max_prompt_ms: 500, t_max_predict_ms: 1000, model: 'fim',
        response_fields: ['content', ...timings.slice(1).map((t) => `timings/${t}`), 'truncated', 'tokens_cached'],
    };
    for (const more of [{}, { t_max_predict_ms: 250 }]) {
        const a = await post('/infill', { ...body, ...more });
        assert.equal(a.status, 200, a.text);
        assert.deepEqual(Object.keys(a.json), body.response_fields);
        assert.match(a.text, /"content":"/, 'llama.vim looks for that');
    }
    await refused('/infill', { ...body, input_prefix: undefined }, 'input_prefix');
    await refused('/infill', { ...body, input_suffix: 5 }, 'input_suffix');
    await refused('/infill', { ...body, prompt: [1, 2] }, 'prompt');
    await refused('/infill', { ...body, input_extra: [{ filename: 'x' }] }, 'input_extra');
    await refused('/infill', { ...body, model: 'tiny' }, 'middle', 501);
    await refused('/infill', { ...body, model: 'none' }, 'none', 404);
});

test('infill as llama.vscode asks for it: three answers', async () => {
    const body = {
        id_slot: 0, input_prefix: 'int main(void) {\n', input_suffix: '\n}\n', prompt: '    int a',
        input_extra: [{ text: '#define A 5\n', time: 1, filename: 'a.h' }], n_predict: 24, n_cmpl: 3, top_k: 40,
        top_p: 0.99, stream: false, samplers: ['top_k', 'top_p', 'infill'], cache_prompt: true, n_indent: 4,
        t_max_prompt_ms: 500, t_max_predict_ms: 60000, model: 'fim',
    };
    let a;
    const n_different = () => new Set(a.json.map((one) => one.content)).size;
    for (let i = 0; i < 5 && (i === 0 || n_different() === 1); i++) { // by chance all may end at once
        a = await post('/infill', body);
        assert.equal(a.status, 200, a.text);
    }
    assert.deepEqual(a.json.map((one) => Object.keys(one)), Array(3).fill(Object.keys(shape)));
    assert.deepEqual(a.json.map((one) => one.index), [0, 1, 2]);
    assert.ok(n_different() > 1, 'they differ');
    const again = await post('/infill', { ...body, n_cmpl: 1, seed: a.json[2].generation_settings.seed });
    assert.equal(again.json.content, a.json[2].content);
    const events = await stream('/infill', { ...body, n_cmpl: 2 });
    for (const index of [0, 1]) assert.equal(events.filter((e) => e.index === index && e.stop).length, 1);
});

test('a prompt has as many answers as n_cmpl says', async () => {
    const seeds = (answers) => answers.map((one) => one.generation_settings.seed);
    const { tokens } = (await post('/tokenize', { content: 'Twice' })).json;
    const body = { prompt: ['Once', tokens], n_cmpl: 2, seed: 7, n_predict: 8, temperature: 1 };
    const a = (await post('/completion', body)).json;
    assert.deepEqual(a.map((one) => [one.index, one.prompt]), [[0, 'Once'], [1, 'Once'], [2, 'Twice'], [3, 'Twice']]);
    assert.deepEqual(seeds(a), [7, 8, 7, 8]);
    const alone = (await post('/completion', { ...body, prompt: 'Once', n_cmpl: 1, seed: 8 })).json;
    assert.equal(alone.content, a[1].content);
    const n = (await post('/completion', { prompt: 'Once', n: 2, ...greedy, response_fields: ['content'] })).json;
    assert.deepEqual(n, [n[0], n[0]]);
    assert.equal((await post('/completion', { prompt: 'Once', n: 2, n_cmpl: 1, ...greedy })).json.index, 0);
    await refused('/completion', { prompt: ['a', 'b'], n_cmpl: 33 }, 'n_cmpl');
    await refused('/completion', { prompt: 'a', n_cmpl: 0 }, 'n_cmpl');
});

// ---- whatever comes ----

test('odd values of every field are answered, and never with a 500', async () => {
    const numbers = ['n_predict', 'max_tokens', 'temperature', 'top_k', 'top_p', 'min_p', 'typical_p', 'repeat_penalty',
        'repeat_last_n', 'presence_penalty', 'frequency_penalty', 'dry_multiplier', 'dry_base', 'dry_allowed_length',
        'dry_penalty_last_n', 'mirostat', 'xtc_probability', 'dynatemp_range', 'top_n_sigma', 'min_keep', 'seed',
        'n_probs', 'id_slot', 't_max_predict_ms', 'n_indent', 'n_cmpl'];
    const others = ['stream', 'stop', 'samplers', 'grammar', 'json_schema', 'logit_bias', 'ignore_eos', 'cache_prompt',
        'return_tokens', 'timings_per_token', 'response_fields', 'lora', 'dry_sequence_breakers', 'prompt', 'model'];
    const values = ['-1', '0', '1.5', '-0.0', '1e308', '-1e308', '1e999', '9007199254740993', '-9223372036854775809',
        '4294967295', 'null', 'true', '"x"', '[]', '[null]', '{}', '{"a":[]}', '[[]]', '""', '"\\u0000"', '[1,"a",null]'];
    const bodies = [...numbers, ...others].flatMap((field) => values.map((value) => [field, value]));
    const one = async ([field, value]) => {
        const rest = field === 'prompt' ? '' : '"prompt":"a",';
        const a = await post('/completion', `{${rest}"n_predict":2,"${field === 'n_predict' ? 'top_k":40,"n_predict' : field}":${value}}`
            .replace('"n_predict":2,"top_k":40,', '').replace(/"n_predict":2,(?="max_tokens")/, ''));
        assert.ok([200, 400, 404].includes(a.status), `${field}: ${value}: ${a.status} ${a.text.slice(0, 200)}`);
        if (a.status >= 400) assert.equal(a.json.error.code, a.status);
    };
    for (let i = 0; i < bodies.length; i += 4) await Promise.all(bodies.slice(i, i + 4).map(one));
    for (const value of values) {
        for (const [path, field] of [['/tokenize', 'content'], ['/detokenize', 'tokens'], ['/apply-template', 'messages'],
            ['/infill', 'input_extra']]) {
            const rest = path === '/infill' ? '"model":"fim","input_prefix":"a","input_suffix":"b","n_predict":1,' : '';
            const a = await post(path, `{${rest}"${field}":${value}}`);
            assert.ok([200, 400, 404].includes(a.status), `${path} ${value}: ${a.status} ${a.text.slice(0, 200)}`);
        }
    }
    assert.equal((await get('/health')).status, 200);
});

test('a stream goes on for a client that has said all it will', async () => {
    const say = [{ role: 'user', content: 'Hi' }];
    const streams = [
        ['/completion', { prompt: 'Once', ...greedy }],
        ['/v1/completions', { model: 'tiny', prompt: 'Once', max_tokens: 5 }],
        ['/v1/chat/completions', { model: 'chat', messages: say, max_tokens: 5 }],
        ['/v1/messages', { model: 'chat', messages: say, max_tokens: 5 }],
        ['/v1/responses', { model: 'chat', input: 'Hi', max_output_tokens: 16 }],
        ['/ingle/tasks/redact', { text: 'Ada Smith was here.' }],
    ];
    for (const [path, body] of streams) {
        const socket = open({ url });
        socket.end(written({ url, token: '' }, path, { ...body, stream: true }));
        await socket.gone;
        assert.match(socket.text(), /^HTTP\/1\.1 200 /, path);
        assert.ok(socket.text().endsWith('\r\n0\r\n\r\n'), `${path}: ${socket.text().slice(-200)}`);
    }
    const socket = open({ url });
    socket.end(written({ url, token: '' }, '/completion', { prompt: 'Once' + ' a'.repeat(20000), stream: true }));
    await socket.gone;
    assert.match(socket.text(), /exceed_context_size_error/, 'a failure is told in it');
});

test('a client that goes away ends its work', async () => {
    const stop = new AbortController();
    const gone = fetch(`${url}/completion`, {
        method: 'POST', signal: stop.signal, headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ prompt: ['a', 'b', 'c'], ignore_eos: true, n_predict: -1, stream: true }),
    }).then(async (a) => {
        const reader = a.body.getReader();
        await reader.read();
        stop.abort();
    });
    await gone.catch(() => {});
    for (let i = 0; ; i++) {
        const slots = (await get('/slots')).json;
        if (!slots.some((s) => s.is_processing)) break;
        assert.ok(i < 1500, 'it goes on');
        await new Promise((go) => setTimeout(go, 20));
    }
});
