import type { Readable, Writable } from 'node:stream';

/** How a process ended. */
export interface AgentProcessExit {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** A process without a terminal that an agent runs in. */
export interface AgentProcess {
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves once it was reaped. Never rejects. */
  readonly exited: Promise<AgentProcessExit>;
  /** Ends it with all processes of its session: SIGTERM, and SIGKILL after the grace period. Resolves when none is left. Idempotent, never rejects. */
  terminate(gracePeriodMs: number): Promise<void>;
  /** Kills it with all processes of its session, and waits for nothing. Never throws. */
  kill(): void;
}

/** What to start. */
export interface AgentProcessRequest {
  /** Unique among the processes of the owner. */
  readonly id: string;
  /** Found in `PATH` unless it holds a slash. */
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** Starts processes for agents. An owner that keeps a ledger of its children brings its own. */
export interface AgentProcesses {
  /** @throws Error saying what is missing; nothing is left behind. */
  start(request: AgentProcessRequest): Promise<AgentProcess>;
}

/** How a program in a terminal ended. */
export interface AgentTerminalExit {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** A terminal that an agent asked for. */
export interface AgentTerminal {
  readonly terminalId: string;
  /** The end of what it wrote, as text, whole characters only, within the limit asked for. */
  output(): { readonly output: string; readonly truncated: boolean; readonly exit?: AgentTerminalExit };
  /** Resolves at the end; aborting the signal ends the waiting. */
  waitForExit(signal: AbortSignal): Promise<AgentTerminalExit>;
  /** Ends the program with its process session; its output stays. Idempotent. */
  kill(): Promise<void>;
  /** Ends the program if it runs, and forgets the output. Idempotent. */
  release(): Promise<void>;
}

/** Opens terminals for agents, where the owner offers that. */
export interface AgentTerminals {
  open(request: {
    /** The agent it is for. */
    readonly sessionId: string;
    readonly command: string;
    readonly args: readonly string[];
    readonly cwd: string;
    readonly env: Readonly<Record<string, string>>;
    /** How much of the end of the output is kept. */
    readonly outputBytes: number;
  }): Promise<AgentTerminal>;
}
