import { randomUUID } from 'node:crypto';
import type { AgentEvent, AgentMessage, DialogRequest, KnownEvent } from '@sessiond/protocol/client';
import { GrowingMessage, type MessageEnd } from './growing-message.ts';
import { type PiMessage, piMessage } from './pi-message.ts';
import { RunningTools } from './running-tools.ts';

/** Characters of messages of one run that `agent_end` repeats; of longer runs it repeats the last ones. */
const MAX_RUN_CHARS = 8 * 1024 * 1024;

/** Dialogs that are remembered as told; above it the oldest is forgotten. */
const MAX_DIALOGS = 10_000;

/** Results of tools that `turn_end` repeats; of more the last ones. */
const MAX_TOOL_RESULTS = 256;

/** A message of the run, with what it costs to keep. */
interface RunMessage {
  readonly message: PiMessage;
  readonly chars: number;
}

/**
 * Tells the events of an agent in the dialect of `pi --mode rpc`: lines of JSON without a line end.
 *
 * The daemon sends only what is new; this puts it together again, because clients of that dialect want the growing message with each
 * piece of it, and all messages of a run at its end. It never throws. Memory is bounded: one message, the last 8 Mi characters of the run's
 * messages, the output of the tools that run.
 */
export class EventTranslator {
  readonly #tools = new RunningTools();
  readonly #toldDialogs = new Set<string>();
  #isRunning = false;
  /** The end of the run was told already. */
  #isBrokenOff = false;
  #growing: GrowingMessage | undefined;
  #run: RunMessage[] = [];
  #runChars = 0;
  #lastAnswer: PiMessage | undefined;
  #toolResults: PiMessage[] = [];
  #compactionReason = 'manual';

