import type {
  AgentCommandType,
  Command,
  KnownEvent,
  ResponseDataOf,
  SessionInfo,
  SessionKind,
  SessionState,
} from '@sessiond/protocol';
import type { OutputChunk } from '@sessiond/pty-core';
import type { AgentCounts } from './agent/agent-counts.ts';
import type { ShellCounts } from './bash/shells.ts';
import type { Cause } from './cause.ts';
import type { TerminalCounts } from './terminal-counts.ts';

/** Something that happened to a session. Those of its PTY and the beginning and end of `bash` commands are numbered without holes; the rest has the number 0. */
export interface SessionEvent {
  readonly sessionId: string;
  /** The id of the principal that owns the session; only with its coming and going, which is news also when it is gone. */
  readonly owner?: string | undefined;
  readonly seq: number;
  /** RFC 3339. */
  readonly timestamp: string;
  /** Names the command that caused it; absent for what happens by itself. */
  readonly correlationId?: string | undefined;
  /** The connection that learns of it in another way. */
  readonly exceptConnectionId?: string | undefined;
  readonly event: KnownEvent;
}

/** One client's hold on the output and input of a terminal. Owned by the connection that attached. */
export interface OutputAttachment {
  readonly kind: 'output';
  /** Where the client stands and what it sees; the answer to `attach`, without the channel. */
  readonly info: Omit<ResponseDataOf<'attach'>, 'channel'>;
  /** Offsets below were written before the attach. */
  readonly replayEnd: number;
  /** Offset of the next byte the client will be given. */
  readonly offset: number;
  /** Everything before was received. */
  readonly acknowledged: number;
  /** How far the client is behind, in bytes. */
  readonly pending: number;
  /** Input that the terminal has not taken yet. */
  readonly pendingInputBytes: number;
  /** The next bytes (a view, valid until the session produces more), an exact gap, the end, or nothing for now. */
  next(maxBytes: number): OutputChunk | undefined;
  /** @returns `false` for an offset that was never given out. */
  acknowledge(offset: number): boolean;
  /** Sends input, all or nothing. @throws ProtocolError for an observer, a finished session, a full queue. */
  write(data: Uint8Array): void;
  /** Lets go. Idempotent. */
  close(): void;
}

/**
 * What an agent session has next for one client: an event as it goes over the wire, a piece of a text, which needs the channel as its first field, an exact
 * range that is gone, or the end.
 */
export type EventChunk =
  | { readonly kind: 'event' | 'piece'; readonly seq: number; readonly text: string }
  | { readonly kind: 'gap'; readonly from: number; readonly to: number }
  | { readonly kind: 'end' };

/** One client's place in the events of an agent. Owned by the connection that attached. */
export interface EventAttachment {
  readonly kind: 'events';
  /** Where the client stands; the answer to `attach`, without the channel. */
  readonly info: Omit<ResponseDataOf<'attach'>, 'channel'>;
  /** Number of the next event the client will be given. */
  readonly offset: number;
  /** The next event, an exact gap, the end, or nothing for now. */
  next(): EventChunk | undefined;
  /** Lets go. Idempotent. */
  close(): void;
}

/** One client's hold on a session: on the bytes of a terminal, or on the events of an agent. */
export type SessionAttachment = OutputAttachment | EventAttachment;

/** What an attachment tells its owner. */
export interface AttachmentHandlers {
  /** There is something to take with `next`. */
  onReadable(): void;
  /** Input that had to wait was taken. */
  onInputDrained(): void;
}

/** Who is told of a `bash` command beside those that follow the session. */
export interface BashListener {
  /** The connection it came over, which is not told twice; absent for one that came without. */
  readonly connectionId?: string | undefined;
  /** Takes an event; nothing more is read from the shell while what it returns is pending. Must not throw or reject. */
  tell(event: SessionEvent): void | Promise<void>;
}

/** What is asked about a session for every command; known here and now, at no cost. */
export interface SessionFacts {
  /** The id of the principal that created it. */
  readonly owner: string;
  /** Names this life of the session: one that is deleted and created again has another. */
  readonly instance: string;
  /** Counts successful changes. */
  readonly version: number;
}

/** How many sessions of each kind can be addressed. */
export type SessionSizes = Readonly<Record<SessionKind, number>>;

/** Totals since the start, and sizes at the moment, of what lies behind the sessions. */
export interface HostCounts extends TerminalCounts {
  /** Terminals that can be addressed. */
  readonly sessions: number;
  readonly agents: AgentCounts;
  /** Lines of shell that run, and those that were answered and have left processes behind. */
  readonly shells: ShellCounts;
}

