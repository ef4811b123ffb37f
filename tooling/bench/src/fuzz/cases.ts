import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../random.ts';
import { clientFrame, fuzzedFraming } from './framing.ts';
import { answersTo, shown, wrongAnswer, wrongMessage } from './judge.ts';
import { createSession, type FuzzedMessage, fuzzedMessage, SESSIONS } from './messages.ts';
import { Peer } from './peer.ts';
import { fuzzedRequest } from './requests.ts';

/** What a case is about. */
export type CaseKind = 'messages' | 'framing' | 'request' | 'terminal' | 'slow';

/** What came of a case. */
export interface CaseResult {
  /** Messages, frames, requests: what was sent that could go wrong. */
  readonly inputs: number;
  /** What went wrong, with the input, for people; `undefined` if nothing did. */
  readonly failure: string | undefined;
}

/** One client that does not behave, with numbers of its own. */
export type Case = (random: Random, port: number) => Promise<CaseResult>;

const TEXT = 1;
const BINARY = 2;
const MAX_MESSAGES = 30;
/** How long an answer may take before the daemon counts as hung. */
export const PATIENCE_MS = 10_000;
/** How long to wait for what need not come. */
const GLANCE_MS = 60;
const SENTINEL = 'sentinel';
/** Commands that may take as long as they like, or wait for another that does. */
const UNHURRIED = /wait_for|"bash"|dependsOn/;
/** A greeting is answered only when it is refused; the answer to what claims to be a byte frame is not told from that to a real one. */
const UNCOUNTED = /"type":"(?:hello|bytes)"/;

const HANDSHAKE = handshake('/v1/ws');

/** Every kind of case, and how many of a hundred are of it. */
export const CASES: readonly { readonly kind: CaseKind; readonly share: number; readonly run: Case }[] = [
  { kind: 'messages', share: 55, run: messages },
  { kind: 'framing', share: 17, run: framing },
  { kind: 'request', share: 18, run: request },
  { kind: 'terminal', share: 7, run: terminal },
  { kind: 'slow', share: 3, run: slow },
];

/** A connection that speaks, after a proper greeting: commands, frames and what only looks like them. */
async function messages(random: Random, port: number): Promise<CaseResult> {
  const sessionId = random.pick(SESSIONS);
  const opening = [createSession(sessionId, `c-${random.below(2 ** 31)}`)];
  if (random.chance(0.6)) opening.push({ type: 'attach', id: `a-${random.below(2 ** 31)}`, sessionId, window: 65_536 });
  const firstId = random.below(2 ** 31);
  const sent: FuzzedMessage[] = [
    ...opening.map((command) => ({ kind: 'text', payload: Buffer.from(JSON.stringify(command)) }) as const),
    ...Array.from({ length: 1 + random.below(MAX_MESSAGES) }, (_, index) => fuzzedMessage(random, firstId + index)),
  ];
  const sentinel = Buffer.from(JSON.stringify({ type: 'health_check', id: SENTINEL }));
  const peer = new Peer(port);
  try {
    const bytes = sent.map(({ kind, payload }) => clientFrame(kind === 'text' ? TEXT : BINARY, payload));
    peer.send(Buffer.concat([HANDSHAKE, ...bytes, clientFrame(TEXT, sentinel)]));
    const settled = await peer.until(
      ({ texts, closeCode }) => closeCode !== null || texts.some((text) => text.includes(`"id":"${SENTINEL}"`)),
      PATIENCE_MS,
    );
    const failure = await judged(peer, sent, settled);
    return { inputs: sent.length, failure: failure && `${failure}\n${dump(sent)}` };
  } finally {
    peer.destroy();
  }
}

/** Every text has one answer, apart from greetings, and from those that may take their time. */
async function judged(peer: Peer, sent: readonly FuzzedMessage[], settled: boolean): Promise<string | undefined> {
  const texts = sent.filter(({ kind }) => kind === 'text').map(({ payload }) => payload.toString());
  const most = texts.length + 1;
  const least = most - texts.filter((text) => UNCOUNTED.test(text) || UNHURRIED.test(text)).length;
  const isWhole = ({ texts: received, closeCode }: Peer['received']): boolean =>
    closeCode !== null || answersTo(received) >= least;
  const complete = await peer.until(isWhole, PATIENCE_MS);
  const { received } = peer;
  const wrong = wrongMessage(received);
  if (wrong !== undefined) return wrong;
  if (received.closeCode !== null) return undefined;
  if (received.ended) return 'the connection ended without a close frame';
  const answers = answersTo(received.texts);
  if (!settled) return `no answer to health_check within ${PATIENCE_MS} ms`;
  if (!complete) return `${answers} answers to ${most} messages, of which ${least} have to be answered soon`;
  return answers > most ? `${answers} answers to ${most} messages` : undefined;
}

