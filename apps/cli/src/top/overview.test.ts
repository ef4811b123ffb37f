import { expect, it } from 'vitest';
import { CAPTURED_AT, fakeSample, metric } from '../../test/fake-sample.ts';
import { overviewOf } from './overview.ts';

const rate = (name: string, perSecond: number) => ({ name, bytesPerSecond: perSecond });

it('knows no rate from one sample, nor from two of the same moment', () => {
  const sample = fakeSample({ sessions: [{ end: 500 }], metrics: [metric('sessiond.pty.dropped', 7)] });
  for (const overview of [overviewOf(sample, undefined), overviewOf(sample, sample)]) {
    expect(overview).toMatchObject({ commandsPerSecond: null, droppedBytesPerSecond: null, droppedBytes: 7 });
    expect(overview.sessions[0]?.bytesPerSecond).toBeNull();
  }
});

it('takes rates from the clock of the daemon, whenever the samples arrived', () => {
  const earlier = fakeSample({
    uptimeMs: 1_000,
    sessions: [{ sessionId: 'a', end: 100 }],
    metrics: [
      metric('process.cpu.time', 1, { 'cpu.mode': 'user' }),
      metric('process.cpu.time', 1, { 'cpu.mode': 'system' }),
      metric('sessiond.command.duration', 0.1, { command: 'attach' }, 10),
      metric('sessiond.pty.io', 100, { direction: 'read' }),
      metric('sessiond.pty.io', 5_000, { direction: 'write' }),
    ],
  });
  const current = fakeSample({
    uptimeMs: 1_500,
    sessions: [{ sessionId: 'a', end: 350 }],
    metrics: [
      metric('process.cpu.time', 1.1, { 'cpu.mode': 'user' }),
      metric('process.cpu.time', 1.15, { 'cpu.mode': 'system' }),
      metric('sessiond.command.duration', 0.1, { command: 'attach' }, 12),
      metric('sessiond.command.duration', 0.1, { command: 'input' }, 3),
      metric('sessiond.pty.io', 350, { direction: 'read' }),
      metric('sessiond.pty.io', 9_000, { direction: 'write' }),
    ],
  });
  const overview = overviewOf(current, earlier);
  expect(overview).toMatchObject({ commandsPerSecond: 10, outputBytesPerSecond: 500 });
  expect(overview.processorShare).toBeCloseTo(0.5);
  expect(overview.sessions[0]?.bytesPerSecond).toBe(500);
});

it('follows streams, not ids: a new session of an id that was used begins at nothing', () => {
  const earlier = fakeSample({ uptimeMs: 0, sessions: [{ sessionId: 'a', name: 'a', streamId: 'one', end: 9_000 }] });
  const current = fakeSample({
    uptimeMs: 2_000,
    sessions: [
      { sessionId: 'a', name: 'a', streamId: 'two', end: 400 },
      { sessionId: 'b', name: 'b', streamId: 'three', end: 100 },
    ],
  });
  expect(overviewOf(current, earlier).sessions).toMatchObject([rate('a', 200), rate('b', 50)]);
});

it('never shows a rate below zero, and no rate across a restart', () => {
  const before = fakeSample({ uptimeMs: 90_000, metrics: [metric('sessiond.pty.dropped', 900)] });
  const restarted = fakeSample({ uptimeMs: 1_000, metrics: [metric('sessiond.pty.dropped', 0)] });
  expect(overviewOf(restarted, before).droppedBytesPerSecond).toBeNull();
  const later = fakeSample({ uptimeMs: 91_000, metrics: [metric('sessiond.pty.dropped', 0)] });
  expect(overviewOf(later, before).droppedBytesPerSecond).toBe(0);
});

it('shows a session with what is known of it', () => {
  const lastOutputAt = new Date(Date.parse(CAPTURED_AT) - 1_500).toISOString();
  const stats = { totalWritten: 2_600, totalDropped: 200, currentUtilization: 1, overflowEvents: 2 };
  const session = { name: 'n', pid: 7, start: 2_000, end: 2_600, bufferBytes: 1_000, attached: 3, stats, lastOutputAt };
  const [row, other] = overviewOf(fakeSample({ sessions: [session, {}] }), undefined).sessions;
  expect(row).toEqual({
    sessionId: 's0',
    name: 'n',
    owner: 'owner',
    state: 'active',
    attached: 3,
    bytesPerSecond: null,
    totalBytes: 2_600,
    bufferShare: 0.6,
    droppedBytes: 200,
    idleMs: 1_500,
    pid: 7,
  });
  expect(other).toMatchObject({ name: null, idleMs: null, pid: null, bufferShare: 0 });
});

it('shows the event loop in milliseconds, and what the daemon says of its journal', () => {
  const metrics = [metric('nodejs.eventloop.delay.p50', 0.0002), metric('nodejs.eventloop.delay.p99', 0.02)];
  const checks = [{ name: 'journal', status: 'ok', message: 'in step' }] as const;
  expect(overviewOf(fakeSample({ metrics, checks }), undefined)).toMatchObject({
    loopDelayMs: { p50: 0.2, p99: 20 },
    journal: 'in step',
  });
  expect(overviewOf(fakeSample(), undefined).journal).toBeNull();
});

it('names what is not at rest, and nothing else', () => {
  const refused = (limiter: string, value: number) =>
    metric('sessiond.limiter.requests', value, { limiter, decision: 'refused' });
  const admission = {
    limiters: [
      { name: 'control', limitPerMinute: 1_000, keys: 1, generation: 1 },
      { name: 'total', limitPerMinute: null, keys: 1, generation: 1 },
    ],
    bulkheads: [
      { name: 'commands', limit: 1_000, usage: 799, waiting: 0 },
      { name: 'principal', limit: 100, usage: 80, waiting: 0 },
      { name: 'lane', limit: 1, usage: 5, waiting: 2 },
    ],
    breakers: [
      { name: 'spawn', state: 'open', keys: 3, openKeys: 2, retryAfterMs: 12_000 },
      { name: 'bash', state: 'closed', keys: 1, openKeys: 0, retryAfterMs: null },
      { name: 'other', state: 'halfOpen', keys: 0, openKeys: 0, retryAfterMs: null },
    ],
  } as const;
  const checks = [
    { name: 'sessions', status: 'ok' },
    { name: 'alerts', status: 'degraded', message: 'one fires' },
  ] as const;
  const given = { checks, admission };
  const earlier = fakeSample({ ...given, uptimeMs: 0, metrics: [refused('control', 5), refused('total', 5)] });
  const current = fakeSample({ ...given, uptimeMs: 2_000, metrics: [refused('control', 11), refused('total', 5)] });
  expect(overviewOf(current, earlier).unrest).toEqual([
    'alerts is degraded: one fires',
    'breaker spawn is open for everybody; the next try is in 12 s',
    'breaker spawn is open for 2 of 3 keys',
    'breaker other tries whether it is over',
    'limiter control refuses 3.0 commands/s',
    'bulkhead principal has 80 of 100 places taken',
    'bulkhead lane keeps 2 commands waiting',
  ]);
  expect(overviewOf(fakeSample(), fakeSample({ uptimeMs: 0 })).unrest).toEqual([]);
});
