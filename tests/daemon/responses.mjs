// OpenAI's Responses API, spoken by OpenAI's own client and the AI SDK's, and its events as they are
// on the wire.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check_responses, events } from './events.mjs';
import { open as connect, written } from './hostile.mjs';
import { ask, kill_workers, load, model, serve, until } from './lib.mjs';

const OpenAI = load('openai');
const { zodTextFormat } = load('openai/helpers/zod');
const { createOpenAI } = load('@ai-sdk/openai');
const { generateObject, generateText, stepCountIs, streamText, tool: make_tool } = load('ai');
const z = load('zod');

const service = await serve({ models: ['tiny', 'chat', 'thinking', 'wide'].map(model) });
const path = '/v1/responses';
const open = (name, { token, url } = service) =>
    new OpenAI({
        apiKey: token,
        baseURL: `${url}/v1`,
        maxRetries: 0,
        defaultHeaders: { 'user-agent': name },
    });
const client = open('node'); // what fetch() calls itself: one client with ask() and events()
const input = 'Once upon a time';
const schema = {
    type: 'object',
    properties: { side: { enum: ['left', 'right'] }, all: { type: 'boolean' } },
    required: ['side', 'all'],
    additionalProperties: false,
};
const sides = z.object({ side: z.enum(['left', 'right']), all: z.boolean() });
const pick = { type: 'function', name: 'pick', description: 'Picks.', parameters: schema };
const short = { model: 'chat', input, max_output_tokens: 8, temperature: 0 };
const call = { model: 'wide', input, tools: [pick], tool_choice: 'required', max_output_tokens: 1500, temperature: 0 };

test('an answer at once', async () => {
    const a = await client.responses.create({
        ...short,
        instructions: 'Be brief.',
        metadata: { a: 'b' },
        text: { verbosity: 'low' },
    });
    assert.deepEqual(a.text, { format: { type: 'text' }, verbosity: 'low' });
    assert.equal(a.object, 'response');
    assert.match(a.id, /^resp_/);
    assert.equal(a.status, 'incomplete');
    assert.deepEqual(a.incomplete_details, { reason: 'max_output_tokens' });
    assert.equal(a.error, null);
    assert.equal(a.model, 'chat');
    assert.equal(a.instructions, 'Be brief.');
    assert.deepEqual(a.metadata, { a: 'b' });
    assert.equal(a.store, false);
    assert.equal(a.temperature, 0);
    assert.equal(a.output[0].type, 'message');
    assert.equal(a.output[0].role, 'assistant');
    assert.ok(a.output_text.length > 0);
    assert.equal(a.usage.output_tokens, 8);
    assert.equal(a.usage.total_tokens, a.usage.input_tokens + 8);
    assert.match(a._request_id, /^req_/);
});

test('a stream is the same answer', async () => {
    const whole = await client.responses.create({ ...short, max_output_tokens: 24 });
    const stream = client.responses.stream({ ...short, max_output_tokens: 24 });
    let told = '';
    stream.on('response.output_text.delta', ({ delta }) => (told += delta));
    const final = await stream.finalResponse();
    assert.equal(final.output_text, whole.output_text);
    assert.equal(told, whole.output_text);
    assert.equal(final.status, 'incomplete');
});

test('the order of the events of a text', async () => {
    const a = check_responses(await events(service, path, short));
    assert.deepEqual(a.output.map((item) => [item.type, item.status]), [['message', 'incomplete']]);
    assert.equal(a.usage.output_tokens, 8);
});

test('the order of the events of a call', async () => {
    const a = check_responses(await events(service, path, { ...call, parallel_tool_calls: false }));
    const calls = a.output.filter((item) => item.type === 'function_call');
    assert.equal(calls.length, 1);
    assert.equal(calls[0].name, 'pick');
    assert.equal(calls[0].status, 'completed');
    assert.match(calls[0].call_id, /^call_/);
    sides.parse(JSON.parse(calls[0].arguments));
});

