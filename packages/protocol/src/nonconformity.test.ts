import { describe, expect, it } from 'vitest';
import { commandContract, commandContracts } from './command-registry.ts';
import { errorCodes } from './errors.ts';
import { eventContracts } from './event-contracts.ts';
import { eventTypes, type KnownEvent, type PtyEventLabels, serverEvent, sessionEvent } from './events.ts';
import { exampleSession } from './example-session.ts';
import { serverReady } from './handshake.ts';
import { nonconformity } from './nonconformity.ts';
import { startupRecoverySummary } from './recovery-summary.ts';
import { failureResponse } from './responses.ts';

const check = (value: unknown) => nonconformity(JSON.stringify(value));
const timestamp = '2026-01-31T12:00:00.000Z';
const labels: PtyEventLabels = {
  ptyId: 'p-1',
  laneId: 'default',
  sessionId: 'a',
  terminalId: 'a',
  timestamp: 12.5,
  ts: timestamp,
};
const stats = exampleSession.stats;
const exit = { exitCode: null, signal: 'SIGKILL', reason: 'signaled' } as const;

const OPTIONAL: ReadonlySet<string> = new Set([
  'commandId',
  'code',
  'replayed',
  'error',
  'data',
  'dataBase64',
  'sessionId',
]);

const events: readonly KnownEvent[] = [
  { type: 'pty.spawned', ...labels, pid: 4711, cols: 80, rows: 24 },
  { type: 'pty.state.changed', ...labels, from: 'idle', to: 'spawning', cause: 'spawn-requested' },
  { type: 'pty.output', ...labels, bytes: 10, endOffset: 10 },
  { type: 'pty.error', ...labels, message: 'Cannot read' },
  { type: 'pty.exited', ...labels, ...exit },
  { type: 'pty.stopped', ...labels, ...exit, endOffset: 10 },
  { type: 'pty.resized', ...labels, cols: 81, rows: 25, oldCols: 80, oldRows: 24 },
  { type: 'pty.signal.delivered', ...labels, signal: 'SIG34', outcome: 'failed', pid: 4711, error: 'no such process' },
  { type: 'pty.terminating', ...labels, gracePeriodMs: 0 },
  { type: 'pty.force_killed', ...labels },
  { type: 'pty.idle_timeout', ...labels, idleTimeoutMs: 300_000 },
  { type: 'pty.backpressure.on', ...labels, utilization: 0.75, stats },
  { type: 'pty.backpressure.off', ...labels, utilization: 0, stats },
  { type: 'pty.buffer.overflow', ...labels, droppedBytesSinceLastEvent: 1, totalDroppedBytes: 2, bufferUtilization: 1 },
  { type: 'bash.started', pid: 4711 },
  { type: 'bash.output', stream: 'stdout', offset: 0, bytes: 3, data: 'ok\n' },
  { type: 'bash.finished', reason: 'exit', exitCode: 0, signal: null, totalBytes: 3, durationMs: 12.5 },
  { type: 'session_created', session: exampleSession },
  { type: 'session_deleted', sessionId: 'a', reason: 'expired' },
  { type: 'session_expiring', reason: 'idle', inMs: 60_000 },
  { type: 'server_shutdown', reason: 'SIGTERM', timeoutMs: 30_000 },
  { type: 'orphans_reconciled', found: 2, reattached: 0, terminated: 1 },
  { type: 'breaker_changed', breaker: 'bash', scope: 'session', sessionId: 'a', from: 'closed', to: 'open' },
  { type: 'command_accepted', command: 'input', commandId: '1' },
  { type: 'command_started', command: 'input', waitedMs: 0.4 },
  { type: 'command_finished', command: 'input', success: false, code: 'TIMEOUT', durationMs: 10, replayed: true },
];

