/** A daemon is killed with SIGKILL; the next run finds what it left behind, ends what is ours, and touches nobody else. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type OrphanReport, reconcileOrphans } from '../src/orphans.ts';
import { LinuxProcessTable, type ProcessInfo } from '../src/processes.ts';
import { PtyLedger, type RecordedChild } from '../src/pty-ledger.ts';
import { until } from './condition.ts';

const HOST = fileURLToPath(new URL('orphan-host.ts', import.meta.url));

/** Keeps a shell and whatever it starts from dying with its terminal, or of anything but SIGKILL. */
const STUBBORN = `trap '' HUP TERM;`;

const table = new LinuxProcessTable();
let folder: string;
let started: ProcessInfo[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orphans-'));
  started = [];
});

afterEach(async () => {
  const left = started.filter(isAlive);
  for (const { pid } of left) table.kill(pid, 'SIGKILL');
  await until(() => !left.some(isAlive), 'the end of what a test left running');
  rmSync(folder, { recursive: true });
});

const ledgerPath = () => join(folder, 'ptys');
const openLedger = () => PtyLedger.open(ledgerPath());

function isAlive({ pid, startTime }: ProcessInfo): boolean {
  const found = table.read(pid);
  return found?.startTime === startTime && found.state !== 'Z';
}

/** A process to look after: ended after the test if it is still there then. */
function watched(pid: number): ProcessInfo {
  const found = table.read(pid);
  if (found === undefined) throw new Error(`Cannot watch process ${pid}: it does not exist`);
  started.push(found);
  return found;
}

