import { expect, test } from 'vitest';
import { FakeClock } from '../test/fake-clock.ts';
import { IdleMonitor, type Idler } from './idle-monitor.ts';

class Worker implements Idler {
  readonly idleTimeoutMs: number;
  readonly idleAt: number[] = [];
  readonly #clock: FakeClock;
  lastActiveAt: number;

  constructor(clock: FakeClock, idleTimeoutMs: number) {
    this.#clock = clock;
    this.idleTimeoutMs = idleTimeoutMs;
    this.lastActiveAt = clock.now();
  }

  works(): void {
    this.lastActiveAt = this.#clock.now();
  }

  becameIdle(): void {
    this.idleAt.push(this.#clock.now());
  }
}

test('[T008] who does nothing for the timeout is idle, once, exactly then', async () => {
  const clock = new FakeClock();
  const monitor = new IdleMonitor(clock);
  const worker = new Worker(clock, 300_000);
  monitor.watch(worker);
  monitor.watch(worker);
  await clock.advance(299_999);
  expect(worker.idleAt).toEqual([]);
  await clock.advance(1_000_000);
  expect(worker.idleAt).toEqual([300_000]);
  expect(clock.waiting).toBe(0);
  expect(monitor.snapshot()).toEqual({ watched: 0 });
});

test('work begins the silence anew and needs nothing but its time', async () => {
  const clock = new FakeClock();
  const monitor = new IdleMonitor(clock);
  const worker = new Worker(clock, 100);
  monitor.watch(worker);
  for (let round = 0; round < 50; round += 1) {
    await clock.advance(99);
    worker.works();
  }
  expect(worker.idleAt).toEqual([]);
  await clock.advance(100);
  expect(worker.idleAt).toEqual([50 * 99 + 100]);
});

test('[T008] one timer serves three hundred, each with its own timeout', async () => {
  const clock = new FakeClock();
  const monitor = new IdleMonitor(clock);
  const workers = Array.from({ length: 300 }, (_, index) => new Worker(clock, 1_000 - index));
  for (const worker of workers) monitor.watch(worker);
  expect(clock.waiting).toBe(1);
  await clock.advance(1_000);
  expect(workers.map(({ idleAt }) => idleAt)).toEqual(workers.map(({ idleTimeoutMs }) => [idleTimeoutMs]));
});

test('who is left alone does not become idle, and the last one takes the timer away', async () => {
  const clock = new FakeClock();
  const monitor = new IdleMonitor(clock);
  const [first, second] = [new Worker(clock, 10), new Worker(clock, 10)];
  monitor.watch(first);
  monitor.watch(second);
  monitor.unwatch(first);
  expect(clock.waiting).toBe(1);
  monitor.unwatch(second);
  monitor.unwatch(second);
  expect(clock.waiting).toBe(0);
  await clock.advance(100);
  expect([...first.idleAt, ...second.idleAt]).toEqual([]);
});

test('becoming idle may leave others alone and watch again', async () => {
  const clock = new FakeClock();
  const monitor = new IdleMonitor(clock);
  const second = new Worker(clock, 10);
  const first = new Worker(clock, 10);
  first.becameIdle = () => {
    monitor.unwatch(second);
    first.works();
    if (clock.now() < 20) monitor.watch(first);
    else first.idleAt.push(clock.now());
  };
  monitor.watch(first);
  monitor.watch(second);
  await clock.advance(1_000);
  expect([first.idleAt, second.idleAt]).toEqual([[20], []]);
});
