// Event streams as they are on the wire, and the rules of their order.
import assert from 'node:assert/strict';

/** The events of an answer, [{ event, data }]; on_event may look at each and say true to hang up. */
export async function events({ url, token }, path, body, on_event = () => false) {
    const stop = new AbortController();
    const answer = await fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ ...body, stream: true }),
        signal: stop.signal,
    });
    const list = [];
    if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
    assert.match(answer.headers.get('content-type'), /^text\/event-stream/);
    assert.match(answer.headers.get('cache-control'), /no-cache/);
    let rest = '';
    for await (const bytes of answer.body.pipeThrough(new TextDecoderStream())) {
        const parts = (rest + bytes).split('\n\n');
        rest = parts.pop();
        for (const part of parts) {
            const lines = part.split('\n').filter((line) => !line.startsWith(':'));
            if (lines.every((line) => line.trim() === '')) continue;
            assert.equal(lines.length, 2, part);
            assert.match(lines[0], /^event: /);
            assert.match(lines[1], /^data: /);
            const event = lines[0].slice(7);
            const data = JSON.parse(lines[1].slice(6));
            assert.equal(data.type, event);
            list.push({ event, data });
            if (on_event(data)) {
                stop.abort();
                return list;
            }
        }
    }
    assert.equal(rest, '', 'the last event is whole');
    return list;
}

const kinds = {
    text: ['text_delta', 'text'],
    thinking: ['thinking_delta', 'thinking'],
    tool_use: ['input_json_delta', 'partial_json'],
};

/** Anthropic's order. -> { message, blocks, failed }: what a client makes of it. */
export function check_anthropic(list) {
    const blocks = [];
    let open = -1;
    let message;
    let end;
    let is_over = false;
    for (const { event, data } of list) {
        assert.ok(!is_over, `${event} after the end`);
        if (event === 'ping') continue;
        if (event === 'error') {
            assert.equal(typeof data.error.message, 'string');
            return { message, blocks, failed: data.error };
        }
        if (event === 'message_start') {
            assert.equal(message, undefined);
            message = data.message;
            assert.deepEqual(message.content, []);
            assert.equal(message.stop_reason, null);
            assert.equal(typeof message.usage.input_tokens, 'number');
            continue;
        }
        assert.ok(message, `${event} before message_start`);
        if (event === 'content_block_start') {
            assert.equal(open, -1, 'a block begins inside of another');
            assert.equal(data.index, blocks.length);
            open = data.index;
            blocks.push({ ...data.content_block, told: '' });
            assert.ok(kinds[blocks[open].type], blocks[open].type);
        } else if (event === 'content_block_delta') {
            const block = blocks[open];
            assert.equal(data.index, open);
            if (data.delta.type === 'signature_delta') {
                assert.equal(block.type, 'thinking');
                assert.equal(block.signature, '');
                block.signature = data.delta.signature;
                continue;
            }
            const [type, field] = kinds[block.type];
            assert.equal(data.delta.type, type);
            assert.ok(!block.signature, 'nothing follows the signature');
            block.told += data.delta[field];
        } else if (event === 'content_block_stop') {
            assert.equal(data.index, open);
            if (blocks[open].type === 'thinking') assert.ok(blocks[open].signature.length > 0);
            open = -1;
        } else if (event === 'message_delta') {
            assert.equal(open, -1, 'message_delta inside of a block');
            assert.equal(end, undefined);
            end = data;
        } else {
            assert.equal(event, 'message_stop');
            assert.ok(end, 'message_stop before message_delta');
            is_over = true;
        }
    }
    assert.ok(is_over, 'it never ended');
    return { message, blocks, delta: end.delta, usage: end.usage };
}
