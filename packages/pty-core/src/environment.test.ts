import { expect, test } from 'vitest';
import { childEnvironment } from './environment.ts';

test('only the variables of the allow-list are inherited', () => {
  const host = {
    PATH: '/bin',
    HOME: '/h',
    LANG: 'C',
    LC_ALL: 'C',
    TZ: 'UTC',
    SHELL: '/bin/sh',
    USER: 'u',
    LOGNAME: 'u',
  };
  const environment = childEnvironment({ ...host, API_TOKEN: 'secret', NODE_OPTIONS: '-r x', TMUX: '1', TERM: 'dumb' });
  expect(environment).toEqual({ ...host, TERM: 'xterm-256color', COLORTERM: 'truecolor' });
});

test('what the caller asks for wins over everything', () => {
  const environment = childEnvironment({ PATH: '/bin' }, { PATH: '/mine', TERM: 'vt100', EXTRA: '' });
  expect(environment).toMatchObject({ PATH: '/mine', TERM: 'vt100', EXTRA: '' });
});

test('the terminal type can be named, and the host may know about colours', () => {
  expect(childEnvironment({ COLORTERM: '24bit' }, {}, 'screen')).toEqual({ TERM: 'screen', COLORTERM: '24bit' });
});

test('a variable the host does not have is not set', () => {
  expect(childEnvironment({ HOME: undefined })).not.toHaveProperty('HOME');
});
