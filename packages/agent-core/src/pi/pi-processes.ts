import type { AgentProcess, AgentProcessRequest } from '../agent-process.ts';
import type { BackendSnapshot } from '../backend.ts';
import { AgentFailedError } from '../errors.ts';
import { withEither } from '../with-either.ts';
import type { ResolvedPiOptions } from './pi-backend-options.ts';
import { PiChild } from './pi-child.ts';
import { findPiPackage } from './pi-package.ts';

/** A spare belongs to no workspace yet. */
const NOWHERE = '/';

interface Spare {
  readonly env: string;
  /** Rejects when it did not come up. */
  readonly child: Promise<PiChild>;
  /** Aborted when nobody wants it any more; without effect once it is up. */
  readonly unwanted: AbortController;
}

/**
 * Starts the processes of pi, and keeps some ready for workspaces to come: loading pi takes half a second to a second.
 *
 * A spare has the environment of the workspace that was opened before it, and is for one with the same. As many as the option says, those that come up included;
 * one that ends is forgotten, and the next workspace makes another.
 */
export class PiProcesses {
  readonly #options: ResolvedPiOptions;
  /** All that were started and have not ended, those included that do not speak yet. */
  readonly #running = new Set<AgentProcess>();
  readonly #launching = new Set<Promise<void>>();
  readonly #lifetime = new AbortController();
  #spares: readonly Spare[] = [];
  #next = 0;
  #killed = false;

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
    const giveUp = () => spare.unwanted.abort(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      // One that did not come up says why a second time, to somebody.
      const child = await spare.child.catch(() => this.#launch(cwd, env, signal));
      if (!signal.aborted) return child;
      await child.terminate(this.#options.gracePeriodMs);
      throw signal.reason;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  /** Makes ready what is to be ready, in the background. */
  replenish(env: Readonly<Record<string, string>>): void {
    const key = environmentKey(env);
    // One with an environment nobody uses now makes room.
    const other = this.#spares.find((each) => each.env !== key);
    if (this.#spares.length >= this.#options.spares && other !== undefined) void this.#end(other);
    if (this.#spares.length >= this.#options.spares || this.#lifetime.signal.aborted) return;
    const unwanted = new AbortController();
    const spare: Spare = { env: key, unwanted, child: this.#launch(NOWHERE, env, unwanted.signal) };
    this.#spares = [...this.#spares, spare];
    spare.child.then(
      (child) => child.exited.then(() => this.#forget(spare)),
      () => this.#forget(spare),
    );
  }

  /** Ends all that runs, what is coming up included, and starts nothing more. */
  async close(): Promise<void> {
    this.#lifetime.abort(new AgentFailedError('Cannot run pi: it is being ended'));
    await Promise.all(this.#spares.map((spare) => this.#end(spare)));
    await Promise.all(this.#launching);
    await Promise.all(Array.from(this.#running, (process) => process.terminate(this.#options.gracePeriodMs)));
  }

  /** Kills all that run, and what is started late. */
  killAll(): void {
    this.#killed = true;
    this.#lifetime.abort(new AgentFailedError('Cannot run pi: it is being ended'));
    for (const process of this.#running) process.kill();
  }

  #forget(spare: Spare): void {
    this.#spares = this.#spares.filter((each) => each !== spare);
  }

  async #end(spare: Spare): Promise<void> {
    this.#forget(spare);
    spare.unwanted.abort(new AgentFailedError('Cannot run pi: the spare process is not wanted'));
    const child = await spare.child.catch(() => undefined);
    await child?.terminate(this.#options.gracePeriodMs);
  }

  #launch(cwd: string, env: Readonly<Record<string, string>>, signal: AbortSignal): Promise<PiChild> {
    const launch = withEither(signal, this.#lifetime.signal, (either) => this.#launchChild(cwd, env, either));
    const settled = launch.then(
      () => {},
      () => {},
    );
    this.#launching.add(settled);
    void settled.then(() => this.#launching.delete(settled));
    return launch;
  }

  async #launchChild(cwd: string, env: Readonly<Record<string, string>>, signal: AbortSignal): Promise<PiChild> {
    signal.throwIfAborted();
    const { clock, nodePath, nodeArgs, hostScript, agentDir, silenceMs, startMs } = this.#options;
    return PiChild.launch(
      {
        processes: { start: (request) => this.#start(request) },
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
      signal,
    );
  }

  async #start(request: AgentProcessRequest): Promise<AgentProcess> {
    const process = await this.#options.processes.start(request);
    this.#running.add(process);
    void process.exited.then(() => this.#running.delete(process));
    if (this.#killed) process.kill();
    return process;
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
