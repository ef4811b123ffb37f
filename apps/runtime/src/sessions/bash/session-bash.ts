import { type BashEvent, type Command, ProtocolError, type ResponseDataOf } from '@sessiond/protocol';
import type { Cause } from '../cause.ts';
import type { BashListener } from '../session-host.ts';
import type { Shells } from './shells.ts';

/** A session that lines of shell run beside. */
export interface BashPlace {
  readonly sessionId: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Takes note that one runs; the function returned, called once, that it is over. */
  shellBegan(): () => void;
  /** Tells of a command: the listener, and everybody else who follows the session. @returns what the listener does. */
  bashEvent(event: BashEvent, cause: Cause, listener: BashListener): void | Promise<void>;
  /** Takes note of what came of a command. */
  bashEnded(command: string, data: ResponseDataOf<'bash'>, signal: AbortSignal): void | Promise<void>;
}

/** Runs a line of shell beside a session. @throws ProtocolError, and the reason of the signal, once its processes are gone. */
export async function runBash(
  shells: Shells,
  place: BashPlace,
  { command, maxOutputBytes }: Command<'bash'>,
  { listener, cause, signal }: { listener: BashListener; cause: Cause; signal: AbortSignal },
): Promise<ResponseDataOf<'bash'>> {
  const { sessionId, cwd, env } = place;
  const tell = (event: BashEvent): void | Promise<void> => place.bashEvent(event, cause, listener);
  const keepBytes = maxOutputBytes ?? shells.outputBytes;
  const over = place.shellBegan();
  try {
    const data = await shells.run({ sessionId, command, cwd, env, keepBytes, tell }, signal);
    await place.bashEnded(command, data, signal);
    return data;
  } finally {
    over();
  }
}

/** Why a line of shell ends with its session. */
export function endedWithSession(): ProtocolError {
  return new ProtocolError('CANCELLED', 'The command was ended with its session');
}
