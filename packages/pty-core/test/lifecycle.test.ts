/** The life of a PTY as its owner is told of it: which command caused what, whose it is, and what is known afterwards. */
import { describe, expect, test } from 'vitest';
import { childEnvironment, type PtyEvent, PtyManager } from '../src/index.ts';
import { until } from './condition.ts';
import { FakeClock } from './fake-clock.ts';
import { ENVIRONMENT, Terminals } from './terminals.ts';
import { Transcript } from './transcript.ts';

const terminals = new Terminals();

/** Every event as `type`, with its state or signal, and the command that caused it. */
function told(events: readonly PtyEvent[]): string[] {
  return events
    .filter(({ type }) => type !== 'pty.output')
    .map((event) => {
      const detail = event.type === 'pty.state.changed' ? event.to : event.type;
      const signal = event.type === 'pty.signal.delivered' ? ` ${event.signal} ${event.outcome}` : '';
      return `${detail}${signal} by ${event.correlationId}`;
    });
}

describe('[B36] [FR-007-006] [SC-007-004] every event names the command that caused it', () => {
  test('through a whole life, from the first transition to the last', async () => {
    const events: PtyEvent[] = [];
    const stopListening = terminals.manager.onEvent((event) => events.push(event));
    const pty = terminals.sh('trap "" TERM HUP; echo ready; while :; do sleep 0.05; done', { correlationId: 'create' });
    await new Transcript(pty.output).shows('ready');
    pty.resize(100, 30, { correlationId: 'resize' });
    pty.signal('SIGCONT', { correlationId: 'signal' });
    await pty.terminate({ gracePeriodMs: 80, correlationId: 'terminate' });
    stopListening();
    expect(told(events)).toEqual([
      'spawning by create',
      'active by create',
      'pty.spawned by create',
      'pty.resized by resize',
      'pty.signal.delivered SIGCONT delivered by signal',
      'pty.terminating by terminate',
      'pty.signal.delivered SIGTERM delivered by terminate',
      'pty.signal.delivered SIGHUP escalated by terminate',
      'pty.signal.delivered SIGCONT escalated by terminate',
      'pty.signal.delivered SIGKILL escalated by terminate',
      'pty.force_killed by terminate',
      'pty.exited by terminate',
      'stopped by terminate',
      'pty.stopped by terminate',
    ]);
    for (const event of events) {
      expect(event).toMatchObject({ ptyId: pty.id, laneId: 'default', sessionId: pty.id, terminalId: pty.id });
    }
  });

  test('and none where a child did it by itself', async () => {
    const events: PtyEvent[] = [];
    terminals.manager.onEvent((event) => events.push(event));
    await terminals.sh('exit 3', { correlationId: 'create' }).stopped;
    expect(told(events).slice(3)).toEqual([
      'pty.exited by undefined',
      'errored by undefined',
      'stopped by undefined',
      'pty.stopped by undefined',
    ]);
  });

  test('also when the spawn fails', () => {
    const events: PtyEvent[] = [];
    terminals.manager.onEvent((event) => events.push(event));
    expect(() => terminals.spawn('no-such-command', [], { correlationId: 'create', ptyId: 'p' })).toThrow();
    expect(told(events)).toEqual(['spawning', 'errored', 'pty.error', 'stopped'].map((what) => `${what} by create`));
    expect(terminals.manager.tombstone('p')).toBeUndefined();
  });
});

test('[T007] every delivery is in the audit, with its outcome, and stays there', async () => {
  const pty = terminals.sh('trap "" TERM HUP; echo ready; exec cat');
  await new Transcript(pty.output).shows('ready');
  pty.signal('SIGCONT');
  await pty.terminate({ gracePeriodMs: 50 });
  expect(() => pty.signal('SIGTERM')).toThrow('the child has ended');
  const { signals } = pty.snapshot();
  expect(signals.map(({ signal, outcome, error }) => [signal, outcome, error])).toEqual([
    ['SIGCONT', 'delivered', undefined],
    ['SIGTERM', 'delivered', undefined],
    ['SIGHUP', 'escalated', undefined],
    ['SIGCONT', 'escalated', undefined],
    ['SIGKILL', 'escalated', undefined],
    ['SIGTERM', 'failed', 'the child has ended'],
  ]);
  for (const record of signals) expect(record).toMatchObject({ ptyId: pty.id, pid: pty.pid });
  expect(terminals.manager.tombstone(pty.id)?.signals).toHaveLength(5);
});

