import type { FeedItem } from '@sessiond/client';
import type { AgentEvent, AgentMessage, KnownEvent } from '@sessiond/protocol';
import { countText, durationText } from '../quantity-text.ts';
import type { Style } from '../style.ts';
import { eventNotice } from './event-notice.ts';
import { messageRows } from './message-rows.ts';
import { PlainText, plainText } from './plain-text.ts';
import { TextFlow, wrapped } from './text-flow.ts';
import { type ToolCall, toolLine } from './tool-line.ts';

/** How a conversation is shown. */
export interface TranscriptOptions {
  readonly style: Style;
  /** Whether what a model thinks is shown, dimmed, or folded to how long it thought. */
  readonly showThinking: boolean;
}

/** What stands next to each other without an empty row between. */
type BlockKind = 'person' | 'text' | 'thinking' | 'tool' | 'notice' | 'reply';

/** What a model is saying. */
interface OpenBlock {
  readonly kind: 'text' | 'thinking';
  readonly contentIndex: number;
  readonly flow: TextFlow;
  readonly plain: PlainText;
  readonly beganAt: number;
}

interface RunningTool {
  readonly name: string;
  readonly args: unknown;
  readonly beganAt: number;
  readonly seenAtMs: number;
  output: string;
}

/** Agents run a few tools at a time; of more, the oldest are not shown while they run. */
const MAX_RUNNING = 32;
const MAX_OUTPUT_CHARS = 2_048;
/** Of what a model thinks, so much is seen while it does. */
const THINKING_ROWS = 3;

/**
 * Makes rows of the events of an agent: what cannot change any more is handed out once, what is under way can be asked for.
 *
 * Durations are those between the events, so that a conversation looks the same when it is looked at later. Keeps one line of text and
 * 32 running tools.
 */
export class Transcript {
  readonly #style: Style;
  readonly #running = new Map<string, RunningTool>();
  #showThinking: boolean;
  #block: OpenBlock | undefined;
  #lastKind: BlockKind | undefined;
  #lastFailure: string | undefined;

  constructor({ style, showThinking }: TranscriptOptions) {
    this.#style = style;
    this.#showThinking = showThinking;
  }

  get showThinking(): boolean {
    return this.#showThinking;
  }

  set showThinking(value: boolean) {
    this.#showThinking = value;
  }

  /** The rows that an item completes. `nowMs` is when it came, on the clock that {@link Transcript.live} is asked with. */
  push(item: FeedItem, cols: number, nowMs: number): string[] {
    if (item.kind === 'gap') {
      const count = item.to - item.from;
      const text = `${countText(count, 'earlier event')} ${count === 1 ? 'is' : 'are'} no longer kept`;
      return [...this.breakOff(cols), ...this.note(text, cols, 'notable')];
    }
    return this.#onEvent(item.event, Date.parse(item.timestamp), cols, nowMs);
  }

