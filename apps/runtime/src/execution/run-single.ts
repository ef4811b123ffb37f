import { decodeClientMessage, failureResponse, ProtocolError, type ProtocolFault } from '@sessiond/protocol';
import type { Principal } from '../auth/auth-provider.ts';
import { HttpIssuer } from '../commands/http-issuer.ts';
import type { CommandAnswer } from './command-answer.ts';
import type { CommandRunner } from './command-runner.ts';
import { endsWithIssuer } from './ends-with-issuer.ts';

/** One command that came without a connection. */
export interface SingleCommand {
  /** The message, as JSON. */
  readonly text: string;
  readonly principal: Principal;
  /** Aborts when nobody waits for the answer any more: what only waits is given up then, everything else goes on. */
  readonly gone: AbortSignal;
}

const NO_HELLO: ProtocolFault = Object.freeze({
  code: 'INVALID_COMMAND',
  message: 'Cannot say hello over HTTP: it is about a connection, and here is none',
});

/** Runs one command for somebody without a connection. Resolves with its one answer; never rejects. */
export function runSingle(
  runner: Pick<CommandRunner, 'run' | 'refused'>,
  { text, principal, gone }: SingleCommand,
): Promise<CommandAnswer> {
  const refuse = (to: { id?: string | undefined; type?: string | undefined }, fault: ProtocolFault): CommandAnswer => {
    runner.refused(to.type, fault.code);
    return { code: fault.code, text: JSON.stringify(failureResponse(to, fault)) };
  };
  const decoded = decodeClientMessage(text);
  if (!decoded.ok) return Promise.resolve(refuse({ id: decoded.id, type: decoded.command }, decoded.error));
  const command = decoded.message;
  if (command.type === 'hello') return Promise.resolve(refuse({ type: 'hello' }, NO_HELLO));
  return new Promise((resolve) => {
    const running = runner.run(command, new HttpIssuer(principal, gone), resolve);
    if (running === undefined || !endsWithIssuer(command)) return;
    const give = (): void => running.abandon(new ProtocolError('CANCELLED', 'Nobody waits for the answer any more'));
    if (gone.aborted) give();
    else gone.addEventListener('abort', give, { once: true });
  });
}
