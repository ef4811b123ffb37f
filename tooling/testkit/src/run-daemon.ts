import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { type StartDaemonOptions, spawnDaemon } from './daemon.ts';

/** What one run of `sessiond` said, and how it ended. */
export interface DaemonRun {
  readonly stdout: string;
  readonly stderr: string;
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
}

/** Runs `sessiond` with these arguments and an empty stdin to its end, for a run that ends by itself. */
export async function runDaemon(
  args: readonly string[],
  options: Pick<StartDaemonOptions, 'env'> & { readonly homeDir: string },
): Promise<DaemonRun> {
  const child = spawnDaemon(args, options);
  child.stdin!.end();
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { stdout, stderr, exitCode };
}
