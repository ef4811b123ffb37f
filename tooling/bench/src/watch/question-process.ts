// A process of its own that asks a daemon the same question over and over, so that what is measured is not how busy the others are.
// Argument: JSON of QuestionOrder. Told to stop, it reports; it ends when its parent is gone.
import { RawWebSocket } from '../client/raw-web-socket.ts';
import type { AnswerTimes, QuestionOrder } from './question-watch.ts';

const { socketPath, command, pauseMs, patienceMs } = JSON.parse(process.argv[2]!) as QuestionOrder;
const timesMs: number[] = [];
let answered = (): void => {};
let problem: string | undefined;
let stopped = false;

process.on('disconnect', () => process.exit());
process.on('message', () => {
  stopped = true;
});

const question = JSON.stringify(command);
const mark = `"command":"${command.type}","success":true`;
const socket = new RawWebSocket(
  { socketPath, path: '/v1/ws' },
  {
    headBytes: (_, payloadBytes) => payloadBytes,
    onFrame: (_opcode, _bytes, head) => {
      if (!head.includes('"type":"response"')) return;
      if (!head.includes(mark)) problem ??= `it answered ${head.toString()}`;
      answered();
    },
    onClose: () => {
      problem ??= 'it closed the connection';
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
    socket.sendText(question);
  });
  timesMs.push(performance.now() - askedMs);
  if (!inTime) problem ??= `it did not answer ${command.type} within ${patienceMs} ms`;
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
}
process.send!({ timesMs, problem } satisfies AnswerTimes, () => process.exit());