  /** Messages as they were, of a conversation whose events are not there. */
  history(messages: readonly AgentMessage[], cols: number): string[] {
    return messages.flatMap((message) => {
      const rows = messageRows(message, cols, this.#style);
      return rows.length === 0 ? [] : this.#emit(message.role === 'user' ? 'person' : 'text', rows);
    });
  }

  /** How what is under way ends will not be told: it is under way no more. Returns the rows of what was said so far. */
  breakOff(cols: number): string[] {
    this.#running.clear();
    return this.#closeBlock(cols);
  }

  /** A sentence about the conversation. */
  note(text: string, cols: number, paint: keyof Style = 'faint'): string[] {
    return this.#emit('notice', wrapped(text, cols).map(this.#style[paint]));
  }

  /** What the chat itself answers; apart from everything else. */
  reply(text: string, cols: number, paint: keyof Style = 'faint'): string[] {
    return this.#emit('reply', wrapped(text, cols).map(this.#style[paint]));
  }

  /** Why a turn failed: once, although its last message, its end and the answer to its prompt all tell. */
  failure(text: string, cols: number, paint: keyof Style = 'bad'): string[] {
    if (text === this.#lastFailure) return [];
    this.#lastFailure = text;
    return this.note(plainText(text), cols, paint);
  }

  /** Rows of what is under way: the line that is not over, and the tools that run. */
  live(cols: number, nowMs: number): string[] {
    const { faint } = this.#style;
    const block = this.#block;
    const open = block?.flow.open(cols) ?? [];
    const rows = block?.kind === 'thinking' ? open.slice(-THINKING_ROWS).map(faint) : open;
    const tools = [...this.#running.values()].map((tool) =>
      toolLine(asCall(tool, 'running', nowMs - tool.seenAtMs), cols, this.#style),
    );
    const isApart = this.#lastKind !== undefined && this.#lastKind !== (block?.kind ?? 'tool');
    return rows.length + tools.length > 0 && isApart ? ['', ...rows, ...tools] : [...rows, ...tools];
  }

  #onEvent(event: KnownEvent, at: number, cols: number, nowMs: number): string[] {
    switch (event.type) {
      case 'message_update':
        return this.#onDelta(event, at, cols);
      case 'message_start':
        return [...this.#closeBlock(cols, at), ...this.#onMessage(event.message, cols)];
      case 'message_end':
        return [...this.#closeBlock(cols, at), ...this.#onFailure(event, cols)];
      case 'agent_end':
        return [...this.#closeBlock(cols, at), ...this.#onFailure(event, cols)];
      case 'agent_start':
        this.#lastFailure = undefined;
        return [];
      case 'tool_execution_start':
      case 'tool_execution_update':
      case 'tool_execution_end':
        return this.#onTool(event, at, cols, nowMs);
      case 'agent_restarting':
      case 'agent_stopped':
        this.#running.clear();
        break;
    }
    const notice = eventNotice(event);
    return notice === undefined ? [] : [...this.#closeBlock(cols, at), ...this.note(notice.text, cols, notice.paint)];
  }

  #onMessage(message: AgentMessage, cols: number): string[] {
    // What a model says comes piece by piece, and tools are shown as they run.
    if (message.role === 'assistant' || message.role === 'toolResult') return [];
    const rows = messageRows(message, cols, this.#style);
    return rows.length === 0 ? [] : this.#emit(message.role === 'user' ? 'person' : 'notice', rows);
  }

  #onDelta({ assistantMessageEvent: piece }: AgentEvent<'message_update'>, at: number, cols: number): string[] {
    if (piece.type !== 'text_delta' && piece.type !== 'thinking_delta') return this.#closeBlock(cols, at);
    const kind = piece.type === 'text_delta' ? 'text' : 'thinking';
    const { contentIndex } = piece;
    const rows: string[] = [];
    if (this.#block?.kind !== kind || this.#block.contentIndex !== contentIndex) {
      rows.push(...this.#closeBlock(cols, at));
      this.#block = { kind, contentIndex, flow: new TextFlow(), plain: new PlainText(), beganAt: at };
    }
    const { flow, plain } = this.#block!;
    const settled = flow.push(plain.push(piece.delta), cols);
    return [...rows, ...this.#emitBlock(kind, settled)];
  }

  #emitBlock(kind: 'text' | 'thinking', rows: readonly string[]): string[] {
    if (kind === 'text') return this.#emit(kind, rows);
    return this.#showThinking ? this.#emit(kind, rows.map(this.#style.faint)) : [];
  }

  #closeBlock(cols: number, at?: number): string[] {
    const block = this.#block;
    if (block === undefined) return [];
    this.#block = undefined;
    const { kind, flow, plain, beganAt } = block;
    const rest = [...flow.push(plain.end(), cols), ...flow.end(cols)];
    if (kind === 'text' || this.#showThinking) return this.#emitBlock(kind, rest);
    const duration = at === undefined ? '' : ` for ${durationText(Math.max(at - beganAt, 0))}`;
    return this.#emit('thinking', [this.#style.faint(`∴ thought${duration}`)]);
  }

  #onFailure(
    { stopReason, errorMessage }: { readonly stopReason?: string; readonly errorMessage?: string },
    cols: number,
  ): string[] {
    if (stopReason === 'aborted') return this.failure('aborted', cols, 'notable');
    return stopReason === 'error' ? this.failure(errorMessage ?? 'failed', cols) : [];
  }

  #onTool(
    event: AgentEvent<'tool_execution_start' | 'tool_execution_update' | 'tool_execution_end'>,
    at: number,
    cols: number,
    nowMs: number,
  ): string[] {
    const { toolCallId } = event;
    const tool = this.#running.get(toolCallId);
    if (event.type === 'tool_execution_start') {
      if (this.#running.size >= MAX_RUNNING) this.#running.delete(this.#running.keys().next().value!);
      const { toolName: name, args } = event;
      this.#running.set(toolCallId, { name, args, beganAt: at, seenAtMs: nowMs, output: '' });
      return this.#closeBlock(cols, at);
    }
    if (event.type === 'tool_execution_update') {
      if (tool !== undefined) {
        tool.output = ((event.replaces === true ? '' : tool.output) + event.delta).slice(-MAX_OUTPUT_CHARS);
      }
      return [];
    }
    this.#running.delete(toolCallId);
    const known = tool ?? { name: event.toolName, args: undefined, beganAt: Number.NaN, seenAtMs: nowMs, output: '' };
    const durationMs = Number.isNaN(known.beganAt) ? undefined : Math.max(at - known.beganAt, 0);
    const call = asCall({ ...known, output: event.output }, event.isError ? 'failed' : 'done', durationMs);
    return [...this.#closeBlock(cols, at), ...this.#emit('tool', [toolLine(call, cols, this.#style)])];
  }

  /** Rows of a kind, with an empty one before them if something else came before. */
  #emit(kind: BlockKind, rows: readonly string[]): string[] {
    if (rows.length === 0) return [];
    const isApart = this.#lastKind !== undefined && (this.#lastKind !== kind || kind === 'person' || kind === 'reply');
    this.#lastKind = kind;
    return isApart ? ['', ...rows] : [...rows];
  }
}

function asCall(tool: RunningTool, state: ToolCall['state'], durationMs: number | undefined): ToolCall {
  const { name, args, output } = tool;
  return { name, args, state, durationMs, output };
}
