import { setTimeout as sleep } from 'node:timers/promises';
import type { Contender, Running } from '../contenders/contender.ts';
import { GO, type Program, TAIL_BYTES } from '../programs.ts';
import { cpuSeconds, residentMiB } from './process-usage.ts';

/** One flood to one client. Megabytes and gigabytes are decimal. */
export interface StreamSample {
  readonly megabytesPerSecond: number;
  readonly cpuSecondsPerGigabyte: number;
}

/** Lets `bytes` of a flood flow to one client after `warmBytes`, and counts what arrives and what the server spends. */
export async function streamSample(
  contender: Contender,
  server: Running,
  program: Program,
  { warmBytes, bytes }: { readonly warmBytes: number; readonly bytes: number },
): Promise<StreamSample> {
  const terminal = await contender.open(server.address, program);
  terminal.write(GO);
  await terminal.reach(warmBytes);
  const from = terminal.receivedBytes;
  const cpuFrom = cpuSeconds(server.pid);
  const startMs = performance.now();
  await terminal.reach(from + bytes);
  const elapsedMs = performance.now() - startMs;
  const cpu = cpuSeconds(server.pid) - cpuFrom;
  const received = terminal.receivedBytes - from;
  await terminal.close();
  return {
    megabytesPerSecond: received / 1e3 / elapsedMs,
    cpuSecondsPerGigabyte: (cpu / received) * 1e9,
  };
}

/** Resident memory of a server, in MiB. */
export interface MemorySample {
  /** One idle terminal with a client. */
  readonly idle: number;
  /** The highest value while 64 MB flowed to a client that reads. */
  readonly streaming: number;
  /** After that client has not read for the stall's length, the flood going on. */
  readonly stalled: number;
  /** The highest value during the stall above the one right before it. */
  readonly growth: number;
}

const SETTLE_MS = 500;
const SAMPLE_MS = 100;
const STREAMED_BYTES = 64_000_000;

/** Watches the memory of a freshly started server through idling, streaming and a client that hangs for `stallMs`. */
export async function memorySample(
  contender: Contender,
  server: Running,
  program: Program,
  stallMs: number,
): Promise<MemorySample> {
  const terminal = await contender.open(server.address, program);
  await sleep(SETTLE_MS);
  const idle = residentMiB(server.pid);
  let highest = 0;
  const sampler = setInterval(() => {
    highest = Math.max(highest, residentMiB(server.pid));
  }, SAMPLE_MS);
  try {
    terminal.write(GO);
    await terminal.reach(STREAMED_BYTES);
    const before = residentMiB(server.pid);
    const streaming = Math.max(highest, before);
    highest = before;
    terminal.pause();
    await sleep(stallMs);
    const stalled = residentMiB(server.pid);
    return { idle, streaming, stalled, growth: Math.max(highest, stalled) - before };
  } finally {
    clearInterval(sampler);
    await terminal.close();
  }
}

/** Whether a program that writes much and ends at once arrived short. */
export async function tailIsShort(contender: Contender, server: Running, program: Program): Promise<boolean> {
  const terminal = await contender.open(server.address, program);
  terminal.write(GO);
  await terminal.ended;
  // Some servers flush output on a timer and tell the end before it.
  if (terminal.receivedBytes < TAIL_BYTES) await sleep(50);
  await terminal.close();
  return terminal.receivedBytes < TAIL_BYTES;
}
