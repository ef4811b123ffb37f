import { expect, it } from 'vitest';
import { SentRequests } from './sent-requests.ts';

it('loses all of them with a connection that a message was too large for, and ends one of the largest, however many there are', () => {
  const requests = new SentRequests();
  const found: string[] = [];
  const many = 200_000;
  for (let index = 0; index < many; index += 1) {
    const bytes = index % 100_000 === 7 ? 2 : 1;
    requests.add(`c-${index}`, {
      command: 'bash',
      bytes,
      settle: (outcome) => {
        if (!outcome.ok) found.push(outcome.by === 'end' ? `end of ${index}` : outcome.by);
      },
    });
  }
  requests.lose({ code: 1009, reason: '' });
  expect(found).toHaveLength(many);
  expect(found.filter((each) => each !== 'loss')).toEqual(['end of 7']);
  expect(requests.size).toBe(0);
});
