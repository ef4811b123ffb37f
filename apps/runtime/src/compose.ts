import type { Server } from 'node:http';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type SecureContextOptions, Server as TlsServer } from 'node:tls';
import { createNoopMeter, metrics as otel } from '@opentelemetry/api';
import { logAlertHandler, MemorySink, ThresholdAlertSink } from '@sessiond/metrics-sinks';
import { OpenTelemetrySink } from '@sessiond/metrics-sinks/opentelemetry';
import { isPtyError, PipedProcesses, PtyLedger, PtyManager } from '@sessiond/pty-core';
import type { Clock } from '@sessiond/resilience';
import { Admission } from './admission/admission.ts';
import { noAuditLog } from './audit/audit-log.ts';
import type { AuthProvider } from './auth/auth-provider.ts';
import type { DoorRefusal } from './auth/door.ts';
import { createAccess } from './compose-access.ts';
import type { Config } from './config/config.ts';
import { configuredLimits } from './config/configured-limits.ts';
import { Containment } from './containment.ts';
import { drain, type Endable } from './drain.ts';
import { CommandLanes } from './execution/command-lanes.ts';
import { fanOutCommands } from './execution/command-observer.ts';
import { OutcomeStore } from './execution/outcome-store.ts';
import { SessionLocks } from './execution/session-locks.ts';
import { createCommandsPage } from './http/commands-page.ts';
import { createHttpServer } from './http/http-server.ts';
import { listenTcp } from './http/listen.ts';
import { assertSocketFree, listenUnix, type UnixListener } from './http/listen-unix.ts';
import { createMetricsPage } from './http/metrics-page.ts';
import { createTicketsPage } from './http/tickets-page.ts';
import { loadTls, TlsReload } from './http/tls-files.ts';
import { NoJournal } from './journal/no-journal.ts';
import { type OpenedJournal, openJournal } from './journal/open-journal.ts';
import type { Log, Logger } from './logger.ts';
import { logOverflows } from './overflow-log.ts';
import { createProbes } from './probes.ts';
import type { CreateRuntime, RuntimeOptions } from './runtime.ts';
import { SessionServer } from './session-server.ts';
import { Shells } from './sessions/bash/shells.ts';
import { unrecordedSessions } from './sessions/session-record.ts';
import { ensurePrivateDir, STATE_DIR } from './state-dir.ts';
import { alertHealth } from './telemetry/alert-metrics.ts';
import { alertWebhook, logFailedDeliveries } from './telemetry/alert-webhook.ts';
import { CommandLog } from './telemetry/command-log.ts';
import { CommandTracing } from './telemetry/command-tracing.ts';
import { defaultAlerts } from './telemetry/default-alerts.ts';
import { Exposition } from './telemetry/exposition.ts';
import type { Instruments } from './telemetry/instruments.ts';
import { metricSamples } from './telemetry/metric-samples.ts';
import { Telemetry } from './telemetry/telemetry.ts';
import { ConnectionPlaces } from './transports/connection-places.ts';
import { HeartbeatWheel } from './transports/heartbeat-wheel.ts';
import type { Transport } from './transports/transport.ts';
import { type Entrance, WebSocketServer } from './transports/websocket-server.ts';

/** Room for every type of command with every error code. */
const MAX_LABEL_SETS = 1_000;
/** Outcomes of earlier runs that are remembered; reading them back is most of the time that a start takes. */
const MAX_RESTORED_OUTCOMES = 100_000;

