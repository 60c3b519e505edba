// What editors ask an Ollama before they use it, in raw requests: Copilot's way in, and Continue's
// question whether a model fills the middle.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ask, model, serve } from './lib.mjs';

const service = await serve({ models: [model('chat'), model('fim')] });

test('Copilot finds models with tools and talks with them', async () => {
    const { version } = (await ask(service, '/api/version')).json;
    const [major, minor, patch] = version.split('.').map((part) => Number.parseInt(part, 10));
    assert.ok(major > 0 || minor > 6 || (minor === 6 && patch >= 4), version);
    const { models } = (await ask(service, '/api/tags')).json;
    const usable = [];
    for (const m of models) {
        const shown = (await ask(service, '/api/show', { model: m.model })).json;
        const family = shown.model_info['general.architecture'];
        assert.ok(shown.model_info[`${family}.context_length`] > 0);
        assert.equal(typeof (shown.model_info['general.basename'] ?? m.name), 'string');
        if (shown.capabilities.includes('tools')) usable.push(m.model);
    }
    assert.deepEqual(usable, ['chat:latest']);
    const answer = await ask(service, '/v1/chat/completions', {
        model: usable[0],
        messages: [{ role: 'user', content: 'hello' }],
        stream: true,
        max_tokens: 4,
        temperature: 0.1,
        top_p: 1,
        n: 1,
    });
    assert.equal(answer.status, 200);
    assert.ok(answer.text.trimEnd().endsWith('data: [DONE]'));
});

test('Continue sees who fills the middle, and has it filled', async () => {
    const probe = async (name) => (await ask(service, '/api/show', { name })).json;
    assert.ok(!(await probe('chat')).template.includes('.Suffix'));
    const fim = await probe('fim');
    assert.ok(fim.template.includes('.Suffix'));
    assert.match(fim.parameters, /num_ctx\s+2048/);
    const filled = await ask(service, '/api/generate', {
        model: 'fim',
        prompt: 'function add(a, b) {\n    return ',
        suffix: ';\n}\n',
        raw: false,
        options: { num_predict: 12, temperature: 0.01, num_ctx: 2048, stop: ['\n\n'] },
        keep_alive: 1800,
        stream: true,
    });
    assert.equal(filled.status, 200);
    const last = JSON.parse(filled.text.trimEnd().split('\n').at(-1));
    assert.equal(last.done, true);
    assert.ok(last.prompt_eval_count > 10);
});
