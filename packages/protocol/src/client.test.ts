import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as forClients from './client.ts';
import * as everything from './index.ts';

const RUNTIME_IMPORT = /^(?:import|export)\s+(?!type\b)([^;]*?)\s*from '([^']+)';/gm;

/** All modules that a module loads at run time, itself included, and the packages among them. */
function loadedBy(file: URL, seen = new Set<string>()): Set<string> {
  if (seen.has(file.href)) return seen;
  seen.add(file.href);
  for (const [, names, from] of readFileSync(file, 'utf8').matchAll(RUNTIME_IMPORT)) {
    const onlyTypes =
      /^\{[^}]*\}$/.test(names!) &&
      names!
        .slice(1, -1)
        .split(',')
        .every((name) => /^\s*(type\s|$)/.test(name));
    if (onlyTypes) continue;
    if (from!.startsWith('.')) loadedBy(new URL(from!, file), seen);
    else seen.add(from!);
  }
  return seen;
}

describe('the entry for clients', () => {
  it('offers nothing the whole package does not', () => {
    for (const [name, value] of Object.entries(forClients)) expect(everything).toHaveProperty(name, value);
  });

  it('loads no schema, so that a client starts quickly and a web page stays small', () => {
    const names = [...loadedBy(new URL('./client.ts', import.meta.url))].map((module) => module.split('/').at(-1));
    expect(names).toContain('server-message.ts');
    expect(names).not.toContain('zod');
    expect(names).not.toContain('fields.ts');
  });

  it('is told apart from the whole package by the check itself', () => {
    expect([...loadedBy(new URL('./index.ts', import.meta.url))]).toContain('zod');
  });
});

describe('every entry', () => {
  it.each(['client', 'index', 'conformance'])('%s runs in a browser: it loads nothing of Node', (entry) => {
    const modules = [...loadedBy(new URL(`./${entry}.ts`, import.meta.url))];
    expect(modules.filter((module) => module.startsWith('node:'))).toEqual([]);
  });
});
