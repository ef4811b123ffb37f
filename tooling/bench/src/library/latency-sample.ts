import { type Latency, latency, thinkingPause, type } from '../measure/typing.ts';
import { GO, READY } from '../programs.ts';
import { loadLibrary } from './load-library.ts';
import type { LibraryName, LocalTerminal, TerminalLibrary } from './terminal-library.ts';

/** What a latency process is told to do. */
export interface LatencyOrder {
  readonly library: LibraryName;
  /** Scripts for `sh`: see {@link Programs}. */
  readonly scripts: { readonly echo: string; readonly flood: string };
  /** Command line of a program that answers each byte with the moment it was read. */
  readonly timeStamper: readonly string[];
  readonly spawns: number;
  readonly strokes: number;
  readonly floods: number;
}

/** The latencies of one library in one process. */
export interface LatencySample {
  /** The call that starts a program, until it answers with a running terminal. */
  readonly spawn: Latency;
  /** From the same call to the first byte that the program printed. */
  readonly firstOutput: Latency;
  readonly idle: TypingSample;
  readonly flooded: TypingSample & { readonly megabytesPerSecond: number };
}

/** Typing into one terminal. */
export interface TypingSample {
  /** How long the call that writes takes. What it means differs: ours has written then, node-pty has only queued. */
  readonly call: Latency;
  /** From that call to the moment the child has read the byte, by the child's clock. */
  readonly input: Latency;
  /** From that call until the byte that `cat` gave back is here. */
  readonly echo: Latency;
}

const WARM_SPAWNS = 5;
const WARM_STROKES = 20;
const WARM_FLOOD_BYTES = 1_000_000;

/** Measures in this process, with nothing else in it. */
export async function latencySample(order: LatencyOrder): Promise<LatencySample> {
  const library = await loadLibrary(order.library);
  await spawns(library, WARM_SPAWNS);
  const { spawn, firstOutput } = await spawns(library, order.spawns);
  const typists = await openTypists(library, order);
  const idle = await typingSample(typists, order.strokes);
  const floods = Array.from({ length: order.floods }, () => library.open(['sh', order.scripts.flood]));
  for (const flood of floods) await flood.reach(READY.length);
  for (const flood of floods) flood.write(GO);
  for (const flood of floods) await flood.reach(WARM_FLOOD_BYTES);
  const total = (): number => floods.reduce((sum, flood) => sum + flood.receivedBytes, 0);
  const from = { bytes: total(), atMs: performance.now() };
  const flooded = await typingSample(typists, order.strokes);
  const megabytesPerSecond = (total() - from.bytes) / 1e3 / (performance.now() - from.atMs);
  await Promise.all([...floods, typists.cat, typists.stamper].map((terminal) => terminal.close()));
  return { spawn, firstOutput, idle, flooded: { ...flooded, megabytesPerSecond } };
}

async function spawns(library: TerminalLibrary, count: number): Promise<{ spawn: Latency; firstOutput: Latency }> {
  const calls: number[] = [];
  const outputs: number[] = [];
  for (let spawned = 0; spawned < count; spawned++) {
    const begunMs = performance.now();
    const terminal = library.open(['/bin/echo', 'here']);
    calls.push(performance.now() - begunMs);
    await terminal.reach(1);
    outputs.push(performance.now() - begunMs);
    await terminal.ended;
  }
  return { spawn: latency(calls), firstOutput: latency(outputs) };
}

interface Typists {
  readonly cat: LocalTerminal;
  readonly stamper: LocalTerminal;
  /** The moments the child told since last asked. */
  readonly takeStamps: () => readonly bigint[];
}

async function openTypists(library: TerminalLibrary, order: LatencyOrder): Promise<Typists> {
  const cat = library.open(['sh', order.scripts.echo]);
  await cat.reach(READY.length);
  let text = '';
  const stamper = library.open(
    ['sh', '-c', `stty raw -echo; printf ${READY}; exec "$@"`, 'sh', ...order.timeStamper],
    (bytes) => {
      text += Buffer.from(bytes).toString('latin1');
    },
  );
  await stamper.reach(READY.length);
  text = '';
  const takeStamps = (): readonly bigint[] => {
    const lines = text.split('\n');
    text = lines.pop()!;
    return lines.map(BigInt);
  };
  return { cat, stamper, takeStamps };
}

async function typingSample({ cat, stamper, takeStamps }: Typists, strokes: number): Promise<TypingSample> {
  await type(cat, WARM_STROKES);
  const echo = latency(await type(cat, strokes));
  const calls: number[] = [];
  const inputs: number[] = [];
  for (let stroke = 0; stroke < strokes; stroke++) {
    await thinkingPause();
    const called = process.hrtime.bigint();
    stamper.write('x');
    calls.push(milliseconds(process.hrtime.bigint() - called));
    let stamps = takeStamps();
    for (; stamps.length === 0; stamps = takeStamps()) await stamper.reach(stamper.receivedBytes + 1);
    inputs.push(milliseconds(stamps[0]! - called));
  }
  return { call: latency(calls), input: latency(inputs), echo };
}

function milliseconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e6;
}
