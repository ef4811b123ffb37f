import type {
  AgentCommand,
  AgentCommandMap,
  AgentCommandType,
  AgentEvent,
  AgentModel,
  AgentPhase,
  AgentTransition,
  DialogAnswer,
  DialogRequest,
  ImageContent,
  QueueMode,
  StopReason,
  StoredSession,
  TokenUsage,
} from '@sessiond/protocol';

/**
 * A kind of agent. An implementation owns the processes its agents run in, starts them again when they die, and bounds everything it keeps.
 *
 * Nothing heavy is loaded before the first {@link AgentBackend.open} or {@link AgentBackend.stored}.
 */
export interface AgentBackend {
  /** For example `pi`. */
  readonly name: string;
  /**
   * Starts an agent, or takes a conversation up again. Aborting the signal takes the attempt back whole.
   * @throws AgentUnavailableError, AgentInputError, AgentFailedError, and the signal's reason.
   */
  open(request: OpenAgent, owner: AgentOwner, signal: AbortSignal): Promise<Agent>;
  /** Conversations that can be taken up again, newest first, at most `limit`. */
  stored(query: StoredQuery, signal: AbortSignal): Promise<readonly StoredSession[]>;
  /** What it uses now: for metrics. Costs no more than a walk over what there is. */
  snapshot(): BackendSnapshot;
  /** Ends all agents and their processes within the time; nothing can be opened afterwards. Idempotent, never rejects. */
  close(deadlineMs: number): Promise<void>;
  /** Kills every process and waits for nothing: for a process that is about to be gone. Never throws. */
  killAll(): void;
}

/** Which agent to start. */
export interface OpenAgent {
  /** What the owner calls it; unique among those that are open. */
  readonly sessionId: string;
  /** Absolute. */
  readonly cwd: string;
  /** The whole environment of the agent's process. */
  readonly env: Readonly<Record<string, string>>;
  /** The whole environment of the commands its tools run; without the keys of providers. */
  readonly toolEnv: Readonly<Record<string, string>>;
  readonly name?: string;
  /** `provider/id`, or an id that only one provider has. */
  readonly model?: string;
  readonly thinkingLevel?: string;
  /** Of an agent that is a program of its own. */
  readonly command?: string;
  readonly args?: readonly string[];
  /** A conversation to go on with. */
  readonly resume?: { readonly sessionPath: string } | { readonly agentSessionId: string };
}

/** Which stored conversations are wanted. */
export interface StoredQuery {
  readonly cwd?: string;
  readonly limit: number;
}

/** A question of an agent; the owner gives it its id. */
export type DialogQuestion = Omit<DialogRequest, 'requestId'>;

/** A line of shell that a tool wants to run. */
export interface ShellRequest {
  readonly command: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** `undefined`: the owner's own limit. */
  readonly timeoutMs: number | undefined;
  /** Takes what it writes, stdout and stderr as they come; valid only during the call. */
  readonly onOutput: (bytes: Uint8Array) => void;
}

/** What an agent tells and asks whoever opened it. None of these throws. */
export interface AgentOwner {
  /**
   * Everything that happens, in order, deltas only. The event is the owner's from then on. Each change of phase is an `agent_phase_changed`; the last event is one
   * `agent_stopped`, whose reason is `closed` when somebody closed the agent, and `failed` when it could not be kept running.
   */
  onEvent(event: AgentEvent): void;
  /** Something of {@link Agent.status} has changed that no event tells. */
  onStatusChanged(): void;
  /** Asks a person. Aborting the signal takes the question back. Never rejects: who gets no answer gets `{ cancelled: true }`. */
  ask(question: DialogQuestion, signal: AbortSignal): Promise<DialogAnswer>;
  /**
   * Runs a line of shell for a tool, where the owner wants to do that itself, so that it can bound and end it with all its processes. Rejects when it could not be
   * run or did not end in time, and with the signal's reason.
   */
  readonly runShell?: (request: ShellRequest, signal: AbortSignal) => Promise<{ readonly exitCode: number | null }>;
}

/** What a person says to an agent. */
export interface UserMessage {
  readonly message: string;
  readonly images?: readonly ImageContent[];
}

/** What came of a prompt. */
export interface PromptOutcome {
  /** Never `error`: a failure rejects. */
  readonly stopReason: StopReason;
  /** The last text of the model, whole. */
  readonly text: string;
  readonly usage?: TokenUsage;
  /** Who answered. */
  readonly model?: AgentModel;
  /** From the prompt to the first piece of an answer, in milliseconds. */
  readonly firstTokenMs?: number;
}

