import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { StreamSample } from '../measure/stream-sample.ts';
import type { Program } from '../programs.ts';
import type { Workbench } from '../workbench.ts';
import { compile } from './compile.ts';

/** A process that reads a terminal with blocking calls and does nothing else: no server can be faster. */
export interface PtyReader {
  /** `C reader`, or `Node reader` where there is no C compiler. */
  readonly name: string;
  /** Reads `bytes` of the program's output after `warmBytes`. */
  stream(program: Program, warmBytes: number, bytes: number): Promise<StreamSample>;
  /** Round trips of single bytes, in milliseconds. */
  echo(program: Program, count: number): Promise<readonly number[]>;
}

/** Compiles the C reader into the bench's directory, or falls back to the one in Node. */
export function buildPtyReader(bench: Workbench): PtyReader {
  const compiled = compile(bench, 'pty-reader');
  const [name, command, ...args] =
    compiled === null
      ? ['Node reader', process.execPath, fileURLToPath(new URL('pty-reader.js', import.meta.url))]
      : ['C reader', compiled];
  const run = async (...more: string[]): Promise<number[]> => {
    const child = bench.spawn(command!, [...args, ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
    return (await text(child.stdout!)).trim().split(/\s+/).map(Number);
  };
  return {
    name: name!,
    async stream(program, warmBytes, bytes) {
      const [seconds, cpu, read] = await run('stream', `${warmBytes}`, `${bytes}`, program.script);
      if (seconds === undefined || cpu === undefined || read === undefined)
        throw new Error(`Cannot use the ${name}: it failed`);
      return { megabytesPerSecond: read / 1e6 / seconds, cpuSecondsPerGigabyte: (cpu / read) * 1e9 };
    },
    async echo(program, count) {
      const trips = await run('echo', `${count}`, '0', program.script);
      if (trips.length !== count) throw new Error(`Cannot use the ${name}: it failed`);
      return trips;
    },
  };
}
