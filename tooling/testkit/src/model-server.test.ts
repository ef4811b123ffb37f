import { afterEach, describe, expect, it } from 'vitest';
import { modelText } from './model-reply.ts';
import { type ModelServer, startModelServer } from './model-server.ts';

/** What a streaming client put together. */
interface Heard {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly events: readonly Record<string, unknown>[];
  readonly text: string;
  readonly thinking: string;
  readonly finishReason: string | undefined;
  readonly toolCalls: readonly { readonly name: string; readonly arguments: string }[];
  readonly isDone: boolean;
}

let server: ModelServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(...parameters: Parameters<typeof startModelServer>): Promise<ModelServer> {
  server = await startModelServer(...parameters);
  return server;
}

function ask(baseUrl: string, content: unknown, more: object = {}, signal?: AbortSignal): Promise<Response> {
  return fetch(`${baseUrl}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'small', stream: true, messages: [{ role: 'user', content }], ...more }),
    ...(signal !== undefined && { signal }),
  });
}

async function hear(response: Response): Promise<Heard> {
  const raw = await response.text();
  const lines = raw.split('\n').filter((line) => line.startsWith('data: '));
  const events = lines
    .filter((line) => line !== 'data: [DONE]')
    .map((line) => JSON.parse(line.slice(6)) as Record<string, unknown>);
  let text = '';
  let thinking = '';
  let finishReason: string | undefined;
  const toolCalls: { name: string; arguments: string }[] = [];
  for (const event of events) {
    for (const choice of event['choices'] as { delta: Record<string, unknown>; finish_reason: string | null }[]) {
      text += (choice.delta['content'] as string | undefined) ?? '';
      thinking += (choice.delta['reasoning_content'] as string | undefined) ?? '';
      finishReason = choice.finish_reason ?? finishReason;
      for (const call of (choice.delta['tool_calls'] ?? []) as {
        index: number;
        function: { name?: string; arguments: string };
      }[]) {
        const known = toolCalls[call.index];
        if (known === undefined) toolCalls.push({ name: call.function.name!, arguments: call.function.arguments });
        else known.arguments += call.function.arguments;
      }
    }
  }
  const isDone = lines.at(-1) === 'data: [DONE]';
  const retryAfter = response.headers.get('retry-after');
  return { status: response.status, retryAfter, events, text, thinking, finishReason, toolCalls, isDone };
}

describe('the model server', () => {
  it('streams exactly as many tokens as the prompt names, one event each', async () => {
    const { baseUrl } = await start();
    const heard = await hear(await ask(baseUrl, 'stream 500'));
    expect(heard.text).toBe(modelText(500));
    expect(heard.text).toHaveLength(2_000);
    // 500 tokens, the reason why it stopped, and the usage.
    expect(heard.events).toHaveLength(502);
    expect(heard.events.at(-1)!['usage']).toEqual({ prompt_tokens: 10, completion_tokens: 500, total_tokens: 510 });
    expect(heard).toMatchObject({ finishReason: 'stop', isDone: true });
  });

  it('keeps the pace that the prompt names', async () => {
    const { baseUrl } = await start();
    const startMs = performance.now();
    await hear(await ask(baseUrl, 'stream 20 10'));
    // 19 pauses of 10 ms; timers may be a little early.
    expect(performance.now() - startMs).toBeGreaterThan(180);
  });

  it('streams thoughts before the text', async () => {
    const { baseUrl } = await start();
    expect(await hear(await ask(baseUrl, 'think 3'))).toMatchObject({ thinking: modelText(3), text: 'Thought.' });
  });

  it('calls bash, and says what the tool answered', async () => {
    const { baseUrl } = await start();
    const heard = await hear(await ask(baseUrl, [{ type: 'text', text: 'bash echo $HOME' }]));
    expect(heard.finishReason).toBe('tool_calls');
    expect(heard.toolCalls.map(({ name }) => name)).toEqual(['bash']);
    expect(JSON.parse(heard.toolCalls[0]!.arguments)).toMatchObject({ command: 'echo $HOME' });
    const messages = [
      { role: 'user', content: 'bash echo $HOME' },
      { role: 'assistant', content: null },
      { role: 'tool', content: '/root' },
    ];
    expect((await hear(await ask(baseUrl, '', { messages }))).text).toBe('The tool said: /root');
  });

  it.each([
    ['500 without more', 'fail 500', 500, null],
    ['429 with the time to wait', 'fail 429 7', 429, '7'],
  ])('fails with %s', async (_title, prompt, status, retryAfter) => {
    const { baseUrl } = await start();
    expect(await hear(await ask(baseUrl, prompt))).toMatchObject({ status, retryAfter });
  });

  it('counts the pictures of the last message of a person', async () => {
    const { baseUrl, request } = await start();
    const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } };
    const heard = await hear(await ask(baseUrl, [{ type: 'text', text: 'Look' }, picture, picture]));
    expect(heard.text).toBe('You showed 2 pictures.');
    expect(await request(0)).toMatchObject({ prompt: 'Look', images: 2, model: 'small' });
  });

  it('sends no headers when it is to hang before them, and sees the client hang up', async () => {
    const { baseUrl, request } = await start();
    const client = new AbortController();
    const response = ask(baseUrl, 'hang headers', {}, client.signal);
    const { closed } = await request(0);
    client.abort();
    await expect(response).rejects.toThrow();
    expect(await closed).toBe('abandoned');
  });

  it.each([
    ['the first token', 'hang first-token', ''],
    ['the end', 'hang end', 'Begun.'],
  ])('sends headers and hangs before %s until the client hangs up', async (_title, prompt, heardBefore) => {
    const { baseUrl, request } = await start();
    const client = new AbortController();
    const response = await ask(baseUrl, prompt, {}, client.signal);
    const reader = response.body!.getReader();
    const decoder = new TextDecoder();
    let raw = '';
    while (heardBefore !== '' && !raw.includes('n.')) raw += decoder.decode((await reader.read()).value);
    expect(response.status).toBe(200);
    client.abort();
    expect(await (await request(0)).closed).toBe('abandoned');
    expect(raw).not.toContain('finish_reason":"');
  });

  it('stops streaming when the client hangs up', async () => {
    const { baseUrl, request } = await start();
    const client = new AbortController();
    const response = await ask(baseUrl, 'stream 1000000 1', {}, client.signal);
    await response.body!.getReader().read();
    client.abort();
    expect(await (await request(0)).closed).toBe('abandoned');
  });

  it('ends the connection in the middle of an answer', async () => {
    const { baseUrl, request } = await start();
    const response = await ask(baseUrl, 'break');
    await expect(response.text()).rejects.toThrow();
    expect(await (await request(0)).closed).toBe('abandoned');
  });

  it('lets the test decide: first what is queued, then what its function returns, then the words of the prompt', async () => {
    const { baseUrl, replyNext, requests } = await start({
      onRequest: ({ prompt }) => (prompt === 'say no' ? { text: 'decided' } : undefined),
    });
    replyNext({ text: 'queued' });
    expect((await hear(await ask(baseUrl, 'say no'))).text).toBe('queued');
    expect((await hear(await ask(baseUrl, 'say no'))).text).toBe('decided');
    expect((await hear(await ask(baseUrl, 'say yes'))).text).toBe('yes');
    expect(requests.map(({ prompt }) => prompt)).toEqual(['say no', 'say no', 'say yes']);
    expect(await requests[0]!.closed).toBe('answered');
  });

  it.each([
    ['another address', '/models', '{}', 404],
    ['a body that is no JSON', '/chat/completions', 'no', 400],
    ['an answer in one piece', '/chat/completions', '{"messages":[]}', 400],
  ])('refuses %s', async (_title, path, body, status) => {
    const { baseUrl } = await start();
    expect((await fetch(baseUrl + path, { method: 'POST', body })).status).toBe(status);
  });
});

describe('the model server as the Gemini API', () => {
  const person = (...parts: readonly object[]): object => ({ role: 'user', parts });

  async function generate(contents: readonly object[], more: object = {}) {
    const { geminiUrl } = server ?? (await start());
    const address = `${geminiUrl}/v1beta/models/gemini-x:streamGenerateContent?alt=sse`;
    const response = await fetch(address, { method: 'POST', body: JSON.stringify({ contents, ...more }) });
    const events = (await response.text())
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .map((line) => JSON.parse(line.slice(6)) as { candidates: Record<string, unknown>[]; usageMetadata?: object });
    const parts = events.flatMap(
      ({ candidates }) => (candidates[0]!['content'] as { parts: Record<string, unknown>[] }).parts,
    );
    const text = (thought: true | undefined) =>
      parts.map((part) => (part['thought'] === thought ? (part['text'] ?? '') : '')).join('');
    return { status: response.status, events, parts, text: text(undefined), thinking: text(true) };
  }

  it('streams thoughts and text, one event per token, and says why it ended and what it cost', async () => {
    expect(await generate([person({ text: 'think 3' })])).toMatchObject({ thinking: modelText(3), text: 'Thought.' });
    const heard = await generate([person({ text: 'stream 500' })]);
    expect(heard.text).toBe(modelText(500));
    expect(heard.events).toHaveLength(501);
    expect(heard.events.at(-1)).toMatchObject({
      candidates: [{ finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 500, totalTokenCount: 510 },
    });
  });

  it('reads who said what: the last text of a person, pictures, tools and what they answered', async () => {
    const { request } = await start();
    const tools = [{ functionDeclarations: [{ name: 'run_shell_command' }, { name: 'glob' }] }];
    const said = person({ text: 'Context' }, { text: 'bash pwd' }, { inlineData: { mimeType: 'image/png', data: '' } });
    const { parts } = await generate([said], { tools });
    const [functionCall] = parts.map((part) => part['functionCall']).filter((call) => call !== undefined);
    expect(functionCall).toMatchObject({ name: 'run_shell_command', args: { command: 'pwd' } });
    expect(await request(0)).toMatchObject({
      model: 'gemini-x',
      prompt: 'bash pwd',
      images: 1,
      toolResults: [],
      tools: ['run_shell_command', 'glob'],
    });
    const answered = person({ functionResponse: { name: 'run_shell_command', response: { output: '/root' } } });
    const { text } = await generate([said, { role: 'model', parts: [{ functionCall }] }, answered], { tools });
    expect(text).toBe('The tool said: /root');
    expect(await request(1)).toMatchObject({ prompt: 'bash pwd', toolResults: ['/root'] });
  });

  it('fails when it is to, and serves no answers in one piece', async () => {
    expect(await generate([person({ text: 'fail 503' })])).toMatchObject({ status: 503 });
    const { geminiUrl } = server!;
    const address = `${geminiUrl}/v1beta/models/gemini-x:generateContent`;
    expect((await fetch(address, { method: 'POST', body: '{}' })).status).toBe(404);
  });
});
