import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { allowedText, defaultText } from './config-option-spec.ts';
import { OPTION_KEYS, OPTIONS } from './config-options.ts';

/** The table of options as the operations manual has it. */
function optionTable(): string {
  const rows = OPTION_KEYS.map((key) => {
    const spec = OPTIONS[key];
    return `| \`${key}\` | ${defaultText(spec)} | ${allowedText(spec)} | ${spec.help} |`;
  });
  return ['| option | default | allowed | |', '|---|---|---|---|', ...rows].join('\n');
}

it('describes every option in the operations manual as it is', () => {
  const manual = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
  const table = /<!-- options: [^>]* -->\n([\s\S]*?)\n?<!-- \/options -->/.exec(manual)?.[1];
  expect(table).toBe(optionTable());
});

it('explains each option in one sentence', () => {
  for (const key of OPTION_KEYS) expect(OPTIONS[key].help, key).toMatch(/^[A-Z].*\.$/);
});
