import type { AgentLife } from '../agent-life.ts';
import type { PromptOutcome, UserMessage } from '../backend.ts';
import type { Clock } from '../clock.ts';
import { AgentFailedError, AgentInputError } from '../errors.ts';
import { settledWithin } from '../settled-within.ts';
import type { AcpLink } from './acp-link.ts';
import type { AcpSession } from './acp-session.ts';
import { agentErrorCode, agentFailure } from './agent-failure.ts';
import { Turn } from './turn.ts';
import { readTurnResult, type TurnResult } from './turn-result.ts';

/** How long an agent has to stop by itself before its process is ended. */
const CANCEL_MS = 5_000;

/** How long an agent has altogether whose caller does not wait any more. */
const ABORT_MS = 8_000;

/** How often the terminals of running tools are looked at, in milliseconds: they do not tell when there is more. */
const LOOK_MS = 200;

/** Whose work it is. */
export interface WorkParts {
  readonly clock: Clock;
  readonly life: AgentLife;
  readonly session: AcpSession;
  /** Told when the work on a prompt is asked to end: ends what it has others do. */
  readonly onAbort: () => void;
  /** Ends the process within the time, since it does not stop otherwise. */
  readonly endProcess: (link: AcpLink, gracePeriodMs: number) => Promise<void>;
}

/** The work of an agent on one prompt after the other: its begin, its end, and its end before its end. */
export class Work {
  readonly #parts: WorkParts;
  #turn: Turn | undefined;
  #aborting: Promise<void> | undefined;
  /** Aborted to take back what the agent asks a person. */
  #questions = new AbortController();
  #lastError: string | undefined;

  constructor(parts: WorkParts) {
    this.#parts = parts;
  }

  /** Whether there is a prompt that it works on. */
  get isBusy(): boolean {
    return this.#turn !== undefined;
  }

  /** Why it last failed. */
  get lastError(): string | undefined {
    return this.#lastError;
  }

  /** Aborted when what the agent asks a person has no meaning any more. */
  get questions(): AbortSignal {
    return this.#questions.signal;
  }

  /** There is a piece of an answer. */
  answered(): void {
    this.#turn?.answered();
  }

  /** Carries out a prompt, with nothing else in hand; see `Agent.prompt`. */
  async prompt(link: AcpLink, message: UserMessage, signal: AbortSignal): Promise<PromptOutcome> {
    const { life, session, clock } = this.#parts;
    const { images = [] } = message;
    if (images.length > 0 && !link.abilities.images) {
      throw new AgentInputError('images', 'Cannot prompt agent: it takes no pictures');
    }
    const turn = new Turn(clock);
    this.#turn = turn;
    const abort = () => void this.abort(link, ABORT_MS);
    signal.addEventListener('abort', abort, { once: true });
    const stopLooking = this.#lookAtTerminals();
    try {
      life.apply('work-began', 'prompt');
      session.conversation.begin(message);
      const prompt = [{ type: 'text', text: message.message }, ...images];
      const answer = link.request('session/prompt', { sessionId: session.id, prompt });
      answer.catch(() => {});
      const result = readTurnResult(await Promise.race([answer, turn.lost]));
      return this.#outcome(turn, turn.aborted ? { ...result, stopReason: 'aborted' } : result, signal);
    } catch (error) {
      // Some agents answer with an error when they were cancelled.
      if (turn.aborted) return this.#outcome(turn, { stopReason: 'aborted' }, signal);
      throw this.#failure(turn, error);
    } finally {
      stopLooking();
      signal.removeEventListener('abort', abort);
      turn.finish();
    }
  }

  /** Ends the work: asks the agent, and after five seconds ends its process. Resolves when it is over. @returns whether there was any. */
  async abort(link: AcpLink | undefined, deadlineMs: number): Promise<boolean> {
    const turn = this.#turn;
    if (turn === undefined) return false;
    this.#aborting ??= this.#abort(turn, link, deadlineMs).finally(() => {
      this.#aborting = undefined;
    });
    await this.#aborting;
    return true;
  }

  /** Asks the agent to stop, and waits for nothing: the end of its process follows. */
  cancel(link: AcpLink | undefined): void {
    if (this.#turn === undefined) return;
    this.#turn.aborted = true;
    this.#takeBackQuestions();
    this.#parts.onAbort();
    void link?.notify('session/cancel', { sessionId: this.#parts.session.id });
  }

  /** Ends the work of a process that is gone. @returns whether there was any. */
  lose(): boolean {
    const turn = this.#turn;
    if (turn === undefined) return false;
    const errorMessage = "The agent's process ended while it worked";
    if (!turn.aborted) this.#lastError = errorMessage;
    this.#turn = undefined;
    this.#takeBackQuestions();
    const { conversation } = this.#parts.session;
    if (turn.aborted) conversation.end('aborted');
    else conversation.end('error', { errorMessage });
    turn.lose(new AgentFailedError(errorMessage, { interrupted: true }));
    return true;
  }

  /** Notes a failure of the agent beside its work. */
  failed(message: string): void {
    this.#lastError = message;
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

  async #abort(turn: Turn, link: AcpLink | undefined, deadlineMs: number): Promise<void> {
    const { clock, endProcess } = this.#parts;
    const begun = clock.now();
    this.cancel(link);
    await settledWithin(clock, Math.min(deadlineMs, CANCEL_MS), turn.over);
    if (this.#turn !== turn) return;
    if (link !== undefined) await endProcess(link, Math.max(0, deadlineMs - (clock.now() - begun)));
    await turn.over;
  }

  #outcome(turn: Turn, { stopReason, usage }: TurnResult, signal: AbortSignal): PromptOutcome {
    const { conversation, choices } = this.#parts.session;
    const { model } = choices;
    const { firstTokenMs } = turn;
    this.#over(turn, () => conversation.end(stopReason, usage === undefined ? {} : { usage }));
    signal.throwIfAborted();
    return {
      stopReason,
      text: conversation.text,
      ...(usage !== undefined && { usage }),
      ...(model !== undefined && { model }),
      ...(firstTokenMs !== undefined && { firstTokenMs }),
    };
  }

  #failure(turn: Turn, error: unknown): Error {
    const { choices, conversation } = this.#parts.session;
    const known = agentErrorCode(error) === undefined;
    const failure = known ? (error as Error) : agentFailure('carry out prompt', error, choices.answeredBy);
    this.#lastError = failure.message;
    this.#over(turn, () => conversation.end('error', { errorMessage: failure.message }));
    return failure;
  }

  /** Ends the work once, whoever comes first: the answer, or the end of the process. */
  #over(turn: Turn, tell: () => void): void {
    if (this.#turn !== turn) return;
    this.#turn = undefined;
    this.#takeBackQuestions();
    tell();
    this.#parts.life.apply('work-ended');
  }

  #takeBackQuestions(): void {
    this.#questions.abort();
    this.#questions = new AbortController();
  }
}
