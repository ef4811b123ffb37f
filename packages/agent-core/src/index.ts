export {
  AgentLife,
  type AgentLifeEvent,
  type AgentLifeOptions,
  type AgentLifeTold,
  type AgentProcessLoss,
  nextPhase,
} from './agent-life.ts';
export type {
  AgentProcess,
  AgentProcessExit,
  AgentProcesses,
  AgentProcessRequest,
  AgentTerminal,
  AgentTerminalExit,
  AgentTerminals,
} from './agent-process.ts';
export { AgentWork, type AgentWorkOptions } from './agent-work.ts';
export type {
  Agent,
  AgentBackend,
  AgentOwner,
  AgentStatus,
  BackendSnapshot,
  DialogQuestion,
  OpenAgent,
  Performed,
  PerformedType,
  PromptOutcome,
  RecordedBash,
  ShellRequest,
  StoredQuery,
  UserMessage,
} from './backend.ts';
export { ChildAgentProcesses } from './child-agent-processes.ts';
export { type Clock, systemClock } from './clock.ts';
export { DeltaCoalescer, type DeltaCoalescerOptions } from './delta-coalescer.ts';
export type { DialogAnswerProblem } from './dialog-answer.ts';
export { type AnswerResult, type DialogEvent, Dialogs, type DialogsOptions, type DialogsSnapshot } from './dialogs.ts';
export { endOfText } from './end-of-text.ts';
export {
  AgentAbortedError,
  type AgentError,
  AgentFailedError,
  AgentInputError,
  AgentStateError,
  AgentUnavailableError,
  AgentUnsupportedError,
  isAgentError,
  type ProviderFailure,
} from './errors.ts';
export { EventLog, type EventLogEntry, type EventLogOptions, type EventLogSnapshot } from './event-log.ts';
export { type MessagePage, messagePage } from './message-page.ts';
export {
  type Restarting,
  type SupervisedProcess,
  Supervisor,
  type SupervisorOptions,
  type SupervisorSnapshot,
} from './supervisor.ts';
