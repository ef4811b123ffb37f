import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Bulkhead, Deadline, DeadlineError, Guard, type Outcome, RateLimiter, RefusedError } from '../src/index.ts';
import { ControlledWork } from './controlled-work.ts';
import { FakeTime } from './fake-time.ts';

const SLOTS = 2;
const MAX_QUEUE = 2;
const DEADLINE_MS = 100;

type Answer = 'pending' | 'value' | 'error' | 'deadline' | 'aborted' | 'queue-full' | 'open';

/** One call, as its story would be told: it waits, it works, it has ended; its caller is answered somewhere on the way. */
interface Story {
  place: 'waiting' | 'working' | 'over';
  answer: Answer;
  beganAt: number;
  /** What the breaker was told, if it was asked. */
  outcome: Outcome | 'in flight' | 'not asked';
}

class NaiveGuard {
  readonly stories: Story[] = [];
  open = false;

  come(now: number): void {
    const story: Story = { place: 'waiting', answer: 'pending', beganAt: Number.NaN, outcome: 'not asked' };
    this.stories.push(story);
    if (this.at('working').length < SLOTS) this.#admit(story, now);
    else if (this.at('waiting').length > MAX_QUEUE) this.#finish(story, 'queue-full');
  }

  end(story: Story, good: boolean, now: number): void {
    if (story.outcome === 'in flight') {
      story.outcome = story.answer === 'aborted' ? 'ignored' : good ? 'success' : 'failure';
    }
    this.#finish(story, good ? 'value' : 'error');
    this.#handOver(now);
  }

  abort(story: Story): void {
    if (story.answer !== 'pending') return;
    story.answer = 'aborted';
    if (story.place === 'waiting') story.place = 'over';
  }

  pass(now: number): void {
    for (const story of this.at('working')) {
      if (story.answer !== 'pending' || story.beganAt + DEADLINE_MS > now) continue;
      story.answer = 'deadline';
      story.outcome = 'failure';
    }
  }

  at(place: Story['place']): Story[] {
    return this.stories.filter((story) => story.place === place);
  }

  #admit(story: Story, now: number): void {
    if (this.open) {
      this.#finish(story, 'open');
      this.#handOver(now);
    } else {
      Object.assign(story, { place: 'working', beganAt: now, outcome: 'in flight' });
    }
  }

  #handOver(now: number): void {
    const [next] = this.at('waiting');
    if (next !== undefined && this.at('working').length < SLOTS) this.#admit(next, now);
  }

  #finish(story: Story, answer: Answer): void {
    story.place = 'over';
    if (story.answer === 'pending') story.answer = answer;
  }
}

/** What really happened to a call. */
class Call {
  readonly work = new ControlledWork<string>();
  readonly controller = new AbortController();
  answer: Answer = 'pending';
  outcome: Story['outcome'] = 'not asked';

  answered(error: unknown): void {
    if (error === undefined) this.answer = 'value';
    else if (error instanceof DeadlineError) this.answer = 'deadline';
    else if (error instanceof RefusedError) this.answer = error.refusal.reason as Answer;
    else this.answer = error as Answer;
  }
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
}

const operations = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('come' as const) }) },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('end' as const), who: fc.nat(), good: fc.boolean() }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('abort' as const), who: fc.nat() }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.nat({ max: 60 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('breaker' as const), open: fc.boolean() }) },
  ),
  { maxLength: 60 },
);

it('[R07, R09] a guard gives back what each end, abort and deadline gives back, in any order', async () => {
  await fc.assert(
    fc.asyncProperty(operations, async (steps) => {
      const time = new FakeTime();
      const naive = new NaiveGuard();
      const calls: Call[] = [];
      /** Permits are asked for in the order in which callers get slots; the key says for whom. */
      const breaker = {
        tryAcquire: (key: string) => {
          if (naive.open) {
            return { ok: false, by: 'breaker', name: 'breaker', reason: 'open', retryAfterMs: null } as const;
          }
          const call = calls[Number(key)]!;
          call.outcome = 'in flight';
          const settle = (outcome: Story['outcome']) => {
            if (call.outcome !== 'in flight') return false;
            call.outcome = outcome;
            return true;
          };
          return { ok: true, settle, cancel: () => settle('not asked') } as const;
        },
      };
      const limiter = new RateLimiter({ limit: 1_000, windowMs: 1e9, now: time.now });
      const bulkhead = new Bulkhead({ limit: SLOTS, maxQueue: MAX_QUEUE, now: time.now, timers: time });
      const deadline = new Deadline({ deadlineMs: DEADLINE_MS, timers: time });
      const guard = new Guard({ limiter, bulkhead, breaker, deadline });
      for (const step of steps) {
        if (step.kind === 'come') {
          const call = new Call();
          const { signal } = call.controller;
          calls.push(call);
          guard.execute(call.work.begin, { key: String(calls.length - 1), signal }).then(
            () => call.answered(undefined),
            (error: unknown) => call.answered(error),
          );
          naive.come(time.ms);
        } else if (step.kind === 'advance') {
          time.advance(step.ms);
          naive.pass(time.ms);
        } else if (step.kind === 'breaker') {
          naive.open = step.open;
        } else if (calls.length > 0) {
          const who = step.who % calls.length;
          const [call, story] = [calls[who]!, naive.stories[who]!];
          if (step.kind === 'abort') {
            call.controller.abort('aborted');
            naive.abort(story);
          } else if (story.place === 'working') {
            if (step.good) call.work.resolve('value');
            else call.work.reject('error');
            naive.end(story, step.good, time.ms);
          }
        }
        await turns();
        const { stories } = naive;
        const working = naive.at('working');
        expect(calls.map(({ answer, outcome }) => ({ answer, outcome }))).toEqual(
          stories.map(({ answer, outcome }) => ({ answer, outcome })),
        );
        expect(calls.map(({ work }) => work.begun)).toEqual(stories.map(({ beganAt }) => !Number.isNaN(beganAt)));
        expect(bulkhead.snapshot()).toMatchObject({ active: working.length, waiting: naive.at('waiting').length });
        expect(guard.snapshot()).toEqual({
          name: 'guard',
          inside: working.length,
          abandoned: working.filter(({ answer }) => answer !== 'pending').length,
        });
        const { granted, refunded } = limiter.snapshot();
        // Those who wait have taken, too.
        expect(granted - refunded).toBe(
          stories.filter(({ place, beganAt }) => place === 'waiting' || !Number.isNaN(beganAt)).length,
        );
        expect(time.pending).toBe(working.filter(({ answer }) => answer === 'pending').length);
      }
    }),
    { numRuns: 300 },
  );
});
