import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeTable } from '../test/fake-table.ts';
import { PtyLedger } from './pty-ledger.ts';

const BASH = { ptyId: 'pty-1', pid: 100, startTime: 7_000 };
const VIM = { ptyId: 'pty-2', pid: 200, startTime: 8_000 };

let path: string;
let table: FakeTable;
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'ledger-')), 'state', 'ptys');
  table = new FakeTable().add(process.pid, { startTime: 5_000 });
});
afterEach(() => rmSync(join(path, '..', '..'), { recursive: true }));

const open = () => PtyLedger.open(path, { processes: table });

/** Opens the ledger in a later run: another process has this one's pid. */
function openLater(): PtyLedger {
  const [own] = table.processes.splice(0, 1);
  table.processes.unshift({ ...own!, startTime: own!.startTime + 1_000 });
  return open();
}

test('what one run recorded and did not see end is told to the next', () => {
  const first = open();
  first.started(BASH);
  first.started(VIM);
  first.stopped('pty-1');
  const [run, ...more] = openLater().abandoned();
  expect(run).toEqual({ instanceId: first.instanceId, children: [VIM] });
  expect(more).toEqual([]);
});

test('a run whose process lives is not abandoned, so that two services may share a ledger', () => {
  const other = open();
  other.started(BASH);
  expect(open().abandoned()).toEqual([]);
  expect(other.abandoned()).toEqual([]);
});

test('a run whose process has ended and was not reaped is abandoned', () => {
  const ledger = open();
  ledger.started(BASH);
  table.processes = table.processes.map((found) => ({ ...found, state: 'Z' }));
  expect(ledger.abandoned()).toHaveLength(1);
});

test('runs that nobody could reconcile are kept over any number of later ones', () => {
  const ledgers = [BASH, VIM].map((child) => {
    const ledger = openLater();
    ledger.started(child);
    return ledger;
  });
  openLater();
  const runs = openLater().abandoned();
  expect(runs).toHaveLength(3);
  expect(runs).toEqual(
    expect.arrayContaining([
      { instanceId: ledgers[0]!.instanceId, children: [BASH] },
      { instanceId: ledgers[1]!.instanceId, children: [VIM] },
    ]),
  );
});

test('a forgotten child is gone, and with the last one its run', () => {
  const first = open();
  first.started(BASH);
  first.started(VIM);
  const ledger = openLater();
  const [run] = ledger.abandoned();
  ledger.forget(run!, [BASH]);
  expect(ledger.abandoned()).toEqual([{ ...run, children: [VIM] }]);
  ledger.forget(run!, [VIM]);
  ledger.forget(run!, [VIM]);
  expect(readdirSync(path)).toEqual([ledger.instanceId]);
});

test('runs before the last start of the machine are removed: nothing of them can be left', () => {
  open().started(BASH);
  table.bootId = 'second-boot';
  const ledger = openLater();
  expect(ledger.abandoned()).toEqual([]);
  expect(readdirSync(path)).toEqual([ledger.instanceId]);
});

test('every run has an id of its own, which its children carry', () => {
  const ledgers = [open(), open()];
  expect(ledgers[0]!.instanceId).not.toBe(ledgers[1]!.instanceId);
  expect(ledgers[0]!.environment).toEqual({ SESSIOND_INSTANCE: ledgers[0]!.instanceId });
});

test('nobody else can read what is recorded', () => {
  const ledger = open();
  ledger.started(BASH);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  expect(statSync(join(path, ledger.instanceId, '100.7000')).mode & 0o777).toBe(0o600);
});

test('it is as large as there are living children, however many there were', () => {
  const ledger = open();
  for (let pid = 1; pid <= 500; pid += 1) {
    ledger.started({ ptyId: `pty-${pid}`, pid, startTime: pid });
    if (pid > 3) ledger.stopped(`pty-${pid - 3}`);
  }
  expect(readdirSync(join(path, ledger.instanceId))).toHaveLength(3);
  expect(ledger.snapshot()).toEqual({ path, instanceId: ledger.instanceId, living: 3, failures: 0 });
});

test('closing leaves nothing, unless children are still recorded', () => {
  const ledger = open();
  ledger.started(BASH);
  ledger.close();
  expect(openLater().abandoned()).toEqual([{ instanceId: ledger.instanceId, children: [BASH] }]);
  ledger.stopped('pty-1');
  ledger.close();
  ledger.close();
  expect(existsSync(join(path, ledger.instanceId))).toBe(false);
});

describe('what is not of its making', () => {
  test('is left alone beside the runs, and in them', () => {
    const first = open();
    first.started(BASH);
    mkdirSync(join(path, 'not-a-run'));
    writeFileSync(join(path, 'notes.txt'), 'x');
    writeFileSync(join(path, first.instanceId, 'notes.txt'), 'y');
    const ledger = openLater();
    const [run] = ledger.abandoned();
    expect(run?.children).toEqual([BASH]);
    ledger.forget(run!, run!.children);
    expect(readdirSync(path)).toEqual(expect.arrayContaining(['not-a-run', 'notes.txt', first.instanceId]));
    expect(readFileSync(join(path, first.instanceId, 'notes.txt'), 'utf8')).toBe('y');
  });

  test('may stand in for a run: a file of that name has no children', () => {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'first-boot.1.2.0123abcd'), 'x');
    const ledger = open();
    expect(ledger.abandoned()).toEqual([{ instanceId: 'first-boot.1.2.0123abcd', children: [] }]);
    ledger.forget(ledger.abandoned()[0]!, []);
    expect(existsSync(join(path, 'first-boot.1.2.0123abcd'))).toBe(true);
  });

  test('is refused in place of the folder, and stays as it was', () => {
    mkdirSync(join(path, '..'));
    writeFileSync(path, 'mine');
    expect(open).toThrow(
      expect.objectContaining({ code: 'LEDGER_UNUSABLE', message: expect.stringContaining('Cannot open ledger') }),
    );
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });
});

test('a record whose content did not reach the disk still names the process', () => {
  const first = open();
  first.started(BASH);
  writeFileSync(join(path, first.instanceId, '100.7000'), '');
  expect(openLater().abandoned()[0]!.children).toEqual([{ ...BASH, ptyId: '' }]);
});

test('a child that cannot be recorded is told of and counted, and disturbs nobody, whatever the listener does', () => {
  const errors: Error[] = [];
  const ledger = PtyLedger.open(path, {
    processes: table,
    onError: (error) => {
      errors.push(error);
      throw new Error('listener');
    },
  });
  rmSync(path, { recursive: true });
  ledger.started(BASH);
  ledger.stopped('pty-1');
  expect(errors.map(({ message }) => message)).toEqual([expect.stringMatching(/^Cannot record PTY pty-1: ENOENT/)]);
  expect(ledger.snapshot()).toMatchObject({ living: 0, failures: 1 });
});

test('a child without a start time is not recorded: it could not be known again', () => {
  const ledger = open();
  ledger.started({ ...BASH, startTime: undefined });
  expect(ledger.snapshot().living).toBe(0);
});

test('where processes cannot be looked at, it stores nothing and knows of nobody', () => {
  table.readable = false;
  const ledger = open();
  ledger.started(BASH);
  expect(ledger.abandoned()).toEqual([]);
  ledger.close();
  expect(existsSync(path)).toBe(false);
});
