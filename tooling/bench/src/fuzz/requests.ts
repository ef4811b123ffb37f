import type { Random } from '../random.ts';
import { mutateBytes } from './mutate-bytes.ts';

const PATHS = [
  '/',
  '/healthz',
  '/readyz',
  '/metrics',
  '/v1/ws',
  '/v1/commands',
  '/v1/tickets',
  '/v1/sessions/fuzz-0/terminal',
  '/v1/sessions/fuzz-0/terminal?role=observer&from=now&cols=80&rows=24',
  '/v1/sessions/%00/terminal?cols=-1&rows=1e9&from=99999999999999999999',
  '/v1/sessions/..%2f..%2fetc/terminal',
  '/__proto__',
  '/%',
  '/%ff%fe',
  '//',
  '*',
  'http://elsewhere/healthz',
  `/${'a/'.repeat(5_000)}`,
  `/?${'a=b&'.repeat(4_000)}`,
];
const METHODS = ['GET', 'GET', 'GET', 'POST', 'HEAD', 'PUT', 'OPTIONS', 'TRACE', 'CONNECT', 'get', 'BREW'];
const HEADERS = [
  'Origin: http://elsewhere.example',
  'Origin: null',
  'Authorization: Bearer x',
  `Authorization: Basic ${'A'.repeat(2_000)}`,
  'Sec-WebSocket-Protocol: sessiond.v1, sessiond.token.x',
  'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99',
  'Sec-WebSocket-Version: 12',
  'Content-Length: 5',
  'Content-Length: -1',
  'Content-Length: 18446744073709551616',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: chunked, identity',
  'Expect: 100-continue',
  'Expect: nothing',
  'Connection: upgrade, close, keep-alive',
  'Host: elsewhere.example',
  'Content-Type: application/json',
  'X: \u00ff\u00fe',
  `X-Long: ${'y'.repeat(20_000)}`,
  ...['__proto__: x', 'constructor: x', ' folded: x', 'no colon'],
];
const BODIES = [
  '',
  '{"type":"health_check"}',
  '{"type":"list_sessions"',
  '5\r\nhello\r\n0\r\n\r\n',
  'ffffffffffffffff\r\nx',
];

/** Bytes for a fresh TCP connection: a request of HTTP or an upgrade, most with something wrong. */
export function fuzzedRequest(random: Random): Buffer {
  const lines = [
    `${random.pick(METHODS)} ${random.pick(PATHS)} HTTP/1.${random.pick(['1', '1', '1', '0', '2'])}`,
    'Host: 127.0.0.1',
    ...(random.chance(0.4) ? upgradeHeaders(random) : []),
    ...Array.from({ length: random.below(3) }, () => random.pick(HEADERS)),
  ];
  const whole = Buffer.from(`${lines.join('\r\n')}\r\n\r\n${random.pick(BODIES)}`, 'latin1');
  return random.chance(0.4) ? mutateBytes(random, whole) : whole;
}

function upgradeHeaders(random: Random): readonly string[] {
  return [
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Version: ${random.pick(['13', '13', '13', '8', 'x'])}`,
    `Sec-WebSocket-Key: ${random.pick([Buffer.alloc(16).toString('base64'), 'short', ''])}`,
  ];
}
