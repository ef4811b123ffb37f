import type { AgentEvent, AgentMessage, AgentModel, MessageContent, StopReason, TokenUsage } from '@sessiond/protocol';
import type { UserMessage } from '../backend.ts';
import { endOfText } from '../end-of-text.ts';
import { type BoundedTool, boundedTool, MAX_RESULT_BYTES, MAX_TOLD } from './bounded-tool.ts';
import { isRecord } from './json.ts';
import type { SessionUpdate, ToolUpdate, UpdateContent } from './session-update.ts';
import type { Transcript } from './transcript.ts';

/** Calls of tools that can be open at once; further ones are not told. */
const MAX_TOOLS = 1_000;

/** Characters of one message that are kept for the transcript; all of it is told. */
const MAX_KEPT = 2_097_152;

/** Parts of one message that are kept for the transcript. */
const MAX_PARTS = 10_000;

/** What a {@link Conversation} is made of. */
export interface ConversationParts {
  /** Takes what happens. */
  readonly emit: (event: AgentEvent) => void;
  readonly transcript: Transcript;
  /** Who answers. */
  readonly model: () => AgentModel | undefined;
  /** What a terminal of the agent has written; `''` for one that is not known. */
  readonly terminalText: (terminalId: string) => string;
  /** The time of day, RFC 3339. */
  readonly timestamp: () => string;
}

interface OpenMessage {
  readonly timestamp: string;
  readonly parts: MessageContent[];
  kept: number;
  index: number;
  type: UpdateContent['type'] | 'thinking' | 'tool' | undefined;
  text: string;
}

interface OpenTool {
  readonly id: string;
  readonly contentIndex: number;
  name: string;
  input: unknown;
  output: string;
  content: readonly UpdateContent[];
  running: boolean;
  told: string;
}

/**
 * Turns what an agent tells of its session into events and into messages of a transcript.
 *
 * A message of the model ends where the first of its tools begins to run; what it says afterwards is a new one, in a new turn. Nothing is told twice: pieces are told as
 * they come, and of a tool's output only what was added. Memory: the message that is open and what a person was heard to say, up to 2 MiB of each, and for each of at
 * most 1,000 open calls of tools what {@link boundedTool} leaves of it, and the first 256 KiB of what it said.
 */
export class Conversation {
  readonly #parts: ConversationParts;
  readonly #tools = new Map<string, OpenTool>();
  readonly #ended = new Set<string>();
  #message: OpenMessage | undefined;
  #heard: UpdateContent[] = [];
  #heardLength = 0;
  #prompted = false;
  #inTurn = false;
  #answered = false;
  #text = '';

  constructor(parts: ConversationParts) {
    this.#parts = parts;
  }

  /** The last text of the model since the prompt. */
  get text(): string {
    return this.#message?.text || this.#text;
  }

  /** Begins what a prompt asks for. */
  begin({ message, images = [] }: UserMessage): void {
    this.flush();
    this.#text = '';
    this.#prompted = true;
    this.#emit({ type: 'agent_start' });
    this.#emit({ type: 'turn_start' });
    this.#inTurn = true;
    this.#tellWhole({ role: 'user', content: [{ type: 'text', text: message }, ...images] });
  }

  /** Takes what the agent says, thinks, or has tools do. What else there is of updates is not for here. */
  take(update: Extract<SessionUpdate, { kind: 'user' | 'text' | 'thought' | 'tool' }>): void {
    if (update.kind === 'user') {
      this.#hear(update.content);
      return;
    }
    this.#userDone();
    if (update.kind === 'tool') this.#takeTool(update);
    else this.#say(update.kind, update.content);
  }

  /** Tells what the terminals of running tools have written since they were last looked at. */
  look(): void {
    for (const tool of this.#tools.values()) {
      if (tool.running && tool.content.some(({ type }) => type === 'terminal')) this.#toolSays(tool);
    }
  }

