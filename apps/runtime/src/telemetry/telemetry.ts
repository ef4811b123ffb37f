import type { AlertSnapshot, Counter, MetricSink, SinkTroubles, WebhookAlertSnapshot } from '@sessiond/metrics-sinks';
import type { AdmissionSnapshot } from '../admission/admission-snapshot.ts';
import type { DoorRefusal } from '../auth/door.ts';
import { Traffic } from '../connections/traffic.ts';
import { OWNER_KINDS, type OwnerKind } from '../containment.ts';
import type { JournalSnapshot } from '../journal/journal-snapshot.ts';
import type { AgentCounts } from '../sessions/agent/agent-counts.ts';
import type { ShellCounts } from '../sessions/bash/shells.ts';
import type { ConnectionRefusal } from '../transports/connection-refusal.ts';
import { AdmissionMetrics, admissionRecorder } from './admission-metrics.ts';
import { AgentMetrics, agentRecorder } from './agent-metrics.ts';
import { alertRecorder, deliveryRecorder } from './alert-metrics.ts';
import { BashMetrics, bashRecorder } from './bash-metrics.ts';
import * as catalogue from './catalogue.ts';
import { CommandMetrics, inFlightRecorder } from './command-metrics.ts';
import {
  type ConnectionReading,
  connectionRecorder,
  rawTerminalRecorder,
  trafficRecorder,
} from './connection-metrics.ts';
import { EventLoopWatch } from './event-loop.ts';
import { JournalMetrics, journalRecorder } from './journal-metrics.ts';
import { type OutcomeReading, outcomeRecorder } from './outcome-metrics.ts';
import { collectProcess } from './process-metrics.ts';
import {
  type OrphanReading,
  orphanRecorder,
  type SessionReading,
  sessionDurations,
  sessionRecorder,
  type TerminalEvent,
} from './session-metrics.ts';

/** Why somebody was not let in. */
export type AuthFailure = DoorRefusal | 'scope' | 'origin';

/** What is to be measured and where to. */
export interface TelemetryOptions {
  readonly sink: MetricSink;
  /** Every configured limit by name; `null` is off. */
  readonly limits: Readonly<Record<string, number | null>>;
  /** Default: one of this process, which is closed with the telemetry. */
  readonly eventLoop?: Pick<EventLoopWatch, 'read' | 'close'>;
}

/** What there is behind the listeners at one moment. */
export interface ServerReading {
  readonly sessions: SessionReading & { readonly shells: ShellCounts; readonly agents: AgentCounts };
  readonly connections: ConnectionReading;
  readonly commandsInFlight: number;
  readonly admission: AdmissionSnapshot;
  readonly outcomes: OutcomeReading;
  /** `null` until the look for them is over. */
  readonly orphans: OrphanReading | null;
}

/**
 * The numbers of a daemon: takes what the rest of it tells, in plain values, and records it under the names of the catalogue.
 *
 * What happens often is a field update: commands and decisions go through series that are kept, frames through {@link Traffic}. What others
 * keep anyway is read when the sink collects, so that it costs nothing while nobody looks.
 */
export class Telemetry {
  /** For who carries frames and messages. */
  readonly traffic: Traffic = new Traffic();
  /** For who runs commands. */
  readonly commands: CommandMetrics;
  /** For who runs agents. */
  readonly agents: AgentMetrics;
  /** For who runs lines of shell. */
  readonly bash: BashMetrics;
  /** For who records commands. */
  readonly journal: JournalMetrics;
  /** For who stands before commands. */
  readonly admission: AdmissionMetrics;
  readonly #sink: MetricSink;
  readonly #terminalEvent: (event: TerminalEvent) => void;
  readonly #authFailures: Readonly<Record<AuthFailure, Counter>>;
  readonly #connectionRefusals: Readonly<Record<ConnectionRefusal, Counter>>;
  readonly #connectionsLost: Counter;
  readonly #eventLoop: Pick<EventLoopWatch, 'read' | 'close'>;
  readonly #stops: (() => void)[] = [];

