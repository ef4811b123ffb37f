import { type Daemon, startDaemon } from '../compose.ts';
import { createLog } from '../logger.ts';
import { runUntilEnded } from '../run-until-ended.ts';
import type { CommandOptions } from './command-options.ts';

/** Runs the daemon in the foreground; returns the exit code. Throws a `StartupError` when it cannot start. */
export async function serve({ config, version, env }: CommandOptions): Promise<number> {
  const log = createLog(config.logLevel);
  const { logger, flush } = log;
  let daemon: Daemon | undefined;
  const start = async (): Promise<Daemon> => {
    daemon = await startDaemon({ config, log, version, env });
    const { url, socketPath, tokenPath } = daemon;
    const places = [url, socketPath].filter((place) => place !== null).join(' and ');
    logger.info(
      { event: 'ready', version, url, socketPath, tokenPath, stateDir: config.stateDir },
      `sessiond ${version} is ready on ${places}${tokenPath === null ? '' : `; the token for TCP is in ${tokenPath}`}`,
    );
    return daemon;
  };
  return runUntilEnded(start, { logger, flush, onReload: () => daemon?.reload() });
}
