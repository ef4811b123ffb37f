import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fakeSample } from '../../test/fake-sample.ts';
import { cellWidth } from '../cells.ts';
import { styleFor } from '../style.ts';
import { inOrder } from './order.ts';
import { type Overview, overviewOf } from './overview.ts';
import { scrollRange, type View, wholePage, windowPage } from './page.ts';

const plain = styleFor({ env: { NO_COLOR: '1' }, screen: { isTTY: true } as never });
const coloured = styleFor({ env: {}, screen: { isTTY: true } as never });
const view: View = { order: 'rate', scroll: 0, notice: undefined };

function overviewWith(count: number, unrest: readonly string[] = []): Overview {
  const sessions = Array.from({ length: count }, (_, at) => ({
    sessionId: `id-${String(at).padStart(3, '0')}`,
    name: `Größe 端末 ${at}`,
    end: at * 100,
    pid: 1_000 + at,
  }));
  const earlier = fakeSample({ uptimeMs: 0, sessions: sessions.map((session) => ({ ...session, end: 0 })) });
  return { ...overviewOf(fakeSample({ uptimeMs: 1_000, sessions }), earlier), unrest };
}

/** The ids of the sessions on a page, from top to bottom. */
function ids(lines: readonly string[]): string[] {
  return lines.flatMap((line) => /^id-\d+/.exec(line)?.[0] ?? []);
}

describe('the page of a window', () => {
  it('has a line for each row and none wider than the window, whatever its size', () => {
    const size = { cols: fc.integer({ min: 1, max: 200 }), rows: fc.integer({ min: 1, max: 60 }) };
    const given = fc.record({ ...size, count: fc.nat(40), scroll: fc.nat(50), unrest: fc.nat(8), lost: fc.boolean() });
    fc.assert(
      fc.property(given, ({ cols, rows, count, scroll, unrest, lost }) => {
        const overview = overviewWith(
          count,
          Array.from({ length: unrest }, (_, at) => `端末 is open ${at} `.repeat(9)),
        );
        const notice = lost ? 'connection lost, reconnecting' : undefined;
        const lines = windowPage(overview, { ...view, scroll, notice }, { cols, rows }, plain);
        expect(lines).toHaveLength(rows);
        for (const line of lines) expect(cellWidth(line)).toBeLessThanOrEqual(cols);
      }),
    );
  });

  it('breaks the lines about the daemon between their parts, and names the way out first', () => {
    const page = (cols: number): string[] => windowPage(overviewWith(1), view, { cols, rows: 30 }, plain);
    const above = (cols: number): string[] => page(cols).slice(0, page(cols).indexOf(''));
    const parts = (rows: readonly string[]): string[] => rows.flatMap((row) => row.split('   '));
    expect(above(44).length).toBeGreaterThan(above(200).length);
    expect(parts(above(44))).toEqual(parts(above(200)));
    expect(page(44).at(-1)).toMatch(/^q quits {3}sort: r rate, n name/);
  });

  it('leaves columns out that matter least when it is narrow, and cuts what is left last', () => {
    const heading = (cols: number): string =>
      windowPage(overviewWith(3), view, { cols, rows: 20 }, plain)
        .find((line) => line.startsWith('ID'))!
        .trimEnd();
    expect(heading(200)).toMatch(/^ID +NAME +OWNER +STATE +ATTACHED +RATE +TOTAL +BUFFER +DROPPED +IDLE +PID$/);
    expect(heading(72)).toMatch(/^ID +NAME +STATE +ATTACHED +RATE +BUFFER +DROPPED +IDLE$/);
    expect(heading(34)).toMatch(/^ID +NAME +RATE$/);
    expect(heading(20)).toMatch(/^ID +RATE$/);
  });

  it('scrolls through every session and not beyond the last', () => {
    const overview = overviewWith(30);
    const window = { cols: 120, rows: 20 };
    const { last, page } = scrollRange(overview, view, window);
    const all = inOrder(overview.sessions, 'rate').map(({ sessionId }) => sessionId);
    expect(ids(windowPage(overview, view, window, plain))).toEqual(all.slice(0, page));
    expect(ids(windowPage(overview, { ...view, scroll: 4 }, window, plain))).toEqual(all.slice(4, 4 + page));
    const end = windowPage(overview, { ...view, scroll: last }, window, plain);
    expect(ids(end)).toEqual(all.slice(30 - page));
    expect(windowPage(overview, { ...view, scroll: 999 }, window, plain)).toEqual(end);
    expect(end.at(-1)).toMatch(new RegExp(`^${last + 1}-30 of 30 `));
  });

  it('knows how far it scrolls, with all that stands above the sessions', () => {
    const window = { cols: 120, rows: 24 };
    for (const unrest of [0, 1, 5, 6, 20]) {
      const overview = overviewWith(
        40,
        Array.from({ length: unrest }, (_, at) => `trouble ${at}`),
      );
      for (const notice of [undefined, 'no answer for 2 s']) {
        const { last, page } = scrollRange(overview, { ...view, notice }, window);
        const lines = windowPage(overview, { ...view, notice, scroll: last }, window, plain);
        expect(ids(lines)).toHaveLength(page);
        expect(ids(lines).at(-1)).toBe('id-000');
      }
    }
  });

  it('says first what is wrong, and how much more there is', () => {
    const overview = overviewWith(
      2,
      Array.from({ length: 7 }, (_, at) => `trouble ${at}`),
    );
    const lines = windowPage(overview, { ...view, notice: 'no answer for 2 s' }, { cols: 200, rows: 24 }, plain);
    expect(lines.slice(3, 10)).toEqual([
      'no answer for 2 s',
      'trouble 0',
      'trouble 1',
      'trouble 2',
      'trouble 3',
      'and 3 more',
      '',
    ]);
  });

  it('is the same text with colours, and names of strangers move no cursor', () => {
    const overview = { ...overviewWith(3), serverVersion: '1\x1b[2J' };
    const window = { cols: 60, rows: 12 };
    const lines = windowPage(overview, view, window, coloured);
    expect(lines.join('\n')).toContain('\x1b[32mok\x1b[39m');
    expect(lines.map((line) => stripVTControlCharacters(line))).toEqual(windowPage(overview, view, window, plain));
    expect(lines.join('')).not.toContain('\x1b[2J');
  });
});

