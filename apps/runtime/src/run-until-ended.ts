import type { Logger } from './logger.ts';
import { EXIT_CODES } from './startup-error.ts';

/** Something that runs until it is told to end. */
export interface Endable {
  /** Ends in order. */
  stop(): Promise<void>;
  /** Ends what must not stay behind, waiting for nothing. Never throws. */
  abandon(): void;
}

/** How the process and its log are reached. */
export interface EndOptions {
  readonly logger: Logger;
  readonly flush: () => void;
  /** Settles when there is nothing left to do even without a signal, such as the end of stdin. */
  readonly finished?: Promise<void>;
  /** Reads again what may be replaced, at SIGHUP. Without it SIGHUP asks for the end, as it does when a terminal is closed. */
  readonly onReload?: () => void;
}

/**
 * Starts something and waits for the end: SIGTERM or SIGINT, once for an orderly one, twice for one right now. A signal that comes while it
 * starts is heard, too: it ends in order as soon as it has started. An error nobody caught, and an orderly end that fails, end the process after
 * its socket file and its children are gone. Returns the exit code of an orderly end; rejects as `start` does.
 */
export async function runUntilEnded(
  start: () => Endable | Promise<Endable>,
  { logger, flush, finished, onReload }: EndOptions,
): Promise<number> {
  const endings: readonly NodeJS.Signals[] =
    onReload === undefined ? ['SIGTERM', 'SIGINT', 'SIGHUP'] : ['SIGTERM', 'SIGINT'];
  if (onReload !== undefined) process.on('SIGHUP', onReload);
  let subject: Endable | undefined;
  let hasEnded = false;
  const endNow = (): never => {
    subject?.abandon();
    flush();
    process.exit(EXIT_CODES.failed);
  };
  const crash = (error: unknown): never => {
    logger.fatal({ err: error }, 'an unexpected error ends the daemon');
    return endNow();
  };
  const signalledAgain = (): void => {
    // Whoever asks again after the end has got what they asked for.
    if (!hasEnded) endNow();
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  const ended = new Promise<string>((resolve) => {
    const signalled = (signal: NodeJS.Signals): void => {
      for (const name of endings) {
        process.off(name, signalled);
        process.on(name, signalledAgain);
      }
      resolve(signal);
    };
    for (const name of endings) process.on(name, signalled);
    finished?.then(() => resolve('end of input'), crash);
  });
  subject = await start();
  const reason = await ended;
  logger.info({ event: 'draining', reason }, 'ending; a second signal ends at once');
  try {
    await subject.stop();
  } catch (error) {
    crash(error);
  }
  hasEnded = true;
  logger.info({ event: 'ended' }, 'ended');
  flush();
  return EXIT_CODES.done;
}