  /** Whether an agent has begun to work and has not ended. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** The lines that tell an event; none for what the dialect has no word for. */
  translate(event: KnownEvent, timestamp: string): string[] {
    const known = event as AgentEvent;
    switch (known.type) {
      case 'agent_start':
        return this.#start();
      case 'agent_end':
        return this.#isBrokenOff ? [] : this.#end();
      case 'turn_start':
        this.#toolResults = [];
        this.#lastAnswer = undefined;
        return [line(known)];
      case 'turn_end':
        return this.#endTurn();
      case 'message_start':
        return this.#startMessage(known.message);
      case 'message_update':
        return this.#growing?.grow(known.assistantMessageEvent) ?? [];
      case 'message_end':
        return known.role === 'assistant' ? this.#endMessage(known) : [];
      case 'tool_execution_start':
      case 'tool_execution_update':
      case 'tool_execution_end':
        return this.#tool(known);
      case 'queue_update':
      case 'thinking_level_changed':
      case 'auto_retry_start':
        return [line(known)];
      case 'auto_retry_end': {
        const { type, success, attempt, errorMessage } = known;
        return [line({ type, success, attempt, ...(errorMessage !== undefined && { finalError: errorMessage }) })];
      }
      case 'compaction_start':
        this.#compactionReason = known.reason;
        return [line({ type: known.type, reason: known.reason })];
      case 'compaction_end':
        return [this.#compactionEnd(known)];
      case 'extension_ui_request':
        return this.dialog(known);
      case 'extension_ui_resolved':
        this.#toldDialogs.delete(known.requestId);
        return [];
      case 'extension_notify':
        return [uiRequest('notify', { message: known.message, notifyType: known.level })];
      case 'extension_status':
        return [uiRequest('setStatus', { statusKey: known.key, statusText: known.text })];
      case 'extension_error':
        return [line({ type: known.type, extensionPath: '', event: '', error: known.message })];
      case 'agent_restarting':
        return this.breakOff('the process of the agent ended', timestamp);
      case 'agent_stopped':
        return this.breakOff(known.errorMessage ?? 'the session is over', timestamp);
      default:
        return [];
    }
  }

  /** The line of a dialog that has not been told yet. */
  dialog(request: DialogRequest): string[] {
    const { requestId, method, title, message, options, placeholder, prefill, timeoutMs } = request;
    if (this.#toldDialogs.has(requestId)) return [];
    if (this.#toldDialogs.size >= MAX_DIALOGS) this.#toldDialogs.delete(this.#toldDialogs.values().next().value!);
    this.#toldDialogs.add(requestId);
    const timeout = timeoutMs === undefined ? {} : { timeout: timeoutMs };
    const fields = { title, message, options, placeholder, prefill, ...timeout };
    return [line({ type: 'extension_ui_request', id: requestId, method, ...fields })];
  }

  /** The agent works on something whose beginning was not heard. */
  resume(): void {
    this.#isRunning = true;
  }

  /** Events are missing: the message that grew is not told any further. */
  skip(): void {
    this.#growing = undefined;
    this.#tools.clear();
  }

  /** Ends a run that will not be heard of again; without one there is nothing to tell. */
  breakOff(errorMessage: string, timestamp: string): string[] {
    if (!this.#isRunning) return [];
    const lines: string[] = [];
    if (this.#growing === undefined) lines.push(...this.#startMessage({ role: 'assistant', content: [], timestamp }));
    lines.push(...this.#endMessage({ stopReason: 'error', errorMessage }), ...this.#endTurn(), ...this.#end());
    this.#isBrokenOff = true;
    return lines;
  }

  #start(): string[] {
    this.#isRunning = true;
    this.#isBrokenOff = false;
    this.#growing = undefined;
    this.#run = [];
    this.#runChars = 0;
    return [line({ type: 'agent_start' })];
  }

  #end(): string[] {
    const messages = this.#run.map(({ message }) => message);
    this.#isRunning = false;
    this.#growing = undefined;
    this.#run = [];
    this.#runChars = 0;
    this.#tools.clear();
    return [line({ type: 'agent_end', messages })];
  }

  #endTurn(): string[] {
    const message = this.#lastAnswer;
    return [line({ type: 'turn_end', message, toolResults: this.#toolResults })];
  }

  #startMessage(message: AgentMessage): string[] {
    if (message.role === 'assistant') {
      this.#growing = new GrowingMessage(message);
      return [line({ type: 'message_start', message: this.#growing.message() })];
    }
    const whole = piMessage(message);
    this.#keep(whole);
    if (whole.role === 'toolResult') {
      this.#toolResults.push(whole);
      if (this.#toolResults.length > MAX_TOOL_RESULTS) this.#toolResults.shift();
    }
    // Its end, which is told separately, adds nothing to it.
    return [line({ type: 'message_start', message: whole }), line({ type: 'message_end', message: whole })];
  }

  #endMessage(end: MessageEnd): string[] {
    const growing = this.#growing;
    if (growing === undefined) return [];
    this.#growing = undefined;
    const lines = growing.end();
    const message = growing.message(end);
    this.#lastAnswer = message;
    this.#keep(message);
    lines.push(line({ type: 'message_end', message }));
    return lines;
  }

  #keep(message: PiMessage): void {
    const chars = JSON.stringify(message).length;
    this.#run.push({ message, chars });
    this.#runChars += chars;
    while (this.#runChars > MAX_RUN_CHARS) this.#runChars -= this.#run.shift()!.chars;
  }

  #tool(event: AgentEvent<'tool_execution_start' | 'tool_execution_update' | 'tool_execution_end'>): string[] {
    const { type, toolCallId } = event;
    if (type === 'tool_execution_start') {
      const { toolName, args = {} } = event;
      this.#tools.begin(toolCallId, toolName, args);
      return [line({ type, toolCallId, toolName, args })];
    }
    if (type === 'tool_execution_update') {
      const tool = this.#tools.update(toolCallId, event.delta, event.replaces === true);
      if (tool === undefined) return [];
      const { toolName, args, output } = tool;
      return [line({ type, toolCallId, toolName, args, partialResult: textResult(output) })];
    }
    this.#tools.end(toolCallId);
    const { toolName, isError, output } = event;
    return [line({ type, toolCallId, toolName, result: textResult(output), isError })];
  }

  #compactionEnd({ type, aborted, errorMessage, tokensBefore }: AgentEvent<'compaction_end'>): string {
    const isDone = !aborted && errorMessage === undefined;
    const result = isDone ? { summary: '', firstKeptEntryId: '', tokensBefore: tokensBefore ?? 0 } : null;
    const reason = this.#compactionReason;
    return line({
      type,
      reason,
      result,
      aborted,
      willRetry: false,
      ...(errorMessage !== undefined && { errorMessage }),
    });
  }
}

function textResult(text: string): object {
  return { content: [{ type: 'text', text }], details: {} };
}

function uiRequest(method: string, fields: object): string {
  return line({ type: 'extension_ui_request', id: randomUUID(), method, ...fields });
}

function line(value: object): string {
  return JSON.stringify(value);
}
