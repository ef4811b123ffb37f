import { expect, it } from 'vitest';
import { hideSecrets, secretsIn } from './hide-secrets.ts';

it('knows the values of variables whose names speak of secrets, and no words that occur anyway', () => {
  const env = { MY_API_KEY: 'hunter2', auth_token: 'letmein', PATH: '/usr/bin', KEY_COUNT: '1', NO_SECRET: undefined };
  expect(secretsIn(env)).toEqual(['hunter2', 'letmein']);
});

it.each([
  ['bad key hunter2, not hunter2', 'bad key [hidden], not [hidden]'],
  ['sent Bearer abc.def to it', 'sent [hidden] to it'],
  [`token ${'aB3'.repeat(20)}==`, 'token [hidden]'],
  ['500 {"error":{"message":"the server is overloaded"}}', '500 {"error":{"message":"the server is overloaded"}}'],
])('hides secrets and nothing else: %s', (text, hidden) => {
  expect(hideSecrets(text, ['hunter2'])).toBe(hidden);
});
