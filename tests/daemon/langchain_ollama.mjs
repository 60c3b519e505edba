// LangChain on the Ollama dialect.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, model, serve } from './lib.mjs';

const { ChatOllama, Ollama, OllamaEmbeddings } = load('@langchain/ollama');
const { z } = load('zod');
const { url, token } = await serve({ models: [model('chat'), model('fim')] });
const common = { baseUrl: url, headers: { authorization: `Bearer ${token}` }, maxRetries: 0 };

test('messages, at once and in pieces', async () => {
    const chat = new ChatOllama({ ...common, model: 'chat', numPredict: 8, seed: 5, think: false });
    const whole = await chat.invoke([
        ['system', 'Be kind.'],
        ['human', 'Hello'],
    ]);
    assert.equal(whole.response_metadata.done, true);
    assert.equal(whole.usage_metadata.output_tokens, 8);
    let text = '';
    for await (const piece of await chat.stream([
        ['system', 'Be kind.'],
        ['human', 'Hello'],
    ])) {
        text += piece.content;
    }
    assert.equal(text, whole.content);
});

test('tools that are bound are called as they were declared', async () => {
    const tool = {
        type: 'function',
        function: {
            name: 'get_weather',
            description: 'The weather of a place.',
            parameters: {
                type: 'object',
                properties: { city: { type: 'string', enum: ['Paris', 'Oslo'] } },
                required: ['city'],
                additionalProperties: false,
            },
        },
    };
    for (let seed = 1; seed <= 80; seed++) {
        const chat = new ChatOllama({ ...common, model: 'fim', seed, temperature: 3, topK: 0 });
        const answer = await chat.bindTools([tool]).invoke('x');
        if (!answer.tool_calls.length) continue;
        assert.equal(answer.tool_calls[0].name, 'get_weather');
        assert.ok(['Paris', 'Oslo'].includes(answer.tool_calls[0].args.city));
        return;
    }
    assert.fail('no seed made a call');
});

test('a structured answer', async () => {
    const chat = new ChatOllama({ ...common, model: 'chat', seed: 2, think: false });
    const shape = z.object({ yes: z.boolean(), n: z.number().int().min(0).max(9) });
    const answer = await chat.withStructuredOutput(shape, { method: 'jsonSchema' }).invoke('x');
    assert.equal(typeof answer.yes, 'boolean');
    assert.ok(answer.n >= 0 && answer.n <= 9);
});

test('vectors of documents', async () => {
    const maker = new OllamaEmbeddings({ ...common, model: 'chat' });
    const vectors = await maker.embedDocuments(['a', 'b', 'a']);
    assert.equal(vectors.length, 3);
    assert.deepEqual(vectors[0], vectors[2]);
    assert.deepEqual(await maker.embedDocuments([]), []);
    const query = await maker.embedQuery('a');
    query.forEach((x, i) => assert.ok(Math.abs(x - vectors[0][i]) < 1e-5));
});

test('a prompt is continued', async () => {
    const llm = new Ollama({ ...common, model: 'chat', numPredict: 6, seed: 1 });
    assert.equal(typeof (await llm.invoke('Once')), 'string');
});
