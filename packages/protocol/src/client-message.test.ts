import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeClientMessage, decodeCommand, warmUpDecoding } from './client-message.ts';
import { commandContracts } from './command-registry.ts';
import { isErrorCode } from './errors.ts';

const decode = (value: unknown) => decodeCommand(JSON.stringify(value));
const resize = { type: 'resize', sessionId: 'a', cols: 80, rows: 24 };

describe('decodeCommand', () => {
  it.each([...commandContracts.values()])('reads the example of $type as it is', ({ example }) => {
    expect(decodeCommand(JSON.stringify(example), { strict: true })).toEqual({ ok: true, command: example });
  });

  it('names the field that is wrong, and repeats the id so that the client can tell which command it was', () => {
    expect(decode({ ...resize, id: '7', cols: 0 })).toEqual({
      ok: false,
      id: '7',
      command: 'resize',
      error: {
        code: 'INVALID_COMMAND',
        message: 'Cannot accept resize: cols must be an integer from 1 to 10000',
        details: { field: 'cols' },
      },
    });
  });

  it.each([
    ['id', { ...resize, id: 5 }],
    ['id', { ...resize, id: '' }],
    ['id', { ...resize, id: 'a b' }],
    ['id', { ...resize, id: 'x'.repeat(129) }],
    ['id', { ...resize, id: null, cols: 'also wrong' }],
    ['sessionId', { ...resize, sessionId: '../etc' }],
    ['sessionId', { type: 'resize', cols: 80, rows: 24 }],
    ['sessionId', { type: 'list_sessions', sessionId: 7 }],
    ['dependsOn', { ...resize, dependsOn: 'a' }],
    ['dependsOn', { ...resize, dependsOn: Array.from({ length: 33 }, (_, index) => `c${index}`) }],
    ['dependsOn.1', { ...resize, dependsOn: ['a', 5] }],
    ['ifSessionVersion', { ...resize, ifSessionVersion: -1 }],
    ['ifSessionVersion', { ...resize, ifSessionVersion: 1.5 }],
    ['idempotencyKey', { ...resize, idempotencyKey: '' }],
    ['timeoutMs', { ...resize, timeoutMs: 0 }],
    ['timeoutMs', { ...resize, timeoutMs: 2 ** 31 }],
    ['timeoutMs', { ...resize, timeoutMs: '5s' }],
    ['cols', { ...resize, cols: '80' }],
    ['cols', { ...resize, cols: 10_001 }],
    ['rows', { ...resize, rows: 24.5 }],
    ['rows', { ...resize, rows: null }],
    ['kind', { type: 'create_session', kind: 'shell' }],
    ['name', { type: 'create_session', name: 'bell\u0007' }],
    ['name', { type: 'create_session', name: '' }],
    ['cwd', { type: 'create_session', kind: 'pty', cwd: 'relative' }],
    ['cwd', { type: 'create_session', kind: 'pty', cwd: '/nul\0' }],
    ['env', { type: 'create_session', kind: 'pty', env: ['A=1'] }],
    ['env', { type: 'create_session', kind: 'pty', env: { 'A=B': '1' } }],
    ['env.A', { type: 'create_session', kind: 'pty', env: { A: 1 } }],
    ['env.A', { type: 'create_session', kind: 'pty', env: { A: 'nul\0' } }],
    [
      'env',
      {
        type: 'create_session',
        kind: 'pty',
        env: Object.fromEntries(Array.from({ length: 1025 }, (_, n) => [`V${n}`, ''])),
      },
    ],
    ['pty', { type: 'create_session', kind: 'pty', pty: 5 }],
    ['pty', { type: 'create_session', pty: {} }],
    ['agent', { type: 'create_session', kind: 'pty', agent: { backend: 'pi' } }],
    ['agent.backend', { type: 'create_session', agent: {} }],
    ['pty.args.1', { type: 'create_session', kind: 'pty', pty: { args: ['a', 5] } }],
    ['pty.args.0', { type: 'create_session', kind: 'pty', pty: { args: ['nul\0'] } }],
    ['pty.cols', { type: 'create_session', kind: 'pty', pty: { cols: 0 } }],
    ['pty.bufferBytes', { type: 'create_session', kind: 'pty', pty: { bufferBytes: 4095 } }],
    ['pty.overflow', { type: 'create_session', kind: 'pty', pty: { overflow: 'block' } }],
    ['pty.idleTimeoutMs', { type: 'create_session', kind: 'pty', pty: { idleTimeoutMs: 0 } }],
    ['pty.backpressureThreshold', { type: 'create_session', kind: 'pty', pty: { backpressureThreshold: 0.1 } }],
    ['after', { type: 'switch_session', sessionId: 'a', after: -1 }],
    ['retention.afterExitMs', { type: 'create_session', kind: 'pty', retention: {} }],
    ['commandId', { type: 'cancel_command' }],
    ['from', { type: 'attach', sessionId: 'a', from: -1 }],
    ['from', { type: 'attach', sessionId: 'a', from: 'later' }],
    ['from', { type: 'attach', sessionId: 'a', from: 2 ** 53 }],
    ['window', { type: 'attach', sessionId: 'a', window: 2 ** 31 }],
    ['role', { type: 'attach', sessionId: 'a', role: 'owner' }],
    ['data', { type: 'input', sessionId: 'a' }],
    ['data', { type: 'input', sessionId: 'a', data: 'x', dataBase64: 'eA==' }],
    ['data', { type: 'input', sessionId: 'a', data: 5 }],
    ['dataBase64', { type: 'input', sessionId: 'a', dataBase64: 'eA' }],
    ['dataBase64', { type: 'input', sessionId: 'a', dataBase64: 'e A=' }],
    ['signal', { type: 'signal', sessionId: 'a', signal: 'SIGSEGV' }],
    ['signal', { type: 'signal', sessionId: 'a', signal: 15 }],
    ['gracePeriodMs', { type: 'terminate', sessionId: 'a', gracePeriodMs: -1 }],
    ['maxBytes', { type: 'read_output', sessionId: 'a', maxBytes: 0 }],
    ['maxBytes', { type: 'read_output', sessionId: 'a', maxBytes: 1_048_577 }],
    ['text', { type: 'wait_for', sessionId: 'a' }],
    ['text', { type: 'wait_for', sessionId: 'a', text: 'x', exit: true }],
    ['text', { type: 'wait_for', sessionId: 'a', text: '' }],
    ['regex', { type: 'wait_for', sessionId: 'a', regex: '(' }],
    ['idleMs', { type: 'wait_for', sessionId: 'a', idleMs: 0 }],
    ['exit', { type: 'wait_for', sessionId: 'a', exit: false }],
  ])('names %s when it is wrong', (field, message) => {
    const decoded = decode(message);
    expect(decoded).toMatchObject({
      ok: false,
      command: message.type,
      error: { code: 'INVALID_COMMAND', details: { field } },
    });
    if (!decoded.ok) expect(decoded.error.message).toContain(`Cannot accept ${message.type}: ${field} `);
  });

  it('accepts the borders of every range', () => {
    for (const value of [1, 10_000]) expect(decode({ ...resize, cols: value }).ok).toBe(true);
    for (const value of [0, Number.MAX_SAFE_INTEGER, 'start', 'now']) {
      expect(decode({ type: 'attach', sessionId: 'a', from: value }).ok).toBe(true);
    }
    for (const value of [1, null, 2_147_483_647]) {
      expect(decode({ type: 'create_session', kind: 'pty', pty: { idleTimeoutMs: value } }).ok).toBe(true);
    }
    expect(decode({ type: 'input', sessionId: 'a', data: '' }).ok).toBe(true);
    expect(decode({ type: 'input', sessionId: 'a', dataBase64: '' }).ok).toBe(true);
    expect(decode({ type: 'create_session', agent: { backend: 'pi' } }).ok).toBe(true);
  });

  it.each(['id', 'dependsOn', 'commandId'])('refuses the reserved prefix in %s', (field) => {
    const value = field === 'dependsOn' ? ['anon:1'] : 'anon:1';
    const decoded = decode({ type: 'cancel_command', commandId: 'c-1', [field]: value });
    expect(decoded).toMatchObject({ ok: false, error: { code: 'INVALID_COMMAND' } });
    if (!decoded.ok) expect(decoded.error.message).toContain('anon:');
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'nope', 'RESIZE', 'hello', 'bytes'])(
    'answers the type %s with UNKNOWN_COMMAND',
    (type) => {
      expect(decodeCommand(`{"id":"1","type":${JSON.stringify(type)}}`)).toEqual({
        ok: false,
        id: '1',
        command: type,
        error: { code: 'UNKNOWN_COMMAND', message: `Cannot accept ${type}: no such command` },
      });
    },
  );

  it.each(['', '\u001b[2J', 'x'.repeat(65), 'a b', '<script>'])(
    'repeats no type that is not fit to be printed: %j',
    (type) => {
      const decoded = decode({ type });
      expect(decoded).toEqual({
        ok: false,
        error: { code: 'UNKNOWN_COMMAND', message: 'Cannot accept message: no such command' },
      });
    },
  );

  it.each([
    ['null', 'it is null, not an object'],
    ['5', 'it is a number, not an object'],
    ['[]', 'it is a list, not an object'],
    ['"text"', 'it is a string, not an object'],
    ['true', 'it is a boolean, not an object'],
    ['{}', 'type is missing'],
    ['{"type":null}', 'type is null, not text'],
    ['{"type":["resize"]}', 'type is a list, not text'],
    ['{"type":{}}', 'type is an object, not text'],
  ])('answers %s cleanly', (text, found) => {
    expect(decodeCommand(text)).toMatchObject({
      ok: false,
      error: { code: 'INVALID_MESSAGE', message: `Cannot read message: ${found}` },
    });
  });

  it.each(['', '{', '{"type":"resize"', '{type:1}', 'GET / HTTP/1.1', '\u0000', '{"a":1}{"b":2}'])(
    'answers broken JSON %j, and repeats none of it',
    (text) => {
      expect(decodeCommand(text)).toEqual({
        ok: false,
        error: { code: 'INVALID_MESSAGE', message: 'Cannot read message: it is not JSON' },
      });
    },
  );

  it('repeats the id of a message without a readable type, but never one that is not fit to be printed', () => {
    expect(decodeCommand('{"id":"7"}')).toMatchObject({ ok: false, id: '7' });
    expect(decode({ ...resize, id: '\u001b[2J' })).not.toHaveProperty('id');
    expect(decode({ ...resize, id: { a: 1 } })).not.toHaveProperty('id');
  });

  it('drops fields that the contract does not name, at every depth', () => {
    const message = { type: 'create_session', kind: 'pty', colour: 1, pty: { cols: 80, colour: 2 } };
    expect(decode(message)).toEqual({ ok: true, command: { type: 'create_session', kind: 'pty', pty: { cols: 80 } } });
  });

  it.each([
    ['colour', { ...resize, colour: 1 }],
    ['pty.colour', { type: 'create_session', kind: 'pty', pty: { colour: 1 } }],
    ['toString', { ...resize, toString: 1 }],
    ['a field', { ...resize, '\u001b[2J': 1 }],
  ])('refuses %s by name when it is strict', (field, message) => {
    expect(decodeCommand(JSON.stringify(message), { strict: true })).toMatchObject({
      ok: false,
      error: {
        code: 'INVALID_COMMAND',
        message: `Cannot accept ${message.type}: ${field} is unknown`,
        details: { field },
      },
    });
  });

  it('cannot be made to pollute prototypes', () => {
    const text = '{"type":"create_session","kind":"pty","__proto__":{"x":1},"env":{"__proto__":"x","A":"1"}}';
    const decoded = decodeCommand(text);
    expect(decoded).toEqual({ ok: true, command: { type: 'create_session', kind: 'pty', env: { A: '1' } } });
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it('repeats no value a client sent', () => {
    const secret = 'hunter2';
    for (const message of [
      { ...resize, cols: secret },
      { ...resize, id: `${secret} ` },
      { type: 'input', sessionId: 'a', dataBase64: secret },
      { type: 'create_session', kind: 'pty', env: { A: [secret] } },
      { type: 'wait_for', sessionId: 'a', regex: `(${secret}` },
    ]) {
      expect(JSON.stringify(decode(message))).not.toContain(secret);
    }
    expect(JSON.stringify(decodeCommand(`{"type":"input",${secret}`))).not.toContain(secret);
  });

  it('reads ten megabytes of base64 and a million nested lists without an exception', () => {
    expect(decode({ type: 'input', sessionId: 'a', dataBase64: 'AAAA'.repeat(2_621_440) }).ok).toBe(true);
    const nested = `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`;
    expect(
      decodeCommand(`{"type":"resize","sessionId":"a","cols":1,"rows":1,"x":${nested}}`, { strict: true }).ok,
    ).toBe(false);
    expect(decodeCommand(nested).ok).toBe(false);
  });

  it('never throws and always answers with a known code: any text, any JSON, any fields on any command', () => {
    const types = [...commandContracts.keys(), 'hello'];
    const fields = [
      'id',
      'sessionId',
      'dependsOn',
      'timeoutMs',
      'kind',
      'pty',
      'agent',
      'env',
      'from',
      'data',
      'text',
      'cols',
      'client',
    ];
    const commands = fc
      .tuple(fc.constantFrom(...types), fc.dictionary(fc.constantFrom(...fields), fc.jsonValue()))
      .map(([type, values]) => JSON.stringify({ ...values, type }));
    const broken = fc
      .tuple(commands, fc.nat(80), fc.string())
      .map(([text, at, insert]) => text.slice(0, at) + insert + text.slice(at + 1));
    const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.json(), commands, broken);
    fc.assert(
      fc.property(anything, fc.boolean(), (text, strict) => {
        const decoded = decodeClientMessage(text, { strict });
        if (decoded.ok) return;
        expect(isErrorCode(decoded.error.code)).toBe(true);
        expect(decoded.error.message).toMatch(/^Cannot [ -~]+$/);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('decodeClientMessage', () => {
  it('reads hello and commands', () => {
    const hello = { type: 'hello', protocolVersion: '1.0.0', client: 'sessionctl/0.1.0' };
    expect(decodeClientMessage(JSON.stringify(hello))).toEqual({ ok: true, message: hello });
    expect(decodeClientMessage(JSON.stringify(resize))).toEqual({ ok: true, message: resize });
  });

  it.each([
    ['protocolVersion', { type: 'hello' }],
    ['protocolVersion', { type: 'hello', protocolVersion: 1 }],
    ['protocolVersion', { type: 'hello', protocolVersion: 'one' }],
    ['client', { type: 'hello', protocolVersion: '1.0.0', client: 'a\nb' }],
  ])('names %s when hello is wrong', (field, message) => {
    expect(decodeClientMessage(JSON.stringify(message))).toMatchObject({
      ok: false,
      command: 'hello',
      error: { code: 'INVALID_COMMAND', details: { field } },
    });
  });

  it('reads a hello of another major version, so that it can be answered', () => {
    expect(decodeClientMessage('{"type":"hello","protocolVersion":"2.0.0"}').ok).toBe(true);
  });
});

describe('warmUpDecoding', () => {
  it('can be called any number of times', () => {
    warmUpDecoding();
    warmUpDecoding();
  });
});