/** Builds what lies behind the connections: the terminals of this process. */
export function createSessionServer(options: RuntimeOptions): SessionServer {
  const { config, logger, instruments, journal, containment, version, transports, env, now } = options;
  const { telemetry } = instruments;
  const { bufferBytes, graceMs, idleTimeoutMs, maxLifetimeMs, maxIdleMs, retentionMs, maxPtys, maxMessageBytes } =
    config;
  const ledger = openLedger(config.stateDir, logger);
  const ptys = new PtyManager({ maxPtys, ...(ledger !== undefined && { ledger }) });
  logOverflows(ptys, logger);
  ptys.onEvent((event) => telemetry.terminalEvent(event));
  const outcomes = new OutcomeStore({ limits: config, now });
  for (const command of journal?.commands ?? []) outcomes.restore(command);
  const server = new SessionServer({
    ptys,
    ledger,
    shells: new Shells({
      processes: new PipedProcesses({ folder: join(config.stateDir, 'pipes'), ledger }),
      maxCommands: config.maxBashCommands,
      outputBytes: config.bashOutputBytes,
      observer: telemetry.bash,
    }),
    shellTimeoutMs: config.bashTimeoutMs,
    serverVersion: version,
    transports,
    bufferBytes,
    gracePeriodMs: graceMs,
    idleTimeoutMs,
    maxLifetimeMs,
    maxIdleMs,
    retentionMs,
    maxSessions: maxPtys,
    maxMessageBytes,
    limits: configuredLimits(config),
    env,
    logger,
    containment,
    traffic: telemetry.traffic,
    commandObserver: fanOutCommands(telemetry.commands, new CommandLog({ logger, slowMs: config.slowCommandMs, now })),
    commandTracer: new CommandTracing(version),
    audit: options.audit ?? noAuditLog,
    metrics: () => instruments.samples(),
    checks: [() => instruments.health(), ...(journal === undefined ? [] : [() => journal.journal.health()])],
    journal: journal?.journal ?? new NoJournal(),
    records: journal?.journal ?? unrecordedSessions,
    restored: journal?.sessions ?? [],
    admission: new Admission({ limits: config, logger, observer: telemetry.admission, now }),
    lanes: new CommandLanes({
      maxWaiting: config.laneQueueCommands,
      maxWaitMs: config.laneQueueMs,
      observer: telemetry.admission,
      now,
    }),
    locks: new SessionLocks({ maxWaiting: config.laneQueueCommands, maxWaitMs: config.laneQueueMs, now }),
    outcomes,
    inputBytesPerSecond: config.inputBytesPerSecond,
  });
  telemetry.watchServer(() => server.snapshot());
  return server;
}

/** What the instruments of a daemon are made for. */
export interface InstrumentsOptions {
  readonly config: Config;
  readonly log: Log;
  readonly version: string;
}

/**
 * Builds what measures a daemon. All numbers lie in one memory, which `get_metrics`, Prometheus, the alerts and, where the program that hosts
 * the daemon has set one up, the SDK of OpenTelemetry read.
 */
export function createInstruments({ config, log, version }: InstrumentsOptions): Instruments {
  const { logger } = log;
  const memory = new MemorySink({ maxLabelSets: MAX_LABEL_SETS });
  const meter = otel.getMeter('sessiond', version);
  const exporter = meter === createNoopMeter() ? null : new OpenTelemetrySink({ meter, memory });
  const source = { host: hostname(), pid: process.pid, version };
  const webhook = config.alertWebhook === null ? null : alertWebhook(config.alertWebhook, source);
  const alerts = new ThresholdAlertSink({
    sink: exporter ?? memory,
    memory,
    rules: defaultAlerts(config),
    handlers: [logAlertHandler(logger.child({ event: 'alert' })), ...(webhook === null ? [] : [webhook])],
  });
  const telemetry = new Telemetry({ sink: alerts, limits: configuredLimits(config) });
  telemetry.watchLog(() => log.droppedLines());
  telemetry.watchTroubles(() => memory.troubles());
  telemetry.watchAlerts(() => alerts.snapshot().alerts, webhook && (() => webhook.snapshot()));
  if (webhook !== null) memory.onCollect(logFailedDeliveries(() => webhook.snapshot(), logger));
  alerts.start(config.alertIntervalMs);
  const exposition = new Exposition(memory);
  return {
    telemetry,
    samples: () => metricSamples(memory.snapshot()),
    expose: () => exposition.expose(),
    health: () => alertHealth(alerts.snapshot().alerts),
    close: async () => {
      alerts.close();
      telemetry.close();
      exporter?.close();
      await webhook?.close();
    },
  };
}

/** The record of commands and sessions, with what earlier runs have left in it; `undefined` when none is to be kept. @throws StartupError */
async function openConfiguredJournal(
  config: Config,
  logger: Logger,
  telemetry: Telemetry,
): Promise<OpenedJournal | undefined> {
  const { journal: mode, journalMaxEntries, journalMaxAgeMs, journalMaxBytes } = config;
  if (mode === 'off') return undefined;
  const opened = await openJournal({
    path: join(config.stateDir, 'journal'),
    mode,
    retention: { maxEntries: journalMaxEntries, maxAgeMs: journalMaxAgeMs, maxBytes: journalMaxBytes },
    maxOutcomes: Math.min(config.maxOutcomes, MAX_RESTORED_OUTCOMES),
    logger,
    observer: telemetry.journal,
    // Who serves the socket is the better answer to a second start.
    onLocked: () => (config.noSocket ? Promise.resolve() : assertSocketFree(config.socket)),
  });
  telemetry.watchJournal(() => opened.journal.snapshot());
  return opened;
}

