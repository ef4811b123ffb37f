import { expect, test } from 'vitest';
import { SignalAudit, type SignalRecord } from './signal-audit.ts';

function record(timestamp: number): SignalRecord {
  return { ptyId: 'p', signal: 'SIGWINCH', timestamp, outcome: 'delivered', pid: 7 };
}

test('[T007] the last fifty are kept, oldest first', () => {
  const audit = new SignalAudit();
  for (let timestamp = 0; timestamp < 60; timestamp += 1) audit.add(record(timestamp));
  expect(audit.records).toHaveLength(50);
  expect([audit.records[0], audit.records.at(-1)]).toEqual([record(10), record(59)]);
});

test('what was handed out does not change', () => {
  const audit = new SignalAudit();
  audit.add(record(1));
  const before = audit.records;
  audit.add(record(2));
  expect(before).toEqual([record(1)]);
});
