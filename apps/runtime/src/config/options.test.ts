import { expect, it } from 'vitest';
import { OPTION_KEYS, OPTIONS } from './options.ts';

it('explains each option in one sentence', () => {
  for (const key of OPTION_KEYS) expect(OPTIONS[key].help, key).toMatch(/^[A-Z].*\.$/);
});
