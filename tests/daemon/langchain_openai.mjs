// The OpenAI dialect, spoken by LangChain.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, model, serve } from './lib.mjs';

const { ChatOpenAI, OpenAIEmbeddings } = load('@langchain/openai');
const { tool } = load('@langchain/core/tools');
const { HumanMessage } = load('@langchain/core/messages');
const { z } = load('zod');
const service = await serve({ models: [model('wide')] });
const configuration = { baseURL: `${service.url}/v1` };
const options = { model: 'wide', apiKey: service.token, configuration, maxRetries: 0, maxTokens: 1500 };
const chat = new ChatOpenAI({ ...options, temperature: 0 });
const Place = z.object({ place: z.enum(['here', 'there']), far: z.boolean() });

test('withStructuredOutput, by schema and by a function', async () => {
    for (const method of ['jsonSchema', 'functionCalling']) {
        const structured = chat.withStructuredOutput(Place, { name: 'Place', method });
        Place.parse(await structured.invoke('Where is it?'));
    }
});

test('invoke and stream say the same', async () => {
    const short = new ChatOpenAI({ ...options, temperature: 0, maxTokens: 12, streamUsage: true });
    const whole = await short.invoke([new HumanMessage('Once upon a time')]);
    assert.equal(whole.response_metadata.finish_reason, 'length');
    let text = '';
    for await (const piece of await short.stream('Once upon a time')) text += piece.content;
    assert.equal(text, whole.content);
});

test('bindTools, and a result', async () => {
    const weather = tool(async () => 'blue', { name: 'weather', description: 'Sky.', schema: Place });
    const first = await chat.bindTools([weather], { tool_choice: 'weather' }).invoke('The weather?');
    assert.equal(first.tool_calls[0].name, 'weather');
    Place.parse(first.tool_calls[0].args);
    const messages = [new HumanMessage('The weather?'), first];
    for (const call of first.tool_calls) messages.push(await weather.invoke(call));
    const second = await chat.bindTools([weather], { tool_choice: 'none' }).invoke(messages);
    assert.equal(second.tool_calls.length, 0);
});

test('embeddings of documents and of a question', async () => {
    const embeddings = new OpenAIEmbeddings({ ...options, model: 'wide' });
    const [a, b] = await embeddings.embedDocuments(['a word', 'another one']);
    assert.equal(a.length, b.length);
    assert.deepEqual(await embeddings.embedQuery('a word'), a);
});
