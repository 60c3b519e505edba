// Asking the service. What a tab may ask with lives in this tab only (sessionStorage), is never
// part of an address, and ends with the tab or with the service.
import { sse_events } from './sse.js';

const KEY = 'ingle.session';

/** What the browser keeps under this name; this page's memory, where it is told to keep nothing. */
export function storage(name) {
    try {
        return window[name];
    } catch {
        const kept = new Map();
        return {
            getItem: (key) => kept.get(key) ?? null,
            setItem: (key, value) => kept.set(key, value),
            removeItem: (key) => kept.delete(key),
        };
    }
}
const session = storage('sessionStorage');

export class ApiError extends Error {
    constructor(status, message, code) {
        super(message);
        this.status = status;
        this.code = code;
    }
}

/** Called when an answer says that nobody is signed in (any more). */
let on_locked = () => {};
export const when_locked = (f) => (on_locked = f);

export const signed_in = () => session.getItem(KEY) !== null;
export const sign_out = () => session.removeItem(KEY);

async function error_of(answer) {
    let error = {};
    try {
        const body = await answer.json();
        error = typeof body.error === 'string' ? { message: body.error } : (body.error ?? {});
    } catch {
        // no JSON: the status has to do
    }
    if (answer.status === 413) error.message = 'That is too much to be sent at once: 8 MB are the most.';
    return new ApiError(answer.status, error.message ?? `The service said ${answer.status}.`, error.code);
}

async function ask(path, body, signal) {
    const headers = {};
    const token = session.getItem(KEY);
    if (token) headers.authorization = `Bearer ${token}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    let answer;
    try {
        answer = await fetch(path, {
            method: body === undefined ? 'GET' : 'POST',
            headers,
            body: body === undefined ? undefined : JSON.stringify(body),
            signal,
            cache: 'no-store',
            credentials: 'omit',
            redirect: 'error',
            referrerPolicy: 'no-referrer',
        });
    } catch (e) {
        if (e.name === 'AbortError') throw e;
        throw new ApiError(0, 'The service does not answer. Is “ingle serve” still running?');
    }
    if (answer.status === 401 && path !== '/ingle/session') {
        sign_out();
        on_locked();
    }
    if (!answer.ok) throw await error_of(answer);
    return answer;
}

export const get = async (path, signal) => (await ask(path, undefined, signal)).json();
export const post = async (path, body, signal) => (await ask(path, body, signal)).json();

/** The events of a streamed answer: { event, data }, data being what the JSON says. */
export async function* stream(path, body, signal) {
    const answer = await ask(path, { ...body, stream: true }, signal);
    try {
        for await (const { event, data } of sse_events(answer)) {
            if (data === '[DONE]') return;
            const value = JSON.parse(data);
            if (value.error) throw new ApiError(500, value.error.message ?? String(value.error), value.error.code);
            yield { event, data: value };
        }
    } catch (e) {
        if (e instanceof ApiError || e.name === 'AbortError') throw e;
        throw new ApiError(0, 'The answer broke off: the service ended it or is gone.');
    }
}

/** Changes the key of a printed link, or the token, for a session of this tab. */
export async function sign_in(key) {
    const { token } = await post('/ingle/session', { key });
    session.setItem(KEY, token);
}

/** The key behind the '#' of the link, which leaves the address at once. */
export function take_key() {
    const found = /^#key=([0-9A-Za-z_-]+)$/.exec(location.hash);
    if (!found) return null;
    history.replaceState(null, '', location.pathname);
    return found[1];
}
