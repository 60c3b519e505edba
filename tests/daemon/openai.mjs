// The OpenAI dialect, spoken by OpenAI's own client.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, load, model, serve, until } from './lib.mjs';

const OpenAI = load('openai');
const { zodResponseFormat } = load('openai/helpers/zod');
const { z } = load('zod');
const models = ['tiny', 'chat', 'wide', 'fim', 'thinking'];
const service = await serve({ models: models.map(model), args: ['--parallel', '2'] });
const options = { apiKey: service.token, baseURL: `${service.url}/v1`, maxRetries: 0 };
const client = new OpenAI(options);
const messages = [{ role: 'user', content: 'Once upon a time' }];
const chat = (more) => client.chat.completions.create({ model: 'tiny', messages, ...more });
const weather = {
    type: 'function',
    function: {
        name: 'weather',
        description: 'The weather of a place.',
        parameters: {
            type: 'object',
            properties: { place: { enum: ['here', 'there'] }, days: { enum: [1, 2, 3] } },
            required: ['place', 'days'],
            additionalProperties: false,
        },
    },
};

async function gather(stream) {
    const all = { text: '', thinking: '', chunks: [] };
    for await (const chunk of stream) {
        all.chunks.push(chunk);
        all.text += chunk.choices[0]?.delta.content ?? '';
        all.thinking += chunk.choices[0]?.delta.reasoning_content ?? '';
    }
    return all;
}

test('an answer at once', async () => {
    const a = await chat({ max_tokens: 8, temperature: 0 });
    assert.equal(a.object, 'chat.completion');
    assert.match(a.id, /^chatcmpl-[0-9A-Za-z]{24}$/);
    assert.match(a.system_fingerprint, /^fp_[0-9a-f]{12}$/);
    assert.equal(a.choices[0].message.role, 'assistant');
    assert.equal(a.choices[0].finish_reason, 'length');
    assert.equal(a.choices[0].logprobs, null);
    assert.equal(a.usage.completion_tokens, 8);
    assert.equal(a.usage.total_tokens, a.usage.prompt_tokens + 8);
    assert.match(a._request_id, /^req_/);
});

test('a stream says the same, then its usage', async () => {
    const more = { max_tokens: 40, temperature: 0 };
    const whole = await chat(more);
    const stream = await chat({ ...more, stream: true, stream_options: { include_usage: true } });
    const all = await gather(stream);
    assert.equal(all.text, whole.choices[0].message.content);
    assert.deepEqual(all.chunks[0].choices[0].delta, { role: 'assistant', content: '' });
    const [last, usage] = all.chunks.slice(-2);
    assert.equal(last.choices[0].finish_reason, 'length');
    assert.deepEqual(last.choices[0].delta, {});
    assert.deepEqual(usage.choices, []);
    assert.equal(usage.usage.completion_tokens, whole.usage.completion_tokens);
    assert.equal(new Set(all.chunks.map((c) => c.id)).size, 1);
});

test('without include_usage there is none', async () => {
    const all = await gather(await chat({ max_tokens: 3, temperature: 0, stream: true }));
    assert.equal(all.chunks.at(-1).choices[0].finish_reason, 'length');
    assert.ok(all.chunks.every((c) => c.usage === undefined));
});

test('the same seed says the same, another one does not', async () => {
    const say = async (seed) =>
        (await chat({ max_tokens: 24, temperature: 1, seed })).choices[0].message.content;
    const [a, b, c] = [await say(7), await say(7), await say(8)];
    assert.equal(a, b);
    assert.notEqual(a, c);
});

test('n choices have the seeds that follow', async () => {
    const more = { max_tokens: 16, temperature: 1, n: 3 };
    const a = await chat({ ...more, seed: 7 });
    assert.deepEqual(a.choices.map((c) => c.index), [0, 1, 2]);
    assert.equal(a.usage.completion_tokens, 48);
    const second = await chat({ ...more, n: 1, seed: 8 });
    assert.equal(a.choices[1].message.content, second.choices[0].message.content);
    const texts = ['', '', ''];
    const finished = [];
    for await (const { choices } of await chat({ ...more, seed: 7, stream: true })) {
        texts[choices[0].index] += choices[0].delta.content ?? '';
        if (choices[0].finish_reason) finished.push(choices[0].index);
    }
    assert.deepEqual(texts, a.choices.map((c) => c.message.content));
    assert.deepEqual(finished.sort(), [0, 1, 2]);
});

