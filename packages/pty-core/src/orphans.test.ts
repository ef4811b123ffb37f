import { afterEach, describe, expect, test } from 'vitest';
import { FakeClock } from '../test/fake-clock.ts';
import { FakeTable, LEADER } from '../test/fake-table.ts';
import { InvalidOptionError } from './errors.ts';
import { type OrphanReport, reconcileOrphans } from './orphans.ts';
import { type AbandonedRun, INSTANCE_VARIABLE, type RecordedChild } from './pty-ledger.ts';

const RUN = 'boot.1.2.0123abcd';
const MARK = { [INSTANCE_VARIABLE]: RUN };
const CHILD: RecordedChild = { ptyId: 'pty-1', pid: LEADER, startTime: LEADER };

let waiting: FakeClock | undefined;
afterEach(() => expect(waiting?.waiting ?? 0).toBe(0));

/** Reconciles what this run left behind; tells the report, and which children were forgotten. */
async function reconcile(table: FakeTable, { children = [CHILD], gracePeriodMs = 1_000 } = {}) {
  const clock = new FakeClock();
  waiting = clock;
  const forgotten: RecordedChild[] = [];
  const ledger = {
    abandoned: () => [{ instanceId: RUN, children }],
    forget: (_run: AbandonedRun, ended: readonly RecordedChild[]) => {
      forgotten.push(...ended);
    },
  };
  let report: OrphanReport | undefined;
  const pass = reconcileOrphans(ledger, { processes: table, clock, gracePeriodMs }).then((result) => {
    report = result;
  });
  for (let ms = 0; ms < 10_000 && report === undefined; ms += 25) await clock.advance(25);
  await pass;
  return { report: report!, forgotten };
}

/** Adds processes that carry the mark. */
function marked(table: FakeTable, ...pids: number[]): FakeTable {
  for (const pid of pids) table.environments.set(pid, MARK);
  return table;
}

describe('[T009] [B41] processes that carry the proof', () => {
  test('are ended: the child, and what it started, each by its own pid', async () => {
    const table = marked(new FakeTable().add(LEADER).add(102, { group: 102 }), LEADER, 102);
    table.deadly.set(LEADER, 'SIGHUP').set(102, 'SIGTERM');
    const { report, forgotten } = await reconcile(table);
    expect(report).toMatchObject({ found: 2, reattached: 0, terminated: 2, reported: [], readable: true });
    expect(table.sent).toEqual(['SIGTERM 100', 'SIGTERM 102', 'SIGHUP 100']);
    expect(forgotten).toEqual([CHILD]);
  });

  test('are ended too when the child itself has gone', async () => {
    const table = marked(new FakeTable().add(102, { group: 102 }), 102);
    table.deadly.set(102, 'SIGTERM');
    expect((await reconcile(table)).report).toMatchObject({ found: 1, terminated: 1, reported: [] });
  });

  test('are ended also when they appear while others are being ended', async () => {
    const table = marked(new FakeTable().add(LEADER), LEADER, 103);
    table.deadly.set(LEADER, 'SIGHUP').set(103, 'SIGKILL');
    const kill = table.kill.bind(table);
    table.kill = (target, signal) => {
      if (signal === 'SIGHUP' && target === LEADER) table.add(103);
      return kill(target, signal);
    };
    const { report, forgotten } = await reconcile(table);
    expect(report).toMatchObject({ found: 2, terminated: 2, reported: [] });
    expect(forgotten).toEqual([CHILD]);
  });

  test('are all ended at the same time, and within the grace if they ignore everything', async () => {
    const table = new FakeTable();
    const children = Array.from({ length: 50 }, (_, index) => {
      const pid = 1_000 + index;
      marked(table.add(pid, { group: pid, session: pid }), pid).deadly.set(pid, 'SIGKILL');
      return { ptyId: `pty-${index}`, pid, startTime: pid };
    });
    const { report, forgotten } = await reconcile(table, { children });
    expect(report).toMatchObject({ found: 50, terminated: 50, reported: [] });
    expect(report.tookMs).toBe(1_000);
    expect(forgotten).toEqual(children);
  });

  test('stay in the ledger and are reported when not even SIGKILL ends them', async () => {
    const table = marked(new FakeTable().add(LEADER), LEADER);
    const { report, forgotten } = await reconcile(table);
    expect(report).toMatchObject({
      found: 1,
      terminated: 0,
      reported: [{ pid: LEADER, ptyId: 'pty-1', reason: 'survived' }],
    });
    expect(report.tookMs).toBeLessThanOrEqual(2_000);
    expect(forgotten).toEqual([]);
  });

  test('are waited for while they execute a program, and so tell nothing about themselves', async () => {
    const table = marked(new FakeTable().add(LEADER), LEADER, 103);
    table.deadly.set(LEADER, 'SIGTERM').set(103, 'SIGHUP');
    const kill = table.kill.bind(table);
    table.kill = (target, signal) => {
      if (target === LEADER) {
        table.add(103);
        table.betweenPrograms.add(103);
      }
      return kill(target, signal);
    };
    const looks: string[] = [];
    const variable = table.variable.bind(table);
    table.variable = (pid, name) => {
      if (pid === 103 && looks.push('') === 3) table.betweenPrograms.clear();
      return variable(pid, name);
    };
    const { report, forgotten } = await reconcile(table);
    expect(report).toMatchObject({ found: 2, terminated: 2, reported: [] });
    expect(table.sent).toEqual(['SIGTERM 100', 'SIGHUP 103']);
    expect(forgotten).toEqual([CHILD]);
  });

  test('stay ours whatever they execute later, as without any environment', async () => {
    const table = marked(new FakeTable().add(LEADER), LEADER);
    table.deadly.set(LEADER, 'SIGHUP');
    const kill = table.kill.bind(table);
    table.kill = (target, signal) => {
      table.environments.clear();
      return kill(target, signal);
    };
    expect((await reconcile(table)).report).toMatchObject({ found: 1, terminated: 1, reported: [] });
  });

  test('are not counted as ended when they moved to another session instead', async () => {
    const table = marked(new FakeTable().add(LEADER).add(102), LEADER, 102);
    table.deadly.set(LEADER, 'SIGTERM');
    const kill = table.kill.bind(table);
    table.kill = (target, signal) => {
      table.processes = table.processes.map((found) => (found.pid === 102 ? { ...found, sessionId: 102 } : found));
      return kill(target, signal);
    };
    const { report } = await reconcile(table);
    expect(report).toMatchObject({ found: 2, terminated: 1, reported: [{ pid: 102, reason: 'unrecorded' }] });
  });
});

