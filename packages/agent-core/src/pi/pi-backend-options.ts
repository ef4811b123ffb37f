import type { AgentProcesses } from '../agent-process.ts';

/** What a backend for pi is made of. */
export interface PiBackendOptions {
  /** Starts the children that pi runs in. */
  readonly processes: AgentProcesses;
  /** The environment from which a child is started that no session has asked for yet; each session brings its own. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute folder of the installed package; default found from this module, as an optional peer. */
  readonly packagePath?: string | undefined;
  /** The Node that runs pi; default the one of this process. */
  readonly nodePath?: string | undefined;
  /** Absolute path of the script that runs in the child; default the one beside this module. For an owner that is bundled. */
  readonly hostScript?: string | undefined;
  /** Absolute folder of pi's settings, models, keys and conversations; default pi's own, in the home folder. */
  readonly agentDir?: string | undefined;
  /** Absolute folders; in a workspace at or below one of them pi may run what the workspace brings along. Default none. */
  readonly trustedWorkspaces?: readonly string[] | undefined;
  /** Children kept ready, so that the first session of a workspace does not wait for one; from the first use on. Default 1. */
  readonly spares?: number | undefined;
  /** From SIGTERM to SIGKILL. Default 2000. */
  readonly gracePeriodMs?: number | undefined;
  /** Monotonic milliseconds; default `performance.now`. */
  readonly now?: (() => number) | undefined;
}
