import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ProtocolError } from '@sessiond/protocol';
import { holdOnMachine, type MachineLock } from './machine-lock.ts';

/** What names a conversation: its file, or what the agent calls it. */
export type ConversationName =
  | { readonly sessionPath: string }
  | { readonly backend: string; readonly agentSessionId: string };

/** The right of a session to a conversation that it is about to open. */
export interface Claim {
  /** It is open: from now on the session keeps it for as long as {@link ConversationClaims.follow} says. */
  settle(): void;
  /** It is not opened after all. Idempotent, and nothing once it is settled. */
  release(): void;
}

interface Held {
  readonly sessionId: string;
  isSettled: boolean;
  isReleased: boolean;
  lock: MachineLock | undefined;
}

/**
 * Which session has which conversation open, so that each has one writer: two would spoil its file. Other daemons of the machine are kept out as well.
 *
 * Bounded by the sessions there are: each has one conversation, and one more while it goes to another.
 */
export class ConversationClaims {
  readonly #held = new Map<string, Held>();
  /** What is being found out for a session: only what was asked last counts, because a disk answers in any order. */
  readonly #latest = new Map<string, symbol>();

  /** The session that has a conversation open; `undefined` when none of this daemon does. */
  async holder(name: ConversationName): Promise<string | undefined> {
    return this.#held.get(await keyOf(name))?.sessionId;
  }

  /**
   * Takes a conversation for a session.
   * @throws ProtocolError `SESSION_BUSY` when another session has it, in this daemon or another one; it does not say which.
   */
  async claim(name: ConversationName, sessionId: string): Promise<Claim> {
    const key = await keyOf(name);
    const present = this.#held.get(key);
    if (present !== undefined && present.sessionId !== sessionId) throw busy();
    // It has it already, and keeps it whatever becomes of this.
    if (present !== undefined) return { settle() {}, release() {} };
    const held: Held = { sessionId, isSettled: false, isReleased: false, lock: undefined };
    this.#held.set(key, held);
    await this.#lock(key, held);
    if (held.lock === undefined) {
      this.#release(key, held);
      throw busy();
    }
    return {
      settle: () => {
        held.isSettled = true;
      },
      release: () => {
        if (!held.isSettled) this.#release(key, held);
      },
    };
  }

  /**
   * The session has this conversation now, or none: takes it if nobody else has it, and gives up any other it had. Of several calls for a session that overlap,
   * the last one counts. Never rejects.
   */
  async follow(sessionId: string, name: ConversationName | undefined): Promise<void> {
    const call = Symbol();
    this.#latest.set(sessionId, call);
    const key = name === undefined ? undefined : await keyOf(name);
    if (this.#latest.get(sessionId) !== call) return;
    this.#latest.delete(sessionId);
    for (const [other, held] of this.#held) {
      if (other !== key && held.sessionId === sessionId && held.isSettled) this.#release(other, held);
    }
    if (key === undefined) return;
    const present = this.#held.get(key);
    if (present !== undefined) {
      // It has it, whatever becomes of the command that brought it there.
      if (present.sessionId === sessionId) present.isSettled = true;
      return;
    }
    const held: Held = { sessionId, isSettled: true, isReleased: false, lock: undefined };
    this.#held.set(key, held);
    await this.#lock(key, held);
  }

  async #lock(key: string, held: Held): Promise<void> {
    const lock = await holdOnMachine(key);
    if (held.isReleased) lock?.release();
    else held.lock = lock;
  }

  #release(key: string, held: Held): void {
    held.isReleased = true;
    held.lock?.release();
    if (this.#held.get(key) === held) this.#held.delete(key);
  }
}

async function keyOf(name: ConversationName): Promise<string> {
  if (!('sessionPath' in name)) return `agent:${name.backend}:${name.agentSessionId}`;
  const { sessionPath } = name;
  // A file that is not written yet is in a folder that may be.
  const inFolder = async (): Promise<string> =>
    join(await realpath(dirname(sessionPath)).catch(() => dirname(sessionPath)), basename(sessionPath));
  return `file:${await realpath(sessionPath).catch(inFolder)}`;
}

function busy(): ProtocolError {
  return new ProtocolError('SESSION_BUSY', 'Cannot load the conversation: another session has it open');
}
