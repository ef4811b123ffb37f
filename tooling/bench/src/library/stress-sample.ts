import { setTimeout as sleep } from 'node:timers/promises';
import { GO, READY } from '../programs.ts';
import { percentile } from '../rounds.ts';
import { openStressNodePty } from './stress-node-pty.ts';
import { loadStressPtyCore } from './stress-pty-core.ts';
import type { Consumer, StressAccount, StressTerminal } from './stress-terminal.ts';
import { TimerLag } from './timer-lag.ts';

/** What a stress process is told to do. */
export interface StressOrder {
  readonly library: 'pty-core' | 'node-pty';
  /** A script for `sh` that waits for {@link GO}, floods, and ends. */
  readonly script: string;
  readonly capacityBytes: number;
  readonly consumer: Consumer;
}

/** One flood through one library in one process. Megabytes are decimal. */
export interface StressSample {
  /** Output that arrived, the ready byte left out. */
  readonly arrivedBytes: number;
  readonly writtenMegabytesPerSecond: number;
  readonly consumedMegabytesPerSecond: number;
  readonly lagP99Ms: number;
  readonly lagMaxMs: number;
  /** The highest resident memory during the flood above that right before it. */
  readonly growthMiB: number;
  readonly cpuSeconds: number;
  readonly seconds: number;
  readonly account: StressAccount | null;
}

const MIB = 1024 * 1024;
/** Looks per look at the resident memory, which costs a system call and a page of text. */
const LOOKS_PER_MEMORY = 4;
const SLOW_STEP_MS = 10;
/** 5 MB/s. */
const SLOW_STEP_BYTES = 50_000;
const SETTLE_MS = 100;
/** Makes the code hot first, through a ring too small to matter: what grows then is what the flood needs. */
const WARM_UP = ['sh', '-c', 'yes | head -c 4000000'];
const WARM_UP_CAPACITY_BYTES = 64 * 1024;

/** Measures in this process, with nothing else in it. */
export async function stressSample(order: StressOrder): Promise<StressSample> {
  const { capacityBytes, consumer } = order;
  const open = order.library === 'pty-core' ? await loadStressPtyCore() : openStressNodePty;
  await open(WARM_UP, WARM_UP_CAPACITY_BYTES, consumer === 'stalled' ? 'absent' : consumer).ended;
  const terminal = open(['sh', order.script], capacityBytes, consumer);
  while (terminal.arrivedBytes < READY.length) await sleep(1);
  await sleep(SETTLE_MS);
  return flood(terminal, consumer);
}

async function flood(terminal: StressTerminal, consumer: Consumer): Promise<StressSample> {
  const slow = consumer === 'slow' ? setInterval(() => terminal.consume(SLOW_STEP_BYTES), SLOW_STEP_MS) : undefined;
  const before = process.memoryUsage.rss();
  let highest = before;
  const remember = (): void => {
    highest = Math.max(highest, process.memoryUsage.rss());
  };
  let ticks = 0;
  const lag = new TimerLag(() => {
    terminal.look();
    if (ticks++ % LOOKS_PER_MEMORY === 0) remember();
  });
  const cpu = process.cpuUsage();
  const beginMs = performance.now();
  terminal.write(GO);
  await terminal.ended;
  const seconds = (performance.now() - beginMs) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  lag.stop();
  clearInterval(slow);
  remember();
  terminal.look();
  return {
    arrivedBytes: terminal.arrivedBytes - READY.length,
    writtenMegabytesPerSecond: terminal.arrivedBytes / 1e6 / seconds,
    consumedMegabytesPerSecond: terminal.consumedBytes / 1e6 / seconds,
    lagP99Ms: percentile(lag.lagsMs, 0.99),
    lagMaxMs: Math.max(...lag.lagsMs),
    growthMiB: (highest - before) / MIB,
    cpuSeconds: (user + system) / 1e6,
    seconds,
    account: terminal.account(),
  };
}
