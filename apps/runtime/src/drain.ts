import type { Server } from 'node:http';
import { closeCodes } from '@sessiond/protocol';
import type { Logger } from './logger.ts';
import type { Runtime } from './runtime.ts';
import { EXIT_CODES } from './startup-error.ts';
import type { WebSocketServer } from './transports/websocket-server.ts';
import { withinMs } from './within-ms.ts';

/** Time clients have for their half of the closing handshake. */
const FAREWELL_MS = 1000;

/** What a daemon is made of, as far as its end is concerned. */
export interface DrainParts {
  readonly servers: readonly Server[];
  readonly webSockets: WebSocketServer;
  readonly runtime: Runtime;
  readonly drainMs: number;
  /** Removes the socket file. */
  readonly unlink: () => void;
}

/**
 * Ends a daemon in order: everyone told and nothing new taken, running work finished or aborted within `drainMs`, children ended, WebSockets
 * closed with 1001, and only then the listeners and the socket file gone. Until then probes and refusals are answered, so that whoever
 * asks learns that the daemon drains rather than that it is gone. Resolves at most six seconds after `drainMs`; nothing of the daemon
 * keeps the process alive afterwards.
 */
export async function drain({ servers, webSockets, runtime, drainMs, unlink }: DrainParts): Promise<void> {
  webSockets.drain();
  await runtime.shutdown('shutting down', drainMs);
  unlink();
  // Answers that are on their way still get there.
  const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
  await Promise.all([
    webSockets.closeAll(closeCodes.goingAway, 'shutting down', FAREWELL_MS),
    withinMs(FAREWELL_MS, Promise.all(closed)),
  ]);
  for (const server of servers) server.closeAllConnections();
}

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
