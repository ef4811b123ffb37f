export { type Clock, systemClock } from './clock.ts';
export { childEnvironment, DEFAULT_TERM } from './environment.ts';
export {
  BindingError,
  CapacityExceededError,
  DuplicatePtyError,
  InputQueueFullError,
  InvalidOptionError,
  InvalidStateError,
  InvalidTransitionError,
  isPtyError,
  LedgerError,
  type PtyError,
  PtyNotFoundError,
  SignalError,
  SpawnError,
  type SpawnFailure,
} from './errors.ts';
export type { Cause, EndReason, PtyEvent, PtyEventBody, PtyExit, PtyLabels, Unsubscribe } from './events.ts';
export type { LeftAlone, LeftAloneReason } from './orphaned-session.ts';
export { type OrphanReport, type ReconcileOptions, reconcileOrphans } from './orphans.ts';
export {
  OutputBuffer,
  type OutputBufferOptions,
  type OutputSnapshot,
  type OverflowPolicy,
} from './output-buffer.ts';
export { type OutputChunk, type OutputEnd, OutputReader } from './output-reader.ts';
export type { OutputStats } from './output-stats.ts';
export type { OutputEndListener, OutputStream, OutputTaker } from './piped-output.ts';
export { PipedProcess, type ProcessExit } from './piped-process.ts';
export { PipedProcesses, type PipedProcessesOptions, type PipedRequest } from './piped-processes.ts';
export { Pty } from './pty.ts';
export {
  type AbandonedRun,
  INSTANCE_VARIABLE,
  PtyLedger,
  type PtyLedgerOptions,
  type PtyLedgerSnapshot,
  type RecordedChild,
} from './pty-ledger.ts';
export { type ManagerSnapshot, PtyManager, type PtyManagerOptions, type SpawnRequest } from './pty-manager.ts';
export type { PtyOptions } from './pty-options.ts';
export { type LabelPatch, PtyRegistry, type Registered, type RegistryOptions } from './pty-registry.ts';
export type { PtySnapshot } from './pty-snapshot.ts';
export { nextState, type PtyState, type PtyStateEvent, PtyStateMachine, type PtyTransition } from './pty-state.ts';
export type { SignalOutcome, SignalRecord } from './signal-audit.ts';
export { type TerminationStep, terminationPlan } from './termination.ts';
