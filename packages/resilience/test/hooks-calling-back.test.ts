import { HybridBreaker, type Outcome, type Permit } from '@sessiond/resilience';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TestClock } from './test-clock.ts';

interface Operation {
  readonly act: 'call' | 'acquire' | 'settle' | 'cancel' | 'trip' | 'reset' | 'snapshot';
  readonly key: string;
  readonly outcome: Outcome;
  readonly which: number;
  readonly wait: number;
}

/** Operations that hooks do in answer to one from outside, so that it comes to an end. */
const MOST_ANSWERS = 20;

const operation: fc.Arbitrary<Operation> = fc.record({
  act: fc.constantFrom<Operation['act']>('call', 'call', 'acquire', 'settle', 'cancel', 'trip', 'reset', 'snapshot'),
  key: fc.constantFrom('a', 'b', 'c', 'd'),
  outcome: fc.constantFrom<Outcome>('success', 'failure', 'failure', 'ignored'),
  which: fc.nat(),
  wait: fc.constantFrom(0, 0, 0, 10, 40, 300),
});

/** A breaker whose hooks answer whatever they are told with the next operation of a list. */
class Answering {
  readonly #clock = new TestClock();
  readonly #answers: readonly Operation[];
  readonly #permits: Permit[] = [];
  /** State and epoch of each part, as transitions told it. */
  readonly #told = new Map<string, { state: string; epoch: number }>();
  readonly #hybrid: HybridBreaker;
  #answered = 0;
  #next = 0;

  constructor(answers: readonly Operation[]) {
    this.#answers = answers;
    const part = { openMs: 30, windowMs: 100, quietMs: 100, probes: 1, probeTimeoutMs: 40, slowMs: 50 };
    this.#hybrid = new HybridBreaker({
      name: 'model',
      session: { ...part, failures: 2, maxKeys: 2, idleMs: 200 },
      global: { ...part, failures: 5 },
      maxOpenKeys: 2,
      now: this.#clock.now,
      hooks: {
        onTransition: ({ name, key, from, to, epoch }) => {
          const part = `${name} ${key}`;
          const before = this.#told.get(part) ?? { state: 'closed', epoch: 0 };
          expect({ state: from, epoch: epoch - 1 }).toEqual(before);
          this.#told.set(part, { state: to, epoch });
          this.#answer();
        },
        onOutcome: () => this.#answer(),
        onRefused: () => this.#answer(),
        onEvicted: ({ name, key, state }) => {
          expect(this.#told.get(`${name} ${key}`)?.state ?? 'closed').toBe(state);
          this.#told.delete(`${name} ${key}`);
          this.#answer();
        },
      },
    });
  }

  run(one: Operation): void {
    this.#answered = 0;
    this.#do(one);
    const { session, global, hookErrors } = this.#hybrid.snapshot();
    expect(hookErrors).toBe(0);
    expect(session.closed + session.open + session.halfOpen).toBe(session.keys);
    expect(Math.min(session.closed, session.open, session.halfOpen, global.inFlight)).toBeGreaterThanOrEqual(0);
    expect(this.#told.get('model.global null')?.state ?? 'closed').toBe(this.#hybrid.state);
  }

  /** What is left when every permit was given back. */
  finish(): void {
    this.#next = this.#answers.length;
    for (const permit of this.#permits) permit.cancel();
    const { session, global } = this.#hybrid.snapshot();
    expect([session.overflow.inFlight, session.overflow.overdue]).toEqual([0, 0]);
    expect([global.inFlight, global.overdue]).toEqual([0, 0]);
  }

  #answer(): void {
    const answer = this.#answers[this.#next];
    if (answer === undefined || this.#answered === MOST_ANSWERS) return;
    this.#next++;
    this.#answered++;
    this.#do(answer);
  }

  #do({ act, key, outcome, which, wait }: Operation): void {
    this.#clock.move(wait);
    const held = this.#permits[which % this.#permits.length];
    const part = which % 3 === 0 ? undefined : key;
    if (act === 'call' || act === 'acquire') {
      const answer = this.#hybrid.tryAcquire(key);
      if (!answer.ok) return;
      if (act === 'call') answer.settle(outcome);
      else this.#permits.push(answer);
    } else if (act === 'settle') held?.settle(outcome);
    else if (act === 'cancel') held?.cancel();
    else if (act === 'trip') this.#hybrid.trip(part);
    else if (act === 'reset') this.#hybrid.reset(part);
    else this.#hybrid.snapshot();
  }
}

it('tells hooks that call back everything once and in order, over random operations, and loses count of nothing', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), fc.array(operation, { maxLength: 200 }), (run, answers) => {
      const answering = new Answering(answers);
      for (const one of run) answering.run(one);
      answering.finish();
    }),
    { numRuns: 500 },
  );
});