/** The record of the children that run, for the daemon that comes after this one; terminals do without where there can be none. */
function openLedger(stateDir: string, logger: Logger): PtyLedger | undefined {
  try {
    return PtyLedger.open(join(stateDir, 'ptys'), {
      onError: (error) => logger.warn({ event: 'ledger', err: error }, 'a program runs unrecorded'),
    });
  } catch (error) {
    if (!isPtyError(error)) throw error;
    logger.error(
      { event: 'ledger', err: error },
      'programs are not recorded; a crash of the daemon may leave some behind',
    );
    return undefined;
  }
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

/** A daemon that listens. */
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

/** Builds the daemon and listens. Throws a `StartupError` when it cannot; then nothing of it is left. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { config, log, version, env, now, createRuntime = createSessionServer } = options;
  const { logger } = log;
  ensurePrivateDir(config.stateDir, STATE_DIR);
  const onRefused = (reason: DoorRefusal): void => telemetry.authFailed(reason);
  const access = await createAccess({ config, logger, version, auth: options.auth, now, onRefused });
  const transports: Transport['kind'][] = [];
  if (!config.noTcp) transports.push('websocket');
  if (!config.noSocket) transports.push('unix');
  const instruments = createInstruments({ config, log, version });
  const { telemetry } = instruments;
  const journal = await openConfiguredJournal(config, logger, telemetry).catch(async (error: unknown) => {
    access.close();
    await instruments.close();
    throw error;
  });
  const containment = new Containment(logger);
  telemetry.watchContainment(() => containment.failures);
  const { audit } = access;
  const runtime = createRuntime({
    config,
    logger,
    instruments,
    journal,
    containment,
    audit,
    version,
    transports,
    env,
    now,
  });
  const places = new ConnectionPlaces(config);
  const webSockets: WebSocketServer = new WebSocketServer({
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
  const probes = createProbes(version, () => [
    ...(webSockets.snapshot().draining ? ['draining'] : []),
    ...(journal?.journal.snapshot().state === 'failed' ? ['journal'] : []),
  ]);
  const servers: Server[] = [];
  const open = (entrance: Entrance, tls?: SecureContextOptions): Server => {
    const server = createHttpServer({
      tls,
      probes,
      requestOrigin: entrance.requestOrigin,
      maxConnections: config.maxConnections,
      containment,
      ticketsPage: createTicketsPage({
        door: entrance.door,
        office: access.tickets,
        onIssued: access.trust,
        audit,
      }),
      commandsPage: createCommandsPage({
        door: entrance.door,
        places,
        maxMessageBytes: config.maxMessageBytes,
        run: (command) => runtime.runSingle(command),
        onTurnedAway: (reason) => telemetry.connectionRefused(reason),
      }),
      metricsPage: createMetricsPage({
        door: entrance.door,
        expose: () => instruments.expose(),
        onRefused: (reason) => telemetry.authFailed(reason),
        logger,
      }),
      onRefused: (reason) => telemetry.authFailed(reason),
      onUpgrade: (request, socket, head) => void webSockets.upgrade(request, socket, head, entrance),
    });
    servers.push(server);
    return server;
  };
  const { allowOrigin, host } = config;
  let unix: UnixListener | null = null;
  let url: string | null = null;
  const { tlsCert, tlsKey } = config;
  const tlsFiles = tlsCert === null || tlsKey === null ? undefined : { cert: tlsCert, key: tlsKey };
  let tls: TlsReload | undefined;
  try {
    if (!config.noSocket) {
      const entrance: Entrance = {
        kind: 'unix',
        door: access.unix,
        requestOrigin: { allowOrigin, host, checkHost: false },
      };
      unix = await listenUnix(open(entrance), config.socket);
    }
    if (!config.noTcp) {
      const entrance: Entrance = {
        kind: 'websocket',
        door: access.tcp,
        requestOrigin: { allowOrigin, host, checkHost: true },
      };
      const context = tlsFiles === undefined ? undefined : loadTls(tlsFiles);
      const server = open(entrance, context);
      if (tlsFiles !== undefined && server instanceof TlsServer)
        tls = new TlsReload(tlsFiles, context!, server, logger);
      url = await listenTcp(server, config);
    }
  } catch (error) {
    unix?.unlink();
    for (const server of servers) server.close();
    tls?.close();
    access.close();
    await journal?.journal.close();
    await instruments.close();
    throw error;
  }
  for (const server of servers) {
    server.on('error', (error) => logger.error({ event: 'listener', err: error }, 'a connection could not be taken'));
  }
  void runtime.reconcileOrphans();
  const unlink = (): void => unix?.unlink();
  return {
    url,
    socketPath: unix?.path ?? null,
    tokenPath: access.tokenPath,
    stop: () =>
      drain({ servers, webSockets, runtime, drainMs: config.drainMs, unlink }).finally(async () => {
        tls?.close();
        access.close();
        await journal?.journal.close();
        await instruments.close();
      }),
    reload: () => tls?.reload(),
    abandon: () => {
      unlink();
      runtime.host.killAll();
    },
  };
}
