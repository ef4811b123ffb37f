import { expect, it } from 'vitest';
import { SessionTotals } from './session-totals.ts';

function terminal(totalWritten: number, totalDropped = 0, listenerFailures = 0, readerFailures = 0) {
  return { listenerFailures, writtenBytes: totalWritten / 5, output: { totalWritten, totalDropped, readerFailures } };
}

it('adds up what terminals have done, every kind of failure included', () => {
  expect(new SessionTotals().with([terminal(100, 10, 1, 2), terminal(5)])).toEqual({
    readBytes: 105,
    writtenBytes: 21,
    droppedBytes: 10,
    listenerFailures: 3,
  });
});

it('never falls when one goes', () => {
  const totals = new SessionTotals();
  const [first, second] = [terminal(100, 10, 1), terminal(5)];
  const before = totals.with([first, second]);
  totals.retire(first);
  expect(totals.with([second])).toEqual(before);
  totals.retire(second);
  expect(totals.with([])).toEqual(before);
});
