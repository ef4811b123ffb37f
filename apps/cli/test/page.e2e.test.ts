import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDaemon, type TestDaemon } from '@sessiond/testkit';
import { afterEach, expect, it } from 'vitest';

const CHROMIUM = '/usr/bin/chromium';
/** A page of its own, and nothing but it: neither a window nor a network. */
const HEADLESS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-breakpad',
  '--disable-dev-shm-usage',
  '--remote-debugging-port=0',
];

const packages = new URL('../../../packages/', import.meta.url);
/** How the README has pages connect. */
const [, importing, connecting] = /## In a browser\n.*?```ts\n(import .*?\n)\n(.*?)```/s.exec(
  readFileSync(new URL('client/README.md', packages), 'utf8'),
)!;

/** What the page does: a terminal and an agent; it posts what it saw, and what went wrong. */
const SCRIPT = `
${importing}
const seen = {};
try {
${connecting!.replace(/'wss:[^']*'/, "document.body.dataset['daemon']")}
const shell = await client.request('create_session', { kind: 'pty', pty: { command: 'sh', args: ['-c', 'read word; echo "got $word"; exit 3'] } });
const attachment = await client.attach(shell.sessionId);
await attachment.write(new TextEncoder().encode('wörld\\r'));
const decoder = new TextDecoder();
seen.output = '';
for await (const chunk of attachment) {
  if (chunk.kind === 'bytes') seen.output += decoder.decode(chunk.bytes, { stream: true });
}
const { sessionId } = await client.request('create_session', { kind: 'agent', agent: { backend: 'fake' } });
const feed = await client.follow(sessionId);
const turn = client.request('prompt', { sessionId, message: 'Hello, page.' });
seen.text = '';
for await (const { event } of feed) {
  if (event.type === 'message_update') seen.text += event.assistantMessageEvent.delta;
  if (event.type === 'agent_end') break;
}
seen.stopReason = (await turn).stopReason;
await client.close();
} catch (error) {
  seen.error = String(error);
}
await fetch('/seen', { method: 'POST', body: JSON.stringify(seen) });
`;

const IMPORTS = {
  '@sessiond/client/browser': '/client/dist/browser.js',
  '@sessiond/protocol/client': '/protocol/dist/client.js',
};

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Serves the page and the packages as they were built, and hands out tickets as a server does that holds the token. */
async function servePage(
  daemon: () => TestDaemon,
): Promise<{ readonly origin: string; readonly seen: Promise<unknown> }> {
  let onSeen!: (seen: unknown) => void;
  const seen = new Promise<unknown>((resolve) => {
    onSeen = resolve;
  });
  const server: Server = createServer(async (request, response) => {
    const path = request.url ?? '/';
    if (path === '/') {
      const head = `<meta charset="utf-8"><script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>`;
      const body = `<body data-daemon="${daemon().url}"><script type="module">${SCRIPT}</script>`;
      response.setHeader('content-type', 'text/html').end(`<!doctype html>${head}${body}`);
    } else if (path === '/ticket') {
      const { url, token } = daemon();
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(`${url}/v1/tickets`, { method: 'POST', headers });
      response.end(((await answer.json()) as { readonly ticket: string }).ticket);
    } else if (path === '/seen') {
      const chunks = await request.toArray();
      response.end();
      onSeen(JSON.parse(Buffer.concat(chunks).toString()));
    } else if (/^\/(client|protocol)\/dist\/[\w/-]+\.js$/.test(path)) {
      response.setHeader('content-type', 'text/javascript').end(readFileSync(new URL(`.${path}`, packages)));
    } else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

/** Opens a page in a browser that is gone with all its processes at the end of the test. */
function openBrowser(url: string): void {
  const home = mkdtempSync(join(tmpdir(), 'browser-'));
  const browser = spawn(CHROMIUM, [...HEADLESS, `--user-data-dir=${home}`, url], {
    env: { ...process.env, HOME: home, TMPDIR: home },
    stdio: 'ignore',
    detached: true,
  });
  cleanups.push(async () => {
    const gone = once(browser, 'exit');
    // All of its processes at once: none is left that writes into the folder.
    process.kill(-browser.pid!, 'SIGKILL');
    await gone;
    rmSync(home, { recursive: true, force: true, maxRetries: 10 });
  });
}

it('a page attaches to a terminal and follows an agent as the README of the client has it, unbundled', async (context) => {
  if (!existsSync(CHROMIUM)) context.skip(`needs ${CHROMIUM}, of the package chromium`);
  let daemon!: TestDaemon;
  const { origin, seen } = await servePage(() => daemon);
  daemon = await startDaemon({ flags: ['--agent-backends', 'fake', '--allow-origin', origin] });
  cleanups.push(() => daemon.stop());
  openBrowser(`${origin}/`);
  expect(await seen).toEqual({
    output: 'wörld\r\ngot wörld\r\n',
    text: 'You said: Hello, page.',
    stopReason: 'stop',
  });
});
