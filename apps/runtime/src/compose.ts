import type { Server } from 'node:http';
import { join } from 'node:path';
import { isPtyError, PtyLedger, PtyManager } from '@sessiond/pty-core';
import { allowAll } from './auth/allow-all.ts';
import { TokenAuth } from './auth/token-auth.ts';
import type { Config } from './config.ts';
import { drain, type Endable } from './drain.ts';
import { createHttpServer } from './http/http-server.ts';
import { listenTcp } from './http/listen.ts';
import { listenUnix, type UnixListener } from './http/listen-unix.ts';
import type { Logger } from './logger.ts';
import { logOverflows } from './overflow-log.ts';
import { createProbes } from './probes.ts';
import type { CreateRuntime, RuntimeOptions } from './runtime.ts';
import { SessionServer } from './session-server.ts';
import { ensurePrivateDir, STATE_DIR } from './state-dir.ts';
import { loadToken, type StoredToken } from './token.ts';
import { HeartbeatWheel } from './transports/heartbeat-wheel.ts';
import type { Transport } from './transports/transport.ts';
import { type Entrance, WebSocketServer } from './transports/websocket-server.ts';

/** Builds what lies behind the connections: the terminals of this process. */
export function createSessionServer({ config, logger, version, transports, env }: RuntimeOptions): SessionServer {
  const { bufferBytes, graceMs, idleTimeoutMs, retentionMs, maxPtys, maxConnections, maxMessageBytes } = config;
  const ledger = openLedger(config.stateDir, logger);
  const ptys = new PtyManager({ maxPtys, ...(ledger !== undefined && { ledger }) });
  logOverflows(ptys, logger);
  return new SessionServer({
    ptys,
    ledger,
    serverVersion: version,
    transports,
    bufferBytes,
    gracePeriodMs: graceMs,
    idleTimeoutMs,
    retentionMs,
    maxSessions: maxPtys,
    maxMessageBytes,
    limits: { bufferBytes, maxPtys, maxConnections, maxMessageBytes },
    env,
    logger,
  });
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
  readonly logger: Logger;
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Default: `createSessionServer`. */
  readonly createRuntime?: CreateRuntime;
}

/** A daemon that listens. */
export interface Daemon extends Endable {
  /** Where it is reached over TCP; `null` with `--no-tcp`. */
  readonly url: string | null;
  /** Where it is reached over a Unix socket; `null` with `--no-socket`. */
  readonly socketPath: string | null;
  /** Where the token lies; `null` when none is needed. */
  readonly tokenPath: string | null;
}

/** Builds the daemon and listens. Throws a `StartupError` when it cannot; then nothing of it is left. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { config, logger, version, env, createRuntime = createSessionServer } = options;
  ensurePrivateDir(config.stateDir, STATE_DIR);
  const token: StoredToken | null = config.auth === 'token' && !config.noTcp ? loadToken(config.stateDir) : null;
  const transports: Transport['kind'][] = [];
  if (!config.noTcp) transports.push('websocket');
  if (!config.noSocket) transports.push('unix');
  const runtime = createRuntime({ config, logger, version, transports, env });
  const webSockets: WebSocketServer = new WebSocketServer({
    maxConnections: config.maxConnections,
    maxMessageBytes: config.maxMessageBytes,
    heartbeat: new HeartbeatWheel(config),
    terminals: runtime.host,
    logger,
    onConnection: (transport, principal) => runtime.accept(transport, principal),
  });
  const probes = createProbes(version, () => (webSockets.snapshot().draining ? ['draining'] : []));
  const servers: Server[] = [];
  const open = (entrance: Entrance): Server => {
    const server = createHttpServer({
      probes,
      requestOrigin: entrance.requestOrigin,
      maxConnections: config.maxConnections,
      onUpgrade: (request, socket, head) => void webSockets.upgrade(request, socket, head, entrance),
    });
    servers.push(server);
    return server;
  };
  const { allowOrigin, host } = config;
  let unix: UnixListener | null = null;
  let url: string | null = null;
  try {
    if (!config.noSocket) {
      const entrance: Entrance = {
        kind: 'unix',
        auth: allowAll,
        requestOrigin: { allowOrigin, host, checkHost: false },
      };
      unix = await listenUnix(open(entrance), config.socket);
    }
    if (!config.noTcp) {
      const auth = token === null ? allowAll : new TokenAuth(token.token);
      url = await listenTcp(
        open({ kind: 'websocket', auth, requestOrigin: { allowOrigin, host, checkHost: true } }),
        config,
      );
    }
  } catch (error) {
    unix?.unlink();
    for (const server of servers) server.close();
    throw error;
  }
  void runtime.reconcileOrphans();
  const unlink = (): void => unix?.unlink();
  return {
    url,
    socketPath: unix?.path ?? null,
    tokenPath: token?.path ?? null,
    stop: () => drain({ servers, webSockets, runtime, drainMs: config.drainMs, unlink }),
    abandon: () => {
      unlink();
      runtime.host.killAll();
    },
  };
}
