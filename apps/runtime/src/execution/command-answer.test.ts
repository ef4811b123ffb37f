import { commandContracts, type ResponseDataOf, successResponse } from '@sessiond/protocol';
import { expect, it } from 'vitest';
import { addressed, replayed, successText } from './command-answer.ts';

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
