import { describe, expect, it } from 'vitest';
import { isCompatible, PROTOCOL_VERSION } from './version.ts';

describe('isCompatible', () => {
  it.each([PROTOCOL_VERSION, '1.0.7', '1.9.0', '1.12.345'])('accepts %s, which has our major version', (version) => {
    expect(isCompatible(version)).toBe(true);
  });

  it.each([
    '0.9.0',
    '2.0.0',
    '10.0.0',
    '11.0.0',
    '1',
    '1.0',
    '1.0.0.0',
    'v1.0.0',
    '1.0.0-beta',
    '01.0.0',
    ' 1.0.0',
    '',
    'latest',
  ])('refuses "%s"', (version) => {
    expect(isCompatible(version)).toBe(false);
  });
});