describe('[B42] processes without the proof are reported and never signalled', () => {
  async function untouched(table: FakeTable): Promise<OrphanReport['reported']> {
    const { report } = await reconcile(table);
    expect(table.sent).toEqual([]);
    expect(report).toMatchObject({ found: 0, terminated: 0 });
    return report.reported;
  }

  test('without our mark, or with that of another run', async () => {
    const table = new FakeTable().add(LEADER).add(102).add(103);
    table.environments.set(102, {}).set(103, { [INSTANCE_VARIABLE]: 'boot.1.2.fedcba98' });
    expect(await untouched(table)).toEqual(
      [LEADER, 102, 103].map((pid) => ({ pid, ptyId: 'pty-1', reason: 'unmarked' })),
    );
  });

  test('whose environment cannot be read', async () => {
    const table = new FakeTable().add(LEADER);
    table.environments.set(LEADER, undefined);
    expect(await untouched(table)).toEqual([{ pid: LEADER, ptyId: 'pty-1', reason: 'unreadable' }]);
  });

  test('that never tell who they are, until the grace is over', async () => {
    const table = marked(new FakeTable().add(LEADER), LEADER);
    table.betweenPrograms.add(LEADER);
    expect(await untouched(table)).toEqual([{ pid: LEADER, ptyId: 'pty-1', reason: 'unreadable' }]);
  });

  test('that have the recorded pid and another start time, with all of their session, even with our mark', async () => {
    const table = marked(new FakeTable().add(LEADER, { startTime: 999 }).add(102), LEADER);
    expect(await untouched(table)).toEqual([{ pid: LEADER, ptyId: 'pty-1', reason: 'pid-reused' }]);
  });

  test('that carry our mark in a session nobody has recorded', async () => {
    const table = marked(new FakeTable().add(300, { group: 300, session: 300 }).add(301, { session: 301 }), 300);
    expect(await untouched(table)).toEqual([{ pid: 300, reason: 'unrecorded' }]);
  });

  test('and this process itself is not even reported when it was started from an orphaned terminal with setsid', async () => {
    const table = marked(new FakeTable().add(process.pid, { session: process.pid }), process.pid);
    expect(await untouched(table)).toEqual([]);
  });

  test('that share their session with this process, as when a daemon is started again in an orphaned shell', async () => {
    const table = marked(new FakeTable().add(LEADER).add(process.pid), LEADER, process.pid);
    expect(await untouched(table)).toEqual(
      [LEADER, process.pid].map((pid) => ({ pid, ptyId: 'pty-1', reason: 'own-session' })),
    );
  });

  test('whose pid changed hands between two looks', async () => {
    const table = marked(new FakeTable().add(LEADER).add(102), LEADER, 102);
    const members = table.sessionMembers(LEADER);
    table.processes = table.processes.filter(({ pid }) => pid !== 102);
    table.add(102, { session: 7, startTime: 999 });
    table.sessionMembers = () => members;
    table.deadly.set(LEADER, 'SIGTERM');
    await reconcile(table);
    expect(table.sent.filter((signal) => signal.endsWith(' 102'))).toEqual([]);
  });
});

test('a child stays in the ledger as long as anybody is in its session, and leaves it when its pid has a new owner', async () => {
  const table = new FakeTable().add(LEADER).add(200, { session: 200, startTime: 999 });
  const reused = { ptyId: 'pty-2', pid: 200, startTime: 200 };
  const gone = { ptyId: 'pty-3', pid: 300, startTime: 300 };
  expect((await reconcile(table, { children: [CHILD, reused, gone] })).forgotten).toEqual([reused, gone]);
});

test('with nobody left nothing is waited for', async () => {
  const { report, forgotten } = await reconcile(new FakeTable());
  expect(report).toEqual({ found: 0, reattached: 0, terminated: 0, reported: [], readable: true, tookMs: 0 });
  expect(forgotten).toEqual([CHILD]);
});

test('where processes cannot be looked at, nothing is found or forgotten, and the report says so', async () => {
  const table = marked(new FakeTable().add(LEADER), LEADER);
  table.readable = false;
  const { report, forgotten } = await reconcile(table);
  expect(report).toMatchObject({ found: 0, terminated: 0, reported: [], readable: false });
  expect([table.sent, forgotten]).toEqual([[], []]);
});

test('a grace with which the pass could take ten seconds is refused', async () => {
  const ledger = { abandoned: () => [], forget: () => {} };
  for (const gracePeriodMs of [-1, 8_001, Number.NaN]) {
    await expect(reconcileOrphans(ledger, { gracePeriodMs })).rejects.toThrow(InvalidOptionError);
  }
});