describe('[B37] [T008] a silent terminal', () => {
  /** A manager whose time passes only when told to, and a `cat` that echoes. */
  function quiet(idleTimeoutMs: number | null) {
    const clock = new FakeClock();
    const manager = new PtyManager({ clock });
    const states: string[] = [];
    manager.onEvent((event) => {
      if (event.type === 'pty.state.changed') states.push(event.cause);
      if (event.type === 'pty.idle_timeout') states.push(`idle for ${event.idleTimeoutMs}`);
    });
    const pty = manager.spawn({ command: 'cat', env: ENVIRONMENT, idleTimeoutMs });
    return { clock, manager, pty, states };
  }
  const STARTED = ['spawn-requested', 'spawn-succeeded'];

  test('is throttled after its timeout, active when output resumes, and may exit in between', async () => {
    const { clock, pty, states } = quiet(300_000);
    await clock.advance(299_999);
    expect(pty.state).toBe('active');
    await clock.advance(1);
    expect(pty.state).toBe('throttled');
    pty.write(Buffer.from('x'));
    await until(() => pty.state === 'active', 'the echo');
    await clock.advance(300_000);
    expect(pty.state).toBe('throttled');
    process.kill(pty.pid, 'SIGKILL');
    expect(await pty.stopped).toEqual({ exitCode: null, signal: 'SIGKILL', reason: 'signaled' });
    expect(states).toEqual([
      ...STARTED,
      'idle for 300000',
      'idle-timeout',
      'output-resumed',
      'idle for 300000',
      'idle-timeout',
      'unexpected-exit',
      'cleanup',
    ]);
    expect(clock.waiting).toBe(0);
  });

  test('takes input, a size and an end all the same', async () => {
    const { clock, pty } = quiet(10);
    await clock.advance(10);
    expect(pty.state).toBe('throttled');
    pty.resize(90, 30);
    pty.write(Buffer.from('\x04'));
    expect((await pty.stopped).reason).toBe('exited');
    expect(pty.state).toBe('stopped');
  });

  test('stays active without a timeout', async () => {
    const { clock, pty, states } = quiet(null);
    await clock.advance(100_000_000);
    expect(states).toEqual(STARTED);
    expect(clock.waiting).toBe(0);
    pty.kill();
    await pty.stopped;
  });

  test('takes no timeout that is none', () => {
    for (const idleTimeoutMs of [0, -1, Number.NaN, 2 ** 31]) {
      expect(() => quiet(idleTimeoutMs)).toThrow(expect.objectContaining({ option: 'idleTimeoutMs' }));
    }
  });
});

test('[B11] a PTY moves to another lane while it runs, and its events say so', async () => {
  const { manager } = terminals;
  const pty = terminals.spawn('cat', [], { ptyId: 'p', laneId: 'one', sessionId: 's', terminalId: 't' });
  manager.relabel('p', { laneId: 'two' });
  expect([manager.byLane('one'), manager.byLane('two'), manager.bySession('s')]).toEqual([[], [pty], [pty]]);
  const lanes: string[] = [];
  pty.onEvent(({ laneId }) => lanes.push(laneId));
  await pty.terminate();
  expect(new Set(lanes)).toEqual(new Set(['two']));
  expect(manager.tombstone('p')).toMatchObject({ laneId: 'two', sessionId: 's', terminalId: 't' });
  expect(() => manager.relabel('p', { laneId: 'three' })).toThrow(expect.objectContaining({ code: 'PTY_NOT_FOUND' }));
});

