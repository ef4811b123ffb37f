import type { DialogRequest } from '@sessiond/protocol';
import { expect, it } from 'vitest';
import { PendingDialogs } from './pending-dialogs.ts';

function dialog(requestId: string): DialogRequest {
  return { requestId, method: 'confirm', title: requestId };
}

const given = { answer: { confirmed: true }, isTaken: Promise.resolve(true) };

it('asks the oldest one that was not answered here, and again what did not arrive', () => {
  const dialogs = new PendingDialogs();
  dialogs.add(dialog('a'));
  dialogs.add(dialog('b'));
  expect(dialogs.first?.requestId).toBe('a');
  dialogs.answered('a', given);
  expect(dialogs.first?.requestId).toBe('b');
  dialogs.unanswered('a');
  expect(dialogs.first?.requestId).toBe('a');
});

it('tells once what was asked and answered, and a list that is a moment old brings nothing back', () => {
  const dialogs = new PendingDialogs();
  dialogs.add(dialog('a'));
  dialogs.answered('a', given);
  expect(dialogs.end('a')).toEqual({ dialog: dialog('a'), given });
  expect(dialogs.end('a')).toBeUndefined();
  dialogs.add(dialog('a'));
  expect(dialogs.first).toBeUndefined();
});

it('keeps nothing of an agent that is gone', () => {
  const dialogs = new PendingDialogs();
  dialogs.add(dialog('a'));
  dialogs.clear();
  dialogs.answered('a', given);
  expect(dialogs.end('a')).toBeUndefined();
});
