import type { DialogAnswer, DialogMethod } from '@sessiond/protocol';
import { expect, it } from 'vitest';
import { dialogAnswerProblem } from './dialog-answer.ts';

it.each<[DialogMethod, DialogAnswer, string | undefined]>([
  ['select', { value: 'b' }, undefined],
  ['select', { value: 'B' }, 'value'],
  ['select', { confirmed: true }, 'value'],
  ['select', { cancelled: true }, undefined],
  ['confirm', { confirmed: false }, undefined],
  ['confirm', { value: 'yes' }, 'confirmed'],
  ['confirm', { cancelled: true }, undefined],
  ['input', { value: '' }, undefined],
  ['input', { confirmed: true }, 'value'],
  ['editor', { value: 'x'.repeat(1_048_576) }, undefined],
  ['editor', { value: 'x'.repeat(1_048_577) }, 'value'],
  ['input', {}, 'value'],
  ['confirm', { confirmed: true, cancelled: true }, 'value'],
  ['input', { value: 'a', confirmed: true }, 'value'],
])('[AG04] a %s answered with the given fields blames %j', (method, answer, field) => {
  const request = { requestId: 'ui-1', method, title: 'Which?', options: ['a', 'b'] };
  expect(dialogAnswerProblem(request, answer)?.field).toBe(field);
});
