import { expect, it } from 'vitest';
import { agentEnvironment } from './agent-environment.ts';

const host = { PATH: '/bin', HOME: '/home/ada', SECRET: 'a', API_KEY: 'k', OTHER_KEY: undefined };

it('gives the agent the variables that were named, and its tools none of them', () => {
  const { env, toolEnv } = agentEnvironment(host, ['API_KEY', 'OTHER_KEY', 'MISSING']);
  expect(env).toMatchObject({ PATH: '/bin', HOME: '/home/ada', API_KEY: 'k' });
  expect(Object.keys(env)).not.toContain('OTHER_KEY');
  expect(toolEnv).toMatchObject({ PATH: '/bin', HOME: '/home/ada', TERM: 'dumb' });
  for (const name of ['SECRET', 'API_KEY']) expect(Object.keys(toolEnv)).not.toContain(name);
  expect(Object.keys(env)).not.toContain('SECRET');
});

it('lets the session override what both inherit, and the key that the agent is given', () => {
  const { env, toolEnv } = agentEnvironment(host, ['API_KEY'], { API_KEY: 'mine', PATH: '/opt', EXTRA: '1' });
  expect(env).toMatchObject({ API_KEY: 'mine', PATH: '/opt', EXTRA: '1' });
  expect(toolEnv).toMatchObject({ API_KEY: 'mine', PATH: '/opt', EXTRA: '1' });
});
