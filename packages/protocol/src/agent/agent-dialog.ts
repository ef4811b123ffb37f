import * as z from 'zod';
import { durationMs, type FieldArguments, flag, id, list, object, oneOf, type Shape, shape } from '../fields.ts';

/** What an agent asks a person: one of some options, yes or no, a line, or a text. */
export type DialogMethod = 'select' | 'confirm' | 'input' | 'editor';

/** A question of an agent that waits for a person. */
export interface DialogRequest {
  readonly requestId: string;
  readonly method: DialogMethod;
  readonly title: string;
  /** Of `confirm`: the question. */
  readonly message?: string;
  /** Of `select`: what there is to choose from; an answer is one of them, word for word. */
  readonly options?: readonly string[];
  /** Of `input`. */
  readonly placeholder?: string;
  /** Of `editor`: the text to begin with. */
  readonly prefill?: string;
  /** How long it waits before it is answered with the default; absent when only the session's end ends it. */
  readonly timeoutMs?: number;
}

/** An answer to a dialog. Exactly one of the three: a text for `select`, `input` and `editor`, a decision for `confirm`, or no answer. */
export interface DialogAnswer {
  readonly value?: string;
  readonly confirmed?: boolean;
  readonly cancelled?: true;
}

/**
 * Who ended a dialog: a client that answered or declined it, its time was over, the turn was aborted, there were too many dialogs, or the agent is gone. All but
 * the first give the agent the default, which is no answer.
 */
export type DialogEnd = 'answered' | 'cancelled' | 'timeout' | 'aborted' | 'capacity' | 'gone';

/** Schema of {@link DialogMethod}. */
export const dialogMethod: z.ZodType<DialogMethod> = oneOf(['select', 'confirm', 'input', 'editor']);

/** Schema of {@link DialogEnd}. */
export const dialogEnd: z.ZodType<DialogEnd> = oneOf([
  'answered',
  'cancelled',
  'timeout',
  'aborted',
  'capacity',
  'gone',
]);

const requestFields: FieldArguments<DialogRequest> = [
  { requestId: id, method: dialogMethod, title: z.string() },
  {
    message: z.string(),
    options: list(z.string(), 1000),
    placeholder: z.string(),
    prefill: z.string(),
    timeoutMs: durationMs,
  },
];

/** The fields of {@link DialogRequest}, for an event that carries them. */
export const dialogFields: Shape = shape(requestFields);

/** Schema of {@link DialogRequest}. */
export const dialogRequest: z.ZodType<DialogRequest> = object<DialogRequest>(...requestFields);

/** Schemas of the fields of {@link DialogAnswer}. */
export const dialogAnswerFields: {
  readonly value: z.ZodType<string>;
  readonly confirmed: z.ZodType<boolean>;
  readonly cancelled: z.ZodType<true>;
} = {
  value: z.string({ error: 'must be a text' }).max(1_048_576, { error: 'must be at most 1048576 characters' }),
  confirmed: flag,
  cancelled: z.literal(true),
};