test('stop strings end an answer and are not part of it', async () => {
    const whole = (await chat({ max_tokens: 40, temperature: 0 })).choices[0].message.content;
    const stop = whole.slice(10, 13);
    const a = await chat({ max_tokens: 40, temperature: 0, stop });
    assert.equal(a.choices[0].finish_reason, 'stop');
    assert.equal(a.choices[0].message.content, whole.slice(0, whole.indexOf(stop)));
    const b = await chat({ max_tokens: 40, temperature: 0, stop: ['\u0001no', stop] });
    assert.equal(b.choices[0].message.content, a.choices[0].message.content);
});

test('log-probabilities are those of the words', async () => {
    const more = { max_tokens: 12, temperature: 0, logprobs: true, top_logprobs: 3 };
    const a = await chat(more);
    const { content } = a.choices[0].logprobs;
    assert.equal(content.length, 12);
    assert.ok(content.every((t) => t.top_logprobs.length === 3 && t.logprob <= 0));
    assert.ok(content.every((t) => t.logprob === t.top_logprobs[0].logprob));
    const bytes = Buffer.from(content.flatMap((t) => t.bytes));
    assert.equal(bytes.toString(), a.choices[0].message.content);
    const told = [];
    for await (const { choices } of await chat({ ...more, stream: true })) {
        told.push(...(choices[0].logprobs?.content ?? []));
    }
    assert.deepEqual(told, content);
});

test('a stop string that does not come takes no token from them', async () => {
    const more = { max_tokens: 12, temperature: 0, logprobs: true };
    const whole = (await chat(more)).choices[0];
    const { content } = whole.message;
    for (const n of [1, 2, 3, 6, 9]) {
        const stop = `${content.slice(0, n)}\u0001`;
        const [choice] = (await chat({ ...more, stop })).choices;
        assert.deepEqual(choice.logprobs, whole.logprobs, stop);
        const told = [];
        for await (const { choices } of await chat({ ...more, stop, stream: true })) {
            told.push(...(choices[0].logprobs?.content ?? []));
        }
        assert.deepEqual(told, whole.logprobs.content, stop);
    }
});

test('they are those of the text, with bytes that are no character, without control tokens', async () => {
    const more = { logprobs: true, reasoning_effort: 'none', top_k: 0, top_p: 1, min_p: 0 };
    const wild = { max_tokens: 24, temperature: 2 };
    const long = { max_tokens: 200, temperature: 1 }; // with markers that mark nothing where they stand
    for (const [name, how] of [['chat', wild], ['wide', wild], ['fim', wild], ['thinking', long]]) {
        for (let seed = 1; seed <= 12; seed++) {
            const a = await chat({ ...more, ...how, model: name, seed });
            const [{ logprobs, message }] = a.choices;
            const bytes = Buffer.from(logprobs.content.flatMap((t) => t.bytes));
            assert.equal(bytes.toString().trim(), message.content.trim(), `${name}, seed ${seed}`);
        }
    }
});

test('a bias forbids a token, another one makes it certain', async () => {
    const more = { max_tokens: 6, temperature: 0, logprobs: true };
    const tokens = (a) => a.choices[0].logprobs.content.map((t) => t.token);
    const first = tokens(await chat(more))[0];
    const { tokens: plain } = await client.completions
        .create({ model: 'tiny', prompt: 'a', max_tokens: 1, logprobs: 0 })
        .then((a) => a.choices[0].logprobs);
    assert.equal(plain.length, 1);
    const certain = await chat({ ...more, logit_bias: { 300: 100 } });
    assert.equal(new Set(tokens(certain)).size, 1);
    assert.notEqual(tokens(certain)[0], first);
    const forbidden = await chat({ ...more, logit_bias: { 300: -100 } });
    assert.ok(!tokens(forbidden).includes(tokens(certain)[0]));
    assert.equal(certain.choices[0].finish_reason, 'length');
});

test('thinking stands by itself, and can be off or short', async () => {
    const say = (more) => chat({ model: 'chat', max_tokens: 60, temperature: 1, seed: 3, ...more });
    const off = await say({ reasoning_effort: 'none' });
    assert.equal(off.choices[0].message.reasoning_content, undefined);
    assert.equal(off.usage.completion_tokens_details.reasoning_tokens, 0);
    const also_off = await say({ chat_template_kwargs: { enable_thinking: false } });
    assert.equal(also_off.choices[0].message.content, off.choices[0].message.content);
});