  constructor({ sink, limits, eventLoop = new EventLoopWatch() }: TelemetryOptions) {
    this.#sink = sink;
    this.#eventLoop = eventLoop;
    this.commands = new CommandMetrics(sink);
    this.agents = new AgentMetrics(sink);
    this.bash = new BashMetrics(sink);
    this.journal = new JournalMetrics(sink);
    this.admission = new AdmissionMetrics(sink);
    this.#terminalEvent = sessionDurations(sink);
    const failures = sink.counter(catalogue.authFailures);
    this.#authFailures = {
      credentials: failures.handle({ reason: 'credentials' }),
      forbidden: failures.handle({ reason: 'forbidden' }),
      timeout: failures.handle({ reason: 'timeout' }),
      provider: failures.handle({ reason: 'provider' }),
      scope: failures.handle({ reason: 'scope' }),
      origin: failures.handle({ reason: 'origin' }),
      limited: failures.handle({ reason: 'limited' }),
    };
    const refusals = sink.counter(catalogue.connectionRefusals);
    this.#connectionRefusals = {
      limit: refusals.handle({ reason: 'limit' }),
      share: refusals.handle({ reason: 'share' }),
      draining: refusals.handle({ reason: 'draining' }),
    };
    this.#connectionsLost = sink.counter(catalogue.connectionLost).handle({});
    const limit = sink.gauge(catalogue.limit);
    for (const [name, value] of Object.entries(limits)) if (value !== null) limit.handle({ name }).set(value);
    const recordTraffic = trafficRecorder(sink);
    this.#stops.push(
      collectProcess(sink, () => eventLoop.read()),
      sink.onCollect(() => recordTraffic(this.traffic)),
    );
  }

  /** Takes the events of all terminals, in order. */
  terminalEvent(event: TerminalEvent): void {
    this.#terminalEvent(event);
  }

  /** Somebody was not let in. */
  authFailed(reason: AuthFailure): void {
    this.#authFailures[reason].add();
  }

  /** Somebody who may connect was sent away. */
  connectionRefused(reason: ConnectionRefusal): void {
    this.#connectionRefusals[reason].add();
  }

  /** A client gave no sign of life. */
  connectionLost(): void {
    this.#connectionsLost.add();
  }

  /** Reads sessions, connections and commands from now on. `read` is asked whenever numbers are read, and must be quick. */
  watchServer(read: () => ServerReading): void {
    const recordSessions = sessionRecorder(this.#sink);
    const recordAgents = agentRecorder(this.#sink);
    const recordBash = bashRecorder(this.#sink);
    const recordConnections = connectionRecorder(this.#sink);
    const recordInFlight = inFlightRecorder(this.#sink);
    const recordAdmission = admissionRecorder(this.#sink);
    const recordOutcomes = outcomeRecorder(this.#sink);
    const recordOrphans = orphanRecorder(this.#sink);
    this.#collect(() => {
      const { sessions, connections, commandsInFlight, admission, outcomes, orphans } = read();
      recordSessions(sessions);
      recordAgents(sessions.agents);
      recordBash(sessions.shells);
      recordConnections(connections);
      recordInFlight(commandsInFlight);
      recordAdmission(admission);
      recordOutcomes(outcomes);
      if (orphans !== null) recordOrphans(orphans);
    });
  }

  /** Reads the number of raw terminals from now on. */
  watchRawTerminals(count: () => number): void {
    const record = rawTerminalRecorder(this.#sink);
    this.#collect(() => record(count()));
  }

  /** Reads how the journal is from now on. */
  watchJournal(read: () => JournalSnapshot): void {
    const record = journalRecorder(this.#sink);
    this.#collect(() => record(read()));
  }

  /** Reads how many lines the log has dropped from now on. */
  watchLog(droppedLines: () => number): void {
    const dropped = this.#sink.counter(catalogue.logDropped).handle({});
    this.#collect(() => dropped.raiseTo(droppedLines()));
  }

  /** Reads how many failures were confined to their owner from now on. */
  watchContainment(failures: () => Readonly<Record<OwnerKind, number>>): void {
    const contained = this.#sink.counter(catalogue.containedFailures);
    const series = OWNER_KINDS.map((kind) => [kind, contained.handle({ kind })] as const);
    this.#collect(() => {
      const counts = failures();
      for (const [kind, counter] of series) counter.raiseTo(counts[kind]);
    });
  }

  /** Reads what went wrong with the metrics themselves from now on. */
  watchTroubles(read: () => SinkTroubles): void {
    const troubles = this.#sink.counter(catalogue.metricTroubles);
    const invalid = troubles.handle({ kind: 'invalid' });
    const overflowed = troubles.handle({ kind: 'overflowed' });
    const unread = troubles.handle({ kind: 'unread' });
    this.#collect(() => {
      const found = read();
      invalid.raiseTo(found.invalid);
      overflowed.raiseTo(found.overflowed);
      unread.raiseTo(found.collectorFailures);
    });
  }

  /** Reads which alerts there are, and what became of those that were to be posted, from now on. */
  watchAlerts(alerts: () => readonly AlertSnapshot[], webhook: (() => WebhookAlertSnapshot) | null): void {
    const record = alertRecorder(this.#sink);
    const recordDeliveries = deliveryRecorder(this.#sink);
    this.#collect(() => {
      record(alerts());
      if (webhook !== null) recordDeliveries(webhook());
    });
  }

  /** Reads nothing any more, and stops every clock. Idempotent. */
  close(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#eventLoop.close();
  }

  #collect(collector: () => void): void {
    this.#stops.push(this.#sink.onCollect(collector));
  }
}
