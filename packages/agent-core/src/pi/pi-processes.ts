import type { BackendSnapshot } from '../backend.ts';
import { AgentFailedError } from '../errors.ts';
import type { ResolvedPiOptions } from './pi-backend-options.ts';
import { PiChild } from './pi-child.ts';
import { findPiPackage } from './pi-package.ts';

/** A spare belongs to no workspace yet. */
const NOWHERE = '/';

interface Spare {
  readonly env: string;
  readonly child: PiChild;
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
  #spares: Spare[] = [];
  #starting = 0;
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
    this.#spares = this.#spares.filter((each) => each !== spare);
    return spare.child;
  }

  /** Makes ready what is to be ready, in the background. */
  replenish(env: Readonly<Record<string, string>>): void {
    const key = environmentKey(env);
    // One with an environment nobody uses now makes room.
    const others = this.#spares.filter((each) => each.env !== key);
    if (this.#spares.length >= this.#options.spares && others[0] !== undefined) {
      this.#spares = this.#spares.filter((each) => each !== others[0]);
      void others[0].child.terminate(this.#options.gracePeriodMs);
    }
    if (this.#spares.length + this.#starting >= this.#options.spares || this.#lifetime.signal.aborted) return;
    this.#starting += 1;
    void this.#launch(NOWHERE, env, this.#lifetime.signal)
      .then((child) => {
        if (this.#lifetime.signal.aborted) return child.terminate(this.#options.gracePeriodMs);
        this.#spares.push({ env: key, child });
        void child.exited.then(() => {
          this.#spares = this.#spares.filter((each) => each.child !== child);
        });
        return undefined;
      })
      // The next workspace starts its own, and is told what is wrong.
      .catch(() => {})
      .finally(() => {
        this.#starting -= 1;
      });
  }

  /** Ends the spares and starts nothing more; what workspaces have is theirs to end. */
  async close(): Promise<void> {
    this.#lifetime.abort(new AgentFailedError('Cannot run pi: it is being ended'));
    const spares = this.#spares;
    this.#spares = [];
    await Promise.all(spares.map(({ child }) => child.terminate(this.#options.gracePeriodMs)));
  }

  /** Kills all that run. */
  killAll(): void {
    this.#lifetime.abort(new AgentFailedError('Cannot run pi: it is being ended'));
    for (const child of this.#running) child.kill();
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
