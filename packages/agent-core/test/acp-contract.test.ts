import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acpAgent } from '@sessiond/testkit';
import { AcpBackend } from '../src/acp/index.ts';
import { ChildAgentProcesses } from '../src/child-agent-processes.ts';
import { describeAgentBackend } from './agent-contract.ts';
import { ChildTerminals } from './child-terminals.ts';

describeAgentBackend('the ACP backend', {
  words: {
    say: (text) => `echo ${text}`,
    stream: 'stream 1000',
    hang: 'hang',
    stubborn: { message: 'stubborn', since: 'agent_start' },
    shell: (line) => `bash ${line}`,
    dialog: { message: 'permission', answer: { value: 'Allow' }, said: /chose yes/ },
    fail: (status) => `fail ${status}`,
    crash: { message: 'crash' },
  },
  open: async (options = {}) => {
    const folder = await mkdtemp(join(tmpdir(), 'acp-'));
    const env = { PATH: process.env['PATH'] ?? '', TMPDIR: tmpdir() };
    return {
      backend: new AcpBackend({ processes: new ChildAgentProcesses(), terminals: new ChildTerminals(), ...options }),
      request: { sessionId: 'agent-1', cwd: folder, env, toolEnv: env, ...acpAgent('--folder', join(folder, 'kept')) },
      close: () => rm(folder, { recursive: true }),
    };
  },
});
