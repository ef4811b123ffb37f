import { isProtocolError, type ProtocolFault } from '@sessiond/protocol';
import type { Logger } from 'pino';
import type { IssuedCommand } from './command-facts.ts';

/**
 * Where exceptions on the way of a command end: what the protocol has a code for is told as it is; everything else is a defect of the server, which is logged, and of which a client learns
 * the correlation id alone. Answered as `INTERNAL`, it is counted with the answers.
 */
export class CommandDefects {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** What the sender of the command is told of an exception. */
  faultOf(error: unknown, { type, correlationId }: IssuedCommand): ProtocolFault {
    if (isProtocolError(error)) return error;
    this.#logger.error({ err: error, command: type, correlationId }, 'command failed unexpectedly');
    const message = 'The command failed because of a defect of the server; its log tells more under the correlation id';
    return { code: 'INTERNAL', message, details: { correlationId } };
  }

  /** Does what must not keep the command from its answer, whatever it throws; the log alone is told of a defect. */
  attempt(facts: IssuedCommand, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.faultOf(error, facts);
    }
  }
}
