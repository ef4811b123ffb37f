import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { AgentProcesses } from '../agent-process.ts';
import { checkedDelay, checkedInteger, optionalDelay } from '../check-options.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { SupervisorOptions } from '../supervisor.ts';
import { piHostPath } from './pi-host-path.ts';

const DEFAULTS = Object.freeze({
  spares: 1,
  gracePeriodMs: 2_000,
  abortMs: 5_000,
  startMs: 60_000,
  silenceMs: 1_800_000,
});

/** How the processes of pi are supervised. */
export type PiSupervision = Pick<
  SupervisorOptions<never>,
  'firstDelayMs' | 'maxDelayMs' | 'stableMs' | 'maxFailures' | 'failureWindowMs'
>;

/** What a backend for pi is made of. */
export interface PiBackendOptions {
  /** Starts the children that pi runs in. */
  readonly processes: AgentProcesses;
  /** Absolute folder of the installed package; default the next one in a `node_modules` above this module or the main one, as an optional peer. */
  readonly packagePath?: string | undefined;
  /** The Node that runs pi; default the one of this process. */
  readonly nodePath?: string | undefined;
  /** Arguments of that Node, before the script; default none. */
  readonly nodeArgs?: readonly string[] | undefined;
  /** Absolute path of the script that runs in the child; default the one beside this module. For an owner that is bundled. */
  readonly hostScript?: string | undefined;
  /** Absolute folder of pi's settings, models, keys and conversations; default pi's own: `PI_CODING_AGENT_DIR`, or `~/.pi/agent`. */
  readonly agentDir?: string | undefined;
  /** Absolute folders; in a workspace at or below one of them pi may run what the workspace brings along. Default none. */
  readonly trustedWorkspaces?: readonly string[] | undefined;
  /** Children kept ready, so that the first session of a workspace does not wait for one; from the first use on. Default 1. */
  readonly spares?: number | undefined;
  /** From SIGTERM to SIGKILL. Default 2,000. */
  readonly gracePeriodMs?: number | undefined;
  /** How long work has to end when the signal of its call is aborted, before its child is ended. Default 5,000. */
  readonly abortMs?: number | undefined;
  /** How long a child may take until it can work. Default 60,000. */
  readonly startMs?: number | undefined;
  /** How long a model may be silent after it was asked, before the prompt fails with that. Default: for ever, as far as `silenceMs` goes. */
  readonly firstTokenMs?: number | undefined;
  /** How long a connection to a provider may be silent, before and within an answer. Default 1,800,000. */
  readonly silenceMs?: number | undefined;
  readonly supervision?: PiSupervision | undefined;
  readonly clock?: Clock | undefined;
}

/** All options, with nothing left to decide. */
export interface ResolvedPiOptions {
  readonly processes: AgentProcesses;
  readonly packagePath: string | undefined;
  /** Folders above which the package is looked for. */
  readonly packageRoots: readonly string[];
  readonly nodePath: string;
  readonly nodeArgs: readonly string[];
  readonly hostScript: string;
  readonly agentDir: string;
  readonly trustedWorkspaces: readonly string[];
  readonly spares: number;
  readonly gracePeriodMs: number;
  readonly abortMs: number;
  readonly startMs: number;
  readonly firstTokenMs: number | undefined;
  readonly silenceMs: number;
  readonly supervision: PiSupervision;
  readonly clock: Clock;
}

/** Decides what was left open. @throws InvalidOptionError for an option out of its range. */
export function resolvePiOptions(options: PiBackendOptions): ResolvedPiOptions {
  const action = 'create pi backend';
  const main = process.argv[1];
  return {
    processes: options.processes,
    packagePath: options.packagePath,
    packageRoots: [dirname(fileURLToPath(import.meta.url)), ...(main === undefined ? [] : [dirname(main)])],
    nodePath: options.nodePath ?? process.execPath,
    nodeArgs: options.nodeArgs ?? [],
    hostScript: options.hostScript ?? piHostPath(),
    agentDir: options.agentDir ?? process.env['PI_CODING_AGENT_DIR'] ?? join(homedir(), '.pi', 'agent'),
    trustedWorkspaces: options.trustedWorkspaces ?? [],
    spares: checkedInteger(action, 'spares', options.spares ?? DEFAULTS.spares, 0),
    gracePeriodMs: checkedDelay(action, 'gracePeriodMs', options.gracePeriodMs ?? DEFAULTS.gracePeriodMs),
    abortMs: checkedDelay(action, 'abortMs', options.abortMs ?? DEFAULTS.abortMs),
    startMs: checkedDelay(action, 'startMs', options.startMs ?? DEFAULTS.startMs),
    firstTokenMs: optionalDelay(action, 'firstTokenMs', options.firstTokenMs),
    silenceMs: checkedDelay(action, 'silenceMs', options.silenceMs ?? DEFAULTS.silenceMs),
    supervision: options.supervision ?? {},
    clock: options.clock ?? systemClock,
  };
}
