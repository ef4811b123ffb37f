import type { AgentEvent, AgentMessage, MessageContent } from '@sessiond/protocol';
import { errorWords } from './error-words.ts';
import type { PiEvent, PiMessage } from './pi-api.ts';
import { contentOf, toMessage, toRole, toStopReason, toUsage } from './to-message.ts';
import { endOfOutput, resultText, ToolOutputs } from './tool-output.ts';

/** Arguments of a tool that are longer as JSON are not told. */
const MAX_ARGUMENT_CHARACTERS = 16_384;
/** Pictures of a person that are longer are told by their size. */
const MAX_PICTURE_CHARACTERS = 65_536;

/**
 * What pi tells, in the words of the protocol, copied at once: its events share one message that goes on growing, so that whoever reads them later, or sends them
 * as they are, has the square of the text.
 *
 * Knows the last output of the tools that run, and nothing else.
 */
export class EventTranslator {
  readonly #outputs = new ToolOutputs();
  #lastAssistant: PiMessage | undefined;

  /** What an event tells; most tell one thing, some nothing. */
  translate(event: PiEvent): AgentEvent | undefined {
    switch (event.type) {
      case 'agent_start':
        this.#lastAssistant = undefined;
        this.#outputs.clear();
        return { type: 'agent_start' };
      case 'turn_start':
      case 'turn_end':
        return { type: event.type };
      case 'agent_end':
        return agentEnd(this.#lastAssistant);
      case 'message_start':
        return event.message && { type: 'message_start', message: begun(event.message) };
      case 'message_update':
        return messageUpdate(event);
      case 'message_end':
        return event.message && this.#messageEnd(event.message);
      case 'tool_execution_start':
      case 'tool_execution_update':
      case 'tool_execution_end':
        return this.#tool(event, event.toolCallId ?? '');
      default:
        return sessionEvent(event);
    }
  }

  #messageEnd(message: PiMessage): AgentEvent<'message_end'> {
    if (message.role === 'assistant') this.#lastAssistant = message;
    const stopReason = toStopReason(message.stopReason);
    return {
      type: 'message_end',
      role: toRole(message.role),
      ...(stopReason === undefined ? {} : { stopReason }),
      ...(message.errorMessage === undefined ? {} : { errorMessage: errorWords(message.errorMessage) }),
      ...(message.usage === undefined ? {} : { usage: toUsage(message.usage) }),
    };
  }

  #tool(event: PiEvent, toolCallId: string): AgentEvent | undefined {
    const toolName = event.toolName ?? '';
    if (event.type === 'tool_execution_start') {
      const args = JSON.stringify(event.args);
      const short = args !== undefined && args.length <= MAX_ARGUMENT_CHARACTERS;
      return { type: 'tool_execution_start', toolCallId, toolName, ...(short ? { args: JSON.parse(args) } : {}) };
    }
    if (event.type === 'tool_execution_update') {
      const delta = this.#outputs.update(toolCallId, resultText(event.partialResult));
      return delta && { type: 'tool_execution_update', toolCallId, ...delta };
    }
    this.#outputs.end(toolCallId);
    const end = endOfOutput(resultText(event.result));
    return { type: 'tool_execution_end', toolCallId, toolName, isError: event.isError === true, ...end };
  }
}

/** A message as it is told when it begins: one of a model has an author, and neither content nor an end. */
function begun(message: PiMessage): AgentMessage {
  if (message.role !== 'assistant') return toMessage(message, undefined, told(message));
  const { role, timestamp, provider, model } = message;
  return toMessage({
    role,
    ...(timestamp === undefined ? {} : { timestamp }),
    ...(provider === undefined ? {} : { provider }),
    ...(model === undefined ? {} : { model }),
  });
}

/** What the beginning of a message tells of its content: that of a person, a note, nothing of what a tool has told already. */
function told(message: PiMessage): readonly MessageContent[] {
  if (message.role === 'toolResult') return [];
  return contentOf(message).map((part) =>
    part.type === 'image' && part.data.length > MAX_PICTURE_CHARACTERS
      ? { type: 'text', text: `[${part.mimeType}, ${Math.floor((part.data.length * 3) / 4)} bytes]` }
      : part,
  );
}

function messageUpdate({ assistantMessageEvent: update }: PiEvent): AgentEvent | undefined {
  if (update?.contentIndex === undefined) return undefined;
  const { type, contentIndex, delta = '' } = update;
  if (type === 'text_delta' || type === 'thinking_delta' || type === 'toolcall_delta') {
    return delta === '' ? undefined : { type: 'message_update', assistantMessageEvent: { type, contentIndex, delta } };
  }
  if (type !== 'toolcall_start') return undefined;
  const part = update.partial?.content?.[contentIndex];
  const call = typeof part === 'object' && part.type === 'toolCall' ? part : undefined;
  return {
    type: 'message_update',
    assistantMessageEvent: { type, contentIndex, toolCallId: call?.id ?? '', toolName: call?.name ?? '' },
  };
}

function agentEnd(last: PiMessage | undefined): AgentEvent {
  return {
    type: 'agent_end',
    stopReason: toStopReason(last?.stopReason) ?? 'stop',
    ...(last?.errorMessage === undefined ? {} : { errorMessage: errorWords(last.errorMessage) }),
  };
}

/** What a session tells beside its messages. */
function sessionEvent(event: PiEvent): AgentEvent | undefined {
  switch (event.type) {
    case 'queue_update':
      return { type: 'queue_update', steering: [...(event.steering ?? [])], followUp: [...(event.followUp ?? [])] };
    case 'compaction_start':
      return { type: 'compaction_start', reason: compactionReason(event.reason) };
    case 'compaction_end': {
      const tokensBefore = tokensBeforeOf(event.result);
      return {
        type: 'compaction_end',
        aborted: event.aborted === true,
        ...(event.errorMessage === undefined ? {} : { errorMessage: errorWords(event.errorMessage) }),
        ...(tokensBefore === undefined ? {} : { tokensBefore }),
      };
    }
    case 'auto_retry_start':
      return {
        type: 'auto_retry_start',
        attempt: event.attempt ?? 1,
        maxAttempts: event.maxAttempts ?? 1,
        delayMs: event.delayMs ?? 0,
        errorMessage: errorWords(event.errorMessage),
      };
    case 'auto_retry_end':
      return {
        type: 'auto_retry_end',
        success: event.success === true,
        attempt: event.attempt ?? 1,
        ...(event.finalError === undefined ? {} : { errorMessage: errorWords(event.finalError) }),
      };
    case 'thinking_level_changed':
      return event.level === undefined ? undefined : { type: 'thinking_level_changed', level: event.level };
    default:
      return undefined;
  }
}

function compactionReason(reason: string | undefined): 'manual' | 'threshold' | 'overflow' {
  return reason === 'threshold' || reason === 'overflow' ? reason : 'manual';
}

function tokensBeforeOf(result: unknown): number | undefined {
  const tokens =
    typeof result === 'object' && result !== null && 'tokensBefore' in result ? result.tokensBefore : undefined;
  return typeof tokens === 'number' ? tokens : undefined;
}
