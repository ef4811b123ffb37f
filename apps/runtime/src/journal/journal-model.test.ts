import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { JournalEntry } from './command-journal.ts';
import { accepted, numbers, open, succeeded, temporaryFolder } from './journal-fixture.ts';

type Step = {
  readonly kind: 'accept' | 'finish' | 'withdraw' | 'restart';
  readonly pick: number;
  readonly session: string;
};

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('accept', 'accept', 'finish', 'finish', 'withdraw', 'restart'),
  pick: fc.nat(20),
  session: fc.constantFrom('a', 'b'),
});

interface Known {
  readonly number: number;
  readonly session: string;
  state: 'in-flight' | 'succeeded' | 'failed';
}

it('[S39] is what an array of its commands would be, over restarts', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      let remove = (): void => {};
      const path = temporaryFolder((cleanup) => {
        remove = cleanup;
      });
      let { journal } = await open(path);
      let known: Known[] = [];
      const flying = new Map<number, JournalEntry>();
      let next = 1;
      const picked = (pick: number): JournalEntry | undefined => [...flying.values()][pick % Math.max(1, flying.size)];
      for (const { kind, pick, session } of steps) {
        const entry = picked(pick);
        if (kind === 'accept') {
          const made = journal.accept(accepted({ type: 'delete_session', id: `c${next}`, sessionId: session }));
          expect(made.number).toBe(next);
          flying.set(next, made);
          known.push({ number: next, session, state: 'in-flight' });
          next += 1;
        } else if (kind === 'restart') {
          await journal.close();
          const again = await open(path);
          journal = again.journal;
          for (const each of known) if (each.state === 'in-flight') each.state = 'failed';
          flying.clear();
          expect(again.commands.map(({ commandId }) => commandId)).toEqual(known.map(({ number }) => `c${number}`));
          expect(again.journal.recovery).toMatchObject({ missingWrites: 0, damagedRecords: 0 });
        } else if (entry !== undefined && kind === 'finish') {
          await entry.finish(succeeded({ number: entry.number }));
          flying.delete(entry.number);
          known.find(({ number }) => number === entry.number)!.state = 'succeeded';
        } else if (entry !== undefined) {
          entry.withdraw();
          flying.delete(entry.number);
          known = known.filter(({ number }) => number !== entry.number);
        }
      }
      const { entries } = await journal.history({ limit: 1000 });
      expect(entries.map(({ number, state }) => ({ number, state }))).toEqual(
        known.map(({ number, state }) => ({ number, state })).reverse(),
      );
      for (const session of ['a', 'b']) {
        const expected = known.filter((each) => each.session === session).map(({ number }) => number);
        expect(numbers(await journal.history({ sessionId: session, limit: 1000 }))).toEqual(expected.reverse());
      }
      await journal.close();
      remove();
    }),
    { numRuns: 15 },
  );
});