  /** Ends it: closes what is open and tells why it is over. */
  end(stopReason: StopReason, { errorMessage, usage }: { errorMessage?: string; usage?: TokenUsage } = {}): void {
    for (const tool of this.#tools.values()) this.#endTool(tool, true);
    this.#ended.clear();
    const reason = { stopReason, ...(errorMessage !== undefined && { errorMessage }) };
    this.#closeMessage({ ...reason, ...(usage !== undefined && { usage }) });
    if (usage !== undefined) this.#parts.transcript.addUsage(usage);
    if (this.#inTurn) this.#emit({ type: 'turn_end' });
    this.#inTurn = false;
    this.#answered = false;
    this.#prompted = false;
    this.#emit({ type: 'agent_end', ...reason });
  }

  /** Closes what was said outside a prompt, such as at the end of a conversation that was told again. */
  flush(): void {
    this.#userDone();
    for (const tool of this.#tools.values()) this.#endTool(tool, true);
    this.#ended.clear();
    this.#closeMessage({ stopReason: 'stop' });
    if (this.#inTurn) this.#emit({ type: 'turn_end' });
    this.#inTurn = false;
    this.#answered = false;
  }

  #say(kind: 'text' | 'thought', content: UpdateContent): void {
    const message = this.#open();
    const { type } = content;
    if (type === 'image') {
      this.#part(message, 'image');
      keep(message, content.image, content.image.data.length);
      return;
    }
    const text = type === 'text' ? content.text : this.#parts.terminalText(content.terminalId);
    if (text === '') return;
    const part = kind === 'text' ? 'text' : 'thinking';
    if (message.type !== part) {
      this.#part(message, part);
      keep(message, part === 'text' ? { type: part, text: '' } : { type: part, thinking: '' }, 0);
    }
    append(message, text);
    if (kind === 'text') message.text += text.slice(0, Math.max(0, MAX_KEPT - message.text.length));
    const delta = { type: `${part}_delta`, contentIndex: message.index, delta: text } as const;
    this.#emit({ type: 'message_update', assistantMessageEvent: delta });
  }

  /** A person's words, as they come when a conversation is told again. During a prompt they are an echo. */
  #hear(content: UpdateContent): void {
    if (this.#prompted) return;
    if (this.#heard.length === 0) this.flush();
    const length = lengthOf(content);
    if (this.#heard.length >= MAX_PARTS || this.#heardLength + length > MAX_KEPT) return;
    this.#heard.push(content);
    this.#heardLength += length;
  }

  #userDone(): void {
    const heard = this.#heard.splice(0);
    this.#heardLength = 0;
    if (heard.length === 0) return;
    const content = heard.map((part): MessageContent => {
      return part.type === 'image' ? part.image : { type: 'text', text: part.type === 'text' ? part.text : '' };
    });
    this.#tellWhole({ role: 'user', content });
  }

  #takeTool(news: ToolUpdate): void {
    const update = boundedTool(news);
    let tool = this.#tools.get(update.toolCallId);
    if (tool === undefined) {
      if (this.#tools.size >= MAX_TOOLS || this.#ended.has(update.toolCallId)) return;
      tool = this.#callTool(update);
    }
    if (update.input !== undefined) tool.input = update.input;
    else if (update.title !== undefined) tool.input ??= { title: update.title };
    if (update.output !== undefined) tool.output = update.output;
    if (update.content !== undefined) tool.content = update.content;
    const { status } = update;
    if (status !== undefined && status !== 'pending') this.#runTool(tool);
    if (status === 'completed' || status === 'failed') this.#endTool(tool, status === 'failed');
    else this.#toolSays(tool);
  }

  #callTool({ toolCallId, name = 'tool' }: BoundedTool): OpenTool {
    const message = this.#open();
    this.#part(message, 'tool');
    const contentIndex = message.index;
    const tool: OpenTool = {
      id: toolCallId,
      contentIndex,
      name,
      input: undefined,
      output: '',
      content: [],
      running: false,
      told: '',
    };
    this.#tools.set(toolCallId, tool);
    keep(message, { type: 'toolCall', id: toolCallId, name, arguments: {} }, 0);
    this.#emit({
      type: 'message_update',
      assistantMessageEvent: { type: 'toolcall_start', contentIndex, toolCallId, toolName: name },
    });
    return tool;
  }

  #runTool(tool: OpenTool): void {
    if (tool.running) return;
    tool.running = true;
    this.#tellArguments(tool);
    this.#closeMessage({ stopReason: 'toolUse' });
    const args = tool.input === undefined ? {} : { args: tool.input };
    this.#emit({ type: 'tool_execution_start', toolCallId: tool.id, toolName: tool.name, ...args });
  }

