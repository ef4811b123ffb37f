import { describe, expect, test } from 'vitest';
import { FakeTable, LEADER } from '../test/fake-table.ts';
import { InvalidOptionError } from './errors.ts';
import { checkedSignal, ProcessSession, signalName } from './signals.ts';

describe('a signal to the child', () => {
  test('goes to its process group', () => {
    const table = new FakeTable().add(LEADER);
    expect(new ProcessSession(LEADER, table).signalLeaderGroup('SIGINT')).toBe(true);
    expect(table.sent).toEqual(['SIGINT -100']);
  });

  test('goes to its pid as long as it does not lead a group', () => {
    const table = new FakeTable().add(LEADER, { group: 1, session: 1 });
    table.missing.add(-LEADER);
    const session = new ProcessSession(LEADER, table);
    expect(session.signalLeaderGroup('SIGTERM')).toBe(true);
    expect(session.signalAll('SIGTERM')).toBe(true);
    expect(table.sent).toEqual(['SIGTERM 100', 'SIGTERM 100']);
  });

  test('[B34] is not sent once the child was reaped', () => {
    const table = new FakeTable().add(LEADER);
    const session = new ProcessSession(LEADER, table);
    session.leaderReaped();
    expect(session.signalLeaderGroup('SIGTERM')).toBe(false);
    expect(table.sent).toEqual([]);
  });

  test('[B34] is not sent to a stranger who got the pid before we heard of the reaping', () => {
    const table = new FakeTable().add(LEADER);
    const session = new ProcessSession(LEADER, table);
    table.processes = [];
    table.add(LEADER, { startTime: 999 });
    expect(session.signalLeaderGroup('SIGTERM')).toBe(false);
    expect(session.signalAll('SIGKILL')).toBe(false);
    expect(table.sent).toEqual([]);
  });

  test('[B34] is not sent when the child had been reaped before it could be looked at', () => {
    const table = new FakeTable();
    const session = new ProcessSession(LEADER, table);
    table.add(LEADER);
    expect(session.signalLeaderGroup('SIGTERM')).toBe(false);
    expect(session.members()).toEqual([]);
  });

  test('goes out unchecked on systems whose processes cannot be read', () => {
    const table = new FakeTable();
    table.readable = false;
    const session = new ProcessSession(LEADER, table);
    expect(session.signalAll('SIGTERM')).toBe(true);
    expect(table.sent).toEqual(['SIGTERM -100']);
    session.leaderReaped();
    expect(session.signalAll('SIGTERM')).toBe(false);
  });
});

describe('a signal to the whole session', () => {
  test('goes once to every group', () => {
    const table = new FakeTable().add(LEADER).add(101).add(102, { group: 102 }).add(103, { group: 102 });
    expect(new ProcessSession(LEADER, table).signalAll('SIGKILL')).toBe(true);
    expect(table.sent.toSorted()).toEqual(['SIGKILL -100', 'SIGKILL -102']);
  });

  test('reaches jobs that outlive the child, in its group and in others', () => {
    const table = new FakeTable().add(LEADER).add(101).add(102, { group: 102 });
    const session = new ProcessSession(LEADER, table);
    table.processes = table.processes.filter(({ pid }) => pid !== LEADER);
    session.leaderReaped();
    expect(session.signalAll('SIGTERM')).toBe(true);
    expect(table.sent.toSorted()).toEqual(['SIGTERM -100', 'SIGTERM -102']);
  });

  test('[B34] does not reach the session of a stranger who got the pid', () => {
    const table = new FakeTable().add(LEADER);
    const session = new ProcessSession(LEADER, table);
    session.leaderReaped();
    table.processes = [];
    table.add(LEADER, { startTime: 999 }).add(500, { group: 500 });
    expect(session.members()).toEqual([]);
    expect(session.signalAll('SIGKILL')).toBe(false);
    expect(table.sent).toEqual([]);
  });

  test('reaches jobs also when the table, a moment old, still lists the child that was reaped', () => {
    const table = new FakeTable().add(LEADER).add(102, { group: 102 });
    const session = new ProcessSession(LEADER, table);
    session.leaderReaped();
    expect(session.isEmpty()).toBe(false);
    expect(session.signalAll('SIGKILL')).toBe(true);
    expect(table.sent).toContain('SIGKILL -102');
  });

  test('does not reach other sessions', () => {
    const table = new FakeTable().add(LEADER).add(200, { group: 200, session: 200 });
    new ProcessSession(LEADER, table).signalAll('SIGTERM');
    expect(table.sent).toEqual(['SIGTERM -100']);
  });
});

test('a session is empty when its leader and everybody else are gone, or are zombies', () => {
  const table = new FakeTable().add(LEADER).add(101);
  const session = new ProcessSession(LEADER, table);
  expect(session.isEmpty()).toBe(false);
  table.processes = [{ ...table.processes[0]!, state: 'Z', sessionId: 0 }];
  expect(session.isEmpty()).toBe(true);
});

test('signal names of the system are accepted, anything else is named as wrong', () => {
  expect(checkedSignal('SIGWINCH')).toBe('SIGWINCH');
  for (const name of ['TERM', 'SIGNOTHING', '', 'toString', '15']) {
    expect(() => checkedSignal(name)).toThrow(InvalidOptionError);
  }
});

test('signal numbers become names', () => {
  expect([1, 6, 9, 11, 15].map(signalName)).toEqual(['SIGHUP', 'SIGABRT', 'SIGKILL', 'SIGSEGV', 'SIGTERM']);
  expect(signalName(40)).toBe('SIG40');
});
