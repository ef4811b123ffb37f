import type { PromptOutcome, UserMessage } from '../backend.ts';
import type { Clock } from '../clock.ts';
import { AgentFailedError } from '../errors.ts';
import type { AcpLink } from './acp-link.ts';
import type { AcpSession } from './acp-session.ts';
import { agentErrorCode, agentFailure } from './agent-failure.ts';
import { readTurnResult, type TurnResult } from './turn-result.ts';

/** How often the terminals of running tools are looked at, in milliseconds: they do not tell when there is more. */
const LOOK_MS = 200;

/** What a {@link Turn} needs. */
export interface TurnParts {
  readonly clock: Clock;
  readonly session: AcpSession;
  readonly link: AcpLink;
  /** Aborted when it is to end. */
  readonly stop: AbortSignal;
}

/** One prompt that an agent works on, from `agent_start` to `agent_end`. It ends once, with whatever comes first: the answer of the agent, or the end of its process. */
export class Turn {
  readonly #parts: TurnParts;
  readonly #over = new AbortController();
  #lose: (error: Error) => void = () => {};

  constructor(parts: TurnParts) {
    this.#parts = parts;
  }

  /** Aborted when it is over: what the agent asks a person has no meaning any more. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** Has the agent work. @throws AgentFailedError with what is known of the provider, or that its process ended. */
  async run({ message, images = [] }: UserMessage): Promise<PromptOutcome> {
    const { session, link, stop } = this.#parts;
    const lost = new Promise<never>((_, reject) => {
      this.#lose = reject;
    });
    // Who has its answer already does not look at it any more.
    lost.catch(() => {});
    session.conversation.begin({ message, images });
    const stopLooking = this.#lookAtTerminals();
    try {
      const prompt = [{ type: 'text', text: message }, ...images];
      const answer = link.request('session/prompt', { sessionId: session.id, prompt });
      answer.catch(() => {});
      const result = readTurnResult(await Promise.race([answer, lost]));
      return this.#outcome(stop.aborted ? { ...result, stopReason: 'aborted' } : result);
    } catch (error) {
      // Some agents answer with an error when they were cancelled.
      if (stop.aborted) return this.#outcome({ stopReason: 'aborted' });
      throw this.#failure(error);
    } finally {
      stopLooking();
    }
  }

  /** The process of the agent is gone. */
  lose(): void {
    const errorMessage = "The agent's process ended while it worked";
    this.#end(() => {
      if (this.#parts.stop.aborted) this.#parts.session.conversation.end('aborted');
      else this.#parts.session.conversation.end('error', { errorMessage });
    });
    this.#lose(new AgentFailedError(errorMessage, { interrupted: true }));
  }

  #outcome({ stopReason, usage }: TurnResult): PromptOutcome {
    const { conversation, choices } = this.#parts.session;
    this.#end(() => conversation.end(stopReason, { ...(usage !== undefined && { usage }) }));
    const { model } = choices;
    return {
      stopReason,
      text: conversation.text,
      ...(usage !== undefined && { usage }),
      ...(model !== undefined && { model }),
    };
  }

  #failure(error: unknown): Error {
    const { choices, conversation } = this.#parts.session;
    const isKnown = agentErrorCode(error) === undefined;
    const failure = isKnown ? (error as Error) : agentFailure('carry out prompt', error, choices.answeredBy);
    this.#end(() => conversation.end('error', { errorMessage: failure.message }));
    return failure;
  }

  #end(tell: () => void): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    tell();
  }

  /** @returns how to end it. */
  #lookAtTerminals(): () => void {
    const { clock, session } = this.#parts;
    let cancel: () => void;
    const later = () => {
      cancel = clock.after(LOOK_MS, look, { background: true });
    };
    const look = () => {
      session.conversation.look();
      later();
    };
    later();
    return () => cancel();
  }
}