describe('nonconformity', () => {
  it('finds nothing in the handshake', () => {
    const principal = { id: 'local', scopes: ['sessions:read', 'commands:watch'] as const };
    const limits = { maxMessageBytes: 1, maxPendingCommands: 1 };
    expect(
      check(
        serverReady({ serverVersion: '0', connectionId: 'k', transports: [], capabilities: [], limits, principal }),
      ),
    ).toBeUndefined();
  });

  it.each([...commandContracts.values()])('finds nothing in a response to $type', ({ type, exampleData }) => {
    expect(
      check({ type: 'response', id: '1', command: type, success: true, data: exampleData, sessionVersion: 1 }),
    ).toBeUndefined();
  });

  it.each([...commandContracts.values()])('misses each field that the data of $type cannot do without', (contract) => {
    const data = contract.exampleData as Record<string, unknown>;
    const message = (fields: object) =>
      check({ type: 'response', command: contract.type, success: true, data: fields });
    for (const name of Object.keys(data)) {
      const { [name]: _, ...rest } = data;
      const optional = ['pid', 'gap', 'lastOutputAt', 'events', 'admission', 'cursor'].includes(name);
      if (!optional) expect(message(rest), name).toContain(`data of ${contract.type}: ${name} `);
    }
    expect(message({ ...data, extra: 1 })).toBe(`data of ${contract.type}: extra is unknown`);
  });

  it.each(Object.keys(errorCodes))('finds nothing in a failure with %s', (code) => {
    const fault = {
      code: code as 'INTERNAL',
      message: 'x',
      retryAfterMs: 1,
      details: { a: [1] },
      timedOut: true,
    } as const;
    expect(check(failureResponse({ id: '1', type: 'input' }, fault))).toBeUndefined();
  });

  it.each(events)('finds nothing in the event $type', (event) => {
    expect(check(sessionEvent({ sessionId: 'a', seq: 1, timestamp, correlationId: 'anon:1' }, event))).toBeUndefined();
  });

  it.each(events)('misses each field that the event $type cannot do without', (event) => {
    for (const name of Object.keys(event)) {
      const { [name]: _, ...rest } = event as unknown as Record<string, unknown>;
      const optional = OPTIONAL.has(name) && (name !== 'sessionId' || event.type === 'breaker_changed');
      if (!optional) expect(check({ type: 'event', timestamp, event: rest }), name).toBeDefined();
    }
  });

  it('has been shown every event there is', () => {
    expect(events.map(({ type }) => type)).toEqual([...eventContracts.keys()]);
    expect([...eventTypes]).toEqual([...eventContracts.keys()]);
  });

  it('finds nothing in an event of the server, which has neither session nor number', () => {
    expect(check(serverEvent({ timestamp }, { type: 'server_shutdown', reason: 'x', timeoutMs: 0 }))).toBeUndefined();
    const created = serverEvent(
      { timestamp, sessionId: 'a', correlationId: '1' },
      { type: 'session_created', session: exampleSession },
    );
    expect(created).toMatchObject({ sessionId: 'a', correlationId: '1' });
    expect(check(created)).toBeUndefined();
  });

  it('knows what follows the greeting of a server with a journal', () => {
    const { interruptedCommands, ...summary } = commandContract('get_startup_recovery').exampleData;
    expect(check(startupRecoverySummary(summary))).toBeUndefined();
    expect(check({ type: 'startup_recovery_summary', data: { ...summary, interruptedCommands } })).toBe(
      'startup_recovery_summary: data.interruptedCommands is unknown',
    );
  });

  it.each([
    ['Cannot read message: it is not JSON', '{'],
    ['no message of this type is known', '{"type":"nope"}'],
    ['response: no command of this type is known', '{"type":"response","command":"nope","success":true,"data":{}}'],
    ['response to input: data must be an object', '{"type":"response","command":"input","success":true}'],
    ['data of input: bytes must be', '{"type":"response","command":"input","success":true,"data":{"bytes":-1}}'],
    [
      'response to input: extra is unknown',
      '{"type":"response","command":"input","success":true,"data":{"bytes":1},"extra":1}',
    ],
    [
      'response: code must be one of',
      '{"type":"response","command":"input","success":false,"error":"x","code":"NOPE"}',
    ],
    ['event: event must be an object', '{"type":"event","event":5}'],
    ['event: no event of this type is known', '{"type":"event","event":{"type":"constructor"}}'],
    [
      'event: timestamp must be a time',
      '{"type":"event","timestamp":"today","event":{"type":"command_accepted","command":"input"}}',
    ],
    [
      'event command_accepted: extra is unknown',
      `{"type":"event","timestamp":"${timestamp}","event":{"type":"command_accepted","command":"input","extra":1}}`,
    ],
    ['server_ready: data must be an object', '{"type":"server_ready"}'],
  ])('says "%s"', (found, text) => {
    expect(nonconformity(text)).toContain(found);
  });
});
