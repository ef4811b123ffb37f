import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { runDaemon, startDaemon, type TestDaemon, WireClient } from '@sessiond/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { postCommand } from './http-command.ts';
import { httpGet } from './http-get.ts';

/** What must turn up nowhere. In capitals and digits, so that it is a valid part of whatever it is put into. */
const MARKER = 'MARKER7F3A9C';

let dir: string;
let daemon: TestDaemon;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sessiond-secrets-'));
});
afterEach(async () => {
  await daemon.stop();
  rmSync(dir, { recursive: true });
});

const env = { SECRET: MARKER, SESSIOND_ALERT_WEBHOOK: `http://127.0.0.1:9/${MARKER}` };

/** Brings the marker along wherever a credential could be, and is refused. @returns what was answered. */
async function knock(): Promise<string[]> {
  const { url } = daemon;
  const upgrade = async (target: Partial<Parameters<typeof WireClient.connect>[0]>): Promise<string> => {
    const refused = await WireClient.connect({ url, ...target }).then(
      () => 'let in',
      (error: unknown) => JSON.stringify(error),
    );
    expect(refused).toContain('UNAUTHENTICATED');
    return refused;
  };
  const posted = await postCommand({ url }, { type: 'health_check' }, { authorization: `Bearer ${MARKER}` });
  return [
    await upgrade({ token: MARKER }),
    await upgrade({ headers: { authorization: `Basic ${MARKER}` } }),
    await upgrade({ headers: { cookie: `token=${MARKER}` } }),
    await upgrade({ protocols: ['sessiond.v1', `sessiond.token.${MARKER}`] }),
    await upgrade({ path: `/v1/ws?token=${MARKER}` }),
    (await httpGet({ url }, `/metrics?token=${MARKER}`, { authorization: `Bearer ${MARKER}` })).body,
    (await httpGet({ url }, `/${MARKER}`)).body,
    posted.body,
  ];
}

/** Sends the marker in everything that carries what is nobody else's business. @returns the answers. */
async function confide(client: WireClient): Promise<string[]> {
  const answers: string[] = [];
  let id = 0;
  const ask = async (command: Record<string, unknown>): Promise<void> => {
    id += 1;
    answers.push(JSON.stringify(await client.command({ id: `c-${id}`, ...command })));
  };
  const create = { type: 'create_session', kind: 'pty', cwd: dir, env: { TOKEN: MARKER } };
  await ask({
    ...create,
    sessionId: 's',
    pty: { command: '/bin/sh', args: ['-c', 'stty -echo; echo up; cat >/dev/null'] },
  });
  await ask({ type: 'wait_for', sessionId: 's', text: 'up' });
  await ask({ ...create, pty: { command: '/no/such/program' } });
  await ask({ ...create, cwd: '/no/such/folder' });
  await ask({ ...create, env: { TOKEN: 5, OTHER: MARKER } });
  await ask({ ...create, env: { [`not a name ${MARKER}=`]: MARKER } });
  await ask({ type: 'input', sessionId: 's', data: MARKER });
  await ask({ type: 'input', sessionId: 's', dataBase64: Buffer.from(MARKER).toString('base64') });
  await ask({ type: 'input', sessionId: 's', data: MARKER, dataBase64: MARKER });
  await ask({ type: 'input', sessionId: 'gone', data: MARKER });
  await ask({ type: 'bash', sessionId: 's', command: `: ${MARKER}; exit 3` });
  await ask({ type: 'bash', sessionId: 's', command: `: ${MARKER}; sleep 5`, timeoutMs: 50 });
  // What the daemon knows, its programs do not; what the session knows, they do, and it is theirs to tell.
  await ask({ type: 'bash', sessionId: 's', command: 'echo "[$SECRET]"; test "$TOKEN" && echo "[known]"' });
  expect(answers.at(-1)).toContain('[]\\n[known]');
  await ask({ type: 'wait_for', sessionId: 's', text: MARKER, timeoutMs: 10 });
  await ask({ type: 'wait_for', sessionId: 's', regex: `(${MARKER}`, timeoutMs: 10 });
  for (const broken of [`{"token":"${MARKER}`, `["${MARKER}"]`, `{"type":"input","data":"${MARKER}","sessionId":5}`]) {
    client.send(broken);
    answers.push(
      JSON.stringify(await client.messageWhere(({ type, success }) => type === 'response' && success === false)),
    );
  }
  client.send(Buffer.from(MARKER));
  answers.push(
    JSON.stringify(await client.messageWhere(({ type, success }) => type === 'response' && success === false)),
  );
  return answers;
}

