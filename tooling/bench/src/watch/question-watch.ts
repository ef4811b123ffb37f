import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Workbench } from '../workbench.ts';

/** Whom to ask what, and how often. */
export interface QuestionOrder {
  readonly socketPath: string;
  /** A command without an id. */
  readonly command: { readonly type: string; readonly sessionId?: string };
  /** Between an answer and the next question. */
  readonly pauseMs: number;
  /** What takes longer counts as hung. */
  readonly patienceMs: number;
}

/** How long the answers took, each time. */
export interface AnswerTimes {
  readonly timesMs: readonly number[];
  /** Why it ended early. */
  readonly problem?: string | undefined;
}

/** A client that behaves, in a process of its own. */
export interface QuestionWatch {
  /** Asks no more. */
  stop(): Promise<AnswerTimes>;
}

/** Asks a daemon the same question from now on. */
export async function watchAnswers(bench: Workbench, order: QuestionOrder): Promise<QuestionWatch> {
  const child = bench.spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL('question-process.ts', import.meta.url)), JSON.stringify(order)],
    // The loader is found from here.
    { cwd: fileURLToPath(new URL('../..', import.meta.url)), stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  );
  const exited = once(child, 'exit');
  const told = async (): Promise<unknown> => {
    const gone = exited.then(() => {
      throw new Error('Cannot time the answers of the daemon: the process that asks ended');
    });
    const [message] = (await Promise.race([once(child, 'message'), gone])) as [unknown];
    return message;
  };
  await told();
  // Told early, when there was a problem.
  const times = told() as Promise<AnswerTimes>;
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