describe('the whole page', () => {
  it('cuts nothing and leaves nothing out', () => {
    const sessions = [{ sessionId: 'x'.repeat(128), name: 'n'.repeat(200), owner: 'o'.repeat(64) }];
    const lines = wholePage(overviewOf(fakeSample({ sessions }), undefined), 'rate', plain);
    expect(lines.at(-1)).toMatch(/^x{128} {2}n{200} {2}o{64} {2}active +0 +- +0 B +0 % +0 B +- +-$/);
    expect(lines[0]).toBe('sessiond 1.2.3 ok, up for 1 min   1 session   2 connections');
  });
});

describe('orders', () => {
  const rows = overviewOf(
    fakeSample({
      uptimeMs: 1_000,
      sessions: [
        { sessionId: 'c', name: 'Beta', end: 10, attached: 1 },
        { sessionId: 'b', end: 30 },
        { sessionId: 'a', name: 'alpha', end: 10, attached: 2 },
        { sessionId: 'd', end: 10, attached: 2, lastOutputAt: '2026-01-31T11:59:59.000Z' },
      ],
    }),
    fakeSample({ uptimeMs: 0 }),
  ).sessions;
  it.each([
    ['rate', 'bdac'],
    ['name', 'abcd'],
    ['attached', 'dacb'],
  ] as const)('by %s', (order, expected) => {
    expect(
      inOrder(rows, order)
        .map(({ sessionId }) => sessionId)
        .join(''),
    ).toBe(expected);
  });
});
