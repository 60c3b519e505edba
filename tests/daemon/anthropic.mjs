// Anthropic's dialect, spoken by Anthropic's own client, and its events as they are on the wire.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check_anthropic, events } from './events.mjs';
import { ask, kill_workers, load, model, serve, until } from './lib.mjs';

const Anthropic = load('@anthropic-ai/sdk');
const service = await serve({ models: [model('tiny'), model('chat')], args: ['--parallel', '1'] });
const { url } = service;
const client = new Anthropic({ apiKey: service.token, baseURL: url, maxRetries: 0 });
const messages = [{ role: 'user', content: 'Once upon a time' }];
const pick = {
    name: 'pick',
    description: 'Picks a side.',
    input_schema: {
        type: 'object',
        properties: { side: { enum: ['left', 'right'] }, all: { type: 'boolean' } },
        required: ['side', 'all'],
        additionalProperties: false,
    },
};
const stop_tool = { name: 'stop', input_schema: { type: 'object', additionalProperties: false } };
const is_pick = (input) =>
    ['left', 'right'].includes(input.side) &&
    typeof input.all === 'boolean' &&
    Object.keys(input).length === 2;
/* Without chance: a model of random weights may end at once, or call until it is cut. */
const call = { model: 'chat', max_tokens: 200, messages, tools: [pick], temperature: 0 };

test('an answer at once', async () => {
    const { data: a, response } = await client.messages
        .create({ model: 'tiny', max_tokens: 8, messages, temperature: 0 })
        .withResponse();
    assert.equal(a.type, 'message');
    assert.equal(a.role, 'assistant');
    assert.equal(a.model, 'tiny');
    assert.match(a.id, /^msg_/);
    assert.equal(a.content[0].type, 'text');
    assert.equal(a.stop_reason, 'max_tokens');
    assert.equal(a.stop_sequence, null);
    assert.equal(a.usage.output_tokens, 8);
    assert.ok(a.usage.input_tokens + a.usage.cache_read_input_tokens > 0);
    assert.match(response.headers.get('request-id'), /^req_/);
    assert.equal(a._request_id, response.headers.get('request-id'));
});

test('a stream is the same answer', async () => {
    const body = { model: 'chat', max_tokens: 24, messages, temperature: 0, system: 'Be brief.' };
    const whole = await client.messages.create(body);
    const streamed = await client.messages.stream(body).finalMessage();
    assert.deepEqual(streamed.content, whole.content);
    assert.equal(streamed.stop_reason, whole.stop_reason);
    assert.equal(streamed.usage.output_tokens, whole.usage.output_tokens);
});

test('the order of the events of a text', async () => {
    const body = { model: 'chat', max_tokens: 12, messages, temperature: 0 };
    const got = check_anthropic(await events(service, '/v1/messages', body));
    assert.deepEqual(got.blocks.map((b) => b.type), ['text']);
    assert.deepEqual(got.delta, { stop_reason: 'max_tokens', stop_sequence: null });
    assert.equal(got.usage.output_tokens, 12);
    assert.ok(got.usage.input_tokens + got.usage.cache_read_input_tokens > 0);
    assert.deepEqual(got.message.usage, { ...got.usage, output_tokens: 0 });
});

test('a tool is called, and its result comes back', async () => {
    const a = await client.messages.create({ ...call, tool_choice: { type: 'any' } });
    const uses = a.content.filter((b) => b.type === 'tool_use');
    assert.ok(uses.length > 0);
    for (const use of uses) {
        assert.match(use.id, /^toolu_/);
        assert.equal(use.name, 'pick');
        assert.ok(is_pick(use.input), JSON.stringify(use.input));
    }
    const next = await client.messages.create({
        ...call,
        max_tokens: 8,
        tool_choice: { type: 'none' },
        messages: [
            ...messages,
            { role: 'assistant', content: a.content },
            {
                role: 'user',
                content: [
                    ...uses.map((use, i) => ({
                        type: 'tool_result',
                        tool_use_id: use.id,
                        is_error: i === 0,
                        content: [{ type: 'text', text: 'It is broken.' }],
                    })),
                    { type: 'text', text: 'And now?' },
                ],
            },
        ],
    });
    assert.ok(next.content.every((b) => b.type === 'text'));
    assert.ok(next.usage.output_tokens > 0);
});

