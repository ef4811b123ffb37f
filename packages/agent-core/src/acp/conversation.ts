import type { AgentEvent, AgentMessage, AgentModel, MessageContent, StopReason, TokenUsage } from '@sessiond/protocol';
import type { UserMessage } from '../backend.ts';
import { endOfText } from '../end-of-text.ts';
import { type BoundedTool, boundedTool, MAX_RESULT_BYTES, MAX_TOLD } from './bounded-tool.ts';
import { MAX_KEPT, MAX_PARTS, OpenMessage } from './open-message.ts';
import type { SessionUpdate, ToolUpdate, UpdateContent } from './session-update.ts';
import type { Transcript } from './transcript.ts';

/** Calls of tools that can be open at once; further ones are not told. */
const MAX_TOOLS = 1_000;

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
 * they come, and of a tool's output only what was added. Memory: the {@link OpenMessage}, as much of what a person was heard to say, and for each of at
 * most 1,000 open calls of tools what {@link boundedTool} leaves of it, and the first 256 KiB of what it said.
 */
export class Conversation {
  readonly #parts: ConversationParts;
  readonly #tools = new Map<string, OpenTool>();
  /** Of the last calls since a person spoke: agents tell late of them, and models give their ids again. */
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

  /** Whether something was begun outside a prompt and has not ended. */
  get isUnasked(): boolean {
    return !this.#prompted && (this.#inTurn || this.#heard.length > 0);
  }

  /** Begins what a prompt asks for. */
  begin({ message, images = [] }: UserMessage): void {
    this.flush();
    this.#ended.clear();
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
    const reason = { stopReason, ...(errorMessage !== undefined && { errorMessage }) };
    this.#closeMessage({ ...reason, ...(usage !== undefined && { usage }) });
    if (usage !== undefined) this.#parts.transcript.addUsage(usage);
    if (this.#inTurn) this.#emit({ type: 'turn_end' });
    this.#inTurn = false;
    this.#answered = false;
    this.#prompted = false;
    this.#emit({ type: 'agent_end', ...reason });
  }

  /** Closes what was said outside a prompt, unless one has begun meanwhile, or a tool has not ended: that may be silent for long. */
  rest(): void {
    if (!this.#prompted && this.#tools.size === 0) this.flush();
  }

  /** Closes what was said and done outside a prompt, unless one has begun meanwhile: what has not ended never will. */
  abandon(): void {
    if (!this.#prompted) this.flush();
  }

  /** Closes what was said, such as at the end of a conversation that was told again. */
  flush(): void {
    this.#userDone();
    for (const tool of this.#tools.values()) this.#endTool(tool, true);
    this.#closeMessage({ stopReason: 'stop' });
    if (this.#inTurn) this.#emit({ type: 'turn_end' });
    this.#inTurn = false;
    this.#answered = false;
  }

  #say(kind: 'text' | 'thought', content: UpdateContent): void {
    const message = this.#open();
    if (content.type === 'image') {
      message.show(content.image);
      return;
    }
    const text = content.type === 'text' ? content.text : this.#parts.terminalText(content.terminalId);
    if (text === '') return;
    const part = kind === 'text' ? 'text' : 'thinking';
    const contentIndex = message.say(part, text);
    const delta = { type: `${part}_delta`, contentIndex, delta: text } as const;
    this.#emit({ type: 'message_update', assistantMessageEvent: delta });
  }

  /** A person's words, as they come when a conversation is told again. During a prompt they are an echo. */
  #hear(content: UpdateContent): void {
    if (this.#prompted) return;
    if (this.#heard.length === 0) {
      this.flush();
      this.#ended.clear();
    }
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
    const contentIndex = this.#open().call(toolCallId, name);
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
    this.#emit({
      type: 'message_update',
      assistantMessageEvent: { type: 'toolcall_start', contentIndex, toolCallId, toolName: name },
    });
    return tool;
  }

  #runTool(tool: OpenTool): void {
    if (tool.running) return;
    tool.running = true;
    // With those of calls beside it: the message is over for them, too.
    for (const each of this.#tools.values()) this.#tellArguments(each);
    this.#closeMessage({ stopReason: 'toolUse' });
    const args = tool.input === undefined ? {} : { args: tool.input };
    this.#emit({ type: 'tool_execution_start', toolCallId: tool.id, toolName: tool.name, ...args });
  }

  /** The arguments of a call, whole, when the first tool of its message begins: agents tell them as late as that. */
  #tellArguments({ id, name, contentIndex, input }: OpenTool): void {
    const delta = input === undefined ? undefined : this.#message?.setArguments(id, name, input);
    if (delta === undefined) return;
    this.#emit({ type: 'message_update', assistantMessageEvent: { type: 'toolcall_delta', contentIndex, delta } });
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
    this.#ended.add(tool.id);
    for (const oldest of this.#ended) {
      if (this.#ended.size <= MAX_TOOLS) break;
      this.#ended.delete(oldest);
    }
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
    this.#message = new OpenMessage(timestamp);
    this.#emit({
      type: 'message_start',
      message: { role: 'assistant', content: [], timestamp, ...this.#speaker() },
    });
    return this.#message;
  }

  #closeMessage(end: { stopReason: StopReason; errorMessage?: string; usage?: TokenUsage }): void {
    const message = this.#message;
    if (message === undefined) return;
    this.#message = undefined;
    if (message.text !== '') this.#text = message.text;
    const { timestamp, content } = message;
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

function lengthOf(content: UpdateContent): number {
  if (content.type === 'image') return content.image.data.length;
  return content.type === 'text' ? content.text.length : 0;
}
