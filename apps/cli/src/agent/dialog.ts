import type { DialogAnswer, DialogEnd, DialogRequest } from '@sessiond/protocol';
import type { Style } from '../style.ts';
import { plainText } from './plain-text.ts';
import { wrappedToFit } from './text-flow.ts';
import { oneLine } from './tool-line.ts';

/** What typed words answer: the answer, or why they are none. */
export type TypedAnswer = { readonly answer: DialogAnswer } | { readonly problem: string };

const HINTS: Readonly<Record<DialogRequest['method'], string>> = {
  select: 'a number, Enter · Esc: no answer',
  confirm: 'y or n, Enter · Esc: no answer',
  input: 'Enter · Esc: no answer',
  editor: 'Enter sends · Alt-Enter: new line · Ctrl-G: $EDITOR · Esc: no answer',
};

/** A question of an agent as rows of at most `cols` cells: title, message, numbered options, and what can be typed. */
export function dialogRows(dialog: DialogRequest, cols: number, style: Style): string[] {
  const { method, title, message, options = [] } = dialog;
  const fit = (text: string): string[] => wrappedToFit(text, cols);
  return [
    ...fit(`? ${plainText(title)}`).map(style.strong),
    ...(message === undefined ? [] : fit(plainText(message))),
    ...(method === 'select' ? options.flatMap((option, at) => fit(`${at + 1}. ${oneLine(option)}`)) : []),
    ...fit(HINTS[method]).map(style.faint),
  ];
}

/** Reads what was typed as the answer to a dialog. */
export function typedAnswer(dialog: DialogRequest, typed: string): TypedAnswer {
  switch (dialog.method) {
    case 'select':
      return selected(dialog.options ?? [], typed.trim());
    case 'confirm':
      return confirmed(typed.trim().toLowerCase());
    default:
      return { answer: { value: typed } };
  }
}

/** What an answered dialog leaves behind: the question and what came of it, on one line. */
export function dialogEndText(title: string, end: DialogEnd, own: DialogAnswer | undefined): string {
  return `? ${oneLine(title)} → ${end === 'answered' ? answerText(own) : END_TEXTS[end]}`;
}

const END_TEXTS: Readonly<Record<Exclude<DialogEnd, 'answered'>, string>> = {
  cancelled: 'no answer',
  timeout: 'no answer in time',
  aborted: 'aborted',
  capacity: 'not asked: too many questions wait',
  gone: 'the agent is gone',
};

function answerText(own: DialogAnswer | undefined): string {
  if (own === undefined) return 'answered elsewhere';
  if (own.confirmed !== undefined) return own.confirmed ? 'yes' : 'no';
  return oneLine(own.value ?? '') || '(empty)';
}

function selected(options: readonly string[], typed: string): TypedAnswer {
  const option = /^\d+$/.test(typed) ? options[Number(typed) - 1] : options.find((one) => one === typed);
  if (option !== undefined) return { answer: { value: option } };
  return { problem: `Type a number from 1 to ${options.length}.` };
}

function confirmed(typed: string): TypedAnswer {
  if (/^(y|yes)$/.test(typed)) return { answer: { confirmed: true } };
  if (/^(n|no)$/.test(typed)) return { answer: { confirmed: false } };
  return { problem: 'Type y or n.' };
}
