/** A small version of the stress run: a child that prints faster than anybody reads. */
import { describe, expect, test } from 'vitest';
import type { OutputReader, Pty, PtyEvent } from '../src/index.ts';
import { Terminals } from './terminals.ts';

const terminals = new Terminals();

/** Several times what the largest ring holds. */
const PRINTED = 3_000_000;
/** The terminal sends a CR before every LF, and `yes` prints lines of two bytes. */
const RECEIVED = (PRINTED / 2) * 3;
const MIB = 1024 * 1024;

type Pace = 'fast' | 'slow' | 'stalled' | 'absent';

interface Taken {
  bytes: number;
  missing: number;
}

/** Takes at most so much of what is there. */
function take(reader: OutputReader, taken: Taken, maxBytes: number): void {
  for (let left = maxBytes; left > 0; ) {
    const chunk = reader.next(left);
    if (chunk === undefined || chunk.kind === 'end') return;
    if (chunk.kind === 'gap') taken.missing += chunk.to - chunk.from;
    else {
      taken.bytes += chunk.bytes.length;
      left -= chunk.bytes.length;
    }
    reader.acknowledge(reader.offset);
  }
}

function read(pty: Pty, pace: Pace): { readonly taken: Taken; readonly reader?: OutputReader; stop(): void } {
  const taken: Taken = { bytes: 0, missing: 0 };
  if (pace === 'absent') return { taken, stop: () => {} };
  const reader = pty.output.openReader('start', () => {
    if (pace === 'fast') take(reader, taken, Number.MAX_SAFE_INTEGER);
  });
  const timer = setInterval(() => {
    if (pace === 'slow') take(reader, taken, 8_192);
  }, 5);
  return { taken, reader, stop: () => clearInterval(timer) };
}

/** The most processor time that passed between two timers while something ran, in milliseconds: how late our own turns made them. */
function longestTurn(): { stop(): number } {
  let worst = 0;
  let before = process.cpuUsage();
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(before);
    before = process.cpuUsage();
    worst = Math.max(worst, (user + system) / 1_000);
  }, 5);
  return {
    stop: () => {
      clearInterval(timer);
      return worst;
    },
  };
}

describe('[B40] [T017] [NFR-007-004] `yes | head` through a ring', () => {
  const paces: readonly Pace[] = ['fast', 'slow', 'stalled', 'absent'];
  const cases = [0, 16_384, MIB / 4, MIB].flatMap((capacity) => paces.map((pace) => ({ capacity, pace })));

  test.each(cases)(
    'of $capacity bytes with a reader that is $pace: the ceiling holds, the sums agree',
    async ({ capacity, pace }) => {
      const events: PtyEvent[] = [];
      const stopListening = terminals.manager.onEvent((event) => events.push(event));
      const pty = terminals.sh(`yes | head -c ${PRINTED}`, { bufferBytes: capacity });
      let most = 0;
      pty.output.openReader('start', () => (most = Math.max(most, pty.output.end - pty.output.start)), {
        passive: true,
      });
      const { taken, reader, stop } = read(pty, pace);
      const turns = longestTurn();
      await pty.stopped;
      const worstTurnMs = turns.stop();
      stop();
      stopListening();

      const { totalWritten, totalDropped, currentUtilization } = pty.output.stats();
      expect(totalWritten).toBe(RECEIVED);
      expect(most).toBeLessThanOrEqual(capacity);
      const waiting = totalWritten - totalDropped - taken.bytes;
      expect(waiting).toBeLessThanOrEqual(capacity);
      expect(currentUtilization * capacity).toBeCloseTo(waiting, 3);
      if (reader !== undefined) {
        take(reader, taken, Number.MAX_SAFE_INTEGER);
        expect(taken.bytes + taken.missing).toBe(RECEIVED);
        expect(taken.missing).toBe(totalDropped);
      }
      const losses = events.flatMap((event) => (event.type === 'pty.buffer.overflow' ? [event] : []));
      const lost = losses.reduce((sum, { droppedBytesSinceLastEvent }) => sum + droppedBytesSinceLastEvent, 0);
      expect(lost).toBe(totalDropped);
      const seconds = losses.length === 0 ? 0 : (losses.at(-1)!.timestamp - losses[0]!.timestamp) / 1_000;
      expect(losses.length).toBeLessThanOrEqual(Math.floor(seconds) + 2);
      // Our own turns are below a millisecond; the collector of this process may add to one.
      expect(worstTurnMs).toBeLessThan(250);
    },
  );
});
