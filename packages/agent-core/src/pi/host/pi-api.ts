/**
 * What is used of the package of pi: of both of its generations, 0.74 and from 0.80.8 on. Its own types are those of one version, and it is not installed where
 * this package is built; what is read from its objects is therefore described here, and checked where it comes from outside.
 */

import type { QueueMode } from '@sessiond/protocol';

/** What pi can be asked for as a model. */
export interface PiModel {
  readonly provider: string;
  readonly id: string;
  readonly name?: string;
  readonly baseUrl?: string;
  readonly reasoning?: boolean;
  readonly input?: readonly string[];
  readonly contextWindow?: number;
  readonly maxTokens?: number;
}

/** One part of a message. */
export type PiContent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'thinking'; readonly thinking: string }
  | { readonly type: 'image'; readonly data: string; readonly mimeType: string }
  | { readonly type: 'toolCall'; readonly id: string; readonly name: string; readonly arguments: unknown };

/** Tokens of an answer. */
export interface PiUsage {
  readonly input?: number;
  readonly output?: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
  readonly totalTokens?: number;
}

/** A message of any role; which fields are there depends on it. */
export interface PiMessage {
  readonly role: string;
  readonly content?: string | readonly PiContent[];
  readonly timestamp?: number | string;
  readonly provider?: string;
  readonly model?: string;
  readonly stopReason?: string;
  readonly errorMessage?: string;
  readonly usage?: PiUsage;
  readonly toolCallId?: string;
  readonly toolName?: string;
  readonly isError?: boolean;
  /** Of `bashExecution`. */
  readonly command?: string;
  readonly output?: string;
  readonly exitCode?: number;
  /** Of summaries. */
  readonly summary?: string;
}

/** A piece of an answer while it comes. */
export interface PiAssistantEvent {
  readonly type: string;
  readonly contentIndex?: number;
  readonly delta?: string;
  readonly partial?: PiMessage;
}

/** Anything a session tells: only what is read is described, the rest is `unknown`. */
export interface PiEvent {
  readonly type: string;
  readonly message?: PiMessage;
  readonly assistantMessageEvent?: PiAssistantEvent;
  readonly toolCallId?: string;
  readonly toolName?: string;
  readonly args?: unknown;
  readonly partialResult?: { readonly content?: readonly PiContent[] };
  readonly result?: unknown;
  readonly isError?: boolean;
  readonly steering?: readonly string[];
  readonly followUp?: readonly string[];
  readonly reason?: string;
  readonly aborted?: boolean;
  readonly willRetry?: boolean;
  readonly errorMessage?: string;
  readonly attempt?: number;
  readonly maxAttempts?: number;
  readonly delayMs?: number;
  readonly success?: boolean;
  readonly finalError?: string;
  readonly level?: string;
}

/** A line of a conversation's file. */
export interface PiEntry {
  readonly type: string;
  readonly id: string;
  readonly parentId: string | null;
  readonly timestamp?: string;
  readonly message?: PiMessage;
  readonly summary?: string;
  readonly name?: string;
  readonly provider?: string;
  readonly modelId?: string;
  readonly thinkingLevel?: string;
}

/** Keeps a conversation. */
export interface PiSessionManager {
  getSessionFile(): string | undefined;
  getSessionDir(): string;
  getSessionId(): string;
  getHeader(): unknown;
  getEntries(): readonly PiEntry[];
  getBranch(): readonly PiEntry[];
  getLeafId(): string | null;
  getLeafEntry(): PiEntry | undefined;
  setSessionFile(path: string): void;
  isPersisted(): boolean;
}

/** The tool that runs lines of shell asks this to run them. */
export interface PiBashOperations {
  readonly exec: (
    command: string,
    cwd: string,
    options: {
      readonly onData: (data: Buffer) => void;
      readonly signal?: AbortSignal;
      /** Seconds. */
      readonly timeout?: number;
      readonly env?: Readonly<Record<string, string | undefined>>;
    },
  ) => Promise<{ readonly exitCode: number | null }>;
}

/** What became of a line of shell that a person ran. */
export interface PiBashResult {
  readonly output: string;
  readonly exitCode: number | undefined;
  readonly cancelled: boolean;
  readonly truncated: boolean;
}

/** How a dialog may end by itself. */
export interface PiDialogOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds. */
  readonly timeout?: number;
}

