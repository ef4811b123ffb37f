import { parentPort, workerData } from 'node:worker_threads';
import { RegexWindow } from './regex-window.ts';

const window = new RegexWindow(workerData as string);

parentPort!.on('message', ({ chunk, offset }: { chunk: Uint8Array; offset: number }) => {
  parentPort!.postMessage(window.scan(chunk, offset) ?? null);
});
