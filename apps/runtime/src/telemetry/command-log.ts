import { commandContract, type ErrorCode } from '@sessiond/protocol';
import { type Clock, TokenBucket } from '@sessiond/resilience';
import type { CommandObserver, ObservedCode, ObservedCommand } from '../execution/command-observer.ts';
import type { CommandFacts } from '../execution/command-tracer.ts';
import type { Logger } from '../logger.ts';

/** What a log of commands needs. */
export interface CommandLogOptions {
  readonly logger: Logger;
  /** From how many milliseconds on a command is worth a line although it succeeded. */
  readonly slowMs: number;
  /** Monotonic milliseconds; default `performance.now`. */
  readonly now?: Clock | undefined;
}

/** Lines per second above the level `debug`, and at once after silence. */
const LINES_PER_SECOND = 50;

/** Failures that whoever runs the daemon should look at; all others are the business of whoever sent the command. */
const WARNINGS: ReadonlySet<ObservedCode> = new Set<ObservedCode>(['TIMEOUT', 'INTERNAL', 'JOURNAL_UNAVAILABLE']);

/**
 * One line of the log per command: failures and slow ones at `info` or `warn`, the others at `debug`, each with the correlation id, the command, its
 * session, its principal and its connection, and nothing of what it carried. A client that fails in a loop fills no disk: beyond fifty lines a second the
 * rest is counted, and the next line says how many were left out. Messages that are no commands, and what is refused at the door, only appear at `debug`.
 */
export class CommandLog implements CommandObserver {
  readonly #logger: Logger;
  readonly #slowMs: number;
  readonly #lines: TokenBucket;
  #leftOut = 0;

  constructor({ logger, slowMs, now }: CommandLogOptions) {
    this.#logger = logger;
    this.#slowMs = slowMs;
    const rate = { ratePerSecond: LINES_PER_SECOND, burst: LINES_PER_SECOND };
    this.#lines = new TokenBucket({ name: 'command-log', ...rate, ...(now !== undefined && { now }) });
  }

  commandAccepted(): void {}

  commandStarted(): void {}

  commandFinished(facts: CommandFacts, code: ObservedCode, durationMs: number, replayed: boolean): void {
    const isSlow = durationMs >= this.#slowMs && !mayTakeLong(facts);
    if (code === 'OK' && !isSlow) {
      if (this.#logger.isLevelEnabled('debug')) this.#logger.debug(line(facts, code, durationMs, replayed), 'command');
      return;
    }
    const level = WARNINGS.has(code) ? 'warn' : 'info';
    if (!this.#logger.isLevelEnabled(level)) return;
    if (!this.#lines.take(1).ok) {
      this.#leftOut += 1;
      return;
    }
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    const fields = { ...line(facts, code, durationMs, replayed), ...(leftOut > 0 && { leftOut }) };
    this.#logger[level](fields, code === 'OK' ? 'slow command' : 'command failed');
  }

  messageRefused(command: ObservedCommand, code: ErrorCode): void {
    if (this.#logger.isLevelEnabled('debug'))
      this.#logger.debug({ event: 'refusal', command, code }, 'message refused');
  }
}

/** Whether it lies in the nature of the command to take its time. */
function mayTakeLong({ type }: CommandFacts): boolean {
  const { timeoutClass } = commandContract(type);
  return timeoutClass === 'wait' || timeoutClass === 'shell';
}

function line(
  { type, commandId, correlationId, sessionId, principalId, connectionId }: CommandFacts,
  code: ObservedCode,
  durationMs: number,
  replayed: boolean,
): Record<string, unknown> {
  return {
    event: 'command',
    command: type,
    code,
    correlationId,
    commandId,
    sessionId,
    principal: principalId,
    connectionId,
    durationMs: Math.round(durationMs * 1000) / 1000,
    ...(replayed && { replayed }),
  };
}
