import pino from 'pino';
import type { Config } from './config/config.ts';

/** A structured log, as pino has it. */
export type Logger = pino.Logger;

/** Fields that never reach the log, wherever a careless caller puts them: credentials, and what commands carry. */
const SECRET_FIELDS = [
  ...['token', 'authorization', 'cookie', '["sec-websocket-protocol"]', 'password', 'secret'],
  ...['env', 'data', 'dataBase64'],
];

/** What pino is told to leave out: these fields down to the third level, which is deeper than any line of the daemon goes. */
export const REDACTED: readonly string[] = SECRET_FIELDS.flatMap((field) => {
  const dotted = field.startsWith('[') ? field : `.${field}`;
  return [field, `*${dotted}`, `*.*${dotted}`];
});

/** What waits for a stderr that nobody reads; beyond that, lines are dropped rather than memory filled. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** A log and the way to empty it. */
export interface Log {
  readonly logger: Logger;
  /** Lines that were dropped because nobody read them. */
  droppedLines(): number;
  /** Writes what is waiting, at once; for the last moment of the process. Never throws. */
  flush(): void;
}

/** Logs JSON lines to stderr, without ever blocking on whoever reads it. */
export function createLog(level: Config['logLevel']): Log {
  const destination = pino.destination({ fd: 2, sync: false, minLength: 0, maxLength: MAX_WAITING_BYTES });
  // Without a listener, a closed stderr would end the daemon.
  destination.on('error', () => {});
  let droppedLines = 0;
  // Each line is given to it by itself.
  destination.on('drop', () => {
    droppedLines += 1;
  });
  const logger = pino(
    { level, base: { pid: process.pid }, redact: { paths: [...REDACTED], censor: '[redacted]' } },
    destination,
  );
  return {
    logger,
    droppedLines: () => droppedLines,
    flush: () => {
      try {
        destination.flushSync();
      } catch {
        // Nobody is left to tell.
      }
    },
  };
}