test('a call of a tool, and the answer to its result', async () => {
    const more = { model: 'wide', tools: [weather], tool_choice: 'required', max_tokens: 1500 };
    const a = await chat({ ...more, parallel_tool_calls: false, seed: 1 });
    const [choice] = a.choices;
    assert.equal(choice.finish_reason, 'tool_calls');
    assert.equal(choice.message.content, null);
    assert.equal(choice.message.tool_calls.length, 1);
    const [call] = choice.message.tool_calls;
    assert.equal(call.type, 'function');
    assert.equal(call.function.name, 'weather');
    const args = JSON.parse(call.function.arguments);
    assert.ok(['here', 'there'].includes(args.place) && [1, 2, 3].includes(args.days));
    const result = { role: 'tool', tool_call_id: call.id, content: '{"sky":"blue"}' };
    const b = await chat({
        ...more,
        tool_choice: 'none',
        max_tokens: 5,
        messages: [...messages, choice.message, result],
    });
    assert.equal(b.choices[0].message.tool_calls, undefined);
    const none = await chat({ ...more, tools: undefined }).catch((e) => e);
    assert.ok(none instanceof OpenAI.BadRequestError);
});

test('a streamed call: its name first, its arguments in pieces', async () => {
    const tool_choice = { type: 'function', function: { name: 'weather' } };
    const stream = client.chat.completions.stream({
        model: 'wide',
        messages,
        tools: [weather],
        tool_choice,
        parallel_tool_calls: false,
        max_tokens: 1500,
    });
    const deltas = [];
    stream.on('chunk', (c) => deltas.push(...(c.choices[0]?.delta.tool_calls ?? [])));
    const final = await stream.finalChatCompletion();
    assert.equal(final.choices[0].finish_reason, 'tool_calls');
    assert.equal(deltas[0].index, 0);
    assert.equal(deltas[0].type, 'function');
    assert.equal(deltas[0].function.name, 'weather');
    assert.equal(deltas[0].function.arguments, '');
    assert.ok(deltas.slice(1).every((d) => d.index === 0 && d.id === undefined));
    const text = deltas.map((d) => d.function.arguments).join('');
    assert.equal(text, final.choices[0].message.tool_calls[0].function.arguments);
    JSON.parse(text);
});

test('an answer in the form of a schema', async () => {
    const Answer = z.object({ mood: z.enum(['good', 'bad']), sure: z.boolean() });
    const a = await client.chat.completions.parse({
        model: 'wide',
        messages,
        response_format: zodResponseFormat(Answer, 'answer'),
        max_tokens: 1500,
    });
    Answer.parse(a.choices[0].message.parsed);
    const b = await chat({ response_format: { type: 'json_object' }, max_tokens: 20 });
    assert.equal(typeof JSON.parse(b.choices[0].message.content), 'object');
});

test('a grammar holds as well', async () => {
    const a = await chat({ grammar: 'root ::= "yes" | "no"', max_tokens: 10 });
    assert.match(a.choices[0].message.content, /^(yes|no)$/);
    assert.equal(a.choices[0].finish_reason, 'stop');
});

test('a schema that is not supported is refused with its place', async () => {
    const schema = { type: 'object', properties: { a: { pattern: '(a)\\1' } } };
    const response_format = { type: 'json_schema', json_schema: { name: 'x', schema } };
    const failed = await chat({ response_format, stream: true }).catch((e) => e);
    assert.ok(failed instanceof OpenAI.BadRequestError);
    assert.match(failed.message, /\/properties\/a/);
});

test('an answer that was cut does not parse', async () => {
    const Answer = z.object({ words: z.string() });
    const parse = client.chat.completions.parse({
        model: 'tiny',
        messages,
        response_format: zodResponseFormat(Answer, 'answer'),
        max_tokens: 4,
    });
    await assert.rejects(parse, OpenAI.LengthFinishReasonError);
});

test('who goes away stops the model', async () => {
    const streams = [1, 2, 3, 4].map(() => chat({ stream: true, temperature: 1 }));
    for (const stream of await Promise.all(streams.slice(0, 2))) {
        for await (const chunk of stream) {
            if (chunk.choices[0].delta.content) break; /* which closes the connection */
        }
    }
    for (const stream of await Promise.all(streams.slice(2))) stream.controller.abort();
    const a = await chat({ max_tokens: 2, temperature: 0 });
    assert.equal(a.usage.completion_tokens, 2);
});

