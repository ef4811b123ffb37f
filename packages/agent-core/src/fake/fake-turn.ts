import type { AgentEvent, AgentModel, DialogAnswer, DialogMethod, StopReason, TokenUsage } from '@sessiond/protocol';
import type { AgentOwner, DialogQuestion, OpenAgent, PromptOutcome, UserMessage } from '../backend.ts';
import type { Clock } from '../clock.ts';
import { Answer } from './answer.ts';
import type { Conversation } from './conversation.ts';
import { failureOf } from './fake-failure.ts';
import { type FakeStep, fakeStep, fakeToken } from './fake-script.ts';
import { runFakeTool } from './fake-tool.ts';
import type { MessageQueue } from './message-queue.ts';
import { delay, rejectedBy } from './waiting.ts';

/** So many tokens without a pace come in one go; then others have their turn. */
const TOKENS_AT_ONCE = 64;

const QUESTIONS: Readonly<Record<DialogMethod, DialogQuestion>> = {
  select: { method: 'select', title: 'Which one?', options: ['red', 'green', 'blue'] },
  confirm: { method: 'confirm', title: 'Go on?', message: 'This is only a question.' },
  input: { method: 'input', title: 'What is your name?', placeholder: 'Name' },
  editor: { method: 'editor', title: 'Mend this text', prefill: 'A text with an eror' },
};

/** What a turn of the fake agent needs. */
export interface FakeTurnParts {
  readonly request: OpenAgent;
  readonly owner: Pick<AgentOwner, 'runShell'>;
  /** Asks a person, until the turn stops. */
  readonly ask: (question: DialogQuestion) => Promise<DialogAnswer>;
  readonly emit: (event: AgentEvent) => void;
  readonly conversation: Conversation;
  readonly queue: MessageQueue;
  readonly model: () => AgentModel;
  readonly clock: Clock;
  readonly timestamp: () => string;
  /** Ends the process. */
  readonly crash: () => void;
  /** Aborted when either of the others is. */
  readonly stop: AbortSignal;
  /** Aborted when the turn is to stop. */
  readonly aborted: AbortSignal;
  /** Aborted when the process has ended: the turn has, too, and tells nothing any more. */
  readonly gone: AbortSignal;
}

/** One prompt of the fake agent, from `agent_start` to `agent_end`, with what it was steered to and told to do afterwards. */
export class FakeTurn {
  readonly #parts: FakeTurnParts;
  readonly #emit: (event: AgentEvent) => void;
  readonly #stop: AbortSignal;
  #answer: Answer | undefined;
  #text = '';
  #usage: TokenUsage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, totalTokens: 0 };

