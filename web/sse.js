// Event streams, as fetch() gives them: pieces of text in, events out.

/**
 * A parser: push(text) for each piece as it comes, end() after the last. on_event({ event, data })
 * is called for every whole event that has data; comments, ids and retry times mean nothing here.
 */
export function sse_parser(on_event) {
    let rest = '';
    let name = '';
    let data = [];
    let is_start = true;
    let was_cr = false; // the LF of a CR LF may be in the next piece

    const dispatch = () => {
        if (data.length > 0) on_event({ event: name || 'message', data: data.join('\n') });
        name = '';
        data = [];
    };
    const take = (line) => {
        if (line === '') return dispatch();
        const colon = line.indexOf(':');
        const field = colon < 0 ? line : line.slice(0, colon);
        let value = colon < 0 ? '' : line.slice(colon + 1);
        if (value.startsWith(' ')) value = value.slice(1);
        if (field === 'data') data.push(value);
        if (field === 'event') name = value;
    };
    return {
        push(text) {
            if (text === '') return;
            if (is_start && text.startsWith('\uFEFF')) text = text.slice(1);
            is_start = false;
            if (was_cr && text.startsWith('\n')) text = text.slice(1);
            was_cr = text.endsWith('\r');
            const lines = text.split(/\r\n|\r|\n/);
            lines[0] = rest + lines[0];
            rest = lines.pop();
            lines.forEach(take);
        },
        /** What is not whole by now never was sent whole: it is dropped, as the standard says. */
        end() {
            rest = '';
            name = '';
            data = [];
        },
    };
}

/** The events of an answer of fetch(), one after another. */
export async function* sse_events(answer) {
    const waiting = [];
    const parser = sse_parser((event) => waiting.push(event));
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    try {
        for (;;) {
            const { done, value } = await reader.read();
            if (done) break;
            parser.push(value);
            while (waiting.length > 0) yield waiting.shift();
        }
        parser.end();
    } finally {
        await reader.cancel().catch(() => {});
    }
}
