import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Workbench } from '../workbench.ts';

/** Whom to ask, and how often. */
export interface HealthOrder {
  readonly socketPath: string;
  /** Between an answer and the next question. */
  readonly pauseMs: number;
  /** What takes longer counts as hung. */
  readonly patienceMs: number;
}

/** How long `health_check` took, each time. */
export interface HealthTimes {
  readonly timesMs: readonly number[];
  /** Why it ended early. */
  readonly problem?: string | undefined;
}

/** A client that behaves, in a process of its own. */
export interface HealthWatch {
  /** Asks no more. */
  stop(): Promise<HealthTimes>;
}

/** Asks a daemon for its health from now on. */
export async function watchHealth(bench: Workbench, order: HealthOrder): Promise<HealthWatch> {
  const child = bench.spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL('health-process.ts', import.meta.url)), JSON.stringify(order)],
    // The loader is found from here.
    { cwd: fileURLToPath(new URL('../..', import.meta.url)), stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  );
  const exited = once(child, 'exit');
  const told = async (): Promise<unknown> => {
    const gone = exited.then(() => {
      throw new Error('Cannot watch the health of the daemon: the process that asks for it ended');
    });
    const [message] = (await Promise.race([once(child, 'message'), gone])) as [unknown];
    return message;
  };
  await told();
  // Told early, when there was a problem.
  const times = told() as Promise<HealthTimes>;
  times.catch(() => {});
  return {
    stop: async () => {
      if (child.connected) child.send('stop');
      const report = await times;
      await exited;
      return report;
    },
  };
}
