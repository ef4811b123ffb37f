import { type Command, commandContract, defaultTimeoutsMs, MAX_DURATION_MS } from '@sessiond/protocol';
import type { SessionHost } from '../sessions/session-host.ts';

/**
 * How long a command may run: its own limit, else that of its class, `null` for none. Ending a program may take the grace
 * period longer, the one the command names or else the session's own.
 * @throws what the host throws when it does not know the session.
 */
export async function commandTimeoutMs(command: Command, host: Pick<SessionHost, 'state'>): Promise<number | null> {
  const { timeoutMs, sessionId } = command;
  const { timeoutClass } = commandContract(command.type);
  const limitMs = timeoutMs ?? defaultTimeoutsMs[timeoutClass];
  if (timeoutMs !== undefined || limitMs === null || timeoutClass !== 'stop' || sessionId === undefined) return limitMs;
  const asked = 'gracePeriodMs' in command ? command.gracePeriodMs : undefined;
  const graceMs = asked ?? (await host.state(sessionId)).gracePeriodMs;
  return Math.min(limitMs + graceMs, MAX_DURATION_MS);
}
