import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemorySink } from '@sessiond/metrics-sinks';
import { PipedProcesses, PtyManager } from '@sessiond/pty-core';
import pino from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Containment } from '../containment.ts';
import type { CommandFacts } from '../execution/command-tracer.ts';
import { Shells } from '../sessions/bash/shells.ts';
import { causeOf } from '../sessions/cause.ts';
import { LocalSessionHost } from '../sessions/local-session-host.ts';
import { unrecordedSessions } from '../sessions/session-record.ts';
import { Telemetry } from './telemetry.ts';

let dir: string;
let memory: MemorySink;
let telemetry: Telemetry;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sessiond-telemetry-'));
  memory = new MemorySink();
  telemetry = new Telemetry({ sink: memory, limits: { maxPtys: 5, idleTimeoutMs: null } });
});
afterEach(() => {
  telemetry.close();
  rmSync(dir, { recursive: true });
});

function values(name: string): Record<string, number> {
  const metric = memory.snapshot().find((each) => each.name === name);
  if (metric === undefined || metric.kind === 'histogram') throw new Error(`no values of ${name}`);
  return Object.fromEntries(metric.series.map(({ labels, value }) => [Object.values(labels).join(), value]));
}

const noConnections = {
  ...{ websocket: 0, unix: 0, stdio: 0 },
  ...{ bufferedBytes: 0, maxBufferedBytes: 0, unacknowledgedBytes: 0, windowBytes: 0 },
};

it('[M01] tells of listeners of terminals that fail, which nothing outside of the daemon can cause', async () => {
  const ptys = new PtyManager();
  const host = new LocalSessionHost({
    records: unrecordedSessions,
    restored: [],
    ...{ ptys, bufferBytes: 65_536, gracePeriodMs: 100, idleTimeoutMs: null, retentionMs: 1000, maxSessions: 5 },
    ...{ maxLifetimeMs: null, maxIdleMs: null, containment: new Containment(pino({ level: 'silent' })) },
    env: process.env,
    shells: new Shells({ processes: new PipedProcesses({ folder: dir }), maxCommands: 1, outputBytes: 1 }),
  });
  const admission = { limiters: [], bulkheads: [], breakers: [] };
  const store = { entries: 0, bytes: 0, evicted: 0 };
  const outcomes = { outcomes: store, keys: store, replays: { id: 0, key: 0 }, dependencyWaits: 0 };
  telemetry.watchServer(() => {
    const sessions = host.counts();
    return { sessions, connections: noConnections, commandsInFlight: 0, admission, outcomes, orphans: null };
  });
  expect(values('sessiond.pty.listener.failures')).toEqual({ '': 0 });
  ptys.onEvent(() => {
    throw new Error('a defect');
  });
  const { signal } = new AbortController();
  const request = { type: 'create_session', kind: 'pty', cwd: dir, pty: { command: 'true' } } as const;
  await host.create(request, causeOf('ada'), signal);
  expect(values('sessiond.pty.listener.failures')['']).toBeGreaterThan(0);
  expect(values('sessiond.session.count')).toEqual({ pty: 1, agent: 0 });
  await host.close(1000);
});

it('[M01] tells of a journal that cannot be written to, which takes a disk that is full', () => {
  let state: 'open' | 'failed' = 'open';
  telemetry.watchJournal(() => ({ state, entries: 3, bytes: 700, inFlight: 1, queuedBytes: 20 }));
  expect(values('sessiond.journal.failed')).toEqual({ '': 0 });
  expect(values('sessiond.journal.queued')).toEqual({ '': 20 });
  state = 'failed';
  telemetry.journal.batchFailed();
  expect(values('sessiond.journal.failed')).toEqual({ '': 1 });
  expect(values('sessiond.journal.failures')).toEqual({ '': 1 });
});

it('says every limit from the start, those that are off not at all', () => {
  expect(values('sessiond.limit')).toEqual({ maxPtys: 5 });
});

it('has every series of refusals from the start, so that the first one shows as a change', () => {
  expect(values('sessiond.auth.failures')).toEqual({
    credentials: 0,
    forbidden: 0,
    timeout: 0,
    provider: 0,
    scope: 0,
    origin: 0,
    limited: 0,
  });
  expect(values('sessiond.breaker.transitions')).toMatchObject({ 'spawn,global,closed,open': 0 });
  expect(values('sessiond.limiter.requests')).toMatchObject({ 'total,refused': 0, 'data,granted': 0 });
  expect(values('sessiond.breaker.calls')).toEqual({
    'spawn,success': 0,
    'spawn,failure': 0,
    'spawn,ignored': 0,
    'spawn,refused': 0,
    'bash,success': 0,
    'bash,failure': 0,
    'bash,ignored': 0,
    'bash,refused': 0,
    'provider,success': 0,
    'provider,failure': 0,
    'provider,ignored': 0,
    'provider,refused': 0,
  });
  telemetry.authFailed('scope');
  telemetry.admission.limiterDecided('total', 'refused');
  expect(values('sessiond.auth.failures')).toMatchObject({ scope: 1, origin: 0 });
  expect(values('sessiond.limiter.requests')).toMatchObject({ 'total,refused': 1, 'total,granted': 0 });
});

it('keeps the command, the code and both times apart', () => {
  telemetry.commands.commandStarted({ type: 'attach' } as CommandFacts, 250);
  telemetry.commands.commandFinished({ type: 'attach' }, 'OK', 1500);
  telemetry.commands.commandFinished({ type: 'attach' }, 'OK', 500);
  telemetry.commands.commandFinished({ type: 'attach' }, 'TIMEOUT', 10_000);
  telemetry.commands.messageRefused('unknown', 'INVALID_MESSAGE');
  const histograms = new Map(memory.snapshot().map((metric) => [metric.name, metric.series]));
  expect(histograms.get('sessiond.command.duration')).toMatchObject([
    { labels: { command: 'attach', code: 'OK' }, sum: 2, count: 2 },
    { labels: { command: 'attach', code: 'TIMEOUT' }, sum: 10, count: 1 },
    { labels: { command: 'unknown', code: 'INVALID_MESSAGE' }, sum: 0, count: 1 },
  ]);
  expect(histograms.get('sessiond.command.queue.wait')).toMatchObject([{ sum: 0.25, count: 1 }]);
});

it('reads nothing any more once it is closed', () => {
  let reads = 0;
  telemetry.watchRawTerminals(() => {
    reads += 1;
    return 3;
  });
  expect(values('sessiond.connection.count')).toEqual({ raw: 3 });
  telemetry.close();
  telemetry.close();
  memory.collect();
  expect(reads).toBe(1);
});
