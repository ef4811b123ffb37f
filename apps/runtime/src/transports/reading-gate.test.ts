import { expect, it } from 'vitest';
import { ReadingGate } from './reading-gate.ts';

it('reads only while nobody has a reason against it', () => {
  let reading = true;
  const gate = new ReadingGate({
    pauseReading: () => {
      reading = false;
    },
    resumeReading: () => {
      reading = true;
    },
  });
  const seen = [
    () => gate.resume('unread'),
    () => gate.pause('unread'),
    () => gate.pause('unread'),
    () => gate.pause('rate'),
    () => gate.resume('unread'),
    () => gate.resume('unread'),
    () => gate.resume('rate'),
  ].map((act) => {
    act();
    return reading;
  });
  expect(seen).toEqual([true, false, false, false, false, false, true]);
});
