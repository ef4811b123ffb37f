import { describe, expect, it } from 'vitest';
import { answersTo, wrongAnswer, wrongMessage } from './judge.ts';
import type { Received } from './peer.ts';

const NOTHING: Received = { head: null, body: '', texts: [], closeCode: null, ended: false, violation: null };
const OK = '{"type":"response","id":"c-1","command":"unsubscribe","success":true,"data":{"sessionId":"a"}}';
const failure = (code: string): string =>
  `{"type":"response","command":"input","success":false,"error":"Cannot","code":"${code}"}`;

describe('messages', () => {
  const wrongText = (text: string): string | undefined => wrongMessage({ ...NOTHING, texts: [OK, text] });

  it('may succeed, or fail with a code', () => {
    expect(wrongText(failure('INVALID_COMMAND'))).toBeUndefined();
  });

  it.each([
    ['no JSON', '{"type":'],
    ['an unknown code', failure('OOPS')],
    ['no code', '{"type":"response","command":"input","success":false,"error":"Cannot"}'],
    ['a field nobody named', OK.replace('{"sessionId"', '{"extra":1,"sessionId"')],
    ['data of another command', OK.replace('unsubscribe', 'resize')],
    ['a defect', failure('INTERNAL')],
  ])('are wrong with %s', (_, text) => {
    expect(wrongText(text)).toBeDefined();
  });

  it('are counted as answers if they are none to byte frames', () => {
    const toFrame = failure('INVALID_MESSAGE').replace('"input"', '"bytes"');
    expect(answersTo([OK, '{"type":"event"}', toFrame, failure('FORBIDDEN')])).toBe(2);
  });
});

it.each([1000, 1009, 1013, 3000, 4999])('takes the close code %i', (closeCode) => {
  expect(wrongMessage({ ...NOTHING, closeCode })).toBeUndefined();
});

it.each([0, 999, 1004, 1006, 1015, 2999, 5000])('takes offence at the close code %i', (closeCode) => {
  expect(wrongMessage({ ...NOTHING, closeCode })).toContain(String(closeCode));
});

describe('answers of HTTP', () => {
  const json = 'HTTP/1.1 404 Not Found\r\nContent-Type: application/json';

  it.each([
    [null, ''],
    ['HTTP/1.1 200 OK', 'anything'],
    [json, '{"error":"There is nothing","code":"UNKNOWN_COMMAND"}'],
    [json.replace('404', '503'), '{"status":"draining"}'],
  ])('may be %j with %j', (head, body) => {
    expect(wrongAnswer({ ...NOTHING, head, body })).toBeUndefined();
  });

  it.each([
    ['HTTP/1.1 500 Internal Server Error', ''],
    ['{"type":"server_ready"}', ''],
    [json, '{"error":"There is nothing"}'],
    [json, '{"error":"There is nothing","code":"OOPS"}'],
  ])('are wrong as %j with %j', (head, body) => {
    expect(wrongAnswer({ ...NOTHING, head, body })).toBeDefined();
  });
});
