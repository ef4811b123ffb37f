import { ProtocolError } from '@sessiond/protocol';
import type { CommandRefusal } from '../admission/command-refusal.ts';
import type { CommandLanes } from './command-lanes.ts';
import type { CommandRun } from './command-run.ts';
import type { SessionLocks } from './session-locks.ts';

/** What commands wait for besides each other. */
export interface CommandTurnsOptions {
  readonly lanes: CommandLanes;
  readonly locks: SessionLocks;
}

/**
 * Gives a command what it has to have before it begins, in this order: the success of those it depends on outside its lane, its turn in the lane, the success of those that were before it
 * there, and the id whose session it makes or ends. Whoever waits for something of this order holds nothing that comes after it, so that no two wait for each other.
 */
export class CommandTurns {
  readonly #options: CommandTurnsOptions;

  constructor(options: CommandTurnsOptions) {
    this.#options = options;
  }

  /** Takes everything if it is to be had at once. @returns whether it was; what was taken otherwise stays with the command. */
  takeNow(run: CommandRun): boolean {
    return run.dependencies === undefined && this.#takeTurn(run) && this.#takeLock(run);
  }

  /** Waits for everything. Rejects when a queue is full, a wait was too long, or the signal of the command aborts. */
  async wait(run: CommandRun): Promise<void> {
    const { laneKey, lockKey, dependencies, signal } = run;
    const isAhead = (other: CommandRun): boolean => other.isInLane && other.laneKey === laneKey;
    await dependencies?.met(signal, laneKey === undefined ? undefined : isAhead);
    if (!this.#takeTurn(run)) run.turn = granted(await this.#options.lanes.wait(laneKey!, signal));
    await dependencies?.met(signal);
    if (!this.#takeLock(run)) run.lock = granted(await this.#options.locks.wait(lockKey!, signal));
  }

  #takeTurn(run: CommandRun): boolean {
    const { laneKey } = run;
    if (laneKey === undefined || run.turn !== undefined) return true;
    run.isInLane = true;
    run.turn = this.#options.lanes.enter(laneKey);
    return run.turn !== undefined;
  }

  #takeLock(run: CommandRun): boolean {
    const { lockKey } = run;
    if (lockKey === undefined || run.lock !== undefined) return true;
    run.lock = this.#options.locks.enter(lockKey);
    return run.lock !== undefined;
  }
}

/** What a wait has led to. @throws ProtocolError when that is a refusal. */
function granted<T extends { readonly ok: true }>(answer: T | CommandRefusal): T {
  if (answer.ok) return answer;
  const { code, message } = answer.fault;
  throw new ProtocolError(code, message, answer.fault);
}