/** A connection whose frames break the rules. */
async function framing(random: Random, port: number): Promise<CaseResult> {
  const bytes = fuzzedFraming(random);
  const peer = new Peer(port);
  try {
    peer.send(HANDSHAKE);
    const opened = await peer.until(({ texts }) => texts.length > 0, PATIENCE_MS);
    // All at once, or cut somewhere.
    const cut = random.chance(0.5) ? bytes.length : random.below(bytes.length + 1);
    peer.send(bytes.subarray(0, cut));
    if (cut < bytes.length) await sleep(1);
    peer.send(bytes.subarray(cut));
    await peer.until(({ closeCode }) => closeCode !== null, GLANCE_MS);
    const { received } = peer;
    const silent =
      received.ended && received.closeCode === null ? 'the connection ended without a close frame' : undefined;
    const failure = opened ? (wrongMessage(received) ?? silent) : 'no greeting';
    return { inputs: 1, failure: failure && `${failure}\n${hex(bytes)}` };
  } finally {
    peer.destroy();
  }
}

/** A request of HTTP, or an upgrade. */
async function request(random: Random, port: number): Promise<CaseResult> {
  const bytes = fuzzedRequest(random);
  const peer = new Peer(port);
  try {
    peer.send(bytes);
    await peer.until(({ head, ended }) => head !== null || ended, GLANCE_MS);
    const failure = wrongAnswer(peer.received) ?? wrongMessage(peer.received);
    return { inputs: 1, failure: failure && `${failure}\n${shown(bytes.toString('latin1'))}` };
  } finally {
    peer.destroy();
  }
}

/** A raw terminal: whatever is typed is right, but frames can be wrong, and the query. */
async function terminal(random: Random, port: number): Promise<CaseResult> {
  const query = random.pick(['', '?role=observer', '?from=now', '?cols=80&rows=24', '?cols=0', '?from=-1', '?role=x']);
  const opening = handshake(`/v1/sessions/${random.pick([...SESSIONS, 'nobody', '%00'])}/terminal${query}`);
  const bytes = Buffer.concat([
    clientFrame(BINARY, random.bytes(random.below(3_000))),
    clientFrame(TEXT, Buffer.from('harmless\r')),
    random.chance(0.5) ? fuzzedFraming(random) : Buffer.alloc(0),
  ]);
  const peer = new Peer(port);
  try {
    peer.send(Buffer.concat([opening, bytes]));
    const answered = await peer.until(({ head }) => head !== null, PATIENCE_MS);
    await peer.until(({ closeCode }) => closeCode !== null, GLANCE_MS);
    const { received } = peer;
    const failure = answered ? (wrongAnswer(received) ?? received.violation ?? undefined) : 'no answer to the upgrade';
    return { inputs: 1, failure: failure && `${failure}\n${opening.toString()}${hex(bytes)}` };
  } finally {
    peer.destroy();
  }
}

/** A client that sends its greeting and a command byte by byte, and goes away somewhere in between. */
async function slow(random: Random, port: number): Promise<CaseResult> {
  const whole = Buffer.concat([HANDSHAKE, clientFrame(TEXT, Buffer.from('{"type":"health_check","id":"h"}'))]);
  const last = random.below(whole.length);
  const peer = new Peer(port);
  try {
    for (let at = 0; at < last; at += 8) {
      peer.send(whole.subarray(at, Math.min(at + 8, last)));
      await sleep(1 + random.below(10));
    }
    const failure = wrongAnswer(peer.received) ?? wrongMessage(peer.received);
    return { inputs: 1, failure: failure && `${failure}, to the first ${last} bytes of a slow client` };
  } finally {
    peer.destroy();
  }
}

function handshake(path: string): Buffer {
  return Buffer.from(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n\r\n`,
  );
}

function dump(sent: readonly FuzzedMessage[]): string {
  return sent.map(({ kind, payload }) => (kind === 'text' ? shown(payload.toString()) : hex(payload))).join('\n');
}

function hex(bytes: Buffer): string {
  return `${bytes.subarray(0, 400).toString('hex')} (${bytes.length} bytes)`;
}
