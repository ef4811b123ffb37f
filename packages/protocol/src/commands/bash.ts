import * as z from 'zod';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../contract.ts';
import { base64, elapsedMs, flag, integer, object, offset, orNull, sessionId, signalName, text } from '../fields.ts';
import { utf8Bytes } from '../utf8-bytes.ts';

/** The most output that an answer can carry. */
export const MAX_BASH_OUTPUT_BYTES: number = 1024 * 1024;

/** Runs a line of shell beside the terminal of a session, in its working directory and environment. */
export interface BashCommand extends SessionCommandEnvelope {
  readonly type: 'bash';
  /** What `bash -c` is given, at most 128 KiB as UTF-8; where there is no bash, `sh` gets it. */
  readonly command: string;
  /** How much of the end of the output the answer carries, 0 to 1,048,576 bytes; default the server's, 256 KiB. Events carry all of it. */
  readonly maxOutputBytes?: number;
  /** Ends the command when the connection that sent it is gone; default `false`: it goes on. */
  readonly cancelOnDisconnect?: boolean;
}

/** How it ended: with `exitCode` or with `signal`, never both. A status other than 0 is a success of this command. */
export interface BashData {
  readonly sessionId: string;
  /** `null` if a signal ended the shell. */
  readonly exitCode: number | null;
  /** `null` unless a signal ended the shell. */
  readonly signal: string | null;
  /** The end of the output: stdout and stderr in the order in which they were read, as text; what is no UTF-8 is U+FFFD here. */
  readonly output: string;
  /** The same as the bytes it was; present exactly when `output` is not all of it. */
  readonly outputBase64?: string;
  /** Offset of the first byte of `output` within everything that was written. */
  readonly start: number;
  /** Everything that was written. */
  readonly totalBytes: number;
  /** Whether `output` lacks the beginning. */
  readonly truncated: boolean;
  /** From the start of the shell to its end. */
  readonly durationMs: number;
}

/** Contract of `bash`. */
export const bash: CommandContract<BashCommand, BashData> = contract({
  type: 'bash',
  summary:
    'Runs a line of shell in the working directory and environment of a session, without touching its terminal: stdin is `/dev/null`, the output comes as `bash.output` events while it runs and, its end, in the answer. It has a process session of its own, all of which is ended at the deadline (`TIMEOUT`), by `abort_bash` and `cancel_command` (`CANCELLED`), and with the session; these errors carry the fields below, as far as they are known, in `details`.',
  appliesTo: 'session',
  lane: 'data',
  scope: 'sessions:write',
  mutates: true,
  timeoutClass: 'shell',
  // Longer than it takes to end what ignores every signal but SIGKILL.
  lastWordMs: 5_000,
  journalled: true,
  journalKeeps: ['maxOutputBytes', 'cancelOnDisconnect'],
  example: { type: 'bash', id: 'c-20', sessionId: 'build', command: 'git status --short', timeoutMs: 5000 },
  exampleData: {
    sessionId: 'build',
    exitCode: 0,
    signal: null,
    output: ' M README.md\n',
    start: 0,
    totalBytes: 13,
    truncated: false,
    durationMs: 12.5,
  },
  schema: () =>
    sessionCommand<BashCommand>(
      'bash',
      {
        command: text({
          max: 131_071,
          pattern: /^[^\0]*$/,
          error: 'must be 1 to 131071 characters without NUL',
        }).refine((command) => command.length < 43_690 || utf8Bytes(command) < 131_072, {
          error: 'must be at most 131071 bytes as UTF-8',
        }),
      },
      { maxOutputBytes: integer(0, MAX_BASH_OUTPUT_BYTES), cancelOnDisconnect: flag },
    ),
  dataSchema: () =>
    object<BashData>(
      {
        sessionId,
        exitCode: orNull(integer(0, 255)),
        signal: orNull(signalName),
        output: z.string(),
        start: offset,
        totalBytes: offset,
        truncated: flag,
        durationMs: elapsedMs,
      },
      { outputBase64: base64 },
    ),
});
