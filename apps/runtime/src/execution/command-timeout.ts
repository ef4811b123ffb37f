import { type Command, commandContract, defaultTimeoutsMs, MAX_DURATION_MS } from '@sessiond/protocol';
import type { SessionHost } from '../sessions/session-host.ts';

/**
 * How long a command may run: its own limit, else that of its class, `null` for none; `shellMs` is that of the class `shell`, which is configured. Ending a program may take the grace
 * period longer, the one the command names or else the session's own, for which alone somebody has to be asked.
 * @throws what the host throws when it does not know the session.
 */
export function commandTimeoutMs(
  command: Command,
  host: Pick<SessionHost, 'state'>,
  shellMs: number | null = defaultTimeoutsMs.shell,
): number | null | Promise<number | null> {
  const { timeoutMs, sessionId } = command;
  if (timeoutMs !== undefined) return timeoutMs;
  const { timeoutClass } = commandContract(command.type);
  const limitMs = timeoutClass === 'shell' ? shellMs : defaultTimeoutsMs[timeoutClass];
  if (limitMs === null || timeoutClass !== 'stop' || sessionId === undefined) return limitMs;
  const withGrace = (graceMs: number): number => Math.min(limitMs + graceMs, MAX_DURATION_MS);
  const asked = 'gracePeriodMs' in command ? command.gracePeriodMs : undefined;
  return asked !== undefined
    ? withGrace(asked)
    : host.state(sessionId).then((state) => withGrace(state.kind === 'pty' ? state.gracePeriodMs : 0));
}
