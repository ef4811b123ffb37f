import { expect, it } from 'vitest';
import { fixture } from './fixture.ts';
import { checkMachinePaths } from './machine-paths.ts';

// Put together here, so that this file names no such path.
const path = (...parts: string[]): string => `/${parts.join('/')}`;

it.each([path('home', 'jo', 'x'), path('Users', 'jo', 'x'), path('root', 'x'), ['C:', 'Users', 'jo'].join('\\')])(
  'refuses %s',
  (place) => {
    expect(checkMachinePaths(fixture({ 'docs/a.md': `first\nsee ${place}\n` }), []).map(({ file }) => file)).toEqual([
      'docs/a.md:2',
    ]);
  },
);

it('refuses the folder of this checkout', () => {
  expect(checkMachinePaths(fixture({ 'a.ts': "read('/srv/build/x')" }), ['/srv/build/'])).toEqual([
    { file: 'a.ts:1', problem: 'names /srv/build/, a path of one machine' },
  ]);
});

it('lets tests make people up, on other machines than this one', () => {
  const files = fixture({ 'src/a.test.ts': `'${path('home', 'ada', 'x')}'\n'/srv/build/x'` });
  expect(checkMachinePaths(files, ['/srv/build/']).map(({ file }) => file)).toEqual(['src/a.test.ts:2']);
});

it('accepts paths that every machine has, and variables', () => {
  const text = '/usr/bin/env /tmp/x ~/.local/state $HOME/x /home/$USER/x /rooted/x';
  expect(checkMachinePaths(fixture({ 'docs/a.md': text }), ['/srv/build/'])).toEqual([]);
});
