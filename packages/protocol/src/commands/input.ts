import * as z from 'zod';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../contract.ts';
import { base64, object, offset } from '../fields.ts';

/** Types into a terminal: exactly one of `data` and `dataBase64`. */
export interface InputCommand extends SessionCommandEnvelope {
  readonly type: 'input';
  /** Text, sent as UTF-8. */
  readonly data?: string;
  /** Any bytes. */
  readonly dataBase64?: string;
}

/** What the terminal took. */
export interface InputData {
  /** All bytes of the command: an input is taken whole or refused whole. */
  readonly bytes: number;
}

/** Contract of `input`. */
export const input: CommandContract<InputCommand, InputData> = contract({
  type: 'input',
  summary: 'Types text or bytes into a terminal, whole or not at all; needs no attachment.',
  appliesTo: 'pty',
  scope: 'sessions:write',
  example: { type: 'input', id: 'c-13', sessionId: 'build', data: 'make\r' },
  exampleData: { bytes: 5 },
  schema: () =>
    sessionCommand<InputCommand>('input', {}, { data: z.string({ error: 'must be text' }), dataBase64: base64 }).refine(
      (command) => (command.data === undefined) !== (command.dataBase64 === undefined),
      {
        path: ['data'],
        error: 'or dataBase64 must be given, and not both',
      },
    ),
  dataSchema: () => object<InputData>({ bytes: offset }),
});