/** One conversation that works. */
export interface PiSession {
  readonly agent: { continue(): Promise<void>; hasQueuedMessages?(): boolean; waitForIdle(): Promise<void> };
  readonly sessionManager: PiSessionManager;
  readonly messages: readonly PiMessage[];
  readonly model: PiModel | undefined;
  readonly thinkingLevel: string;
  readonly isStreaming: boolean;
  readonly isCompacting: boolean;
  readonly isRetrying: boolean;
  readonly autoCompactionEnabled: boolean;
  readonly autoRetryEnabled: boolean;
  readonly steeringMode: QueueMode;
  readonly followUpMode: QueueMode;
  readonly sessionFile: string | undefined;
  readonly sessionId: string;
  readonly sessionName: string | undefined;
  readonly pendingMessageCount: number;
  /** Until 0.74. */
  readonly modelRegistry?: { getAvailable(): readonly PiModel[] | Promise<readonly PiModel[]> };
  /** From 0.80 on. */
  readonly modelRuntime?: { getAvailable(): Promise<readonly PiModel[]> };
  readonly promptTemplates: readonly { readonly name: string; readonly description?: string }[];
  readonly extensionRunner: {
    getRegisteredCommands(): readonly {
      readonly invocationName?: string;
      readonly name: string;
      readonly description?: string;
    }[];
  };
  readonly resourceLoader: {
    getSkills(): { readonly skills: readonly { readonly name: string; readonly description?: string }[] };
  };
  subscribe(listener: (event: PiEvent) => void): () => void;
  prompt(
    text: string,
    options: {
      readonly images?: readonly PiContent[];
      readonly source: string;
      readonly expandPromptTemplates: boolean;
      readonly preflightResult: (accepted: boolean) => void;
    },
  ): Promise<void>;
  steer(text: string, images?: readonly PiContent[]): Promise<void>;
  followUp(text: string, images?: readonly PiContent[]): Promise<void>;
  clearQueue(): unknown;
  getSteeringMessages(): readonly string[];
  getFollowUpMessages(): readonly string[];
  abort(): Promise<void>;
  abortBash(): void;
  abortRetry(): void;
  abortCompaction(): void;
  abortBranchSummary(): void;
  compact(instructions?: string): Promise<{ readonly summary: string; readonly tokensBefore?: number }>;
  setModel(model: PiModel): Promise<void>;
  cycleModel(): Promise<{ readonly model: PiModel } | undefined>;
  setThinkingLevel(level: string): void;
  cycleThinkingLevel(): string | undefined;
  getAvailableThinkingLevels(): readonly string[];
  supportsThinking(): boolean;
  setAutoCompactionEnabled(enabled: boolean): void;
  setAutoRetryEnabled(enabled: boolean): void;
  setSteeringMode(mode: QueueMode): void;
  setFollowUpMode(mode: QueueMode): void;
  setSessionName(name: string): void;
  recordBashResult(command: string, result: PiBashResult): void;
  getUserMessagesForForking(): readonly { readonly entryId: string; readonly text: string }[];
  getSessionStats(): {
    readonly userMessages: number;
    readonly assistantMessages: number;
    readonly toolCalls: number;
    readonly toolResults: number;
    readonly totalMessages: number;
    readonly tokens: {
      readonly input: number;
      readonly output: number;
      readonly cacheRead: number;
      readonly cacheWrite: number;
      readonly total: number;
    };
    readonly cost: number;
  };
  getContextUsage():
    | { readonly tokens: number | null; readonly contextWindow: number; readonly percent: number | null }
    | undefined;
  getLastAssistantText(): string | undefined;
  getAllTools(): readonly { readonly name: string; readonly description?: string }[];
  getActiveToolNames(): readonly string[];
  navigateTree(
    entryId: string,
    options: { readonly summarize?: boolean; readonly customInstructions?: string },
  ): Promise<{ readonly cancelled: boolean; readonly aborted?: boolean; readonly editorText?: string }>;
  exportToHtml(path: string): Promise<string>;
  reload(): Promise<void>;
  bindExtensions(bindings: Readonly<Record<string, unknown>>): Promise<void>;
}

/** Settings of one session. */
export interface PiSettingsManager {
  getShellCommandPrefix(): string | undefined;
  getShellPath(): string | undefined;
}

/** Where settings are kept. */
export interface PiSettingsStorage {
  withLock(scope: string, change: (current: string | undefined) => string | undefined): void;
}

/** What belongs to a working directory. */
export interface PiServices {
  readonly settingsManager: PiSettingsManager;
  readonly modelRegistry?: PiSession['modelRegistry'];
  readonly modelRuntime?: PiSession['modelRuntime'];
}

/** How a session is made for a conversation; pi asks for it again when the conversation is exchanged. */
export type PiCreateRuntime = (request: {
  /** Where the conversation was begun. */
  readonly cwd: string;
  readonly agentDir: string;
  readonly sessionManager: PiSessionManager;
  readonly sessionStartEvent?: unknown;
}) => Promise<{
  readonly session: PiSession;
  readonly services: PiServices;
  readonly diagnostics: readonly unknown[];
  readonly modelFallbackMessage?: string;
}>;

/** A session whose conversation can be exchanged. */
export interface PiRuntime {
  readonly session: PiSession;
  /** Where its tools work. */
  readonly cwd: string;
  setRebindSession(rebind: () => Promise<void>): void;
  newSession(options?: unknown): Promise<{ readonly cancelled: boolean }>;
  fork(entryId: string, options?: unknown): Promise<{ readonly cancelled: boolean; readonly selectedText?: string }>;
  switchSession(path: string, options?: unknown): Promise<{ readonly cancelled: boolean }>;
  dispose(): Promise<void>;
}

/** The package of pi. */
export interface Pi {
  /** From 0.80 on; what tells the generations apart. */
  readonly ModelRuntime?: unknown;
  readonly SessionManager: {
    create(cwd: string): PiSessionManager;
    open(path: string, sessionDir?: string, cwd?: string): PiSessionManager;
  };
  readonly SettingsManager: {
    fromStorage(storage: PiSettingsStorage, options?: { readonly projectTrusted: boolean }): PiSettingsManager;
  };
  createAgentSessionServices(options: Readonly<Record<string, unknown>>): Promise<PiServices>;
  createAgentSessionFromServices(options: Readonly<Record<string, unknown>>): Promise<{
    readonly session: PiSession;
    readonly modelFallbackMessage?: string;
  }>;
  createAgentSessionRuntime(
    create: PiCreateRuntime,
    options: {
      readonly cwd: string;
      readonly agentDir: string;
      readonly sessionManager: PiSessionManager;
    },
  ): Promise<PiRuntime>;
  createBashToolDefinition(cwd: string, options: Readonly<Record<string, unknown>>): unknown;
  initTheme?(name?: string, watch?: boolean): void;
}

/** Which of the two generations a package is of. */
export type PiGeneration = '0.74' | '0.80';

/** The generation of a package. */
export function generationOf(pi: Pi): PiGeneration {
  return typeof pi.ModelRuntime === 'function' ? '0.80' : '0.74';
}
