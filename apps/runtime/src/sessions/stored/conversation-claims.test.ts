import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ConversationClaims } from './conversation-claims.ts';

let dir: string;
let claims: ConversationClaims;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'claims-'));
  claims = new ConversationClaims();
});
afterEach(() => rmSync(dir, { recursive: true }));

function file(name: string): { sessionPath: string } {
  const sessionPath = join(dir, name);
  writeFileSync(sessionPath, '', { flag: 'a' });
  return { sessionPath };
}

it('gives a conversation to one session, however its file is named, and to the next when that lets go', async () => {
  const kept = file('a');
  symlinkSync(kept.sessionPath, join(dir, 'alias'));
  const claim = await claims.claim(kept, 's-1');
  await expect(claims.claim({ sessionPath: join(dir, 'alias') }, 's-2')).rejects.toMatchObject({
    code: 'SESSION_BUSY',
  });
  expect(await claims.holder({ sessionPath: join(dir, 'alias') })).toBe('s-1');
  claim.release();
  claim.release();
  expect(await claims.holder(kept)).toBeUndefined();
  (await claims.claim(kept, 's-2')).release();
});

it('keeps out other daemons of the machine, until it lets go', async () => {
  const others = new ConversationClaims();
  const claim = await claims.claim(file('a'), 's-1');
  await expect(others.claim(file('a'), 's-1')).rejects.toMatchObject({ code: 'SESSION_BUSY' });
  expect(await others.holder(file('a'))).toBeUndefined();
  claim.release();
  await expect.poll(async () => (await others.claim(file('a'), 's-1').catch(() => undefined)) !== undefined).toBe(true);
  await others.follow('s-1', undefined);
});

it('follows a session from one conversation to the next, and lets go of none that is about to be opened', async () => {
  await claims.follow('s-1', file('a'));
  const next = await claims.claim(file('b'), 's-1');
  await claims.follow('s-1', file('a'));
  expect(await claims.holder(file('b'))).toBe('s-1');
  next.settle();
  next.release();
  await claims.follow('s-1', file('b'));
  expect([await claims.holder(file('a')), await claims.holder(file('b'))]).toEqual([undefined, 's-1']);
  await claims.follow('s-1', undefined);
  expect(await claims.holder(file('b'))).toBeUndefined();
});

it('believes what was said of a session last, whichever was found out first', async () => {
  const noFile = { backend: 'acp', agentSessionId: 'x' };
  await Promise.all([claims.follow('s-1', file('a')), claims.follow('s-1', noFile)]);
  expect([await claims.holder(file('a')), await claims.holder(noFile)]).toEqual([undefined, 's-1']);
  await Promise.all([claims.follow('s-1', file('a')), claims.follow('s-1', undefined)]);
  expect([await claims.holder(file('a')), await claims.holder(noFile)]).toEqual([undefined, undefined]);
});

it('leaves a conversation to a session that got to it, though what brought it there failed', async () => {
  const claim = await claims.claim(file('a'), 's-1');
  await claims.follow('s-1', file('a'));
  claim.release();
  expect(await claims.holder(file('a'))).toBe('s-1');
  await claims.follow('s-1', undefined);
  expect(await claims.holder(file('a'))).toBeUndefined();
});

it('knows a file that is not written yet when it is there, and a conversation without a file', async () => {
  mkdirSync(join(dir, 'folder'));
  symlinkSync(join(dir, 'folder'), join(dir, 'link'));
  await claims.follow('s-1', { sessionPath: join(dir, 'link/later') });
  writeFileSync(join(dir, 'folder/later'), '');
  expect(await claims.holder({ sessionPath: join(dir, 'folder/later') })).toBe('s-1');
  await claims.follow('s-2', { backend: 'acp', agentSessionId: 'x' });
  expect(await claims.holder({ backend: 'acp', agentSessionId: 'x' })).toBe('s-2');
  expect(await claims.holder({ backend: 'other', agentSessionId: 'x' })).toBeUndefined();
  for (const sessionId of ['s-1', 's-2']) await claims.follow(sessionId, undefined);
});

it('never gives a conversation to two sessions, whatever they do', async () => {
  const names = ['a', 'b', 'c'].map(file);
  linkSync(names[0]!.sessionPath, join(dir, 'hard'));
  const step = fc.record({
    session: fc.constantFrom('s-1', 's-2', 's-3'),
    name: fc.nat(2),
    act: fc.constantFrom('load', 'fail', 'end'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const tried = new ConversationClaims();
      /** What a naive owner of one table would know: session by conversation. */
      const held = new Map<number, string>();
      for (const { session, name, act } of steps) {
        if (act === 'end') {
          for (const [each, holder] of held) if (holder === session) held.delete(each);
          await tried.follow(session, undefined);
          continue;
        }
        const isFree = (held.get(name) ?? session) === session;
        const claim = await tried.claim(names[name]!, session).catch(() => undefined);
        expect(claim !== undefined).toBe(isFree);
        if (act === 'load' && claim !== undefined) {
          for (const [each, holder] of held) if (holder === session) held.delete(each);
          held.set(name, session);
          claim.settle();
          await tried.follow(session, names[name]!);
        }
        claim?.release();
        for (const [each, known] of names.entries()) expect(await tried.holder(known)).toBe(held.get(each));
      }
      for (const session of ['s-1', 's-2', 's-3']) await tried.follow(session, undefined);
    }),
    { numRuns: 40 },
  );
});
