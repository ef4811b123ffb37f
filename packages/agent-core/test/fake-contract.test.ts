import { tmpdir } from 'node:os';
import { FakeBackend } from '../src/fake/index.ts';
import { describeAgentBackend } from './agent-contract.ts';

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
  open: async (options = {}) => ({
    backend: new FakeBackend({ supervision: { firstDelayMs: 1 }, ...options }),
    request: { sessionId: 'agent-1', cwd: tmpdir(), env: {}, toolEnv: { PATH: process.env['PATH'] ?? '' } },
    close: async () => {},
  }),
});
