// A process of its own that asks a daemon how it is, over and over, so that what is measured is not how busy the others are.
// Argument: JSON of HealthOrder. Told to stop, it reports; it ends when its parent is gone.
import { RawWebSocket } from '../client/raw-web-socket.ts';
import type { HealthOrder, HealthTimes } from './health-watch.ts';

const { socketPath, pauseMs, patienceMs } = JSON.parse(process.argv[2]!) as HealthOrder;
const timesMs: number[] = [];
let answered = (): void => {};
let problem: string | undefined;
let stopped = false;

process.on('disconnect', () => process.exit());
process.on('message', () => {
  stopped = true;
});

const socket = new RawWebSocket(
  { socketPath, path: '/v1/ws' },
  {
    headBytes: (_, payloadBytes) => payloadBytes,
    onFrame: (_opcode, _bytes, head) => {
      if (head.includes('"command":"health_check"')) answered();
    },
    onClose: () => {
      problem ??= 'it closed the connection of the health checks';
      answered();
    },
  },
);
await socket.opened;
process.send!('ready');
while (!stopped && problem === undefined) {
  const askedMs = performance.now();
  const inTime = await new Promise<boolean>((resolve) => {
    const limit = setTimeout(resolve, patienceMs, false);
    answered = () => {
      clearTimeout(limit);
      resolve(true);
    };
    socket.sendText('{"type":"health_check"}');
  });
  timesMs.push(performance.now() - askedMs);
  if (!inTime) problem ??= `it did not answer a health check within ${patienceMs} ms`;
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
}
process.send!({ timesMs, problem } satisfies HealthTimes, () => process.exit());
