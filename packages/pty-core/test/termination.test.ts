/** Ending children: politely first, completely in the end, and never somebody else. */
import { readFileSync, readlinkSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Pty, PtyEvent } from '../src/index.ts';
import { until } from './condition.ts';
import { ENVIRONMENT, eventsOf, Terminals, typesOf } from './terminals.ts';
import { Transcript } from './transcript.ts';

const terminals = new Terminals();
const IGNORING = 'trap "" TERM HUP; echo ready; while :; do sleep 5; done';
/** A job that says by itself who it is, once nothing but SIGKILL ends it; `redirections` are those of its sleep. */
const stubbornJob = (redirections = '') =>
  `(trap "" TERM HUP; exec sh -c 'echo "ready $$."; exec sleep 60 ${redirections}') & wait; wait`;

async function ready(pty: Pty): Promise<Transcript> {
  const transcript = new Transcript(pty.output);
  await transcript.shows('ready');
  return transcript;
}

function signalsIn(events: readonly PtyEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'pty.signal.delivered' ? [`${event.signal} ${event.outcome}`] : []));
}

function alive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ');
  } catch {
    return false;
  }
}

test('[B27] [T006] a child that ends on SIGTERM gets nothing else', async () => {
  const pty = terminals.spawn('sleep', ['60']);
  const events = eventsOf(pty);
  expect(await pty.terminate()).toEqual({ exitCode: null, signal: 'SIGTERM', reason: 'terminated' });
  expect(signalsIn(events)[0]).toBe('SIGTERM delivered');
  expect(typesOf(events)).not.toContain('pty.force_killed');
  expect(typesOf(events)[0]).toBe('pty.terminating');
  expect(typesOf(events).at(-1)).toBe('pty.stopped');
  expect(pty.snapshot().history.map(({ to }) => to)).toEqual(['spawning', 'active', 'stopped']);
  expect(pty.forceKilled).toBe(false);
});

test('[B27] that takes less than 300 ms, and less than SIGHUP would wait for', async () => {
  // One of fifty: the machine may be busy with other things.
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 50 && best >= 240; run++) {
    const pty = terminals.spawn('sleep', ['60']);
    const begun = performance.now();
    await pty.terminate();
    best = Math.min(best, performance.now() - begun);
  }
  expect(best).toBeLessThan(240);
});

test('[B28] one that ignores SIGTERM and SIGHUP is killed when its grace is over, not before', async () => {
  const pty = terminals.sh(IGNORING, { gracePeriodMs: 300 });
  await ready(pty);
  const events = eventsOf(pty);
  const begun = performance.now();
  expect(await pty.terminate()).toEqual({ exitCode: null, signal: 'SIGKILL', reason: 'terminated' });
  expect(performance.now() - begun).toBeGreaterThanOrEqual(299);
  expect(signalsIn(events)).toEqual([
    'SIGTERM delivered',
    'SIGHUP escalated',
    'SIGCONT escalated',
    'SIGKILL escalated',
  ]);
  expect(typesOf(events)).toContain('pty.force_killed');
  expect(pty.forceKilled).toBe(true);
});

test('[B29] an idle interactive bash ends without SIGKILL', async () => {
  const pty = terminals.spawn('bash', ['--norc', '-i'], { env: { ...ENVIRONMENT, PS1: 'prompt> ' } });
  const transcript = new Transcript(pty.output);
  await transcript.shows('prompt> ');
  const events = eventsOf(pty);
  // As patient as a busy machine needs; the hangup that ends it comes after a quarter of a second.
  await pty.terminate({ gracePeriodMs: 60_000 });
  expect(typesOf(events)).not.toContain('pty.force_killed');
});

test('[B30] a background job in a group of its own does not survive, not even one that ignores everything', async () => {
  const pty = terminals.sh(`set -m; ${stubbornJob()}`, { gracePeriodMs: 100 });
  const transcript = await ready(pty);
  await transcript.shows('.');
  const job = Number(/ready (\d+)/.exec(transcript.text)![1]);
  expect(alive(job)).toBe(true);
  await pty.terminate();
  expect(alive(job)).toBe(false);
});