/** Breaks HTTP and WebSocket themselves. */
async function stammer(): Promise<string[]> {
  const { port } = new URL(daemon.url);
  const says = async (bytes: string): Promise<string> => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.end(bytes);
    return text(socket);
  };
  return [
    await says(`${MARKER}\r\n\r\n`),
    await says(`GET / HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${MARKER}\r\nbad header ${MARKER}\r\n\r\n`),
    await says(
      `GET / HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-key: ${MARKER}\r\n\r\n`,
    ),
  ];
}

async function run(args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await runDaemon(args, { homeDir: dir, env });
  return stdout + stderr;
}

describe('a secret', () => {
  it('that is brought through any door is in no answer, log, metric, health report or configuration', async () => {
    // At this level everything is logged that there is to log; the alert makes the webhook fail.
    const flags = ['--log-level', 'trace', '--alert-interval-ms', '100', '--max-connections', '3'];
    daemon = await startDaemon({ flags, env });
    const { socketPath } = daemon;
    const answers = [...(await knock()), ...(await stammer())];
    const client = await WireClient.connect({ socketPath });
    answers.push(...(await confide(client)));
    const posts = [
      `{"type":"input","data":"${MARKER}"`,
      { type: 'input', sessionId: 's', data: MARKER, timeoutMs: -1 },
    ];
    for (const post of posts) answers.push((await postCommand({ socketPath }, post)).body);
    const raw = await WireClient.connect({ socketPath, path: '/v1/sessions/s/terminal' });
    raw.send(MARKER);
    const isRetried = (): boolean => daemon.logs().some(({ event }) => event === 'alert');
    const second = await WireClient.connect({ socketPath });
    await expect.poll(isRetried).toBe(true);
    answers.push(
      JSON.stringify(await client.command({ id: 'health', type: 'health_check' })),
      JSON.stringify(await client.command({ id: 'metrics', type: 'get_metrics' })),
      JSON.stringify(await client.command({ id: 'list', type: 'list_sessions' })),
      JSON.stringify(await client.command({ id: 'state', type: 'get_state', sessionId: 's' })),
    );
    for (const path of ['/healthz', '/readyz', '/metrics']) answers.push((await httpGet({ socketPath }, path)).body);
    answers.push(await run(['config']), await run(['config', '--json']), await run(['check-config', '--json']));
    expect(answers.length).toBeGreaterThan(40);
    expect(answers.filter((answer) => answer.includes(MARKER))).toEqual([]);
    for (const { ws } of [client, raw, second]) ws.terminate();
    await daemon.stop();
    const log = daemon.logs().map((line) => JSON.stringify(line));
    // The doors were really knocked at, and the log really tells of it.
    expect(log.filter((line) => line.includes('"event":"command"')).length).toBeGreaterThan(10);
    expect(log.filter((line) => line.includes(MARKER))).toEqual([]);
  });

  it('of the installation is no part of what clients are told: no answer has a stack or a path of it', async () => {
    daemon = await startDaemon();
    const client = await WireClient.connect({ socketPath: daemon.socketPath });
    const answers = [...(await knock()), ...(await stammer()), ...(await confide(client))];
    const program = new URL('..', import.meta.url).pathname;
    expect(answers.filter((answer) => answer.includes(program) || /\\n +at /.test(answer))).toEqual([]);
  });
});
