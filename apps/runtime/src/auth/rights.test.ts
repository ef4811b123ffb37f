import { expect, it } from 'vitest';
import type { Principal } from './auth-provider.ts';
import { rightsOf } from './rights.ts';

const ada: Principal = { id: 'ada', scopes: ['sessions:read', 'sessions:write'], sessions: ['ci-*', 'x'] };

it('are the same for the same scopes and patterns, in whatever order and of whomever', () => {
  const same: Principal = { id: 'bob', scopes: [...ada.scopes].reverse(), sessions: ['x', 'ci-*'], expiresAtMs: 1 };
  expect(rightsOf(same)).toBe(rightsOf(ada));
  expect(rightsOf(ada)).toMatch(/^[0-9a-f]{12}$/);
});

it('differ with every scope and every pattern, and with patterns that nothing fits from none at all', () => {
  const others: Principal[] = [
    ada,
    { ...ada, scopes: ['sessions:read'] },
    { ...ada, sessions: ['ci-*'] },
    { ...ada, within: ['ci-*', 'x'] },
    { ...ada, within: [] },
  ];
  expect(new Set(others.map(rightsOf)).size).toBe(others.length);
});
