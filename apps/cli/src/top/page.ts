import { cellWidth, cutToCells, fitToCells } from '../cells.ts';
import { printable } from '../output.ts';
import { bytesText, countText, durationText } from '../quantity-text.ts';
import type { Style } from '../style.ts';
import type { WindowSize } from '../terminal.ts';
import { rateText, table } from './columns.ts';
import { inOrder, type Order } from './order.ts';
import type { Overview } from './overview.ts';

/** What of an overview is shown, and how. */
export interface View {
  readonly order: Order;
  /** Sessions above the first one that is shown. */
  readonly scroll: number;
  /** What has to be known before anything else, such as a lost connection. */
  readonly notice: string | undefined;
}

/** Between what stands beside each other in a line. */
const GAP = '   ';
/** First what nobody should have to look for in a narrow window. */
const KEYS = ['q quits', 'sort: r rate, n name, a attached', 'arrows scroll'].join(GAP);
/** Of what is not at rest, so much is shown above the sessions in a window. */
const MAX_UNREST = 5;

/** The whole overview as lines, for a pipe or `--once`: nothing is cut or left out. */
export function wholePage(overview: Overview, order: Order, style: Style): string[] {
  const { heading, lines } = table(inOrder(overview.sessions, order), undefined);
  const unrest = overview.unrest.map((text) => style.bad(printable(text)));
  return [
    ...summary(overview).map((parts, at) => painted(parts.join(GAP), at, overview, style)),
    ...unrest,
    '',
    heading,
    ...lines,
  ];
}

/**
 * The page for a window: exactly as many lines as it has rows, none wider than it is; a scroll beyond the end counts as the end.
 */
export function windowPage(overview: Overview, view: View, window: WindowSize, style: Style): string[] {
  const { cols, rows } = window;
  const top = summaryRows(overview, cols).map((text, at) => painted(cutToCells(text, cols), at, overview, style));
  if (view.notice !== undefined) top.push(style.bad(cutToCells(printable(view.notice), cols)));
  const { unrest } = overview;
  const shownUnrest = unrest.length > MAX_UNREST ? unrest.slice(0, MAX_UNREST - 1) : unrest;
  for (const text of shownUnrest) top.push(style.bad(cutToCells(printable(text), cols)));
  if (shownUnrest.length < unrest.length) {
    top.push(style.bad(cutToCells(`and ${unrest.length - shownUnrest.length} more`, cols)));
  }
  const { heading, lines } = table(inOrder(overview.sessions, view.order), cols);
  const room = roomFor(rows, top.length);
  const scroll = Math.min(view.scroll, Math.max(lines.length - room, 0));
  const page = [
    ...top,
    '',
    style.reverse(fitToCells(heading, cols)),
    ...lines.slice(scroll, scroll + room).map((line) => cutToCells(line, cols)),
  ].slice(0, Math.max(rows - 1, 0));
  while (page.length < rows - 1) page.push('');
  const last = Math.min(scroll + room, lines.length);
  const position = lines.length > room ? `${scroll + 1}-${last} of ${lines.length}   ` : '';
  if (rows > 0) page.push(style.faint(cutToCells(`${position}${KEYS}`, cols)));
  return page;
}

/** How far down the sessions can be scrolled, and how many are shown at a time. */
export function scrollRange(
  overview: Overview,
  view: View,
  { cols, rows }: WindowSize,
): { readonly last: number; readonly page: number } {
  const above =
    summaryRows(overview, cols).length +
    Math.min(overview.unrest.length, MAX_UNREST) +
    (view.notice === undefined ? 0 : 1);
  const page = roomFor(rows, above);
  return { last: Math.max(overview.sessions.length - page, 0), page };
}

/** An empty line and the headings stand between the top and the sessions, the keys below them. */
function roomFor(rows: number, above: number): number {
  return Math.max(rows - above - 3, 1);
}

/** The daemon as lines of a few parts each. */
function summary(overview: Overview): string[][] {
  const { loopDelayMs, processorShare, commandsPerSecond, journal, sessions, connections, uptimeMs } = overview;
  const processor = processorShare === null ? '-' : `${(processorShare * 100).toFixed(1)} %`;
  const commands = commandsPerSecond === null ? '-' : commandsPerSecond.toFixed(1);
  const lines = [
    [
      `sessiond ${overview.serverVersion} ${overview.status}, up for ${durationText(uptimeMs)}`,
      countText(sessions.length, 'session'),
      countText(connections, 'connection'),
    ],
    [
      `loop delay p50 ${milliseconds(loopDelayMs.p50)}, p99 ${milliseconds(loopDelayMs.p99)}`,
      `processor ${processor}`,
      `memory ${bytesText(overview.memoryBytes)}`,
      `${commands} commands/s`,
    ],
    [
      `output ${rateText(overview.outputBytesPerSecond)}`,
      `dropped ${bytesText(overview.droppedBytes)}, ${rateText(overview.droppedBytesPerSecond)}`,
      `buffers ${bytesText(overview.keptBytes)} of ${bytesText(overview.keptLimitBytes)}`,
    ],
    ...(journal === null ? [] : [[`journal ${journal}`]]),
  ];
  return lines.map((parts) => parts.map(printable));
}

/** The same with as many parts in a row as the window has room for. */
function summaryRows(overview: Overview, cols: number): string[] {
  return summary(overview).flatMap((parts) => {
    const rows: string[] = [];
    for (const part of parts) {
      const longer = rows.length === 0 ? part : `${rows.at(-1)}${GAP}${part}`;
      if (rows.length > 0 && cellWidth(longer) <= cols) rows[rows.length - 1] = longer;
      else rows.push(part);
    }
    return rows;
  });
}

function painted(text: string, at: number, { status, serverVersion }: Overview, style: Style): string {
  if (at > 0) return text;
  const paint = { ok: style.good, degraded: style.bad, draining: style.notable }[status];
  const from = `sessiond ${printable(serverVersion)} `.length;
  return `${style.strong(text.slice(0, from))}${paint(text.slice(from, from + status.length))}${text.slice(from + status.length)}`;
}

function milliseconds(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}
