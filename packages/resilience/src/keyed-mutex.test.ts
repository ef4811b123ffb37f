import { describe, expect, it } from 'vitest';
import { FakeTime } from '../test/fake-time.ts';
import { RefusedError } from './errors.ts';
import { type Hold, KeyedMutex, type KeyedMutexOptions } from './keyed-mutex.ts';
import type { Refusal } from './refusal.ts';

function setup(options: KeyedMutexOptions = {}) {
  const time = new FakeTime();
  return { time, mutex: new KeyedMutex({ now: time.now, timers: time, ...options }) };
}

function held(answer: Hold | Refusal): Hold {
  if (!answer.ok) throw new Error(`refused: ${answer.reason}`);
  return answer;
}

function refused(reason: Refusal['reason']): Refusal {
  return { ok: false, by: 'mutex', name: 'mutex', reason, retryAfterMs: null };
}

describe('a keyed mutex', () => {
  it('gives a key to one at a time, in the order of coming, and other keys meanwhile', async () => {
    const { mutex } = setup();
    const first = held(mutex.tryAcquire('a'));
    const [second, third] = [mutex.acquire('a'), mutex.acquire('a')];
    held(mutex.tryAcquire('b')).release();
    first.release();
    expect(mutex.tryAcquire('a')).toEqual(refused('queue-full'));
    held(await second).release();
    held(await third).release();
    expect(mutex.snapshot()).toMatchObject({ held: 0, waiting: 0, admitted: 4 });
  });

  it('remembers a key only while it is held', () => {
    const { mutex } = setup();
    const hold = held(mutex.tryAcquire('a'));
    expect(mutex.isHeld('a')).toBe(true);
    expect(hold.release()).toBe(true);
    expect(mutex.isHeld('a')).toBe(false);
    const again = held(mutex.tryAcquire('a'));
    expect(hold.release()).toBe(false);
    expect(mutex.isHeld('a')).toBe(true);
    again.release();
  });

  it('bounds the keys, and who waits for each of them', async () => {
    const { mutex } = setup({ maxKeys: 1, maxQueue: 1 });
    held(mutex.tryAcquire('a'));
    expect(mutex.tryAcquire('b')).toEqual(refused('keys-full'));
    expect(await mutex.acquire('b')).toEqual(refused('keys-full'));
    void mutex.acquire('a');
    expect(await mutex.acquire('a')).toEqual(refused('queue-full'));
    expect(mutex.snapshot()).toMatchObject({ held: 1, waiting: 1, refused: 3 });
  });

  it('[R05] lets an aborted waiter leave at once, from any place', async () => {
    const { mutex } = setup();
    const hold = held(mutex.tryAcquire('a'));
    const controllers = [new AbortController(), new AbortController()];
    const waits = controllers.map(({ signal }) => mutex.acquire('a', { signal }));
    controllers[0]!.abort();
    expect(mutex.snapshot().waiting).toBe(1);
    expect(await waits[0]).toEqual(refused('aborted'));
    hold.release();
    held(await waits[1]!).release();
    expect(await mutex.acquire('a', { signal: AbortSignal.abort() })).toEqual(refused('aborted'));
    expect(mutex.isHeld('a')).toBe(false);
  });

  it('ends waits that are too long', async () => {
    const { time, mutex } = setup({ maxWaitMs: 100 });
    held(mutex.tryAcquire('a'));
    const wait = mutex.acquire('a');
    time.advance(100);
    expect(await wait).toEqual(refused('waited-too-long'));
    expect(mutex.snapshot().waiting).toBe(0);
    expect(time.pending).toBe(0);
  });

  it('runs work under a key, and gives the key up however the work ends', async () => {
    const { mutex } = setup();
    const order: string[] = [];
    const run = (name: string) =>
      mutex.execute('a', async () => {
        order.push(`${name} begins`);
        await Promise.resolve();
        order.push(`${name} ends`);
      });
    await Promise.all([run('first'), run('second')]);
    expect(order).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
    await expect(mutex.execute('a', () => Promise.reject(new Error('failure')))).rejects.toThrow('failure');
    await expect(
      mutex.execute('a', () => {
        throw new Error('failure at once');
      }),
    ).rejects.toThrow('failure at once');
    expect(mutex.isHeld('a')).toBe(false);
  });

  it('throws a refusal from execute, and the reason of an abort', async () => {
    const { mutex } = setup({ maxQueue: 1 });
    held(mutex.tryAcquire('a'));
    const controller = new AbortController();
    const waiting = mutex.execute('a', () => 'never', { signal: controller.signal });
    await expect(mutex.execute('a', () => 'never')).rejects.toEqual(new RefusedError(refused('queue-full')));
    controller.abort('reason');
    await expect(waiting).rejects.toBe('reason');
  });

  it('begins no work for a caller who gives up when it has just got the key, and gives the key up', async () => {
    const { mutex } = setup();
    const hold = held(mutex.tryAcquire('a'));
    const controller = new AbortController();
    let begun = false;
    const work = () => {
      begun = true;
    };
    const result = mutex.execute('a', work, { signal: controller.signal });
    hold.release();
    controller.abort('reason');
    await expect(result).rejects.toBe('reason');
    expect(begun).toBe(false);
    expect(mutex.isHeld('a')).toBe(false);
  });

  it('refuses everybody when it closes, whatever its hooks release', async () => {
    const seen: unknown[] = [];
    let hold: Hold | undefined;
    const { mutex } = setup({
      hooks: {
        onRefused: (event) => {
          seen.push(event);
          hold?.release();
        },
      },
    });
    hold = held(mutex.tryAcquire('a'));
    const other = held(mutex.tryAcquire('b'));
    const waits = [mutex.acquire('a'), mutex.acquire('a'), mutex.acquire('b')];
    mutex.close();
    mutex.close();
    expect(await Promise.all(waits)).toEqual([refused('closed'), refused('closed'), refused('closed')]);
    expect(mutex.tryAcquire('c')).toEqual(refused('closed'));
    expect(seen).toContainEqual({ key: 'b', refusal: refused('closed') });
    expect(other.release()).toBe(true);
    expect(mutex.snapshot()).toMatchObject({ held: 0, waiting: 0, closed: true, admitted: 2, refused: 4 });
  });

  it('counts hooks that throw', () => {
    const { mutex } = setup({
      maxKeys: 1,
      hooks: {
        onRefused: () => {
          throw new Error('hook');
        },
      },
    });
    held(mutex.tryAcquire('a'));
    expect(mutex.tryAcquire('b')).toEqual(refused('keys-full'));
    expect(mutex.snapshot().hookErrors).toBe(1);
  });

  it('is not made with options outside their range, and names them', () => {
    expect(() => new KeyedMutex({ maxQueue: -1 })).toThrow('Cannot create mutex: maxQueue is -1');
    expect(() => new KeyedMutex({ maxKeys: 0 })).toThrow('maxKeys is 0, allowed are integers of at least 1');
    expect(() => new KeyedMutex({ maxWaitMs: 2 ** 31 })).toThrow('maxWaitMs is 2,147,483,648');
  });
});
