import { cutToCells } from '../cells.ts';
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
  const { name, state, durationMs } = call;
  const duration = durationMs === undefined ? '' : ` ${durationText(durationMs)}`;
  const head = `${MARKS[state]} ${oneLine(name)}`;
  const room = cols - head.length - duration.length;
  const words = state === 'done' ? '' : lastLine(call.output);
  const wished = argumentText(call.args);
  const subject = cutToCells(wished, room - 1);
  const left = room - 1 - (subject === '' ? 0 : subject.length + 1) - 1;
  const last = words === '' || left < MIN_OUTPUT_CELLS ? '' : cutToCells(words, left);
  const paint = { running: style.notable, done: style.good, failed: style.bad }[state];
  const texts = [
    `${paint(MARKS[state])} ${style.strong(cutToCells(oneLine(name), cols - 2))}`,
    ...(subject === '' ? [] : [subject]),
  ];
  return `${texts.join(' ')}${style.faint(duration)}${last === '' ? '' : ` ${style.faint(last)}`}`;
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
