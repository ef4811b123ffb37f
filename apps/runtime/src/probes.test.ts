import { expect, it } from 'vitest';
import { createProbes, notReadyReasons } from './probes.ts';

it('is ready while it takes work and can record it, or need not', () => {
  expect(notReadyReasons({ isDraining: false, journalState: 'open' })).toEqual([]);
  expect(notReadyReasons({ isDraining: false, journalState: undefined })).toEqual([]);
});

it('is not ready while the journal cannot record, nor while it drains, and names each', () => {
  expect(notReadyReasons({ isDraining: false, journalState: 'failed' })).toEqual(['journal']);
  expect(notReadyReasons({ isDraining: true, journalState: 'closed' })).toEqual(['draining']);
  expect(notReadyReasons({ isDraining: true, journalState: 'failed' })).toEqual(['draining', 'journal']);
});

it('asks for the reasons at every call', () => {
  let reasons: string[] = [];
  const probes = createProbes('1.0.0', () => reasons);
  expect(probes.readiness()).toEqual({ status: 'ready', reasons: [] });
  reasons = ['journal'];
  expect(probes.readiness()).toEqual({ status: 'not-ready', reasons: ['journal'] });
  expect(probes.health()).toMatchObject({ status: 'alive', pid: process.pid, version: '1.0.0' });
});
