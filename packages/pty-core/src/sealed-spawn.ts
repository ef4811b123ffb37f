import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { inheritedDescriptors, openMasters } from './descriptor-shield.ts';

/** What to start, and the descriptors it gets. */
export interface SealedSpawn {
  /** Absolute path of the program. */
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** `undefined` is `/dev/null`. */
  readonly stdin: number | undefined;
  readonly stdout: number;
  readonly stderr: number;
}

/**
 * Starts children that hold nothing of this process but what they are given.
 *
 * Node marks what it opens to be closed when a child executes its program. Two kinds of descriptors are not marked: the masters that node-pty
 * opens, and what this process itself inherited. A child that held a master would keep another terminal from being hung up, and could
 * write to it. There is no way to mark them from JavaScript; so in the child `/dev/null` takes their places, before it executes anything.
 */
export class SealedSpawner {
  readonly #inherited: readonly number[];

  /** Made once, when the process starts. */
  constructor() {
    this.#inherited = process.platform === 'linux' ? inheritedDescriptors() : [];
  }

  /**
   * Starts a child that leads a session and a process group of its own. Costs a fork, and 2 µs for every descriptor of this process.
   * @returns a child without a `pid` when the system refused; its `error` event tells why.
   * @throws Error when the system refused in an unusual way.
   */
  spawn({ file, args, cwd, env, stdin, stdout, stderr }: SealedSpawn): ChildProcess {
    const seal = openSync('/dev/null', 'r');
    try {
      const stdio: ('ignore' | number)[] = [stdin ?? 'ignore', stdout, stderr];
      const leaking = process.platform === 'linux' ? [...this.#inherited, ...openMasters()] : [];
      for (const fd of leaking) stdio[fd] = seal;
      // Free numbers, and those that are closed by themselves.
      for (let fd = 3; fd < stdio.length; fd += 1) stdio[fd] ??= 'ignore';
      return spawn(file, args, { cwd, env, stdio, detached: true });
    } finally {
      closeSync(seal);
    }
  }
}
