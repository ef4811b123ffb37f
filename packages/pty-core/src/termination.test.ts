import { describe, expect, test } from 'vitest';
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
  /** Ends a session whose processes disappear on the signal of this name. */
  async function end(gracePeriodMs: number, lastSignal: SignalName | undefined, leaderReaped = false) {
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
    const begun = performance.now();
    const ending = endSession(session, {
      grace: new Grace(gracePeriodMs, () => performance.now()),
      leaderExited,
      now: () => performance.now(),
      onSignal: (signal, delivered) => {
        told.push(`${signal} ${delivered}`);
        if (signal !== lastSignal) return;
        table.processes = [];
        session.leaderReaped();
        reaped();
      },
    });
    await ending;
    return { told, sent: table.sent, tookMs: performance.now() - begun };
  }

  test('stops at the signal that worked, and at once', async () => {
    const { told, sent, tookMs } = await end(10_000, 'SIGTERM');
    expect(told).toEqual(['SIGTERM true']);
    expect(sent.toSorted()).toEqual(['SIGTERM -100', 'SIGTERM -102']);
    expect(tookMs).toBeLessThan(2_000);
  });

  test('goes on to the next while somebody is left, also when the leader has gone before', async () => {
    const { told } = await end(60, 'SIGKILL', true);
    expect(told).toEqual(['SIGTERM true', 'SIGHUP true', 'SIGCONT true', 'SIGKILL true']);
  });

  test('gives up a second after SIGKILL, killing all the while', async () => {
    const { told, sent, tookMs } = await end(0, undefined);
    expect(told).toEqual(['SIGKILL true']);
    expect(sent.length).toBeGreaterThan(20);
    expect(tookMs).toBeGreaterThanOrEqual(990);
    expect(tookMs).toBeLessThan(4_000);
  });
});