test('the tool that was named, once', async () => {
    const a = await client.messages.create({
        ...call,
        tools: [pick, stop_tool],
        tool_choice: { type: 'tool', name: 'stop', disable_parallel_tool_use: true },
    });
    assert.deepEqual(
        a.content.filter((b) => b.type === 'tool_use').map((b) => [b.name, b.input]),
        [['stop', {}]],
    );
    assert.equal(a.stop_reason, 'tool_use');
});

/* Its tools run, and each turn has the whole conversation: the client would rather have it kept here. */
test('the client runs its tools by itself', async () => {
    for (const stream of [false, true]) {
        const ran = [];
        const runner = client.beta.messages.toolRunner({
            ...call,
            stream,
            tool_choice: { type: 'any', disable_parallel_tool_use: true },
            max_iterations: 3,
            tools: [{ ...pick, run: (input) => `picked ${ran.push(input)}`, parse: (input) => input }],
        });
        const sizes = [];
        for await (const turn of runner) {
            const { usage } = stream ? await turn.finalMessage() : turn;
            sizes.push(usage.input_tokens + usage.cache_read_input_tokens);
        }
        assert.equal(sizes.length, 3);
        assert.ok(sizes[0] < sizes[1] && sizes[1] < sizes[2], String(sizes));
        assert.ok(ran.length >= 2 && ran.every(is_pick));
    }
});

test('the order of the events of a call', async () => {
    const body = { ...call, tool_choice: { type: 'tool', name: 'pick' } };
    const got = check_anthropic(await events(service, '/v1/messages', body));
    const uses = got.blocks.filter((b) => b.type === 'tool_use');
    assert.ok(uses.length > 0);
    for (const use of uses) {
        assert.deepEqual(use.input, {});
        assert.ok(is_pick(JSON.parse(use.told)), use.told);
    }
    const final = await client.messages.stream(body).finalMessage();
    assert.ok(is_pick(final.content.find((b) => b.type === 'tool_use').input));
});

test('thinking has a budget, a signature, and a way back', async () => {
    const thinking = { type: 'enabled', budget_tokens: 6 };
    const body = { model: 'chat', max_tokens: 16, messages, thinking, temperature: 0 };
    const got = check_anthropic(await events(service, '/v1/messages', body));
    assert.deepEqual(got.blocks.map((b) => b.type), ['thinking', 'text']);
    assert.ok(got.blocks[0].told.length > 0);
    const final = await client.messages.stream(body).finalMessage();
    assert.equal(final.content[0].type, 'thinking');
    assert.ok(final.content[0].signature.length > 0);
    const next = await client.messages.create({
        ...body,
        messages: [
            ...messages,
            { role: 'assistant', content: final.content },
            { role: 'user', content: 'Go on.' },
        ],
    });
    assert.equal(next.content[0].type, 'thinking');
});

test('who does not ask for thinking gets none', async () => {
    for (const thinking of [undefined, { type: 'disabled' }]) {
        const a = await client.messages.create({ model: 'chat', max_tokens: 8, messages, thinking });
        assert.ok(a.content.every((b) => b.type === 'text'));
    }
});

test('thinking that is not to be shown', async () => {
    const thinking = { type: 'enabled', budget_tokens: 6, display: 'omitted' };
    const body = { model: 'chat', max_tokens: 16, messages, thinking, temperature: 0 };
    const { blocks } = check_anthropic(await events(service, '/v1/messages', body));
    assert.equal(blocks[0].type, 'thinking');
    assert.equal(blocks[0].told, '');
    const a = await client.messages.create(body);
    assert.equal(a.content[0].thinking, '');
    assert.ok(a.content[0].signature);
});

test('a stop sequence ends the answer, and is named', async () => {
    const body = { model: 'tiny', max_tokens: 64, messages, temperature: 0 };
    const text = (await client.messages.create(body)).content[0].text;
    const end = text.slice(8, 12);
    const a = await client.messages.create({ ...body, stop_sequences: ['never said', end] });
    assert.equal(a.stop_reason, 'stop_sequence');
    assert.equal(a.stop_sequence, end);
    assert.equal(a.content[0].text, text.slice(0, text.indexOf(end)));
});

test('structured output is what its schema says', async () => {
    const a = await client.messages.create({
        model: 'chat',
        max_tokens: 100,
        messages,
        output_config: { format: { type: 'json_schema', schema: pick.input_schema } },
    });
    assert.ok(is_pick(JSON.parse(a.content[0].text)), a.content[0].text);
});

