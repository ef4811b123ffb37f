import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { resolveConfig } from '../config/config.ts';
import { agentFindings } from './agent-findings.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'findings-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function findings(flags: Record<string, unknown>, env: Record<string, string> = {}): string[] {
  const { config } = resolveConfig({ flags, env: {}, file: null, homeDir: dir });
  return agentFindings(config, { PATH: join(dir, 'bin'), ...env }).map(({ status, message }) => `${status} ${message}`);
}

it('has nothing to say of agents of which nothing is named', () => {
  expect(findings({})).toEqual([]);
});

it('looks for the package and the Node of pi, and for programs', () => {
  const flags = { piPackage: join(dir, 'pi'), piNode: join(dir, 'bin/node'), acpAgents: ['mine=agent --acp'] };
  const notes = findings(flags);
  expect(notes).toHaveLength(3);
  expect(notes.every((line) => line.startsWith('note '))).toBe(true);
  for (const folder of ['pi', 'bin']) mkdirSync(join(dir, folder));
  writeFileSync(join(dir, 'pi/package.json'), '{"version":"0.74.2"}');
  for (const program of ['node', 'agent']) writeFileSync(join(dir, 'bin', program), '', { mode: 0o755 });
  expect(findings(flags)).toEqual([
    `ok The package of pi is 0.74.2, in ${join(dir, 'pi')}`,
    `ok The Node that runs pi is ${join(dir, 'bin/node')}`,
    'ok The program of the agent mine is there: agent',
  ]);
  expect(findings({ ...flags, agentBackends: 'acp', acpAgents: [] })).toEqual([]);
});

it('finds folders that are not there, and those in which others could put what pi would run', () => {
  mkdirSync(join(dir, 'code'));
  chmodSync(join(dir, 'code'), 0o777);
  expect(findings({ agentRoots: join(dir, 'none'), piTrust: join(dir, 'code') })).toEqual([
    `note There is no folder ${join(dir, 'none')}, which agentRoots or piTrust names`,
    `note Others may write to ${join(dir, 'code')}, which piTrust names: what they put there, pi runs as you`,
  ]);
});

it('names variables that are not set, and repeats no value', () => {
  const notes = findings({ agentEnv: ['API_KEY', 'OTHER_KEY'] }, { API_KEY: 'hunter2' });
  expect(notes).toEqual(['note The variable OTHER_KEY, which agentEnv names, is not in this environment']);
});
