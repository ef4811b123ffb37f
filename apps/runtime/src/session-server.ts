import { randomUUID } from 'node:crypto';
import {
  type Command,
  closeCodes,
  commandContract,
  type HealthCheck,
  PROTOCOL_VERSION,
  ProtocolError,
  type ResponseDataOf,
  type ServerEvent,
  type ServerMemory,
  serverEvent,
} from '@sessiond/protocol';
import type { AdmissionSnapshot } from './admission/admission-snapshot.ts';
import type { BreakerChange } from './admission/command-breakers.ts';
import { noAuditLog } from './audit/audit-log.ts';
import { auditedCommands } from './audit/audited-commands.ts';
import { AuditedConnections } from './audit/audited-connections.ts';
import type { Principal } from './auth/auth-provider.ts';
import { Authorizer } from './auth/authorizer.ts';
import type { ServerFacts } from './commands/command-context.ts';
import { commandHandlers } from './commands/handlers.ts';
import { Connection, type ConnectionOptions } from './connections/connection.ts';
import { Connections, type ConnectionTotals } from './connections/connections.ts';
import { EventHub } from './connections/event-hub.ts';
import { MAX_PENDING_COMMANDS } from './connections/unanswered-commands.ts';
import type { Owner } from './containment.ts';
import type { CommandAnswer } from './execution/command-answer.ts';
import { CommandEvents } from './execution/command-events.ts';
import { fanOutCommands } from './execution/command-observer.ts';
import { CommandRunner } from './execution/command-runner.ts';
import type { OutcomeTotals } from './execution/command-runner-options.ts';
import { runSingle, type SingleCommand } from './execution/run-single.ts';
import { type OrphanCounts, OrphanPass } from './orphan-pass.ts';
import type { SessionServerOptions } from './session-server-options.ts';
import { LocalSessionHost } from './sessions/local-session-host.ts';
import type { HostCounts, SessionHost } from './sessions/session-host.ts';
import type { Transport } from './transports/transport.ts';
import { withinMs } from './within-ms.ts';

/** What commands may take to be answered once they are aborted. */
const LAST_WORD_MS = 1000;

/** What the server holds at one moment. */
export interface ServerSnapshot {
  readonly sessions: HostCounts;
  readonly connections: ConnectionTotals;
  readonly commandsInFlight: number;
  readonly admission: AdmissionSnapshot;
  readonly outcomes: OutcomeTotals;
  /** `null` until the look for processes of an earlier run is over. */
  readonly orphans: OrphanCounts | null;
}

/** Sessions and the connections to them: everything of the daemon that is not a listening socket. */
export class SessionServer {
  readonly host: SessionHost;
  /** Decides who may do what. */
  readonly authorizer: Authorizer;
  readonly #options: SessionServerOptions;
  readonly #hub: EventHub;
  readonly #commandEvents = new CommandEvents();
  readonly #runner: CommandRunner;
  readonly #origins = new AuditedConnections();
  readonly #orphans: OrphanPass;
  readonly #connections = new Connections();
  readonly #greeting: Omit<ConnectionOptions['greeting'], 'memory'>;
  readonly #runId = randomUUID();
  readonly #startedMs = performance.now();
  #draining = false;

