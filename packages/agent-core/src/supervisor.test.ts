import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock, settled } from '../test/fake-clock.ts';
import type { AgentProcessExit } from './agent-process.ts';
import { AgentUnavailableError } from './errors.ts';
import { type SupervisedProcess, Supervisor, type SupervisorOptions } from './supervisor.ts';

const never = new AbortController().signal;

class TestProcess implements SupervisedProcess {
  readonly exited: Promise<AgentProcessExit>;
  killed = false;
  end!: (exit: AgentProcessExit) => void;

  constructor() {
    this.exited = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  kill(): void {
    this.killed = true;
    this.end({ exitCode: null, signal: 'SIGKILL' });
  }
}

const CRASH: AgentProcessExit = { exitCode: 1, signal: null };

function setUp(options: Partial<SupervisorOptions<TestProcess>> = {}) {
  const clock = new FakeClock();
  const started: TestProcess[] = [];
  const told: unknown[][] = [];
  const supervisor = new Supervisor<TestProcess>({
    start: async () => {
      const process = new TestProcess();
      started.push(process);
      return process;
    },
    onRestarting: ({ attempt, delayMs, requested }) => told.push(['restarting', attempt, delayMs, requested]),
    onRestarted: (process, attempt) => told.push(['restarted', attempt, process === started.at(-1)]),
    onGivenUp: (error) => told.push(['given up', error.message]),
    firstDelayMs: 100,
    maxDelayMs: 350,
    stableMs: 1000,
    clock,
    ...options,
  });
  const crash = async (exit = CRASH) => {
    started.at(-1)!.end(exit);
    await settled();
  };
  return { supervisor, clock, started, told, crash };
}

describe('a supervisor', () => {
  it('[AG07] starts a process again after waits that double up to the longest', async () => {
    const { supervisor, clock, started, told, crash } = setUp();
    expect(await supervisor.begin(never)).toBe(started[0]);
    for (const delayMs of [100, 200, 350, 350]) {
      await crash();
      expect([told.at(-1)?.[2], supervisor.process]).toEqual([delayMs, undefined]);
      await clock.advance(delayMs - 1);
      expect(supervisor.snapshot().state).toBe('restarting');
      await clock.advance(1);
      expect(supervisor.process).toBe(started.at(-1));
    }
    expect(told.at(-1)).toEqual(['restarted', 4, true]);
    expect(supervisor.snapshot()).toEqual({ state: 'up', restarts: 4, crashes: 4, lastExit: CRASH });
  });

  it('[AG07] gives up a process that keeps dying, and leaves no timer behind', async () => {
    const { supervisor, clock, started, told, crash } = setUp({ maxFailures: 3 });
    await supervisor.begin(never);
    for (let death = 0; death < 3; death += 1) {
      await crash();
      await clock.advance(1000 - 1);
    }
    expect(told.at(-1)).toEqual(['given up', 'Cannot start agent process again: it ended too often in a short time']);
    expect([started.length, supervisor.snapshot().state, clock.waiting]).toEqual([3, 'over', 0]);
  });

  it('[AG07] forgives a process that lived long enough: waits begin anew, and no end counts as a failure', async () => {
    const { supervisor, clock, told, crash } = setUp({ maxFailures: 2 });
    await supervisor.begin(never);
    for (let life = 0; life < 10; life += 1) {
      await clock.advance(1000);
      await crash();
      expect(told.at(-1)).toEqual(['restarting', 1, 100, false]);
      await clock.advance(100);
    }
    expect(supervisor.snapshot()).toMatchObject({ state: 'up', restarts: 10 });
  });

  it('[AG07] starts a process that was ended on purpose again at once, and counts it as no failure', async () => {
    const { supervisor, clock, told, crash } = setUp({ maxFailures: 1 });
    await supervisor.begin(never);
    for (let life = 0; life < 10; life += 1) {
      supervisor.expectEnd();
      await crash({ exitCode: null, signal: 'SIGKILL' });
      expect(told.at(-1)?.slice(2)).toEqual([0, true]);
      await clock.advance(0);
    }
    expect(supervisor.snapshot()).toMatchObject({ state: 'up', restarts: 10, crashes: 0 });
    await crash();
    expect(told.at(-1)?.[0]).toBe('given up');
  });

  it('[AG07] counts a start that fails as a failure, and tries again', async () => {
    let fail = false;
    const process = new TestProcess();
    const start = async () => {
      if (fail) throw new Error('no handshake');
      return process;
    };
    const { supervisor, clock, told } = setUp({ start, maxFailures: 3 });
    await supervisor.begin(never);
    fail = true;
    process.end(CRASH);
    await clock.advance(10_000);
    expect(told.map(([what]) => what)).toEqual(['restarting', 'restarting', 'given up']);
  });

  it('[AG07] does not try again what cannot work', async () => {
    const process = new TestProcess();
    const start = async (attempt: number) => {
      if (attempt > 0) throw new AgentUnavailableError('Cannot use pi: it is not installed');
      return process;
    };
    const { supervisor, clock, told } = setUp({ start });
    await supervisor.begin(never);
    process.end(CRASH);
    await clock.advance(10_000);
    expect(told.at(-1)).toEqual(['given up', 'Cannot use pi: it is not installed']);
    expect(told).toHaveLength(2);
  });

  it('tells a first start that fails to the caller alone', async () => {
    const { supervisor, told, clock } = setUp({ start: () => Promise.reject(new Error('no program')) });
    await expect(supervisor.begin(never)).rejects.toThrow('no program');
    expect([told, clock.waiting, supervisor.snapshot().state]).toEqual([[], 0, 'over']);
  });

  it('starts nothing for a caller who has given up before, and kills what comes up after', async () => {
    const { supervisor, started } = setUp();
    await expect(supervisor.begin(AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
    expect(started).toEqual([]);

    const controller = new AbortController();
    const late = new TestProcess();
    const slow = setUp({
      start: async () => {
        controller.abort(new Error('meanwhile'));
        return late;
      },
    });
    await expect(slow.supervisor.begin(controller.signal)).rejects.toThrow('meanwhile');
    expect([late.killed, slow.supervisor.process]).toEqual([true, undefined]);
  });

  it('[AG07] starts nothing once stopped: not what ends then, not what waits, and nothing comes up late', async () => {
    const { supervisor, clock, started, told, crash } = setUp();
    await supervisor.begin(never);
    await crash();
    supervisor.stop();
    supervisor.stop();
    await clock.advance(10_000);
    expect([started.length, clock.waiting]).toEqual([1, 0]);

    const running = setUp();
    const process = await running.supervisor.begin(never);
    expect(running.supervisor.stop()).toBe(process);
    await running.crash();
    expect(running.told).toEqual([]);
    expect(told).toHaveLength(1);

    const first = new TestProcess();
    const late = new TestProcess();
    const slow = setUp({
      start: async (attempt) => {
        if (attempt === 0) return first;
        slow.supervisor.stop();
        return late;
      },
    });
    await slow.supervisor.begin(never);
    first.end(CRASH);
    await slow.clock.advance(1000);
    expect([late.killed, slow.told.length, slow.supervisor.process]).toEqual([true, 1, undefined]);
  });

  it('can be stopped by whoever is told of a restart', async () => {
    const process = new TestProcess();
    const { supervisor, clock } = setUp({ start: async () => process, onRestarting: () => supervisor.stop() });
    await supervisor.begin(never);
    process.end(CRASH);
    await settled();
    expect(clock.waiting).toBe(0);
  });

  it('[AG07] never has more than one process, and never more starts than failures allow', async () => {
    const step = fc.oneof(fc.constantFrom('crash', 'requested end'), fc.integer({ min: 1, max: 1500 }));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 50 }), async (steps) => {
        let shortLives = 0;
        let upSince = 0;
        const { supervisor, clock, started } = setUp({
          maxFailures: 4,
          failureWindowMs: 1_000_000,
          onRestarted: () => {
            upSince = clock.now();
          },
        });
        await supervisor.begin(never);
        for (const todo of steps) {
          const { process } = supervisor;
          if (typeof todo === 'number') {
            await clock.advance(todo);
          } else if (process !== undefined) {
            if (todo === 'requested end') supervisor.expectEnd();
            else if (clock.now() - upSince < 1000) shortLives += 1;
            process.end(CRASH);
            await settled();
          }
          expect(supervisor.snapshot().state === 'over').toBe(shortLives >= 4);
          expect(started.length - 1).toBe(supervisor.snapshot().restarts);
        }
      }),
    );
  });

  it.each([
    ['firstDelayMs', -1],
    ['maxDelayMs', 2 ** 31],
    ['stableMs', Number.NaN],
    ['maxFailures', 0],
    ['failureWindowMs', 0],
  ])('refuses %s of %d by name', (option, value) => {
    expect(() => setUp({ [option]: value })).toThrow(expect.objectContaining({ option }));
  });
});
