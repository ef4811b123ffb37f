import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findPiPackage, isKnownVersion, readPiPackage } from './pi-package.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'package-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it.each([
  ['0.73.1', false],
  ['0.74.0', true],
  ['0.74.2', true],
  ['0.75.0', false],
  ['0.80.7', false],
  ['0.80.8', true],
  ['0.87.1', true],
  ['1.5.2', true],
  ['2.0.0', false],
  ['', false],
])('knows whether it can use %s', (version, known) => {
  expect(isKnownVersion(version)).toBe(known);
});

it('finds the package in the next folder above that has it, and says what to install where there is none', () => {
  const below = join(folder, 'a', 'b');
  const packageDir = join(folder, 'node_modules', '@earendil-works', 'pi-coding-agent');
  mkdirSync(below, { recursive: true });
  expect(() => findPiPackage(undefined, [below])).toThrow(/install @earendil-works\/pi-coding-agent/);
  expect(() => findPiPackage(below, [])).toThrow(/install @earendil-works\/pi-coding-agent/);
  mkdirSync(packageDir, { recursive: true });
  writeFileSync(join(packageDir, 'package.json'), '{}');
  expect(findPiPackage(undefined, ['/nowhere', below])).toBe(packageDir);
  expect(findPiPackage(packageDir, [])).toBe(packageDir);
});

it('reads what a package says of itself', () => {
  const manifest = {
    name: '@earendil-works/pi-coding-agent',
    version: '0.87.1',
    main: './dist/index.js',
    engines: { node: '>=22.19.0' },
  };
  expect(readPiPackage('/p', () => JSON.stringify(manifest))).toEqual({
    version: '0.87.1',
    entry: './dist/index.js',
    node: '22.19.0',
  });
});

it.each([
  ['another package', { name: 'left-pad', version: '1.0.0' }],
  ['a version it does not know', { name: '@earendil-works/pi-coding-agent', version: '0.79.0' }],
  ['no package at all', undefined],
])('refuses %s, and says what to install', (_what, manifest) => {
  const read = () => {
    if (manifest === undefined) throw new Error('ENOENT');
    return JSON.stringify(manifest);
  };
  expect(() => readPiPackage('/p', read)).toThrow(
    expect.objectContaining({ code: 'agent-unavailable', message: expect.stringContaining('install') }),
  );
});
