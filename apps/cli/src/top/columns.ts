import { cellWidth, fitToCells } from '../cells.ts';
import { printable } from '../output.ts';
import { bytesText, durationText } from '../quantity-text.ts';
import type { SessionRow } from './overview.ts';

/** One column of the table of sessions. */
interface Column {
  readonly heading: string;
  readonly align: 'left' | 'right';
  readonly text: (row: SessionRow) => string;
  /** The most cells it takes in a window. */
  readonly maxCells?: number;
  /** In a window that is too narrow, columns are left out from the highest number down; those without one stay. */
  readonly leftOut?: number;
}

const BETWEEN = '  ';

const COLUMNS: readonly Column[] = [
  { heading: 'ID', align: 'left', text: ({ sessionId }) => sessionId, maxCells: 24 },
  { heading: 'NAME', align: 'left', text: ({ name }) => name ?? '-', maxCells: 20, leftOut: 1 },
  { heading: 'OWNER', align: 'left', text: ({ owner }) => owner, maxCells: 12, leftOut: 9 },
  { heading: 'STATE', align: 'left', text: ({ state }) => state, leftOut: 2 },
  { heading: 'ATTACHED', align: 'right', text: ({ attached }) => `${attached}`, leftOut: 3 },
  { heading: 'RATE', align: 'right', text: ({ bytesPerSecond }) => rateText(bytesPerSecond) },
  { heading: 'TOTAL', align: 'right', text: ({ totalBytes }) => bytesText(totalBytes), leftOut: 7 },
  { heading: 'BUFFER', align: 'right', text: ({ bufferShare }) => `${Math.round(bufferShare * 100)} %`, leftOut: 6 },
  { heading: 'DROPPED', align: 'right', text: ({ droppedBytes }) => bytesText(droppedBytes), leftOut: 5 },
  { heading: 'IDLE', align: 'right', text: ({ idleMs }) => (idleMs === null ? '-' : durationText(idleMs)), leftOut: 4 },
  { heading: 'PID', align: 'right', text: ({ pid }) => `${pid ?? '-'}`, leftOut: 8 },
];

/** Bytes per second, for people; `-` when it is not known yet. */
export function rateText(bytesPerSecond: number | null): string {
  return bytesPerSecond === null ? '-' : `${bytesText(bytesPerSecond)}/s`;
}

/**
 * The headings and one line per session, in columns as wide as the widest of all sessions needs.
 *
 * `cols` is the width of a window, in which long names are cut and columns that matter least are left out; without it nothing is.
 */
export function table(
  sessions: readonly SessionRow[],
  cols: number | undefined,
): { readonly heading: string; readonly lines: readonly string[] } {
  const widths = new Map(
    COLUMNS.map((column) => {
      const widest = Math.max(...sessions.map((row) => cellWidth(printable(column.text(row)))), column.heading.length);
      return [column, cols === undefined ? widest : Math.min(widest, column.maxCells ?? widest)];
    }),
  );
  const shown = fitting(widths, cols);
  const line = (text: (column: Column) => string): string =>
    shown
      .map((column) => fitToCells(text(column), widths.get(column)!, column.align))
      .join(BETWEEN)
      .trimEnd();
  return {
    heading: line(({ heading }) => heading),
    lines: sessions.map((row) => line((column) => printable(column.text(row)))),
  };
}

function fitting(widths: ReadonlyMap<Column, number>, cols: number | undefined): Column[] {
  let shown = [...COLUMNS];
  const needed = (): number =>
    shown.reduce((sum, column) => sum + widths.get(column)!, (shown.length - 1) * BETWEEN.length);
  while (cols !== undefined && needed() > cols) {
    const last = Math.max(...shown.map(({ leftOut = 0 }) => leftOut));
    if (last === 0) break;
    shown = shown.filter(({ leftOut }) => leftOut !== last);
  }
  return shown;
}
