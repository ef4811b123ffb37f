import pino from 'pino';
import { expect, it } from 'vitest';
import { REDACTED } from './logger.ts';

it('leaves out credentials and what commands carry, however deep a careless caller puts them', () => {
  const lines: string[] = [];
  const redact = { paths: [...REDACTED], censor: '[redacted]' };
  const logger = pino({ base: null, redact }, { write: (line: string) => void lines.push(line) });
  const fields = [
    'token',
    'authorization',
    'cookie',
    'sec-websocket-protocol',
    'password',
    'secret',
    'env',
    'data',
    'dataBase64',
  ];
  for (const field of fields) {
    logger.info({ [field]: 'marker', request: { [field]: 'marker', headers: { [field]: 'marker' } } }, 'a line');
  }
  expect(lines).toHaveLength(fields.length);
  for (const line of lines) {
    expect(line).not.toContain('marker');
    expect(line.match(/\[redacted\]/g)).toHaveLength(3);
  }
});
