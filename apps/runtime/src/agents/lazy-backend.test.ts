import type { AgentBackend, AgentOwner, OpenAgent } from '@sessiond/agent-core';
import { expect, it } from 'vitest';
import { LazyBackend } from './lazy-backend.ts';

const signal = new AbortController().signal;
const request = {} as OpenAgent;
const owner = {} as AgentOwner;

function counted(fail?: () => Error | undefined): { calls: string[]; backend: LazyBackend } {
  const calls: string[] = [];
  const inner: AgentBackend = {
    name: 'inner',
    open: () => Promise.reject(new Error('opened')),
    stored: async () => [],
    snapshot: () => ({ agents: 1, processes: 2, restarting: 0, restarts: 3, crashes: 4 }),
    close: async (deadlineMs) => void calls.push(`close ${deadlineMs}`),
    killAll: () => void calls.push('kill'),
  };
  const backend = new LazyBackend('lazy', async () => {
    calls.push('load');
    const error = fail?.();
    if (error !== undefined) throw error;
    return inner;
  });
  return { calls, backend };
}

it('loads nothing before it is used, and once', async () => {
  const { calls, backend } = counted();
  expect(backend.snapshot().processes).toBe(0);
  expect(calls).toEqual([]);
  await Promise.all([backend.stored({ limit: 1 }, signal), backend.stored({ limit: 1 }, signal)]);
  await expect(backend.open(request, owner, signal)).rejects.toThrow('opened');
  expect(calls).toEqual(['load']);
  expect(backend.snapshot().processes).toBe(2);
});

it('tries again when it could not be loaded', async () => {
  const failures = [new Error('missing'), undefined];
  const { backend } = counted(() => failures.shift());
  await expect(backend.stored({ limit: 1 }, signal)).rejects.toThrow('missing');
  expect(await backend.stored({ limit: 1 }, signal)).toEqual([]);
});

it('opens nothing for somebody who gave up while it was loaded', async () => {
  const { backend } = counted();
  const gaveUp = new AbortController();
  const opening = backend.open(request, owner, gaveUp.signal);
  gaveUp.abort(new Error('gave up'));
  await expect(opening).rejects.toThrow('gave up');
});

it('is closed without being loaded, and can be used no more', async () => {
  const { calls, backend } = counted();
  await backend.close(5);
  backend.killAll();
  expect(calls).toEqual([]);
  await expect(backend.stored({ limit: 1 }, signal)).rejects.toThrow('the server is ending');
});

it('closes and kills what was loaded, also what is still being loaded', async () => {
  const { calls, backend } = counted();
  const used = backend.stored({ limit: 1 }, signal);
  await backend.close(5);
  await expect(used).rejects.toThrow('the server is ending');
  backend.killAll();
  expect(calls).toEqual(['load', 'close 5', 'kill']);
});
