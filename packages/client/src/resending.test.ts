import { commandContracts, type ServerReadyData } from '@sessiond/protocol';
import { describe, expect, it } from 'vitest';
import { isRepeatable, resendingOf } from './resending.ts';

function server(over: Partial<ServerReadyData> = {}): ServerReadyData {
  return {
    serverVersion: '0.0.0',
    protocolVersion: '1.0.0',
    connectionId: 'c',
    transports: [],
    capabilities: [],
    limits: { maxMessageBytes: 1, maxPendingCommands: 1 },
    principal: { id: 'ada', scopes: [] },
    memory: { runId: 'run' },
    ...over,
  };
}

describe('what may run any number of times', () => {
  it('is what the contracts say: what only reads, and what is about one connection alone', () => {
    for (const { type, scope, outcomeScope } of Object.values(commandContracts)) {
      // Two that read without asking for the right to.
      const reads = scope?.endsWith(':read') === true || type === 'health_check' || type === 'list_stored_sessions';
      expect([type, isRepeatable(type)]).toEqual([type, reads || outcomeScope === 'connection']);
    }
  });
});

describe('a command that was lost', () => {
  const first = { server: server(), agoMs: 1_000 };

  it('is the same to the run of the daemon that it was sent to', () => {
    expect(resendingOf('bash', first, server({ connectionId: 'another' }))).toBe('same');
  });

  it.each([
    ['another run', { memory: { runId: 'another' } }],
    ['a daemon that does not say which run it is', { memory: undefined }],
    ['the same run as another principal', { principal: { id: 'bob', scopes: [] } }],
  ] as const)('is only asked about with %s', (_, over) => {
    expect(resendingOf('bash', first, server(over as Partial<ServerReadyData>))).toBe('ask');
  });

  it('is only asked about with daemons of which neither says which run it is', () => {
    const { memory: _, ...silent } = server();
    expect(resendingOf('bash', { server: silent, agoMs: 1 }, silent)).toBe('ask');
  });

  it.each([
    [2_001, 'same'],
    [2_000, 'ask'],
    [10, 'ask'],
  ])('is, to a daemon that forgot nothing for %i ms, sent a second ago: %s', (reachMs, expected) => {
    expect(resendingOf('bash', first, server({ memory: { runId: 'run', reachMs } }))).toBe(expected);
  });

  it('is a new one wherever it may run twice', () => {
    for (const type of ['get_state', 'attach'] as const) {
      expect(resendingOf(type, first, server({ memory: { runId: 'another' } }))).toBe('new');
    }
  });
});
