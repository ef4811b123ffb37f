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
const usage = { input: 1, output: 1, cacheRead: 0, cacheWrite: 0, totalTokens: 2 };
const exit = { exitCode: null, signal: 'SIGKILL', reason: 'signaled' } as const;

/** Fields of the examples that may be missing, as `type.field`; those of every event that may, without a type. */
const OPTIONAL: ReadonlySet<string> = new Set([
  'get_state.pid',
  'get_state.lastOutputAt',
  'read_output.gap',
  'switch_session.events',
  'get_metrics.admission',
  'get_command_history.cursor',
  'attach.cols',
  'attach.rows',
  'cycle_model.thinkingLevel',
  'compact.tokensBefore',
  'navigate_tree.editorText',
  'pty.signal.delivered.error',
  'bash.output.data',
  'breaker_changed.sessionId',
  'command_accepted.commandId',
  'command_started.commandId',
  'command_finished.commandId',
  'command_finished.code',
  'command_finished.replayed',
  'agent_end.errorMessage',
  'message_end.entryId',
  'message_end.stopReason',
  'message_end.errorMessage',
  'message_end.usage',
  'tool_execution_start.args',
  'tool_execution_update.replaces',
  'compaction_end.errorMessage',
  'compaction_end.tokensBefore',
  'auto_retry_end.errorMessage',
  'extension_ui_request.message',
  'extension_ui_request.options',
  'extension_ui_request.placeholder',
  'extension_ui_request.prefill',
  'extension_ui_request.timeoutMs',
  'extension_status.text',
  'agent_stopped.errorMessage',
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
  { type: 'agent_phase_changed', from: 'idle', to: 'running', cause: 'prompt' },
  { type: 'agent_start' },
  { type: 'agent_end', stopReason: 'error', errorMessage: 'overloaded' },
  { type: 'turn_start' },
  { type: 'turn_end' },
  { type: 'message_start', message: { role: 'user', content: [{ type: 'text', text: 'x' }], timestamp } },
  { type: 'message_update', assistantMessageEvent: { type: 'text_delta', contentIndex: 0, delta: 'x' } },
  { type: 'message_end', role: 'assistant', entryId: 'e', stopReason: 'error', errorMessage: 'x', usage },
  { type: 'tool_execution_start', toolCallId: 't', toolName: 'bash', args: { command: 'ls' } },
  { type: 'tool_execution_update', toolCallId: 't', delta: 'x', replaces: true },
  { type: 'tool_execution_end', toolCallId: 't', toolName: 'bash', isError: false, output: 'x', truncated: false },
  { type: 'queue_update', steering: ['x'], followUp: [] },
  { type: 'compaction_start', reason: 'manual' },
  { type: 'compaction_end', aborted: false, errorMessage: 'x', tokensBefore: 1 },
  { type: 'auto_retry_start', attempt: 1, maxAttempts: 3, delayMs: 10, errorMessage: 'x' },
  { type: 'auto_retry_end', success: false, attempt: 3, errorMessage: 'x' },
  { type: 'model_changed', provider: 'local', modelId: 'small' },
  { type: 'thinking_level_changed', level: 'high' },
  { type: 'plan_update', entries: [{ content: 'x', status: 'pending' }] },
  { type: 'commands_changed' },
  {
    type: 'extension_ui_request',
    requestId: 'ui-1',
    method: 'select',
    title: 'x',
    message: 'x',
    options: ['a'],
    placeholder: 'x',
    prefill: 'x',
    timeoutMs: 1,
  },
  { type: 'extension_ui_resolved', requestId: 'ui-1', end: 'answered' },
  { type: 'extension_notify', message: 'x', level: 'info' },
  { type: 'extension_status', key: 'k', text: 'x' },
  { type: 'extension_error', message: 'x' },
  { type: 'agent_restarting', attempt: 1, delayMs: 250, exitCode: null, signal: 'SIGKILL', interrupted: true },
  { type: 'agent_restarted', attempt: 1, resumed: true },
  { type: 'agent_stopped', reason: 'failed', errorMessage: 'x' },
  { type: 'events_gap', from: 1, to: 9 },
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
      const optional = OPTIONAL.has(`${contract.type}.${name}`);
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
      if (!OPTIONAL.has(`${event.type}.${name}`))
        expect(check({ type: 'event', timestamp, event: rest }), name).toBeDefined();
    }
  });

  it('has been shown every event there is', () => {
    expect(events.map(({ type }) => type)).toEqual([...eventContracts.keys()]);
    expect([...eventTypes]).toEqual([...eventContracts.keys()]);
  });

  it('knows what a delta cannot do without, and nothing that it may have beside it', () => {
    const delta = { type: 'delta', channel: 1, seq: 5, delta: 'more' };
    expect(check(delta)).toBeUndefined();
    for (const name of ['channel', 'seq', 'delta'] as const) {
      expect(check({ ...delta, [name]: undefined })).toContain(`delta: ${name} `);
    }
    expect(check({ ...delta, sessionId: 'a' })).toBe('delta: sessionId is unknown');
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