/**
 * Where sessions live. Connections and commands know sessions only through this, so that another implementation, for
 * example one that talks to a host process, can take the place of the local one: calls are asynchronous, arguments and
 * results are plain data, and errors are `ProtocolError`s with codes. Only an attachment is a live object.
 */
export interface SessionHost {
  /** Sessions that can be addressed; known here and now at no cost, because health is asked for without a limit. */
  readonly size: SessionSizes;
  /** `undefined` when there is no such session. */
  facts(sessionId: string): SessionFacts | undefined;
  /** Aborting the signal takes the attempt back. */
  create(request: Command<'create_session'>, cause: Cause, signal: AbortSignal): Promise<SessionInfo>;
  /** Oldest first. */
  list(): Promise<SessionInfo[]>;
  get(sessionId: string): Promise<SessionInfo>;
  /** The session with its history. */
  state(sessionId: string): Promise<SessionState>;
  /**
   * The session and the number of its last event, so that a follower knows where the next one belongs; with `after`, also
   * the events behind that number that are remembered.
   */
  follow(
    sessionId: string,
    after?: number,
  ): Promise<{ readonly seq: number; readonly session: SessionInfo; readonly events?: readonly SessionEvent[] }>;
  rename(sessionId: string, name: string, signal: AbortSignal): Promise<SessionInfo>;
  /** Ends the child if it runs, then removes the session and its output. */
  delete(request: Command<'delete_session'>, cause: Cause): Promise<void>;
  attach(request: Command<'attach'>, handlers: AttachmentHandlers): Promise<SessionAttachment>;
  /** Types into a terminal, whole or not at all. */
  write(sessionId: string, data: Uint8Array): Promise<void>;
  /** @returns whether the size was another one before. */
  resize(request: Command<'resize'>, cause: Cause): Promise<boolean>;
  /** @returns the leader of the process group that got it. */
  signal(request: Command<'signal'>, cause: Cause): Promise<number>;
  /** Ends the child and its whole process session. */
  terminate(request: Command<'terminate'>, cause: Cause): Promise<ResponseDataOf<'terminate'>>;
  readOutput(request: Command<'read_output'>): Promise<ResponseDataOf<'read_output'>>;
  /** Aborting the signal ends the watching at once. */
  waitFor(request: Command<'wait_for'>, signal: AbortSignal): Promise<ResponseDataOf<'wait_for'>>;
  /**
   * Runs a line of shell in the working directory and environment of the session, without touching its terminal. Aborting the signal ends it with
   * everything it started in its process session; it rejects with the reason then, once that is gone, with what is known in the details.
   */
  bash(
    request: Command<'bash'>,
    listener: BashListener,
    cause: Cause,
    signal: AbortSignal,
  ): Promise<ResponseDataOf<'bash'>>;
  /** Ends the line of shell that runs in the session; answers when it is gone. @returns whether there was one. */
  abortBash(sessionId: string): Promise<boolean>;
  /** Carries out a command of an agent; aborting the signal ends the work, down to the processes of its tools. */
  agent<T extends AgentCommandType>(command: Command<T>, cause: Cause, signal: AbortSignal): Promise<ResponseDataOf<T>>;
  /** Who answers the next prompt of an agent; `undefined` where that is not known. Known here and now. */
  provider(sessionId: string): { readonly provider: string; readonly model: string } | undefined;
  /** Takes a conversation up again that an agent has kept. */
  load(request: Command<'load_session'>, cause: Cause, signal: AbortSignal): Promise<SessionInfo>;
  /** Conversations that agents have kept, newest first. */
  stored(
    request: Command<'list_stored_sessions'>,
    signal: AbortSignal,
  ): Promise<ResponseDataOf<'list_stored_sessions'>>;
  bufferStats(sessionId: string): Promise<ResponseDataOf<'get_buffer_stats'>>;
  /** What is known here and now, without asking anybody: metrics are read in between everything else. */
  counts(): HostCounts;
  /** Calls `listener` for every event of every session. @returns how to stop. */
  onEvent(listener: (event: SessionEvent) => void): () => void;
  /** Ends every session within the time; resolves when no process of theirs is left. */
  close(deadlineMs: number): Promise<void>;
  /** Kills every child with all it started, waiting for nothing: for a process that is about to be gone. Never throws. */
  killAll(): void;
}
