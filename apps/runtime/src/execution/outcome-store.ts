import type { RecoveredCommand } from '../journal/command-journal.ts';

/** Takes what an earlier run of the daemon has answered, so that it is answered the same. */
export interface OutcomeRestore {
  /** Keeps the outcome of a command of an earlier run, oldest first, before the first client comes. */
  restore(recovered: RecoveredCommand): void;
}
