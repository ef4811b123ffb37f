import type { CommandType, ServerReadyData } from '@sessiond/protocol/client';

/** To whom a command was sent first, and when. */
export interface FirstSending {
  /** The greeting of the daemon on that connection. */
  readonly server: ServerReadyData;
  /** Milliseconds since then; rather too many than too few, because what is taken for remembered and is not runs twice. */
  readonly agoMs: number;
}

/**
 * How a command without an answer is sent again: as `new`, because it may run twice; the `same`, because the daemon remembers whether it ran;
 * or only to `ask` for its outcome, because it is not known whether the daemon remembers.
 */
export type Resending = 'new' | 'same' | 'ask';

const READING = /^(?:get|list)_|^(?:health_check|read_output|wait_for)$/;
/** What they do, they do to the connection that they are sent on. */
const OF_ONE_CONNECTION: ReadonlySet<CommandType> = new Set<CommandType>([
  'attach',
  'detach',
  'switch_session',
  'unsubscribe',
]);

/** Whether a command may run any number of times: it only reads, or it is about the one connection that it is sent on. */
export function isRepeatable(type: CommandType): boolean {
  return READING.test(type) || OF_ONE_CONNECTION.has(type);
}

/**
 * How a command is sent again on a connection that took the place of the one that was lost.
 *
 * One that acts is the `same` only to the run of the daemon and the principal it was sent to, and if the daemon has certainly not forgotten
 * what ended since. It must reach back twice as far as needed, because it forgets more until the command arrives.
 */
export function resendingOf(type: CommandType, first: FirstSending, server: ServerReadyData): Resending {
  if (isRepeatable(type)) return 'new';
  const { memory } = server;
  const isSameRun = memory !== undefined && memory.runId === first.server.memory?.runId;
  if (!isSameRun || server.principal.id !== first.server.principal.id) return 'ask';
  const { reachMs = Number.POSITIVE_INFINITY } = memory;
  return reachMs > 2 * first.agoMs ? 'same' : 'ask';
}
