// A thread of bombs.mjs: a client whose answers take no time, unless the service is held up.
import { parentPort, workerData } from 'node:worker_threads';
import { client, sleep } from './hostile.mjs';

const mine = client(workerData, { 'user-agent': 'honest' });
const times = [];
let is_over = false;
parentPort.on('message', () => (is_over = true));
parentPort.postMessage('asks');
while (!is_over) {
    const answer = await mine.ask('/ingle/status');
    if (answer.status !== 200) throw new Error(answer.text);
    times.push(answer.ms);
    await sleep(2);
}
parentPort.postMessage(times);
parentPort.close();
mine.close();
