import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeAgentBackend } from './agent-contract.ts';
import { fakePiBackend } from './fake-pi-backend.ts';

describeAgentBackend('the pi backend, with the interface of pi and no model behind', {
  words: {
    say: (text) => `say ${text}`,
    stream: 'stream 2000',
    hang: 'hang',
    stubborn: { message: 'spin', since: 'message_end' },
    shell: (line) => `bash ${line}`,
    dialog: { message: 'ask', answer: { value: 'green' }, said: /chose green/ },
    fail: (status) => `fail ${status}`,
    crash: { message: 'crash' },
    queue: 'wait',
  },
  open: async (options = {}) => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pi-')));
    mkdirSync(join(folder, 'work'));
    const path = { PATH: process.env['PATH']! };
    return {
      backend: fakePiBackend(folder, options),
      request: { sessionId: 'agent-1', cwd: join(folder, 'work'), env: path, toolEnv: path },
      close: async () => rmSync(folder, { recursive: true, force: true }),
    };
  },
});
