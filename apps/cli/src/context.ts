import type { ReadStream, WriteStream } from 'node:tty';
import type { Interruption } from './interruption.ts';
import type { Notices } from './notices.ts';
import type { Output } from './output.ts';

/** What every command works with: the process it runs in, made explicit. */
export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly homeDir: string;
  readonly version: string;
  readonly stdin: ReadStream;
  /** The terminal behind stdout; only for its size and to restore it. */
  readonly screen: WriteStream;
  readonly output: Output;
  /** stderr as a stream of bytes, for what a program wrote there. */
  readonly errorOutput: Output;
  readonly notices: Notices;
  readonly interruption: Interruption;
  /** Whether a person sits there: stdin and stdout are terminals. */
  readonly isInteractive: boolean;
  /** A path of the caller as an absolute one. */
  resolvePath(path: string): string;
  /** Runs `act` when the process ends in any way that lets code run. Returns the end of that. */
  onProcessEnd(act: () => void): () => void;
}
