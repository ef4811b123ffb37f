import type { TokenUsage } from '@sessiond/protocol';
import type { PromptOutcome } from '../../backend.ts';
import { AgentFailedError, type ProviderFailure } from '../../errors.ts';
import { errorWords } from './error-words.ts';
import type { PiEvent, PiMessage, PiModel } from './pi-api.ts';
import { failureInWords } from './provider-watch.ts';
import { addUsage, textOf, toModel, toStopReason, toUsage } from './to-message.ts';

/** What comes of one prompt, from what the session tells while it works: pi itself says nothing at the end, and does not fail when a provider does. */
export class Turn {
  readonly #abort = new AbortController();
  #usage: TokenUsage | undefined;
  #last: PiMessage | undefined;

  /** Aborted when the turn is. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get aborted(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Whether its last answer was a failure. */
  get failed(): boolean {
    return this.#last?.stopReason === 'error';
  }

  abort(): void {
    this.#abort.abort();
  }

  /** Takes what was told. */
  observe(event: PiEvent): void {
    if (event.type !== 'message_end' || event.message?.role !== 'assistant') return;
    this.#last = event.message;
    if (event.message.usage !== undefined) this.#usage = addUsage(this.#usage, toUsage(event.message.usage));
  }

  /**
   * The outcome.
   * @param failure How the last request to the provider at an address failed, if it did.
   * @throws AgentFailedError when the last answer was a failure, with what is known of the provider.
   */
  outcome(
    model: PiModel | undefined,
    failure: (baseUrl: string | undefined) => Pick<ProviderFailure, 'kind' | 'status' | 'retryAfterMs'> | undefined,
  ): PromptOutcome {
    const last = this.#last;
    const stopReason = this.aborted ? 'aborted' : (toStopReason(last?.stopReason) ?? 'stop');
    if (stopReason === 'error') {
      const message = last?.errorMessage ?? '';
      throw new AgentFailedError(errorWords(message), {
        provider: {
          provider: last?.provider ?? model?.provider ?? 'unknown',
          ...(last?.model === undefined ? {} : { model: last.model }),
          ...(failure(model?.baseUrl) ?? failureInWords(message)),
        },
      });
    }
    return {
      stopReason,
      text: last === undefined ? '' : textOf(last),
      ...(this.#usage === undefined ? {} : { usage: this.#usage }),
      ...(model === undefined ? {} : { model: toModel(model) }),
    };
  }
}
