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

const parts = {
    message: ['response.content_part', 'response.output_text', 'text'],
    reasoning: ['response.reasoning_summary_part', 'response.reasoning_summary_text', 'text'],
    function_call: [null, 'response.function_call_arguments', 'arguments'],
};

/** The order of OpenAI's Responses. -> the last event's response. */
export function check_responses(list) {
    list.forEach(({ data }, i) => assert.equal(data.sequence_number, i));
    const types = list.map(({ event }) => event);
    assert.deepEqual(types.slice(0, 2), ['response.created', 'response.in_progress']);
    for (const { data } of list.slice(0, 2)) {
        assert.equal(data.response.status, 'in_progress');
        assert.deepEqual(data.response.output, []);
        assert.equal(data.response.usage, null);
    }
    const { event: end, data: last } = list.at(-1);
    assert.match(end, /^response\.(completed|incomplete|failed)$/);
    const items = [];
    let at = 2;
    const next = (type) => {
        const { event, data } = list[at++];
        assert.equal(event, type);
        if (type.startsWith('response.output_item')) {
            assert.equal(data.output_index, items.length);
        } else {
            assert.equal(data.output_index, items.length);
            assert.equal(data.item_id, list[begun].data.item.id);
        }
        return data;
    };
    let begun = 0;
    while (at < list.length - 1) {
        begun = at;
        const { item } = next('response.output_item.added');
        assert.equal(item.status, 'in_progress');
        const [part, words, field] = parts[item.type];
        if (part) assert.equal(next(`${part}.added`).part.text, '');
        let told = '';
        while (list[at].event === `${words}.delta`) told += next(`${words}.delta`).delta;
        const whole_words = next(`${words}.done`);
        assert.equal(whole_words[field], told);
        assert.equal(whole_words.name, item.name); // calls have one
        if (part) assert.equal(next(`${part}.done`).part.text, told);
        const done = next('response.output_item.done').item;
        assert.equal(done.id, item.id);
        assert.equal(done.type, item.type);
        assert.match(done.status, /^(completed|incomplete)$/);
        const whole = { message: done.content, reasoning: done.summary }[done.type];
        assert.equal(whole ? whole[0].text : done.arguments, told);
        items.push(done);
    }
    assert.deepEqual(last.response.output, items);
    assert.equal(last.response.id, list[0].data.response.id);
    return last.response;
}
