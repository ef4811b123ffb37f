import { expect, it } from 'vitest';
import { loadSdk } from './load-sdk.ts';

it('says what to install when the SDK is not there', async () => {
  const missing = new Error("Cannot find package '@agentclientprotocol/sdk'");
  await expect(loadSdk(() => Promise.reject(missing))).rejects.toMatchObject({
    code: 'agent-unavailable',
    message: expect.stringContaining('install @agentclientprotocol/sdk 2.4'),
    cause: missing,
  });
});

it('gives the SDK when it is there', async () => {
  expect((await loadSdk()).client).toBeTypeOf('function');
});
