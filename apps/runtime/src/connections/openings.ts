import { type Command, ProtocolError } from '@sessiond/protocol';
import type { Guard } from '../containment.ts';
import type { SessionAttachment, SessionHost } from '../sessions/session-host.ts';
import type { Subscription } from './subscription.ts';

/** Whom attachments are asked of. */
export interface OpeningsOptions {
  readonly host: Pick<SessionHost, 'attach'>;
  /** The connection's own, for what calls from the sessions. */
  readonly guard: Guard;
}

/** What came of an opening. */
export interface Opened {
  readonly attachment: SessionAttachment;
  /** Whether the session was deleted meanwhile. What is orphaned has nothing to do with a later session of the same id. */
  readonly isOrphaned: boolean;
  /** Tells the host what to wake up from now on. */
  readonly wake: (subscription: Subscription) => void;
}

/** What is asked of the host. */
interface Opening {
  readonly sessionId: string;
  readonly isAttach: boolean;
  isOrphaned: boolean;
}

/** The holds on sessions that a connection has asked the host for and not got yet: as many as it has commands for it. */
export class Openings {
  readonly #options: OpeningsOptions;
  readonly #pending = new Set<Opening>();
  #closed = false;

  constructor(options: OpeningsOptions) {
    this.#options = options;
  }

  /** How many are asked for. */
  get size(): number {
    return this.#pending.size;
  }

  /** Whether an attachment to the session that has the id now is asked for. */
  isAttaching(sessionId: string): boolean {
    for (const each of this.#pending) {
      if (each.sessionId === sessionId && each.isAttach && !each.isOrphaned) return true;
    }
    return false;
  }

  /** The session is gone. */
  orphan(sessionId: string): void {
    for (const each of this.#pending) if (each.sessionId === sessionId) each.isOrphaned = true;
  }

  /**
   * Asks the host, and gives what came of it to `enter` in the same breath, if it is still wanted then; else lets go of it.
   * @throws ProtocolError when the host refuses or {@link close} came first, and the reason of `signal` when it has aborted.
   */
  async open<T>(
    command: Command<'attach'>,
    isAttach: boolean,
    signal: AbortSignal,
    enter: (opened: Opened) => T,
  ): Promise<T> {
    const { host, guard } = this.#options;
    const opening: Opening = { sessionId: command.sessionId, isAttach, isOrphaned: false };
    let subscription: Subscription | undefined;
    this.#pending.add(opening);
    try {
      const attachment = await host.attach(command, {
        onReadable: guard(() => subscription?.pump()),
        onInputDrained: guard(() => subscription?.acknowledgeInput()),
      });
      if (this.#closed || signal.aborted) {
        attachment.close();
        throw signal.reason ?? new ProtocolError('CANCELLED', 'Cannot attach: the connection has ended');
      }
      const wake = (made: Subscription): void => {
        subscription = made;
      };
      return enter({ attachment, isOrphaned: opening.isOrphaned, wake });
    } finally {
      this.#pending.delete(opening);
    }
  }

  /** What comes from now on is let go of. Idempotent. */
  close(): void {
    this.#closed = true;
  }
}
