import type { Command } from '@sessiond/protocol';
import { describe, expect, it } from 'vitest';
import { digestOf, fingerprintOf, isAskedAgain } from './fingerprint.ts';

const rename: Command = { type: 'set_session_name', sessionId: 's', name: 'x' };
const create: Command = { type: 'create_session', kind: 'pty', env: { A: '1', B: '2' } };
const long: Command = { type: 'set_session_name', sessionId: 's', name: 'x'.repeat(2_000) };

describe('what a command asks for', () => {
  it.each([rename, create, long])('is the same whatever the command is called and waits for: %#', (command) => {
    const again = { ...command, id: 'id', idempotencyKey: 'key', dependsOn: ['other'] } as Command;
    for (const told of [fingerprintOf(command), digestOf(command)]) expect(isAskedAgain(told, again)).toBe(true);
  });

  it.each<[string, Command]>([
    ['another field', { ...rename, name: 'y' }],
    ['another session', { ...rename, sessionId: 't' }],
    ['another version', { ...rename, ifSessionVersion: 1 }],
    ['another time', { ...rename, timeoutMs: 5 }],
    ['another command', { type: 'get_state', sessionId: 's' }],
  ])('is not the same with %s', (_what, other) => {
    for (const told of [fingerprintOf(rename), digestOf(rename)]) expect(isAskedAgain(told, other)).toBe(false);
  });

  it('is the same whatever the order of the fields, at every depth', () => {
    const other = { env: { B: '2', A: '1' }, kind: 'pty', type: 'create_session' } as Command;
    for (const told of [fingerprintOf(create), digestOf(create)]) expect(isAskedAgain(told, other)).toBe(true);
    expect(digestOf(other)).toBe(digestOf(create));
  });

  it('is a digest where it is long, and always the same one', () => {
    expect(fingerprintOf(long)).toBe(digestOf(long));
    // sha256 of {"name":"x","sessionId":"s","type":"set_session_name"}
    expect(digestOf({ ...rename, id: 'a' })).toBe('b506b8d6481ea844f6965f40db6d8416957c79f133ace1b07a427bcb7656e72c');
  });
});
