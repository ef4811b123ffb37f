import { describe, expect, test } from 'vitest';
import { FakeClock } from '../test/fake-clock.ts';
import { FakeTable, LEADER } from '../test/fake-table.ts';
import { ProcessSession, type SignalName } from './signals.ts';
import { endSession, Grace, terminationPlan } from './termination.ts';

test('[FR-007-007] SIGTERM, then what interactive shells and stopped jobs need, then SIGKILL when the grace is over', () => {
  expect(terminationPlan(5_000)).toEqual([
    { atMs: 0, signals: ['SIGTERM'] },
    { atMs: 250, signals: ['SIGHUP', 'SIGCONT'] },
    { atMs: 5_000, signals: ['SIGKILL'] },
  ]);
});

test('a short grace is halved', () => {
  expect(terminationPlan(100).map(({ atMs }) => atMs)).toEqual([0, 50, 100]);
});

test('[B33] no grace means SIGKILL at once', () => {
  expect(terminationPlan(0)).toEqual([{ atMs: 0, signals: ['SIGKILL'] }]);
});

describe('ending a session', () => {
  /** Ends a session whose processes disappear on the signal of this name; tells what was sent and when. */
  async function end(gracePeriodMs: number, lastSignal: SignalName | undefined, leaderReaped = false) {
    const clock = new FakeClock();
    const table = new FakeTable().add(LEADER).add(102, { group: 102 });
    const session = new ProcessSession(LEADER, table);
    if (leaderReaped) {
      table.processes.shift();
      session.leaderReaped();
    }
    let reaped!: () => void;
    const leaderExited = new Promise<void>((resolve) => {
      reaped = resolve;
    });
    const told: string[] = [];
    const grace = new Grace(gracePeriodMs, clock);
    let endedAt: number | undefined;
    const ending = endSession(session, {
      grace,
      leaderExited,
      clock,
      onSignal: (signal, delivered) => {
        told.push(`${clock.now()} ${signal} ${delivered}`);
        if (signal !== lastSignal) return;
        table.processes = [];
        session.leaderReaped();
        reaped();
      },
    }).then(() => {
      endedAt = clock.now();
    });
    return { clock, grace, told, sent: table.sent, ending, endedAt: () => endedAt };
  }

  test('stops at the signal that worked, and at once', async () => {
    const { clock, told, sent, endedAt } = await end(10_000, 'SIGTERM');
    await clock.advance(0);
    expect(told).toEqual(['0 SIGTERM true']);
    expect(sent.toSorted()).toEqual(['SIGTERM -100', 'SIGTERM -102']);
    expect(endedAt()).toBe(0);
    expect(clock.waiting).toBe(0);
  });

  test('goes on to the next while somebody is left, each at its time, also when the leader has gone before', async () => {
    for (const leaderReaped of [false, true]) {
      const { clock, told } = await end(1_000, 'SIGKILL', leaderReaped);
      await clock.advance(999);
      expect(told).toEqual(['0 SIGTERM true', '250 SIGHUP true', '250 SIGCONT true']);
      await clock.advance(1);
      expect(told.at(-1)).toBe('1000 SIGKILL true');
    }
  });

  test('kills sooner when the patience becomes shorter, never later', async () => {
    const { clock, grace, told } = await end(10_000, 'SIGKILL');
    await clock.advance(300);
    grace.shorten(60_000);
    grace.shorten(100);
    await clock.advance(99);
    expect(told).toHaveLength(3);
    await clock.advance(1);
    expect(told.at(-1)).toBe('400 SIGKILL true');
  });

  test('gives up a second after SIGKILL, killing all the while', async () => {
    const { clock, told, sent, endedAt } = await end(0, undefined);
    await clock.advance(999);
    expect(endedAt()).toBeUndefined();
    await clock.advance(1);
    expect(endedAt()).toBe(1_000);
    expect(told).toEqual(['0 SIGKILL true']);
    expect(sent.length).toBeGreaterThan(20);
    expect(clock.waiting).toBe(0);
  });
});
