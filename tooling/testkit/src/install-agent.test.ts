import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AgentPackage, agentPlace } from './agent-package.ts';
import { type Installer, installAgent } from './install-agent.ts';

let agentsDir: string;
let place: AgentPackage;
beforeEach(() => {
  agentsDir = mkdtempSync(join(tmpdir(), 'agents-'));
  place = agentPlace('pi-0.74', agentsDir);
});
afterEach(() => rmSync(agentsDir, { recursive: true }));

/** Writes the program of the agent as an install would. */
const writing =
  (text: string): Installer =>
  async (_spec, dir) => {
    const program = join(dir, place.programPath.slice(place.rootDir.length));
    mkdirSync(dirname(program), { recursive: true });
    writeFileSync(program, text);
  };

const failing =
  (error: unknown): Installer =>
  () =>
    Promise.reject(error);

describe('installing an agent', () => {
  it('puts the pinned version into a folder of its name, and nothing beside it', async () => {
    const asked: string[] = [];
    const install: Installer = (spec, dir) => {
      asked.push(spec);
      return writing('new')(spec, dir);
    };
    expect(await installAgent(place, install)).toEqual({ kind: 'installed' });
    expect(asked).toEqual(['@earendil-works/pi-coding-agent@0.74.2']);
    expect(readdirSync(agentsDir)).toEqual(['pi-0.74@0.74.2']);
    expect(readFileSync(place.programPath, 'utf8')).toBe('new');
  });

  it('leaves an agent alone that is there', async () => {
    await installAgent(place, writing('old'));
    expect(await installAgent(place, failing(new Error('never asked')))).toEqual({ kind: 'present' });
    expect(readFileSync(place.programPath, 'utf8')).toBe('old');
  });

  it('takes the place of a folder without the program', async () => {
    mkdirSync(place.rootDir);
    expect(await installAgent(place, writing('new'))).toEqual({ kind: 'installed' });
    expect(readFileSync(place.programPath, 'utf8')).toBe('new');
  });

  it('uses what another process has installed meanwhile', async () => {
    const install: Installer = async (spec, dir) => {
      await installAgent(place, writing('other'));
      await writing('mine')(spec, dir);
    };
    expect(await installAgent(place, install)).toEqual({ kind: 'present' });
    expect(readFileSync(place.programPath, 'utf8')).toBe('other');
    expect(readdirSync(agentsDir)).toEqual(['pi-0.74@0.74.2']);
  });

  it.each([
    [
      'what npm says',
      Object.assign(new Error('Command failed'), {
        stderr: 'npm warn old\nnpm error code E404\nnpm error 404 Not Found\nnpm error A complete log',
      }),
      'E404: 404 Not Found',
    ],
    ['the first line of any other error', new Error('spawn npm ENOENT\nat'), 'spawn npm ENOENT'],
  ])('tells %s when it fails, and leaves nothing', async (_title, error, reason) => {
    expect(await installAgent(place, failing(error))).toEqual({ kind: 'failed', reason });
    expect(readdirSync(agentsDir)).toEqual([]);
  });

  it('does not take an install for whole that lacks the program', async () => {
    const outcome = await installAgent(place, async () => {});
    expect(outcome).toEqual({ kind: 'failed', reason: 'there is none for this platform' });
    expect(readdirSync(agentsDir)).toEqual([]);
  });
});
