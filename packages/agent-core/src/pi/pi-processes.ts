import type { BackendSnapshot } from '../backend.ts';
import { AgentFailedError } from '../errors.ts';
import type { ResolvedPiOptions } from './pi-backend-options.ts';
import { PiChild } from './pi-child.ts';
import { findPiPackage } from './pi-package.ts';

/** A spare belongs to no workspace yet. */
const NOWHERE = '/';

interface Spare {
  readonly env: string;
  /** Rejects when it did not come up. */
  readonly child: Promise<PiChild>;
}

/**
 * Starts the processes of pi, and keeps some ready for workspaces to come: loading pi takes half a second to a second.
 *
 * A spare has the environment of the workspace that was opened before it, and is for one with the same. As many as the option says, those that come up included;
 * one that ends is forgotten, and the next workspace makes another.
 */
export class PiProcesses {
  readonly #options: ResolvedPiOptions;
  readonly #running = new Set<PiChild>();
  readonly #lifetime = new AbortController();
  #spares: readonly Spare[] = [];
  #next = 0;

  constructor(options: ResolvedPiOptions) {
    this.#options = options;
  }

  /** Processes that run. */
  get count(): BackendSnapshot['processes'] {
    return this.#running.size;
  }

  /** A process with pi in it, which belongs to the workspace from then on. @throws as {@link PiChild.launch}. */
  async take(cwd: string, env: Readonly<Record<string, string>>, signal: AbortSignal): Promise<PiChild> {
    const key = environmentKey(env);
    const spare = this.#spares.find((each) => each.env === key);
    if (spare === undefined) return this.#launch(cwd, env, signal);
    this.#forget(spare);
    // One that did not come up says why a second time, to somebody.
    const child = await spare.child.catch(() => this.#launch(cwd, env, signal));
    if (!signal.aborted) return child;
    await child.terminate(this.#options.gracePeriodMs);
    throw signal.reason;
  }

  /** Makes ready what is to be ready, in the background. */
  replenish(env: Readonly<Record<string, string>>): void {
    const key = environmentKey(env);
    // One with an environment nobody uses now makes room.
    const other = this.#spares.find((each) => each.env !== key);
    if (this.#spares.length >= this.#options.spares && other !== undefined) void this.#end(other);
    if (this.#spares.length >= this.#options.spares || this.#lifetime.signal.aborted) return;
    const spare: Spare = { env: key, child: this.#launch(NOWHERE, env, this.#lifetime.signal) };
    this.#spares = [...this.#spares, spare];
    spare.child.then(
      (child) => child.exited.then(() => this.#forget(spare)),
      () => this.#forget(spare),
    );
  }

  /** Ends the spares and starts nothing more; what workspaces have is theirs to end. */
  async close(): Promise<void> {
    this.#lifetime.abort(new AgentFailedError('Cannot run pi: it is being ended'));
    await Promise.all(this.#spares.map((spare) => this.#end(spare)));
  }

  /** Kills all that run. */
  killAll(): void {
    this.#lifetime.abort(new AgentFailedError('Cannot run pi: it is being ended'));
    for (const child of this.#running) child.kill();
  }

  #forget(spare: Spare): void {
    this.#spares = this.#spares.filter((each) => each !== spare);
  }

  async #end(spare: Spare): Promise<void> {
    this.#forget(spare);
    const child = await spare.child.catch(() => undefined);
    await child?.terminate(this.#options.gracePeriodMs);
  }

  async #launch(cwd: string, env: Readonly<Record<string, string>>, signal: AbortSignal): Promise<PiChild> {
    this.#lifetime.signal.throwIfAborted();
    const { processes, clock, nodePath, nodeArgs, hostScript, agentDir, silenceMs, startMs } = this.#options;
    const child = await PiChild.launch(
      {
        processes,
        clock,
        id: `pi-${this.#next++}`,
        node: nodePath,
        nodeArgs,
        hostPath: hostScript,
        cwd,
        env: withoutNpm(env),
        startMs,
        start: {
          packageDir: findPiPackage(this.#options.packagePath, this.#options.packageRoots),
          agentDir,
          silenceMs,
        },
      },
      AbortSignal.any([signal, this.#lifetime.signal]),
    );
    this.#running.add(child);
    void child.exited.then(() => this.#running.delete(child));
    return child;
  }
}

/** Names an environment. */
export function environmentKey(env: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Settings of npm in the environment make pi ask npm where its packages are, which takes most of a second. */
function withoutNpm(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.toLowerCase().startsWith('npm_config_')));
}
