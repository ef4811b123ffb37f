import { join } from 'node:path';
import { isPtyError, PipedProcesses, PtyLedger, PtyManager } from '@sessiond/pty-core';
import { Admission } from './admission/admission.ts';
import { noAuditLog } from './audit/audit-log.ts';
import { createAgentHosting } from './compose-agents.ts';
import { configuredLimits } from './config/configured-limits.ts';
import { CommandLanes } from './execution/command-lanes.ts';
import { fanOutCommands } from './execution/command-observer.ts';
import { OutcomeStore } from './execution/outcome-store.ts';
import { SessionLocks } from './execution/session-locks.ts';
import { NoJournal } from './journal/no-journal.ts';
import type { Logger } from './logger.ts';
import { logOverflows } from './overflow-log.ts';
import type { RuntimeOptions } from './runtime.ts';
import { SessionServer } from './session-server.ts';
import { Shells } from './sessions/bash/shells.ts';
import { unrecordedSessions } from './sessions/session-record.ts';
import { CommandLog } from './telemetry/command-log.ts';
import { CommandTracing } from './telemetry/command-tracing.ts';

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
  const processes = new PipedProcesses({ folder: join(config.stateDir, 'pipes'), ledger });
  const shells = new Shells({
    processes,
    maxCommands: config.maxBashCommands,
    outputBytes: config.bashOutputBytes,
    observer: telemetry.bash,
  });
  const admission = new Admission({ limits: config, logger, observer: telemetry.admission, now });
  const server = new SessionServer({
    ptys,
    ledger,
    shells,
    agents: createAgentHosting({
      config,
      version,
      env,
      processes,
      ptys,
      shells,
      admission,
      observer: telemetry.agents,
      logger,
      now,
    }),
    timeoutsMs: { shell: config.bashTimeoutMs, turn: config.agentPromptMs },
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
    admission,
    lanes: new CommandLanes({
      maxWaiting: config.laneQueueCommands,
      maxWaitMs: config.laneQueueMs,
      observer: telemetry.admission,
      now,
    }),
    locks: new SessionLocks({ maxWaiting: config.laneQueueCommands, maxWaitMs: config.laneQueueMs, now }),
    outcomes: options.outcomes ?? new OutcomeStore({ limits: config, now }),
    inputBytesPerSecond: config.inputBytesPerSecond,
  });
  telemetry.watchServer(() => server.snapshot());
  return server;
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