  constructor(parts: FakeTurnParts) {
    this.#parts = parts;
    this.#emit = (event) => {
      if (!parts.gone.aborted) parts.emit(event);
    };
    this.#stop = parts.stop;
  }

  /** Resolves also when it was aborted. @throws AgentFailedError when the provider failed, and the reason of `gone`. */
  async run(message: UserMessage): Promise<PromptOutcome> {
    this.#emit({ type: 'agent_start' });
    try {
      const { queue } = this.#parts;
      for (let heard: readonly UserMessage[] = [message]; heard.length > 0; heard = queue.take()) {
        this.#emit({ type: 'turn_start' });
        for (const each of heard) this.#hear(each);
        for (const each of heard) await this.#do(fakeStep(each.message), each);
        this.#emit({ type: 'turn_end' });
      }
    } catch (error) {
      if (!this.#parts.gone.aborted) return this.#endedBy(error);
      if (this.#parts.aborted.aborted) return this.#outcome('aborted');
      throw this.#parts.gone.reason;
    }
    this.#emit({ type: 'agent_end', stopReason: 'stop' });
    return this.#outcome('stop');
  }

  #hear({ message, images = [] }: UserMessage): void {
    const { conversation, timestamp } = this.#parts;
    const heard = {
      role: 'user' as const,
      content: [{ type: 'text' as const, text: message }, ...images],
      timestamp: timestamp(),
    };
    const entryId = conversation.add(heard);
    this.#emit({ type: 'message_start', message: { ...heard, entryId } });
    this.#emit({ type: 'message_end', role: 'user', entryId });
  }

  async #do(step: FakeStep, message: UserMessage): Promise<void> {
    // Also what ends at once comes after the caller has been told that it was accepted.
    await this.#pause(0);
    if (step.kind === 'slow') await this.#pause(step.delayMs);
    const answer = this.#begin();
    switch (step.kind) {
      case 'say':
        answer.say(withPictures(step.text, message));
        break;
      case 'slow':
        answer.say(`That took ${step.delayMs} ms.`);
        break;
      case 'stream':
        await this.#stream(step.tokens, step.msPerToken, (token) => answer.say(token));
        break;
      case 'think':
        await this.#stream(step.tokens, 0, (token) => answer.think(token));
        answer.say(`I thought ${step.tokens} tokens.`);
        break;
      case 'dialog':
        answer.say(await this.#ask(step.method));
        break;
      case 'queue':
        await this.#waitUntilSteered(answer);
        return;
      case 'bash':
        await this.#runTool(answer, step.command);
        return;
      case 'fail':
        throw failureOf(step, this.#parts.model());
      case 'crash':
        answer.say('I will not end this sen');
        this.#parts.crash();
        return rejectedBy(this.#parts.gone);
      case 'hang':
        return rejectedBy(this.#stop);
      case 'stubborn':
        answer.say('I do not stop.');
        return rejectedBy(this.#parts.gone);
    }
    this.#end(answer, 'stop');
  }

  async #stream(tokens: number, msPerToken: number, tell: (token: string) => void): Promise<void> {
    for (let index = 0; index < tokens; index += 1) {
      if (msPerToken > 0) await this.#pause(msPerToken);
      else if (index % TOKENS_AT_ONCE === TOKENS_AT_ONCE - 1) await this.#pause(0);
      tell(fakeToken(index));
    }
  }

  async #ask(method: DialogMethod): Promise<string> {
    const { value, confirmed } = await this.#parts.ask(QUESTIONS[method]);
    this.#stop.throwIfAborted();
    return `You answered: ${value ?? (confirmed === undefined ? 'nothing' : confirmed ? 'yes' : 'no')}`;
  }

  async #waitUntilSteered(answer: Answer): Promise<void> {
    const { queue } = this.#parts;
    answer.say('I am working.');
    this.#end(answer, 'stop');
    await Promise.race([queue.steered(), rejectedBy(this.#stop)]);
    const told = queue.takeSteering();
    for (const each of told) this.#hear(each);
    const reply = this.#begin();
    reply.say(`I was told: ${told.map(({ message }) => message).join(', ')}`);
    this.#end(reply, 'stop');
  }

  async #runTool(answer: Answer, command: string): Promise<void> {
    const { request, owner, conversation, timestamp } = this.#parts;
    const toolCallId = `call-${conversation.entries.length}`;
    answer.callTool(toolCallId, 'bash', { command });
    this.#end(answer, 'toolUse');
    const result = await runFakeTool({ toolCallId, command, request, owner, emit: this.#emit }, this.#stop);
    const message = { ...result, timestamp: timestamp() };
    const entryId = conversation.add(message);
    this.#emit({ type: 'message_start', message: { ...message, entryId } });
    this.#emit({ type: 'message_end', role: 'toolResult', entryId });
    this.#stop.throwIfAborted();
    this.#emit({ type: 'turn_end' });
    this.#emit({ type: 'turn_start' });
    const reply = this.#begin();
    reply.say(result.isError ? 'The command failed.' : 'The command has run.');
    this.#end(reply, 'stop');
  }

  #begin(): Answer {
    const { conversation, model, timestamp } = this.#parts;
    this.#answer = new Answer({
      emit: this.#emit,
      conversation,
      model: model(),
      timestamp: timestamp(),
    });
    return this.#answer;
  }

  #end(answer: Answer, stopReason: StopReason, errorMessage?: string): void {
    this.#text = answer.text === '' ? this.#text : answer.text;
    const { input, output, totalTokens } = answer.end(stopReason, errorMessage);
    this.#usage = {
      ...this.#usage,
      input: this.#usage.input + input,
      output: this.#usage.output + output,
      totalTokens: this.#usage.totalTokens + totalTokens,
    };
    this.#answer = undefined;
  }

  /** Tells the end of what was aborted or has failed. */
  #endedBy(error: unknown): PromptOutcome {
    const stopReason = this.#parts.aborted.aborted ? 'aborted' : 'error';
    const errorMessage = stopReason === 'error' && error instanceof Error ? error.message : undefined;
    if (this.#answer !== undefined) this.#end(this.#answer, stopReason, errorMessage);
    this.#parts.queue.clear();
    this.#emit({ type: 'turn_end' });
    this.#emit({ type: 'agent_end', stopReason, ...(errorMessage !== undefined && { errorMessage }) });
    if (stopReason === 'error') throw error;
    return this.#outcome('aborted');
  }

  #outcome(stopReason: StopReason): PromptOutcome {
    return {
      stopReason,
      text: this.#text,
      usage: this.#usage,
      model: this.#parts.model(),
    };
  }

  #pause(ms: number): Promise<void> {
    return delay(this.#parts.clock, ms, this.#stop);
  }
}

function withPictures(text: string, { images = [] }: UserMessage): string {
  return images.length === 0 ? text : `${text} (with ${images.length} pictures)`;
}
