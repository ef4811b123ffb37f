import { type Command, ProtocolError, type ResponseDataOf } from '@sessiond/protocol';
import type { Principal } from '../auth/auth-provider.ts';
import type { CommandIssuer } from './command-context.ts';

/**
 * Who sent one command over HTTP: there is a principal, but no connection that could be attached or told of events, and what a command would tell while
 * it runs is told to nobody.
 */
export class HttpIssuer implements CommandIssuer {
  readonly principal: Principal;
  readonly #gone: AbortSignal;

  /** `gone` aborts when nobody waits for the answer any more. */
  constructor(principal: Principal, gone: AbortSignal) {
    this.principal = principal;
    this.#gone = gone;
  }

  get closed(): boolean {
    return this.#gone.aborted;
  }

  tell(_message: object): boolean {
    return true;
  }

  async drained(_signal: AbortSignal): Promise<void> {}

  attach(_command: Command<'attach'>, _signal: AbortSignal): never {
    throw needsConnection('attach');
  }

  detach(_sessionId: string): ResponseDataOf<'detach'> {
    throw needsConnection('detach');
  }

  follow(_sessionId: string): never {
    throw needsConnection('follow events');
  }

  followLog(_sessionId: string, _after: number | undefined, _signal: AbortSignal): never {
    throw needsConnection('follow events');
  }

  readsLog(_sessionId: string): boolean {
    return false;
  }

  unfollow(_sessionId: string): void {
    throw needsConnection('stop following events');
  }

  assertMayDrive(_sessionId: string): void {}
}

function needsConnection(action: string): ProtocolError {
  return new ProtocolError(
    'INVALID_COMMAND',
    `Cannot ${action} over HTTP: it needs a connection, such as a WebSocket`,
    {
      details: { field: 'type' },
    },
  );
}
