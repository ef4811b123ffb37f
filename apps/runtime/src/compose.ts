import type { Server } from 'node:http';
import { join } from 'node:path';
import { Server as TlsServer } from 'node:tls';
import type { Clock } from '@sessiond/resilience';
import type { AuthProvider } from './auth/auth-provider.ts';
import type { DoorRefusal } from './auth/door.ts';
import { createAccess } from './compose-access.ts';
import { createServerFor } from './compose-http.ts';
import { createInstruments } from './compose-instruments.ts';
import { createSessionServer } from './compose-runtime.ts';
import type { Config } from './config/config.ts';
import { Containment } from './containment.ts';
import { drain } from './drain.ts';
import { OutcomeStore } from './execution/outcome-store.ts';
import { listenTcp } from './http/listen.ts';
import { assertSocketFree, listenUnix, type UnixListener } from './http/listen-unix.ts';
import { loadTls, TlsReload } from './http/tls-files.ts';
import { type OpenedJournal, openJournal } from './journal/open-journal.ts';
import type { Log, Logger } from './logger.ts';
import { createProbes, notReadyReasons } from './probes.ts';
import { ReleaseStack } from './release-stack.ts';
import type { Endable } from './run-until-ended.ts';
import type { CreateRuntime } from './runtime.ts';
import { ensurePrivateDir, STATE_DIR } from './state-dir.ts';
import type { Telemetry } from './telemetry/telemetry.ts';
import { ConnectionPlaces } from './transports/connection-places.ts';
import { HeartbeatWheel } from './transports/heartbeat-wheel.ts';
import type { Transport } from './transports/transport.ts';
import { type Entrance, WebSocketServer } from './transports/websocket-server.ts';
import { withinMs } from './within-ms.ts';

/** Outcomes of earlier runs that are remembered; reading them back is most of the time that a start takes. */
const MAX_RESTORED_OUTCOMES = 100_000;
/** What the journal may take to write its last entries; a disk that hangs is not waited for. */
const RELEASE_MS = 3_000;

/** The record of commands and sessions, with what earlier runs have left in it; `undefined` when none is to be kept. @throws StartupError */
async function openConfiguredJournal(
  config: Config,
  logger: Logger,
  telemetry: Telemetry,
  outcomes: OutcomeStore,
): Promise<OpenedJournal | undefined> {
  const { journal: mode, journalMaxEntries, journalMaxAgeMs, journalMaxBytes } = config;
  if (mode === 'off') return undefined;
  const opened = await openJournal({
    path: join(config.stateDir, 'journal'),
    mode,
    retention: { maxEntries: journalMaxEntries, maxAgeMs: journalMaxAgeMs, maxBytes: journalMaxBytes },
    maxOutcomes: Math.min(config.maxOutcomes, MAX_RESTORED_OUTCOMES),
    restore: (command) => outcomes.restore(command),
    logger,
    observer: telemetry.journal,
    // Who serves the socket is the better answer to a second start.
    onLocked: () => (config.noSocket ? Promise.resolve() : assertSocketFree(config.socket)),
  });
  telemetry.watchJournal(() => opened.journal.snapshot());
  return opened;
}

/** What a daemon is built from. */
export interface DaemonOptions {
  readonly config: Config;
  readonly log: Log;
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Who clients over TCP are; default: as the configuration says. */
  readonly auth?: AuthProvider;
  /** Monotonic milliseconds, by which budgets and breakers count; default `performance.now`. */
  readonly now?: Clock;
  /** Default: `createSessionServer`. */
  readonly createRuntime?: CreateRuntime;
}

/** A daemon that listens. It is over at most nine seconds after `drainMs`, whatever hangs; to stop it twice is to wait for the same end. */
export interface Daemon extends Endable {
  /** Where it is reached over TCP; `null` with `--no-tcp`. */
  readonly url: string | null;
  /** Where it is reached over a Unix socket; `null` with `--no-socket`. */
  readonly socketPath: string | null;
  /** Reads again what may be replaced while it runs: the certificate of TLS. Never throws. */
  reload(): void;
  /** Where the token lies; `null` when none is needed. */
  readonly tokenPath: string | null;
}