test('errors have names', async () => {
    const fails = async (what, kind, status, look) => {
        const e = await what.then(() => assert.fail('no error'), (error) => error);
        assert.ok(e instanceof kind, `${e}`);
        assert.equal(e.status, status);
        look(e);
        return e;
    };
    await fails(chat({ model: 'none' }), OpenAI.NotFoundError, 404, (e) => {
        assert.equal(e.code, 'model_not_found');
        assert.equal(e.type, 'not_found_error');
        assert.equal(e.param, 'model');
    });
    await fails(chat({ temperature: 3 }), OpenAI.BadRequestError, 400, (e) => {
        assert.equal(e.param, 'temperature');
        assert.equal(e.type, 'invalid_request_error');
        assert.match(e.requestID, /^req_/);
    });
    const long = 'many words '.repeat(20000);
    const too_long = chat({ messages: [{ role: 'user', content: long }], stream: true });
    await fails(too_long, OpenAI.BadRequestError, 400, (e) => {
        assert.equal(e.code, 'context_length_exceeded');
        assert.equal(e.param, 'messages');
    });
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } };
    const seen = chat({ messages: [{ role: 'user', content: [image] }] });
    await fails(seen, OpenAI.BadRequestError, 400, (e) => assert.match(e.message, /image_url/));
});

test('who shows no token is told so', async () => {
    const stranger = new OpenAI({ ...options, apiKey: 'none' });
    const e = await stranger.models.list().catch((error) => error);
    assert.ok(e instanceof OpenAI.AuthenticationError);
    assert.equal(e.code, 'invalid_api_key');
});

test('parts of text are one text; a developer is a system', async () => {
    const more = { max_tokens: 12, temperature: 0 };
    const parts = ['Once upon', 'a time'].map((text) => ({ type: 'text', text }));
    const ask_as = async (role, content) => {
        const all = [{ role, content: 'Be kind.' }, { role: 'user', content }];
        return (await chat({ ...more, messages: all })).choices[0].message.content;
    };
    const joined = await ask_as('developer', 'Once upon\na time');
    assert.equal(await ask_as('system', parts), joined);
});

test('models are listed, and found by a name with a slash', async () => {
    const ids = [];
    for await (const m of client.models.list()) ids.push(m.id);
    assert.deepEqual(ids, models);
    const m = await client.models.retrieve('tiny');
    assert.equal(m.object, 'model');
    assert.ok(m.created > 0);
    assert.equal(m.owned_by, 'ingle');
    await assert.rejects(client.models.retrieve('org/none:latest'), OpenAI.NotFoundError);
    assert.equal((await ask(service, '/v1/models/org/none')).status, 404);
});

test('a text is continued, with choices in order', async () => {
    const more = { model: 'tiny', temperature: 0 };
    const a = await client.completions.create({ ...more, prompt: 'Once' });
    assert.equal(a.object, 'text_completion');
    assert.equal(a.usage.completion_tokens, 16);
    const b = await client.completions.create({
        ...more,
        prompt: ['Once', 'Two'],
        n: 2,
        best_of: 2,
        echo: true,
    });
    assert.deepEqual(b.choices.map((c) => c.index), [0, 1, 2, 3]);
    assert.equal(b.choices[0].text, `Once${a.choices[0].text}`);
    assert.equal(b.choices[1].text, b.choices[0].text);
    assert.ok(b.choices[2].text.startsWith('Two'));
    let text = '';
    for await (const chunk of await client.completions.create({
        ...more,
        prompt: 'Once',
        echo: true,
        stream: true,
    })) {
        text += chunk.choices[0].text;
    }
    assert.equal(text, b.choices[0].text);
});

test('tokens are a prompt as well, and a text between two texts is filled in', async () => {
    const more = { temperature: 0, max_tokens: 8 };
    const byText = await client.completions.create({ ...more, model: 'tiny', prompt: 'Once' });
    const { json } = await ask(service, '/tokenize', { content: 'Once', add_special: true });
    const byIds = await client.completions.create({ ...more, model: 'tiny', prompt: json.tokens });
    assert.equal(byIds.choices[0].text, byText.choices[0].text);
    const both = [json.tokens, [261]];
    const two = await client.completions.create({ ...more, model: 'tiny', prompt: both });
    assert.equal(two.choices.length, 2);
    assert.equal(two.choices[0].text, byText.choices[0].text);
    const fill = { ...more, prompt: 'int main() {', suffix: '}' };
    const middle = await client.completions.create({ ...fill, model: 'fim' });
    assert.equal(middle.usage.completion_tokens, 8);
    const none = await client.completions.create({ ...fill, model: 'tiny' }).catch((e) => e);
    assert.ok(none instanceof OpenAI.BadRequestError, `${none}`);
});

