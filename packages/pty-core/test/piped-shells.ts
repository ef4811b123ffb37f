import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect } from 'vitest';
import {
  type OutputStream,
  type OutputTaker,
  type PipedProcess,
  PipedProcesses,
  type PipedRequest,
  PtyLedger,
} from '../src/index.ts';

/** A shell that runs, and what it has written. */
export interface PipedShell {
  readonly process: PipedProcess;
  /** All that came from a stream, or from both, in the order in which it came. */
  readonly text: (stream?: OutputStream) => string;
}

/** How a shell is started. */
export interface PipedShellOptions extends Pick<PipedRequest, 'stdin'> {
  /** Told of all output before it counts as taken; default: it is taken at once. */
  readonly onOutput?: OutputTaker;
}

/** Shells without a terminal that are ended after each test; the ledger then knows none of them, and after the last test no pipe is left. */
export class PipedShells {
  /** Where they work; holds the pipes, and the ledger's folder. */
  readonly folder: string;
  readonly ledger: PtyLedger;
  readonly processes: PipedProcesses;
  readonly #started: PipedProcess[] = [];
  #lastId = 0;

  constructor(name: string) {
    this.folder = mkdtempSync(join(tmpdir(), `${name}-`));
    this.ledger = PtyLedger.open(join(this.folder, 'ledger'));
    const pipes = join(this.folder, 'pipes');
    this.processes = new PipedProcesses({ folder: pipes, ledger: this.ledger });
    afterEach(async () => {
      await Promise.all(this.#started.splice(0).map((found) => found.terminate(0)));
      expect(this.ledger.snapshot()).toMatchObject({ living: 0, failures: 0 });
    });
    afterAll(() => {
      this.processes.close();
      expect(readdirSync(pipes)).toEqual([]);
      rmSync(this.folder, { recursive: true });
    });
  }

  /** Runs a script with bash. */
  async run(script: string, { stdin, onOutput }: PipedShellOptions = {}): Promise<PipedShell> {
    this.#lastId += 1;
    const pieces: { readonly stream: OutputStream; readonly text: string }[] = [];
    const process = await this.processes.start({
      id: `run:${this.#lastId}`,
      command: '/bin/bash',
      args: ['-c', script],
      cwd: this.folder,
      env: { PATH: '/usr/bin:/bin' },
      ...(stdin !== undefined && { stdin }),
      onOutput: (stream, bytes) => {
        pieces.push({ stream, text: Buffer.from(bytes).toString('latin1') });
        return onOutput?.(stream, bytes);
      },
    });
    this.#started.push(process);
    const text = (stream?: OutputStream): string =>
      pieces.flatMap((piece) => (stream === undefined || piece.stream === stream ? [piece.text] : [])).join('');
    return { process, text };
  }
}
