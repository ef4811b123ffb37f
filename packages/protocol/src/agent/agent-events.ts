import type { DialogEnd, DialogRequest } from './agent-dialog.ts';
import type { AgentMessage, MessageRole, StopReason, TokenUsage } from './agent-message.ts';
import type { AgentPhase } from './agent-session-info.ts';

/** More of what a model says or thinks. */
export interface MessageDelta {
  readonly type: 'text_delta' | 'thinking_delta';
  readonly contentIndex: number;
  readonly delta: string;
}

/** A model begins to call a tool. */
export interface ToolCallStart {
  readonly type: 'toolcall_start';
  readonly contentIndex: number;
  readonly toolCallId: string;
  readonly toolName: string;
}

/** More of the arguments of a tool, as JSON text. */
export interface ToolCallDelta {
  readonly type: 'toolcall_delta';
  readonly contentIndex: number;
  readonly delta: string;
}

/** A piece of what a model is saying; the message is the sum of its pieces. */
export type AssistantMessageEvent = MessageDelta | ToolCallStart | ToolCallDelta;

/** What each event of an agent tells: deltas only, so that a reply costs its own length on the wire and not its square. */
export interface AgentEventMap {
  /** The session went from one phase to another. */
  agent_phase_changed: { readonly from: AgentPhase; readonly to: AgentPhase; readonly cause: string };
  /** The agent begins to work. */
  agent_start: Record<never, never>;
  /** The agent has ended its work: what for, and with which error. */
  agent_end: { readonly stopReason: StopReason; readonly errorMessage?: string };
  /** One answer of the model with the tools it calls begins. */
  turn_start: Record<never, never>;
  turn_end: Record<never, never>;
  /** A message begins; that of a person is whole already, that of a model is empty. */
  message_start: { readonly message: AgentMessage };
  /** More of the message of the model. Pieces that come close together are one event. */
  message_update: { readonly assistantMessageEvent: AssistantMessageEvent };
  /** The message is whole: everything about it but its content, which was told. */
  message_end: {
    readonly role: MessageRole;
    readonly entryId?: string;
    readonly stopReason?: StopReason;
    readonly errorMessage?: string;
    readonly usage?: TokenUsage;
  };
  /** A tool begins. */
  tool_execution_start: {
    readonly toolCallId: string;
    readonly toolName: string;
    /** Left out above 16 KiB as JSON; `get_messages` has them. */
    readonly args?: unknown;
  };
  /** A tool has said more. */
  tool_execution_update: {
    readonly toolCallId: string;
    /** What it said since the last such event. */
    readonly delta: string;
    /** Present when this takes the place of all it said before. */
    readonly replaces?: true;
  };
  /** A tool has ended. */
  tool_execution_end: {
    readonly toolCallId: string;
    readonly toolName: string;
    readonly isError: boolean;
    /** The end of its result as text, at most 16 KiB. */
    readonly output: string;
    /** Whether `output` lacks the beginning. */
    readonly truncated: boolean;
  };
  /** What waits for the agent to take it up has changed. */
  queue_update: { readonly steering: readonly string[]; readonly followUp: readonly string[] };
  compaction_start: { readonly reason: 'manual' | 'threshold' | 'overflow' };
  compaction_end: { readonly aborted: boolean; readonly errorMessage?: string; readonly tokensBefore?: number };
  /** The provider failed and is asked again after a while. */
  auto_retry_start: {
    readonly attempt: number;
    readonly maxAttempts: number;
    readonly delayMs: number;
    readonly errorMessage: string;
  };
  auto_retry_end: { readonly success: boolean; readonly attempt: number; readonly errorMessage?: string };
  model_changed: { readonly provider: string; readonly modelId: string };
  thinking_level_changed: { readonly level: string };
  /** What the agent plans, whole each time. */
  plan_update: {
    readonly entries: readonly {
      readonly content: string;
      readonly status: 'pending' | 'in_progress' | 'completed';
    }[];
  };
  /** The commands or tools of the agent have changed; ask again. */
  commands_changed: Record<never, never>;
  /** The agent asks a person; `extension_ui_response` answers. */
  extension_ui_request: DialogRequest;
  /** A dialog is over. */
  extension_ui_resolved: { readonly requestId: string; readonly end: DialogEnd };
  /** The agent tells a person something. */
  extension_notify: { readonly message: string; readonly level: 'info' | 'warning' | 'error' };
  /** A line of state that an extension shows; absent text takes it away. */
  extension_status: { readonly key: string; readonly text?: string };
  /** An extension of the agent failed; the agent goes on. */
  extension_error: { readonly message: string };
  /** The agent's process ended and is started again; a turn that ran was interrupted. */
  agent_restarting: {
    readonly attempt: number;
    readonly delayMs: number;
    readonly exitCode: number | null;
    readonly signal: string | null;
    readonly interrupted: boolean;
  };
  /** The agent runs again; whether it knows what was said before. */
  agent_restarted: { readonly attempt: number; readonly resumed: boolean };
  /** The session is over: the last event of an agent. */
  agent_stopped: { readonly reason: string; readonly errorMessage?: string };
  /** Events the follower was not given: `from` is the first missing one, `to` the first that follows. Outside the log, without `seq`. */
  events_gap: { readonly from: number; readonly to: number };
}

/** The `type` of an event of an agent. */
export type AgentEventType = keyof AgentEventMap;

/** The event of an agent of a type; without a type the union of all. */
export type AgentEvent<T extends AgentEventType = AgentEventType> = {
  [K in T]: { readonly type: K } & AgentEventMap[K];
}[T];