describe('a job that ignores everything and does not use the terminal', () => {
  const script = `trap "exit 0" TERM; ${stubbornJob('</dev/null >/dev/null 2>&1')}`;

  async function withJob(gracePeriodMs = 150): Promise<{ pty: Pty; job: number }> {
    const pty = terminals.sh(script, { gracePeriodMs, ptyId: 'p' });
    const transcript = await ready(pty);
    await transcript.shows('.');
    return { pty, job: Number(/ready (\d+)/.exec(transcript.text)![1]) };
  }

  test('is ended before the PTY has stopped, though the output has ended long before', async () => {
    // Time to look at the job before it is killed, on a busy machine too.
    const { pty, job } = await withJob(1_500);
    const events = eventsOf(pty);
    let aliveAtTheEnd: boolean | undefined;
    pty.onEvent(({ type }) => {
      if (type === 'pty.stopped') aliveAtTheEnd = alive(job);
    });
    const ending = pty.terminate();
    await until(() => pty.output.ended, 'the end of the output');
    expect([pty.state, terminals.manager.size, alive(job)]).toEqual(['active', 1, true]);
    await ending;
    expect(aliveAtTheEnd).toBe(false);
    expect(typesOf(events).slice(-4)).toEqual([
      'pty.signal.delivered',
      'pty.force_killed',
      'pty.state.changed',
      'pty.stopped',
    ]);
  });

  test('is reached by everything that ends all, while it is being ended', async () => {
    const { pty, job } = await withJob();
    void pty.terminate({ gracePeriodMs: 60_000 });
    await until(() => pty.output.ended, 'the end of the output');
    terminals.manager.killAll();
    await terminals.manager.terminateAll();
    expect(alive(job)).toBe(false);
  });

  test('does not appear in the life of a successor with the same id', async () => {
    const { pty } = await withJob();
    const told: string[] = [];
    const stop = terminals.manager.onEvent(({ type }) => {
      told.push(type);
      if (type === 'pty.stopped' && told.filter((other) => other === type).length === 1) {
        terminals.spawn('cat', [], { ptyId: 'p' });
      }
    });
    await pty.terminate();
    stop();
    expect(told.slice(told.indexOf('pty.stopped') + 1)).toEqual([
      'pty.state.changed',
      'pty.state.changed',
      'pty.spawned',
    ]);
  });
});

test('a job that outlives the child and has the terminal open does not survive either', async () => {
  const pty = terminals.sh('trap "" HUP; set -m; sleep 60 & echo "ready $!."');
  const transcript = await ready(pty);
  await until(() => pty.exit !== null, 'the exit of the shell');
  const job = Number(/ready (\d+)/.exec(transcript.text)![1]);
  expect([alive(job), pty.state]).toEqual([true, 'active']);
  expect(await pty.terminate()).toEqual({ exitCode: 0, signal: null, reason: 'exited' });
  expect(alive(job)).toBe(false);
});

test('a stopped job ends too', async () => {
  const pty = terminals.sh('set -m; sh -c "kill -STOP \\$\\$" & echo ready; wait; sleep 60');
  await ready(pty);
  const events = eventsOf(pty);
  // As patient as a busy machine needs; what continues it comes after a quarter of a second.
  await pty.terminate({ gracePeriodMs: 60_000 });
  expect(typesOf(events)).not.toContain('pty.force_killed');
});

test('a later call with less patience brings SIGKILL closer, one with more does not delay it', async () => {
  const pty = terminals.spawn('sh', ['-c', IGNORING]);
  await ready(pty);
  const begun = performance.now();
  const patient = pty.terminate({ gracePeriodMs: 600_000 });
  const hurried = pty.terminate({ gracePeriodMs: 50 });
  void pty.terminate({ gracePeriodMs: 300_000 });
  expect(await hurried).toEqual({ exitCode: null, signal: 'SIGKILL', reason: 'terminated' });
  expect(await patient).toEqual(await hurried);
  expect(performance.now() - begun).toBeGreaterThanOrEqual(50);
  expect(pty.forceKilled).toBe(true);
});

test('[B31] calls at the same time join the first: one SIGTERM, one end', async () => {
  const pty = terminals.spawn('sleep', ['60']);
  const events = eventsOf(pty);
  const calls = [pty.terminate(), pty.terminate({ gracePeriodMs: 60_000 }), pty.terminate()];
  const exits = await Promise.all(calls);
  expect(new Set(exits).size).toBe(1);
  expect(signalsIn(events).filter((signal) => signal === 'SIGTERM delivered')).toHaveLength(1);
  expect(typesOf(events)).not.toContain('pty.force_killed');
  expect(typesOf(events).filter((type) => type === 'pty.stopped')).toHaveLength(1);
});

