import { randomUUID } from 'node:crypto';
import {
  closeCodes,
  type HealthCheck,
  PROTOCOL_VERSION,
  ProtocolError,
  type ResponseDataOf,
  type ServerEvent,
  type ServerReadyData,
  serverEvent,
} from '@sessiond/protocol';
import type { PtyLedger, PtyManager } from '@sessiond/pty-core';
import type { Logger } from 'pino';
import type { Principal } from './auth/auth-provider.ts';
import type { ServerFacts } from './commands/command-context.ts';
import { commandHandlers } from './commands/handlers.ts';
import { Connection, MAX_PENDING_COMMANDS } from './connection.ts';
import { EventHub } from './event-hub.ts';
import { CommandRunner } from './execution/command-runner.ts';
import { OrphanPass } from './orphan-pass.ts';
import { serverMetrics } from './server-metrics.ts';
import { LocalSessionHost } from './sessions/local-session-host.ts';
import type { SessionHost } from './sessions/session-host.ts';
import type { Transport } from './transports/transport.ts';

/** What the server is made of and told. */
export interface SessionServerOptions {
  readonly ptys: PtyManager;
  /** Where the children of `ptys` are recorded; `undefined` where that is not possible. */
  readonly ledger: PtyLedger | undefined;
  readonly serverVersion: string;
  /** The transports clients can choose from. */
  readonly transports: readonly string[];
  readonly bufferBytes: number;
  readonly gracePeriodMs: number;
  /** `null` never. */
  readonly idleTimeoutMs: number | null;
  readonly retentionMs: number;
  readonly maxSessions: number;
  readonly maxMessageBytes: number;
  /** Every configured limit by name, for `get_metrics`. */
  readonly limits: Readonly<Record<string, number>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
}

/** Sessions and the connections to them: everything of the daemon that is not a listening socket. */
export class SessionServer {
  readonly host: SessionHost;
  readonly #options: SessionServerOptions;
  readonly #hub: EventHub;
  readonly #runner: CommandRunner;
  readonly #orphans: OrphanPass;
  readonly #connections = new Set<Connection>();
  readonly #startedMs = performance.now();
  #draining = false;

  constructor(options: SessionServerOptions) {
    this.#options = options;
    this.host = new LocalSessionHost(options);
    this.#hub = new EventHub(this.host);
    this.#orphans = new OrphanPass({
      ledger: options.ledger,
      logger: options.logger,
      onReport: ({ found, reattached, terminated }) =>
        this.#tellEveryone({ type: 'orphans_reconciled', found, reattached, terminated }),
    });
    const server: ServerFacts = { health: () => this.#health(), metrics: () => this.#metrics() };
    this.#runner = new CommandRunner({ host: this.host, handlers: commandHandlers, server, logger: options.logger });
  }

  /** Serves a client until its transport ends. */
  accept(transport: Transport, principal: Principal): void {
    const connection = new Connection({
      connectionId: randomUUID(),
      transport,
      principal,
      host: this.host,
      hub: this.#hub,
      runner: this.#runner,
      greeting: this.#greeting(),
      onClosed: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    connection.start();
  }

  /** Ends what an earlier run left behind; called once, when clients can connect. Takes less than ten seconds, never rejects. */
  reconcileOrphans(): Promise<void> {
    return this.#orphans.run();
  }

  /**
   * Ends everything: tells the clients, refuses new commands, aborts what waits, ends the children, closes the
   * connections. Resolves when no child is left.
   */
  async shutdown(reason: string, deadlineMs: number): Promise<void> {
    this.#draining = true;
    this.#tellEveryone({ type: 'server_shutdown', reason, timeoutMs: deadlineMs });
    this.#runner.refuse(new ProtocolError('SHUTTING_DOWN', 'The server is ending'));
    await this.host.close(deadlineMs);
    this.#options.ledger?.close();
    for (const connection of this.#connections) connection.end(closeCodes.goingAway, 'server is ending');
    this.#hub.close();
  }

  #tellEveryone(event: ServerEvent): void {
    const message = serverEvent({ timestamp: new Date().toISOString() }, event);
    for (const connection of this.#connections) connection.send(message);
  }

  #greeting(): Omit<ServerReadyData, 'connectionId' | 'principal' | 'protocolVersion'> {
    const { serverVersion, transports, maxMessageBytes } = this.#options;
    return {
      serverVersion,
      transports,
      capabilities: ['pty', 'raw-terminal'],
      limits: { maxMessageBytes, maxPendingCommands: MAX_PENDING_COMMANDS },
    };
  }

  async #health(): Promise<ResponseDataOf<'health_check'>> {
    const sessions = await this.host.list();
    const checks: HealthCheck[] = [{ name: 'sessions', status: 'ok' }, this.#orphans.health()];
    const isWell = checks.every(({ status }) => status === 'ok');
    return {
      status: this.#draining ? 'draining' : isWell ? 'ok' : 'degraded',
      serverVersion: this.#options.serverVersion,
      protocolVersion: PROTOCOL_VERSION,
      uptimeMs: performance.now() - this.#startedMs,
      sessions: { pty: sessions.length, agent: 0 },
      connections: this.#connections.size,
      checks,
    };
  }

  async #metrics(): Promise<ResponseDataOf<'get_metrics'>> {
    return {
      capturedAt: new Date().toISOString(),
      uptimeMs: performance.now() - this.#startedMs,
      metrics: [
        ...serverMetrics({
          sessions: await this.host.list(),
          counts: await this.host.counts(),
          connections: this.#connections.size,
          rssBytes: process.memoryUsage.rss(),
        }),
        ...this.#orphans.metrics(),
      ],
      limits: this.#options.limits,
    };
  }
}
