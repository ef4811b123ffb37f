import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LogLine, WireClient } from '@sessiond/testkit';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Daemon, startDaemon } from '../src/compose.ts';
import { createSessionServer } from '../src/compose-runtime.ts';
import { resolveConfig } from '../src/config/config.ts';
import type { Runtime } from '../src/runtime.ts';
import type { Transport } from '../src/transports/transport.ts';
import { postCommand } from './http-command.ts';
import { httpGet } from './http-get.ts';

let dir: string;
let daemon: Daemon;
let lines: LogLine[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sessiond-crash-'));
  lines = [];
});
afterEach(async () => {
  await daemon.stop();
  rmSync(dir, { recursive: true });
});

/** Starts a daemon in this process whose runtime was tampered with: what would end it, would end this test. */
async function start(tamper: (runtime: Runtime) => Partial<Runtime>): Promise<void> {
  const file = { path: '/none', values: { noTcp: true, stateDir: join(dir, 'state'), socket: join(dir, 'd.sock') } };
  const { config } = resolveConfig({ flags: {}, env: {}, file, homeDir: dir });
  const logger = pino({ level: 'info' }, { write: (text: string) => void lines.push(JSON.parse(text)) });
  daemon = await startDaemon({
    config,
    log: { logger, droppedLines: () => 0, flush: () => {} },
    version: '1.0.0',
    env: process.env,
    createRuntime: (options) => {
      const runtime = createSessionServer(options);
      const changed = tamper(runtime);
      return {
        host: runtime.host,
        authorizer: runtime.authorizer,
        accept: changed.accept ?? ((...args) => runtime.accept(...args)),
        runSingle: changed.runSingle ?? ((command) => runtime.runSingle(command)),
        reconcileOrphans: () => runtime.reconcileOrphans(),
        shutdown: changed.shutdown ?? ((...args) => runtime.shutdown(...args)),
      };
    },
  });
}

async function connect(): Promise<WireClient> {
  const client = await WireClient.connect({ socketPath: daemon.socketPath! });
  await client.nextMessage();
  return client;
}

const health = (client: WireClient): Promise<Record<string, unknown>> =>
  client.command({ id: 'health', type: 'health_check' });

/** What was counted, by owner. */
async function contained(): Promise<Record<string, number>> {
  const { body } = await httpGet({ socketPath: daemon.socketPath! }, '/metrics');
  const counts = body.matchAll(/^sessiond_contained_failures_total\{kind="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...counts].map(([, owner, count]) => [owner, Number(count)]));
}

/** A transport whose sending fails as soon as a message has this text in it. */
function brokenAt(transport: Transport, text: string): Transport {
  const send = transport.sendMessage.bind(transport);
  transport.sendMessage = (json) => {
    if (json.includes(text)) throw new Error('a defect');
    return send(json);
  };
  return transport;
}

describe('an unexpected exception', () => {
  it('while a message is handled ends that connection with 1011, and no other', async () => {
    await start((runtime) => ({
      accept: (transport, principal) => runtime.accept(brokenAt(transport, '"id":"poison"'), principal),
    }));
    const [victim, other] = [await connect(), await connect()];
    victim.send({ id: 'poison', type: 'health_check' });
    expect((await victim.closed).code).toBe(1011);
    expect(await health(other)).toMatchObject({ success: true, data: { connections: 1 } });
    expect(await health(await connect())).toMatchObject({ success: true });
    expect(await contained()).toEqual({ connection: 1, terminal: 0, request: 0, session: 0 });
    expect(lines.filter(({ event }) => event === 'contained')).toMatchObject([
      {
        level: 50,
        owner: 'connection',
        principal: 'owner',
        connectionId: expect.any(String),
        err: { message: 'a defect' },
      },
    ]);
  });

  it('while an event is passed on ends only the connection that could not take it', async () => {
    let connections = 0;
    await start((runtime) => ({
      accept: (transport, principal) => {
        connections += 1;
        runtime.accept(connections === 1 ? brokenAt(transport, 'session_created') : transport, principal);
      },
    }));
    const [victim, other] = [await connect(), await connect()];
    const pty = { command: '/bin/cat' };
    other.send({ id: 'c', type: 'create_session', kind: 'pty', sessionId: 's', cwd: dir, pty });
    await other.messageWhere(({ event }) => (event as { type?: string } | undefined)?.type === 'session_created');
    expect(await other.messageWhere(({ id }) => id === 'c')).toMatchObject({ success: true });
    expect((await victim.closed).code).toBe(1011);
    expect(await contained()).toMatchObject({ connection: 1 });
  });

  it('while an answer that took its time is sent ends only that connection', async () => {
    await start((runtime) => ({
      accept: (transport, principal) => runtime.accept(brokenAt(transport, '"id":"poison"'), principal),
    }));
    const [victim, other] = [await connect(), await connect()];
    const pty = { command: '/bin/sh', args: ['-c', 'sleep 0.1; echo done'] };
    await other.command({ id: 'c', type: 'create_session', kind: 'pty', sessionId: 's', cwd: dir, pty });
    victim.send({ id: 'poison', type: 'wait_for', sessionId: 's', text: 'done' });
    expect((await victim.closed).code).toBe(1011);
    expect(await health(other)).toMatchObject({ success: true });
  });

  it('while a connection is taken ends that one', async () => {
    let isBroken = true;
    await start((runtime) => ({
      accept: (transport, principal) => {
        if (isBroken) throw new Error('a defect');
        runtime.accept(transport, principal);
      },
    }));
    const victim = await WireClient.connect({ socketPath: daemon.socketPath! });
    const since = performance.now();
    expect((await victim.closed).code).toBe(1011);
    // Less than the closing handshake may take: a client that answers is not waited for.
    expect(performance.now() - since).toBeLessThan(4_500);
    isBroken = false;
    expect(await health(await connect())).toMatchObject({ success: true });
    expect(await contained()).toMatchObject({ connection: 1 });
  });

  it('while a request is answered ends that request with INTERNAL', async () => {
    await start(() => ({
      runSingle: async () => {
        throw new Error('a defect');
      },
    }));
    const { status, body } = await postCommand({ socketPath: daemon.socketPath! }, { type: 'health_check' });
    expect([status, JSON.parse(body)]).toEqual([500, { error: expect.any(String), code: 'INTERNAL' }]);
    expect(await contained()).toEqual({ connection: 0, terminal: 0, request: 1, session: 0 });
  });
});

describe('a daemon that is told to end', () => {
  it('twice ends once, and tells both when it is over', async () => {
    let shutdowns = 0;
    await start((runtime) => ({
      shutdown: (...args) => {
        shutdowns += 1;
        return runtime.shutdown(...args);
      },
    }));
    const client = await connect();
    const both = Promise.all([daemon.stop(), daemon.stop()]);
    expect(await client.closed).toMatchObject({ code: 1001 });
    await both;
    await daemon.stop();
    expect(shutdowns).toBe(1);
  });

  it('closes its listeners and its journal, and says so, when the sessions cannot be ended in order', async () => {
    await start(() => ({ shutdown: () => Promise.reject(new Error('deliberate')) }));
    const socketPath = daemon.socketPath!;
    await expect(daemon.stop()).rejects.toThrow('deliberate');
    expect(existsSync(socketPath)).toBe(false);
    // Another one can have the state folder at once.
    await start(() => ({}));
    await connect();
  });
});
