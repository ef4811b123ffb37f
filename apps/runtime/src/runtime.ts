import type { Clock } from '@sessiond/resilience';
import type { AuditLog } from './audit/audit-log.ts';
import type { Principal } from './auth/auth-provider.ts';
import type { Authorizer } from './auth/authorizer.ts';
import type { Config } from './config/config.ts';
import type { Containment } from './containment.ts';
import type { CommandAnswer } from './execution/command-answer.ts';
import type { OutcomeStore } from './execution/outcome-store.ts';
import type { SingleCommand } from './execution/run-single.ts';
import type { OpenedJournal } from './journal/open-journal.ts';
import type { Logger } from './logger.ts';
import type { SessionHost } from './sessions/session-host.ts';
import type { Instruments } from './telemetry/instruments.ts';
import type { TerminalHost } from './transports/raw-terminal.ts';
import type { Transport } from './transports/transport.ts';

/** What lies behind the connections: sessions, commands, and what happens to them at the end. */
export interface Runtime {
  /** The sessions, as raw terminals and the last moment of the process need them. */
  readonly host: TerminalHost & Pick<SessionHost, 'killAll'>;
  /** Decides who may open a raw terminal. */
  readonly authorizer: Authorizer;
  /** Serves one client until its transport is gone. */
  accept(transport: Transport, principal: Principal, remoteAddress?: string | null): void;
  /** Runs one command for somebody without a connection; never rejects. */
  runSingle(command: SingleCommand): Promise<CommandAnswer>;
  /** Ends what an earlier run left behind; called once, when clients can connect. Takes less than ten seconds, never rejects. */
  reconcileOrphans(): Promise<void>;
  /** Tells every client, ends the children by the deadline, closes the connections. Resolves when no child is left. */
  shutdown(reason: string, deadlineMs: number): Promise<void>;
}

/** What a runtime is built from. */
export interface RuntimeOptions {
  readonly config: Config;
  readonly logger: Logger;
  /** What measures it. */
  readonly instruments: Instruments;
  /** Where a failure that has an owner ends. */
  readonly containment: Containment;
  /** Where it is written down who did what; default nowhere. */
  readonly audit?: AuditLog | undefined;
  /** Where commands are recorded; nothing is without. */
  readonly journal?: OpenedJournal | undefined;
  /** What is remembered of commands of earlier runs; default nothing. */
  readonly outcomes?: OutcomeStore | undefined;
  /** Version of the daemon. */
  readonly version: string;
  /** The transports clients can choose from. */
  readonly transports: readonly Transport['kind'][];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Monotonic milliseconds, by which budgets and breakers count; default `performance.now`. */
  readonly now?: Clock | undefined;
}

/** Builds a runtime. */
export type CreateRuntime = (options: RuntimeOptions) => Runtime;
