import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ControlledWork } from '../test/controlled-work.ts';
import { FakeTime } from '../test/fake-time.ts';
import { Deadline } from './deadline.ts';
import { DeadlineError, isDeadlineError, isResilienceError } from './errors.ts';

function setup(deadlineMs = 100) {
  const time = new FakeTime();
  return { time, deadline: new Deadline({ deadlineMs, timers: time }), work: new ControlledWork<string>() };
}

/** Whether a promise has settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol();
  // Two turns: what settles a promise may itself be waiting for one.
  await Promise.resolve();
  await Promise.resolve();
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
}

describe('a deadline', () => {
  it('gives what the work gives in time, and keeps no timer', async () => {
    const { time, deadline, work } = setup();
    const result = deadline.execute(work.begin);
    time.advance(99);
    expect(time.pending).toBe(1);
    work.resolve('done');
    expect(await result).toBe('done');
    expect(time.pending).toBe(0);
    expect(await deadline.execute(() => 'at once')).toBe('at once');
    expect(time.pending).toBe(0);
  });

  it('gives the error of the work, thrown or rejected', async () => {
    const { time, deadline } = setup();
    const failure = new Error('failure');
    await expect(deadline.execute(() => Promise.reject(failure))).rejects.toBe(failure);
    await expect(
      deadline.execute(() => {
        throw failure;
      }),
    ).rejects.toBe(failure);
    expect(time.pending).toBe(0);
  });

  it('answers the caller and aborts the work when it passes, and tells when the work has really ended', async () => {
    const { time, deadline, work } = setup();
    const { result, settled } = deadline.start(work.begin);
    const { signal } = work.context!;
    time.advance(100);
    const error: unknown = await result.catch((reason: unknown) => reason);
    expect(error).toEqual(new DeadlineError('deadline', 100));
    expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', deadlineMs: 100 });
    expect(isDeadlineError(error) && isResilienceError(error)).toBe(true);
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toBe(error);
    expect(await isSettled(settled)).toBe(false);
    work.resolve('too late');
    await settled;
    expect(time.pending).toBe(0);
  });

  it('drops what work throws after the answer', async () => {
    const { time, deadline, work } = setup();
    const run = deadline.start(work.begin);
    time.advance(100);
    await expect(run.result).rejects.toThrow('Cannot wait longer for work: it has not ended, deadline allows 100 ms');
    work.reject(new Error('too late'));
    // An unhandled rejection would fail the test run.
    await run.settled;
    expect(await isSettled(run.settled)).toBe(true);
  });

  it('aborts the work of a caller who aborts, and answers with its reason', async () => {
    const { time, deadline, work } = setup();
    const controller = new AbortController();
    const { result, settled } = deadline.start(work.begin, { signal: controller.signal });
    controller.abort('reason');
    await expect(result).rejects.toBe('reason');
    // Read only now, and aborted all the same.
    expect(work.context!.signal.aborted).toBe(true);
    expect(work.context!.signal.reason).toBe('reason');
    expect(time.pending).toBe(0);
    expect(await isSettled(settled)).toBe(false);
    work.resolve('too late');
    await settled;
  });

  it('does not begin work for a caller who has already aborted', async () => {
    const { time, deadline, work } = setup();
    const { result, settled } = deadline.start(work.begin, { signal: AbortSignal.abort('reason') });
    await expect(result).rejects.toBe('reason');
    await settled;
    expect(work.begun).toBe(false);
    expect(time.pending).toBe(0);
  });

  it('leaves no listener on the signal of its caller, however the call ends', async () => {
    const listeners = new Set<() => void>();
    const signal = {
      aborted: false,
      reason: undefined,
      addEventListener: (_type: 'abort', listener: () => void) => void listeners.add(listener),
      removeEventListener: (_type: 'abort', listener: () => void) => void listeners.delete(listener),
    };
    const { time, deadline, work } = setup();
    const inTime = deadline.execute(work.begin, { signal });
    const expired = deadline.execute(new ControlledWork().begin, { signal });
    expect(listeners.size).toBe(2);
    work.resolve('done');
    await inTime;
    expect(listeners.size).toBe(1);
    time.advance(100);
    await expect(expired).rejects.toThrow(DeadlineError);
    expect(listeners.size).toBe(0);
  });

  it('does not abort work that has ended', async () => {
    const { time, deadline, work } = setup();
    const controller = new AbortController();
    const result = deadline.execute(work.begin, { signal: controller.signal });
    const { signal } = work.context!;
    work.resolve('done');
    await result;
    controller.abort();
    time.advance(1_000);
    expect(signal.aborted).toBe(false);
  });

  it('measures each call from its own beginning', async () => {
    const { time, deadline } = setup();
    const [first, second] = [new ControlledWork(), new ControlledWork()];
    const firstResult = deadline.execute(first.begin);
    time.advance(60);
    const secondResult = deadline.execute(second.begin);
    time.advance(40);
    await expect(firstResult).rejects.toThrow(DeadlineError);
    second.resolve('done');
    expect(await secondResult).toBe('done');
  });

  it('runs on the timers of the platform', async () => {
    await expect(new Deadline({ deadlineMs: 0 }).execute(new ControlledWork().begin)).rejects.toThrow(DeadlineError);
    expect(await new Deadline({ deadlineMs: 2 ** 31 - 1 }).execute(() => 'done')).toBe('done');
  });

  it.each([-1, 2 ** 31, Number.NaN, Number.POSITIVE_INFINITY])('refuses to be %s ms long', (deadlineMs) => {
    expect(() => new Deadline({ deadlineMs })).toThrow(
      /^Cannot create deadline: deadlineMs is .*, allowed are numbers from 0 to 2,147,483,647$/,
    );
  });
});

describe('the signal of work', () => {
  const { AbortController: Original } = globalThis;
  let made = 0;

  beforeEach(() => {
    made = 0;
    globalThis.AbortController = class extends Original {
      constructor() {
        super();
        made++;
      }
    };
  });
  afterEach(() => {
    globalThis.AbortController = Original;
  });

  it('is made when it is read, once, and never for work that does not ask', async () => {
    const { time, deadline, work } = setup();
    const expired = deadline.execute(work.begin);
    time.advance(100);
    await expect(expired).rejects.toThrow(DeadlineError);
    expect(made).toBe(0);
    await deadline.execute((context) => expect(context.signal).toBe(context.signal));
    expect(made).toBe(1);
  });
});
