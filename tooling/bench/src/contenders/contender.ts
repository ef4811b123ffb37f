import type { Terminal } from '../client/terminal.ts';
import type { Program } from '../programs.ts';
import type { Workbench } from '../workbench.ts';

/** Where a started server is reached; plain JSON, so that a client in another process can be sent there. */
export interface Address {
  readonly port: number;
  /** A file through which a server without a way to name a command is told what to run. */
  readonly commandFile?: string;
}

/** A server that runs as its own process. */
export interface Running {
  /** The process whose CPU time and memory are counted. */
  readonly pid: number;
  readonly address: Address;
  /** Ends the server. Idempotent. */
  stop(): Promise<void>;
}

/** A terminal server that takes part: how it is started, and how a client speaks to it. */
export interface Contender {
  readonly name: string;
  /** Starts a server on the loopback interface and waits until it accepts connections. */
  start(bench: Workbench): Promise<Running>;
  /**
   * Opens a terminal that runs `program`, and waits for its ready byte.
   *
   * One call at a time per server, from whichever process.
   */
  open(address: Address, program: Program): Promise<Terminal>;
}
