import { expect, it } from 'vitest';
import { onCredentialEnd } from './credential-end.ts';

const nobody = { id: 'ada', scopes: [] };

it('comes when the credential expires, also when that is so already', async () => {
  const ends: string[] = [];
  await new Promise<void>((resolve) => {
    onCredentialEnd({ ...nobody, expiresAtMs: Date.now() + 5 }, (reason) => {
      ends.push(reason);
      resolve();
    });
  });
  onCredentialEnd(
    { ...nobody, expiresAtMs: 5 },
    (reason) => ends.push(reason),
    () => 5,
  );
  expect(ends).toEqual(['expired', 'expired']);
});

it('comes when the credential is revoked, once, also when that is so already', () => {
  const ends: string[] = [];
  const revocation = new AbortController();
  const principal = { ...nobody, expiresAtMs: Number.MAX_SAFE_INTEGER, revoked: revocation.signal };
  onCredentialEnd(principal, (reason) => ends.push(reason));
  revocation.abort();
  onCredentialEnd(principal, (reason) => ends.push(reason));
  expect(ends).toEqual(['revoked', 'revoked']);
});

it('never comes for what lasts, nor for who has stopped waiting', () => {
  const revocation = new AbortController();
  const fail = () => expect.unreachable();
  onCredentialEnd(nobody, fail)();
  const stop = onCredentialEnd({ ...nobody, revoked: revocation.signal, expiresAtMs: Number.MAX_SAFE_INTEGER }, fail);
  stop();
  stop();
  revocation.abort();
});
