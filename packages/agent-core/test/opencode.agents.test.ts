import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { needAgent, writeOpencodeHome } from '@sessiond/testkit';
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { AcpScene, never, ONE_PIXEL, perform } from './acp-scene.ts';
import { TestOwner } from './test-owner.ts';

let scene: AcpScene;
beforeEach(async () => {
  scene = await AcpScene.start();
});
afterEach(() => scene.close());

/**
 * opencode runs its tools itself and asks for no terminal of ours; it tells failures of a provider without their status, after it has tried again on its own for a
 * minute or longer, which is not waited for here.
 */
describe('opencode', () => {
  async function open(context: TestContext, more: { ask?: true; resume?: { agentSessionId: string } } = {}) {
    const { programPath } = needAgent(context, 'opencode');
    const home = writeOpencodeHome(scene.folder, scene.model.baseUrl);
    if (more.ask) {
      const path = join(home['XDG_CONFIG_HOME']!, 'opencode', 'opencode.json');
      const config = JSON.parse(await readFile(path, 'utf8'));
      await writeFile(path, JSON.stringify({ ...config, permission: { bash: 'ask' } }));
    }
    const env = { PATH: process.env['PATH'] ?? '', ...home };
    return scene.open({ command: programPath, args: ['acp'], env }, more.resume);
  }

  it('[AC10] shakes hands, says what it can, answers, thinks, and takes pictures', async (context) => {
    const agent = await open(context);
    expect(agent.status).toMatchObject({ phase: 'idle', model: { provider: 'loopback', id: 'small' } });
    expect((await perform(agent, 'get_available_models')).models.map(({ id }) => id).sort()).toEqual([
      'large',
      'small',
    ]);
    expect(agent.supports('list_session_files')).toBe(true);
    expect(agent.supports('set_thinking_level')).toBe(true);

    expect(await agent.prompt({ message: 'stream 50' }, never)).toMatchObject({
      stopReason: 'stop',
      usage: { output: 50 },
    });
    expect(scene.owner.said).toMatch(/^000 001 .* 049 ?$/);
    await agent.prompt({ message: 'think 20' }, never);
    const thoughts = scene.owner
      .all('message_update')
      .filter(({ assistantMessageEvent: { type } }) => type === 'thinking_delta');
    expect(thoughts.length).toBeGreaterThan(0);
    const image = { type: 'image', mimeType: 'image/png', data: ONE_PIXEL } as const;
    await agent.prompt({ message: 'look', images: [image] }, never);
    expect(scene.model.requests.some(({ images }) => images === 1)).toBe(true);
  });

  it('[AC10] goes over to another model', async (context) => {
    const agent = await open(context);
    const command = { type: 'set_model', sessionId: 'agent-1', provider: 'loopback', modelId: 'large' } as const;
    expect(await agent.perform(command, never)).toMatchObject({ model: { provider: 'loopback', id: 'large' } });
    await agent.prompt({ message: 'say hello' }, never);
    expect(scene.model.requests.some(({ model, prompt }) => model === 'large' && prompt.includes('say hello'))).toBe(
      true,
    );
  });

  it('[AC10] calls a tool whose output is told as it comes', async (context) => {
    const agent = await open(context);
    const outcome = await agent.prompt({ message: 'bash echo one; sleep 1; echo two' }, never);
    expect(outcome).toMatchObject({ stopReason: 'stop', text: 'The tool said: one\ntwo' });
    const [begun] = scene.owner.all('tool_execution_start');
    expect(begun).toMatchObject({ toolName: 'bash', args: { command: 'echo one; sleep 1; echo two' } });
    expect(
      scene.owner
        .all('tool_execution_update')
        .map(({ delta }) => delta)
        .join(''),
    ).toBe('one\ntwo\n');
    expect(scene.owner.all('tool_execution_end')).toMatchObject([{ isError: false, output: 'one\ntwo\n' }]);
    expect(await perform(agent, 'get_session_stats')).toMatchObject({ userMessages: 1, toolCalls: 1, toolResults: 1 });
  });

  it('[AC10] asks for leave, and does not do what it is refused', async (context) => {
    const agent = await open(context, { ask: true });
    scene.owner.answer = ({ options }) => ({ value: options![0]! });
    await agent.prompt({ message: 'bash touch allowed' }, never);
    expect(scene.owner.questions).toMatchObject([
      { method: 'select', options: ['Allow once', 'Always allow', 'Reject'] },
    ]);
    scene.owner.answer = () => ({ value: 'Reject' });
    await agent.prompt({ message: 'bash touch refused' }, never);
    expect(execFileSync('ls', [scene.cwd], { encoding: 'utf8' })).toBe('allowed\n');
  });

  it('[AC10] hangs up on the model when it is aborted, and kills what a tool runs', async (context) => {
    const agent = await open(context);
    for (const where of ['headers', 'first-token', 'end']) {
      const before = scene.model.requests.length;
      const prompt = agent.prompt({ message: `hang ${where}` }, never);
      const request = await scene.untilRequest(before, `hang ${where}`);
      expect(await agent.abort(20_000)).toBe(true);
      expect(await prompt).toMatchObject({ stopReason: 'aborted' });
      expect(await request.closed).toBe('abandoned');
    }
    const begun = scene.owner.next('tool_execution_update');
    const prompt = agent.prompt({ message: 'bash echo pid $$.; sleep 1000 & sleep 1000' }, never);
    const shell = Number(/pid (\d+)\./.exec((await begun).delta)?.[1]);
    expect(await agent.abort(20_000)).toBe(true);
    expect(await prompt).toMatchObject({ stopReason: 'aborted' });
    expect(() => process.kill(shell, 0)).toThrow('ESRCH');
    expect(agent.status.restarts).toBe(0);
    expect(await agent.prompt({ message: 'say still here' }, never)).toMatchObject({ text: 'still here' });
  });

  it('[AC10] goes on after kill -9 in the middle, and knows what was said', async (context) => {
    const agent = await open(context);
    await agent.prompt({ message: 'say something to remember' }, never);
    const prompt = agent.prompt({ message: 'hang first-token' }, never);
    prompt.catch(() => {});
    await scene.untilRequest(0, 'hang first-token');
    const restarted = scene.owner.next('agent_restarted');
    process.kill(agent.status.pid!, 'SIGKILL');
    await expect(prompt).rejects.toMatchObject({ interrupted: true });
    expect(await restarted).toMatchObject({ resumed: true });
    await agent.prompt({ message: 'say back' }, never);
    expect(JSON.stringify(scene.model.requests.at(-1)!.body)).toContain('something to remember');
  });

  it('[AC10] takes a conversation up again, and tells what was said', async (context) => {
    const first = await open(context);
    await first.prompt({ message: 'say hello' }, never);
    const agentSessionId = first.status.agentSessionId!;
    expect(
      (await scene.backend.stored({ limit: 10, cwd: scene.cwd }, never)).map((stored) => stored.agentSessionId),
    ).toEqual([agentSessionId]);
    await first.close(10_000);
    scene.owner = new TestOwner();
    const again = await open(context, { resume: { agentSessionId } });
    expect(await perform(again, 'get_last_assistant_text')).toEqual({ text: 'hello' });
    const { messages } = await perform(again, 'get_messages');
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
  });

  it('[AG17] blames the provider, as far as it is told', async (context) => {
    const agent = await open(context);
    // An error that opencode does not try again after.
    await expect(agent.prompt({ message: 'fail 401' }, never)).rejects.toMatchObject({
      code: 'agent-failed',
      interrupted: false,
      provider: { provider: 'loopback', model: 'small', kind: 'unknown' },
    });
    expect(await agent.prompt({ message: 'say still here' }, never)).toMatchObject({ text: 'still here' });
  });
});
