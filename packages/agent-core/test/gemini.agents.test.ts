import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { GEMINI_MODELS, modelText, needAgent, writeGeminiHome } from '@sessiond/testkit';
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import type { Agent } from '../src/backend.ts';
import { AcpScene, never, ONE_PIXEL, perform } from './acp-scene.ts';
import { TestOwner } from './test-owner.ts';

let scene: AcpScene;
beforeEach(async () => {
  scene = await AcpScene.start();
});
afterEach(() => scene.close());

/**
 * gemini talks to the model server through the address of a gateway, over plain HTTP, in the Gemini API. It runs its tools itself and asks for no terminal of
 * ours, tells of a tool only that it began and ended, and tries a request again that failed with 429 or 5xx, ten times, which is not waited for here.
 */
describe('gemini', () => {
  function open(context: TestContext, resume?: { agentSessionId: string }): Promise<Agent> {
    const { programPath } = needAgent(context, 'gemini');
    const env = { PATH: process.env['PATH'] ?? '', ...writeGeminiHome(scene.folder, scene.model.geminiUrl) };
    return scene.open({ command: process.execPath, args: [programPath, '--acp'], env }, resume);
  }

  it('[AC10] shakes hands, says what it can, answers, thinks, takes pictures, and goes over to another model', async (context) => {
    const agent = await open(context);
    expect(agent.status).toMatchObject({ phase: 'idle', agentSessionId: expect.any(String) });
    const { models } = await perform(agent, 'get_available_models');
    expect(models.map(({ id }) => id)).toEqual(expect.arrayContaining(['auto', GEMINI_MODELS[1]]));
    expect(scene.owner.all('extension_status')).toMatchObject([{ key: 'mode', text: 'Default' }]);

    const outcome = await agent.prompt({ message: 'stream 50' }, never);
    expect(outcome).toMatchObject({ stopReason: 'stop', text: modelText(50) });
    expect(scene.owner.said).toBe(modelText(50));
    scene.model.replyNext({ thinking: modelText(20), text: 'Thought.' });
    await agent.prompt({ message: 'think' }, never);
    const thoughts = scene.owner
      .all('message_update')
      .map(({ assistantMessageEvent: piece }) => (piece.type === 'thinking_delta' ? piece.delta : ''));
    expect(thoughts.join('')).toContain('019');
    const image = { type: 'image', mimeType: 'image/png', data: ONE_PIXEL } as const;
    expect(await agent.prompt({ message: 'look', images: [image] }, never)).toMatchObject({
      text: 'You showed 1 pictures.',
    });

    const [from, to] = GEMINI_MODELS;
    expect(scene.model.requests.map(({ model }) => model)).toEqual([from, from, from]);
    const { provider } = models.find(({ id }) => id === to)!;
    await agent.perform({ type: 'set_model', sessionId: 'agent-1', provider, modelId: to }, never);
    await agent.prompt({ message: 'say hello' }, never);
    expect(scene.model.requests.at(-1)).toMatchObject({ model: to, prompt: 'say hello' });
  });

  it('[AC10] asks for leave to run a tool, and does not do what it is refused', async (context) => {
    const agent = await open(context);
    scene.owner.answer = ({ options }) => ({ value: options!.find((option) => option === 'Allow')! });
    const outcome = await agent.prompt({ message: 'bash touch allowed; echo done' }, never);
    expect(outcome).toMatchObject({ stopReason: 'stop', text: expect.stringMatching(/^The tool said: [\s\S]*done/) });
    expect(scene.owner.questions).toMatchObject([
      { method: 'select', options: ['Allow for this session', 'Allow', 'Reject'] },
    ]);
    expect(scene.owner.all('tool_execution_start')).toHaveLength(1);
    expect(scene.owner.all('tool_execution_end')).toMatchObject([{ isError: false }]);
    scene.owner.answer = () => ({ value: 'Reject' });
    await agent.prompt({ message: 'bash touch refused' }, never);
    expect(readdirSync(scene.cwd)).toEqual(['allowed']);
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
    scene.owner.answer = () => ({ value: 'Allow' });
    const prompt = agent.prompt({ message: 'bash echo $$ > pid; sleep 1000 & sleep 1000' }, never);
    const pidFile = join(scene.cwd, 'pid');
    await expect.poll(() => existsSync(pidFile) && readFileSync(pidFile, 'utf8')).toMatch(/^\d+\n$/);
    const shell = Number(readFileSync(pidFile, 'utf8'));
    expect(await agent.abort(20_000)).toBe(true);
    expect(await prompt).toMatchObject({ stopReason: 'aborted' });
    // The agent runs its tools itself, and ends them in its own time.
    await expect.poll(() => existsSync(`/proc/${shell}`)).toBe(false);
    expect(agent.status.restarts).toBe(0);
    expect(await agent.prompt({ message: 'say still here' }, never)).toMatchObject({ text: 'still here' });
  });

  it('[AC10] goes on after kill -9 in the middle of a prompt', async (context) => {
    const agent = await open(context);
    const prompt = agent.prompt({ message: 'hang first-token' }, never);
    prompt.catch(() => {});
    await scene.untilRequest(0, 'hang first-token');
    const restarted = scene.owner.next('agent_restarted');
    process.kill(agent.status.pid!, 'SIGKILL');
    await expect(prompt).rejects.toMatchObject({ interrupted: true });
    await restarted;
    expect(await agent.prompt({ message: 'say still here' }, never)).toMatchObject({ text: 'still here' });
  });

  // What gemini has on record lags behind its answers, and when it is whole cannot be seen from outside: it may need another try.
  it('[AC10] takes a conversation up again, and tells what was said', { retry: 2 }, async (context) => {
    const first = await open(context);
    await first.prompt({ message: 'say hello' }, never);
    const agentSessionId = first.status.agentSessionId!;
    const chats = join(scene.folder, '.gemini', 'tmp', 'work', 'chats');
    // An answer may be given before it is on record: what a person said, and what the model did.
    await expect.poll(() => recordsIn(chats)).toMatch(/hello.*hello/s);
    await first.close(10_000);
    makeOlder(chats);
    scene.owner = new TestOwner();
    const again = await open(context, { agentSessionId });
    // It tells what was said after it has answered that the conversation is open, and first of itself, as if a person had said it.
    const told = async () =>
      (await perform(again, 'get_messages')).messages.map(({ role, content }) => [role, content.at(-1)]).slice(-2);
    await expect.poll(told).toMatchObject([
      ['user', { text: 'say hello' }],
      ['assistant', { text: 'hello' }],
    ]);
    await again.prompt({ message: 'say back' }, never);
    expect(JSON.stringify(scene.model.requests.at(-1)!.body)).toContain('say hello');
  });

  it('[AG17] blames the provider, as far as it is told', async (context) => {
    const agent = await open(context);
    // An error that gemini does not try again after.
    const failed = agent.prompt({ message: 'fail 401' }, never);
    await expect(failed).rejects.toMatchObject({ code: 'agent-failed', interrupted: false });
    expect(await agent.prompt({ message: 'say still here' }, never)).toMatchObject({ text: 'still here' });
  });
});

/** All that is on record of conversations. */
function recordsIn(folder: string): string {
  return readdirSync(folder)
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('');
}

/** gemini names a conversation's file after the minute of its beginning; one that is taken up within the same minute it begins anew, and has lost it. */
function makeOlder(folder: string): void {
  for (const file of readdirSync(folder)) {
    renameSync(join(folder, file), join(folder, file.replace(/^session-\d{4}/, 'session-2000')));
  }
}
