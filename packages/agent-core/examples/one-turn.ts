import { type AgentOwner, DeltaCoalescer, Dialogs, EventLog } from '@sessiond/agent-core';
import { FakeBackend } from '@sessiond/agent-core/fake'; // or PiBackend of /pi, AcpBackend of /acp

const log = new EventLog({ maxEvents: 8 }); // keeps the last 8 events
const pieces = new DeltaCoalescer({ emit: (event) => log.append((seq) => JSON.stringify({ seq, ...event })) });
const dialogs = new Dialogs({ emit: (event) => pieces.push(event) });
const owner: AgentOwner = {
  onEvent: (event) => pieces.push(event),
  onStatusChanged: () => {},
  ask: (question, signal) => dialogs.ask(question, signal),
};

const backend = new FakeBackend();
const signal = AbortSignal.timeout(60_000);
const request = { sessionId: 'agent-1', cwd: process.cwd(), env: {}, toolEnv: {} };
const agent = await backend.open(request, owner, signal);

const turn = agent.prompt({ message: 'dialog confirm' }, signal);
while (dialogs.size === 0) await new Promise(setImmediate);
console.log(dialogs.pending[0]?.title); // Go on?
dialogs.answer('ui-1', { confirmed: true });
console.log((await turn).text); // You answered: yes

console.log(log.read(1)); // { kind: 'gap', from: 1, to: 7 }
console.log(log.read(14)?.kind, log.read(15)); // event undefined
await backend.close(1000);
