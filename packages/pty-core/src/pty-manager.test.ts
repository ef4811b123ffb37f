import { expect, test } from 'vitest';
import { ENVIRONMENT } from '../test/terminals.ts';
import { systemClock } from './clock.ts';
import type { PtyEvent } from './events.ts';
import type { Pty } from './pty.ts';
import { PtyManager } from './pty-manager.ts';

const CAT = { command: 'cat', env: ENVIRONMENT };
const TRUE = { command: 'true', env: ENVIRONMENT };

test('[B08] one more than allowed is refused before a process starts, and fits once another has stopped', async () => {
  const manager = new PtyManager({ maxPtys: 2 });
  const [first] = [manager.spawn(CAT), manager.spawn(CAT)];
  const events: PtyEvent[] = [];
  manager.onEvent((event) => events.push(event));
  expect(() => manager.spawn(CAT)).toThrow(expect.objectContaining({ code: 'CAPACITY_EXCEEDED', maxPtys: 2 }));
  expect(events).toEqual([]);
  await first.terminate();
  expect(manager.size).toBe(1);
  manager.spawn(CAT);
  await manager.terminateAll();
  expect(manager.snapshot()).toEqual({
    ptys: 0,
    maxPtys: 2,
    tombstones: 3,
    maxTombstones: 100,
    lanes: 0,
    sessions: 0,
    listenerFailures: 0,
    flooding: 0,
    held: false,
  });
});

test('none at all may be allowed, less than none may not', () => {
  expect(() => new PtyManager({ maxPtys: 0 }).spawn(CAT)).toThrow('0 PTYs are alive');
  for (const maxPtys of [-1, 1.5, Number.NaN]) {
    expect(() => new PtyManager({ maxPtys })).toThrow(expect.objectContaining({ option: 'maxPtys' }));
  }
});

test('an id is used once at a time, and generated ones avoid those that were given', async () => {
  const manager = new PtyManager();
  manager.spawn({ ...CAT, ptyId: 'pty-1' });
  expect(() => manager.spawn({ ...CAT, ptyId: 'pty-1' })).toThrow('Cannot register PTY: pty-1 exists');
  expect(manager.spawn(CAT).id).toBe('pty-2');
  expect(manager.get('pty-2')?.id).toBe('pty-2');
  await manager.terminateAll();
  expect(manager.get('pty-1')).toBeUndefined();
});

test('[B36] the events of a whole life are told in order, the first when the PTY can already be found', async () => {
  const manager = new PtyManager();
  const seen: string[] = [];
  manager.onEvent((event) => {
    const known = manager.get(event.ptyId) !== undefined;
    seen.push(`${event.type === 'pty.state.changed' ? event.to : event.type} ${known ? 'known' : 'gone'}`);
  });
  await manager.spawn(TRUE).stopped;
  expect(seen).toEqual([
    'spawning known',
    'active known',
    'pty.spawned known',
    'pty.exited known',
    'stopped known',
    'pty.stopped gone',
  ]);
});

test('a listener of pty.stopped may spawn the successor under the same id', async () => {
  const manager = new PtyManager({ maxPtys: 1 });
  let successor: Pty | undefined;
  manager.onEvent((event) => {
    if (event.type === 'pty.stopped') successor ??= manager.spawn({ ...TRUE, ptyId: event.ptyId });
  });
  const first = manager.spawn({ ...TRUE, ptyId: 'shell' });
  await first.stopped;
  expect(successor?.id).toBe('shell');
  expect(await successor!.stopped).toMatchObject({ exitCode: 0 });
});

test('a listener of pty.spawned may terminate the PTY, and spawn another one', async () => {
  const manager = new PtyManager();
  let other: Pty | undefined;
  manager.onEvent((event) => {
    if (event.type !== 'pty.spawned') return;
    other ??= manager.spawn({ ...CAT, ptyId: 'other' });
    void manager.get(event.ptyId)!.terminate();
  });
  const pty = manager.spawn({ ...CAT, ptyId: 'one' });
  expect(await pty.stopped).toMatchObject({ reason: 'terminated' });
  expect(await other!.stopped).toMatchObject({ reason: 'terminated' });
});

test('a failed spawn is told as events and leaves no record', () => {
  const manager = new PtyManager();
  const seen: string[] = [];
  manager.onEvent((event) => seen.push(event.type === 'pty.state.changed' ? event.to : event.type));
  expect(() => manager.spawn({ command: '/no/such/program', env: ENVIRONMENT, ptyId: 'p' })).toThrow(
    'Cannot spawn: "/no/such/program" does not exist',
  );
  expect(seen).toEqual(['spawning', 'errored', 'pty.error', 'stopped']);
  expect([manager.size, manager.get('p')]).toEqual([0, undefined]);
});

test('a wrong option leaves neither record nor event', () => {
  const manager = new PtyManager();
  const seen: PtyEvent[] = [];
  manager.onEvent((event) => seen.push(event));
  expect(() => manager.spawn({ ...CAT, cols: 0 })).toThrow(expect.objectContaining({ option: 'cols' }));
  expect(() => manager.spawn({ ...CAT, bufferBytes: -1 })).toThrow(expect.objectContaining({ option: 'bufferBytes' }));
  expect([manager.size, seen]).toEqual([0, []]);
});

test('the clock can be given', async () => {
  let now = 0;
  const manager = new PtyManager({ clock: { ...systemClock, now: () => ++now } });
  const times: number[] = [];
  manager.onEvent(({ timestamp }) => times.push(timestamp));
  await manager.spawn(TRUE).stopped;
  expect(times.every(Number.isInteger)).toBe(true);
});

test('ending all with a wrong grace ends nobody', async () => {
  const manager = new PtyManager();
  const pty = manager.spawn(CAT);
  await expect(manager.terminateAll({ gracePeriodMs: -1 })).rejects.toThrow(
    expect.objectContaining({ option: 'gracePeriodMs' }),
  );
  expect(pty.state).toBe('active');
  await manager.terminateAll();
});

test('ending all ends nothing when there is nothing', async () => {
  await new PtyManager().terminateAll();
});
