import * as z from 'zod';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../contract.ts';
import { type ExitInfo, exitInfo } from '../exit-info.ts';
import { id, integer, MAX_DURATION_MS, object, offset, oneOf, text } from '../fields.ts';
import { type StreamPosition, streamPosition } from '../stream-position.ts';

/** Waits for something to happen in a terminal: exactly one of `text`, `regex`, `idleMs` and `exit`. */
export interface WaitForCommand extends SessionCommandEnvelope {
  readonly type: 'wait_for';
  /** 1 to 4,096 characters, compared as UTF-8 bytes with the raw output, escape sequences included. */
  readonly text?: string;
  /** 1 to 1,024 characters, an ECMAScript pattern with the flags `m` and `u`, matched against the raw output as UTF-8. */
  readonly regex?: string;
  /** No output for so long, counted from the later of the last output and the start of the command. */
  readonly idleMs?: number;
  /** The session has stopped: program ended and output over. */
  readonly exit?: true;
  /** Where `text` and `regex` begin to look; default `start`. */
  readonly from?: StreamPosition;
  /** The stream `from` belongs to; refused with `INVALID_STATE` if the session has another one. */
  readonly streamId?: string;
}

/** What happened, and where. */
export interface WaitForData {
  readonly matched: 'text' | 'regex' | 'idle' | 'exit';
  readonly streamId: string;
  /** The first byte of the match; for `idle` and `exit` the end of the output then. */
  readonly offset: number;
  /** The byte after the match: where to look on. */
  readonly endOffset: number;
  /** What `regex` matched, cut to 1,024 characters. */
  readonly text?: string;
  /** Present for `exit`. */
  readonly exit?: ExitInfo;
}

/** Contract of `wait_for`. */
export const waitFor: CommandContract<WaitForCommand, WaitForData> = contract({
  type: 'wait_for',
  summary: 'Answers once a text or pattern was written, the terminal was silent for a while, or the session stopped.',
  appliesTo: 'pty',
  scope: 'sessions:read',
  timeoutClass: 'wait',
  example: { type: 'wait_for', id: 'c-19', sessionId: 'build', text: 'BUILD SUCCESSFUL', timeoutMs: 60_000 },
  exampleData: { matched: 'text', streamId: 'st-1', offset: 5000, endOffset: 5016 },
  schema: () =>
    sessionCommand<WaitForCommand>(
      'wait_for',
      {},
      {
        text: text({ max: 4096, error: 'must be 1 to 4096 characters' }),
        regex: text({ max: 1024, error: 'must be 1 to 1024 characters' }).refine(isPattern, {
          error: 'must be an ECMAScript regular expression',
        }),
        idleMs: integer(1, MAX_DURATION_MS),
        exit: z.literal(true, { error: 'must be true' }),
        from: streamPosition,
        streamId: id,
      },
    ).refine((command) => conditionsOf(command) === 1, {
      path: ['text'],
      error: 'or regex, idleMs or exit must be given, and only one of them',
    }),
  dataSchema: () =>
    object<WaitForData>(
      { matched: oneOf(['text', 'regex', 'idle', 'exit']), streamId: id, offset, endOffset: offset },
      { text: z.string(), exit: exitInfo },
    ),
});

function conditionsOf({ text, regex, idleMs, exit }: WaitForCommand): number {
  return [text, regex, idleMs, exit].filter((condition) => condition !== undefined).length;
}

function isPattern(source: string): boolean {
  try {
    new RegExp(source, 'mu');
    return true;
  } catch {
    return false;
  }
}
