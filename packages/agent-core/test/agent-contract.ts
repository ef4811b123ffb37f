import { type AgentCommand, type AgentEventType, agentCommandTypes, commandContract } from '@sessiond/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Agent, OpenAgent, PerformedType } from '../src/backend.ts';
import type { AgentBench, AgentHarness } from './agent-harness.ts';
import { eventProblems } from './event-problems.ts';
import { TestOwner } from './test-owner.ts';

const never = new AbortController().signal;
/** How long what is aborted may take before it is ended with its process; never needed unless a test says so. */
const PATIENCE_MS = 20_000;

/** Commands that change nothing and need no argument. */
const QUESTIONS: readonly PerformedType[] = [
  'get_messages',
  'get_available_models',
  'get_commands',
  'get_skills',
  'get_tools',
  'get_session_stats',
  'get_context_usage',
  'get_last_assistant_text',
  'get_fork_messages',
  'get_tree',
];

const OWN_METHODS: ReadonlySet<string> = new Set([
  'prompt',
  'steer',
  'follow_up',
  'abort',
  'list_pending_ui',
  'extension_ui_response',
]);

const PERFORMED = agentCommandTypes.filter((type): type is PerformedType => !OWN_METHODS.has(type));

/** What every kind of agent promises to whoever opens it, asked of one kind. */
export function describeAgentBackend(name: string, { words, open }: AgentHarness): void {
  describe(`an agent of ${name}`, () => {
    let bench: AgentBench;
    let owners: TestOwner[];
    beforeEach(async () => {
      owners = [];
      bench = await open();
    });
    afterEach(async () => {
      await bench.backend.close(PATIENCE_MS);
      await bench.close();
      for (const { events } of owners) {
        expect(events.flatMap(eventProblems)).toEqual([]);
        const phases = events.filter((event) => event.type === 'agent_phase_changed');
        expect(phases.map(({ from }) => from)).toEqual(['starting', ...phases.slice(0, -1).map(({ to }) => to)]);
        // Nothing comes after the end, and the end comes once.
        expect(events.map(({ type }) => type).indexOf('agent_stopped')).toBe(events.length - 1);
      }
    });

    async function start(more: Partial<OpenAgent> = {}): Promise<{ agent: Agent; owner: TestOwner }> {
      const owner = new TestOwner();
      const agent = await bench.backend.open({ ...bench.request, ...more }, owner, never);
      owners.push(owner);
      return { agent, owner };
    }

    /** Begins a prompt and waits until the agent works on it, or has come further. */
    async function working(message: string, until: AgentEventType = 'agent_start') {
      const { agent, owner } = await start();
      const begun = owner.next(until);
      const prompt = agent.prompt({ message }, never);
      prompt.catch(() => {});
      await begun;
      return { agent, owner, prompt };
    }

    async function stillWorks(agent: Agent): Promise<void> {
      expect(await agent.prompt({ message: words.say('still here') }, never)).toMatchObject({
        stopReason: 'stop',
        text: 'still here',
      });
    }

    function perform(agent: Agent, type: PerformedType, signal = never): Promise<unknown> {
      const { example } = commandContract(type);
      return agent.perform({ ...example, sessionId: bench.request.sessionId } as AgentCommand<PerformedType>, signal);
    }

    describe('when it is opened', () => {
      it('[AG10] is idle, and has told how it came there', async () => {
        const { agent, owner } = await start();
        expect(agent.status).toMatchObject({ phase: 'idle', restarts: 0, isStreaming: false, isCompacting: false });
        expect(agent.status).toMatchObject({ steering: [], followUp: [] });
        expect(agent.status.transitions.at(-1)).toMatchObject({ to: 'idle' });
        expect(owner.all('agent_phase_changed').at(-1)).toMatchObject({ from: 'starting', to: 'idle' });
        expect(bench.backend.snapshot()).toMatchObject({ agents: 1, restarting: 0, restarts: 0, crashes: 0 });
      });

      it('[AG12] is not, for a caller who has given up before', async () => {
        const gaveUp = new Error('gave up');
        const opened = bench.backend.open(bench.request, new TestOwner(), AbortSignal.abort(gaveUp));
        await expect(opened).rejects.toBe(gaveUp);
        expect(bench.backend.snapshot()).toMatchObject({ agents: 0 });
        await expect(bench.backend.stored({ limit: 10 }, AbortSignal.abort(gaveUp))).rejects.toBe(gaveUp);
      });

      it('[AG10] has nothing to do with another of the same backend', async () => {
        const { agent, owner } = await working(words.hang);
        const other = await start({ sessionId: 'agent-other' });
        await stillWorks(other.agent);
        await other.agent.close(PATIENCE_MS);
        expect(agent.status.phase).toBe('running');
        expect(owner.said).not.toContain('still here');
        expect(bench.backend.snapshot()).toMatchObject({ agents: 1 });
      });
    });

    describe('asked to do something', () => {
      it('[AG10] tells everything that happens, and then answers', async () => {
        const { agent, owner } = await start();
        const outcome = await agent.prompt({ message: words.say('Two of them.') }, never);
        expect(outcome).toMatchObject({ stopReason: 'stop', text: 'Two of them.' });
        expect(owner.said).toBe('Two of them.');
        const types = owner.events.map(({ type }) => type);
        const first = (type: (typeof types)[number]) => types.indexOf(type);
        expect(first('agent_start')).toBeLessThan(first('message_update'));
        expect(types.lastIndexOf('message_end')).toBeGreaterThan(types.lastIndexOf('message_update'));
        expect(types.lastIndexOf('message_end')).toBeLessThan(first('agent_end'));
        expect(owner.all('agent_end')).toMatchObject([{ stopReason: 'stop' }]);
        expect(owner.all('agent_phase_changed').map(({ to }) => to)).toEqual(['idle', 'running', 'idle']);
        expect(agent.status).toMatchObject({ phase: 'idle', isStreaming: false });
      });

      it('[AG10] tells deltas only: a message of a person whole, one of a model piece by piece, and nothing twice', async () => {
        const { agent, owner } = await start();
        const { text } = await agent.prompt({ message: words.stream }, never);
        expect(text.length).toBeGreaterThan(2000);
        expect(owner.said).toBe(text);
        const updates = owner.all('message_update');
        // How many depends on how fast they come: what comes close together is one, and on a busy machine most of it does.
        expect(updates.length).toBeGreaterThan(1);
        const others = owner.events.filter(({ type }) => type !== 'message_update');
        expect(JSON.stringify(others)).not.toContain(text.slice(0, 200));
        for (const { message } of owner.all('message_start')) {
          if (message.role === 'assistant') expect(message.content).toEqual([]);
        }
      });

      it('[AG10] refuses a second prompt while it works on the first, which goes on', async () => {
        const { agent, owner } = await start();
        const first = agent.prompt({ message: words.stream }, never);
        await expect(agent.prompt({ message: words.say('two') }, never)).rejects.toMatchObject({ code: 'agent-state' });
        const { text } = await first;
        expect(owner.said).toBe(text);
        expect(owner.all('agent_start')).toHaveLength(1);
        await stillWorks(agent);
      });

      it('[AG12] does nothing for a caller who has given up before', async () => {
        const { agent, owner } = await start();
        const told = owner.events.length;
        const gaveUp = new Error('gave up');
        const signal = AbortSignal.abort(gaveUp);
        await expect(agent.prompt({ message: words.hang }, signal)).rejects.toBe(gaveUp);
        await expect(agent.steer({ message: 'left' }, signal)).rejects.toBe(gaveUp);
        await expect(agent.followUp({ message: 'left' }, signal)).rejects.toBe(gaveUp);
        await expect(perform(agent, 'get_messages', signal)).rejects.toBe(gaveUp);
        expect(owner.events.slice(told)).toEqual([]);
        await stillWorks(agent);
      });

      it('[AG12] stops for a caller who gives up, and tells him once it is over', async () => {
        const { agent, owner } = await start();
        const controller = new AbortController();
        const begun = owner.next('agent_start');
        const prompt = agent.prompt({ message: words.hang }, controller.signal);
        await begun;
        const gaveUp = new Error('gave up');
        controller.abort(gaveUp);
        await expect(prompt).rejects.toBe(gaveUp);
        expect(owner.all('agent_end')).toMatchObject([{ stopReason: 'aborted' }]);
        expect(agent.status).toMatchObject({ phase: 'idle', isStreaming: false, restarts: 0 });
        await stillWorks(agent);
      });
    });

    describe('told to stop', () => {
      it('[AG11] stops, answers the prompt with what it was, and can go on', async () => {
        const { agent, owner, prompt } = await working(words.hang);
        expect(await agent.abort(PATIENCE_MS)).toBe(true);
        expect(await prompt).toMatchObject({ stopReason: 'aborted' });
        expect(owner.all('agent_end')).toMatchObject([{ stopReason: 'aborted' }]);
        expect(agent.status).toMatchObject({ phase: 'idle', restarts: 0 });
        await stillWorks(agent);
      });

      it('[AG11] says when there is nothing to stop, also a second time', async () => {
        const { agent, owner, prompt } = await working(words.hang);
        const both = await Promise.all([agent.abort(PATIENCE_MS), agent.abort(PATIENCE_MS)]);
        expect(both).toContain(true);
        await prompt;
        expect(owner.all('agent_end')).toHaveLength(1);
        expect(await agent.abort(PATIENCE_MS)).toBe(false);
        await stillWorks(agent);
      });

      const { stubborn, shell } = words;
      if (stubborn !== undefined) {
        it('[AG11] is ended with its process if it does not stop in time, and started again', async () => {
          const { agent, owner, prompt } = await working(stubborn.message, stubborn.since);
          const restarted = owner.next('agent_restarted');
          expect(await agent.abort(200)).toBe(true);
          expect(await prompt).toMatchObject({ stopReason: 'aborted' });
          await restarted;
          expect(owner.all('agent_restarting')).toMatchObject([{ interrupted: true }]);
          expect(bench.backend.snapshot()).toMatchObject({ restarts: 1, crashes: 0 });
          await settledIdle(agent, owner);
          await stillWorks(agent);
        });
      }

      if (shell !== undefined) {
        it('[AG11] ends the command that a tool runs', async () => {
          const { agent, owner, prompt } = await working(shell('echo begun; sleep 1000'), 'tool_execution_update');
          expect(await agent.abort(PATIENCE_MS)).toBe(true);
          expect(await prompt).toMatchObject({ stopReason: 'aborted' });
          expect(owner.all('tool_execution_end')).toMatchObject([{ isError: true }]);
          await stillWorks(agent);
        });

        it('[AG13] tells what a tool does, its output in pieces', async () => {
          const { agent, owner } = await start();
          const message = shell('echo one; sleep 0.2; echo two >&2; exit 3');
          expect(await agent.prompt({ message }, never)).toMatchObject({ stopReason: 'stop' });
          const [begun] = owner.all('tool_execution_start');
          const [ended] = owner.all('tool_execution_end');
          expect(ended).toMatchObject({ toolCallId: begun!.toolCallId, toolName: begun!.toolName, isError: true });
          let output = '';
          for (const { toolCallId, delta, replaces } of owner.all('tool_execution_update')) {
            expect(toolCallId).toBe(begun!.toolCallId);
            output = replaces ? delta : output + delta;
          }
          expect(output).toContain('one\ntwo');
          expect(ended!.output).toContain('one\ntwo');
        });
      }
    });

    describe('while it works', () => {
      it('[AG14] is refused what only a working agent can be told, when it does not', async () => {
        const { agent } = await start();
        await expect(agent.steer({ message: 'left' }, never)).rejects.toMatchObject({ code: 'agent-state' });
        await expect(agent.followUp({ message: 'left' }, never)).rejects.toMatchObject({ code: 'agent-state' });
        await stillWorks(agent);
      });

      const { queue, dialog } = words;
      if (queue !== undefined) {
        it.each([
          ['one-at-a-time', 'assistant'],
          ['all', 'user'],
        ] as const)('[AG14] takes up what is to come afterwards as it is told to meanwhile: %s', async (mode, next) => {
          const { agent, prompt } = await working(queue);
          const sessionId = bench.request.sessionId;
          expect(await agent.perform({ type: 'set_follow_up_mode', sessionId, mode }, never)).toEqual({ mode });
          expect(agent.status).toMatchObject({ steeringMode: 'one-at-a-time', followUpMode: mode });
          for (const word of ['first', 'second']) await agent.followUp({ message: words.say(word) }, never);
          await agent.steer({ message: words.say('another way') }, never);
          await prompt;
          const { messages } = await agent.perform<'get_messages'>({ type: 'get_messages', sessionId }, never);
          const first = messages.findIndex(
            ({ content: [part] }) => part?.type === 'text' && part.text === words.say('first'),
          );
          expect(messages[first]?.role).toBe('user');
          expect(messages[first + 1]?.role).toBe(next);
          expect(agent.status).toMatchObject({ steering: [], followUp: [] });
        });

        it('[AG14] hears what it is steered to, and does what it is told to do afterwards', async () => {
          const { agent, owner, prompt } = await working(queue);
          await agent.followUp({ message: words.say('the last thing') }, never);
          expect(owner.all('queue_update').at(-1)).toMatchObject({ followUp: [words.say('the last thing')] });
          expect(agent.status.followUp).toEqual([words.say('the last thing')]);
          await agent.steer({ message: words.say('another way') }, never);
          expect(owner.all('queue_update').some(({ steering }) => steering.length === 1)).toBe(true);
          expect(await prompt).toMatchObject({ stopReason: 'stop', text: 'the last thing' });
          expect(owner.said).toContain('another way');
          expect(owner.all('queue_update').at(-1)).toMatchObject({ steering: [], followUp: [] });
          expect(agent.status).toMatchObject({ steering: [], followUp: [] });
        });

        it('[AG11] forgets what waits when it is told to stop', async () => {
          const { agent, owner, prompt } = await working(queue);
          await agent.followUp({ message: words.say('never said') }, never);
          await agent.abort(PATIENCE_MS);
          expect(await prompt).toMatchObject({ stopReason: 'aborted' });
          expect(owner.all('queue_update').at(-1)).toMatchObject({ steering: [], followUp: [] });
          await stillWorks(agent);
          expect(owner.said).not.toContain('never said');
        });
      }

      if (dialog !== undefined) {
        it('[AG15] asks a person, and goes on with the answer', async () => {
          const { agent, owner } = await start();
          owner.answer = () => dialog.answer;
          const { text } = await agent.prompt({ message: dialog.message }, never);
          expect(owner.questions).toHaveLength(1);
          expect(text).toMatch(dialog.said);
        });

        it('[AG15] takes a question back when it is told to stop', async () => {
          const { agent, owner, prompt } = await working(dialog.message);
          await owner.asked;
          expect(await agent.abort(PATIENCE_MS)).toBe(true);
          expect(await prompt).toMatchObject({ stopReason: 'aborted' });
          expect(owner.takenBack).toBe(1);
          await stillWorks(agent);
        });
      }
    });

    describe('when something fails', () => {
      it('[AG16] has its process started again after a crash, and the prompt told that it was interrupted', async () => {
        const { agent, owner } = await start();
        await agent.prompt({ message: words.say('before') }, never);
        const [begun, restarted] = [owner.next('agent_start'), owner.next('agent_restarted')];
        const prompt = agent.prompt({ message: words.crash.message }, never);
        prompt.catch(() => {});
        await begun;
        words.crash.kill?.(agent);
        await expect(prompt).rejects.toMatchObject({ code: 'agent-failed', interrupted: true, provider: undefined });
        expect(owner.all('agent_restarting')).toMatchObject([{ attempt: 1, interrupted: true }]);
        await restarted;
        await settledIdle(agent, owner);
        expect(agent.status.restarts).toBe(1);
        expect(agent.status.lastExit).toBeDefined();
        expect(bench.backend.snapshot()).toMatchObject({ agents: 1, restarting: 0, restarts: 1, crashes: 1 });
        await stillWorks(agent);
      });

      it('[AG17] blames the provider that says nothing for as long as was allowed, and waits no longer', async () => {
        await bench.close();
        bench = await open({ firstTokenMs: 100 });
        const { agent, owner, prompt } = await working(words.hang);
        await expect(prompt).rejects.toMatchObject({
          code: 'agent-failed',
          interrupted: false,
          provider: { kind: 'silence', provider: expect.any(String) },
        });
        expect(owner.all('agent_end')).toMatchObject([{ stopReason: 'aborted' }]);
        expect(agent.status).toMatchObject({ phase: 'idle', restarts: 0, lastError: expect.any(String) });
      });

      const { fail } = words;
      if (fail !== undefined) {
        it.each([500, 429])('[AG17] says which provider failed, and with status %d', async (status) => {
          const { agent, owner } = await start();
          const failure = { kind: 'http', status, provider: agent.status.model?.provider };
          await expect(agent.prompt({ message: fail(status) }, never)).rejects.toMatchObject({
            code: 'agent-failed',
            interrupted: false,
            provider: failure,
          });
          expect(owner.all('agent_end').at(-1)).toMatchObject({ stopReason: 'error' });
          expect(agent.status).toMatchObject({ phase: 'idle', lastError: expect.any(String), restarts: 0 });
          await stillWorks(agent);
        });
      }
    });

    describe('asked about itself', () => {
      it.each(QUESTIONS)('[AG18] answers %s as the protocol says, or says that it cannot', async (type) => {
        const { agent } = await start();
        await agent.prompt({ message: words.say('something') }, never);
        if (!agent.supports(type)) {
          await expect(perform(agent, type)).rejects.toMatchObject({ code: 'agent-unsupported' });
          return;
        }
        const data = { sessionId: bench.request.sessionId, ...((await perform(agent, type)) as object) };
        expect(commandContract(type).dataSchema.safeParse(data).error?.issues ?? []).toEqual([]);
      });

      it('[AG18] refuses every command that it does not know', async () => {
        const { agent } = await start();
        for (const type of PERFORMED.filter((each) => !agent.supports(each))) {
          await expect(perform(agent, type), type).rejects.toMatchObject({ code: 'agent-unsupported' });
        }
      });

      it('[AG18] refuses what it does not have, and names the field', async () => {
        const { agent } = await start();
        const sessionId = 'agent-1';
        if (agent.supports('set_model')) {
          const command = { type: 'set_model', sessionId, provider: 'nobody', modelId: 'nothing' } as const;
          await expect(agent.perform(command, never)).rejects.toMatchObject({ code: 'agent-input' });
        }
        if (agent.supports('set_thinking_level')) {
          const command = { type: 'set_thinking_level', sessionId, level: 'no such level' } as const;
          await expect(agent.perform(command, never)).rejects.toMatchObject({ code: 'agent-input', field: 'level' });
        }
        if (agent.supports('fork')) {
          const command = { type: 'fork', sessionId, entryId: 'no such entry' } as const;
          await expect(agent.perform(command, never)).rejects.toMatchObject({ code: 'agent-input', field: 'entryId' });
        }
        await stillWorks(agent);
      });

      it('[AG18] goes on in a copy of what was said, where it can, once there is an answer', async () => {
        const { agent } = await start();
        if (!agent.supports('clone')) return;
        await expect(perform(agent, 'clone')).rejects.toMatchObject({ code: 'agent-state' });
        await agent.prompt({ message: words.say('something') }, never);
        const before = { id: agent.status.agentSessionId, said: await said(agent) };
        expect(await perform(agent, 'clone')).toMatchObject({ cancelled: false });
        expect(agent.status.agentSessionId).not.toBe(before.id);
        expect(await said(agent)).toEqual(before.said);
        await stillWorks(agent);
      });

      it('[AG18] answers while it works', async () => {
        const { agent, prompt } = await working(words.hang);
        if (agent.supports('get_messages')) expect(await perform(agent, 'get_messages')).toBeDefined();
        expect(agent.status).toMatchObject({ phase: 'running', isStreaming: true });
        await agent.abort(PATIENCE_MS);
        await prompt;
      });
    });

    describe('when it is closed', () => {
      it('[AG19] tells so last, and does nothing any more', async () => {
        const { agent, owner } = await start();
        await Promise.all([agent.close(PATIENCE_MS), agent.close(PATIENCE_MS)]);
        await agent.close(PATIENCE_MS);
        expect(owner.events.at(-1)).toMatchObject({ type: 'agent_stopped', reason: 'closed' });
        expect(agent.status.phase).toBe('stopped');
        expect(await agent.abort(PATIENCE_MS)).toBe(false);
        const refused = { code: 'agent-state' };
        await expect(agent.prompt({ message: words.say('late') }, never)).rejects.toMatchObject(refused);
        await expect(agent.steer({ message: 'late' }, never)).rejects.toMatchObject(refused);
        await expect(agent.followUp({ message: 'late' }, never)).rejects.toMatchObject(refused);
        await expect(agent.rename('late', never)).rejects.toMatchObject(refused);
        const known = PERFORMED.find((type) => agent.supports(type));
        if (known !== undefined) await expect(perform(agent, known)).rejects.toMatchObject(refused);
        expect(bench.backend.snapshot()).toMatchObject({ agents: 0, restarting: 0 });
      });

      it('[AG19] ends what it works on', async () => {
        const { agent, owner, prompt } = await working(words.hang);
        await agent.close(PATIENCE_MS);
        await prompt.catch(() => {});
        expect(owner.events.at(-1)).toMatchObject({ type: 'agent_stopped', reason: 'closed' });
        expect(agent.status).toMatchObject({ phase: 'stopped', isStreaming: false });
      });

      it('[AG19] ends with its backend, of which nothing can be opened any more', async () => {
        const { owner, prompt } = await working(words.hang);
        await bench.backend.close(PATIENCE_MS);
        await prompt.catch(() => {});
        expect(owner.events.at(-1)).toMatchObject({ type: 'agent_stopped', reason: 'closed' });
        expect(bench.backend.snapshot()).toMatchObject({ agents: 0, processes: 0, restarting: 0 });
        await expect(bench.backend.open(bench.request, new TestOwner(), never)).rejects.toThrow();
        await bench.backend.close(PATIENCE_MS);
      });

      it('[AG19] can be killed with all others, by a daemon that is about to be gone', async () => {
        const { prompt } = await working(words.hang);
        bench.backend.killAll();
        bench.backend.killAll();
        await expect(prompt).rejects.toMatchObject({ code: 'agent-failed', interrupted: true });
      });
    });
  });
}

/** After a restart has been told, the phase follows. */
async function settledIdle(agent: Agent, owner: TestOwner): Promise<void> {
  while (agent.status.phase !== 'idle') await owner.next('agent_phase_changed');
}

/** What was said so far, without the names of the entries. */
async function said(agent: Agent): Promise<unknown> {
  const { messages } = await agent.perform<'get_messages'>({ type: 'get_messages', sessionId: 's' }, never);
  return messages.map(({ role, content }) => ({ role, content }));
}
