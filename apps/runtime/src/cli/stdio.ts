import { closeCodes } from '@sessiond/protocol';
import { OWNER } from '../auth/auth-provider.ts';
import { createInstruments } from '../compose-instruments.ts';
import { createSessionServer } from '../compose-runtime.ts';
import { Containment } from '../containment.ts';
import { createLog } from '../logger.ts';
import { type Endable, runUntilEnded } from '../run-until-ended.ts';
import { StdioTransport } from '../transports/stdio-transport.ts';
import type { CommandOptions } from './command-options.ts';

/**
 * Serves one client on stdin and stdout, with sessions of its own that end with it; returns the exit code.
 * Whoever started the process is the owner. Only the protocol is written to stdout; logs go to stderr.
 */
export async function serveStdio({ config, version, env }: CommandOptions): Promise<number> {
  const log = createLog(config.logLevel);
  const { logger, flush } = log;
  const containment = new Containment(logger);
  const endFailed = (): void => stdio.close(closeCodes.failed, 'a defect of the server ended the connection');
  const stdio = new StdioTransport({
    input: process.stdin,
    output: process.stdout,
    maxMessageBytes: config.maxMessageBytes,
    guard: containment.guard({ kind: 'connection', facts: {}, end: endFailed }),
  });
  const start = (): Endable => {
    const instruments = createInstruments({ config, log, version });
    instruments.telemetry.watchContainment(() => containment.failures);
    const runtime = createSessionServer({
      config,
      logger,
      instruments,
      containment,
      version,
      transports: ['stdio'],
      env,
    });
    runtime.accept(stdio, OWNER);
    void runtime.reconcileOrphans();
    return {
      stop: async () => {
        await runtime.shutdown('shutting down', config.drainMs);
        await instruments.close();
        stdio.close(closeCodes.goingAway, 'shutting down');
        process.stdin.destroy();
      },
      abandon: () => runtime.host.killAll(),
    };
  };
  return runUntilEnded(start, { logger, flush, finished: stdio.closed });
}
