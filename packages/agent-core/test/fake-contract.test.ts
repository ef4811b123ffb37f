import { tmpdir } from 'node:os';
import { describe } from 'vitest';
import { FakeBackend } from '../src/fake/index.ts';
import { describeAgentBackend } from './agent-contract.ts';

// The ids of the tests in the suite, for the table of which tests prove what.
describe('[AG10] [AG11] [AG12] [AG13] [AG14] [AG15] [AG16] [AG17] [AG18] [AG19]', () => {
  describeAgentBackend('the fake backend', {
    words: {
      say: (text) => `echo ${text}`,
      stream: 'stream 1000',
      hang: 'hang',
      stubborn: { message: 'stubborn', since: 'message_update' },
      shell: (line) => `bash ${line}`,
      dialog: { message: 'dialog confirm', answer: { confirmed: true }, said: /yes/ },
      fail: (status) => `fail ${status}`,
      crash: { message: 'crash' },
      queue: 'queue',
    },
    open: async () => ({
      backend: new FakeBackend({ supervision: { firstDelayMs: 1 } }),
      request: { sessionId: 'agent-1', cwd: tmpdir(), env: {}, toolEnv: { PATH: process.env['PATH'] ?? '' } },
      close: async () => {},
    }),
  });
});