test('[B12] [T015] exit, transitions, signals and buffer statistics are known after the end', async () => {
  const { manager } = terminals;
  const secret = 'not to be remembered';
  const env = childEnvironment(process.env, { SECRET: secret });
  const pty = terminals.sh('printf 0123456789; exit 4', { ptyId: 'p', bufferBytes: 4, env });
  const living = manager.getBufferStats('p');
  await pty.stopped;
  expect(living).toEqual({ totalWritten: 0, totalDropped: 0, currentUtilization: 0, overflowEvents: 0 });
  expect(manager.getBufferStats('p')).toMatchObject({ totalWritten: 10, totalDropped: 6 });
  expect(manager.getBufferStats('q')).toBeUndefined();
  const tombstone = manager.tombstone('p')!;
  expect(tombstone).toMatchObject({ state: 'stopped', exit: { exitCode: 4 }, signals: [] });
  expect(tombstone.history.map(({ to }) => to)).toEqual(['spawning', 'active', 'errored', 'stopped']);
  expect(Date.parse(tombstone.updatedAt)).toBeGreaterThanOrEqual(Date.parse(tombstone.createdAt));
  expect(Date.parse(tombstone.lastOutputAt!)).toBeGreaterThanOrEqual(Date.parse(tombstone.createdAt) - 1);
  expect(JSON.stringify(tombstone)).not.toContain(secret);
});

test('[T014] what a flood loses is told a second apart at most, and the sums agree exactly', async () => {
  const events: PtyEvent[] = [];
  terminals.manager.onEvent((event) => events.push(event));
  const pty = terminals.sh('stty raw; head -c 8000000 /dev/zero', { bufferBytes: 64 * 1024 });
  await pty.stopped;
  const losses = events.flatMap((event) => (event.type === 'pty.buffer.overflow' ? [event] : []));
  const lost = losses.reduce((sum, { droppedBytesSinceLastEvent }) => sum + droppedBytesSinceLastEvent, 0);
  const { totalDropped } = pty.output.stats();
  expect(lost).toBe(totalDropped);
  expect(losses.at(-1)!.totalDroppedBytes).toBe(totalDropped);
  const apart = losses.slice(1, -1).map(({ timestamp }, index) => timestamp - losses[index]!.timestamp);
  expect(Math.min(1_000, ...apart)).toBeGreaterThanOrEqual(999);
  const output = events.flatMap((event) => (event.type === 'pty.output' ? [event.bytes] : []));
  expect(output.reduce((sum, bytes) => sum + bytes, 0)).toBe(8_000_000);
  expect(events.at(-1)!.type).toBe('pty.stopped');
});

test('[B39] a reader that stalls puts pressure on, one that catches up takes it off, once each', async () => {
  const pressure: string[] = [];
  terminals.manager.onEvent(({ type }) => {
    if (type.startsWith('pty.backpressure')) pressure.push(type);
  });
  const pty = terminals.sh('stty raw -echo; head -c 60000 /dev/zero; exec cat', {
    bufferBytes: 64 * 1024,
    overflow: 'pause',
  });
  const reader = pty.output.openReader('start', () => {});
  await until(() => pressure.length > 0, 'pressure');
  expect(pressure).toEqual(['pty.backpressure.on']);
  await until(() => pty.output.end === 60_000, 'all output');
  while (reader.next() !== undefined) reader.acknowledge(reader.offset);
  await until(() => pressure.length > 1, 'the end of the pressure');
  await pty.terminate({ gracePeriodMs: 0 });
  expect(pressure).toEqual(['pty.backpressure.on', 'pty.backpressure.off']);
});

test('[T011] killing all waits for nothing and leaves nobody', async () => {
  const ptys = [1, 2, 3].map(() => terminals.sh('trap "" TERM HUP; (trap "" TERM HUP; sleep 60) & sleep 60'));
  await until(() => ptys.every(({ pid }) => pid > 0), 'three children');
  terminals.manager.killAll();
  const exits = await Promise.all(ptys.map(({ stopped }) => stopped));
  expect(exits).toEqual(ptys.map(() => ({ exitCode: null, signal: 'SIGKILL', reason: 'signaled' })));
  terminals.manager.killAll();
});

test('[B17] nothing is a no-op and wakes nobody', async () => {
  const pty = terminals.sh('stty raw -echo; echo ready; exec cat');
  const transcript = new Transcript(pty.output);
  await transcript.shows('ready');
  for (let times = 0; times < 1_000; times += 1) pty.write(new Uint8Array());
  expect(pty.pendingInputBytes).toBe(0);
  pty.write(Buffer.from('x'));
  await transcript.shows('x');
  expect(transcript.text).toBe('ready\r\nx'.replace('\r', ''));
});
