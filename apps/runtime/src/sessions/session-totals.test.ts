import { expect, it } from 'vitest';
import { SessionTotals, type Totals } from './session-totals.ts';

function terminal(readBytes: number, writtenBytes = 0, droppedBytes = 0, listenerFailures = 0): Totals {
  return { readBytes, writtenBytes, droppedBytes, listenerFailures };
}

it('adds up what terminals have done', () => {
  expect(new SessionTotals().with([terminal(100, 20, 10, 3), terminal(5, 1)])).toEqual({
    readBytes: 105,
    writtenBytes: 21,
    droppedBytes: 10,
    listenerFailures: 3,
  });
});

it('never falls when one goes', () => {
  const totals = new SessionTotals();
  const [first, second] = [terminal(100, 20, 10, 1), terminal(5)];
  const before = totals.with([first, second]);
  totals.retire(first);
  expect(totals.with([second])).toEqual(before);
  totals.retire(second);
  expect(totals.with([])).toEqual(before);
});
