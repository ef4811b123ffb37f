import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { AgentProcesses } from '../agent-process.ts';
import { checkedDelay, checkedInteger } from '../check-options.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { SupervisorOptions } from '../supervisor.ts';
import { piHostPath } from './pi-host-path.ts';

const DEFAULTS = Object.freeze({
  spares: 1,
  abortMs: 5_000,
  startMs: 60_000,
  silenceMs: 1_800_000,
  trusted: Object.freeze([]) as readonly string[],
  nodeArgs: Object.freeze([]) as readonly string[],
});

/** How the processes of pi are supervised. */
export type PiSupervision = Pick<
  SupervisorOptions<never>,
  'firstDelayMs' | 'maxDelayMs' | 'stableMs' | 'maxFailures' | 'failureWindowMs'
>;

/** What pi runs with. */
export interface PiBackendOptions {
  readonly processes: AgentProcesses;
  /** The folder of the package of pi; default the next one in `node_modules` above this module or the main module. */
  readonly packageDir?: string;
  /** The Node that runs pi; default the one of this process. */
  readonly nodePath?: string;
  /** Arguments of that Node, before the script. */
  readonly nodeArgs?: readonly string[];
  /** The script that runs pi; default the one beside this module. */
  readonly hostPath?: string;
  /** Where pi keeps settings, keys and conversations; default `PI_CODING_AGENT_DIR`, or `~/.pi/agent`. */
  readonly agentDir?: string;
  /** Absolute paths of folders of workspaces whose own code pi may run; default none. */
  readonly trusted?: readonly string[];
  /** Processes that are kept ready for workspaces to come, once pi was used; 0 for none. Default 1. */
  readonly spares?: number;
  /** How long work has to end when the signal of its call is aborted, before its process is ended. Default 5,000. */
  readonly abortMs?: number;
  /** How long a process may take until it can work. Default 60,000. */
  readonly startMs?: number;
  /** How long a provider may be silent. Default 1,800,000. */
  readonly silenceMs?: number;
  readonly supervision?: PiSupervision;
  readonly clock?: Clock;
}

/** All options, with nothing left to decide. */
export interface ResolvedPiOptions extends Required<Omit<PiBackendOptions, 'packageDir' | 'supervision'>> {
  readonly packageDir: string | undefined;
  readonly packageRoots: readonly string[];
  readonly supervision: PiSupervision;
}

/** Decides what was left open. @throws InvalidOptionError for an option out of its range. */
export function resolvePiOptions(options: PiBackendOptions): ResolvedPiOptions {
  const action = 'create pi backend';
  const main = process.argv[1];
  return {
    processes: options.processes,
    packageDir: options.packageDir,
    packageRoots: [dirname(fileURLToPath(import.meta.url)), ...(main === undefined ? [] : [dirname(main)])],
    nodePath: options.nodePath ?? process.execPath,
    nodeArgs: options.nodeArgs ?? DEFAULTS.nodeArgs,
    hostPath: options.hostPath ?? piHostPath(),
    agentDir: options.agentDir ?? process.env['PI_CODING_AGENT_DIR'] ?? join(homedir(), '.pi', 'agent'),
    trusted: options.trusted ?? DEFAULTS.trusted,
    spares: checkedInteger(action, 'spares', options.spares ?? DEFAULTS.spares, 0),
    abortMs: checkedDelay(action, 'abortMs', options.abortMs ?? DEFAULTS.abortMs),
    startMs: checkedDelay(action, 'startMs', options.startMs ?? DEFAULTS.startMs),
    silenceMs: checkedDelay(action, 'silenceMs', options.silenceMs ?? DEFAULTS.silenceMs),
    supervision: options.supervision ?? {},
    clock: options.clock ?? systemClock,
  };
}