test('tokens are counted as they are used', async () => {
    const conversation = {
        model: 'chat',
        system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
        messages: [
            {
                role: 'user',
                content: [
                    {
                        type: 'document',
                        title: 'A letter',
                        source: { type: 'text', media_type: 'text/plain', data: 'Dear reader.' },
                    },
                    { type: 'text', text: 'What is it?' },
                ],
            },
        ],
    };
    const { input_tokens } = await client.messages.countTokens(conversation);
    const a = await client.messages.create({ ...conversation, max_tokens: 1 });
    assert.equal(a.usage.input_tokens + a.usage.cache_read_input_tokens, input_tokens);
});

test('who hangs up frees the only place there is', async () => {
    const stream = client.messages.stream({ model: 'chat', max_tokens: 4000, messages });
    await new Promise((go) => stream.once('streamEvent', go));
    stream.abort();
    await assert.rejects(stream.finalMessage(), Anthropic.APIUserAbortError);
    const a = await client.messages.create(
        { model: 'chat', max_tokens: 1, messages, temperature: 0 },
        { timeout: 30000 },
    );
    assert.equal(a.usage.output_tokens, 1);
});

test('a stream that fails says so', async () => {
    const own = await serve({ models: [model('lasting')], args: ['-c', '16384', '--memory', '400'] });
    const body = { max_tokens: 9000, messages, temperature: 0 };
    const list = await events(own, '/v1/messages', body, (data) => {
        if (data.type === 'content_block_start') kill_workers(own);
        return false;
    });
    const { failed } = check_anthropic(list);
    assert.equal(failed.type, 'api_error');
});

test('errors have the form of this API', async () => {
    await assert.rejects(
        client.messages.create({ model: 'gone', max_tokens: 1, messages }),
        (e) => e instanceof Anthropic.NotFoundError && e.error.error.type === 'not_found_error',
    );
    const rows = [
        [405, await ask(service, '/v1/messages'), 'invalid_request_error'],
        [404, await ask(service, '/v1/messages/batches', {}), 'not_found_error'],
        [400, await ask(service, '/v1/messages', '{"max_tokens":'), 'invalid_request_error'],
        [
            415,
            await ask(service, '/v1/messages', '{}', { headers: { 'content-type': 'text/plain' } }),
            'invalid_request_error',
        ],
        [413, await ask(service, '/v1/messages', ' '.repeat(9 << 20)), 'request_too_large'],
    ];
    for (const [status, got, type] of rows) {
        assert.equal(got.status, status, got.text);
        assert.equal(got.json.type, 'error', got.text);
        assert.equal(got.json.error.type, type, got.text);
        assert.ok(got.json.error.message.length > 0);
    }
    await assert.rejects(
        client.messages.create({ model: 'tiny', max_tokens: 1, messages: [
            { role: 'user', content: 'word '.repeat(4000) },
        ] }),
        Anthropic.BadRequestError,
    );
});

test('the token is taken from either header', async () => {
    const own = await serve({ models: [model('tiny')] });
    const body = { max_tokens: 1, messages, temperature: 0 };
    const none = await ask({ url: own.url, token: 'other' }, '/v1/messages', body);
    assert.equal(none.status, 401);
    assert.equal(none.json.error.type, 'authentication_error');
    for (const auth of [{ apiKey: own.token }, { apiKey: null, authToken: own.token }]) {
        const one = new Anthropic({ baseURL: own.url, maxRetries: 0, ...auth });
        const a = await one.messages.create({ model: 'tiny', ...body });
        assert.equal(a.usage.output_tokens, 1);
    }
});

