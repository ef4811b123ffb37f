import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bulkhead, KeyedMutex, type Refusal, type RefusalReason, type Slot } from '../src/index.ts';
import { FakeTime } from './fake-time.ts';

const MAX_WAIT_MS = 100;

type State = 'waiting' | 'inside' | 'left' | RefusalReason;

interface Bounds {
  readonly limit: number;
  readonly maxQueue: number;
}

/** Callers by number, as a list of who is inside a place and a list of who waits for it would have them. */
class NaiveQueues {
  readonly bounds: Bounds;
  readonly states: State[] = [];
  readonly places = new Map<string, { inside: number[]; waiting: { caller: number; since: number }[] }>();
  closed = false;

  constructor(bounds: Bounds) {
    this.bounds = bounds;
  }

  come(key: string, now: number, canWait: boolean): void {
    const caller = this.states.length;
    const place = this.places.get(key) ?? { inside: [], waiting: [] };
    this.places.set(key, place);
    if (this.closed) this.states.push('closed');
    else if (place.inside.length < this.bounds.limit) {
      place.inside.push(caller);
      this.states.push('inside');
    } else if (canWait && place.waiting.length < this.bounds.maxQueue) {
      place.waiting.push({ caller, since: now });
      this.states.push('waiting');
    } else this.states.push('queue-full');
  }

  /** Returns whether that changed anything. */
  release(caller: number): boolean {
    if (this.states[caller] !== 'inside') return false;
    this.states[caller] = 'left';
    for (const place of this.places.values()) {
      if (!place.inside.includes(caller)) continue;
      place.inside = place.inside.filter((other) => other !== caller);
      const next = place.waiting.shift();
      if (next === undefined) continue;
      place.inside.push(next.caller);
      this.states[next.caller] = 'inside';
    }
    return true;
  }

  /** Sends those away who wait and fulfil a condition. */
  sendAway(reason: RefusalReason, condition: (caller: number, since: number) => boolean): void {
    for (const place of this.places.values()) {
      const leaving = place.waiting.filter(({ caller, since }) => condition(caller, since));
      place.waiting = place.waiting.filter((waiter) => !leaving.includes(waiter));
      for (const { caller } of leaving) this.states[caller] = reason;
    }
  }

  count(state: State): number {
    return this.states.filter((other) => other === state).length;
  }
}

interface Queues {
  tryAcquire(key: string): Slot | Refusal;
  acquire(key: string, signal: AbortSignal): Promise<Slot | Refusal>;
  close(): void;
  counts(): { inside: number; waiting: number; admitted: number; refused: number; closed: boolean };
}

function bulkheads({ limit, maxQueue }: Bounds, time: FakeTime): Queues {
  const bulkhead = new Bulkhead({ limit, maxQueue, maxWaitMs: MAX_WAIT_MS, now: time.now, timers: time });
  return {
    tryAcquire: () => bulkhead.tryAcquire(),
    acquire: (_key, signal) => bulkhead.acquire({ signal }),
    close: () => bulkhead.close(),
    counts: () => {
      const { active, waiting, admitted, refused, closed } = bulkhead.snapshot();
      return { inside: active, waiting, admitted, refused, closed };
    },
  };
}

function mutexes({ maxQueue }: Bounds, time: FakeTime): Queues {
  const mutex = new KeyedMutex({ maxQueue, maxWaitMs: MAX_WAIT_MS, now: time.now, timers: time });
  return {
    tryAcquire: (key) => mutex.tryAcquire(key),
    acquire: (key, signal) => mutex.acquire(key, { signal }),
    close: () => mutex.close(),
    counts: () => {
      const { held, waiting, admitted, refused, closed } = mutex.snapshot();
      return { inside: held, waiting, admitted, refused, closed };
    },
  };
}

type Operation =
  | { readonly kind: 'try' | 'acquire'; readonly key: string }
  | { readonly kind: 'release' | 'abort'; readonly who: number }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'close' };

const operations = (keys: readonly string[]): fc.Arbitrary<Operation[]> =>
  fc.array(
    fc.oneof(
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('try' as const), key: fc.constantFrom(...keys) }) },
      { weight: 8, arbitrary: fc.record({ kind: fc.constant('acquire' as const), key: fc.constantFrom(...keys) }) },
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('release' as const), who: fc.nat() }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('abort' as const), who: fc.nat() }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.nat({ max: 60 }) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const) }) },
    ),
    { maxLength: 60 },
  );

async function agree(bounds: Bounds, steps: readonly Operation[], make: typeof bulkheads) {
  const time = new FakeTime();
  const queues = make(bounds, time);
  const naive = new NaiveQueues(bounds);
  const states: State[] = [];
  const slots: (Slot | undefined)[] = [];
  const controllers: AbortController[] = [];
  const answered = (caller: number, answer: Slot | Refusal) => {
    states[caller] = answer.ok ? 'inside' : answer.reason;
    slots[caller] = answer.ok ? answer : undefined;
  };
  for (const step of steps) {
    if (step.kind === 'try' || step.kind === 'acquire') {
      const caller = states.length;
      const controller = new AbortController();
      controllers.push(controller);
      states.push('waiting');
      if (step.kind === 'try') answered(caller, queues.tryAcquire(step.key));
      else void queues.acquire(step.key, controller.signal).then((answer) => answered(caller, answer));
      naive.come(step.key, time.ms, step.kind === 'acquire');
    } else if (step.kind === 'release' && states.length > 0) {
      const caller = step.who % states.length;
      const slot = slots[caller];
      expect(slot?.release() ?? false).toBe(naive.release(caller));
      if (states[caller] === 'inside') states[caller] = 'left';
    } else if (step.kind === 'abort' && states.length > 0) {
      const caller = step.who % states.length;
      controllers[caller]!.abort();
      naive.sendAway('aborted', (other) => other === caller);
    } else if (step.kind === 'advance') {
      time.advance(step.ms);
      naive.sendAway('waited-too-long', (_caller, since) => since + MAX_WAIT_MS <= time.ms);
    } else if (step.kind === 'close') {
      queues.close();
      naive.closed = true;
      naive.sendAway('closed', () => true);
    }
    // What the queues know is up to date at once, what the callers know as soon as their promises have run.
    const refused = naive.states.filter((state) => !['waiting', 'inside', 'left'].includes(state)).length;
    expect(queues.counts()).toEqual({
      inside: naive.count('inside'),
      waiting: naive.count('waiting'),
      admitted: naive.count('inside') + naive.count('left'),
      refused,
      closed: naive.closed,
    });
    await Promise.resolve();
    await Promise.resolve();
    expect(states).toEqual(naive.states);
    const waitedFor = [...naive.places.values()].filter(({ waiting }) => waiting.length > 0).length;
    expect(time.pending).toBe(waitedFor);
  }
}

describe('over random comings, leavings, aborts and time', () => {
  it('[R05] a bulkhead is two lists', async () => {
    const bounds = fc.record({ limit: fc.integer({ min: 1, max: 3 }), maxQueue: fc.nat({ max: 4 }) });
    await fc.assert(
      fc.asyncProperty(bounds, operations(['a']), (limits, steps) => agree(limits, steps, bulkheads)),
      { numRuns: 500 },
    );
  });

  it('[R05] a keyed mutex is two lists per key', async () => {
    const bounds = fc.record({ limit: fc.constant(1), maxQueue: fc.nat({ max: 4 }) });
    await fc.assert(
      fc.asyncProperty(bounds, operations(['a', 'b', 'c']), (limits, steps) => agree(limits, steps, mutexes)),
      { numRuns: 500 },
    );
  });
});
