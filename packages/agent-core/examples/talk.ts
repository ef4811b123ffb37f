import { type AgentOwner, ChildAgentProcesses } from '@sessiond/agent-core';
import { AcpBackend } from '@sessiond/agent-core/acp';
import { PiBackend } from '@sessiond/agent-core/pi';

const [message = 'Hello', command, ...args] = process.argv.slice(2); // without a command: pi
const { PATH = '', HOME = '', ANTHROPIC_API_KEY = '' } = process.env;
const toolEnv = { PATH, HOME }; // what commands of tools see
const env = { ...toolEnv, ANTHROPIC_API_KEY }; // what the agent sees
const owner: AgentOwner = {
  onEvent: (event) => {
    if (event.type !== 'message_update' || event.assistantMessageEvent.type !== 'text_delta') return;
    process.stdout.write(event.assistantMessageEvent.delta);
  },
  onStatusChanged: () => {},
  ask: async () => ({ cancelled: true }), // nobody is there to answer
};

const options = { processes: new ChildAgentProcesses(), firstTokenMs: 120_000 };
const backend = command === undefined ? new PiBackend(options) : new AcpBackend({ ...options, command, args });
const signal = AbortSignal.timeout(600_000);
try {
  const agent = await backend.open({ sessionId: 'agent-1', cwd: process.cwd(), env, toolEnv }, owner, signal);
  const { stopReason } = await agent.prompt({ message }, signal);
  console.log(`\n${stopReason}`);
} finally {
  await backend.close(5_000);
}
