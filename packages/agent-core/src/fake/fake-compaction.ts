import type { Performed } from '../backend.ts';
import type { Clock } from '../clock.ts';
import { AgentAbortedError } from '../errors.ts';
import { tokensOf } from './answer.ts';
import { textOf } from './conversation.ts';
import { failureOf } from './fake-failure.ts';
import { fakeStep } from './fake-script.ts';
import type { FakeState } from './fake-state.ts';
import { delay, rejectedBy } from './waiting.ts';

/** What a compaction needs. */
export interface CompactionParts {
  readonly state: FakeState;
  /** `hang`, `stubborn`, `slow` and `fail` mean what they mean in a prompt. */
  readonly customInstructions: string | undefined;
  readonly clock: Clock;
  /** Aborted when either of the others is. */
  readonly stop: AbortSignal;
  readonly aborted: AbortSignal;
  readonly gone: AbortSignal;
}

/** Sums the conversation up in one line. @throws AgentFailedError when the provider failed, AgentAbortedError. */
export async function compaction(parts: CompactionParts): Promise<Performed<'compact'>> {
  const { state, aborted, gone } = parts;
  const { conversation, emit, timestamp } = state;
  const messages = conversation.messages();
  const tokensBefore = tokensOf(messages.map(textOf).join(''));
  emit({ type: 'compaction_start', reason: 'manual' });
  try {
    await think(parts);
  } catch (error) {
    if (gone.aborted) throw gone.reason;
    const errorMessage = error instanceof Error && !aborted.aborted ? { errorMessage: error.message } : {};
    emit({ type: 'compaction_end', aborted: aborted.aborted, ...errorMessage });
    throw aborted.aborted ? new AgentAbortedError('Cannot compact conversation: it was aborted') : error;
  }
  const summary = `Summary of ${messages.length} messages.`;
  conversation.add({ role: 'notice', content: [{ type: 'text', text: summary }], timestamp: timestamp() });
  emit({ type: 'compaction_end', aborted: false, tokensBefore });
  return { summary, tokensBefore };
}

async function think({ state, customInstructions = '', clock, stop, gone }: CompactionParts): Promise<void> {
  const step = fakeStep(customInstructions);
  await delay(clock, step.kind === 'slow' ? step.delayMs : 0, stop);
  if (step.kind === 'fail') throw failureOf(step, state.model);
  if (step.kind === 'hang') await rejectedBy(stop);
  if (step.kind === 'stubborn') await rejectedBy(gone);
}