test('[B32] right after the spawn the child is reached, 30 times out of 30', async () => {
  const all = Array.from({ length: 30 }, () => {
    const pty = terminals.spawn('sleep', ['60']);
    const events = eventsOf(pty);
    return pty.terminate().then((exit) => [exit.signal, signalsIn(events)] as const);
  });
  for (const [signal, signals] of await Promise.all(all)) {
    expect(signal).toBe('SIGTERM');
    // On a busy machine dying may take longer than SIGHUP waits, and be over before SIGCONT.
    expect(signals.join()).toMatch(/^SIGTERM delivered(,SIGHUP escalated(,SIGCONT escalated)?)?$/);
  }
});

test('[B33] without grace SIGKILL comes at once', async () => {
  const pty = terminals.sh(IGNORING);
  await ready(pty);
  const events = eventsOf(pty);
  await pty.terminate({ gracePeriodMs: 0 });
  expect(signalsIn(events)).toEqual(['SIGKILL escalated']);
});

test('a stopped one answers with its exit and does nothing', async () => {
  const pty = terminals.sh('exit 3');
  await pty.stopped;
  const events = eventsOf(pty);
  expect(await pty.terminate({ gracePeriodMs: 0 })).toEqual({ exitCode: 3, signal: null, reason: 'exited' });
  expect(events).toEqual([]);
});

test('a wrong grace is refused and ends nobody', async () => {
  const pty = terminals.spawn('cat');
  await expect(pty.terminate({ gracePeriodMs: -1 })).rejects.toThrow(
    expect.objectContaining({ option: 'gracePeriodMs' }),
  );
  expect(pty.state).toBe('active');
});

test('a listener of its own events may call it again', async () => {
  const pty = terminals.spawn('sleep', ['60']);
  const again: Promise<unknown>[] = [];
  const events = eventsOf(pty);
  pty.onEvent(() => again.push(pty.terminate()));
  const exit = await pty.terminate();
  expect(await Promise.all(again)).toEqual(again.map(() => exit));
  expect(typesOf(events).filter((type) => type === 'pty.terminating')).toHaveLength(1);
  expect(signalsIn(events).filter((signal) => signal === 'SIGTERM delivered')).toHaveLength(1);
});

describe('an output that cannot end by itself is ended a second after the processes', () => {
  test('when an escaped process floods the terminal', async () => {
    const pty = terminals.sh('setsid sh -c "echo ready; trap \\"\\" HUP; exec yes" & sleep 60', {
      bufferBytes: 65_536,
    });
    await ready(pty);
    const events = eventsOf(pty);
    expect(await pty.terminate({ gracePeriodMs: 60_000 })).toMatchObject({ signal: 'SIGTERM' });
    expect(typesOf(events)).not.toContain('pty.force_killed');
    expect(pty.output.ended).toBe(true);
  });

  test('when nobody reads a full buffer under `pause`: what the kernel held displaces the oldest, told as a gap', async () => {
    const pty = terminals.sh('stty raw; head -c 7000 /dev/zero; exec sleep 60', {
      bufferBytes: 4_096,
      overflow: 'pause',
    });
    await until(() => readlinkSync(`/proc/${pty.pid}/exe`).endsWith('sleep'), 'the end of the printing');
    const events = eventsOf(pty);
    await pty.terminate();
    expect(typesOf(events)).not.toContain('pty.force_killed');
    const transcript = new Transcript(pty.output, 0);
    expect(transcript.ended).toBe(true);
    expect(transcript.gaps).toEqual([[0, pty.output.end - 4_096]]);
    expect(transcript.bytes.length).toBe(4_096);
    expect(pty.output.stats().totalDropped).toBe(pty.output.end - 4_096);
  });

  test('when the child has exited and nobody reads its tail', async () => {
    const pty = terminals.sh('stty raw; head -c 6000 /dev/zero', { bufferBytes: 4_096, overflow: 'pause' });
    await until(() => pty.exit !== null, 'the exit');
    const events = eventsOf(pty);
    expect(await pty.terminate()).toEqual({ exitCode: 0, signal: null, reason: 'exited' });
    expect(signalsIn(events)).toEqual([]);
    expect(pty.output.end).toBe(6_000);
  });
});

test('[B48] forty children at once end, and none of them is left', async () => {
  const ptys = Array.from({ length: 40 }, (_, index) =>
    index % 3 === 0 ? terminals.sh('sleep 60 & sleep 60') : terminals.spawn('sleep', ['60']),
  );
  await terminals.manager.terminateAll();
  expect(ptys.map(({ pid }) => pid).filter(alive)).toEqual([]);
  expect(terminals.manager.size).toBe(0);
});
