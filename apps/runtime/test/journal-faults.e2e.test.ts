import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startDaemon, type TestDaemon, WireClient } from '@sessiond/testkit';
import { afterEach, expect, it } from 'vitest';
import { comparable, Ledger, loadUntilGone, wordCounts } from './journal-load.ts';

/** The full number takes some minutes: `SESSIOND_LONG=1`. */
const KILLS = process.env['SESSIOND_LONG'] === '1' ? 200 : 6;
const CLIENTS = 4;
/** Commands of earlier lives that are sent again beside all of the last. */
const SAMPLE = 50;
const FLAGS = [
  ...['control-commands-per-minute', 'data-commands-per-minute', 'total-commands-per-minute'],
  ...['journal-max-entries'],
].flatMap((flag) => [`--${flag}`, 'off']);

const dir = mkdtempSync(join(tmpdir(), 'sessiond-faults-'));
let daemon: TestDaemon | undefined;
afterEach(async () => {
  await daemon?.stop();
  rmSync(dir, { recursive: true, force: true });
});

it(
  `[S39] loses no acknowledged outcome and runs none twice, killed ${KILLS} times amid commands`,
  async () => {
    const stateDir = join(dir, 'state');
    const file = join(dir, 'words');
    writeFileSync(file, '');
    const ledger = new Ledger();
    let lastLife: string[] = [];
    const found = { replayed: 0, interrupted: 0, unanswered: 0, anew: 0 };
    for (let kill = 0; kill <= KILLS; kill += 1) {
      daemon = await startDaemon({ stateDir, flags: FLAGS });
      const wire = await WireClient.connect({ socketPath: daemon.socketPath });
      expect(await wire.next()).toContain('server_ready');
      const { data } = JSON.parse(String(await wire.next())) as { data: Record<string, unknown> };
      expect(data).toMatchObject({ missingWrites: 0, damagedRecords: 0, setAside: false });
      if (kill > 0) expect(data['previousRun']).toBe('interrupted');

      const earlier = [...ledger.acknowledged.keys()];
      const sample = Array.from({ length: SAMPLE }, () => earlier[Math.floor(Math.random() * earlier.length)]!);
      for (const id of new Set([...lastLife, ...(earlier.length > 0 ? sample : [])])) {
        const { sent, answer } = ledger.acknowledged.get(id)!;
        const replay = await wire.command(sent);
        expect(replay['replayed'], id).toBe(true);
        expect(comparable(replay)).toBe(answer);
        found.replayed += 1;
      }
      for (const [sessionId, version] of ledger.versions) {
        if (!ledger.sessions.has(sessionId)) continue;
        const state = await wire.command({ type: 'get_state', id: `state-${kill}-${sessionId}`, sessionId });
        // More when a change was carried out and its answer lost on the way; making room takes the oldest away.
        if (state['success'] !== true) ledger.sessions.delete(sessionId);
        else expect((state['data'] as { version: number }).version, sessionId).toBeGreaterThanOrEqual(version);
      }
      const before = wordCounts(file);
      for (const [id, sent] of ledger.open) {
        const answer = await wire.command(sent);
        if (answer['code'] === 'INTERRUPTED_BY_RESTART') found.interrupted += 1;
        else if (answer['replayed'] === true) found.unanswered += 1;
        else found.anew += 1;
        // What runs now had not run before.
        if (sent.type === 'bash' && answer['replayed'] !== true) expect(before.get(id) ?? 0, id).toBe(0);
        ledger.open.delete(id);
      }
      for (const [word, count] of wordCounts(file)) if (word !== '') expect(count, word).toBe(1);
      await wire.close();
      if (kill === KILLS) break;

      const known = new Set(ledger.acknowledged.keys());
      const { socketPath } = daemon;
      const clients = Array.from({ length: CLIENTS }, () => loadUntilGone(socketPath, ledger, file));
      // A machine that is slow kills later, so that every life has told something.
      while (ledger.acknowledged.size === known.size) await delay(10);
      await delay(Math.random() * 700);
      await daemon.kill();
      await daemon.stop();
      await Promise.all(clients);
      lastLife = [...ledger.acknowledged.keys()].filter((id) => !known.has(id));
    }
    for (const [id, { sent, answer }] of ledger.acknowledged) {
      if (sent.type === 'bash' && answer.includes('"success":true')) expect(wordCounts(file).get(id), id).toBe(1);
    }
    expect(found.replayed).toBeGreaterThanOrEqual(KILLS);
    process.stdout.write(
      `${KILLS} kills: ${ledger.acknowledged.size} acknowledged; sent again: ${JSON.stringify(found)}\n`,
    );
  },
  KILLS * 15_000,
);
