import { ID_PATTERN, SESSION_ID_PATTERN } from '../src/ids.ts';
import type { FieldNotes } from './field-notes.ts';

type Schema = Readonly<Record<string, unknown>>;

/** Types that are described once. */
const DESCRIBED_TYPES: ReadonlyMap<string, string> = new Map([
  ['SessionInfo', '[record](#sessions)'],
  ['readonly SessionInfo[]', 'list of [records](#sessions)'],
  ['ExitInfo', '[exit](#sessions)'],
]);

/** Whether a field is one that every command carries, and is not said to mean something else here. */
function isCommon(name: string, typeName: string, notes: FieldNotes): boolean {
  const common = notes.get('CommandEnvelope')!.get(name);
  return name === 'type' || (common !== undefined && notes.get(typeName)?.get(name)?.meaning === common.meaning);
}

/**
 * A Markdown table of the fields of a JSON Schema object, nested ones with dotted names; empty without fields.
 *
 * `typeName` is the interface in the source that describes the object: its doc comments say what the fields mean.
 */
export function fieldTable(schema: Schema, typeName: string, notes: FieldNotes): string {
  const rows = fieldRows(schema, '', typeName, notes);
  return rows.length === 0 ? '' : ['| field | | value | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function fieldRows(schema: Schema, prefix: string, typeName: string, notes: FieldNotes): string[] {
  const required = new Set((schema['required'] as readonly string[] | undefined) ?? []);
  return Object.entries((schema['properties'] as Readonly<Record<string, Schema>> | undefined) ?? {})
    .filter(([name]) => prefix !== '' || !isCommon(name, typeName, notes))
    .flatMap(([name, field]) => {
      const { meaning, type } = notes.get(typeName)?.get(name) ?? { meaning: '', type: '' };
      const presence = required.has(name) ? '' : 'optional';
      const described = typeName === 'PtySessionInfo' ? undefined : DESCRIBED_TYPES.get(type);
      const row = `| \`${prefix}${name}\` | ${presence} | ${described ?? valueIn(field)} | ${meaning} |`;
      if (described !== undefined) return [row];
      const items = field['type'] === 'array' ? (field['items'] as Schema) : field;
      const innerPrefix = field['type'] === 'array' ? `${prefix}${name}[].` : `${prefix}${name}.`;
      return [row, ...fieldRows(items, innerPrefix, type.replace(/^readonly (.+)\[\]$/, '$1'), notes)];
    });
}

function valueIn(schema: Schema): string {
  if (schema['const'] !== undefined) return `\`${JSON.stringify(schema['const'])}\``;
  if (Array.isArray(schema['enum'])) return schema['enum'].map((word) => `\`${word}\``).join(', ');
  if (Array.isArray(schema['anyOf'])) return schema['anyOf'].map((part: Schema) => valueIn(part)).join(' or ');
  switch (schema['type']) {
    case 'integer':
    case 'number':
      return `${schema['type']}${range(schema['minimum'], schema['maximum'])}`;
    case 'string':
      return textOf(schema);
    case 'array':
      return `list${limit(schema['maxItems'], 'items')}: ${valueIn(schema['items'] as Schema)}`;
    case 'object':
      return schema['properties'] === undefined ? 'object by name' : 'object';
    default:
      return String(schema['type']);
  }
}

/** Words for the patterns that are explained in the text. */
const PATTERN_WORDS: ReadonlyMap<string, string> = new Map([
  [SESSION_ID_PATTERN.source, '[session id](#ids)'],
  [ID_PATTERN.source, '[id](#ids)'],
  [`^(?!anon:)${ID_PATTERN.source.slice(1)}`, '[command id](#ids)'],
]);

function textOf(schema: Schema): string {
  if (schema['contentEncoding'] !== undefined) return String(schema['contentEncoding']);
  if (schema['format'] === 'date-time') return 'time, RFC 3339';
  const pattern = schema['pattern'] as string | undefined;
  const known = pattern === undefined ? undefined : PATTERN_WORDS.get(pattern);
  if (known !== undefined) return known;
  const shown = pattern === undefined ? '' : `, \`${pattern.replaceAll('|', '\\|')}\``;
  return `text${limit(schema['maxLength'], 'characters')}${shown}`;
}

function range(minimum: unknown, maximum: unknown): string {
  if (minimum === undefined || maximum === undefined) return '';
  return ` ${grouped(minimum)} to ${maximum === Number.MAX_SAFE_INTEGER ? '2^53 − 1' : grouped(maximum)}`;
}

function limit(maximum: unknown, unit: string): string {
  return maximum === undefined ? '' : `, at most ${grouped(maximum)} ${unit}`;
}

function grouped(value: unknown): string {
  return Number(value).toLocaleString('en-US');
}
