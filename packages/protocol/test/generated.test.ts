import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { regions, regionsOf, schemaFiles, withFreshRegions } from '../scripts/documents.ts';
import { commandContracts, errorCodes } from '../src/index.ts';

const RENEW = 'run `npm run generate` in packages/protocol';
const packageFolder = new URL('..', import.meta.url);
const document = (name: string) => readFileSync(new URL(`../../docs/${name}`, packageFolder), 'utf8');

describe('the documents', () => {
  it.each(['protocol.md', 'errors.md'])('docs/%s says what the registries say', (name) => {
    const markdown = document(name);
    expect(markdown === withFreshRegions(markdown), RENEW).toBe(true);
  });

  it('show every region that is generated', () => {
    expect([...regionsOf(document('protocol.md')), ...regionsOf(document('errors.md'))].toSorted()).toEqual(
      Object.keys(regions).toSorted(),
    );
  });

  it('describe every command and every error code', () => {
    for (const type of commandContracts.keys()) expect(document('protocol.md')).toContain(`\n### ${type}\n`);
    for (const code of Object.keys(errorCodes)) expect(document('errors.md')).toContain(`| \`${code}\` |`);
  });

  it('have no link into themselves that leads nowhere', () => {
    const markdown = document('protocol.md');
    const anchors = new Set(
      [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, title]) => title!.toLowerCase().replaceAll(' ', '-')),
    );
    for (const [, anchor] of markdown.matchAll(/\]\(#([^)]+)\)/g)) expect(anchors).toContain(anchor);
  });

  it('refuse a region that nobody makes', () => {
    expect(() => withFreshRegions('<!-- generated: nope -->\n<!-- end of generated -->')).toThrow('no region nope');
  });
});

describe('the JSON Schema files', () => {
  it.each(Object.entries(schemaFiles))('%s is what the schemas say', (name, make) => {
    expect(JSON.parse(readFileSync(new URL(`schema/${name}`, packageFolder), 'utf8')), RENEW).toEqual(make());
  });

  it('are all there are', () => {
    expect(readdirSync(new URL('schema/', packageFolder)).toSorted()).toEqual(Object.keys(schemaFiles).toSorted());
  });

  it('define every message they refer to', () => {
    for (const make of Object.values(schemaFiles)) {
      const { anyOf, $defs } = make();
      expect((anyOf as { $ref: string }[]).map(({ $ref }) => $ref.replace('#/$defs/', ''))).toEqual(Object.keys($defs));
    }
  });
});
