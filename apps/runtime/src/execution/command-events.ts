import { type CommandEventsWish, commandContract, type EventMessage, serverEvent } from '@sessiond/protocol';
import type { CommandFacts } from './command-facts.ts';
import type { CommandObserver, ObservedCode } from './command-observer.ts';

/** Who is told of commands. */
export interface CommandEventReceiver {
  readonly connectionId: string;
  /** Whether it may be told of the command of somebody else. */
  mayWatch(facts: CommandFacts): boolean;
  receiveCommandEvent(message: EventMessage): void;
}

/** What a connection is told of. */
export interface CommandEventWishes {
  /** Of its own commands: those in the data lane, all, or none. */
  readonly own: CommandEventsWish;
  /** Whether also of those that others send. */
  readonly others: boolean;
}

/**
 * Tells connections that their commands were accepted, started and finished, and those that watch that those of others were; nobody else.
 *
 * Three messages cost more than a short command, so that those of the control lane are told of only to who asked for that. A command that nobody is told of costs two look-ups. Bounded by the
 * connections.
 */
export class CommandEvents implements CommandObserver {
  readonly #issuers = new Map<string, { readonly receiver: CommandEventReceiver; readonly own: CommandEventsWish }>();
  readonly #watchers = new Set<CommandEventReceiver>();
  /** Connections that are told of all their commands. */
  #thorough = 0;

  /** Tells the connection as it wishes, from now on; a later wish takes the place of an earlier one. */
  tell(receiver: CommandEventReceiver, { own, others }: CommandEventWishes): void {
    this.forget(receiver);
    this.#issuers.set(receiver.connectionId, { receiver, own });
    if (own === 'all') this.#thorough += 1;
    if (others) this.#watchers.add(receiver);
  }

  /** Tells the connection nothing any more. Idempotent. */
  forget(receiver: CommandEventReceiver): void {
    if (this.#issuers.get(receiver.connectionId)?.own === 'all') this.#thorough -= 1;
    this.#issuers.delete(receiver.connectionId);
    this.#watchers.delete(receiver);
  }

  commandAccepted(facts: CommandFacts): void {
    if (this.#concernsNobody(facts)) return;
    this.#pass(facts, serverEvent(originOf(facts), { type: 'command_accepted', ...labelsOf(facts) }));
  }

  commandStarted(facts: CommandFacts, waitedMs: number): void {
    if (this.#concernsNobody(facts)) return;
    this.#pass(facts, serverEvent(originOf(facts), { type: 'command_started', ...labelsOf(facts), waitedMs }));
  }

  commandFinished(facts: CommandFacts, code: ObservedCode, durationMs: number, replayed: boolean): void {
    if (this.#concernsNobody(facts)) return;
    const event = {
      type: 'command_finished',
      ...labelsOf(facts),
      success: code === 'OK',
      ...(code !== 'OK' && { code }),
      durationMs,
      ...(replayed && { replayed }),
    } as const;
    this.#pass(facts, serverEvent(originOf(facts), event));
  }

  messageRefused(): void {}

  #concernsNobody({ type }: CommandFacts): boolean {
    return this.#thorough === 0 && this.#watchers.size === 0 && commandContract(type).lane === 'control';
  }

  #pass(facts: CommandFacts, message: EventMessage): void {
    const issuer = facts.connectionId === undefined ? undefined : this.#issuers.get(facts.connectionId);
    if (issuer !== undefined && isWished(issuer.own, facts)) issuer.receiver.receiveCommandEvent(message);
    for (const watcher of this.#watchers) {
      if (watcher !== issuer?.receiver && watcher.mayWatch(facts)) watcher.receiveCommandEvent(message);
    }
  }
}

function isWished(own: CommandEventsWish, { type }: CommandFacts): boolean {
  return own === 'all' || (own === 'data' && commandContract(type).lane === 'data');
}

function originOf({ sessionId, correlationId }: CommandFacts): {
  readonly sessionId: string | undefined;
  readonly timestamp: string;
  readonly correlationId: string;
} {
  return { sessionId, timestamp: new Date().toISOString(), correlationId };
}

function labelsOf({ type, commandId }: CommandFacts): { readonly command: string; readonly commandId?: string } {
  return commandId === undefined ? { command: type } : { command: type, commandId };
}
