import { resolve } from 'node:path';
import { EXIT_CODES } from '../startup-error.ts';
import type { CommandOptions } from './command-options.ts';

/** What the command line says about the session. */
export interface RpcSessionFlags {
  /** Empty: a new session. */
  readonly sessionId: string;
  readonly backend: string;
  readonly model: string | undefined;
  /** Default the current folder. */
  readonly cwd: string | undefined;
}

/**
 * Serves one agent session of the daemon that runs on stdin and stdout, in the dialect of `pi --mode rpc`; returns the exit code. SIGTERM and SIGINT
 * end it like the end of stdin.
 */
export async function rpcSession({ config, version }: CommandOptions, flags: RpcSessionFlags): Promise<number> {
  const tell = (sentence: string): void => void process.stderr.write(`sessiond: ${sentence}\n`);
  if (config.noSocket) {
    tell('Cannot reach the daemon: without a Unix socket there is no way to it');
    return EXIT_CODES.usage;
  }
  const ending = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => ending.abort());
  // Nothing of the client is loaded by a daemon.
  const { serveRpcSession } = await import('../rpc/serve-rpc-session.ts');
  return serveRpcSession({
    choice: {
      sessionId: flags.sessionId === '' ? undefined : flags.sessionId,
      backend: flags.backend,
      model: flags.model,
      cwd: resolve(flags.cwd ?? '.'),
    },
    daemon: { socketPath: config.socket },
    version,
    maxLineBytes: config.maxMessageBytes,
    input: process.stdin,
    output: process.stdout,
    tell,
    signal: ending.signal,
  });
}
