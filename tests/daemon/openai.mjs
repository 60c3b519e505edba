// The OpenAI dialect, spoken by OpenAI's own client.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, model, serve } from './lib.mjs';

const OpenAI = load('openai');
const { url } = await serve({ models: [model('tiny'), model('chat')] });
const client = new OpenAI({ apiKey: 'none', baseURL: `${url}/v1`, maxRetries: 0 });
const messages = [{ role: 'user', content: 'Once upon a time' }];

test('an answer at once', async () => {
    const a = await client.chat.completions.create({ model: 'tiny', messages, max_tokens: 8 });
    assert.equal(a.object, 'chat.completion');
    assert.equal(a.choices[0].message.role, 'assistant');
    assert.equal(a.choices[0].finish_reason, 'length');
    assert.equal(a.usage.completion_tokens, 8);
});