// What is wrong, and what the sentence names.
const wrong = [
    [{ max_tokens: undefined }, 'max_tokens'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ max_tokens: 1.5 }, 'max_tokens'],
    [{ max_tokens: '8' }, 'max_tokens'],
    [{ model: 7 }, 'model'],
    [{ stream: 'yes' }, 'stream'],
    [{ temperature: -1 }, 'temperature'],
    [{ temperature: 'hot' }, 'temperature'],
    [{ top_p: 2 }, 'top_p'],
    [{ top_k: -1 }, 'top_k'],
    [{ stop_sequences: [''] }, 'stop sequence'],
    [{ stop_sequences: [1] }, 'stop_sequences'],
    [{ stop_sequences: ['a\0b'] }, 'stop_sequences'],
    [{ system: 3 }, 'system'],
    [{ system: [{ type: 'image' }] }, 'system[0]'],
    [{ messages: undefined }, 'messages'],
    [{ messages: [] }, 'messages'],
    [{ messages: 'hello' }, 'messages'],
    [{ messages: ['hello'] }, 'messages[0]'],
    [{ messages: [{ role: 'user' }] }, 'content'],
    [{ messages: [{ role: 'tool', content: 'x' }] }, 'role'],
    [{ messages: [{ role: 'system', content: [{ type: 'tool_result', tool_use_id: 'x' }] }] }, 'tool_result'],
    [{ messages: [{ role: 'system', content: [{ type: 'tool_removal' }] }] }, 'tool_removal'],
    [{ messages: [{ role: 'user', content: 5 }] }, 'content'],
    [{ messages: [{ role: 'user', content: ['x'] }] }, 'content[0]'],
    [{ messages: [{ role: 'user', content: [{ type: 'text' }] }] }, 'text'],
    [{ messages: [{ role: 'user', content: [{ type: 'image', source: {} }] }] }, 'image'],
    [{ messages: [{ role: 'user', content: [{ type: 'tool_use' }] }] }, 'tool_use'],
    [{ messages: [{ role: 'user', content: [{ type: 'document' }] }] }, 'source'],
    [
        {
            messages: [
                {
                    role: 'user',
                    content: [{ type: 'document', source: { type: 'base64', data: 'AA==' } }],
                },
            ],
        },
        'base64',
    ],
    [{ messages: [{ role: 'user', content: [{ type: 'tool_result' }] }] }, 'tool_use_id'],
    [
        {
            messages: [
                { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'x', content: 'y' }] },
            ],
        },
        'tool_call_id',
    ],
    [{ messages: [...messages, { role: 'assistant', content: 'Well' }] }, 'assistant'],
    [{ tools: {} }, 'tools'],
    [{ tools: [3] }, 'tools[0]'],
    [{ tools: [{ name: 'x' }] }, 'input_schema'],
    [{ tools: [{ input_schema: {} }] }, 'name'],
    [{ tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, 'web_search_20250305'],
    [{ tools: [pick, pick] }, 'earlier tool'],
    [{ tools: [{ name: 'x', input_schema: { type: 'object', minProperties: 'x' } }] }, "'x'"],
    [{ tool_choice: { type: 'any' } }, 'tool_choice'],
    [{ tools: [pick], tool_choice: { type: 'some' } }, 'tool_choice'],
    [{ tools: [pick], tool_choice: { type: 'tool' } }, 'name'],
    [{ tools: [pick], tool_choice: { type: 'tool', name: 'other' } }, 'other'],
    [{ tools: [pick], tool_choice: 'auto' }, 'tool_choice'],
    [{ thinking: { type: 'always' } }, 'thinking'],
    [{ thinking: { type: 'enabled', budget_tokens: 0 } }, 'budget_tokens'],
    [{ model: 'tiny', thinking: { type: 'enabled', budget_tokens: 8 } }, 'Thinking'],
    [{ output_config: { format: { type: 'xml' } } }, 'format'],
    [{ output_config: { format: { type: 'json_schema' } } }, 'schema'],
    [{ output_config: { format: { type: 'json_schema', schema: { not: {} } } } }, 'schema'],
    [{ thread: { type: 'create' } }, 'thread'],
    [{ thread: { type: 'continue', previous_message_id: 'msg_1' } }, 'thread'],
    [{ compaction: { type: 'summarize' } }, 'compaction'],
    [{ container: 'c' }, 'container'],
    [{ mcp_servers: [{ type: 'url' }] }, 'mcp_servers'],
];

for (const [fields, name] of wrong) {
    test(`refused by name: ${JSON.stringify(fields).slice(0, 70)}`, async () => {
        const body = { model: 'chat', max_tokens: 8, messages, ...fields };
        for (const stream of [false, true]) {
            const got = await ask(service, '/v1/messages', { stream, ...body });
            assert.equal(got.status, 400, got.text);
            assert.equal(got.json.error.type, 'invalid_request_error');
            assert.ok(got.json.error.message.includes(name), got.json.error.message);
        }
    });
}

test('what nobody knows is nobody’s business, and null is nothing', async () => {
    const got = await ask(service, '/v1/messages', {
        model: null,
        max_tokens: 2,
        messages,
        system: null,
        tools: null,
        thinking: null,
        stop_sequences: null,
        metadata: { user_id: 'me' },
        service_tier: 'auto',
        something_new: [1],
    });
    assert.equal(got.status, 200, got.text);
    assert.equal(got.json.model, 'tiny');
});

test('the service still works', async () => {
    await until(async () => (await ask(service, '/v1/messages', { max_tokens: 1, messages })).status === 200);
});
