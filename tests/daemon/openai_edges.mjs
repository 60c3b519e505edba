// Malformed and extreme requests of the OpenAI dialect: each is answered with 200 (the value has a
// meaning) or 400 that names the field; nothing crashes, and nothing is the server's fault.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, model, serve } from './lib.mjs';

const service = await serve({ models: [model('tiny')] });
const messages = [{ role: 'user', content: 'Hi' }];
const values = [-1, 0, 1, 2 ** 31, 2 ** 53 + 2, 1e308, '5', null, true, [], {}];
const endpoints = {
    '/v1/chat/completions': {
        body: { model: 'tiny', messages, max_tokens: 1 },
        numbers: ['temperature', 'top_p', 'frequency_penalty', 'presence_penalty', 'seed', 'top_k',
            'min_p', 'typical_p', 'repeat_penalty', 'repetition_penalty', 'max_tokens',
            'max_completion_tokens', 'n', 'top_logprobs'],
        others: ['model', 'messages', 'tools', 'tool_choice', 'parallel_tool_calls', 'stop', 'stream',
            'stream_options', 'logprobs', 'logit_bias', 'response_format', 'reasoning_effort',
            'chat_template_kwargs', 'grammar', 'modalities', 'audio', 'web_search_options',
            'functions', 'function_call', 'user', 'metadata', 'store', 'verbosity', 'prediction',
            'service_tier', 'never_heard_of'],
    },
    '/v1/completions': {
        body: { model: 'tiny', prompt: 'Hi', max_tokens: 1 },
        numbers: ['temperature', 'top_p', 'frequency_penalty', 'presence_penalty', 'seed', 'top_k',
            'max_tokens', 'n', 'best_of', 'logprobs'],
        others: ['model', 'prompt', 'suffix', 'echo', 'stop', 'stream', 'stream_options', 'logit_bias',
            'user'],
    },
    '/v1/embeddings': {
        body: { model: 'tiny', input: 'Hi' },
        numbers: ['dimensions'],
        others: ['model', 'input', 'encoding_format', 'user'],
    },
};

for (const [path, { body, numbers, others }] of Object.entries(endpoints)) {
    test(`every field of ${path} with every kind of value`, async () => {
        for (const name of [...numbers, ...others]) {
            for (const value of values) {
                const what = `${name}: ${JSON.stringify(value)}`;
                const a = await ask(service, path, { ...body, [name]: value });
                assert.ok([200, 400, 404].includes(a.status), `${a.status} for ${what}: ${a.text}`);
                if (a.status === 200) continue;
                const { error } = a.json;
                if (a.status === 404) assert.equal(name, 'model', what);
                assert.match(error.message, /[.]$|not found$/, what);
                if (numbers.includes(name)) assert.equal(error.param, name, `${what}: ${a.text}`);
            }
            const wrong = await ask(service, path, { ...body, [name]: null });
            const is_needed = ['messages', 'prompt', 'input'].includes(name);
            assert.equal(wrong.status, is_needed ? 400 : 200, `null for ${name}: ${wrong.text}`);
        }
    });
}

