import { commandContracts, encodeFrame, type FrameKind, PROTOCOL_VERSION, writeFrameHeader } from '@sessiond/protocol';
import type { Random } from '../random.ts';
import { mutateBytes } from './mutate-bytes.ts';
import { type Json, mutateValue } from './mutate-value.ts';

/** One message for a connection: text, which is a command or was one, or a byte frame. */
export type FuzzedMessage =
  | { readonly kind: 'text'; readonly payload: Buffer }
  | { readonly kind: 'frame'; readonly payload: Buffer };

/** The sessions that messages are for; `cat` runs in each. */
export const SESSIONS: readonly string[] = ['fuzz-0', 'fuzz-1', 'fuzz-2', 'fuzz-3'];

/** The command that makes one of the sessions. */
export function createSession(sessionId: string, id: string): Json {
  return { type: 'create_session', id, sessionId, kind: 'pty', pty: { command: 'cat', bufferBytes: 65_536 } };
}

/** What may stand in a file or a terminal without doing harm, whatever becomes of it on the way. */
const HARMLESS: Readonly<Record<string, Readonly<Record<string, Json>>>> = {
  create_session: { pty: { command: 'cat', args: ['-u'], cols: 120, rows: 40, bufferBytes: 65_536 } },
  bash: { command: 'echo harmless', timeoutMs: 2_000 },
  input: { data: 'harmless\r' },
  // An answer within the patience of whoever judges.
  wait_for: { timeoutMs: 200 },
  terminate: { gracePeriodMs: 100 },
};

const OTHER_MESSAGES: readonly { readonly [name: string]: Json }[] = [
  { type: 'hello', protocolVersion: PROTOCOL_VERSION, client: 'fuzz/1', commandEvents: 'all' },
  { type: 'no_such_command', id: 'c-1' },
  { type: '__proto__', id: 'c-1' },
];

/** Broken, odd or hostile JSON that no mutation of a value leads to. */
const ODD_TEXTS: readonly string[] = [
  '',
  ' ',
  'null',
  '5',
  '[]',
  '"text"',
  '{',
  '{}}',
  '{"type":}',
  "{'type':'health_check'}",
  '{"type":"health_check",}',
  '{"type":"health_check"}{"type":"health_check"}',
  '\ufeff{"type":"health_check"}',
  '{"type":"health_check","type":"list_sessions"}',
  '{"type":"resize","sessionId":"fuzz-0","cols":1e999,"rows":24}',
  '{"type":"resize","sessionId":"fuzz-0","cols":NaN,"rows":24}',
  '{"__proto__":{"type":"health_check"}}',
  `${'['.repeat(100_000)}`,
  `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`,
  `{"type":"${'x'.repeat(100_000)}"}`,
  `{"type":"health_check","id":"${'é'.repeat(200)}"}`,
  '{"type":"bytes","frame":"AAAA"}',
];

const FRAME_KINDS: readonly FrameKind[] = ['output', 'input', 'ack', 'gap', 'end'];
const OFFSETS = [0, 0, 0, 1, 7, 65_536, 2 ** 32, Number.MAX_SAFE_INTEGER];

/** Makes one message; `n` gives most commands an id that nobody had before. */
export function fuzzedMessage(random: Random, n: number): FuzzedMessage {
  const kind = random.below(10);
  if (kind < 2) return { kind: 'frame', payload: fuzzedFrame(random) };
  if (kind === 2) return { kind: 'text', payload: Buffer.from(random.pick(ODD_TEXTS)) };
  const command = anyCommand(random, n);
  if (kind === 3) return { kind: 'text', payload: Buffer.from(JSON.stringify(command)) };
  if (kind < 8) return { kind: 'text', payload: Buffer.from(JSON.stringify(mutateValue(random, command)) ?? '') };
  return { kind: 'text', payload: mutateBytes(random, Buffer.from(JSON.stringify(command))) };
}

function anyCommand(random: Random, n: number): { readonly [name: string]: Json } {
  if (random.chance(0.05)) return random.pick(OTHER_MESSAGES);
  const { type, example } = random.pick([...commandContracts.values()]);
  return {
    ...(example as unknown as { readonly [name: string]: Json }),
    ...HARMLESS[type],
    ...(Object.hasOwn(example, 'sessionId') && { sessionId: random.pick([...SESSIONS, 'nobody']) }),
    // A few ids come again: the same id with another command, or with the same one.
    id: random.chance(0.1) ? `again-${random.below(20)}` : `n-${n}`,
    ...(random.chance(0.05) && { idempotencyKey: `key-${random.below(10)}` }),
    ...(random.chance(0.05) && { dependsOn: [`n-${n - 1 - random.below(3)}`] }),
    ...(random.chance(0.05) && { ifSessionVersion: random.below(4) }),
  };
}

function fuzzedFrame(random: Random): Buffer {
  const channel = random.pick([0, 1, 1, 1, 2, 0xffff_ffff]);
  const offset = random.pick(OFFSETS);
  const payload = random.bytes(random.pick([0, 1, 8, 100, 5_000]));
  const whole =
    offset === 0
      ? Buffer.from(encodeFrame({ kind: 'input', channel, offset, payload }))
      : withHeader(random.pick(FRAME_KINDS), channel, offset, payload);
  return random.chance(0.5) ? mutateBytes(random, whole) : whole;
}

function withHeader(kind: FrameKind, channel: number, offset: number, payload: Buffer): Buffer {
  const frame = Buffer.concat([Buffer.alloc(16), payload]);
  writeFrameHeader(frame, 0, { kind, channel, offset });
  return frame;
}
