// The OpenAI dialect, spoken by the AI SDK: @ai-sdk/openai-compatible, and @ai-sdk/openai's chat.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, model, serve } from './lib.mjs';

const { createOpenAICompatible } = load('@ai-sdk/openai-compatible');
const { createOpenAI } = load('@ai-sdk/openai');
const { embedMany, generateObject, generateText, stepCountIs, streamText, tool } = load('ai');
const { z } = load('zod');
const service = await serve({ models: [model('wide')] });
const options = { name: 'ingle', apiKey: service.token, baseURL: `${service.url}/v1` };
const compatible = createOpenAICompatible({
    ...options,
    includeUsage: true,
    supportsStructuredOutputs: true, // else it asks for any JSON object, and hopes
});
const openai = createOpenAI(options);
const prompt = 'Once upon a time';
const settings = { prompt, maxOutputTokens: 20, temperature: 0, maxRetries: 0 };
const place = z.object({ place: z.enum(['here', 'there']), far: z.boolean() });

for (const [name, chosen, embedder] of [
    ['openai-compatible', compatible('wide'), compatible.textEmbeddingModel('wide')],
    ['openai.chat()', openai.chat('wide'), openai.textEmbeddingModel('wide')],
]) {
    test(`${name}: generateText and streamText say the same`, async () => {
        const whole = await generateText({ model: chosen, ...settings });
        assert.equal(whole.finishReason, 'length');
        assert.equal(whole.usage.outputTokens, 20);
        const stream = streamText({ model: chosen, ...settings });
        let text = '';
        for await (const piece of stream.textStream) text += piece;
        assert.equal(text, whole.text);
        assert.equal(await stream.finishReason, 'length');
        assert.equal((await stream.usage).outputTokens, 20);
    });

    test(`${name}: generateObject`, async () => {
        const { object } = await generateObject({
            model: chosen,
            schema: place,
            prompt,
            maxOutputTokens: 1500,
            maxRetries: 0,
        });
        place.parse(object);
    });

    test(`${name}: a tool is called, its result is answered`, async () => {
        const asked = [];
        const weather = tool({
            description: 'The weather of a place.',
            inputSchema: place,
            execute: async (input) => {
                asked.push(input);
                return { sky: 'blue' };
            },
        });
        const common = { model: chosen, prompt, tools: { weather }, maxOutputTokens: 1500, maxRetries: 0 };
        const a = await generateText({
            ...common,
            toolChoice: 'required',
            stopWhen: stepCountIs(2),
            prepareStep: ({ stepNumber }) =>
                stepNumber > 0 ? { toolChoice: 'none', activeTools: [] } : {},
        });
        assert.ok(asked.length >= 1);
        place.parse(asked[0]);
        assert.equal(a.steps[0].finishReason, 'tool-calls');
        assert.equal(a.steps.length, 2);
        const stream = streamText({ ...common, toolChoice: { type: 'tool', toolName: 'weather' } });
        const calls = await stream.toolCalls;
        assert.equal(calls[0].toolName, 'weather');
        place.parse(calls[0].input);
    });

    test(`${name}: embedMany`, async () => {
        const values = ['a word', 'another one', 'a word'];
        const { embeddings } = await embedMany({ model: embedder, values, maxRetries: 0 });
        assert.equal(embeddings.length, 3);
        assert.deepEqual(embeddings[0], embeddings[2]);
        assert.notDeepEqual(embeddings[0], embeddings[1]);
    });

    test(`${name}: an error is an error with words`, async () => {
        const e = await generateText({ model: chosen, ...settings, temperature: 5 }).catch((x) => x);
        assert.equal(e.statusCode, 400);
        assert.match(e.message, /temperature/);
    });
}
