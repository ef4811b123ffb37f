import { expect, it } from 'vitest';
import { lostStatusText } from './lost-status.ts';

it('says that a status is lost, and with whom, and nothing of one that is known', () => {
  const lost = { exitCode: null, signal: null };
  expect(lostStatusText({ ...lost, reason: 'lost' })).toBe(
    'the program ended with the daemon that ran it; its status is lost',
  );
  expect(lostStatusText({ ...lost, reason: 'exited' })).toBe('the program has ended; its status is lost');
  expect(lostStatusText(undefined)).toBe('the program has ended; its status is lost');
  expect(lostStatusText({ exitCode: 1, signal: null, reason: 'exited' })).toBeUndefined();
  expect(lostStatusText({ exitCode: null, signal: 'SIGKILL', reason: 'signaled' })).toBeUndefined();
});