/** The process whose shell wrote its pid, then its readiness, to this file of the test's folder. */
async function announced(name: string): Promise<ProcessInfo> {
  const file = join(folder, name);
  await until(() => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'), `the pid of ${name}`);
  return watched(Number(readFileSync(file, 'utf8')));
}

const announce = (name: string) => `echo $$ > '${join(folder, name)}';`;

/** Runs scripts on terminals of a daemon; tells who they are once all have announced themselves as `0`, `1` … */
async function host(...scripts: readonly string[]) {
  const daemon = spawn(
    process.execPath,
    ['--conditions=@sessiond/source', '--import', 'tsx', HOST, ledgerPath(), ...scripts],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  watched(daemon.pid!);
  const [line] = (await once(daemon.stdout, 'data')) as [Buffer];
  const { instanceId, pids } = JSON.parse(line.toString()) as { instanceId: string; pids: number[] };
  return { daemon, instanceId, children: pids.map(watched) };
}

async function killed(daemon: ChildProcess): Promise<void> {
  daemon.kill('SIGKILL');
  await once(daemon, 'exit');
}

/** The pass of the next run. */
async function nextRun(gracePeriodMs = 300): Promise<OrphanReport> {
  const ledger = openLedger();
  const report = await reconcileOrphans(ledger, { gracePeriodMs });
  ledger.close();
  return report;
}

const reasonOf = (report: OrphanReport, { pid }: ProcessInfo) =>
  report.reported.find((each) => each.pid === pid)?.reason;

test('[FR-007-008] [B41] what carries our mark is ended: shells that ignore the hangup, and jobs whose shell has gone', async () => {
  const { daemon, children } = await host(
    `trap '' HUP; ${announce('shell')} while :; do sleep 60; done`,
    `nohup sh -c "echo \\$\\$ > '${join(folder, 'job')}'; exec sleep 60" > /dev/null & wait`,
    `set -m; ${STUBBORN} sh -c "echo \\$\\$ > '${join(folder, 'group')}'; while :; do sleep 60; done" & wait`,
  );
  const [shell, job, group] = await Promise.all(['shell', 'job', 'group'].map(announced));
  await killed(daemon);
  await until(() => !isAlive(children[1]!), 'the hangup of the second shell');
  expect([shell!, job!, group!].map(isAlive)).toEqual([true, true, true]);
  expect(group!.groupId).not.toBe(children[2]!.pid);

  const report = await nextRun();
  expect([...children, shell!, job!, group!].filter(isAlive)).toEqual([]);
  expect(report).toMatchObject({ reattached: 0, reported: [], readable: true });
  expect(report.found).toBeGreaterThanOrEqual(4);
  expect(report.terminated).toBe(report.found);
  expect(await nextRun()).toMatchObject({ found: 0, terminated: 0, reported: [] });
});

test('[FR-007-008] [B42] whoever does not prove to be ours is reported and untouched', async () => {
  const { daemon, children } = await host(
    `plain:trap '' HUP; ${announce('unmarked')} exec sleep 60`,
    `setsid sh -c "echo \\$\\$ > '${join(folder, 'escaped')}'; exec sleep 60" & wait`,
    `trap '' HUP; env -i sh -c "echo \\$\\$ > '${join(folder, 'blank')}'; exec sleep 60" & wait`,
  );
  const [unmarked, escaped, blank] = await Promise.all(['unmarked', 'escaped', 'blank'].map(announced));
  await killed(daemon);

  const report = await nextRun();
  expect([unmarked!, escaped!, blank!].map(isAlive)).toEqual([true, true, true]);
  expect(isAlive(children[2]!)).toBe(false);
  expect(reasonOf(report, unmarked!)).toBeUndefined();
  expect(reasonOf(report, escaped!)).toBe('unrecorded');
  expect(reasonOf(report, blank!)).toBe('unmarked');
  // Who is still in a recorded session is told again by every run, until nobody is.
  expect(reasonOf(await nextRun(), blank!)).toBe('unmarked');
  table.kill(blank!.pid, 'SIGKILL');
  await until(() => !isAlive(blank!), 'the end of the last one');
  await nextRun();
  expect((await nextRun()).reported).toEqual([]);
});

test('[FR-007-008] [B42] a stranger who has the recorded pid, but another start time, is untouched even with our mark', async () => {
  const { daemon, instanceId, children } = await host('exec sleep 60');
  await killed(daemon);
  await until(() => !isAlive(children[0]!), 'the hangup');
  const env = { ...process.env, SESSIOND_INSTANCE: instanceId };
  const stranger = spawn('sleep', ['60'], { detached: true, stdio: 'ignore', env });
  await once(stranger, 'spawn');
  const found = watched(stranger.pid!);
  const recorded: RecordedChild = { ptyId: 'pty-1', pid: found.pid, startTime: found.startTime - 1 };
  const ledger = {
    abandoned: () => [{ instanceId, children: [recorded] }],
    forget: () => {},
  };
  const report = await reconcileOrphans(ledger, { gracePeriodMs: 0 });
  expect(isAlive(found)).toBe(true);
  expect(report).toMatchObject({
    found: 0,
    terminated: 0,
    reported: [{ pid: found.pid, ptyId: 'pty-1', reason: 'pid-reused' }],
  });
  stranger.kill('SIGKILL');
  await once(stranger, 'exit');
});

test('[FR-007-008] children of a daemon that lives are not orphans', async () => {
  const { daemon, children } = await host('exec sleep 60');
  expect(await nextRun()).toMatchObject({ found: 0, terminated: 0, reported: [] });
  expect(children.every(isAlive)).toBe(true);
  await killed(daemon);
});

test('[SC-007-003] twenty-five shells that ignore everything but SIGKILL are ended together, when the grace is over', async () => {
  const names = Array.from({ length: 25 }, (_, index) => `stubborn-${index}`);
  const { daemon, children } = await host(
    ...names.map((name) => `${STUBBORN} ${announce(name)} while :; do sleep 60; done`),
  );
  await Promise.all(names.map(announced));
  await killed(daemon);
  const report = await nextRun(1_000);
  expect(children.filter(isAlive)).toEqual([]);
  expect(report.terminated).toBe(report.found);
  expect(report.found).toBeGreaterThanOrEqual(25);
  // How long it may take at most is told by the tests with a clock of their own: a busy machine takes its time to end a process.
  expect(report.tookMs).toBeGreaterThanOrEqual(1_000);
  console.log(`orphan pass: ${report.found} processes in ${Math.round(report.tookMs)} ms, grace 1,000 ms`);
});