test('log-probabilities in the old shape', async () => {
    const more = { model: 'tiny', temperature: 0, prompt: 'Once', max_tokens: 6, logprobs: 2 };
    const [choice] = (await client.completions.create(more)).choices;
    const { tokens, token_logprobs, top_logprobs, text_offset } = choice.logprobs;
    assert.equal(tokens.length, 6);
    assert.equal(token_logprobs.length, 6);
    assert.equal(text_offset[0], 0);
    assert.ok(top_logprobs.every((t) => Object.keys(t).length <= 2));
    assert.equal(tokens[0] in top_logprobs[0], true);
    for (const logprobs of [0, 1]) {
        const a = await client.completions.create({ ...more, temperature: 2, top_k: 0, seed: 1, logprobs });
        const drawn = a.choices[0].logprobs;
        drawn.tokens.forEach((token, i) => {
            assert.equal(drawn.top_logprobs[i][token], drawn.token_logprobs[i], 'the drawn one is there');
            assert.ok(Object.keys(drawn.top_logprobs[i]).length <= logprobs + 1);
        });
    }
    const told = [];
    for await (const chunk of await client.completions.create({ ...more, stream: true })) {
        told.push(...(chunk.choices[0].logprobs?.text_offset ?? []));
    }
    assert.deepEqual(told, text_offset);
});

test('embeddings: base64, which is the default, and numbers are the same', async () => {
    const input = ['Once upon a time', 'there was', 'Once upon a time'];
    const more = { model: 'tiny', input };
    const a = await client.embeddings.create(more); /* the client asks for base64 and decodes it */
    const b = await client.embeddings.create({ ...more, encoding_format: 'float' });
    assert.deepEqual(a.data.map((d) => d.index), [0, 1, 2]);
    for (const [i, { embedding }] of a.data.entries()) {
        assert.deepEqual(Array.from(embedding), b.data[i].embedding.map(Math.fround));
        const length = Math.hypot(...embedding);
        assert.ok(Math.abs(length - 1) < 1e-5, `${length}`);
    }
    assert.deepEqual(a.data[0].embedding, a.data[2].embedding);
    assert.notDeepEqual(a.data[0].embedding, a.data[1].embedding);
    assert.equal(a.usage.total_tokens, a.usage.prompt_tokens);
    const raw = await ask(service, '/v1/embeddings', { ...more, encoding_format: 'base64' });
    const bytes = Buffer.from(raw.json.data[1].embedding, 'base64');
    assert.equal(bytes.length, 4 * a.data[1].embedding.length);
    assert.equal(bytes.readFloatLE(4), Math.fround(a.data[1].embedding[1]));
});

test('embeddings of tokens, of fewer dimensions, of too much', async () => {
    const more = { model: 'tiny', encoding_format: 'float' };
    const one = await client.embeddings.create({ ...more, input: [260, 261, 262] });
    const two = await client.embeddings.create({ ...more, input: [[260, 261, 262], [261]] });
    assert.equal(one.data.length, 1);
    assert.deepEqual(one.data[0].embedding, two.data[0].embedding);
    assert.equal(two.usage.prompt_tokens, 4);
    const short = await client.embeddings.create({ ...more, input: 'a b', dimensions: 8 });
    assert.equal(short.data[0].embedding.length, 8);
    assert.ok(Math.abs(Math.hypot(...short.data[0].embedding) - 1) < 1e-5);
    const fails = async (wrong, param) => {
        const e = await client.embeddings.create({ ...more, ...wrong }).catch((x) => x);
        assert.ok(e instanceof OpenAI.BadRequestError, `${e}`);
        assert.equal(e.param, param);
    };
    await fails({ input: 'a', dimensions: 100000 }, 'dimensions');
    await fails({ input: 'many words '.repeat(5000) }, 'input');
    await fails({ input: [] }, 'input');
    await fails({ input: ['a', 5] }, 'input');
});

test('many at once are refused with a time to come back', async () => {
    /* Each of its answers takes seconds, however late the last of them asks. */
    const own = await serve({ models: [model('lasting')], args: ['-c', '16384', '--memory', '400', '--parallel', '2'] });
    const busy = new OpenAI({ ...options, apiKey: own.token, baseURL: `${own.url}/v1` });
    const say = (more, signal) => busy.chat.completions.create({ model: 'lasting', messages, ...more }, { signal });
    const stop = new AbortController();
    const one = (signal) => say({ max_tokens: 9000, n: 2 }, signal).catch((e) => e);
    const many = Array.from({ length: 90 }, () => one(AbortSignal.any([stop.signal])));
    const refused = await Promise.any(
        many.map(async (answer) => {
            const e = await answer;
            if (e instanceof OpenAI.RateLimitError) return e;
            throw e;
        }),
    );
    assert.equal(refused.code, 'rate_limit_exceeded');
    assert.ok(Number(refused.headers.get('retry-after')) >= 1);
    stop.abort();
    await Promise.all(many);
    await until(() => say({ max_tokens: 1 }).catch(() => false));
});