test('the order of the events of thinking', async () => {
    const body = { ...short, model: 'thinking', max_output_tokens: 300 };
    const reasoning = { effort: 'minimal', summary: 'auto' };
    const a = check_responses(await events(service, path, { ...body, reasoning }));
    assert.deepEqual(a.output.map((item) => item.type), ['reasoning', 'message']);
    assert.equal(a.output[0].status, 'completed');
    assert.ok(a.output[0].summary[0].text.length > 0);
    assert.ok(a.usage.output_tokens_details.reasoning_tokens > 0);
    const b = await client.responses.create({ ...body, reasoning });
    assert.deepEqual(b.output[0].summary, a.output[0].summary);
    const none = await client.responses.create({ ...body, reasoning: { effort: 'none' } });
    assert.ok(none.output.every((item) => item.type === 'message'));
});

test('a tool is called through the stream helper, and its result comes back', async () => {
    const stream = client.responses.stream(call);
    let told = '';
    stream.on('response.function_call_arguments.delta', ({ delta }) => (told += delta));
    const a = await stream.finalResponse();
    const calls = a.output.filter((item) => item.type === 'function_call');
    assert.ok(calls.length > 0);
    assert.equal(told, calls.map((c) => c.arguments).join(''));
    const b = await client.responses.create({
        ...short,
        tools: [pick],
        tool_choice: 'none',
        input: [
            { role: 'user', content: [{ type: 'input_text', text: input }] },
            { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm.' }] },
            ...a.output,
            ...calls.map((c) => ({
                type: 'function_call_output',
                call_id: c.call_id,
                output: 'picked',
            })),
        ],
    });
    assert.equal(b.output[0].type, 'message');
});

test('structured output is what its schema says', async () => {
    const a = await client.responses.parse({
        ...short,
        max_output_tokens: 200,
        text: { format: zodTextFormat(sides, 'sides') },
    });
    sides.parse(a.output_parsed);
    const b = await client.responses.create({
        ...short,
        max_output_tokens: 60,
        text: { format: { type: 'json_object' } },
    });
    assert.equal(typeof JSON.parse(b.output_text), 'object');
});

test('tokens are counted as they are used', async () => {
    const { input_tokens } = await client.responses.inputTokens.count({ model: 'chat', input });
    const a = await client.responses.create(short);
    assert.equal(a.usage.input_tokens, input_tokens);
});

test('what is not asked to be kept is not', async () => {
    const a = await client.responses.create(short);
    await assert.rejects(client.responses.retrieve(a.id), OpenAI.NotFoundError);
    await assert.rejects(
        client.responses.create({ ...short, previous_response_id: a.id }),
        (e) => e.status === 404 && e.code === 'previous_response_not_found',
    );
    await assert.rejects(
        client.responses.create({
            ...short,
            input: [{ type: 'item_reference', id: a.output[0].id }],
        }),
        (e) => e.status === 404 && /store: true/.test(e.message),
    );
});

test('a response that is kept goes on, is told again, and is deleted', async () => {
    const a = await client.responses.create({ ...short, store: true });
    const { _request_id, output_text, ...told } = await client.responses.retrieve(a.id);
    const { _request_id: _, output_text: __, ...first } = a;
    assert.deepEqual(told, first);

    const b = await client.responses.create({
        ...short,
        store: true,
        input: [{ role: 'user', content: 'Go on.' }],
        previous_response_id: a.id,
    });
    assert.equal(b.previous_response_id, a.id);
    const all = await client.responses.create({
        ...short,
        input: [{ role: 'user', content: input }, ...a.output, { role: 'user', content: 'Go on.' }],
    });
    assert.equal(b.output_text, all.output_text);
    assert.equal(b.usage.input_tokens, all.usage.input_tokens);

    const items = await client.responses.inputItems.list(b.id, { order: 'asc' });
    assert.deepEqual(items.data.map((i) => [i.type, i.role, i.content]), [
        ['message', 'user', [{ type: 'input_text', text: 'Go on.' }]],
    ]);
    assert.match(items.data[0].id, /^msg_/);

    const c = await client.responses.create({
        ...short,
        input: [
            { role: 'user', content: input },
            { type: 'item_reference', id: a.output[0].id },
            { role: 'user', content: 'Go on.' },
        ],
    });
    assert.equal(c.output_text, b.output_text);

    assert.equal((await client.responses.cancel(a.id)).status, 'incomplete');
    await client.responses.delete(a.id);
    await assert.rejects(client.responses.retrieve(a.id), OpenAI.NotFoundError);
    await assert.rejects(client.responses.delete(a.id), OpenAI.NotFoundError);
    const d = await client.responses.create({ ...short, previous_response_id: b.id });
    assert.equal(d.usage.output_tokens, 8);
});

test('what one client keeps is not there for another', async () => {
    const a = await client.responses.create({ ...short, store: true });
    const other = open('somebody else');
    await client.responses.retrieve(a.id);
    for (const tried of [
        () => other.responses.retrieve(a.id),
        () => other.responses.inputItems.list(a.id),
        () => other.responses.cancel(a.id),
        () => other.responses.delete(a.id),
        () => other.responses.create({ ...short, previous_response_id: a.id }),
        () => other.responses.create({
            ...short,
            input: [{ type: 'item_reference', id: a.output[0].id }],
        }),
    ]) {
        await assert.rejects(tried(), OpenAI.NotFoundError);
    }
    await client.responses.retrieve(a.id);
});

test('input items come in pages', async () => {
    const said = [1, 2, 3, 4, 5].map((i) => ({ role: 'user', content: `Number ${i}.` }));
    const a = await client.responses.create({ ...short, store: true, input: said });
    for (const [order, expected] of [['asc', '12345'], ['desc', '54321']]) {
        let got = '';
        for await (const item of client.responses.inputItems.list(a.id, { order, limit: 2 })) {
            got += item.content[0].text[7];
        }
        assert.equal(got, expected);
    }
    for (const query of ['limit=0', 'limit=101', 'limit=2x', 'limit=', 'order=up', 'after=msg_none']) {
        const none = await ask(service, `${path}/${a.id}/input_items?${query}`);
        assert.equal(none.status, 400, query);
        assert.equal(none.json.error.param, query.split('=')[0]);
    }
    const said_before = [{ role: 'assistant', content: 'Hm.' }, { role: 'user', content: 'Yes?' }];
    const b = await client.responses.create({ ...short, store: true, input: said_before });
    const items = await client.responses.inputItems.list(b.id, { order: 'asc' });
    assert.deepEqual(items.data.map((item) => item.content), [
        [{ type: 'output_text', text: 'Hm.', annotations: [] }],
        [{ type: 'input_text', text: 'Yes?' }],
    ]);
    const nothing = await ask(service, `${path}/${a.id}/outputs`);
    assert.equal(nothing.status, 404);
    assert.match(nothing.json.error.message, /There is nothing at/);
});

test('only the newest are kept', async () => {
    const one = { ...short, store: true, max_output_tokens: 1 };
    const first = await client.responses.create(one);
    for (let i = 0; i < 64; i++) await client.responses.create(one);
    await assert.rejects(client.responses.retrieve(first.id), OpenAI.NotFoundError);
});

/* A model whose answers take seconds, if nothing is left to chance. */
const lasting = { models: [model('lasting')], args: ['-c', '16384', '--memory', '400'] };
const long = { input, max_output_tokens: 9000, temperature: 0 };

test('one that runs is cancelled', async () => {
    const own = await serve(lasting);
    const client = open('node', own);
    for (const end of ['cancel', 'delete']) {
        let ending, id;
        const list = await events(own, path, { ...long, store: true }, (data) => {
            id ??= data.response?.id;
            if (data.type === 'response.output_item.added') ending = client.responses[end](id);
            return false;
        });
        const a = check_responses(list);
        assert.equal(a.status, 'cancelled');
        const told = await ending;
        if (end === 'cancel') assert.equal(told.status, 'cancelled');
        if (end === 'delete') await assert.rejects(client.responses.retrieve(a.id));
    }
});

test('who hangs up leaves nothing behind', async () => {
    const own = await serve(lasting);
    let id;
    await events(own, path, { ...long, store: true }, (data) => {
        id ??= data.response?.id;
        return data.type === 'response.output_text.delta';
    });
    await until(async () => (await ask(own, `${path}/${id}`)).status === 404);
});

test('a stream that fails says so', async () => {
    const own = await serve(lasting);
    const list = await events(own, path, long, (data) => {
        if (data.type === 'response.output_item.added') kill_workers(own);
        return false;
    });
    const a = check_responses(list);
    assert.equal(a.status, 'failed');
    assert.equal(a.error.code, 'server_error');
    assert.ok(a.error.message.length > 0);
});

// What is wrong, and what `param` names.
const user = (content) => ({ input: [{ role: 'user', content }] });
const wrong = [
    [{ input: undefined }, 'input'],
    [{ input: 5 }, 'input'],
    [{ input: [] }, 'input'],
    [{ input: ['x'] }, 'input[0].type'],
    [{ input: [{ type: 'web_search_call', id: 'ws_1' }] }, 'input[0].type'],
    [{ input: [{ content: 'x' }] }, 'input[0].role'],
    [{ input: [{ role: 'tool', content: 'x' }] }, 'input[0].role'],
    [{ input: [{ role: 'user' }] }, 'input[0].content'],
    [user(7), 'input[0].content'],
    [user([{ type: 'input_image', image_url: 'data:' }]), 'input[0].content[0].type'],
    [user([{ type: 'input_file', file_id: 'f' }]), 'input[0].content[0].type'],
    [user([{ type: 'input_text' }]), 'input[0].content[0].text'],
    [{ input: [{ type: 'function_call', name: 'f', arguments: '{}' }] }, 'input[0].call_id'],
    [{ input: [{ type: 'function_call_output', call_id: 'c' }] }, 'input[0].output'],
    [{ input: [{ type: 'reasoning', summary: [{}] }] }, 'input[0].summary[0].text'],
    [{ input: [{ type: 'item_reference' }] }, 'input[0].id'],
    [{ model: 5 }, 'model'],
    [{ instructions: ['x'] }, 'instructions'],
    [{ stream: 1 }, 'stream'],
    [{ store: 'yes' }, 'store'],
    [{ metadata: 'x' }, 'metadata'],
    [{ max_output_tokens: 0 }, 'max_output_tokens'],
    [{ temperature: 3 }, 'temperature'],
    [{ top_p: -1 }, 'top_p'],
    [{ tools: 'x' }, 'tools'],
    [{ tools: [{ type: 'web_search' }] }, 'tools[0].type'],
    [{ tools: [{ type: 'function' }] }, 'tools[0].name'],
    [{ tools: [{ ...pick, parameters: 'x' }] }, 'tools[0].parameters'],
    [{ tool_choice: 'required' }, 'tool_choice'],
    [{ tools: [pick], tool_choice: 'some' }, 'tool_choice'],
    [{ tools: [pick], tool_choice: { type: 'allowed_tools' } }, 'tool_choice.type'],
    [{ tools: [pick], tool_choice: { type: 'function' } }, 'tool_choice.name'],
    [{ text: { format: { type: 'xml' } } }, 'text.format.type'],
    [{ text: { format: { type: 'json_schema', name: 'x' } } }, 'text.format.schema'],
    [{ text: { verbosity: 'loud' } }, 'text.verbosity'],
    [{ reasoning: { effort: 'much' } }, 'reasoning.effort'],
    [{ truncation: 'auto' }, 'truncation'],
    [{ background: true }, 'background'],
    [{ conversation: 'conv_1' }, 'conversation'],
    [{ context_management: [{ type: 'compaction' }] }, 'context_management'],
    [{ moderation: { model: 'm' } }, 'moderation'],
    [{ prompt: { id: 'pmpt_1' } }, 'prompt'],
    [{ top_logprobs: 2 }, 'top_logprobs'],
    [{ include: ['message.output_text.logprobs'] }, 'include'],
    [{ previous_response_id: 5 }, 'previous_response_id'],
    [{ text: { format: { type: 'json_schema', schema: { not: {} } } } }, null],
    [{ input: [{ type: 'function_call_output', call_id: 'c', output: 'x' }] }, null],
];

for (const [fields, name] of wrong) {
    test(`refused by name: ${JSON.stringify(fields).slice(0, 70)}`, async () => {
        for (const stream of [false, true]) {
            const got = await ask(service, path, { stream, ...short, ...fields });
            assert.equal(got.status, 400, got.text);
            assert.equal(got.json.error.type, 'invalid_request_error');
            assert.equal(got.json.error.param, name);
            assert.match(got.json.error.message, /\.$/);
        }
    });
}

test('what nobody knows is nobody’s business, and null is nothing', async () => {
    const got = await ask(service, path, {
        ...short,
        model: null,
        instructions: null,
        tools: null,
        previous_response_id: null,
        reasoning: null,
        text: null,
        user: 'me',
        safety_identifier: 'me',
        prompt_cache_key: 'x',
        service_tier: 'auto',
        include: ['reasoning.encrypted_content'],
        something_new: [1],
    });
    assert.equal(got.status, 200, got.text);
    assert.equal(got.json.model, 'tiny');
});

const provider = createOpenAI({ baseURL: `${service.url}/v1`, apiKey: service.token });
const common = { model: provider('chat'), prompt: input, temperature: 0, maxRetries: 0 };

test('ai: generateText and streamText', async () => {
    const a = await generateText({ ...common, system: 'Be brief.', maxOutputTokens: 8 });
    assert.equal(a.finishReason, 'length');
    assert.equal(a.usage.outputTokens, 8);
    const b = streamText({ ...common, system: 'Be brief.', maxOutputTokens: 8 });
    let told = '';
    for await (const piece of b.textStream) told += piece;
    assert.equal(told, a.text);
    assert.equal(await b.finishReason, 'length');
});

test('ai: generateObject', async () => {
    const { object } = await generateObject({ ...common, schema: sides, maxOutputTokens: 300 });
    sides.parse(object);
});

test('ai: a tool is called and the answer goes on', async () => {
    const asked = [];
    const execute = async (what) => {
        asked.push(what);
        return 'picked';
    };
    for (const store of [true, false]) {
        const a = await generateText({
            ...common,
            maxOutputTokens: 200,
            tools: { pick: make_tool({ inputSchema: sides, execute }) },
            toolChoice: 'required',
            stopWhen: stepCountIs(2),
            providerOptions: { openai: { store, parallelToolCalls: false } },
        });
        assert.equal(a.steps.length, 2);
    }
    assert.equal(asked.length, 4);
    for (const one of asked) sides.parse(one);
});

test('one that failed after its stream began is kept, also for a client that had closed its half', async () => {
    const own = await serve({ models: [model('lasting')], args: ['-c', '16384', '--memory', '400'] });
    const body = { input: 'Hello', stream: true, store: true, max_output_tokens: 9000 };
    assert.equal((await ask(own, '/v1/responses', { ...body, stream: false, max_output_tokens: 16 })).status, 200);
    kill_workers(own, 'SIGSTOP'); // it says nothing any more, and is ended for that
    const socket = connect(own);
    await socket.connected;
    socket.end(written(own, '/v1/responses', body, { fields: 'User-Agent: node\r\n' }));
    await socket.gone;
    assert.match(socket.text(), /^x-request-id: req_/m);
    const failed = JSON.parse(/^{"type":"response.failed".*}$/m.exec(socket.text())[0]).response;
    assert.equal(failed.status, 'failed');
    const kept = await ask(own, `/v1/responses/${failed.id}`);
    assert.equal(kept.status, 200, kept.text);
    assert.equal(kept.json.status, 'failed');
});