/** Builds the daemon and listens. Throws a `StartupError` when it cannot; then nothing of it is left, nor of what somebody began in it meanwhile. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  ensurePrivateDir(options.config.stateDir, STATE_DIR);
  const opened = new ReleaseStack(options.log.logger);
  try {
    return await openDaemon(options, opened);
  } catch (error) {
    await opened.releaseAll();
    throw error;
  }
}

async function openDaemon(options: DaemonOptions, opened: ReleaseStack): Promise<Daemon> {
  const { config, log, version, env, now, createRuntime = createSessionServer } = options;
  const { logger } = log;
  const onRefused = (reason: DoorRefusal): void => telemetry.authFailed(reason);
  const access = await createAccess({ config, logger, version, auth: options.auth, now, onRefused });
  opened.push(() => access.close());
  const { audit } = access;
  const instruments = createInstruments({ config, log, version });
  opened.push(() => instruments.close());
  const { telemetry } = instruments;
  const outcomes = new OutcomeStore({ limits: config, now });
  const journal = await openConfiguredJournal(config, logger, telemetry, outcomes);
  opened.push(() => journal?.journal.close());
  const containment = new Containment(logger);
  telemetry.watchContainment(() => containment.failures);
  const transports: Transport['kind'][] = [];
  if (!config.noTcp) transports.push('websocket');
  if (!config.noSocket) transports.push('unix');
  const runtime = createRuntime({
    config,
    logger,
    instruments,
    journal,
    outcomes,
    containment,
    audit,
    version,
    transports,
    env,
    now,
  });
  const places = new ConnectionPlaces(config);
  const webSockets = new WebSocketServer({
    maxConnections: config.maxConnections,
    places,
    maxMessageBytes: config.maxMessageBytes,
    inputBytesPerSecond: config.inputBytesPerSecond,
    heartbeat: new HeartbeatWheel(config),
    terminals: runtime.host,
    authorizer: runtime.authorizer,
    logger,
    containment,
    traffic: telemetry.traffic,
    onRefused: (reason) => telemetry.authFailed(reason),
    onTurnedAway: (reason) => telemetry.connectionRefused(reason),
    onLost: () => telemetry.connectionLost(),
    audit,
    onConnection: (transport, principal, remoteAddress) => runtime.accept(transport, principal, remoteAddress),
  });
  telemetry.watchRawTerminals(() => webSockets.snapshot().rawTerminals);
  const probes = createProbes(version, () =>
    notReadyReasons({
      isDraining: webSockets.snapshot().draining,
      journalState: journal?.journal.snapshot().state,
    }),
  );
  const common = { config, logger, instruments, containment, access, runtime, probes, places, webSockets };
  const servers: Server[] = [];
  let unix: UnixListener | null = null;
  let url: string | null = null;
  let tls: TlsReload | undefined;
  const unlink = (): void => unix?.unlink();
  const end = (drainMs: number): Promise<void> => drain({ servers, webSockets, runtime, drainMs, unlink });
  const { allowOrigin, host, tlsCert, tlsKey } = config;
  try {
    if (!config.noSocket) {
      const requestOrigin = { allowOrigin, host, checkHost: false };
      const server = createServerFor({ kind: 'unix', door: access.unix, requestOrigin }, common);
      servers.push(server);
      unix = await listenUnix(server, config.socket);
    }
    if (!config.noTcp) {
      const requestOrigin = { allowOrigin, host, checkHost: true };
      const entrance: Entrance = { kind: 'websocket', door: access.tcp, requestOrigin };
      const files = tlsCert === null || tlsKey === null ? undefined : { cert: tlsCert, key: tlsKey };
      const context = files && loadTls(files);
      const server = createServerFor(entrance, common, context);
      servers.push(server);
      if (server instanceof TlsServer) {
        const reload = new TlsReload(files!, context!, server, logger);
        opened.push(() => reload.close());
        tls = reload;
      }
      url = await listenTcp(server, config);
    }
  } catch (error) {
    // Somebody may have come in by the first one already.
    await end(0);
    throw error;
  }
  for (const server of servers) {
    server.on('error', (error) => logger.error({ event: 'listener', err: error }, 'a connection could not be taken'));
  }
  void runtime.reconcileOrphans();
  let ended: Promise<void> | undefined;
  return {
    url,
    socketPath: unix?.path ?? null,
    tokenPath: access.tokenPath,
    stop: () => {
      ended ??= end(config.drainMs).finally(() => withinMs(RELEASE_MS, opened.releaseAll()));
      return ended;
    },
    reload: () => tls?.reload(),
    abandon: () => {
      unlink();
      runtime.host.killAll();
    },
  };
}