/** Where an agent stands, as a plain value that is not changed afterwards. */
export interface AgentStatus {
  readonly phase: AgentPhase;
  /** The last ten changes of phase, oldest first. */
  readonly transitions: readonly AgentTransition[];
  readonly name?: string;
  readonly model?: AgentModel;
  readonly thinkingLevel?: string;
  readonly sessionFile?: string;
  readonly agentSessionId?: string;
  /** The process it runs in, which it may share. */
  readonly pid?: number;
  /** Times its process had to be started again. */
  readonly restarts: number;
  readonly isStreaming: boolean;
  readonly isCompacting: boolean;
  readonly autoCompactionEnabled?: boolean;
  readonly autoRetryEnabled?: boolean;
  readonly messageCount?: number;
  /** How what waits is taken up; absent where that cannot be chosen. */
  readonly steeringMode?: QueueMode;
  readonly followUpMode?: QueueMode;
  readonly steering: readonly string[];
  readonly followUp: readonly string[];
  readonly lastError?: string;
  readonly lastExit?: { readonly exitCode?: number; readonly signal?: string };
}

/** Commands with a method of their own, or that the owner of the agent carries out. */
type OwnMethod = 'prompt' | 'steer' | 'follow_up' | 'abort' | 'list_pending_ui' | 'extension_ui_response';

/** Commands that {@link Agent.perform} carries out. */
export type PerformedType = Exclude<AgentCommandType, OwnMethod>;

/** The answer to a command, without the id of the session, which the owner knows. */
export type Performed<T extends PerformedType> = Omit<AgentCommandMap[T][1], 'sessionId'>;

/**
 * One agent with one conversation. Every call takes a signal, and aborting it ends the work and not only the waiting: calls reject with the reason of the signal,
 * once what they began is over.
 */
export interface Agent {
  readonly status: AgentStatus;
  /** Whether it knows the command. */
  supports(type: AgentCommandType): boolean;
  /**
   * Has it work, one prompt at a time; resolves when it is done, with everything told to the owner before, and after an {@link Agent.abort} with `aborted`.
   * @throws AgentFailedError with what is known of the provider, or that its process ended; AgentStateError while another prompt runs, while it is started again, and
   * when it is stopped.
   */
  prompt(message: UserMessage, signal: AbortSignal): Promise<PromptOutcome>;
  /** Tells it something before its next step. @throws AgentStateError when nothing runs. */
  steer(message: UserMessage, signal: AbortSignal): Promise<void>;
  /** Tells it what to do afterwards. @throws AgentStateError when nothing runs. */
  followUp(message: UserMessage, signal: AbortSignal): Promise<void>;
  /**
   * Ends what it works on, also by itself outside a prompt: drops what is queued, takes dialogs back, closes the connection to the provider, kills the processes of tools. What does not stop within
   * the time is ended with its process, which is started again. Resolves when it is over. @returns whether there was something to end.
   */
  abort(deadlineMs: number): Promise<boolean>;
  /** Carries out any other command. @throws AgentUnsupportedError, AgentInputError, AgentFailedError, AgentStateError, AgentAbortedError. */
  perform<T extends PerformedType>(command: AgentCommand<T>, signal: AbortSignal): Promise<Performed<T>>;
  /** Names the conversation where the agent keeps it. */
  rename(name: string, signal: AbortSignal): Promise<void>;
  /** Puts a command that a person ran beside it on record, for its next turn; without effect where the agent cannot. */
  recordBash(run: RecordedBash, signal: AbortSignal): Promise<void>;
  /** Ends it within the time, with what it works on. Idempotent, never rejects. */
  close(deadlineMs: number): Promise<void>;
}

/** A command that a person ran beside an agent. */
export interface RecordedBash {
  readonly command: string;
  readonly output: string;
  readonly exitCode: number | null;
  readonly truncated: boolean;
}

/** What a backend uses now, and totals since its start. */
export interface BackendSnapshot {
  readonly agents: number;
  readonly processes: number;
  /** Processes that are started again. */
  readonly restarting: number;
  readonly restarts: number;
  /** Ended by a signal, or with a status, that nobody asked for. */
  readonly crashes: number;
}
