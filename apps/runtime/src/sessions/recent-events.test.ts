import type { PtyEvent } from '@sessiond/protocol';
import { expect, it } from 'vitest';
import { RecentEvents } from './recent-events.ts';
import type { SessionEvent } from './session-host.ts';

function event(seq: number, type: PtyEvent['type'] = 'pty.resized'): SessionEvent {
  return { sessionId: 's', seq, timestamp: '2026-01-31T12:00:00.000Z', event: { type } as PtyEvent };
}

function numbers(log: RecentEvents, after: number): number[] {
  return log.after(after).map(({ seq }) => seq);
}

it('gives the events behind a number, in their order', () => {
  const log = new RecentEvents();
  expect(numbers(log, 0)).toEqual([]);
  for (const seq of [1, 2, 3]) log.add(event(seq));
  expect([numbers(log, 0), numbers(log, 2), numbers(log, 3)]).toEqual([[1, 2, 3], [3], []]);
});

it('remembers the last 64', () => {
  const log = new RecentEvents();
  for (let seq = 1; seq <= 100; seq++) log.add(event(seq));
  expect(numbers(log, 0)).toEqual(Array.from({ length: 64 }, (_, index) => index + 37));
});

it('does not let the flow of output, nor its pressure and loss, push out what cannot be told in another way', () => {
  const log = new RecentEvents();
  log.add(event(1, 'pty.spawned'));
  let seq = 1;
  for (let round = 0; round < 100; round++) {
    log.add(event(++seq, 'pty.output'));
    log.add(event(++seq, 'pty.backpressure.on'));
    log.add(event(++seq, 'pty.buffer.overflow'));
    log.add(event(++seq, 'pty.backpressure.off'));
  }
  log.add(event(++seq, 'pty.exited'));
  expect(numbers(log, 0)).toEqual([1, 402]);
});