  /** The arguments of a call, whole, when the tool begins: agents tell them as late as that. */
  #tellArguments({ id, name, contentIndex, input }: OpenTool): void {
    const parts = this.#message?.parts;
    const at = parts?.findIndex((part) => part.type === 'toolCall' && part.id === id) ?? -1;
    if (parts === undefined || at === -1 || input === undefined) return;
    parts[at] = { type: 'toolCall', id, name, arguments: isRecord(input) ? input : { input } };
    const delta = { type: 'toolcall_delta', contentIndex, delta: JSON.stringify(input) } as const;
    this.#emit({ type: 'message_update', assistantMessageEvent: delta });
  }

  #toolSays(tool: OpenTool): void {
    if (!tool.running || tool.told.length >= MAX_TOLD) return;
    const text = this.#textOf(tool.content).slice(0, MAX_TOLD);
    if (text === tool.told) return;
    const more = text.startsWith(tool.told);
    const delta = more ? text.slice(tool.told.length) : text;
    tool.told = text;
    this.#emit({
      type: 'tool_execution_update',
      toolCallId: tool.id,
      delta,
      ...(!more && { replaces: true as const }),
    });
  }

  #endTool(tool: OpenTool, isError: boolean): void {
    this.#runTool(tool);
    this.#toolSays(tool);
    this.#tools.delete(tool.id);
    if (this.#ended.size < MAX_TOOLS) this.#ended.add(tool.id);
    const said = this.#textOf(tool.content);
    const { text: output, truncated } = endOfText(said === '' ? tool.output : said, MAX_RESULT_BYTES);
    const { id: toolCallId, name: toolName } = tool;
    this.#emit({ type: 'tool_execution_end', toolCallId, toolName, isError, output, truncated });
    // What the model says meanwhile goes on in another message.
    this.#closeMessage({ stopReason: 'toolUse' });
    this.#tellWhole({ role: 'toolResult', content: [{ type: 'text', text: output }], toolCallId, toolName, isError });
  }

  #textOf(content: readonly UpdateContent[]): string {
    return content
      .map((part) => {
        if (part.type === 'text') return part.text;
        return part.type === 'terminal' ? this.#parts.terminalText(part.terminalId) : `[${part.image.mimeType}]`;
      })
      .join('');
  }

  /** The message that the model is saying. */
  #open(): OpenMessage {
    if (this.#message !== undefined) return this.#message;
    if (this.#inTurn && this.#answered) this.#emit({ type: 'turn_end' });
    if (!this.#inTurn || this.#answered) this.#emit({ type: 'turn_start' });
    this.#inTurn = true;
    this.#answered = true;
    const timestamp = this.#parts.timestamp();
    this.#message = { timestamp, parts: [], kept: 0, index: -1, type: undefined, text: '' };
    this.#emit({
      type: 'message_start',
      message: { role: 'assistant', content: [], timestamp, ...this.#speaker() },
    });
    return this.#message;
  }

  #part(message: OpenMessage, type: NonNullable<OpenMessage['type']>): void {
    message.index += 1;
    message.type = type;
  }

  #closeMessage(end: { stopReason: StopReason; errorMessage?: string; usage?: TokenUsage }): void {
    const message = this.#message;
    if (message === undefined) return;
    this.#message = undefined;
    if (message.text !== '') this.#text = message.text;
    const { timestamp, parts: content } = message;
    this.#parts.transcript.add({ role: 'assistant', content, timestamp, ...this.#speaker(), ...end });
    this.#emit({ type: 'message_end', role: 'assistant', ...end });
  }

  #tellWhole(said: Omit<AgentMessage, 'timestamp'>): void {
    const message = { ...said, timestamp: this.#parts.timestamp() };
    this.#parts.transcript.add(message);
    this.#emit({ type: 'message_start', message });
    this.#emit({ type: 'message_end', role: said.role });
  }

  #speaker(): { provider?: string; model?: string } {
    const model = this.#parts.model();
    return model === undefined ? {} : { provider: model.provider, model: model.id };
  }

  #emit(event: AgentEvent): void {
    this.#parts.emit(event);
  }
}

/** Adds a part to what is kept of a message, as far as there is room. */
function keep(message: OpenMessage, part: MessageContent, length: number): void {
  if (message.parts.length >= MAX_PARTS || message.kept + length > MAX_KEPT) return;
  message.parts.push(part);
  message.kept += length;
}

/** Adds text to the last part of what is kept of a message, as far as there is room. */
function append(message: OpenMessage, text: string): void {
  const room = text.slice(0, Math.max(0, MAX_KEPT - message.kept));
  const last = message.parts.at(-1);
  if (room === '' || last === undefined) return;
  if (last.type === 'text') message.parts[message.parts.length - 1] = { type: 'text', text: last.text + room };
  else if (last.type === 'thinking') {
    message.parts[message.parts.length - 1] = { type: 'thinking', thinking: last.thinking + room };
  } else return;
  message.kept += room.length;
}

function lengthOf(content: UpdateContent): number {
  if (content.type === 'image') return content.image.data.length;
  return content.type === 'text' ? content.text.length : 0;
}
