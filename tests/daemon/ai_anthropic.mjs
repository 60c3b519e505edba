// Anthropic's dialect as other libraries speak it: the AI SDK and LangChain.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, model, serve } from './lib.mjs';

const { generateObject, generateText, stepCountIs, streamText, tool: make_tool } = load('ai');
const { createAnthropic } = load('@ai-sdk/anthropic');
const { ChatAnthropic } = load('@langchain/anthropic');
const { AIMessage, HumanMessage, SystemMessage, ToolMessage } = load('@langchain/core/messages');
const z = load('zod');

const { url, token } = await serve({ models: [model('chat'), model('tiny')] });
const provider = createAnthropic({ baseURL: `${url}/v1`, apiKey: token });
const sides = z.object({ side: z.enum(['left', 'right']), all: z.boolean() });
const prompt = 'Once upon a time';
const common = { model: provider('chat'), prompt, temperature: 0, maxRetries: 0 };

test('ai: generateText', async () => {
    const a = await generateText({ ...common, system: 'Be brief.', maxOutputTokens: 8 });
    assert.equal(a.finishReason, 'length');
    assert.equal(a.usage.outputTokens, 8);
    assert.ok(a.usage.inputTokens > 0);
    assert.ok(a.text.length > 0);
});

/* A system message in the midst of a conversation, which both send as a message of that role. */
test('ai and langchain: instructions that come later', async () => {
    const said = ['Be brief.', 'Hello', 'Hi', 'Be kind.', 'Well?'];
    const roles = ['system', 'user', 'assistant', 'system', 'user'];
    const messages = said.map((content, i) => ({ role: roles[i], content }));
    const { prompt, ...rest } = common;
    const a = await generateText({ ...rest, messages, allowSystemInMessages: true, maxOutputTokens: 8 });
    const kinds = { system: SystemMessage, user: HumanMessage, assistant: AIMessage };
    const b = await chain().invoke(said.map((text, i) => new kinds[roles[i]](text)));
    assert.equal(b.content, a.text);
    assert.equal(b.usage_metadata.input_tokens, a.usage.inputTokens);
    messages[3].content = 'Be kind, be very, very kind.';
    const c = await generateText({ ...rest, messages, allowSystemInMessages: true, maxOutputTokens: 8 });
    assert.ok(c.usage.inputTokens > a.usage.inputTokens, 'it was read');
});

test('ai: streamText, with thinking', async () => {
    const wanted = ['reasoning-start', 'reasoning-delta', 'text-delta', 'finish'];
    const types = new Set();
    // a model of random weights may end at once, or think of nothing: then once more
    for (let i = 0; i < 5 && !wanted.every((type) => types.has(type)); i++) {
        types.clear();
        const a = streamText({
            ...common,
            temperature: undefined, // the SDK warns that Anthropic's thinking takes none
            maxOutputTokens: 16,
            providerOptions: { anthropic: { thinking: { type: 'enabled', budgetTokens: 6 } } },
        });
        for await (const part of a.fullStream) {
            assert.notEqual(part.type, 'error', String(part.error));
            types.add(part.type);
        }
        assert.equal(types.has('reasoning-delta'), Boolean(await a.reasoningText));
        assert.ok(['length', 'stop'].includes(await a.finishReason));
    }
    for (const type of wanted) assert.ok(types.has(type), type);
});

test('ai: a tool is called and the answer goes on', async () => {
    const asked = [];
    const pick = make_tool({
        description: 'Picks a side.',
        inputSchema: sides,
        execute: async (input) => {
            asked.push(input);
            return 'picked';
        },
    });
    const a = await generateText({
        ...common,
        maxOutputTokens: 200,
        tools: { pick },
        toolChoice: 'required',
        stopWhen: stepCountIs(2),
        providerOptions: { anthropic: { disableParallelToolUse: true } },
    });
    assert.equal(a.steps.length, 2);
    assert.equal(asked.length, 2);
    for (const input of asked) sides.parse(input);
});

test('ai: generateObject', async () => {
    const { object } = await generateObject({ ...common, schema: sides, maxOutputTokens: 300 });
    sides.parse(object);
});

test('ai: a model that is not there', async () => {
    await assert.rejects(
        generateText({ ...common, model: provider('gone') }),
        (e) => e.statusCode === 404 && /gone/.test(e.message),
    );
});

const chain = (fields) =>
    new ChatAnthropic({
        model: 'chat',
        anthropicApiKey: token,
        anthropicApiUrl: url,
        maxTokens: 8,
        temperature: 0,
        maxRetries: 0,
        ...fields,
    });

test('langchain: invoke and stream', async () => {
    const said = [new SystemMessage('Be brief.'), new HumanMessage(prompt)];
    const a = await chain().invoke(said);
    assert.ok(a.content.length > 0);
    assert.equal(a.usage_metadata.output_tokens, 8);
    let whole;
    for await (const piece of await chain().stream(said)) whole = whole?.concat(piece) ?? piece;
    assert.ok(whole.content.length > 0);
    assert.equal(whole.usage_metadata.output_tokens, 8);
    const { input_tokens, input_token_details: cached } = whole.usage_metadata;
    assert.equal(input_tokens, a.usage_metadata.input_tokens, JSON.stringify(cached));
});

test('langchain: bindTools and the result', async () => {
    const pick = { name: 'pick', description: 'Picks a side.', schema: sides };
    const bound = chain({ maxTokens: 200 }).bindTools([pick], { tool_choice: 'any' });
    const said = [new HumanMessage(prompt)];
    const a = await bound.invoke(said);
    assert.ok(a.tool_calls.length > 0);
    sides.parse(a.tool_calls[0].args);
    const results = a.tool_calls.map((c) => new ToolMessage({ content: 'ok', tool_call_id: c.id }));
    const b = await bound.invoke([...said, a, ...results]);
    sides.parse(b.tool_calls[0].args);
});

test('langchain: withStructuredOutput', async () => {
    sides.parse(await chain({ maxTokens: 300 }).withStructuredOutput(sides).invoke(prompt));
});
