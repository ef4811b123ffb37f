// A process of its own with all clients of the soak but those that are timed. Argument: JSON of ClientsOrder. Told to stop, it has all
// sessions end, reads what is left, and reports; it ends when its parent is gone.
import { Random } from '../random.ts';
import { abort } from './aborter.ts';
import type { ClientsOrder, ClientsReport } from './clients.ts';
import { Reader } from './reader.ts';

const { port, seed, script, sumDirectory, losslessSessions, lossySessions, aborters } = JSON.parse(
  process.argv[2]!,
) as ClientsOrder;
let stopped = false;
const isOver = (): boolean => stopped;

process.on('disconnect', () => process.exit());
process.on('message', () => {
  stopped = true;
});

const [readers, aborted] = await Promise.all([
  Promise.all(
    Array.from({ length: losslessSessions + lossySessions }, (_, index) => {
      const sessionId = `soak-${index}`;
      const random = new Random(seed + index);
      const lossless = index < losslessSessions;
      return new Reader({
        port,
        sessionId,
        script,
        sumFile: `${sumDirectory}/${sessionId}.sum`,
        lossless,
        random,
      }).run(isOver);
    }),
  ),
  Promise.all(
    Array.from({ length: aborters }, (_, index) =>
      abort({ port, sessionId: `abort-${index}`, random: new Random(seed - 1 - index), isOver }),
    ),
  ),
]);
process.send!({ readers, aborters: aborted } satisfies ClientsReport, () => process.exit());
