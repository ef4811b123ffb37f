import type { AbandonedRun, OrphanReport, PtyLedger } from '@sessiond/pty-core';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { OrphanPass } from './orphan-pass.ts';

/** A pass over a ledger that finds these runs. */
function passOver(abandoned: () => readonly AbandonedRun[]) {
  const lines: { level: number; msg: string; event?: string }[] = [];
  const reports: OrphanReport[] = [];
  const logger = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const ledger = { abandoned, forget: () => {} } as unknown as PtyLedger;
  const pass = new OrphanPass({ ledger, logger, onReport: (report) => void reports.push(report) });
  return { pass, lines, reports };
}

it('is well before it is over, and has no numbers yet', () => {
  const { pass } = passOver(() => []);
  const message = expect.stringContaining('are being looked for');
  expect(pass.health()).toMatchObject({ name: 'orphans', status: 'ok', message });
  expect(pass.counts()).toBeNull();
});

it('says in every place that there was nothing', async () => {
  const { pass, lines, reports } = passOver(() => []);
  await pass.run();
  expect(lines).toMatchObject([{ level: 30, event: 'orphans', msg: 'Earlier runs left no programs behind' }]);
  expect(reports).toMatchObject([{ found: 0, reattached: 0, terminated: 0, reported: [] }]);
  expect(pass.health()).toEqual({ name: 'orphans', status: 'ok', message: 'Earlier runs left no programs behind' });
  expect(pass.counts()).toEqual({ found: 0, reattached: 0, terminated: 0, reported: 0 });
});

it('warns of what was left alone, which is no defect of the daemon', async () => {
  const instanceId = 'run';
  // The number of this very process belongs to somebody who started at another time than the record says.
  const { pass, lines } = passOver(() => [{ instanceId, children: [{ ptyId: 'p', pid: process.pid, startTime: 1 }] }]);
  await pass.run();
  expect(lines).toMatchObject([
    { level: 40, found: 0, reported: [{ pid: process.pid, ptyId: 'p', reason: 'pid-reused' }] },
  ]);
  expect(pass.health()).toMatchObject({ status: 'ok', message: expect.stringContaining('left 1 alone') });
});

it('is told as degraded when it cannot look, and disturbs nothing else', async () => {
  const { pass, lines, reports } = passOver(() => {
    throw new Error('broken disk');
  });
  await pass.run();
  expect(lines).toMatchObject([{ level: 50, event: 'orphans', err: { message: 'broken disk' } }]);
  expect([reports, pass.counts()]).toEqual([[], null]);
  expect(pass.health()).toMatchObject({ status: 'degraded' });
  const without = new OrphanPass({ ledger: undefined, logger: pino({ enabled: false }), onReport: () => {} });
  await without.run();
  expect(without.health()).toMatchObject({ status: 'degraded', message: expect.stringContaining('no ledger') });
});
