import type { Terminal } from '../client/terminal.ts';

/** A terminal of this process: what {@link Terminal} is to a client, without a server in between. */
export type LocalTerminal = Omit<Terminal, 'pause' | 'resume'>;

/** A library that runs programs on terminals, each side used as people use it, in the process that measures. */
export interface TerminalLibrary {
  /**
   * Starts a program and consumes its output as it comes, keeping the last 4 MiB of it.
   *
   * `onBytes` gets every chunk, valid during the call.
   */
  open(argv: readonly string[], onBytes?: (bytes: Uint8Array) => void): LocalTerminal;
}

/** How much output either library keeps per terminal. */
export const HISTORY_BYTES: number = 4 * 1024 * 1024;

/** Who takes part; `pty-core unheld` is ours without what keeps typing quick beside floods. */
export type LibraryName = 'pty-core' | 'pty-core unheld' | 'node-pty';
