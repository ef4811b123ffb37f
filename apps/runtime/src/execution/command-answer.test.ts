import { commandContracts, type ResponseDataOf, successResponse } from '@sessiond/protocol';
import { expect, it } from 'vitest';
import { addressed, replayed, successText } from './command-answer.ts';
import { answerOf } from './command-outcome.ts';

it.each([...commandContracts.values()])(
  'writes the answer to $type as the protocol has it',
  ({ type, exampleData }) => {
    const data = exampleData as ResponseDataOf<typeof type>;
    for (const sessionVersion of [undefined, 0, 7]) {
      const text = successText(type, data, sessionVersion);
      expect(text).toBe(JSON.stringify(successResponse({ type }, data, { sessionVersion })));
      expect(addressed(text, 'c-1')).toBe(
        JSON.stringify(successResponse({ type, id: 'c-1' }, data, { sessionVersion })),
      );
      const again = successResponse({ type, id: 'c-1' }, data, { sessionVersion, replayed: true });
      expect(replayed(text, 'c-1')).toBe(JSON.stringify(again));
    }
  },
);

it.each([
  ['nothing', undefined],
  ['a function', () => {}],
  ['a number that JSON does not know', { bytes: 1n }],
])('tells that an answer cannot be sent when its data is %s, in JSON all the same', (_, data) => {
  expect(() => successText('bash', data, 1)).toThrow(TypeError);
  const { code, text } = answerOf('bash', { ok: true, data, sessionVersion: 1 });
  expect(code).toBe('INTERNAL');
  expect(JSON.parse(text)).toMatchObject({ type: 'response', command: 'bash', success: false });
});