  constructor(options: SessionServerOptions) {
    this.#options = options;
    const { serverVersion, transports, maxMessageBytes } = options;
    this.#greeting = {
      serverVersion,
      transports,
      capabilities: ['pty', 'raw-terminal', ...(options.agents.backends.size > 0 ? ['agent'] : [])],
      limits: { maxMessageBytes, maxPendingCommands: MAX_PENDING_COMMANDS },
    };
    this.host = new LocalSessionHost(options);
    this.authorizer = new Authorizer(
      { facts: (sessionId) => this.host.facts(sessionId) ?? this.#runner.expected(sessionId) },
      ({ principal, command, connectionId, code }) => {
        const { type, sessionId, id } = command;
        const origin = {
          principalId: principal.id,
          connectionId,
          remoteAddress: this.#origins.remoteAddress(connectionId),
        };
        const reason = code === 'FORBIDDEN' ? 'scope' : 'session';
        options.audit.record({ event: 'refused', reason, code, action: type, sessionId, commandId: id, ...origin });
      },
    );
    this.#hub = new EventHub(this.host);
    this.#orphans = new OrphanPass({
      ledger: options.ledger,
      logger: options.logger,
      onReport: ({ found, reattached, terminated }) =>
        this.#tellEveryone({ type: 'orphans_reconciled', found, reattached, terminated }),
    });
    const server: ServerFacts = {
      health: () => this.#health(),
      metrics: () => this.#metrics(),
      journal: options.journal,
    };
    options.admission.onBreakerChanged((change) => this.#tellOfBreaker(change));
    this.#runner = new CommandRunner({
      host: this.host,
      authorizer: this.authorizer,
      handlers: commandHandlers,
      server,
      admission: options.admission,
      lanes: options.lanes,
      timeoutsMs: options.timeoutsMs,
      logger: options.logger,
      locks: options.locks,
      outcomes: options.outcomes,
      observer: fanOutCommands(
        options.commandObserver,
        this.#commandEvents,
        ...(options.audit === noAuditLog ? [] : [auditedCommands(options.audit, this.#origins)]),
      ),
      tracer: options.commandTracer,
      journal: options.journal,
    });
  }

  /** Serves a client until its transport ends. */
  accept(transport: Transport, principal: Principal, remoteAddress: string | null = null): void {
    const connectionId = randomUUID();
    const origin = { principalId: principal.id, connectionId, remoteAddress, transport: transport.kind };
    const forget = this.#origins.add(connectionId, remoteAddress);
    this.#options.audit.record({ event: 'connected', ...origin });
    const facts = { connectionId, principal: principal.id };
    const owner: Owner = { kind: 'connection', facts, end: () => connection.abort() };
    const connection: Connection = new Connection({
      connectionId,
      transport,
      traffic: this.#options.traffic,
      principal,
      authorizer: this.authorizer,
      host: this.host,
      hub: this.#hub,
      runner: this.#runner,
      commandEvents: this.#commandEvents,
      inputBytesPerSecond: this.#options.inputBytesPerSecond,
      greeting: { ...this.#greeting, memory: this.#memory() },
      containment: this.#options.containment,
      owner,
      recovery: this.#options.journal.recovery,
      onClosed: () => {
        leave();
        this.#options.audit.record({ event: 'disconnected', ...origin });
        forget();
      },
    });
    const leave = this.#connections.add(connection, this.#options.containment.guard(owner));
    connection.start();
  }

  /** Runs one command for somebody without a connection; never rejects. */
  async runSingle(command: SingleCommand): Promise<CommandAnswer> {
    const { traffic } = this.#options;
    traffic.received.message += Buffer.byteLength(command.text);
    const answer = await runSingle(this.#runner, command);
    traffic.sent.message += Buffer.byteLength(answer.text);
    return answer;
  }

  /** Ends what an earlier run left behind; called once, when clients can connect. Takes less than ten seconds, never rejects. */
  reconcileOrphans(): Promise<void> {
    return this.#orphans.run();
  }

  snapshot(): ServerSnapshot {
    const { inFlight, admission, outcomes } = this.#runner.snapshot();
    return {
      sessions: this.host.counts(),
      connections: this.#connections.totals(),
      commandsInFlight: inFlight,
      admission,
      outcomes,
      orphans: this.#orphans.counts(),
    };
  }

  /**
   * Ends everything in order: tells the clients, refuses new commands, lets running ones finish, ends the children, closes the connections.
   *
   * The deadline is one for all of it. Commands may run until so much of it is left as children may take to end; those that still run then are
   * aborted. Who waits for the end of a child is answered by the end that this brings. Resolves when no child is left, five seconds after the deadline at
   * the latest.
   */
  async shutdown(reason: string, deadlineMs: number): Promise<void> {
    const endsMs = performance.now() + deadlineMs;
    this.#draining = true;
    this.#tellEveryone({ type: 'server_shutdown', reason, timeoutMs: deadlineMs });
    const commandsMs = Math.max(0, deadlineMs - this.#options.gracePeriodMs);
    const ending = new ProtocolError('SHUTTING_DOWN', 'The server is ending');
    await withinMs(commandsMs + LAST_WORD_MS, this.#runner.drain(commandsMs, ending, needsNoEnd));
    await this.host.close(Math.max(0, endsMs - performance.now()));
    await withinMs(LAST_WORD_MS, this.#runner.drain(LAST_WORD_MS / 2, ending));
    this.#options.ledger?.close();
    this.#connections.endAll(closeCodes.goingAway, 'server is ending');
    this.#hub.close();
  }

  #tellEveryone(event: ServerEvent): void {
    this.#connections.tell(serverEvent({ timestamp: new Date().toISOString() }, event));
  }

  /** To those who may know: whose breaker it is, or who may know of the session it is of. */
  #tellOfBreaker({ breaker, scope, key, from, to }: BreakerChange): void {
    const sessionId = scope === 'session' ? key : undefined;
    const about = sessionId !== undefined && { sessionId };
    const model = scope === 'provider' && key !== undefined && { model: key };
    const event: ServerEvent = { type: 'breaker_changed', breaker, scope, ...about, ...model, from, to };
    const message = serverEvent({ ...about, timestamp: new Date().toISOString() }, event);
    this.#connections.tellNews(message, ({ principal }) => {
      if (scope === 'global' || scope === 'provider') return true;
      return sessionId === undefined ? principal.id === key : this.authorizer.maySee(principal, sessionId);
    });
  }

  #memory(): ServerMemory {
    const { reachMs } = this.#options.outcomes;
    return { runId: this.#runId, ...(reachMs !== undefined && { reachMs }) };
  }

  async #health(): Promise<ResponseDataOf<'health_check'>> {
    const checks: HealthCheck[] = [
      { name: 'sessions', status: 'ok' },
      this.#orphans.health(),
      this.#options.admission.health(),
      ...this.#options.checks.map((check) => check()),
    ];
    const isWell = checks.every(({ status }) => status === 'ok');
    return {
      status: this.#draining ? 'draining' : isWell ? 'ok' : 'degraded',
      serverVersion: this.#options.serverVersion,
      protocolVersion: PROTOCOL_VERSION,
      uptimeMs: performance.now() - this.#startedMs,
      sessions: this.host.size,
      connections: this.#connections.size,
      checks,
    };
  }

  async #metrics(): Promise<ResponseDataOf<'get_metrics'>> {
    return {
      capturedAt: new Date().toISOString(),
      uptimeMs: performance.now() - this.#startedMs,
      metrics: this.#options.metrics(),
      limits: this.#options.limits,
      admission: this.#runner.snapshot().admission,
    };
  }
}

/** Whether a command is over by itself, without the end of a child that only the end of the server may bring. */
function needsNoEnd({ type }: Command): boolean {
  return commandContract(type).timeoutClass !== 'stop';
}
