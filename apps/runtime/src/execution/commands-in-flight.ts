import type { Command, ProtocolError } from '@sessiond/protocol';
import type { CommandRun } from './command-run.ts';
import type { Deadlines } from './deadlines.ts';
import { RunList } from './run-list.ts';

/**
 * The commands that wait or run, from the door to their answer, and how they come to an end when the server does.
 *
 * Bounded by admission, and for those that are never limited by what the connections may have unanswered.
 */
export class CommandsInFlight {
  readonly #deadlines: Pick<Deadlines, 'set'>;
  readonly #runs = new RunList<CommandRun>();
  /** Commands that create a session, by the id it is to have; of several with the same, the first. */
  readonly #toCome = new Map<string, CommandRun>();
  /** Drains that are not over. */
  readonly #drains = new Set<() => void>();

  constructor(deadlines: Pick<Deadlines, 'set'>) {
    this.#deadlines = deadlines;
  }

  get size(): number {
    return this.#runs.size;
  }

  add(run: CommandRun): void {
    this.#runs.add(run);
    const { sessionId } = run.command;
    if (run.contract.sessionAccess === 'give' && sessionId !== undefined && !this.#toCome.has(sessionId)) {
      this.#toCome.set(sessionId, run);
    }
  }

  /** The command has its outcome. */
  delete(run: CommandRun): void {
    this.#runs.delete(run);
    const { sessionId } = run.command;
    if (sessionId !== undefined && this.#toCome.get(sessionId) === run) this.#toCome.delete(sessionId);
  }

  /** A command was told its outcome, and with it everybody who waited for that. */
  answered(): void {
    for (const check of this.#drains) check();
  }

  /** Who will own the session of this id, if a command that waits or runs is to create it. */
  ownerToBe(sessionId: string): string | undefined {
    return this.#toCome.get(sessionId)?.issuer.principal.id;
  }

  /** The command of this type that has its turn in the lane of a session and has not begun; there is one at most. Costs a look at all of them. */
  aboutToBegin(type: Command['type'], sessionId: string): CommandRun | undefined {
    return this.#runs.find(
      ({ command, turn, startedMs, isDecided }) =>
        command.type === type &&
        command.sessionId === sessionId &&
        turn !== undefined &&
        startedMs === undefined &&
        !isDecided,
    );
  }

  /**
   * Ends what waits for its turn or for something that may never come, and lets the rest finish; what still runs at the deadline is aborted. Commands
   * that are not `awaited` go on meanwhile and afterwards, and so do those that are never limited. Resolves when every other command is answered, soon after the
   * deadline at the latest.
   */
  async drain(deadlineMs: number, reason: ProtocolError, awaited: (command: Command) => boolean): Promise<void> {
    for (const run of this.#runs.all()) {
      const { limited, timeoutClass } = run.contract;
      if (limited && (run.startedMs === undefined || timeoutClass === 'wait')) run.abort(reason);
    }
    const due = (): CommandRun[] =>
      this.#runs.all().filter(({ contract, command }) => contract.limited && awaited(command));
    if (due().length === 0) return;
    const deadline = this.#deadlines.set(deadlineMs, () => {
      for (const run of due()) run.abort(reason);
    });
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (due().length > 0) return;
        this.#drains.delete(check);
        resolve();
      };
      this.#drains.add(check);
    });
    deadline.clear();
  }
}
