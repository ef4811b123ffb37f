import { spawn as spawnProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { until } from '../test/condition.ts';
import { ENVIRONMENT, eventsOf, Terminals, typesOf } from '../test/terminals.ts';
import { Transcript } from '../test/transcript.ts';
import { systemClock } from './clock.ts';
import { FloodScheduler } from './flood-scheduler.ts';
import { IdleMonitor } from './idle-monitor.ts';
import { createPumpShare } from './output-pump.ts';
import { LinuxProcessTable } from './processes.ts';
import { Pty, type PtyHost } from './pty.ts';

const terminals = new Terminals();

test('[B01] [T003] [FR-007-003] what the child prints arrives, then its exit, then the end', async () => {
  const pty = terminals.spawn('/bin/echo', ['hello']);
  const transcript = new Transcript(pty.output);
  const events = eventsOf(pty);
  expect(await pty.stopped).toEqual({ exitCode: 0, signal: null, reason: 'exited' });
  expect(transcript.text).toBe('hello\r\n');
  expect(transcript.ended).toBe(true);
  expect(pty.state).toBe('stopped');
  expect(pty.snapshot().history.map(({ to }) => to)).toEqual(['spawning', 'active', 'stopped']);
  expect(typesOf(events)).toEqual(['pty.exited', 'pty.state.changed', 'pty.stopped']);
  expect(events.at(-1)).toMatchObject({ endOffset: 7, exitCode: 0, signal: null, reason: 'exited' });
});

test('[B02] the child leads a session on a terminal of its own', async () => {
  const pty = terminals.sh('tty; ps -o sid= -p $$; exec cat');
  const transcript = new Transcript(pty.output);
  await until(() => transcript.text.split('\n').length > 2, 'two lines');
  const [tty, sid] = transcript.text.split('\r\n');
  expect(tty).toMatch(/^\/dev\/pts\/\d+$/);
  expect(Number(sid)).toBe(pty.pid);
});

test('[B03] the window is right at the first instruction of the child', async () => {
  const ptys = Array.from({ length: 10 }, (_, index) =>
    terminals.spawn('stty', ['size'], { cols: 100 + index, rows: 30 }),
  );
  const transcripts = ptys.map((pty) => new Transcript(pty.output));
  await Promise.all(ptys.map((pty) => pty.stopped));
  expect(transcripts.map(({ text }) => text)).toEqual(ptys.map(({ cols }) => `30 ${cols}\r\n`));
});

test('[B04] the child gets exactly the environment asked for, and the directory', async () => {
  const pty = terminals.spawn('env', [], {
    env: { PATH: '/usr/bin:/bin', TERM: 'vt100', X: 'a b' },
    cwd: '/usr/../tmp',
  });
  const transcript = new Transcript(pty.output);
  await pty.stopped;
  expect(transcript.text.trim().split('\r\n').toSorted()).toEqual([
    'PATH=/usr/bin:/bin',
    'PWD=/tmp',
    'TERM=vt100',
    'X=a b',
  ]);
});

test('[B46] bytes that are no text pass unchanged', async () => {
  const pty = terminals.sh("stty raw -echo; printf '\\377\\376\\000\\200'");
  const transcript = new Transcript(pty.output);
  await pty.stopped;
  expect([...transcript.bytes]).toEqual([0xff, 0xfe, 0x00, 0x80]);
});

describe('[B21] the exit is exact', () => {
  test.each([
    ['exit 0', { exitCode: 0, signal: null, reason: 'exited' }, 'stopped'],
    ['exit 3', { exitCode: 3, signal: null, reason: 'exited' }, 'errored stopped'],
    ['exit 255', { exitCode: 255, signal: null, reason: 'exited' }, 'errored stopped'],
    ['kill -SEGV $$', { exitCode: null, signal: 'SIGSEGV', reason: 'signaled' }, 'errored stopped'],
    ['kill -KILL $$', { exitCode: null, signal: 'SIGKILL', reason: 'signaled' }, 'errored stopped'],
    ['kill -HUP $$', { exitCode: null, signal: 'SIGHUP', reason: 'signaled' }, 'errored stopped'],
  ])('%s', async (script, exit, states) => {
    const pty = terminals.sh(script);
    expect(await pty.stopped).toEqual(exit);
    expect(pty.exit).toEqual(exit);
    expect(
      pty
        .snapshot()
        .history.map(({ to }) => to)
        .join(' '),
    ).toBe(`spawning active ${states}`);
  });
});

test('[B20] a child killed from outside is told apart from one we ended', async () => {
  const killed = terminals.spawn('cat');
  process.kill(killed.pid, 'SIGKILL');
  expect(await killed.stopped).toEqual({ exitCode: null, signal: 'SIGKILL', reason: 'signaled' });
  const ended = terminals.spawn('cat');
  expect(await ended.terminate()).toEqual({ exitCode: null, signal: 'SIGTERM', reason: 'terminated' });
});

describe('[T005] resize', () => {
  test('[B23] the child gets exactly one SIGWINCH and sees the new size; none if nothing changed', async () => {
    const pty = terminals.sh('trap "stty size" WINCH; echo ready; while :; do read -r line && echo "got $line"; done');
    const transcript = new Transcript(pty.output);
    const events = eventsOf(pty);
    await transcript.shows('ready');
    pty.resize(120, 40);
    await transcript.shows('40 120');
    pty.resize(120, 40);
    pty.write(Buffer.from('end\n'));
    await transcript.shows('got end');
    expect(transcript.text.match(/40 120/g)).toHaveLength(1);
    expect(events).toEqual([
      expect.objectContaining({ type: 'pty.resized', cols: 120, rows: 40, oldCols: 80, oldRows: 24 }),
    ]);
  });

  test('[B24] a bad size is refused before anything happens', () => {
    const pty = terminals.spawn('cat');
    const events = eventsOf(pty);
    for (const [cols, rows] of [
      [0, 24],
      [80, 10_001],
      [80.5, 24],
      [Number.NaN, 24],
    ] as const) {
      expect(() => pty.resize(cols, rows)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    }
    expect([pty.cols, pty.rows, events]).toEqual([80, 24, []]);
  });

  test('[B25] a stopped one is not resized', async () => {
    const pty = terminals.spawn('true');
    await pty.stopped;
    expect(() => pty.resize(100, 30)).toThrow(`Cannot resize: PTY ${pty.id} is stopped`);
    expect([pty.cols, pty.rows]).toEqual([80, 24]);
  });

  test('[B26] of a hundred the last one wins', async () => {
    const pty = terminals.sh('read -r line; stty size');
    const transcript = new Transcript(pty.output);
    for (let cols = 1; cols <= 100; cols++) pty.resize(cols, 50);
    pty.write(Buffer.from('\n'));
    await pty.stopped;
    expect(transcript.text).toContain('50 100\r\n');
  });
});

describe('signals', () => {
  test('[FR-007-004] reach the child and its group', async () => {
    const pty = terminals.sh('trap "echo caught; exit 7" USR1; echo ready; while :; do sleep 5; done');
    const transcript = new Transcript(pty.output);
    const events = eventsOf(pty);
    await transcript.shows('ready');
    pty.signal('SIGUSR1');
    expect(await pty.stopped).toMatchObject({ exitCode: 7 });
    expect(transcript.text).toContain('caught');
    expect(events[0]).toMatchObject({ type: 'pty.signal.delivered', signal: 'SIGUSR1', outcome: 'delivered' });
  });

  test('[B34] to a child that has ended fail and say so', async () => {
    const pty = terminals.spawn('true');
    await pty.stopped;
    const events = eventsOf(pty);
    expect(() => pty.signal('SIGTERM')).toThrow(`Cannot deliver SIGTERM to PTY ${pty.id}: the child has ended`);
    expect(pty.snapshot().signals).toEqual([
      expect.objectContaining({ signal: 'SIGTERM', outcome: 'failed', pid: pty.pid, error: 'the child has ended' }),
    ]);
    // `pty.stopped` was the last event.
    expect(events).toEqual([]);
  });

  test('without a name of this system are refused', () => {
    const pty = terminals.spawn('cat');
    expect(() => pty.signal('SIGNOTHING')).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });
});

test('[B19] a stopped PTY takes no input and says so; nothing is still a no-op for a living one', async () => {
  const pty = terminals.spawn('cat');
  pty.write(new Uint8Array());
  await pty.terminate();
  expect(() => pty.write(Buffer.from('x'))).toThrow(`Cannot write input: PTY ${pty.id} is stopped`);
  expect(() => pty.write(new Uint8Array())).toThrow(expect.objectContaining({ code: 'INVALID_STATE' }));
  expect(pty.pendingInputBytes).toBe(0);
});

test('[B36] every event carries the labels and both times, in order', async () => {
  const labels = { ptyId: 'p', laneId: 'l', sessionId: 's', terminalId: 't' };
  const pty = terminals.spawn('true', [], labels);
  const events = eventsOf(pty);
  await pty.stopped;
  for (const event of events) {
    expect(event).toMatchObject(labels);
    expect(new Date(event.ts).toISOString()).toBe(event.ts);
  }
  const times = events.map(({ timestamp }) => timestamp);
  expect(times.toSorted((a, b) => a - b)).toEqual(times);
});

test('the snapshot is plain JSON and stays available after the end', async () => {
  const pty = terminals.spawn('echo', ['x'], { ptyId: 'p', laneId: 'l', bufferBytes: 64 });
  pty.onEvent(() => {
    throw new Error('defect of a listener');
  });
  await pty.stopped;
  expect(JSON.parse(JSON.stringify(pty.snapshot()))).toMatchObject({
    ptyId: 'p',
    laneId: 'l',
    pid: pty.pid,
    state: 'stopped',
    cols: 80,
    rows: 24,
    exit: { exitCode: 0, signal: null, reason: 'exited' },
    pendingInputBytes: 0,
    output: { totalWritten: 3, totalDropped: 0, capacityBytes: 64, ended: true, start: 0, end: 3 },
    listenerFailures: 4,
  });
});

test('a terminal that cannot be watched is no PTY: the child is ended, the descriptor closed, the error told', async () => {
  const child = spawnProcess('sleep', ['60'], { detached: true });
  let fd = -1;
  const host: PtyHost = {
    binding: {
      fork: () => {
        fd = openSync('/dev/null', 'r');
        return { fd, pid: child.pid!, slavePath: '' };
      },
      setWindowSize: () => {},
    },
    pump: createPumpShare(new FloodScheduler()),
    processes: new LinuxProcessTable(),
    idle: new IdleMonitor(systemClock),
    clock: systemClock,
  };
  const events: string[] = [];
  const options = { command: 'true', env: ENVIRONMENT };
  const labels = { ptyId: 'p', laneId: 'l', sessionId: 's', terminalId: 't' };
  expect(
    () =>
      new Pty(
        () => labels,
        options,
        host,
        ({ type }) => events.push(type),
      ),
  ).toThrow(expect.objectContaining({ code: 'SPAWN_FAILED', reason: 'out-of-resources' }));
  expect(events).toEqual(['pty.state.changed', 'pty.state.changed', 'pty.error', 'pty.state.changed']);
  await until(() => child.signalCode === 'SIGKILL', 'the end of the child');
  expect(() => closeSync(fd)).toThrow('EBADF');
});
