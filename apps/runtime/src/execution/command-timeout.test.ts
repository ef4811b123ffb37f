import { type Command, defaultTimeoutsMs, MAX_DURATION_MS, type SessionState } from '@sessiond/protocol';
import { expect, it } from 'vitest';
import { commandTimeoutMs } from './command-timeout.ts';

const patient = { state: async () => ({ kind: 'pty', gracePeriodMs: 600_000 }) as SessionState };
const absent = { state: () => Promise.reject(new Error('no such session')) };

it.each<[Command, number | null]>([
  [{ type: 'health_check' }, defaultTimeoutsMs.quick],
  [{ type: 'health_check', timeoutMs: 5 }, 5],
  [{ type: 'wait_for', sessionId: 's', exit: true }, null],
  [{ type: 'wait_for', sessionId: 's', exit: true, timeoutMs: 5 }, 5],
  [{ type: 'terminate', sessionId: 's', timeoutMs: 5 }, 5],
  [{ type: 'terminate', sessionId: 's', gracePeriodMs: 7 }, defaultTimeoutsMs.stop! + 7],
  [{ type: 'delete_session', sessionId: 's', gracePeriodMs: MAX_DURATION_MS }, MAX_DURATION_MS],
])('gives %j its own time or that of its class, and asks nobody: %j', async (command, timeoutMs) => {
  expect(await commandTimeoutMs(command, absent)).toBe(timeoutMs);
});

it('gives a line of shell what is configured', () => {
  const command = { type: 'bash', sessionId: 's', command: 'make' } as const;
  expect(commandTimeoutMs(command, absent)).toBe(defaultTimeoutsMs.shell);
  expect(commandTimeoutMs(command, absent, { shell: 17 })).toBe(17);
  expect(commandTimeoutMs({ ...command, timeoutMs: 5 }, absent, { shell: 17 })).toBe(5);
});

it('gives the turn of an agent what is configured', () => {
  const command = { type: 'prompt', sessionId: 's', message: 'hi' } as const;
  expect(commandTimeoutMs(command, absent, { shell: 17 })).toBe(defaultTimeoutsMs.turn);
  expect(commandTimeoutMs(command, absent, { turn: 17 })).toBe(17);
  expect(commandTimeoutMs({ type: 'compact', sessionId: 's' }, absent, { turn: 17 })).toBe(17);
  expect(commandTimeoutMs({ ...command, timeoutMs: 5 }, absent, { turn: 17 })).toBe(5);
});

it.each(['terminate', 'delete_session'] as const)('[FR-007-007] gives %s the patience of the session', async (type) => {
  expect(await commandTimeoutMs({ type, sessionId: 's' }, patient)).toBe(defaultTimeoutsMs.stop! + 600_000);
  await expect(commandTimeoutMs({ type, sessionId: 's' }, absent)).rejects.toThrow('no such session');
});

it('lets an abort begin at once: it asks nobody, whom a command that follows could overtake meanwhile', () => {
  expect(commandTimeoutMs({ type: 'abort', sessionId: 's' }, patient)).toBe(defaultTimeoutsMs.stop);
});
