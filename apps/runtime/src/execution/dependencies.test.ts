import { beforeEach, describe, expect, it } from 'vitest';
import type { ObservedCode } from './command-observer.ts';
import { Dependencies, type Dependency } from './dependencies.ts';

/** A command that waits or runs until the test ends it. */
class Unanswered implements Dependency {
  readonly listeners = new Set<(code: ObservedCode) => void>();

  onAnswered(listener: (code: ObservedCode) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  end(code: ObservedCode): void {
    for (const listener of this.listeners) listener(code);
  }
}

let known: Record<string, Unanswered | ObservedCode>;
let failures: object[];
let abort: AbortController;
beforeEach(() => {
  known = { a: new Unanswered(), b: new Unanswered(), done: 'OK', failed: 'TIMEOUT' };
  failures = [];
  abort = new AbortController();
});

function dependingOn(...dependsOn: string[]): Dependencies<Unanswered> {
  return new Dependencies(
    { id: 'own', dependsOn },
    (id) => known[id],
    ({ code, details }) => failures.push({ code, details }),
  );
}

function end(id: string, code: ObservedCode): void {
  (known[id] as Unanswered).end(code);
}

async function isPending(promise: Promise<void>): Promise<boolean> {
  return (await Promise.race([promise, new Promise((resolve) => setImmediate(resolve, 'pending'))])) === 'pending';
}

describe('what a command depends on', () => {
  it('is met when everything has succeeded, before or after it was named, once or twice', async () => {
    expect(dependingOn('done').isMet()).toBe(true);
    const dependencies = dependingOn('a', 'done', 'b', 'a');
    const met = dependencies.met(abort.signal);
    end('a', 'OK');
    expect(await isPending(met)).toBe(true);
    end('b', 'OK');
    await met;
    await dependencies.met(abort.signal);
  });

  it.each([
    ['itself', ['own'], 'DEPENDENCY_CYCLE'],
    ['one that nobody knows', ['done', 'nobody'], 'DEPENDENCY_UNKNOWN'],
    ['one that has failed', ['a', 'failed'], 'DEPENDENCY_FAILED'],
  ])('cannot be %s, and leaves nothing with the others', (_what, dependsOn, code) => {
    expect(() => dependingOn(...dependsOn)).toThrow(expect.objectContaining({ code }));
    expect((known['a'] as Unanswered).listeners.size).toBe(0);
  });

  it('fails the command as soon as one of it fails', async () => {
    dependingOn('a', 'b');
    end('b', 'CANCELLED');
    expect(failures).toEqual([{ code: 'DEPENDENCY_FAILED', details: { dependency: 'b', code: 'CANCELLED' } }]);
  });

  it('is waited for except for what stands ahead in the lane', async () => {
    const dependencies = dependingOn('a', 'b');
    const met = dependencies.met(abort.signal, (dependency) => dependency === known['a']);
    expect(await isPending(met)).toBe(true);
    end('b', 'OK');
    await met;
    expect(dependencies.isMet()).toBe(false);
  });

  it('is waited for no longer than the signal allows', async () => {
    const met = dependingOn('a').met(abort.signal);
    const reason = new Error('cancelled');
    abort.abort(reason);
    await expect(met).rejects.toBe(reason);
    await expect(dependingOn('a').met(abort.signal)).rejects.toBe(reason);
  });

  it('remembers nothing of a command that waits no longer, however long it goes on itself', () => {
    for (let times = 0; times < 100; times += 1) dependingOn('a', 'b').close();
    expect((known['a'] as Unanswered).listeners.size).toBe(0);
    expect((known['b'] as Unanswered).listeners.size).toBe(0);
  });
});
