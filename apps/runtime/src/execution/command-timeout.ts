import { type Command, commandContract, defaultTimeoutsMs, MAX_DURATION_MS } from '@sessiond/protocol';
import type { SessionHost } from '../sessions/session-host.ts';

/** Times of classes that are configured: of a line of shell, and of what an agent does for a prompt. Without, those of the protocol. */
export type ConfiguredTimeouts = { readonly [C in 'shell' | 'turn']?: number | undefined };

/**
 * How long a command may run: its own limit, else that of its class, `null` for none. Ending a program may take the grace period longer, the one the command
 * names or else that of the session, if it is a terminal, for which alone somebody has to be asked: what ends the work of an agent begins at once, before what follows it.
 * @throws what the host throws when it does not know the session.
 */
export function commandTimeoutMs(
  command: Command,
  host: Pick<SessionHost, 'state'>,
  configured: ConfiguredTimeouts = {},
): number | null | Promise<number | null> {
  const { timeoutMs, sessionId } = command;
  if (timeoutMs !== undefined) return timeoutMs;
  const { timeoutClass, appliesTo } = commandContract(command.type);
  const own = timeoutClass === 'shell' || timeoutClass === 'turn' ? configured[timeoutClass] : undefined;
  const limitMs = own ?? defaultTimeoutsMs[timeoutClass];
  if (limitMs === null || timeoutClass !== 'stop' || appliesTo === 'agent' || sessionId === undefined) return limitMs;
  const withGrace = (graceMs: number): number => Math.min(limitMs + graceMs, MAX_DURATION_MS);
  const asked = 'gracePeriodMs' in command ? command.gracePeriodMs : undefined;
  return asked !== undefined
    ? withGrace(asked)
    : host.state(sessionId).then((state) => withGrace(state.kind === 'pty' ? state.gracePeriodMs : 0));
}
