import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Idle-priority load that keeps the cores awake while something is measured. */
export interface Spinner {
  /** Whether the spinners run; `false` where `chrt` is missing or refused, as outside Linux. */
  readonly spinning: boolean;
  /** Ends them. Idempotent. */
  stop(): void;
}

// Looks at its parent now and then, so that it cannot outlive a bench that was killed.
const SPIN = 'while kill -0 "$1" 2>/dev/null; do i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; done';

/**
 * Starts one endless loop per core under the idle scheduling policy (`chrt -i 0`).
 *
 * A terminal hands over about 4 KB per wake-up. On a virtual machine a core that halts between wake-ups pays
 * more for waking than for reading, and a server that wastes CPU looks faster than one that sleeps. The loops only get
 * what nobody else wants, so they take nothing from the measured processes.
 */
export async function startSpinner(): Promise<Spinner> {
  const children = Array.from({ length: availableParallelism() }, () =>
    spawn('chrt', ['-i', '0', 'sh', '-c', SPIN, 'spin', String(process.pid)], { stdio: 'ignore' }),
  );
  const started = await Promise.all(
    children.map(
      (child) =>
        new Promise<boolean>((resolve) => {
          child.once('error', () => resolve(false));
          child.once('exit', () => resolve(false));
          child.once('spawn', () => setTimeout(resolve, 50, true));
        }),
    ),
  );
  const stop = (): void => {
    for (const child of children) child.kill('SIGKILL');
    process.off('exit', stop);
  };
  process.on('exit', stop);
  return { spinning: started.every(Boolean), stop };
}