const chat = '/v1/chat/completions';
const user = (content) => ({ messages: [{ role: 'user', content }], max_tokens: 1 });
const table = [
    // [status, what its error says, body, path]
    [400, 'JSON', '{'],
    [400, 'messages', ''],
    [400, 'object', '[]'],
    [400, 'object', '5'],
    [400, 'nested', { messages, x: JSON.parse('['.repeat(100) + ']'.repeat(100)) }],
    [400, '', `{"messages":${'['.repeat(10000)}`],
    [400, 'twice', '{"model":"tiny","model":"chat","messages":[]}'],
    [400, 'messages', {}],
    [400, 'empty', { messages: [] }],
    [400, '', { messages: ['Hi'] }],
    [400, '', { messages: [{ content: 'Hi' }] }],
    [400, '', { messages: [{ role: 'nobody', content: 'Hi' }] }],
    [400, '', { messages: [{ role: 'user' }] }],
    [400, '', user(5)],
    [400, 'input_audio', user([{ type: 'input_audio', input_audio: { data: '', format: 'wav' } }])],
    [400, "'file'", user([{ type: 'text', text: 'a' }, { type: 'file', file: {} }])],
    [400, '', user([{ type: 'sound' }])],
    [400, '', user(['a'])],
    [200, '', user([])],
    [200, '', user('a\u0000b\r\n\u2028data: x\n\n')],
    [400, '', { messages: [{ role: 'tool', tool_call_id: 'x', content: 'y' }] }],
    [400, 'function_call', { messages: [{ role: 'assistant', function_call: {} }] }],
    [400, 'tools', { ...user('a'), tools: [{ type: 'custom', custom: { name: 'a' } }] }],
    [400, 'tools', { ...user('a'), tools: [5] }],
    [400, '', { ...user('a'), tools: [{ type: 'function' }] }],
    [400, '', { ...user('a'), tool_choice: { type: 'function', function: { name: 'f' } } }],
    [400, 'name', { ...user('a'), tool_choice: { type: 'function', function: {} } }],
    [400, 'allowed_tools', { ...user('a'), tool_choice: { type: 'allowed_tools' } }],
    [400, 'json_schema', { ...user('a'), response_format: { type: 'json_schema' } }],
    [400, 'schema', { ...user('a'), response_format: { type: 'json_schema', json_schema: {} } }],
    [400, 'type', { ...user('a'), response_format: {} }],
    [400, 'xml', { ...user('a'), response_format: { type: 'xml' } }],
    [400, '', { ...user('a'), grammar: 'root ::= (' }],
    [400, 'both', { ...user('a'), grammar: 'root ::= "a"', response_format: { type: 'json_object' } }],
    [400, 'logit_bias', { ...user('a'), logit_bias: { x: 1 } }],
    [400, 'logit_bias', { ...user('a'), logit_bias: { 1: 101 } }],
    [400, '', { ...user('a'), logit_bias: { 99999999: 1 } }],
    [400, 'logit_bias', { ...user('a'), logit_bias: { 99999999999: 1 } }],
    [400, 'members', { ...user('a'), logit_bias: Object.fromEntries(Array(70000).fill(1).entries()) }],
    [400, 'top_logprobs', { ...user('a'), top_logprobs: 2 }],
    [400, 'web_search_options', { ...user('a'), web_search_options: {} }],
    [400, 'moderation', { ...user('a'), moderation: { model: 'm' } }],
    [400, 'moderation', { prompt: 'a', moderation: { model: 'm' } }, '/v1/completions'],
    [400, '-1 to 2147483647.', { ...user('a'), max_tokens: 2 ** 31 }],
    [200, '', { ...user('a'), reasoning_effort: 'max' }],
    [400, 'modalities', { ...user('a'), modalities: ['text', 'audio'] }],
    [200, '', { ...user('a'), modalities: ['text'] }],
    [400, 'stop', { ...user('a'), stop: [5] }],
    [400, 'stop', { ...user('a'), stop: Array(65).fill('a') }],
    [400, 'NUL', { ...user('a'), model: 'a\u0000' }],
    [400, 'best_of', { prompt: 'a', best_of: 3 }, '/v1/completions'],
    [400, 'choices', { prompt: Array(9).fill('a'), n: 8 }, '/v1/completions'],
    [400, 'echo', { prompt: 'a', echo: true, logprobs: 1 }, '/v1/completions'],
    [404, 'hears', {}, '/v1/audio/speech'],
    [404, 'nothing', {}, '/v1/nothing'],
    [404, 'found', { model: '../../../etc/passwd', ...user('a') }],
];

test('a table of requests that make no sense', async () => {
    for (const [status, word, body, path = chat] of table) {
        const a = await ask(service, path, body);
        const what = `${path} ${JSON.stringify(body).slice(0, 100)}: ${a.text.slice(0, 300)}`;
        assert.equal(a.status, status, what);
        if (status !== 200) assert.ok(a.json.error.message.includes(word), what);
    }
    assert.equal((await ask(service, chat, undefined, { method: 'GET' })).status, 405);
});

test('a form of the text and tools that may be called exclude each other, by name', async () => {
    const tools = [{ type: 'function', function: { name: 'f' } }];
    const forms = { response_format: { type: 'json_object' }, grammar: 'root ::= "a"' };
    for (const [name, value] of Object.entries(forms)) {
        const body = { ...user('a'), max_tokens: 40, tools, [name]: value };
        const a = await ask(service, chat, body);
        assert.equal(a.status, 400, a.text);
        assert.equal(a.json.error.param, name);
        const none = await ask(service, chat, { ...body, tool_choice: 'none' });
        assert.equal(none.status, 200, none.text);
    }
    const format = { text: { format: { type: 'json_object' } } };
    const body = { ...format, input: 'a', max_output_tokens: 40, tools: [{ type: 'function', name: 'f' }] };
    const a = await ask(service, '/v1/responses', body);
    assert.equal(a.status, 400, a.text);
    assert.equal(a.json.error.param, 'text.format');
    const text = { ...body, text: { format: { type: 'text' } }, max_output_tokens: 200 };
    const plain = await ask(service, '/v1/responses', text);
    assert.equal(plain.status, 200, plain.text);
});

test('no text can end an event', async () => {
    const nasty = 'data: [DONE]\n\ndata: {"error":1}\r\n\r\u0000\u2028';
    const grammar = `root ::= ${JSON.stringify(nasty)
        .replaceAll('\\u0000', '\\x00')
        .replaceAll('\u2028', '\\u2028')}`;
    const a = await ask(service, chat, { ...user('a'), max_tokens: 90, grammar, stream: true });
    assert.equal(a.status, 200, a.text);
    const events = a.text.trim().split('\n\n');
    assert.equal(events.pop(), 'data: [DONE]');
    let text = '';
    for (const event of events) {
        assert.match(event, /^data: [^\r\n]*$/);
        text += JSON.parse(event.slice(6)).choices[0].delta.content ?? '';
    }
    assert.equal(text, nasty);
});
