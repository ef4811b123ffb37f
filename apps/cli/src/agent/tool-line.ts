import { cellWidth, cutToCells } from '../cells.ts';
import { durationText } from '../quantity-text.ts';
import type { Style } from '../style.ts';
import { plainText } from './plain-text.ts';

/** A tool as it is shown: on one line. */
export interface ToolCall {
  readonly name: string;
  /** What it was called with, as far as it was told. */
  readonly args: unknown;
  readonly state: 'running' | 'done' | 'failed';
  /** So far, or in all. */
  readonly durationMs: number | undefined;
  /** The end of what it has said. */
  readonly output: string;
}

const MARKS: Readonly<Record<ToolCall['state'], string>> = { running: '…', done: '✓', failed: '✗' };
/** Shorter tells nothing. */
const MIN_OUTPUT_CELLS = 12;
/** What tells most about a call, in the arguments of the tools that agents have. */
const TELLING: readonly string[] = ['command', 'path', 'file_path', 'filePath', 'pattern', 'query', 'url'];

/** A tool in one row: its state, name and most telling argument, how long it took, and, while it runs or if it failed, its last words. */
export function toolLine(call: ToolCall, cols: number, style: Style): string {
  const { state, durationMs } = call;
  const paint = { running: style.notable, done: style.good, failed: style.bad }[state];
  const parts = [paint(MARKS[state])];
  let room = cols - 1;
  const add = (text: string, painted: (text: string) => string, atLeast = 1): void => {
    if (text === '' || room <= atLeast) return;
    const cut = cutToCells(text, room - 1);
    room -= cellWidth(cut) + 1;
    parts.push(painted(cut));
  };
  const duration = durationMs === undefined ? '' : durationText(durationMs);
  // Room for the time is kept, however long the rest is.
  room -= duration === '' ? 0 : duration.length + 1;
  add(oneLine(call.name), style.strong);
  add(argumentText(call.args), (text) => text);
  if (duration !== '') parts.push(style.faint(duration));
  if (state !== 'done') add(lastLine(call.output), style.faint, MIN_OUTPUT_CELLS);
  return parts.join(' ');
}

/** The argument that says what the call is about, in one line. */
export function argumentText(args: unknown): string {
  if (args === undefined || args === null) return '';
  if (typeof args !== 'object') return oneLine(String(args));
  const fields = args as Readonly<Record<string, unknown>>;
  const key = TELLING.find((name) => typeof fields[name] === 'string');
  if (key !== undefined) return oneLine(fields[key] as string);
  return Object.keys(fields).length === 0 ? '' : oneLine(JSON.stringify(fields));
}

/** Text of unknown origin in one row. */
export function oneLine(text: string): string {
  return plainText(text).replace(/\s+/g, ' ').trim();
}

function lastLine(output: string): string {
  const lines = plainText(output).trimEnd().split('\n');
  return oneLine(lines.at(-1) ?? '');
}
