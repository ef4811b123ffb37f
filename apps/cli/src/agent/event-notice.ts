import type { KnownEvent } from '@sessiond/protocol';
import { durationText } from '../quantity-text.ts';
import type { Style } from '../style.ts';
import { plainText } from './plain-text.ts';
import { oneLine } from './tool-line.ts';

/** A sentence about an event, and how it is to look. */
export interface Notice {
  readonly text: string;
  readonly paint: keyof Style;
}

const PLAN_MARKS: Readonly<Record<string, string>> = { pending: '·', in_progress: '…', completed: '✓' };

/** What a person should know of an event that is no part of what is said; `undefined` for most. */
export function eventNotice(event: KnownEvent): Notice | undefined {
  switch (event.type) {
    case 'compaction_start':
      return faint('the agent sums up the conversation, to make room');
    case 'compaction_end':
      if (event.aborted) return notable('summing up was aborted');
      return event.errorMessage === undefined
        ? faint('summed up')
        : bad(`summing up failed: ${oneLine(event.errorMessage)}`);
    case 'auto_retry_start': {
      const { errorMessage, attempt, maxAttempts, delayMs } = event;
      const when = `trying again in ${durationText(delayMs)} (${attempt} of ${maxAttempts})`;
      return notable(`${oneLine(errorMessage)}; ${when}`);
    }
    case 'model_changed':
      return faint(`model: ${oneLine(`${event.provider}/${event.modelId}`)}`);
    case 'thinking_level_changed':
      return faint(`thinking: ${oneLine(event.level)}`);
    case 'plan_update':
      return faint(
        event.entries.map(({ content, status }) => `${PLAN_MARKS[status] ?? '·'} ${oneLine(content)}`).join('\n'),
      );
    case 'extension_notify': {
      const paint = { info: 'faint', warning: 'notable', error: 'bad' } as const;
      return { text: plainText(event.message), paint: paint[event.level] };
    }
    case 'extension_error':
      return bad(`an extension failed: ${oneLine(event.message)}`);
    case 'agent_restarting': {
      const interrupted = event.interrupted ? 'what it worked on was interrupted, ' : '';
      return bad(`the agent ended; ${interrupted}it is started again in ${durationText(event.delayMs)}`);
    }
    case 'agent_restarted':
      return notable(`the agent runs again${event.resumed ? '' : ', and does not know what was said before'}`);
    case 'agent_stopped': {
      const why = event.errorMessage === undefined ? '' : `: ${oneLine(event.errorMessage)}`;
      return notable(`${overText(event.reason)}${why}`);
    }
    case 'session_expiring':
      return notable(`the session ends in ${durationText(event.inMs)} (${event.reason})`);
    case 'bash.finished':
      return faint(`a command that somebody ran beside the agent ended with ${event.exitCode ?? event.signal}`);
    default:
      return undefined;
  }
}

/** That a session is over, and why. */
export function overText(reason: string): string {
  return reason === 'shutdown'
    ? 'the daemon is ending, and the agent with it'
    : `the session is over (${oneLine(reason)})`;
}

function faint(text: string): Notice {
  return { text, paint: 'faint' };
}

function notable(text: string): Notice {
  return { text, paint: 'notable' };
}

function bad(text: string): Notice {
  return { text, paint: 'bad' };
}
