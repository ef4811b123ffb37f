import { describe, expect, it } from 'vitest';
import { HookErrors, HookQueue, notify } from './observe.ts';

describe('notify', () => {
  it('counts a hook that throws and one that rejects, and needs none', async () => {
    const errors = new HookErrors();
    notify(undefined, 1, errors);
    notify(
      () => {
        throw new Error('thrown');
      },
      1,
      errors,
    );
    expect(errors.count).toBe(1);
    notify(() => Promise.reject(new Error('rejected')), 1, errors);
    await Promise.resolve();
    expect(errors.count).toBe(2);
  });
});

describe('HookQueue', () => {
  it('keeps events while it is held, and tells them in their order', () => {
    const queue = new HookQueue();
    const told: number[] = [];
    const hook = (event: number) => void told.push(event);
    queue.hold();
    queue.hold();
    queue.tell(hook, 1);
    queue.tell(hook, 2);
    queue.release();
    expect(told).toEqual([]);
    queue.release();
    expect(told).toEqual([1, 2]);
    queue.tell(hook, 3);
    expect(told).toEqual([1, 2, 3]);
  });

  it('tells each event once and in order, also when a hook holds and releases again, or throws', () => {
    const queue = new HookQueue();
    const told: number[] = [];
    const hook = (event: number) => {
      told.push(event);
      if (event !== 1) return;
      queue.hold();
      queue.tell(hook, 3);
      queue.release();
      throw new Error('hook');
    };
    queue.hold();
    queue.tell(hook, 1);
    queue.tell(hook, 2);
    queue.release();
    expect(told).toEqual([1, 2, 3]);
    expect(queue.errors.count).toBe(1);
  });

  it('tells what a hook causes after the hook has returned', () => {
    const queue = new HookQueue();
    const told: string[] = [];
    queue.tell((event: string) => {
      queue.tell((inner: string) => told.push(inner), 'caused');
      told.push(event);
    }, 'first');
    expect(told).toEqual(['first', 'caused']);
  });

  it('cuts hooks off that answer every event with another one, and counts what it dropped', () => {
    const queue = new HookQueue();
    let told = 0;
    const hook = () => {
      told++;
      queue.tell(hook, 1);
    };
    queue.tell(hook, 0);
    expect([told, queue.errors.count]).toEqual([1_001, 1]);
    queue.tell(() => told++, 2);
    expect(told).toBe(1_002);
  });
});
