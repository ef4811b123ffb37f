import { describe, expect, it } from 'vitest';
import { FakeTime } from '../test/fake-time.ts';
import { Bulkhead, type BulkheadOptions, type Slot } from './bulkhead.ts';
import { RefusedError } from './errors.ts';
import type { Refusal } from './refusal.ts';

function setup(options: Partial<BulkheadOptions> = {}) {
  const time = new FakeTime();
  const bulkhead = new Bulkhead({ limit: 1, maxQueue: 10, now: time.now, timers: time, ...options });
  return { time, bulkhead };
}

function held(answer: Slot | Refusal): Slot {
  if (!answer.ok) throw new Error(`refused: ${answer.reason}`);
  return answer;
}

function refused(reason: Refusal['reason']): Refusal {
  return { ok: false, by: 'bulkhead', name: 'bulkhead', reason, retryAfterMs: null };
}

/** A promise and the means to settle it. */
function pending<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

describe('a bulkhead', () => {
  it('has as many slots as its limit says, each to be released once', () => {
    const { bulkhead } = setup({ limit: 2 });
    expect(bulkhead.available).toBe(2);
    const slot = held(bulkhead.tryAcquire());
    held(bulkhead.tryAcquire());
    expect(bulkhead.available).toBe(0);
    expect(bulkhead.tryAcquire()).toEqual(refused('queue-full'));
    expect(slot.release()).toBe(true);
    expect(slot.release()).toBe(false);
    expect(bulkhead.snapshot().active).toBe(1);
    held(bulkhead.tryAcquire());
    expect(bulkhead.tryAcquire().ok).toBe(false);
  });

  it('hands a slot to whoever waits longest, and to nobody who comes in between', async () => {
    const { bulkhead } = setup();
    const slot = held(bulkhead.tryAcquire());
    const [first, second] = [bulkhead.acquire(), bulkhead.acquire()];
    slot.release();
    expect(bulkhead.tryAcquire()).toEqual(refused('queue-full'));
    expect(bulkhead.snapshot()).toMatchObject({ active: 1, waiting: 1 });
    held(await first).release();
    held(await second).release();
    expect(bulkhead.snapshot()).toMatchObject({ active: 0, waiting: 0, admitted: 3 });
  });

  it('refuses to queue more than its bound', async () => {
    const { bulkhead } = setup({ maxQueue: 1 });
    held(bulkhead.tryAcquire());
    void bulkhead.acquire();
    expect(await bulkhead.acquire()).toEqual(refused('queue-full'));
    expect(bulkhead.snapshot()).toMatchObject({ waiting: 1, refused: 1 });
  });

  it('[R05] lets an aborted waiter leave at once, from any place', async () => {
    const { bulkhead } = setup({ maxQueue: 3 });
    const slot = held(bulkhead.tryAcquire());
    const controllers = [new AbortController(), new AbortController(), new AbortController()];
    const waits = controllers.map(({ signal }) => bulkhead.acquire({ signal }));
    controllers[1]!.abort();
    expect(bulkhead.snapshot().waiting).toBe(2);
    expect(await waits[1]).toEqual(refused('aborted'));
    controllers[2]!.abort();
    controllers[0]!.abort();
    expect(bulkhead.snapshot().waiting).toBe(0);
    expect(await Promise.all(waits)).toEqual([refused('aborted'), refused('aborted'), refused('aborted')]);
    slot.release();
    expect(bulkhead.snapshot().active).toBe(0);
  });

  it('lets an abort after the admission change nothing', async () => {
    const { bulkhead } = setup();
    const controller = new AbortController();
    const slot = held(bulkhead.tryAcquire());
    const wait = bulkhead.acquire({ signal: controller.signal });
    slot.release();
    controller.abort();
    expect(held(await wait).release()).toBe(true);
    expect(bulkhead.snapshot()).toMatchObject({ active: 0, refused: 0 });
  });

  it('admits nobody who has already given up', async () => {
    const { bulkhead } = setup();
    expect(await bulkhead.acquire({ signal: AbortSignal.abort() })).toEqual(refused('aborted'));
    expect(bulkhead.snapshot().active).toBe(0);
  });

  it('ends waits that are too long, with one timer for all of them', async () => {
    const { time, bulkhead } = setup({ maxWaitMs: 100 });
    const slot = held(bulkhead.tryAcquire());
    expect(time.pending).toBe(0);
    const first = bulkhead.acquire();
    time.advance(60);
    const second = bulkhead.acquire();
    expect(time.pending).toBe(1);
    time.advance(39);
    expect(bulkhead.snapshot()).toMatchObject({ waiting: 2, oldestWaitMs: 99 });
    time.advance(1);
    expect(await first).toEqual(refused('waited-too-long'));
    expect(bulkhead.snapshot()).toMatchObject({ waiting: 1, oldestWaitMs: 40 });
    slot.release();
    expect(time.pending).toBe(0);
    held(await second);
  });

  it('keeps no timer for those who left, and forgets none of those who stay', async () => {
    const { time, bulkhead } = setup({ maxWaitMs: 100 });
    held(bulkhead.tryAcquire());
    const controller = new AbortController();
    void bulkhead.acquire({ signal: controller.signal });
    time.advance(50);
    const second = bulkhead.acquire();
    controller.abort();
    time.advance(50);
    expect(bulkhead.snapshot().waiting).toBe(1);
    time.advance(50);
    expect(await second).toEqual(refused('waited-too-long'));
    expect(time.pending).toBe(0);
  });

  it('waits on when a timer fires early', async () => {
    const { time, bulkhead } = setup({ maxWaitMs: 100 });
    held(bulkhead.tryAcquire());
    const wait = bulkhead.acquire();
    time.ms -= 10;
    time.advance(109);
    expect(bulkhead.snapshot().waiting).toBe(1);
    time.advance(1);
    expect(await wait).toEqual(refused('waited-too-long'));
  });

  it('[R09] admits nobody while work goes on, though its caller gave up', async () => {
    const { bulkhead } = setup({ maxQueue: 0 });
    const controller = new AbortController();
    const work = pending<string>();
    const result = bulkhead.execute(() => work.promise, { signal: controller.signal });
    controller.abort();
    expect(bulkhead.tryAcquire()).toEqual(refused('queue-full'));
    work.resolve('done');
    expect(await result).toBe('done');
    held(bulkhead.tryAcquire());
  });

  it('gives the slot back when work throws, at once or later', async () => {
    const { bulkhead } = setup();
    const failure = new Error('failure');
    await expect(
      bulkhead.execute(() => {
        throw failure;
      }),
    ).rejects.toBe(failure);
    await expect(bulkhead.execute(() => Promise.reject(failure))).rejects.toBe(failure);
    expect(bulkhead.snapshot().active).toBe(0);
  });

  it('throws a refusal from execute, and the reason of an abort', async () => {
    const { bulkhead } = setup({ maxQueue: 1 });
    held(bulkhead.tryAcquire());
    const controller = new AbortController();
    const waiting = bulkhead.execute(() => 'never', { signal: controller.signal });
    await expect(bulkhead.execute(() => 'never')).rejects.toEqual(new RefusedError(refused('queue-full')));
    controller.abort('reason');
    await expect(waiting).rejects.toBe('reason');
  });

  it('begins no work for a caller who gives up after its admission, and gives the slot back', async () => {
    const { bulkhead } = setup();
    const slot = held(bulkhead.tryAcquire());
    const controller = new AbortController();
    let begun = false;
    const work = () => {
      begun = true;
    };
    const result = bulkhead.execute(work, { signal: controller.signal });
    slot.release();
    controller.abort('reason');
    await expect(result).rejects.toBe('reason');
    expect(begun).toBe(false);
    expect(bulkhead.snapshot()).toMatchObject({ active: 0, admitted: 2, refused: 0 });
  });

  it('refuses everybody when it closes, and lets those inside leave', async () => {
    const { time, bulkhead } = setup({ maxWaitMs: 100 });
    const slot = held(bulkhead.tryAcquire());
    const waits = [bulkhead.acquire(), bulkhead.acquire()];
    bulkhead.close();
    bulkhead.close();
    expect(await Promise.all(waits)).toEqual([refused('closed'), refused('closed')]);
    expect(bulkhead.tryAcquire()).toEqual(refused('closed'));
    expect(await bulkhead.acquire()).toEqual(refused('closed'));
    expect(slot.release()).toBe(true);
    expect(bulkhead.available).toBe(0);
    expect(bulkhead.tryAcquire()).toEqual(refused('closed'));
    expect(bulkhead.snapshot()).toMatchObject({ active: 0, waiting: 0, closed: true, refused: 5 });
    expect(time.pending).toBe(0);
  });

  it('admits nobody while it closes, whatever its hooks release', async () => {
    let slot: Slot | undefined;
    const { bulkhead } = setup({ hooks: { onRefused: () => void slot?.release() } });
    slot = held(bulkhead.tryAcquire());
    const waits = [bulkhead.acquire(), bulkhead.acquire()];
    bulkhead.close();
    expect(await Promise.all(waits)).toEqual([refused('closed'), refused('closed')]);
    expect(bulkhead.snapshot()).toMatchObject({ active: 0, admitted: 1 });
  });

  it('tells how long everybody waited and why the wait ended, and counts hooks that throw', async () => {
    const seen: unknown[] = [];
    const { time, bulkhead } = setup({
      maxWaitMs: 100,
      hooks: {
        onWaited: (waited) => {
          seen.push(waited, bulkhead.snapshot().waiting);
          throw new Error('hook');
        },
      },
    });
    const slot = held(bulkhead.tryAcquire());
    const [first, second] = [bulkhead.acquire(), bulkhead.acquire()];
    time.advance(30);
    slot.release();
    held(await first);
    time.advance(70);
    await second;
    expect(seen).toEqual([
      { name: 'bulkhead', waitMs: 30, outcome: 'admitted' },
      1,
      { name: 'bulkhead', waitMs: 100, outcome: 'waited-too-long' },
      0,
    ]);
    expect(bulkhead.snapshot().hookErrors).toBe(2);
  });

  it('is not made with options outside their range, and names them', () => {
    const options = { limit: 1, maxQueue: 0 };
    expect(() => new Bulkhead({ ...options, limit: 0 })).toThrow(
      'Cannot create bulkhead: limit is 0, allowed are integers of at least 1',
    );
    expect(() => new Bulkhead({ ...options, maxQueue: -1 })).toThrow('maxQueue is -1');
    expect(() => new Bulkhead({ ...options, maxWaitMs: 2 ** 31 })).toThrow(
      'maxWaitMs is 2,147,483,648, allowed are numbers from 0 to 2,147,483,647',
    );
  });
});
