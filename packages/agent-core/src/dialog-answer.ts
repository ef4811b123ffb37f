import type { DialogAnswer, DialogRequest } from '@sessiond/protocol';

/** The longest text that answers a dialog, in characters. */
const MAX_TEXT = 1_048_576;

/** Why an answer is not one. */
export interface DialogAnswerProblem {
  /** Which field of the answer is to blame. */
  readonly field: 'value' | 'confirmed';
  /** What is allowed, to follow the name of the field; without what a person wrote. */
  readonly message: string;
}

/** What is wrong with an answer to a question; `undefined`: nothing. To decline is always right. */
export function dialogAnswerProblem(request: DialogRequest, answer: DialogAnswer): DialogAnswerProblem | undefined {
  const { value, confirmed, cancelled } = answer;
  if ([value, confirmed, cancelled].filter((given) => given !== undefined).length !== 1) {
    return {
      field: 'value',
      message: 'must be alone: exactly one of value, confirmed and cancelled answers a dialog',
    };
  }
  if (cancelled) return undefined;
  if (request.method === 'confirm') {
    return typeof confirmed === 'boolean'
      ? undefined
      : { field: 'confirmed', message: 'must be given: the dialog asks yes or no' };
  }
  if (typeof value !== 'string')
    return { field: 'value', message: `must be given: the dialog asks for ${WANTED[request.method]}` };
  if (value.length > MAX_TEXT) return { field: 'value', message: 'must be at most 1048576 characters' };
  if (request.method === 'select' && !request.options?.includes(value)) {
    return { field: 'value', message: 'must be one of the options of the dialog, word for word' };
  }
  return undefined;
}

const WANTED = { select: 'one of its options', input: 'a line', editor: 'a text' } as const;
